"""Functions of `scipy.linalg`. What SciPy checks of numbers (`check_finite`) is not checked."""

from __future__ import annotations

import operator
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
from ...ir.types import F32, F64, I64
from ..array import Array, wrap
from ..errors import error, unsupported
from ..layout import Ints
from ..promote import promote
from . import norms
from .common import as_array, as_value, broadcast_shapes, cast, reshape, spread
from .factorizations import qr_values, svd_values
from .matrices import (
    ANY,
    NOT_CONVERGED,
    SVD_FAILED,
    known_sizes,
    lin_alg_error,
    located,
    spread_batch,
    turned,
    without_failure,
)
from .scipy_functions import records
from .systems import pseudoinverse, solved

_records = records("scipy.linalg")

I32 = np.dtype(np.int32)
_SINGULAR = "A singular matrix detected"
_NOT_POSITIVE = "a leading minor of the array is not positive definite"
_WAYS = {0: False, 1: True, 2: True, "N": False, "T": True, "C": True}


# --- operands and results -------------------------------------------------------------------


def _operands(*items: Any) -> list[Value]:
    """Values in the dtype that SciPy computes in: f32 only if none has another."""
    arrays = [known_sizes(as_array(item)) for item in items]
    dtype = F32 if all(x.dtype == F32 for x in arrays) else F64
    return [cast(x.value, dtype) for x in arrays]


def _matrix(x: Value, square: bool = True) -> Value:
    if len(x.shape) < 2:
        raise error("value", text="The input array must be at least two-dimensional.")
    if square and x.shape[-1] != x.shape[-2]:
        text = "Last 2 dimensions of the array must be square"
        raise error("value", text=f"{text} but received shape {x.shape}.")
    return x


def _wrap(value: Value) -> Array:
    """A result, whose memory order is LAPACK's or not."""
    return wrap(value, layout=None) if len(value.shape) > 1 else wrap(value)


def _way(trans: Any) -> bool:
    if trans not in _WAYS:
        raise error("value", text=f"trans={trans!r}: give 0, 1, 2, 'N', 'T' or 'C'")
    return _WAYS[trans]


def _columns(a: Value, b: Value) -> tuple[Value, Value, bool]:
    """Matrices of equal batches; whether the right-hand side was a vector."""
    vector = len(b.shape) == 1
    if not b.shape or b.shape[0 if vector else -2] != a.shape[-2]:
        raise error("value", text=f"incompatible dimensions: {a.shape} and {b.shape}")
    b = reshape(b, (*b.shape, 1)) if vector else b
    batch = broadcast_shapes("solve", a.shape[:-2], b.shape[:-2])
    return spread_batch(a, batch), spread_batch(b, batch), vector


def _solution(y: Value, vector: bool) -> Array:
    return _wrap(reshape(y, y.shape[:-1]) if vector else y)


# --- triangular systems and Cholesky --------------------------------------------------------


@_records
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: Any = False,
    unit_diagonal: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Array:
    x, z, vector = _columns(*_operands(a, b))
    _matrix(x)
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


@_records
def cholesky(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> Array:
    (x,) = _operands(a)
    return _wrap(_factor(_matrix(x), bool(lower)))


@_records
def cho_factor(
    a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True
) -> tuple[Array, bool]:
    (x,) = _operands(a)
    y = _factor(_matrix(x), bool(lower))
    return _wrap(y + triangle(x, not lower, strict=True)), lower


@_records
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True
) -> Array:
    c, is_lower = c_and_lower
    x, z, vector = _columns(*_operands(c, b))
    return _solution(_by_factor(_matrix(x), z, bool(is_lower)), vector)


def _by_factor(c: Value, b: Value, is_lower: bool) -> Value:
    attrs = {"lower": is_lower, "unit": False, "where": ""}
    y = ops.triangular_solve(c, b, trans=not is_lower, **attrs)
    return ops.triangular_solve(c, y, trans=is_lower, **attrs)


# --- LU -------------------------------------------------------------------------------------


@_records
def lu_factor(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> tuple[Array, Array]:
    (x,) = _operands(a)
    _matrix(x, square=False)
    return _wrap(ops.lu(x)), wrap(cast(ops.lu_pivots(x), I32))


@_records
def lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True
) -> Array:
    factors, given = lu_and_piv
    x, z, vector = _columns(*_operands(factors, b))
    pivots = spread(as_value(given, I64), (*x.shape[:-2], np.shape(given)[-1]))
    left = {"lower": True, "unit": True, "where": ""}
    right = {"lower": False, "unit": False, "where": ""}
    if _way(trans):
        y = ops.triangular_solve(_matrix(x), z, trans=True, **right)
        y = ops.triangular_solve(x, y, trans=True, **left)
        return _solution(ops.swap_rows(y, pivots, reverse=True), vector)
    y = ops.swap_rows(z, pivots, reverse=False)
    y = ops.triangular_solve(_matrix(x), y, trans=False, **left)
    return _solution(ops.triangular_solve(x, y, trans=False, **right), vector)


