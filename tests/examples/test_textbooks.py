"""The textbook chapter in the forms of three libraries."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_runs import PNG_MAGIC, after, numbers, run


def check_common(printed: str, folder: Path, name: str) -> None:
    """What the three forms have in common."""
    assert after("x:", printed) == " [0. 1. 2. 3.]"
    assert numbers(after("2 x·x:", printed)) == [28]
    assert after("gradient of 2 x·x:", printed) == " [ 0.  4.  8. 12.]"
    assert after("equal to 4x:", printed) == " [ True  True  True  True]"
    assert after("gradient of u * x:", printed) == " [0. 1. 4. 9.]"
    assert after("equal to u:", printed) == " [ True  True  True  True]"
    assert after("gradient of y, recorded on the way:", printed) == " [0. 2. 4. 6.]"
    slopes = [line.split(": ", 1)[1] for line in printed.splitlines() if line.startswith("slope")]
    assert [numbers(line.replace("f(a) / a", "")) for line in slopes] == [
        [2048, 2048],
        [204800, 204800],
        [4, 4],
    ]
    sums = [line for line in printed.splitlines() if line.startswith("gradient of the sum of f")]
    assert [line.rsplit(": ", 1)[1] for line in sums] == [
        "[512.0, 512.0, 512.0]",
        "[[512.0, 512.0], [512.0, 512.0]]",
    ]
    assert after("price for the bids [3.  7.5 5.  6.5]:", printed) == " 6.5"
    assert after("its gradient by the bids:", printed) == " [0. 0. 0. 1.]"
    label = "largest difference between the derivative of sin and cos:"
    assert numbers(after(label, printed))[0] < 1e-15
    assert (folder / name).read_bytes().startswith(PNG_MAGIC)


def test_mxnet(tmp_path: Path) -> None:
    printed = run("textbook_mxnet.py", tmp_path)
    check_common(printed, tmp_path, "textbook_mxnet.png")
    assert after("its gradient at first:", printed) == " [0. 0. 0. 0.]"
    assert after("gradient of the sum, overwritten:", printed) == " [1. 1. 1. 1.]"
    assert after("gradient of x * x:", printed) == " [0. 2. 4. 6.]"
    assert after("weighed by 1, 0, 0, 10:", printed) == " [ 0.  0.  0. 60.]"
    assert "a second backward through what is forgotten" in after("a second backward:", printed)
    assert after("after two with retain_graph=True:", printed) == " [ 0.  4.  8. 12.]"


def test_pytorch(tmp_path: Path) -> None:
    printed = run("textbook_pytorch.py", tmp_path)
    check_common(printed, tmp_path, "textbook_pytorch.png")
    assert after("its gradient at first:", printed) == " None"
    assert after("gradient of the sum, added:", printed) == " [ 1.  5.  9. 13.]"
    assert after("gradient of the sum, after zero_():", printed) == " [1. 1. 1. 1.]"
    assert "of shape (4,) needs gradient=" in after("backward of an array:", printed)
    assert after("gradient of x * x, weighed by ones:", printed) == " [0. 2. 4. 6.]"
    assert after("after two with retain_graph=True:", printed) == " [ 0.  8. 16. 24.]"
    assert "pass retain_graph=True" in after("a third backward:", printed)
    assert "of shape (3,) needs" in after("backward of f at [0.5, -1.0, 2.0]:", printed)
    assert "of shape (2, 2) needs" in after("backward of f at [[0.5, 1.0], [2.0, 3.0]]:", printed)
    orders = after("first and second derivative of x³:", printed)
    assert numbers(orders) == pytest.approx([0.75, 3, 3, 6])


def test_djl(tmp_path: Path) -> None:
    printed = run("textbook_djl.py", tmp_path)
    check_common(printed, tmp_path, "textbook_djl.png")
    assert after("its gradient at first:", printed) == " [0. 0. 0. 0.]"
    assert after("gradient of the sum, overwritten:", printed) == " [1. 1. 1. 1.]"
    assert after("after zero_gradients():", printed) == " [0. 0. 0. 0.]"
    assert after("gradient of x * x:", printed) == " [0. 2. 4. 6.]"
    scaled = numbers(after("x * x with a tenth of one gradient:", printed))
    assert scaled == pytest.approx([0, 1, 4, 9, 0, 1.1, 2.2, 3.3])
    assert "a second backward through what is forgotten" in after("a second backward:", printed)
    still = after("the gradient is still that of the first:", printed)
    assert still == " [ 0.  4.  8. 12.]"
