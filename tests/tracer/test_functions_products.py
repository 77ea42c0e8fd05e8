"""Products against NumPy: shapes, dtypes, broadcasting, errors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from adjit.ir.ops.contract import split_spec

from .following import follow
from .recording import compare


def sample(shape: tuple[int, ...], dtype: str = "f8", seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(-4, 5, shape).astype(dtype)


SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((2, 3), (2, 3)),
    ((3,), (4,)),
    ((2, 2, 3), (5, 3, 4)),
    ((), (3,)),
    ((2, 3), ()),
    ((), ()),
    ((2, 0), (0, 3)),
    ((0, 2), (2, 0)),
]
PRODUCTS = [
    np.matmul,
    np.dot,
    np.inner,
    np.outer,
    np.vdot,
    np.kron,
    np.vecdot,
    lambda x, y: x @ y,
    lambda x, y: np.tensordot(x, y, 1),
    lambda x, y: np.tensordot(x, y, 0),
    lambda x, y: np.tensordot(x, y, axes=([0], [0])),
    lambda x, y: np.tensordot(x, y, axes=((0, 1), (1, 0))),
    lambda x, y: np.tensordot(x, y),
]


@pytest.mark.parametrize("number", range(len(PRODUCTS)))
@pytest.mark.parametrize("dtypes", ["f8 f8", "f4 f8", "f4 f4", "i4 f4", "i8 i4", "? ?", "? f8"])
def test_products(number: int, dtypes: str) -> None:
    first, second = dtypes.split()
    for left, right in SHAPES:
        compare(PRODUCTS[number], sample(left, first), sample(right, second, 1))


def test_scalars_and_lists() -> None:
    x = sample((3,), "f4")
    follow(lambda x: np.dot(2.0, x), x)
    follow(lambda x: np.dot(x, [1, 2, 3]), x)
    follow(lambda x: x.dot(x), x)
    follow(lambda x: np.matmul(2.0, x), x)
    follow(lambda x: np.outer([1, 2], x), x)
    follow(lambda x: np.kron(x, 2.0), x)
    follow(lambda x: np.linalg.multi_dot([x, np.ones((3, 2)), np.ones(2)]), x)
    follow(lambda x: np.linalg.outer(x, x), x)
    follow(lambda x: np.linalg.matrix_power(np.outer(x, x), 3), x)
    follow(lambda x: np.linalg.matrix_power(np.outer(x, x), 0), x)


def test_out() -> None:
    def program(x: Any) -> Any:
        y = np.zeros((2, 2))
        np.matmul(x, x.T, out=y)
        z = np.zeros((2, 2))
        np.dot(x, x.T, out=z)
        np.einsum("ij,kj->ik", x, x, out=z[:, ::-1])
        x[:2, :2] @= y
        return x, y, z

    follow(program, sample((2, 3)))


@pytest.mark.parametrize(
    "program",
    [
        lambda x, y: np.cross(x, y),
        lambda x, y: np.cross(x[..., :2], y),
        lambda x, y: np.cross(x, y[..., :2]),
        lambda x, y: np.cross(x[..., :2], y[..., :2]),
        lambda x, y: np.cross(x, y[0]),
        lambda x, y: np.cross(x, y, axisc=0),
        lambda x, y: np.cross(x.T, y, axisa=0),
        lambda x, y: np.cross(x[..., :1], y),
        lambda x, y: np.linalg.cross(x, y),
    ],
)
def test_cross(program: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        follow(program, sample((2, 3)), sample((2, 3), seed=1))
        follow(program, sample((2, 3), "i4"), sample((1, 3), "f4", seed=1))


EINSUMS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ji,jk", (3, 2), (3, 4)),
    ("ba,cb", (2, 3), (4, 2)),
    ("i,i", (3,), (3,)),
    ("i,j", (2,), (3,)),
    ("i,j->ji", (2,), (3,)),
    ("i,i->i", (3,), (3,)),
    ("i,j->", (2,), (3,)),
    ("ij->ji", (2, 3)),
    ("ij->i", (2, 3)),
    ("ij->", (2, 3)),
    ("ba", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iii->i", (2, 2, 2)),
    ("iij->ji", (2, 2, 3)),
    ("iij,jk", (2, 2, 3), (3, 4)),
    ("ii,jj->ij", (2, 2), (3, 3)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("ij,j", (2, 3), (3,)),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)),
    ("bij,bjk->ik", (5, 2, 3), (5, 3, 4)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("ij,jk,ki", (2, 3), (3, 4), (4, 2)),
    ("i,i,i->i", (3,), (3,), (3,)),
    ("ij,kj,lj->ikl", (2, 3), (4, 3), (5, 3)),
    ("a,b,ab->", (2,), (3,), (2, 3)),
    ("...ij,...jk->...ik", (5, 2, 3), (5, 3, 4)),
    ("...ij,...jk", (5, 2, 3), (3, 4)),
    ("...ij,...jk->...ik", (1, 2, 3), (5, 3, 4)),
    ("...i->...", (2, 3)),
    ("i...->i...", (2, 3, 4)),
    ("...i,...i", (2, 4, 3), (4, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("...,...", (2, 3), (3,)),
    (" i j , j k -> i k ", (2, 3), (3, 4)),
    ("ij,jk->ik", (2, 1), (3, 4)),
    ("ij,ij->ij", (1, 3), (2, 1)),
    ("i,i->", (1,), (3,)),
    (",", (), ()),
    (",i", (), (3,)),
    ("->", ()),
    ("ij,jk->ik", (2, 0), (0, 4)),
    ("ij,jk", (2, 3), (4, 2)),
    ("ij", (3,)),
    ("i", (3, 2)),
    ("i->j", (3,)),
    ("i->ii", (3,)),
    ("i,j", (3,)),
    ("ii", (2, 3)),
    ("i$", (2, 3)),
    ("...i->i", (2, 3)),
]


@pytest.mark.parametrize("case", EINSUMS, ids=lambda case: case[0])
@pytest.mark.parametrize("dtypes", ["f8", "f4", "i8", "mixed"])
def test_einsum(case: Any, dtypes: str) -> None:
    spec, *shapes = case
    mixed = ["f4", "i8", "f8"] if dtypes == "mixed" else [dtypes] * 3
    arrays = [sample(shape, mixed[n], n) for n, shape in enumerate(shapes)]
    graph = follow(lambda *xs: np.einsum(spec, *xs), *arrays)
    for value in graph.values:
        if value.op.name == "contract":
            left, right, result = split_spec(value.attr("spec"))
            assert set(left) | set(right) != set(result), "a plain product would do"


def test_einsum_forms() -> None:
    x, y = sample((2, 3)), sample((3, 4), seed=1)
    follow(lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), x, y)
    follow(lambda x, y: np.einsum(x, [0, 1], y, [1, 2]), x, y)
    follow(lambda x, y: np.einsum(x, [Ellipsis, 1], y, [1, 2], [Ellipsis, 2]), x, y)
    follow(lambda x, y: np.einsum("ij,jk", x, y, optimize=True), x, y)
    follow(lambda x, y: np.einsum("ij,jk", x, y, dtype="f4", casting="same_kind"), x, y)
    follow(lambda x, y: np.einsum("ij,jk", x, y, dtype="f4"), x, y)
    follow(lambda x, y: np.einsum("i,ij", [1, 2], x), x, y)
    follow(lambda x, y: np.einsum(x, [0, 60]), x, y)


def test_order_of_memory() -> None:
    follow(lambda x: x.T @ x, sample((3, 2)))
    follow(lambda x: np.einsum("ij,kj->ik", x, x.T[::-1].T), np.asfortranarray(sample((2, 2))))
