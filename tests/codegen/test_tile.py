"""Blocks: which nests are cut, and that cutting changes no result."""

from __future__ import annotations

import numpy as np
import pytest

from adjit import check_grads, jit
from adjit.codegen import nest, tile

PROGRAMS = {
    "transposed": lambda A, B: A.T * B,
    "both ways": lambda A, B: A * A.T + B,
    "three axes": lambda A, B: A.reshape(5, 26, 130).transpose(2, 0, 1) ** 3 * B[0, 0],
    "summed": lambda A, B: (np.sum(A.T * B), np.max(A.T - B)),
    "summed by rows": lambda A, B: np.sum(np.sin(A.T) * B, axis=1),
    "summed by columns": lambda A, B: np.sum(np.sin(A.T) * B, axis=0),
    "reversed": lambda A, B: A[::-1].T * B[:, ::-1],
    "a part": lambda A, B: A[3:, 1:].T - B[1:, 3:],
    "written to": lambda A, B: _written(A, B),
}


def _written(A, B):
    C = B.copy()
    C[5:, 5:] += A.T[5:, 5:]
    C[:100, :] = A.T[:100, :] * 2.0
    return C


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(130, 130)), rng.normal(size=(130, 130))


@pytest.mark.parametrize("tiny", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_blocks_change_no_result(name, tiny, arrays, monkeypatch):
    if tiny:
        for module, limit, number in (
            (tile, "BLOCK", 3),
            (nest, "BLOCK", 3),
            (tile, "WORTH", 0),
            (tile, "LINE", 2),
        ):
            monkeypatch.setattr(module, limit, number)
    fun = PROGRAMS[name]
    found, expected = jit(fun)(*arrays), fun(*arrays)
    if not isinstance(found, tuple):
        found, expected = (found,), (expected,)
    for y, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name, arrays):
    check_grads(PROGRAMS[name], arrays, order=1)


def blocks(fun, *args) -> list[int | None]:
    schedule = jit(fun).schedule(*args)
    buffers = schedule.root.buffers
    return [tile.tile(n, lambda v: bool(v.shape) and v in buffers, ()) for n in schedule.nests]


def test_a_transposed_operand_is_read_in_blocks(arrays):
    assert blocks(lambda A, B: np.sum(A.T * B), *arrays) == [0]


def test_operands_that_lie_alike_are_not(arrays):
    assert blocks(lambda A, B: np.sum(A * B), *arrays) == [None]


def test_a_small_nest_is_not(arrays):
    A, B = (x[:40, :40].copy() for x in arrays)
    assert blocks(lambda A, B: np.sum(A.T * B), A, B) == [None]
