"""Functions of `scipy.linalg`. What SciPy checks of numbers (`check_finite`) is not checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.matrices import (
    block,
    identity,
    identity_mask,
    lower,
    symmetric,
    triangle,
    upper,
)
from ...ir.sizes import integer
from ...ir.types import F32, F64, I64
from ..array import Array, wrap
from ..errors import error
from . import scipy_functions
from .common import as_array, as_value, broadcast_shapes, cast, reshape, spread
from .matrices import (
    known_sizes,
    spread_batch,
    turned,
    without_failure,
)
from .systems import solved

records = scipy_functions.records("scipy.linalg")

I32 = np.dtype(np.int32)
SINGULAR = "A singular matrix detected"
_NOT_POSITIVE = "a leading minor of the array is not positive definite"
_WAYS = {0: False, 1: True, 2: True, "N": False, "T": True, "C": True}


# --- operands and results -------------------------------------------------------------------


def operands(*items: Any) -> list[Value]:
    """Values in the dtype that SciPy computes in: f32 only if none has another."""
    arrays = [known_sizes(as_array(item)) for item in items]
    dtype = F32 if all(x.dtype == F32 for x in arrays) else F64
    return [cast(x.value, dtype) for x in arrays]


def matrix(x: Value, square: bool = True) -> Value:
    if len(x.shape) < 2:
        raise error("value", text="The input array must be at least two-dimensional.")
    if square and x.shape[-1] != x.shape[-2]:
        text = "Last 2 dimensions of the array must be square"
        raise error("value", text=f"{text} but received shape {x.shape}.")
    return x


def wrap_any(value: Value) -> Array:
    """A result, whose memory order is LAPACK's or not."""
    return wrap(value, layout=None) if len(value.shape) > 1 else wrap(value)


def _way(trans: Any) -> bool:
    if trans not in _WAYS:
        raise error("value", text=f"trans={trans!r}: give 0, 1, 2, 'N', 'T' or 'C'")
    return _WAYS[trans]


def columns(a: Value, b: Value) -> tuple[Value, Value, bool]:
    """Matrices of equal batches; whether the right-hand side was a vector."""
    vector = len(b.shape) == 1
    if not b.shape or b.shape[0 if vector else -2] != a.shape[-2]:
        raise error("value", text=f"incompatible dimensions: {a.shape} and {b.shape}")
    b = reshape(b, (*b.shape, 1)) if vector else b
    batch = broadcast_shapes("solve", a.shape[:-2], b.shape[:-2])
    return spread_batch(a, batch), spread_batch(b, batch), vector


def _solution(y: Value, vector: bool) -> Array:
    return wrap_any(reshape(y, y.shape[:-1]) if vector else y)


# --- triangular systems and Cholesky --------------------------------------------------------


@records
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: Any = False,
    unit_diagonal: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Array:
    x, z, vector = columns(*operands(a, b))
    matrix(x)
    attrs = {"lower": bool(lower), "unit": bool(unit_diagonal), "trans": _way(trans)}
    return _solution(_triangular(x, z, **attrs), vector)


def _triangular(a: Value, b: Value, **attrs: bool) -> Value:
    if attrs["unit"]:
        return ops.triangular_solve(a, b, where="", **attrs)
    message = "singular matrix: a diagonal element is zero"
    return without_failure(ops.triangular_solve, a, b, message=message, **attrs)


def _factor(x: Value, is_lower: bool) -> Value:
    x = x if is_lower else turned(x)
    y = without_failure(ops.cholesky, x, message=_NOT_POSITIVE)
    return y if is_lower else turned(y)


