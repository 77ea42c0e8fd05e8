"""Native sorting and searching against NumPy's, on ties, NaN, runs and every dtype."""

from __future__ import annotations

import numpy as np
import pytest
from support import agree, graph

from adjit.ir import ops
from adjit.ir.graph import Value
from adjit.ir.types import DTYPE_NAMES

rng = np.random.default_rng(3)
AWKWARD = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0]


def drawn(dtype: np.dtype, *shape: int) -> np.ndarray:
    """Numbers with many ties, and for floats everything that is hard to compare."""
    numbers = rng.integers(0, 2 if dtype.kind == "b" else 9, shape)
    if dtype.kind == "f":
        return np.where(numbers < 7, np.array(AWKWARD)[numbers % 7], numbers).astype(dtype)
    return numbers.astype(dtype)


SIZES = [
    (0,),
    (1,),
    (2,),
    (3,),
    (8,),
    (9,),
    (31,),
    (32,),
    (33,),
    (1000,),
    (3, 5),
    (2, 0),
    (0, 2),
    (2, 3, 17),
]


@pytest.mark.parametrize("dtype", DTYPE_NAMES.values(), ids=str)
def test_argsort(dtype: np.dtype) -> None:
    arrays = [drawn(dtype, *size) for size in SIZES]
    agree(graph(arrays, lambda *xs: [ops.argsort(x) for x in xs]), arrays)


@pytest.mark.parametrize("dtype", DTYPE_NAMES.values(), ids=str)
def test_searchsorted(dtype: np.dtype) -> None:
    pairs = [(np.sort(drawn(dtype, n)), drawn(dtype, *m)) for n in (0, 1, 2, 9) for m in SIZES[:4]]
    arrays = [x for pair in pairs for x in pair]

    def build(*values: Value) -> list:
        found = []
        for x, v in zip(values[::2], values[1::2], strict=True):
            found += [ops.searchsorted(x, v, side=side) for side in ("left", "right")]
        return found

    agree(graph(arrays, build), arrays)


def test_of_what_is_computed() -> None:
    """What is sorted needs a buffer; the result is read by others."""
    x = drawn(np.dtype(np.float64), 4, 6)

    def build(x: Value) -> list:
        y = ops.argsort(ops.transpose(x * 2.0, perm=(1, 0)))
        z = ops.argsort(
            ops.reshape(ops.slice_(x, start=(0, 5), step=(1, -1), size=(4, 6)), shape=(24,))
        )
        return [y + 1, ops.sum_(z, axes=(0, 1))]

    agree(graph([x], build), [x])


@pytest.mark.parametrize("dtype", DTYPE_NAMES.values(), ids=str)
def test_any_bits(dtype: np.dtype) -> None:
    """Every number that the dtype has, of both signs and all sizes."""
    bits = rng.integers(0, 256, 8 * 900, dtype=np.uint8)
    numbers = (bits[:900] % 2).astype(dtype) if dtype.kind == "b" else bits.view(dtype)[:900]
    arrays = [numbers, numbers[:120].reshape(3, 40)]
    agree(graph(arrays, lambda x, z: [ops.argsort(x), ops.argsort(z)]), arrays)
