"""Linear systems, determinants, and the pseudoinverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, const, general, register
from ..types import I64, ArrayType
from .factorizations import lu_parts, swap_rows, triangular_solve
from .lapack import per_matrix
from .logic import eq, gt, logical_or, lt, maximum, minimum, ne, where
from .matrices import (
    check_matrix,
    columns,
    diagonal,
    diagonal_matrix,
    identity,
    identity_mask,
    product,
    reach,
    rows,
    total,
    turned,
)
from .pointwise import abs_, cast, exp, log
from .reduce import max_, prod, products_of_others, sum_
from .spectra import singular_values, svd_left, svd_right
from .structure import broadcast, iota, reshape, zeros

Tangents = Sequence[Value | None]

# --- systems --------------------------------------------------------------------------------


def _solve_type(a: ArrayType, b: ArrayType, trans: bool, where: str) -> ArrayType:
    check_matrix("solve", a, square=True)
    check_matrix("solve", b)
    if a.dtype != b.dtype or a.shape[:-1] != b.shape[:-1]:
        raise IRError(f"solve: {a} and {b} do not fit")
    return b


def _solve_reference(a: Any, b: Any, trans: bool, where: str) -> Any:
    def one(a: Any, b: Any) -> list[Any]:
        return [np.linalg.solve(a.T if trans else a, b)]

    return per_matrix(one, [b.shape[-2:]], where, a, b)[0]


def _solve_vjp(y: Value, g: Value) -> tuple[Value, Value]:
    a, _ = y.args
    trans, where = y.attr("trans"), y.attr("where")
    gb = solve(a, g, trans=not trans, where=where)
    return -(product(y, gb, turn_z=True) if trans else product(gb, y, turn_z=True)), gb


def _solve_jvp(y: Value, tangents: Tangents) -> Value | None:
    (a, _), (ta, tb) = y.args, tangents
    if ta is not None:
        tb = total([tb, -product(ta, y, turn_x=y.attr("trans"))])
    return None if tb is None else solve(a, tb, **dict(y.attrs))


def _expand_solve(args: Sequence[Value], attrs: dict[str, Any], present: Any) -> Value:
    a, b = args
    factors, pivots = lu_parts(a, attrs["where"])
    lower = {"lower": False, "unit": True, "where": ""}  # the factors are transposed
    upper = {"lower": True, "unit": False, "where": ""}
    if attrs["trans"]:
        y = triangular_solve(factors, b, trans=False, **upper)
        y = triangular_solve(factors, y, trans=False, **lower)
        return swap_rows(y, pivots, reverse=True)
    y = swap_rows(b, pivots, reverse=False)
    y = triangular_solve(factors, y, trans=True, **lower)
    return triangular_solve(factors, y, trans=True, **upper)


solve: Op = general(
    "solve",
    _solve_reference,
    _solve_type,
    _solve_vjp,
    _solve_jvp,
    reach,
    expand=_expand_solve,
    doc="X of A X = B, or of the transposed A, by LU with exchanges of rows.",
)


def inverse(a: Value, trans: bool = False, where: str = "") -> Value:
    return solve(a, identity(a), trans=trans, where=where)


# --- determinants ---------------------------------------------------------------------------


def _number_type(name: str) -> Any:
    return lambda x: x.with_shape(check_matrix(name, x, square=True).shape[:-2])


def _number_reach(y: Value, mask: Value) -> tuple[Value]:
    (x,) = y.args
    return (broadcast(reshape(mask, shape=(*mask.shape, 1, 1)), shape=x.shape),)


def as_factor(g: Value) -> Value:
    """Numbers as matrices of one element."""
    return reshape(g, shape=(*g.shape, 1, 1))


def _total_of(x: Value) -> Value:
    rank = len(x.shape)
    return sum_(x, axes=(rank - 2, rank - 1))


def _logdet_vjp(y: Value, g: Value) -> tuple[Value]:
    return (as_factor(g) * inverse(y.args[0], trans=True),)


def _logdet_jvp(y: Value, tangents: Tangents) -> Value | None:
    (x,), (t,) = y.args, tangents
    return None if t is None else _total_of(t * inverse(x, trans=True))


def _expand_logdet(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    pivots = diagonal(lu_parts(args[0], "")[0])
    return sum_(log(abs_(pivots)), axes=(len(pivots.shape) - 1,))


def _expand_sign(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    (x,) = args
    factors, swaps = lu_parts(x, "")
    pivots = diagonal(factors)
    one = const(1.0, x.dtype)
    signs = where(lt(pivots, 0.0), -1.0, where(eq(pivots, 0.0), 0.0, one))
    # A NaN stays one.
    signs = where(ne(pivots, pivots), pivots, signs)
    order = iota(size=pivots.shape[-1], dtype=I64)
    exchanged = where(ne(swaps, order), -1.0, one)
    return prod(signs * exchanged, axes=(len(pivots.shape) - 1,))


logdet = general(
    "logdet",
    lambda x: np.linalg.slogdet(x)[1],
    _number_type("logdet"),
    _logdet_vjp,
    _logdet_jvp,
    _number_reach,
    expand=_expand_logdet,
    doc="The logarithm of the absolute determinant.",
)
det_sign = register(
    Op(
        "det_sign",
        "leaf",
        _number_type("det_sign"),
        lambda x: np.linalg.slogdet(x)[0],
        expand=_expand_sign,
        doc="The sign of the determinant.",
    )
)


def _det_vjp(y: Value, g: Value) -> tuple[Value]:
    return (as_factor(g) * cofactors(*y.args),)


def _det_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    return None if t is None else _total_of(t * cofactors(*y.args))


det = general(
    "det",
    np.linalg.det,
    _number_type("det"),
    _det_vjp,
    _det_jvp,
    _number_reach,
    expand=lambda args, attrs, present: det_sign(*args) * exp(logdet(*args)),
    doc="The determinant. Its derivative, the cofactors, is finite for singular matrices, too.",
)


def _factors(x: Value) -> tuple[Value, Value, Value, Value]:
    """U, singular values, the transposed V, and the determinant of U V."""
    u, s, vh = (op(x, where="") for op in (svd_left, singular_values, svd_right))
    return u, s, vh, as_factor(det_sign(u) * det_sign(vh))


def _expand_cofactors(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    (x,) = args
    if 0 in x.shape:
        return zeros(x.type)
    u, s, vh, sign = _factors(x)
    others = products_of_others(s, (len(s.shape) - 1,))
    return sign * product(u * columns(others), vh)


def _cofactors_reference(x: Any) -> Any:
    n = x.shape[-1]
    if not n:
        return np.zeros(x.shape, x.dtype)
    u, s, vh = np.linalg.svd(x)
    others = np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :]).prod(axis=-1).astype(x.dtype)
    sign = np.rint(np.linalg.det(u) * np.linalg.det(vh)).astype(x.dtype)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def _cofactors_moved(x: Value, t: Value) -> Value:
    """The second derivative of the determinant along ``t``; it is symmetric.

    In the bases of the singular value decomposition, where the matrix is diagonal, the
    determinant is to second order a sum over pairs i, j of the product of all other singular
    values with t[i, i] t[j, j] - t[i, j] t[j, i].
    """
    if 0 in x.shape:
        return zeros(x.type)
    u, s, vh, sign = _factors(x)
    n = s.shape[-1]
    inner = product(product(u, t, turn_x=True), vh, turn_z=True)
    others = broadcast(reshape(s, shape=(*s.shape[:-1], 1, 1, n)), shape=(*s.shape[:-1], n, n, n))
    pair = iota(size=n, dtype=I64)
    left = eq(reshape(pair, shape=(n, 1, 1)), pair)
    right = eq(reshape(pair, shape=(1, n, 1)), pair)
    others = prod(where(logical_or(left, right), 1.0, others), axes=(len(others.shape) - 1,))
    others = where(identity_mask(n, n), 0.0, others)
    on = product(others, rows(diagonal(inner)))
    on = diagonal_matrix(reshape(on, shape=on.shape[:-1]))
    return sign * product(product(u, on - others * turned(inner)), vh)


def _cofactors_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    return None if t is None else _cofactors_moved(y.args[0], t)


cofactors = general(
    "cofactors",
    _cofactors_reference,
    lambda x: check_matrix("cofactors", x, square=True),
    lambda y, g: (_cofactors_moved(y.args[0], g),),
    _cofactors_jvp,
    reach,
    expand=_expand_cofactors,
    doc="The derivative of the determinant: the adjugate, transposed.",
)

# --- the pseudoinverse ----------------------------------------------------------------------


def _pinv_type(x: ArrayType, rcond: ArrayType, cut: bool, where: str) -> ArrayType:
    *batch, m, n = check_matrix("pinv", x).shape
    if rcond != x.with_shape(tuple(batch)):
        raise IRError(f"pinv: a tolerance of {rcond} for {x}")
    return x.with_shape((*batch, n, m))


def _pinv_reference(x: Any, rcond: Any, cut: bool, where: str) -> Any:
    m, n = x.shape[-2:]

    def one(a: Any, limit: Any) -> list[Any]:
        return [np.linalg.pinv(a, limit[0, 0])]

    return per_matrix(one, [(n, m)], where, x, np.asarray(rcond)[..., None, None])[0]


def _pinv_moved(y: Value, t: Value) -> Value:
    """The derivative along ``t``, transposed: a symmetric map, so the adjoint, too.

    G. H. Golub and V. Pereyra, 1973, (4.12): right where the singular values that count as zero
    are. Others need a second term, in the bases of the singular value decomposition, for each
    pair of one that is kept (s) and one that is cut (z): it turns what stands for z = 0, t / s**2,
    into (s t + z t^T) / (s (s**2 - z**2)).
    """
    x = y.args[0]
    tt = turned(t)
    left = product(product(y, y, turn_z=True), tt)
    left = left - product(product(left, x), y)
    right = product(tt, product(y, y, turn_x=True))
    right = right - product(y, product(x, right))
    found = turned(left + right - product(product(y, t), y))
    return found + _cut_term(y, t) if y.attr("cut") else found


def _cut_term(y: Value, t: Value) -> Value:
    x, rcond = y.args
    u, s, vh = (op(x, where=y.attr("where")) for op in (svd_left, singular_values, svd_right))
    kept = _kept(s, rcond)
    apart = ne(rows(cast(kept, dtype=s.dtype)), columns(cast(kept, dtype=s.dtype)))
    large, small = maximum(rows(s), columns(s)), minimum(rows(s), columns(s))
    large = where(apart, large, 1.0)
    small = where(apart, small, 0.0)
    gap = (large - small) * (large + small)
    inner = product(product(u, t, turn_x=True), vh, turn_z=True)
    first = 1.0 / gap - 1.0 / (large * large)
    second = small / (large * gap)
    return product(product(u, first * inner + second * turned(inner)), vh)


def _kept(s: Value, rcond: Value) -> Value:
    """Which singular values do not count as zero."""
    largest = max_(s, axes=(len(s.shape) - 1,))
    return gt(s, reshape(rcond * largest, shape=(*largest.shape, 1)))


def _pinv_vjp(y: Value, g: Value) -> tuple[Value, None]:
    return _pinv_moved(y, turned(g)), None


def _pinv_jvp(y: Value, tangents: Tangents) -> Value | None:
    t = tangents[0]
    return None if t is None else turned(_pinv_moved(y, t))


def _expand_pinv(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    x, rcond = args
    message = attrs["where"]
    u, s, vh = (op(x, where=message) for op in (svd_left, singular_values, svd_right))
    if not s.shape[-1]:
        return zeros(x.type.with_shape((*x.shape[:-2], x.shape[-1], x.shape[-2])))
    kept = _kept(s, rcond)
    inverted = where(kept, 1.0 / where(kept, s, 1.0), 0.0)
    return product(vh * rows(inverted), u, turn_x=True, turn_z=True)


pinv = general(
    "pinv",
    _pinv_reference,
    _pinv_type,
    _pinv_vjp,
    _pinv_jvp,
    reach,
    expand=_expand_pinv,
    doc="The pseudoinverse; singular values up to ``rcond`` times the largest count as zero.",
)
