"""What is kept on disk: found again, replaced where it is damaged, done without where need be."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from adjit.codegen import cache
from adjit.ir.types import ArrayType


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ADJIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Counts how often something has to be made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> dict[str, int]:
        self.made += 1
        return {"answer": 42}


def files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def test_what_was_made_is_found(place) -> None:
    make, name = Maker(), cache.key("x", 1)
    for _ in range(3):
        assert cache.fetch(name, "label", make) == {"answer": 42}
    assert make.made == 1
    (path,) = files(place)
    assert path.name == name
    assert path.stat().st_mode & 0o077 == 0  # nobody else's business


def test_dtypes_come_back_as_the_objects_that_they_were(place) -> None:
    """Native code knows a dtype by its address: a copy is never taken for it."""
    name = cache.key("dtypes")
    made = cache.fetch(name, "label", lambda: ArrayType(np.dtype(np.int64), (2, 3)))
    found = cache.fetch(name, "label", lambda: pytest.fail("made again"))
    assert found == made
    assert found.dtype is made.dtype


def test_keys_tell_their_parts_apart() -> None:
    keys = [
        cache.key(*parts)
        for parts in (("a", "b"), ("ab",), ("a", b"b"), ("b", "a"), ("a", "b", ""), (1,), (1.0,))
    ]
    assert len(set(keys)) == len(keys)


def test_another_compiler_has_other_keys(monkeypatch) -> None:
    before = cache.key("x")
    monkeypatch.setattr(cache, "_sources", lambda: "of another version")
    assert cache.key("x") != before
    monkeypatch.undo()
    monkeypatch.setattr(cache.machine, "name", lambda: "another processor")
    assert cache.key("x") != before


@pytest.mark.parametrize(
    "damage", ["truncated", "empty", "garbage", "foreign", "flipped", "folder"]
)
def test_a_damaged_entry_is_made_again(place, damage) -> None:
    make, name = Maker(), cache.key("x")
    cache.fetch(name, "label", make)
    (path,) = files(place)
    data = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        changed = {
            "truncated": data[:-1],
            "empty": b"",
            "garbage": os.urandom(100),
            "foreign": b"adjit 1 \n" + data,
            "flipped": data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
        }
        path.write_bytes(changed[damage])
    assert cache.fetch(name, "label", make) == {"answer": 42}
    assert make.made == 2
    if damage != "folder":
        assert path.read_bytes() == data
        assert cache.fetch(name, "label", make) == {"answer": 42}
        assert make.made == 2


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch) -> None:
    make = Maker()
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for setting in ("off", str(blocked), str(blocked / "below")):
        monkeypatch.setenv("ADJIT_CACHE", setting)
        for _ in range(2):
            assert cache.fetch(cache.key("x"), "label", make) == {"answer": 42}
    assert make.made == 6
    assert blocked.read_text() == "not a folder"


def test_a_failed_write_leaves_nothing(place, monkeypatch) -> None:
    def full(source, target) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    make = Maker()
    assert cache.fetch(cache.key("x"), "label", make) == {"answer": 42}
    assert files(place) == []


def test_the_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("ADJIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "adjit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "adjit"


def test_what_is_not_used_makes_room(place, monkeypatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 1000)
    monkeypatch.setattr(cache, "SWEEP", 1)
    names = [cache.key(n) for n in range(20)]
    content = bytes(100)
    for age, name in enumerate(names):
        cache.fetch(name, "label", lambda: content)
        path = place / name[:2] / name
        if path.exists():
            os.utime(path, (1e9 + age, 1e9 + age))
        cache.fetch(names[0], "label", lambda: content)  # which is used all the time
    kept = {path.name for path in files(place)}
    assert sum(path.stat().st_size for path in files(place)) <= 1000
    assert {names[0], names[-1]} <= kept
    assert names[1] not in kept


def test_what_a_killed_writer_left_goes_in_time(place, monkeypatch) -> None:
    monkeypatch.setattr(cache, "SWEEP", 1)
    cache.fetch(cache.key("x"), "label", Maker())
    (path,) = files(place)
    old, new = path.with_name("new-old"), path.with_name("new-new")
    for left in (old, new):
        left.write_bytes(b"half")
    long_ago = time.time() - 2 * cache.ABANDONED
    os.utime(old, (long_ago, long_ago))
    cache.fetch(cache.key("y"), "label", Maker())
    assert not old.exists()
    assert new.exists()


def test_entries_and_clear_leave_other_files_alone(place) -> None:
    for part in ("x", "y"):
        cache.fetch(cache.key(part), f"made of {part}\nand more", Maker())
    other = place / "ab" / "notes.txt"
    other.parent.mkdir(exist_ok=True)
    other.write_text("mine")
    assert {entry.label for entry in cache.entries(place)} == {
        "made of x and more",
        "made of y and more",
    }
    assert cache.clear(place)[0] == 2
    assert files(place) == [other]
    assert cache.entries(place) == []
    assert cache.clear(place / "missing") == (0, 0)