@_records
def lu(
    a: Any,
    permute_l: Any = False,
    overwrite_a: Any = False,
    check_finite: Any = True,
    p_indices: Any = False,
) -> tuple[Array, ...]:
    (x,) = _operands(a)
    *batch, m, n = _matrix(x, square=False).shape
    k = min(m, n)
    factors, pivots = ops.lu(x), ops.lu_pivots(x)
    right = upper(block(factors, k, n))
    left = block(factors, m, k)
    left = ops.where(identity_mask(m, k), 1.0, lower(left, strict=True))
    if permute_l:
        return _wrap(ops.swap_rows(left, pivots, reverse=True)), _wrap(right)
    square = ops.zeros(x.type.with_shape((*batch, m, m)))
    if not p_indices:
        rows = ops.swap_rows(identity(square), pivots, reverse=True)
        return _wrap(rows), _wrap(left), _wrap(right)
    numbers = reshape(ops.iota(size=m, dtype=F64), (m, 1))
    order = ops.swap_rows(spread_batch(numbers, tuple(batch)), pivots, reverse=True)
    dtype = I64 if (m, n) == (1, 1) else I32
    return wrap(cast(reshape(order, (*batch, m)), dtype)), _wrap(left), _wrap(right)


# --- systems --------------------------------------------------------------------------------

_SYMMETRIC = ("sym", "symmetric", "her", "hermitian")
_POSITIVE = ("pos", "positive definite")
_GENERAL = (None, "gen", "general", "diagonal", "tridiagonal", "banded")


@_records
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
    x, z = _operands(a, b)
    x, z, vector = _columns(_matrix(x), z)
    if assume_a in _POSITIVE:
        return _solution(_by_factor(_factor(x, bool(lower)), z, bool(lower)), vector)
    if assume_a in ("upper triangular", "lower triangular"):
        attrs = {"lower": assume_a[0] == "l", "trans": bool(transposed), "unit": False}
        return _solution(_triangular(x, z, **attrs), vector)
    if assume_a not in (*_GENERAL, *_SYMMETRIC):
        raise error("value", text=f"{assume_a} is not a recognized matrix structure")
    x = symmetric(x, bool(lower)) if assume_a in _SYMMETRIC else x
    return _solution(solved(x, z, _SINGULAR, bool(transposed)), vector)


@_records
def inv(
    a: Any,
    overwrite_a: Any = False,
    check_finite: Any = True,
    *,
    assume_a: Any = None,
    lower: Any = False,
) -> Array:
    (x,) = _operands(a)
    x = symmetric(x, bool(lower)) if assume_a in (*_SYMMETRIC, *_POSITIVE) else x
    return _wrap(solved(_matrix(x), identity(x), _SINGULAR))


@_records
def det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Array:
    (x,) = _operands(a)
    return wrap(ops.det(cast(_matrix(x), F64)))


@_records
def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: Any = False,
    overwrite_b: Any = False,
    check_finite: Any = True,
) -> Array:
    """By the whole matrix: the work grows with the cube of its size."""
    below, above = (operator.index(count) for count in l_and_u)
    bands, z = _operands(ab, b)
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
    x, z, vector = _columns(reshape(flat, (n, n)), z)
    return _solution(solved(x, z, "singular matrix"), vector)


# --- decompositions -------------------------------------------------------------------------


@_records
def qr(
    a: Any,
    overwrite_a: Any = False,
    lwork: Any = None,
    mode: Any = "full",
    pivoting: Any = False,
    check_finite: Any = True,
) -> tuple[Array, ...]:
    if mode not in ("full", "economic", "r") or pivoting:
        raise unsupported(f"scipy.linalg.qr(mode={mode!r}, pivoting={pivoting!r})")
    (x,) = _operands(a)
    q, r = qr_values(_matrix(x, square=False), mode != "economic")
    return (_wrap(r),) if mode == "r" else (_wrap(q), _wrap(r))


@_records
def svd(
    a: Any,
    full_matrices: Any = True,
    compute_uv: Any = True,
    overwrite_a: Any = False,
    check_finite: Any = True,
    lapack_driver: Any = "gesdd",
) -> Any:
    (x,) = _operands(a)
    _matrix(x, square=False)
    if not compute_uv:
        return wrap(ops.singular_values(x, where=located(SVD_FAILED)))
    return tuple(_wrap(part) for part in svd_values(x, bool(full_matrices)))


@_records
def svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Array:
    found: Array = svd(a, compute_uv=False)
    return found


@_records
def eigh(
    a: Any, b: Any = None, *, lower: Any = True, eigvals_only: Any = False, **more: Any
) -> Any:
    ignored = {"overwrite_a", "overwrite_b", "check_finite", "driver", "type"}
    given = sorted(name for name in more if name not in ignored and more[name] is not None)
    if b is not None or given:
        raise unsupported(f"scipy.linalg.eigh({', '.join(['b'] * (b is not None) + given)}=)")
    (x,) = _operands(a)
    attrs = {"lower": bool(lower), "where": located(NOT_CONVERGED)}
    w = wrap(ops.eigenvalues(_matrix(x), **attrs))
    return w if eigvals_only else (w, _wrap(ops.eigenvectors(x, **attrs)))


