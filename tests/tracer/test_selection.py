"""Elements chosen by arrays of positions and by masks, against NumPy; what is written too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit import jit
from adjit.tracer.errors import AdjitIndexError

from ..derivatives import check_first, check_second
from .following import follow

RNG = np.random.default_rng(5)
X = RNG.normal(size=(4, 5, 3))
K = np.array([3, 0, -1, 0])
COLUMN = np.array([[1], [2]])
ROWS = RNG.random(4) > 0.4
MASK = RNG.random((4, 5)) > 0.5
FULL = RNG.random((4, 5, 3)) > 0.5

INDICES = {
    "first": K,
    "second": np.s_[:, K],
    "last": np.s_[..., [2, -3, 0]],
    "pairs": np.s_[K, K],
    "apart": np.s_[K, :, [0, 1, 2, 0]],
    "broadcast": np.s_[COLUMN, K],
    "broadcast apart": np.s_[COLUMN, :, [0, 1, 2, 0]],
    "inner": np.s_[:, COLUMN, [0, 1, 2, 0]],
    "new axis": np.s_[None, K],
    "between": np.s_[K, None, 1:3],
    "slice after": np.s_[1:3, [0, 1], ::2],
    "backwards": np.s_[-1:, K, ::-1],
    "integer": np.s_[0, K],
    "integer apart": np.s_[0, :, [0, 1, 2, 0]],
    "all": np.s_[[0, 1], [2, 3], [0, 0]],
    "row mask": ROWS,
    "mask": MASK,
    "mask and number": np.s_[MASK, 1],
    "mask of all": FULL,
    "mask in front of slices": np.s_[ROWS, 1:, ::-1],
    "mask and positions": np.s_[[True, False, True, True], [0, 1, 2]],
    "list": [1, 2],
    "list of bools": [True, False, True, True],
    "unsigned": np.array([3, 1], np.uint8),
    "none": [],
    "none in two axes": np.zeros((0, 3), int),
    "no true": np.zeros(4, bool),
}
WRONG = [
    [4],
    [-5],
    np.s_[:, [0, 9]],
    [0.0],
    np.s_[[0, 1], [0, 1, 2]],
    np.ones(5, bool),
    np.ones((4, 4), bool),
    np.s_[K, K, K, K],
    np.ones((4, 5, 3, 1), bool),
]


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_read(index: Any) -> None:
    follow(lambda x: x[index], X)
    follow(lambda x: x[::-1, :, 1::2][index], X.repeat(2, axis=2))


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_write(index: Any) -> None:
    v = RNG.normal(size=X[index].shape)

    def whole(x: np.ndarray, v: np.ndarray) -> None:
        x[index] = v

    def number(x: np.ndarray, v: np.ndarray) -> None:
        x[index] = 2
        x[::-1][index] += v.sum()

    def in_place(x: np.ndarray, v: np.ndarray) -> None:
        x[index] *= v
        x[index] -= x[index] * v

    def at(x: np.ndarray, v: np.ndarray) -> None:
        np.add.at(x, index, v)
        np.multiply.at(x, index, 0.5)

    for program in (whole, number, in_place, at):
        follow(program, X, v, exact=False)


@pytest.mark.parametrize("index", WRONG, ids=str)
def test_what_numpy_refuses(index: Any) -> None:
    def write(x: np.ndarray) -> None:
        x[index] = 1.0

    follow(lambda x: x[index], X)
    follow(write, X)


def test_recorded_indices() -> None:
    k, z = np.array([[2, 0], [-1, 1]]), np.array([1, 0])
    mask = np.array([True, False, True, True])
    follow(lambda x, k: x[k], X, k)
    follow(lambda x, k, z: x[k, z], X, k, z)
    follow(lambda x, k, z: x[k, :, z], X, k, z)
    follow(lambda x, mask: x[mask], X, mask)
    follow(lambda x, mask, z: x[mask, 0][:, z], X, mask, z)
    follow(lambda x: x[x > 0], X)
    follow(lambda x: x[(x > 0).any(axis=(1, 2))], X)
    follow(lambda x, k: x[k[0, 0], k[1]], X, k)


def test_positions_outside_are_errors_of_the_run() -> None:
    @jit
    def f(x: np.ndarray, k: np.ndarray) -> Any:
        return x[k]

    x = np.arange(3.0)
    np.testing.assert_array_equal(f(x, np.array([2, -3])), [2.0, 0.0])
    for wrong in (3, -4, 2**40, -(2**40)):
        with pytest.raises(AdjitIndexError, match=f"index {wrong} is out of bounds for axis 0"):
            f(x, np.array([0, wrong]))


A, B = np.arange(12.0).reshape(3, 4), np.arange(3.0)
FUNCTIONS: dict[str, Any] = {
    "take": [
        lambda x: np.take(x, [0, 5, -1]),
        lambda x: np.take(x, [[0, 1], [2, 2]], axis=1),
        lambda x: np.take(x, 2, axis=-1),
        lambda x: np.take(x, 2),
        lambda x: x.take([1, 0], 0),
        lambda x: np.take(x, [5, -6, 1], axis=0, mode="wrap"),
        lambda x: np.take(x, [5, -6, 1], axis=0, mode="clip"),
        lambda x: np.take(x, [True, False], axis=0),
        lambda x: np.take(x, [], axis=1),
        lambda x: np.take(x, [3], axis=0),
        lambda x: np.take(x, [0.5], axis=0),
        lambda x: np.take(x, [0], axis=2),
        lambda x: np.take(x[0, 0], [0, 0]),
        lambda x: np.take(x.T, [1, 7]),
    ],
    "along": [
        lambda x: np.take_along_axis(x, np.array([[0], [2], [1]]), axis=1),
        lambda x: np.take_along_axis(x, np.array([[0, 1, -1, 0]]), axis=0),
        lambda x: np.take_along_axis(x, np.array([[0, 1], [1, 1], [2, 2]]), axis=-1),
        lambda x: np.take_along_axis(x, np.array([0, 11, 3]), axis=None),
        lambda x: np.take_along_axis(x, np.array([0]), axis=0),
        lambda x: np.take_along_axis(x, np.array([[0.0]]), axis=0),
        lambda x: np.take_along_axis(x, np.array([[4]]), axis=1),
        lambda x: np.put_along_axis(x, np.array([[0], [2], [1]]), x[:, :1] * 7, axis=1),
        lambda x: np.put_along_axis(x, np.array([[0, 0], [2, 1], [1, 1]]), 99, 1),
    ],
    "choose": [
        lambda x: np.choose([0, 1, 0, 1], [x, -x]),
        lambda x: np.choose(np.array([[0], [2], [1]]), [x, 10.0, x[0]]),
        lambda x: np.choose([0, 3, -1, 1], [x, -x], mode="wrap"),
        lambda x: np.choose([0, 3, -1, 1], [x, -x], mode="clip"),
        lambda x: np.choose(1, [x, 2 * x]),
    ],
    "masks": [
        lambda x: np.compress([True, False, True], x, axis=0),
        lambda x: np.compress([True, False, True], x),
        lambda x: x.compress([0, 2, 0, 1], axis=1),
        lambda x: np.compress([True] * 5, x, axis=0),
        lambda x: np.extract(x > 4, x),
        lambda x: np.extract([1, 0, 1], x),
        lambda x: np.nonzero(x),
        lambda x: x.nonzero()[1],
        lambda x: np.where(x > 3),
        lambda x: x[np.where(x > 3)],
        lambda x: np.flatnonzero(x % 3),
        lambda x: np.argwhere(x > 5),
        lambda x: np.argwhere(x[0, 1] > 0),
        lambda x: np.argwhere(x > 50),
        lambda x: np.nonzero(x[0, 0]),
        lambda x: np.place(x, x > 4, [1.0, -2.0]),
        lambda x: np.place(x, x > 40, []),
        lambda x: np.place(x, x > 4, []),
        lambda x: np.putmask(x, x > 4, [1.0, -2.0, 3.0]),
        lambda x: np.putmask(x, x > 4, 7),
        lambda x: np.put(x, [0, -1, 5], [1.0, 2.0]),
        lambda x: np.put(x, [0, 12], 1.0),
        lambda x: np.put(x, [14, -30], x[1, 2], mode="clip"),
        lambda x: np.put(x.T, [1, 2], [50.0, 60.0]),
    ],
    "mesh": [
        lambda x: x[np.ix_([0, 2], [1, 3])],
        lambda x: x[np.ix_([True, False, True], [3, 3, 0])],
        lambda x: np.ix_([0, 1], [[1]]),
        lambda x: np.unravel_index([5, 3], (3, 4)),
        lambda x: np.unravel_index(np.array([[5, 3]]), (3, 4), order="F"),
        lambda x: x[np.tril_indices(3)],
        lambda x: x[np.diag_indices(3)],
    ],
    "delete": [
        lambda x: np.delete(x, 1, axis=0),
        lambda x: np.delete(x, -1),
        lambda x: np.delete(x, [0, 2, 2], axis=1),
        lambda x: np.delete(x, np.s_[::2], axis=1),
        lambda x: np.delete(x, [True, False, True], axis=0),
        lambda x: np.delete(x, [], axis=0),
        lambda x: np.delete(x, 9, axis=0),
        lambda x: np.delete(x, (x > 5)[:, 0], axis=0),
        lambda x: np.delete(x, [True, False], axis=0),
    ],
    "insert": [
        lambda x: np.insert(x, 1, 5.0),
        lambda x: np.insert(x, 1, 5.0, axis=1),
        lambda x: np.insert(x, 1, x[:, 0] * 2, axis=1),
        lambda x: np.insert(x, [1], x[:, :1] * 2, axis=1),
        lambda x: np.insert(x, [1, 3], [7.0, 8.0], axis=1),
        lambda x: np.insert(x, [3, 1], x[:, :2], axis=1),
        lambda x: np.insert(x, [1, 1, 1], [7.0, 8.0, 9.0]),
        lambda x: np.insert(x, np.s_[0:2], x[:2] + 1, axis=0),
        lambda x: np.insert(x, -1, 0, axis=0),
        lambda x: np.insert(x, 4, 0, axis=0),
        lambda x: np.insert(x, 1, [1.0, 2.0, 3.0]),
        lambda x: np.insert(x, 0, np.ones((2, 4)), axis=0),
        lambda x: np.insert(x, [0], np.ones((2, 4)), axis=0),
        lambda x: np.insert(x, np.array([True, False, True]), 1.0, axis=0),
        lambda x: np.insert(x, [], [], axis=0),
    ],
}
CASES = [
    pytest.param(f, id=f"{name}-{n}")
    for name, group in FUNCTIONS.items()
    for n, f in enumerate(group)
]


def test_put_along_no_axis() -> None:
    follow(lambda x: np.put_along_axis(x, np.array([0, 5]), 1.5, None), A)


@pytest.mark.parametrize("program", CASES)
def test_functions(program: Any) -> None:
    follow(program, A)
    follow(program, A.astype(np.float32))
    follow(program, np.asfortranarray(A.astype(np.int32)))


SMOOTH: dict[str, Any] = {
    "gather": lambda x, v: np.exp(x[[3, 0, -1, 0], :3] * v[:4, None]),
    "duplicates": lambda x, v: np.sin(x)[[[1], [2]], [3, 0, -1, 0]] * v[:4],
    "mask": lambda x, v: x[[True, False, True, True]].sum(axis=0) ** 2 * v[:5],
    "take": lambda x, v: np.take(x * x, [0, 3, 3], axis=1) * v[:3],
    "along": lambda x, v: np.take_along_axis(x**2, np.array([[1, 0, -1, 3, 3]]), 1) * v,
    "choose": lambda x, v: np.choose([0, 1, 2, 0, 1], [x * v, np.sin(x), v * v]),
    "delete": lambda x, v: np.delete(x * v, [1, 2], axis=0) ** 2,
    "insert": lambda x, v: np.insert(x * x, [1, 3], v, axis=0) ** 2,
    "compress": lambda x, v: np.compress([1, 0, 1, 1, 0], x * v, axis=1) ** 2,
}


def _write(x: Any, v: Any) -> Any:
    y = x * v
    y[[3, 0, -1, 0]] = np.sin(y[[1, 1, 2, 0]])  # the last one of those that write to row 0 stays
    y[y > 0.3] *= y[y > 0.3]
    y[:, [0, 0, 1]] += v[:3]
    return y


def _at(x: Any, v: Any) -> Any:
    y = x * 1.0
    np.add.at(y, ([3, 0, -1, 0], [0, 1, 2, 1]), v[:4] ** 2)
    np.multiply.at(y, (slice(None), [1, 1, 0]), v[:3])
    np.maximum.at(y, ([0, 1], [0, 0]), v[:2])
    return y * y


def _puts(x: Any, v: Any) -> Any:
    y = x * 1.0
    np.put_along_axis(y, np.array([[0], [2], [1], [1]]), v[:4, None] ** 2, axis=1)
    np.put(y, [0, 7, -1], v[:3] ** 3)
    np.place(y, y > 0.8, v[1:4])
    np.putmask(y, y < -0.5, y * y)
    return y


SMOOTH |= {"write": _write, "at": _at, "puts": _puts}


@pytest.mark.parametrize("program", SMOOTH.values(), ids=SMOOTH)
def test_derivatives(program: Any) -> None:
    x, v = np.cos(np.arange(20.0)).reshape(4, 5), np.linspace(0.5, 1.5, 5)
    graph = follow(program, x, v, exact=False)
    assert check_first(graph, [x, v])
    check_second(graph, [x, v])
