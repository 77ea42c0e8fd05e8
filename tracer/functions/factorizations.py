"""``np.linalg``: Cholesky, QR and singular value decompositions; symmetric eigenvalues.

A derivative by a Cholesky argument is that by its symmetric part; `eigh` and `eigvalsh` have the
derivative of what they compute, by the triangle that they read. Vectors that are not unique have
no derivative: it is infinite or NaN where eigenvalues or singular values coincide, and an error
for vectors beyond the thin decomposition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg._linalg import EighResult, QRResult, SVDResult

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.complex_matrices import parts as unembedded
from ...ir.ops.hermitian import completed
from ...ir.ops.matrices import block, identity, product, symmetric
from ...ir.types import F64
from ..array import Array, wrap
from ..errors import error, unsupported
from ..table import implements
from .complex_matrices import (
    for_cholesky,
    hermitian_singular_values,
    is_complex,
    joined,
    of_cholesky,
    parts,
    repeated_singular_values,
    singular_values_of,
)
from .matrices import (
    ANY,
    NOT_CONVERGED,
    SVD_FAILED,
    common_dtype,
    located,
    result,
    stacked,
    turned,
    wide,
    without_failure,
)


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: Any = False) -> Array:
    x = stacked(a, square=True, kinds=ANY)
    message = "Matrix is not positive definite"
    if is_complex(x):
        y = without_failure(ops.cholesky, for_cholesky(x, bool(upper)), message=message)
        return joined(of_cholesky(y, bool(upper)), x)
    value = turned(wide(x)) if upper else wide(x)
    y = without_failure(ops.cholesky, value, message=message)
    return result(turned(y) if upper else y, common_dtype(x))


# --- QR -------------------------------------------------------------------------------------


def qr_values(x: Value, complete: bool) -> tuple[Value, Value]:
    """Q and R; the columns beyond as many as there are rows are no part of the factorization."""
    *batch, m, n = x.shape
    if m < n:
        left = block(x, m, m)
        q = ops.qr_q(left)
        rest = ops.slice_(
            x,
            start=(0,) * (len(x.shape) - 1) + (m,),
            step=(1,) * len(x.shape),
            size=(*batch, m, n - m),
        )
        r = ops.zeros(x.type)
        start, step = (0,) * len(x.shape), (1,) * len(x.shape)
        r = ops.update(r, ops.qr_r(left), start=start, step=step)
        start = (*start[:-1], m)
        return q, ops.update(r, product(q, rest, turn_x=True), start=start, step=step)
    if not complete or m == n:
        return ops.qr_q(x), ops.qr_r(x)
    square = ops.zeros(x.type.with_shape((*batch, m, m)))
    q = ops.qr_complete(x) if n else identity(square)
    r = ops.update(
        ops.zeros(x.type), ops.qr_r(x), start=(0,) * len(x.shape), step=(1,) * len(x.shape)
    )
    return q, r


@implements(np.linalg.qr)
def qr(a: Any, mode: Any = "reduced") -> Any:
    if mode in ("raw", "f", "full", "e", "economic"):
        raise unsupported(f"np.linalg.qr(mode={mode!r})")
    if mode not in ("reduced", "complete", "r"):
        raise error("value", text=f"Unrecognized mode '{mode}'")
    x = stacked(a)
    q, r = qr_values(wide(x), mode == "complete")
    dtype = common_dtype(x)
    if mode == "r":
        return result(r, dtype)
    found: list[Any] = [result(part, dtype) for part in (q, r)]
    return QRResult(*found)


# --- symmetric eigenvalues ------------------------------------------------------------------


def _lower(UPLO: Any) -> bool:
    which = UPLO.upper()
    if which not in ("L", "U"):
        raise error("value", text="UPLO argument must be 'L' or 'U'")
    return bool(which == "L")


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: Any = "L") -> Any:
    attrs = {"lower": _lower(UPLO), "where": located(NOT_CONVERGED)}
    x = stacked(a, square=True, kinds=ANY)
    if is_complex(x):
        w, v = (op(*parts(x), **attrs) for op in (ops.hermitian_values, ops.hermitian_vectors))
        results: list[Any] = [result(w, common_dtype(x)), joined(unembedded(v), x)]
        return EighResult(*results)
    value, dtype = wide(x), common_dtype(x)
    w, v = (op(value, **attrs) for op in (ops.eigenvalues, ops.eigenvectors))
    found: list[Any] = [result(part, dtype) for part in (w, v)]
    return EighResult(*found)


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: Any = "L") -> Array:
    lower = _lower(UPLO)
    x = stacked(a, square=True, kinds=ANY)
    attrs = {"lower": lower, "where": located(NOT_CONVERGED)}
    if is_complex(x):
        y = ops.hermitian_values(*parts(x), **attrs)
    else:
        y = ops.eigenvalues(wide(x), **attrs)
    return result(y, common_dtype(x))


# --- singular values ------------------------------------------------------------------------


def svd_values(x: Value, full: bool) -> tuple[Value, Value, Value]:
    """U, the singular values, and the transposed V."""
    where = located(SVD_FAILED)
    *batch, m, n = x.shape
    u, s, vh = (op(x, where=where) for op in (ops.svd_left, ops.singular_values, ops.svd_right))
    if full and m != n:
        size, left = max(m, n), m > n
        if min(m, n):
            square = ops.svd_square(x, left=left, where=where)
        else:
            square = identity(ops.zeros(x.type.with_shape((*batch, size, size))))
        u, vh = (square, vh) if left else (u, square)
    return u, s, vh


def singular_values(x: Array, hermitian: bool) -> Value:
    if is_complex(x):
        return hermitian_singular_values(x) if hermitian else singular_values_of(x)
    value = symmetric(wide(x), True) if hermitian else wide(x)
    return ops.singular_values(value, where=located(SVD_FAILED))


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False) -> Any:
    x = stacked(a, square=bool(hermitian), kinds=ANY)
    dtype = common_dtype(x)
    if not compute_uv:
        return result(singular_values(x, hermitian), dtype)
    if is_complex(x):
        raise unsupported("the singular vectors of complex matrices")
    value = symmetric(wide(x), True) if hermitian else wide(x)
    found: list[Any] = [result(part, dtype) for part in svd_values(value, full_matrices)]
    return SVDResult(*found)


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Array:
    array = stacked(x, kinds=ANY)
    return result(singular_values(array, False), common_dtype(array))


@implements(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Array:
    from .common import as_array, as_value, spread

    if rtol is not None and tol is not None:
        raise error("value", text="`tol` and `rtol` can't be both set.")
    x = as_array(A)
    if x.ndim < 2:
        axes = tuple(range(x.ndim))
        nonzero = ops.ne(x.value, 0)
        found = ops.any_(nonzero, axes=axes) if axes else nonzero
        return wrap(ops.cast(found, dtype=np.dtype(np.int64)), weak=int)
    x = stacked(A, square=bool(hermitian), kinds=ANY)
    if is_complex(x):
        given = completed(*parts(x), True) if hermitian else parts(x)
        s = repeated_singular_values(joined(given, x))
    else:
        s = singular_values(x, hermitian)
    batch, last = s.shape[:-1], len(s.shape) - 1
    limit = as_value(rtol if tol is None else tol, F64) if tol is not rtol else None
    if tol is None:
        if limit is None:
            dtype = common_dtype(x)
            limit = as_value(max(x.shape[-2:]) * float(np.finfo(dtype).eps), F64)
        most = ops.max_(s, axes=(last,)) if s.shape[-1] else ops.zeros(s.type.with_shape(batch))
        limit = most * limit
    assert limit is not None
    kept = ops.gt(s, ops.reshape(spread(limit, batch), shape=(*batch, 1)))
    return wrap(ops.sum_(ops.cast(kept, dtype=np.dtype(np.int64)), axes=(last,)))