@_records
def eigvalsh(a: Any, b: Any = None, *, lower: Any = True, **more: Any) -> Array:
    found: Array = eigh(a, b, lower=lower, eigvals_only=True, **more)
    return found


@_records
def pinv(
    a: Any,
    *,
    atol: Any = None,
    rtol: Any = None,
    return_rank: Any = False,
    check_finite: Any = True,
) -> Array:
    if return_rank or atol is not None:
        raise unsupported("scipy.linalg.pinv(atol=, return_rank=)")
    (x,) = _operands(a)
    _matrix(x, square=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    return _wrap(pseudoinverse(x, as_value(rtol, x.dtype)))


@_records
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, check_finite: Any = True
) -> Array:
    found: Array = norms.norm(a, ord, axis, keepdims)
    return found


@_records
def expm(A: Any) -> Array:
    (x,) = _operands(A)
    if not x.shape or x.shape == (1,):
        return wrap(reshape(ops.exp(x), (1, 1)))
    if len(x.shape) < 2:
        raise lin_alg_error("The input array must be at least two-dimensional")
    if x.shape[-1] != x.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    return _wrap(ops.expm(x))


@_records
def sqrtm(A: Any, **keywords: Any) -> Array:
    """The principal square root; SciPy's result is complex where it is not real."""
    if any(keywords.values()):
        raise unsupported(f"scipy.linalg.sqrtm({', '.join(keywords)}=)")
    (x,) = _operands(A)
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    message = "the matrix is singular, or has no real square root"
    return _wrap(cast(without_failure(ops.sqrtm, cast(x, F64), message=message), x.dtype))


@_records
def solve_sylvester(a: Any, b: Any, q: Any) -> Array:
    """As one system for all elements of the result: for small matrices."""
    x, z, right = _operands(a, b, q)
    (m, n), both = right.shape, (x, z)
    if any(len(part.shape) != 2 for part in both) or (x.shape, z.shape) != ((m, m), (n, n)):
        raise error("value", text="Matrices a, b and q do not fit")
    left = reshape(x, (m, 1, m, 1)) * reshape(identity(z), (1, n, 1, n))
    left = left + reshape(identity(x), (m, 1, m, 1)) * reshape(turned(z), (1, n, 1, n))
    left = reshape(left, (m * n, m * n))
    y = solved(left, reshape(right, (m * n,)), _SINGULAR)
    return _wrap(reshape(y, (m, n)))


# --- special matrices -----------------------------------------------------------------------


@_records
def block_diag(*arrs: Any) -> Array:
    arrays = [known_sizes(as_array(x), ANY) for x in arrs]
    dtype = promote(*[x.dtype for x in arrays])
    parts = []
    for x in arrays:
        value = cast(x.value, dtype)
        parts.append(reshape(value, (1,) * (2 - x.ndim) + x.shape))
    batch: Ints = broadcast_shapes("block_diag", *[part.shape[:-2] for part in parts])
    shape = [sum(part.shape[axis] for part in parts) for axis in (-2, -1)]
    y = ops.zeros(parts[0].type.with_shape((*batch, *shape)))
    zero, step, row, column = (0,) * len(batch), (1,) * (len(batch) + 2), 0, 0
    for part in parts:
        y = ops.update(y, spread_batch(part, batch), start=(*zero, row, column), step=step)
        row, column = row + part.shape[-2], column + part.shape[-1]
    return wrap(y)


@_records
def toeplitz(c: Any, r: Any = None) -> Array:
    """A row is the next one moved by one place: rows of one period, cut at another."""
    first, top = (known_sizes(as_array(c if x is None else x), ANY) for x in (c, r))
    if first.ndim > 1 or top.ndim > 1:
        raise unsupported("scipy.linalg.toeplitz of several dimensions")
    dtype = promote(first.dtype, top.dtype)
    column = reshape(cast(first.value, dtype), (first.size,))
    row = reshape(cast(top.value, dtype), (top.size,))
    m, n = column.shape[0], row.shape[0]
    if not m or not n:
        return wrap(ops.zeros(column.type.with_shape((m, n))))
    # One period: the row, a place that nobody reads, and the column from its end up.
    period = ops.zeros(column.type.with_shape((m + n,)))
    period = ops.update(period, row, start=(0,), step=(1,))
    corner = ops.slice_(column, start=(0,), step=(1,), size=(1,))
    period = ops.update(period, corner, start=(0,), step=(1,))
    if m > 1:
        rest = ops.slice_(column, start=(m - 1,), step=(-1,), size=(m - 1,))
        period = ops.update(period, rest, start=(n + 1,), step=(1,))
    many = reshape(ops.broadcast(period, shape=(m, m + n)), (m * (m + n),))
    cut = ops.slice_(many, start=(0,), step=(1,), size=(m * (m + n - 1),))
    return wrap(block(reshape(cut, (m, m + n - 1)), m, n))
