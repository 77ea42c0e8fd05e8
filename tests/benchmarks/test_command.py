"""`python -m adjit bench`, from the command line to its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adjit.__main__ import main
from adjit.benchmarks import results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def finished(folder: Path) -> subprocess.CompletedProcess[str]:
    names = ("sine_gauss-1e4", "recurrence")
    files = ("--json", "run.json", "--plot", "run.svg")
    options = ("--quick", "--peers", "numpy", "--threads", "1")
    return subprocess.run(
        [sys.executable, "-m", "adjit", "bench", *names, *options, *files],
        cwd=folder,
        capture_output=True,
        timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    )


def test_it_runs_and_prints_a_table(finished: subprocess.CompletedProcess[str]) -> None:
    assert finished.returncode == 0, finished.stderr
    assert "sine_gauss-1e4" in finished.stdout
    assert "1 of " in finished.stdout  # threads, of cores
    assert "\x1b" not in finished.stdout  # a file is no terminal
    assert finished.stderr == ""


def test_json(finished: subprocess.CompletedProcess[str], folder: Path) -> None:
    run = results.read(folder / "run.json")
    assert [case.name for case in run.cases] == ["sine_gauss-1e4", "recurrence"]
    assert run.machine["threads"] == 1
    assert run.quick
    assert {"python", "numpy", "numba", "adjit"} <= set(run.versions)
    for case in run.cases:
        assert [found.peer for found in case.measurements] == ["adjit", "numpy"]
        for found in case.measurements:
            assert found.status == "ok"
            assert 0.0 < found.minimum <= found.median
            assert found.first > 0.0
            assert found.batches >= 2
        assert case.of("adjit").gradient
        assert not case.of("numpy").gradient


def test_plot(finished: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert "<svg" in (folder / "run.svg").read_text()


def test_baseline(
    finished: subprocess.CompletedProcess[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = json.loads((folder / "run.json").read_text())
    earlier["cases"][0]["measurements"][0]["minimum"] /= 1000.0
    baseline = folder / "earlier.json"
    baseline.write_text(json.dumps(earlier))
    options = ["--quick", "--no-peers", "--threads", "1", "--baseline", str(baseline)]
    assert main(["bench", "sine_gauss-1e4", *options]) == 1
    assert "regression" in capsys.readouterr().out


def test_help_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "bench" in capsys.readouterr().out


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--list"]) == 0
    found = capsys.readouterr().out
    assert "gmm-10x25x1000" in found
    assert "torch-compiled" in found


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["elementwse"], "did you mean elementwise"),
        (["--peers", "jaxx"], "did you mean jax"),
        (["--threads", "100000"], "cores"),
        (["--seconds", "0"], "positive"),
        (["--plot", "run.doc"], ".png or .svg"),
        (["--json", "nowhere/run.json"], "there is no folder"),
        (["--baseline", "nowhere.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_is_said_at_once(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 2
    found = capsys.readouterr().err
    assert text in found
    assert len(found.splitlines()) == 1


def test_a_missing_dependency_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_rich(name: str, package: str | None = None) -> str | None:
        return None if name == "rich" else name

    monkeypatch.setattr("importlib.util.find_spec", without_rich)
    assert main(["bench"]) == 2
    assert capsys.readouterr().err == "adjit bench: needs rich: pip install 'adjit[bench]'\n"
