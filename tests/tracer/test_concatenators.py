"""``np.r_``, ``np.c_`` and ``x.flat`` against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit import grad
from adjit.tracer.errors import AdjitNotImplementedError

from .following import follow

X = np.arange(6.0)
JOINED = [
    lambda x: np.r_[x],
    lambda x: np.r_[x, 1.0, x[::-1]],
    lambda x: np.r_[1, x[0], 2],
    lambda x: np.r_[x.astype("f4"), 1.0],
    lambda x: np.r_[x.astype("f4"), np.float64(1.0)],
    lambda x: np.r_[x.astype("i4"), 2],
    lambda x: np.r_[0:3, x],
    lambda x: np.r_[:6:2, x, -1:1:5j],
    lambda x: np.r_[x[:2], [1.0, 2.0], (3, 4)],
    lambda x: np.r_["0,2", x, x],
    lambda x: np.r_["0,2,0", x, 1:3],
    lambda x: np.r_["1,2,0", x, 0:6],
    lambda x: np.r_["-1", x.reshape(2, 3), np.ones((2, 1))],
    lambda x: np.r_["0,3,1", x, x[1:3]],
    lambda x: np.r_["0,3,-1", x, 0:6],
    lambda x: np.r_["1", x],
    lambda x: np.r_[x, "0"],
    lambda x: np.r_["what", x],
    lambda x: np.r_[()],
    lambda x: np.c_[x],
    lambda x: np.c_[x, x**2],
    lambda x: np.c_[0:6, x],
    lambda x: np.c_[x.reshape(2, 3), [7, 8]],
    lambda x: np.c_[x[0], 1, 2.5],
    lambda x: np.c_[x, x[:2]],
]


@pytest.mark.parametrize("program", JOINED)
def test_joined(program: Any) -> None:
    follow(program, X)


def test_matrices_are_refused() -> None:
    with pytest.raises(AdjitNotImplementedError, match=r"np\.stack"):
        follow(lambda x: np.r_["c", x], X)


def test_flat_is_read() -> None:
    follow(lambda x: x.flat[2], X)
    follow(lambda x: x.reshape(2, 3).T.flat[1:4], X)
    follow(lambda x: x.reshape(2, 3).flat[[5, -2]], X)
    follow(lambda x: x.flat[x > 2], X)
    follow(lambda x: [y * 2 for y in x.reshape(2, 3).T.flat], X)
    follow(lambda x: np.sum(x.reshape(2, 3).T.flat) + len(x.flat), X)
    follow(lambda x: x.flat[7], X)


def test_flat_is_written() -> None:
    def one(x: np.ndarray) -> None:
        x[::-1].flat[1] = 7.0
        x.flat[:] = x.flat[::-1]

    def several(x: np.ndarray) -> None:
        x.reshape(2, 3).T.flat[[1, 4]] = x[:2] * 5
        x.flat[1:6] = [1.0, 2.0]  # repeated
        x.flat[x > 3] = -1

    def outside(x: np.ndarray) -> None:
        x.flat[6] = 1.0

    for program in (one, several, outside):
        follow(program, X)


def test_derivatives() -> None:
    def f(x: np.ndarray) -> Any:
        y = np.c_[x, x * x].copy()
        y.flat[[0, 3]] = x[:2] ** 3
        return (np.r_[y.flat, x] ** 2).sum()

    x = np.linspace(0.5, 1.5, 3)
    # y is x0³, x0², x1, x1³, x2, x2², and x once more.
    wanted = 2 * x
    wanted += [6 * x[0] ** 5 + 4 * x[0] ** 3, 2 * x[1] + 6 * x[1] ** 5, 2 * x[2] + 4 * x[2] ** 3]
    np.testing.assert_allclose(grad(f)(x), wanted, rtol=1e-13)