@records
def cholesky(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> Array:
    (x,) = operands(a)
    return wrap_any(_factor(matrix(x), bool(lower)))


@records
def cho_factor(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> tuple[Array, bool]:
    (x,) = operands(a)
    y = _factor(matrix(x), bool(lower))
    return wrap_any(y + triangle(x, not lower, strict=True)), lower


@records
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True
) -> Array:
    c, is_lower = c_and_lower
    x, z, vector = columns(*operands(c, b))
    return _solution(_by_factor(matrix(x), z, bool(is_lower)), vector)


def _by_factor(c: Value, b: Value, is_lower: bool) -> Value:
    attrs = {"lower": is_lower, "unit": False, "where": ""}
    y = ops.triangular_solve(c, b, trans=not is_lower, **attrs)
    return ops.triangular_solve(c, y, trans=is_lower, **attrs)


# --- LU -------------------------------------------------------------------------------------


@records
def lu_factor(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> tuple[Array, Array]:
    (x,) = operands(a)
    matrix(x, square=False)
    return wrap_any(ops.lu(x)), wrap(cast(ops.lu_pivots(x), I32))


@records
def lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True
) -> Array:
    factors, given = lu_and_piv
    x, z, vector = columns(*operands(factors, b))
    pivots = spread(as_value(given, I64), (*x.shape[:-2], np.shape(given)[-1]))
    left = {"lower": True, "unit": True, "where": ""}
    right = {"lower": False, "unit": False, "where": ""}
    if _way(trans):
        y = ops.triangular_solve(matrix(x), z, trans=True, **right)
        y = ops.triangular_solve(x, y, trans=True, **left)
        return _solution(ops.swap_rows(y, pivots, reverse=True), vector)
    y = ops.swap_rows(z, pivots, reverse=False)
    y = ops.triangular_solve(matrix(x), y, trans=False, **left)
    return _solution(ops.triangular_solve(x, y, trans=False, **right), vector)


@records
def lu(
    a: Any,
    permute_l: Any = False,
    overwrite_a: Any = False,
    check_finite: Any = True,
    p_indices: Any = False,
) -> tuple[Array, ...]:
    (x,) = operands(a)
    *batch, m, n = matrix(x, square=False).shape
    k = min(m, n)
    factors, pivots = ops.lu(x), ops.lu_pivots(x)
    right = upper(block(factors, k, n))
    left = block(factors, m, k)
    left = ops.where(identity_mask(m, k), 1.0, lower(left, strict=True))
    if permute_l:
        return wrap_any(ops.swap_rows(left, pivots, reverse=True)), wrap_any(right)
    square = ops.zeros(x.type.with_shape((*batch, m, m)))
    if not p_indices:
        rows = ops.swap_rows(identity(square), pivots, reverse=True)
        return wrap_any(rows), wrap_any(left), wrap_any(right)
    numbers = reshape(ops.iota(size=m, dtype=F64), (m, 1))
    order = ops.swap_rows(spread_batch(numbers, tuple(batch)), pivots, reverse=True)
    dtype = I64 if (m, n) == (1, 1) else I32
    return wrap(cast(reshape(order, (*batch, m)), dtype)), wrap_any(left), wrap_any(right)


# --- systems --------------------------------------------------------------------------------

_SYMMETRIC = ("sym", "symmetric", "her", "hermitian")
_POSITIVE = ("pos", "positive definite")
_GENERAL = (None, "gen", "general", "diagonal", "tridiagonal", "banded")


@records
def solve(
    a: Any,
    b: Any,
    lower: Any = False,
    overwrite_a: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
    assume_a: Any = None,
    transposed: Any = False,
) -> Array:
    x, z = operands(a, b)
    x, z, vector = columns(matrix(x), z)
    if assume_a in _POSITIVE:
        return _solution(_by_factor(_factor(x, bool(lower)), z, bool(lower)), vector)
    if assume_a in ("upper triangular", "lower triangular"):
        attrs = {"lower": assume_a[0] == "l", "trans": bool(transposed), "unit": False}
        return _solution(_triangular(x, z, **attrs), vector)
    if assume_a not in (*_GENERAL, *_SYMMETRIC):
        raise error("value", text=f"{assume_a} is not a recognized matrix structure")
    x = symmetric(x, bool(lower)) if assume_a in _SYMMETRIC else x
    return _solution(solved(x, z, SINGULAR, bool(transposed)), vector)


@records
def inv(
    a: Any,
    overwrite_a: Any = False,
    check_finite: Any = True,
    *,
    assume_a: Any = None,
    lower: Any = False,
) -> Array:
    (x,) = operands(a)
    x = symmetric(x, bool(lower)) if assume_a in (*_SYMMETRIC, *_POSITIVE) else x
    return wrap_any(solved(matrix(x), identity(x), SINGULAR))


@records
def det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Array:
    (x,) = operands(a)
    return wrap(ops.det(cast(matrix(x), F64)))


@records
def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Array:
    """By the whole matrix: the work grows with the cube of its size."""
    below, above = (integer(count) for count in l_and_u)
    bands, z = operands(ab, b)
    n = bands.shape[-1]
    if len(bands.shape) != 2 or not z.shape or n != z.shape[0]:
        raise error("value", text="shapes of ab and b are not compatible.")
    if below + above + 1 != bands.shape[0]:
        text = "invalid values for the number of lower and upper diagonals:"
        raise error("value", text=f"{text} l+u+1 ({below + above + 1}) does not equal ab.shape[0]")
    flat = ops.zeros(bands.type.with_shape((n * n,)))
    for row in range(bands.shape[0]):
        off = above - row  # of the diagonal that stands in this row
        count = n - abs(off)
        if count <= 0:
            continue
        start = (row, max(off, 0))
        band = ops.slice_(bands, start=start, step=(1, 1), size=(1, count))
        first = off if off >= 0 else -off * n
        flat = ops.update(flat, reshape(band, (count,)), start=(first,), step=(n + 1,))
    x, z, vector = columns(reshape(flat, (n, n)), z)
    return _solution(solved(x, z, "singular matrix"), vector)
