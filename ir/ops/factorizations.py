"""Cholesky, LU and QR factorizations, and triangular systems.

``where`` is the message of the error where there is no result; empty: nothing is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, general, register
from ..types import I64, ArrayType
from .lapack import (
    gelqf,
    getrf,
    per_matrix,
    potrf,
    swap_reference,
    swap_type,
    unknown,
    unpack,
)
from .logic import where
from .matrices import (
    block,
    check_matrix,
    identity,
    identity_mask,
    lower,
    product,
    reach,
    total,
    triangle,
    turned,
    upper,
)
from .pointwise import cast
from .structure import update, zeros

Tangents = Sequence[Value | None]


# --- triangular systems ---------------------------------------------------------------------


def _triangular_type(
    a: ArrayType, b: ArrayType, lower: bool, trans: bool, unit: bool, where: str
) -> ArrayType:
    check_matrix("triangular_solve", a, square=True)
    check_matrix("triangular_solve", b)
    if a.dtype != b.dtype or a.shape[:-1] != b.shape[:-1]:
        raise IRError(f"triangular_solve: {a} and {b} do not fit")
    return b


def _triangular_reference(a: Any, b: Any, lower: bool, trans: bool, unit: bool, where: str) -> Any:
    from scipy.linalg import blas

    def one(a: Any, b: Any) -> list[Any]:
        if where and not unit and not np.diagonal(a).all():
            raise np.linalg.LinAlgError
        trsm = blas.strsm if a.dtype.itemsize == 4 else blas.dtrsm
        return [trsm(1.0, a, b, lower=int(lower), trans_a=int(trans), diag=int(unit))]

    if not b.size:
        return np.zeros(b.shape, b.dtype)
    return per_matrix(one, [b.shape[-2:]], where, a, b)[0]


def _triangular_vjp(y: Value, g: Value) -> tuple[Value, Value]:
    a, _ = y.args
    attrs = dict(y.attrs)
    trans = attrs["trans"]
    gb = triangular_solve(a, g, **{**attrs, "trans": not trans})
    ga = product(y, gb, turn_z=True) if trans else product(gb, y, turn_z=True)
    return triangle(-ga, attrs["lower"], attrs["unit"]), gb


def _triangular_jvp(y: Value, tangents: Tangents) -> Value | None:
    (a, _), (ta, tb) = y.args, tangents
    attrs = dict(y.attrs)
    if ta is not None:
        moved = triangle(ta, attrs["lower"], attrs["unit"])
        tb = total([tb, -product(moved, y, turn_x=attrs["trans"])])
    return None if tb is None else triangular_solve(a, tb, **attrs)


triangular_solve: Op = general(
    "triangular_solve",
    _triangular_reference,
    _triangular_type,
    _triangular_vjp,
    _triangular_jvp,
    reach,
    doc="X of A X = B, or of the transposed A, whose other triangle is never read; BLAS' trsm.",
)

# --- Cholesky -------------------------------------------------------------------------------


def _cholesky_reference(x: Any, where: str) -> Any:
    def one(a: Any) -> list[Any]:
        return [np.linalg.cholesky(a)]

    return per_matrix(one, [x.shape[-2:]], where, x)[0]


def _halved(x: Value) -> Value:
    """The lower triangle with half of the diagonal."""
    n = x.shape[-1]
    return where(identity_mask(n, n), 0.5 * x, lower(x))


def _cholesky_vjp(y: Value, g: Value) -> tuple[Value]:
    # Iain Murray, "Differentiation of the Cholesky decomposition", 2016.
    attrs = {"lower": True, "trans": True, "unit": False, "where": ""}
    inner = triangular_solve(y, _halved(product(y, g, turn_x=True)), **attrs)
    s = triangular_solve(y, turned(inner), **attrs)
    return (0.5 * (s + turned(s)),)


def _cholesky_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    attrs = {"lower": True, "trans": False, "unit": False, "where": ""}
    half = triangular_solve(y, 0.5 * (t + turned(t)), **attrs)
    return product(y, _halved(triangular_solve(y, turned(half), **attrs)))


cholesky = general(
    "cholesky",
    _cholesky_reference,
    lambda x, where: check_matrix("cholesky", x, square=True),
    _cholesky_vjp,
    _cholesky_jvp,
    reach,
    expand=lambda args, attrs, present: lower(potrf(*args, **attrs)),
    doc="The lower factor, of the lower triangle; its derivative is by the symmetric part.",
)

# --- LU -------------------------------------------------------------------------------------


def _swap_vjp(y: Value, g: Value) -> tuple[Value, None]:
    return swap_rows(g, y.args[1], reverse=not y.attr("reverse")), None


def _swap_jvp(y: Value, tangents: Tangents) -> Value | None:
    t = tangents[0]
    return None if t is None else swap_rows(t, y.args[1], **dict(y.attrs))


swap_rows: Op = general(
    "swap_rows",
    swap_reference,
    swap_type,
    _swap_vjp,
    _swap_jvp,
    reach,
    doc="Exchanges row i with row pivots[i], for each i in turn, or in reverse order.",
)


def _lu_reference(x: Any) -> Any:
    *batch, m, n = x.shape
    packed = getrf.reference(np.swapaxes(x, -1, -2), "")
    return np.swapaxes(packed[..., : n * m].reshape(*batch, n, m), -1, -2)


def _pivots_reference(x: Any) -> Any:
    m, n = x.shape[-2:]
    return getrf.reference(np.swapaxes(x, -1, -2), "")[..., n * m :].astype(np.int64)


def _pivots_type(x: ArrayType) -> ArrayType:
    *batch, m, n = check_matrix("lu_pivots", x).ints
    return ArrayType(I64, (*batch, min(m, n)))


def lu_parts(x: Value, where: str = "") -> tuple[Value, Value]:
    """L and U in one *transposed* matrix, and the pivots, by a call of LAPACK."""
    m, n = x.shape[-2:]
    factors, pivots = unpack(getrf(turned(x), where=where), (n, m), (min(m, n),))
    return factors, cast(pivots, dtype=I64)


def _padded(x: Value, size: int) -> Value:
    """A matrix put into the corner of an identity matrix."""
    *batch, m, n = x.shape
    if (m, n) == (size, size):
        return x
    rank = len(x.shape)
    base = identity(zeros(x.type.with_shape((*batch, size, size))))
    return update(base, x, start=(0,) * rank, step=(1,) * rank)


def _lu_square(y: Value) -> tuple[Value, Value]:
    """L and U, each made square by parts of identity matrices."""
    m, n = y.shape[-2:]
    k = min(m, n)
    left = lower(block(y, m, k), strict=True)
    return _padded(left, m), _padded(upper(block(y, k, n)), n)


_UNIT_LOWER = {"lower": True, "unit": True, "where": ""}
_UPPER = {"lower": False, "unit": False, "where": ""}


def _lu_jvp(y: Value, tangents: Tangents) -> Value | None:
    (x,), (t,) = y.args, tangents
    if t is None:
        return None
    left, right = _lu_square(y)
    t = swap_rows(t, lu_pivots(x), reverse=False)
    t = triangular_solve(left, t, trans=False, **_UNIT_LOWER)
    middle = turned(triangular_solve(right, turned(t), trans=True, **_UPPER))
    unit = where(identity_mask(*left.shape[-2:]), 1.0, left)
    return product(unit, lower(middle, strict=True)) + product(upper(middle), right)


def _lu_vjp(y: Value, g: Value) -> tuple[Value]:
    (x,) = y.args
    left, right = _lu_square(y)
    unit = where(identity_mask(*left.shape[-2:]), 1.0, left)
    middle = lower(product(unit, lower(g, strict=True), turn_x=True), strict=True)
    middle = middle + upper(product(upper(g), right, turn_z=True))
    half = triangular_solve(left, middle, trans=True, **_UNIT_LOWER)
    gx = turned(triangular_solve(right, turned(half), trans=False, **_UPPER))
    return (swap_rows(gx, lu_pivots(x), reverse=True),)


lu = general(
    "lu",
    _lu_reference,
    lambda x: check_matrix("lu", x),
    _lu_vjp,
    _lu_jvp,
    reach,
    expand=lambda args, attrs, present: turned(lu_parts(*args)[0]),
    doc="L without its unit diagonal and U, of the matrix with exchanged rows, in one matrix.",
)
lu_pivots = register(
    Op(
        "lu_pivots",
        "leaf",
        _pivots_type,
        _pivots_reference,
        expand=lambda args, attrs, present: lu_parts(*args)[1],
        doc="With which row each row was exchanged in turn.",
    )
)

# --- QR -------------------------------------------------------------------------------------


def _qr_reference(part: int) -> Any:
    def reference(x: Any) -> Any:
        return np.linalg.qr(x)[part]

    return reference


def _qr_type(name: str) -> Any:
    def infer(x: ArrayType) -> ArrayType:
        *batch, m, n = check_matrix(name, x).ints
        if m < n:
            raise IRError(f"{name} takes matrices with no more columns than rows, not {x}")
        return x if name == "qr_q" else x.with_shape((*batch, n, n))

    return infer


def _qr_parts(x: Value) -> list[Value]:
    m, n = x.shape[-2:]
    q, r = unpack(gelqf(x, complete=False), (m, n), (n, n))
    return [q, upper(r)]


def _divided(x: Value, r: Value, trans: bool) -> Value:
    """``x`` times the inverse of ``r``, or the transposed inverse."""
    return turned(triangular_solve(r, turned(x), trans=not trans, **_UPPER))


def _skew(c: Value) -> Value:
    """What turns Q: the strictly lower triangle, less its transpose."""
    strict = lower(c, strict=True)
    return strict - turned(strict)


def _q_jvp(y: Value, tangents: Tangents) -> Value | None:
    (x,), (t,) = y.args, tangents
    if t is None:
        return None
    d = _divided(t, qr_r(x), False)
    c = product(y, d, turn_x=True)
    return d - product(y, c - _skew(c))


def _r_jvp(y: Value, tangents: Tangents) -> Value | None:
    (x,), (t,) = y.args, tangents
    if t is None:
        return None
    c = product(qr_q(x), _divided(t, y, False), turn_x=True)
    return upper(product(c - _skew(c), y))


def _unskewed(w: Value) -> Value:
    """The cotangent of C where that of C less its skew part is ``w``."""
    return w - lower(w - turned(w), strict=True)


def _q_vjp(y: Value, g: Value) -> tuple[Value]:
    (x,) = y.args
    gc = _unskewed(-product(y, g, turn_x=True))
    return (_divided(g + product(y, gc), qr_r(x), True),)


def _r_vjp(y: Value, g: Value) -> tuple[Value]:
    (x,) = y.args
    gc = _unskewed(product(upper(g), y, turn_z=True))
    return (_divided(product(qr_q(x), gc), y, True),)


qr_q = general(
    "qr_q",
    _qr_reference(0),
    _qr_type("qr_q"),
    _q_vjp,
    _q_jvp,
    reach,
    expand=lambda args, attrs, present: _qr_parts(*args)[0],
    doc="The orthogonal factor, with as many columns as the matrix, which has no more than rows.",
)
qr_r = general(
    "qr_r",
    _qr_reference(1),
    _qr_type("qr_r"),
    _r_vjp,
    _r_jvp,
    reach,
    expand=lambda args, attrs, present: _qr_parts(*args)[1],
    doc="The upper triangular factor.",
)


def _complete_reference(x: Any) -> Any:
    return np.linalg.qr(x, mode="complete")[0]


def _complete_type(x: ArrayType) -> ArrayType:
    *batch, m, n = check_matrix("qr_complete", x).ints
    if m < n:
        raise IRError(f"qr_complete takes matrices with no more columns than rows, not {x}")
    return x.with_shape((*batch, m, m))


def _complete_part(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    m, n = args[0].shape[-2:]
    return unpack(gelqf(*args, complete=True), (m, m), (n, n))[0]


qr_complete = unknown(
    "qr_complete",
    _complete_reference,
    _complete_type,
    "the derivative of a complete Q, whose last columns are not unique,",
    expand=_complete_part,
)
