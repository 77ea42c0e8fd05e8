"""The digits classifier: at least 97 % of the test images, by two compiled programs."""

from __future__ import annotations

from pathlib import Path

from example_runs import PNG_MAGIC, after, numbers, run


def test_digits(tmp_path: Path) -> None:
    printed = run("digits.py", tmp_path, "loss.png")
    assert numbers(printed.splitlines()[0]) == [1347, 450]
    first, last = numbers(after("mean loss of the first epoch:", printed))
    assert last < 0.1 < 1 < first
    assert numbers(after("training accuracy:", printed))[0] > 99
    assert numbers(after("test accuracy:", printed))[0] >= 97
    programs, calls = numbers(after("compiled programs:", printed))
    assert programs <= 6
    assert calls >= 40 * 42  # one for each step
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG_MAGIC)
