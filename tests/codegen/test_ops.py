"""Native code against the reference, generated from the op table: every op with a scalar
lowering, on awkward numbers of every dtype it takes."""

from __future__ import annotations

import numpy as np
import pytest
from support import graph, native

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.op import OPS, Op
from adjit.ir.types import DTYPE_NAMES, F64

DTYPES = {name: dtype for name, dtype in DTYPE_NAMES.items() if dtype.kind != "c"}
"""Of native code, which sees no complex numbers."""
SCALAR_OPS = [op for op in OPS.values() if op.lower is not None and op.name != "cast"]

AWKWARD = {
    "f": [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.5,
        3.0,
        7.25,
        -7.25,
        1e-300,
        1e300,
        np.inf,
        -np.inf,
        np.nan,
    ],
    "i": [0, 1, -1, 2, 3, -7, 100],
    "u": [0, 1, 2, 3, 7, 100, 200],
    "b": [False, True],
}


def pairs(kind: str, count: int, dtype: np.dtype) -> list[np.ndarray]:
    """All combinations of awkward numbers, as one array per argument."""
    with np.errstate(all="ignore"):
        numbers = np.array(AWKWARD[kind]).astype(dtype)
    grids = np.meshgrid(*[numbers] * count, indexing="ij")
    return [np.ascontiguousarray(grid.ravel()) for grid in grids]


def graph_of(op: Op, arrays: list[np.ndarray]) -> Graph:
    return graph(arrays, lambda *inputs: [op(*inputs)])


def arity(op: Op) -> int:
    return len(op.partials)


def arguments(op: Op, dtype: np.dtype) -> list[np.ndarray]:
    arrays = pairs(dtype.kind, arity(op), dtype)
    if op.name == "where":
        arrays[0] = np.resize([True, False, True], arrays[0].shape)
    if op.name == "ldexp":
        counts = [0, 1, -1, 60, -1074, 1023, 10**6, -(10**12)]
        arrays[1] = np.resize(np.array(counts), arrays[0].shape)
    if op.name == "pow" and dtype.kind == "i":
        arrays[1] = np.abs(arrays[1])
    return arrays


def takes(op: Op, dtype: np.dtype) -> bool:
    try:
        graph_of(op, arguments(op, dtype))
    except IRError:
        return False
    return True


CASES = [(op, dtype) for op in SCALAR_OPS for dtype in DTYPES.values() if takes(op, dtype)]


@pytest.mark.parametrize(("op", "dtype"), CASES, ids=[f"{op.name}-{dtype}" for op, dtype in CASES])
def test_scalar_lowering_equals_numpy(op: Op, dtype: np.dtype) -> None:
    arrays = arguments(op, dtype)
    program = graph_of(op, arrays)
    with np.errstate(all="ignore"):
        (expected,) = interpret(program, arrays)
    _, (y,) = native(program)(arrays)
    assert y.dtype == expected.dtype
    if dtype.kind != "f" or y.dtype.kind == "b":
        np.testing.assert_array_equal(y, expected)
        return
    tolerance = 4e-15 if dtype == F64 else 3e-6
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=0, equal_nan=True)
    if op.name in ("neg", "mul", "copysign", "floor", "trunc", "rint", "mod"):
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(y[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("source", list(DTYPES))
@pytest.mark.parametrize("target", list(DTYPES))
def test_casts_equal_numpy(source: str, target: str) -> None:
    dtype = DTYPES[source]
    numbers = [0.0, -0.0, 1.5, 100.75] if dtype.kind == "f" else AWKWARD[dtype.kind]
    x = np.array(numbers).astype(dtype)
    program = graph([x], lambda v: [ops.cast(v, dtype=DTYPES[target])])
    _, (y,) = native(program)([x])
    np.testing.assert_array_equal(y, x.astype(DTYPES[target]))
    assert y.dtype == DTYPES[target]


REDUCTIONS = [
    (name, shape, axes)
    for name in ("sum", "prod", "max", "min", "any", "all")
    for shape in ((3, 4, 5), (1, 4, 1), (3, 0, 2), (2, 1, 300))
    for axes in ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
    # the extremum of nothing is refused when it is recorded
    if name not in ("max", "min") or 0 not in [shape[axis] for axis in axes]
]


@pytest.mark.parametrize(("name", "shape", "axes"), REDUCTIONS)
def test_reductions_equal_numpy(name: str, shape: tuple, axes: tuple) -> None:
    rng = np.random.default_rng(0)
    logical = name in ("any", "all")
    x = rng.uniform(-1, 1, shape) > 0 if logical else rng.uniform(0.5, 1.5, shape)
    program = graph([x], lambda v: [OPS[name](v, axes=axes)])
    _, (y,) = native(program)([x])
    np.testing.assert_allclose(y, interpret(program, [x])[0], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "sizes", [(1, 2, 3, 4), (1, 40, 30, 20), (3, 17, 33, 25), (2, 1, 300, 300)]
)
@pytest.mark.parametrize(
    "spec", ["bmk,bkn->bmn", "bkm,bkn->bmn", "bmk,bnk->bnm", "kbm,nkb->mbn", "bmk,bkn->nmb"]
)
def test_contractions_equal_einsum(spec: str, sizes: tuple, dtype: type) -> None:
    rng = np.random.default_rng(1)
    size = dict(zip("bmnk", sizes, strict=True))
    left, right = spec.split("->")[0].split(",")
    arrays = [rng.normal(size=[size[i] for i in part]).astype(dtype) for part in (left, right)]
    _, (y,) = native(graph(arrays, lambda x, z: [ops.contract(x, z, spec=spec)]))(arrays)
    tolerance = 1e-12 if dtype is np.float64 else 2e-4
    np.testing.assert_allclose(y, np.einsum(spec, *arrays), rtol=tolerance, atol=tolerance)
