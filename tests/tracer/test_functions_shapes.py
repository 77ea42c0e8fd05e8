"""Views, joins and diagonals against NumPy, with what is written through the views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit.tracer.errors import AdjitNotImplementedError

from .following import follow


def sample(*shape: int, dtype: str = "f8") -> np.ndarray:
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape).astype(dtype)


ARRAYS = [
    sample(6),
    sample(2, 3),
    sample(2, 3, 4, dtype="f4"),
    sample(3, 1, 2, dtype="i4"),
    sample(0),
    sample(2, 0, dtype="?"),
    np.array(2.5),
    np.float32(3.0),
    np.asfortranarray(sample(2, 3)),
]
VIEWS = {
    "reshape": [
        lambda x: np.reshape(x, -1),
        lambda x: np.reshape(x, (3, -1)),
        lambda x: np.reshape(x, (-1, 2, 1)),
        lambda x: np.reshape(x, (3, -1), order="F"),
        lambda x: np.reshape(x, (7, 2)),
        lambda x: np.reshape(x, (-1, -1)),
        lambda x: x.reshape(2, -1),
        lambda x: x.reshape((1, -1)),
        lambda x: np.reshape(x, ()),
        lambda x: np.ravel(x),
        lambda x: np.ravel(x, order="F"),
        lambda x: x.ravel(),
        lambda x: x.flatten(),
    ],
    "axes": [
        lambda x: np.transpose(x),
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.transpose(x, (0, 2, 1)),
        lambda x: np.transpose(x, (0, 0)),
        lambda x: x.transpose(1, 0),
        lambda x: np.swapaxes(x, 0, -1),
        lambda x: np.moveaxis(x, 0, -1),
        lambda x: np.moveaxis(x, [0, 1], [-1, 0]),
        lambda x: np.moveaxis(x, range(2), np.array([-1, 0])),
        lambda x: np.rollaxis(x, -1),
        lambda x: np.rollaxis(x, 0, 2),
        lambda x: np.expand_dims(x, 0),
        lambda x: np.expand_dims(x, (0, -1)),
        lambda x: np.expand_dims(x, 5),
        lambda x: np.squeeze(x),
        lambda x: np.squeeze(x, 1),
        lambda x: np.squeeze(x, axis=(0,)),
        lambda x: np.atleast_1d(x),
        lambda x: np.atleast_2d(x),
        lambda x: np.atleast_3d(x),
        lambda x: np.matrix_transpose(x),
    ],
    "broadcast": [
        lambda x: np.broadcast_to(x, (4, *np.shape(x))),
        lambda x: np.broadcast_to(x, (2, 3)),
        lambda x: np.broadcast_to(x, 6),
        lambda x: np.broadcast_arrays(x, np.ones((2, 1))),
    ],
    "order": [
        lambda x: np.flip(x),
        lambda x: np.flip(x, 0),
        lambda x: np.flip(x, (0, -1)),
        lambda x: np.fliplr(x),
        lambda x: np.flipud(x),
        lambda x: np.rot90(x),
        lambda x: np.rot90(x, 2),
        lambda x: np.rot90(x, -1, axes=(1, 0)),
    ],
    "split": [
        lambda x: np.split(x, 2),
        lambda x: np.split(x, [1, 2]),
        lambda x: np.split(x, [4, 2, 9]),
        lambda x: np.split(x, [-1]),
        lambda x: np.array_split(x, 4),
        lambda x: np.array_split(x, 2, axis=-1),
        lambda x: np.array_split(x, 0),
        lambda x: np.hsplit(x, [1]),
        lambda x: np.vsplit(x, [1]),
        lambda x: np.dsplit(x, 2),
    ],
    "diagonals": [
        lambda x: np.diagonal(x),
        lambda x: np.diagonal(x, 1),
        lambda x: np.diagonal(x, -1, 1, 0),
        lambda x: np.diagonal(x, 0, 0, 2),
        lambda x: np.diagonal(x, 9),
        lambda x: np.trace(x),
        lambda x: np.trace(x, 1),
        lambda x: np.trace(x, -1, 0, -1),
        lambda x: np.diag(x),
        lambda x: np.diag(x, 1),
        lambda x: np.diag(x, -2),
        lambda x: np.diagflat(x),
        lambda x: np.tril(x),
        lambda x: np.triu(x),
        lambda x: np.tril(x, 1),
        lambda x: np.triu(x, -1),
    ],
}


@pytest.mark.parametrize("family", VIEWS)
def test_views(family: str) -> None:
    for number, program in enumerate(VIEWS[family]):
        for x in ARRAYS:
            try:
                follow(program, x)
            except AdjitNotImplementedError:
                raise
            except Exception as problem:
                raise AssertionError(f"{family} {number} of {x!r}: {problem!r}") from problem


@pytest.mark.parametrize("family", ["reshape", "order", "diagonals", "split"])
def test_views_of_views(family: str) -> None:
    for program in VIEWS[family]:
        follow(lambda x, program=program: program(x[::2, 1:]), sample(4, 4))
        follow(lambda x, program=program: program(x.T[::-1]), sample(2, 3))


@pytest.mark.parametrize(
    "view",
    [
        lambda x: np.transpose(x),
        lambda x: np.swapaxes(x, 0, 1),
        lambda x: np.expand_dims(x, 1),
        lambda x: np.squeeze(x),
        lambda x: np.ravel(x),
        lambda x: np.reshape(x, (3, 2)),
        lambda x: np.flip(x),
        lambda x: np.rot90(x),
        lambda x: np.split(x, [1], axis=1)[1],
        lambda x: np.atleast_3d(x),
        lambda x: np.moveaxis(x, 0, 1),
        lambda x: np.einsum("ij->ji", x),
        lambda x: np.einsum("ij->ij", x),
        lambda x: np.einsum("ii->i", x[:, :2]),
        lambda x: np.broadcast_to(x, (2, 2, 3)),
        lambda x: np.diagonal(x),
        lambda x: np.diag(x),
    ],
)
def test_writes_through_views(view: Any) -> None:
    def program(x: Any) -> Any:
        y = x * 1.0
        z = view(y)
        y[0, 1] = 7.0
        z[0] = -z[0]
        return y, z

    def read(x: Any) -> Any:
        y = x * 1.0
        z = view(y)
        y[1, 1] = 7.0
        return y, z * 1.0

    follow(program, sample(2, 3))
    follow(read, sample(2, 3))


def test_fill_diagonal() -> None:
    def program(x: Any) -> Any:
        np.fill_diagonal(x, 2.0)
        np.fill_diagonal(x[:, 1:], [1.0, 2.0, 3.0])
        return x

    follow(program, sample(3, 4))


JOINS = [
    lambda x, y: np.concatenate([x, y]),
    lambda x, y: np.concatenate((x, y), axis=-1),
    lambda x, y: np.concatenate([x, y], axis=None),
    lambda x, y: np.concatenate([x, y], dtype=np.float32),
    lambda x, y: np.concatenate([x, y], dtype=np.int8),
    lambda x, y: np.concatenate([x]),
    lambda x, y: np.concatenate([]),
    lambda x, y: np.concatenate([x, 1.0]),
    lambda x, y: np.stack([x, y]),
    lambda x, y: np.stack([x, x], axis=-1),
    lambda x, y: np.stack([x, x], axis=1),
    lambda x, y: np.vstack([x, y]),
    lambda x, y: np.hstack([x, y]),
    lambda x, y: np.dstack([x, y]),
    lambda x, y: np.column_stack([x, x * 2]),
    lambda x, y: np.append(x, y),
    lambda x, y: np.append(x, 1.0),
    lambda x, y: np.append(x, y, axis=0),
    lambda x, y: np.array([x, x]),
    lambda x, y: np.hstack([1.0, x.ravel()]),
]


@pytest.mark.parametrize("program", JOINS)
def test_joins(program: Any) -> None:
    for x, y in [
        (sample(3), sample(2)),
        (sample(3), sample(0)),
        (sample(2, 3), sample(1, 3, dtype="f4")),
        (sample(2, 3, dtype="i4"), sample(2, 3, dtype="f4")),
        (sample(2, 2, 2), sample(2, 1, 2)),
        (sample(2, 1, dtype="?"), sample(2, 1, dtype="u1")),
        (np.asfortranarray(sample(2, 3)), np.asfortranarray(sample(2, 3))),
    ]:
        follow(program, x, y)


def test_join_out() -> None:
    def program(x: Any) -> Any:
        y = np.zeros((2, 3))
        np.stack([x, x * 2], out=y)
        np.concatenate([x, x], out=y.reshape(-1))
        return y

    follow(program, sample(3))


ARRANGED = [
    lambda x: np.tile(x, 3),
    lambda x: np.tile(x, (2, 1)),
    lambda x: np.tile(x, (2, 1, 3)),
    lambda x: np.tile(x, 0),
    lambda x: np.repeat(x, 2),
    lambda x: np.repeat(x, 3, axis=0),
    lambda x: np.repeat(x, 2, axis=-1),
    lambda x: np.repeat(x, [1, 2], axis=0),
    lambda x: np.repeat(x, [1, 0, 2], axis=-1),
    lambda x: np.repeat(x, -1),
    lambda x: np.roll(x, 1),
    lambda x: np.roll(x, -2, axis=0),
    lambda x: np.roll(x, (1, 2), axis=(0, 1)),
    lambda x: np.roll(x, 7, axis=-1),
    lambda x: np.diff(x),
    lambda x: np.diff(x, axis=0),
    lambda x: np.diff(x, n=2),
    lambda x: np.diff(x, n=0),
    lambda x: np.diff(x, prepend=0.0),
    lambda x: np.diff(x, append=x),
    lambda x: np.ediff1d(x),
    lambda x: np.pad(x, 1),
    lambda x: np.pad(x, (1, 2)),
    lambda x: np.pad(x, ((1, 2),), constant_values=5),
    lambda x: np.pad(x, ((0, 1), (2, 0)), constant_values=((1, 2), (3, 4))),
    lambda x: np.pad(x, 2, mode="edge"),
    lambda x: np.pad(x, (1, 0), mode="wrap"),
    lambda x: np.pad(x, (0, 1), mode="symmetric"),
    lambda x: np.pad(x, ((0, 0), (1, 2)), mode="reflect"),
    lambda x: np.pad(x, -1),
]


@pytest.mark.parametrize("number", range(len(ARRANGED)))
def test_arranged(number: int) -> None:
    for x in [
        sample(4),
        sample(2, 3),
        sample(2, 3, dtype="?"),
        sample(2, 3, dtype="i4"),
        sample(2, 2, 3, dtype="f4"),
        np.asfortranarray(sample(2, 3)),
        np.array(2.0),
    ]:
        follow(ARRANGED[number], x)
