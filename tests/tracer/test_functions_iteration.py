"""Functions that go through an array in Python, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .following import follow

X = np.arange(1.0, 7.0).reshape(2, 3)


def _enumerated(x: Any) -> Any:
    y = x * 1.0
    for place, v in np.ndenumerate(x):
        y[place] = v * v + place[1]
    return y


PROGRAMS = [
    _enumerated,
    lambda x: [v + i[0] for i, v in np.ndenumerate(x.T)],
    lambda x: list(np.ndenumerate(x[0, 0])),
    lambda x: np.fromiter((v * 2 for v in x.ravel()), float),
    lambda x: np.fromiter((v for v in x[0]), np.float32, count=2),
    lambda x: np.fromiter([], float),
    lambda x: np.apply_along_axis(np.sum, 0, x),
    lambda x: np.apply_along_axis(lambda row: row[::-1] * row.max(), 1, x),
    lambda x: np.apply_along_axis(lambda row, by: row[:2] * by, -1, x, 3.0),
    lambda x: np.apply_along_axis(np.diag, 0, x),
    lambda x: np.apply_along_axis(np.diag, 1, x),
    lambda x: np.apply_along_axis(np.sum, 2, x),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same_as_numpy(program: Any) -> None:
    follow(program, X)
