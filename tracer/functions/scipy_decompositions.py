"""Functions of `scipy.linalg`: decompositions, functions of matrices, special matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.ops.matrices import block, identity
from ...ir.types import F64
from ..array import Array, wrap
from ..errors import error, unsupported
from ..layout import Ints
from ..promote import promote
from . import norms
from .common import as_array, as_value, broadcast_shapes, cast, reshape
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
from .scipy_linalg import SINGULAR, matrix, operands, records, wrap_any
from .systems import pseudoinverse, solved

# --- decompositions -------------------------------------------------------------------------


@records
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
    (x,) = operands(a)
    q, r = qr_values(matrix(x, square=False), mode != "economic")
    return (wrap_any(r),) if mode == "r" else (wrap_any(q), wrap_any(r))


@records
def svd(
    a: Any,
    full_matrices: Any = True,
    compute_uv: Any = True,
    overwrite_a: Any = False,
    check_finite: Any = True,
    lapack_driver: Any = "gesdd",
) -> Any:
    (x,) = operands(a)
    matrix(x, square=False)
    if not compute_uv:
        return wrap(ops.singular_values(x, where=located(SVD_FAILED)))
    return tuple(wrap_any(part) for part in svd_values(x, bool(full_matrices)))


@records
def svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Array:
    found: Array = svd(a, compute_uv=False)
    return found


@records
def eigh(
    a: Any, b: Any = None, *, lower: Any = True, eigvals_only: Any = False, **more: Any
) -> Any:
    ignored = {"overwrite_a", "overwrite_b", "check_finite", "driver", "type"}
    given = sorted(name for name in more if name not in ignored and more[name] is not None)
    if b is not None or given:
        raise unsupported(f"scipy.linalg.eigh({', '.join(['b'] * (b is not None) + given)}=)")
    (x,) = operands(a)
    attrs = {"lower": bool(lower), "where": located(NOT_CONVERGED)}
    w = wrap(ops.eigenvalues(matrix(x), **attrs))
    return w if eigvals_only else (w, wrap_any(ops.eigenvectors(x, **attrs)))


@records
def eigvalsh(a: Any, b: Any = None, *, lower: Any = True, **more: Any) -> Array:
    found: Array = eigh(a, b, lower=lower, eigvals_only=True, **more)
    return found


@records
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
    (x,) = operands(a)
    matrix(x, square=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    return wrap_any(pseudoinverse(x, as_value(rtol, x.dtype)))


@records
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, check_finite: Any = True
) -> Array:
    found: Array = norms.norm(a, ord, axis, keepdims)
    return found


@records
def expm(A: Any) -> Array:
    (x,) = operands(A)
    if not x.shape or x.shape == (1,):
        return wrap(reshape(ops.exp(x), (1, 1)))
    if len(x.shape) < 2:
        raise lin_alg_error("The input array must be at least two-dimensional")
    if x.shape[-1] != x.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    return wrap_any(ops.expm(x))


@records
def sqrtm(A: Any, **keywords: Any) -> Array:
    """The principal square root; SciPy's result is complex where it is not real."""
    if any(keywords.values()):
        raise unsupported(f"scipy.linalg.sqrtm({', '.join(keywords)}=)")
    (x,) = operands(A)
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    message = "the matrix is singular, or has no real square root"
    return wrap_any(cast(without_failure(ops.sqrtm, cast(x, F64), message=message), x.dtype))


@records
def solve_sylvester(a: Any, b: Any, q: Any) -> Array:
    """As one system for all elements of the result: for small matrices."""
    x, z, right = operands(a, b, q)
    (m, n), both = right.shape, (x, z)
    if any(len(part.shape) != 2 for part in both) or (x.shape, z.shape) != ((m, m), (n, n)):
        raise error("value", text="Matrices a, b and q do not fit")
    left = reshape(x, (m, 1, m, 1)) * reshape(identity(z), (1, n, 1, n))
    left = left + reshape(identity(x), (m, 1, m, 1)) * reshape(turned(z), (1, n, 1, n))
    left = reshape(left, (m * n, m * n))
    y = solved(left, reshape(right, (m * n,)), SINGULAR)
    return wrap_any(reshape(y, (m, n)))


# --- special matrices -----------------------------------------------------------------------


@records
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


@records
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
