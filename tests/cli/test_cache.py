"""`adjit cache`."""

from __future__ import annotations

import json

import pytest

from adjit.__main__ import main
from adjit.codegen import cache


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("ADJIT_CACHE", str(tmp_path))
    return tmp_path


def test_it_lists_and_clears(place, capsys) -> None:
    cache.fetch(cache.key("x"), "loss (gradient), fit.py:3", lambda: bytes(5000))
    for command in (["cache"], ["cache", "list"]):
        assert main(command) == 0
        first, second = capsys.readouterr().out.splitlines()
        assert first == f"{place}: 1 entry, 5.1 kB"
        assert second.endswith("5.1 kB  loss (gradient), fit.py:3")
    assert main(["cache", "clear"]) == 0
    assert capsys.readouterr().out == f"{place}: deleted 1 entry, 5.1 kB\n"
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"{place}: 0 entries, 0.0 kB\n"


def test_json(place, capsys) -> None:
    cache.fetch(cache.key("x"), "loss", lambda: bytes(5000))
    assert main(["cache", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["folder"] == str(place)
    assert [entry["label"] for entry in found["entries"]] == ["loss"]
    assert main(["cache", "clear", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["deleted"] == 1


def test_without_a_cache(monkeypatch, capsys) -> None:
    monkeypatch.setenv("ADJIT_CACHE", "off")
    for action in ("list", "clear"):
        assert main(["cache", action]) == 0
        assert "nothing is kept" in capsys.readouterr().out


def test_wrong_words(capsys) -> None:
    assert main(["cache", "empty"]) == 2
    assert "is not one of 'list', 'clear'" in capsys.readouterr().err
