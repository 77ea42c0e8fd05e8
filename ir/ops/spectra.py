"""Eigenvalues of symmetric matrices, and singular values, with their vectors.

Each part of a decomposition is an op of its own, so that what is not used costs nothing, and
values have derivatives where vectors have none: where values coincide, vectors are not unique,
and what is computed from them has an infinite derivative or NaN. Code generation puts the parts
together again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Value
from ..op import Op, general
from ..types import ArrayType
from .lapack import Ints, gesdd, per_matrix, svd_sizes, syevd, unknown, unpack
from .logic import where
from .matrices import (
    check_matrix,
    columns,
    diagonal,
    fold,
    identity_mask,
    product,
    reach,
    rows,
    symmetric,
    turned,
)

Tangents = Sequence[Value | None]
Present = Callable[[str], bool]

# --- eigenvalues ----------------------------------------------------------------------------


def _eigen_reference(part: int) -> Any:
    def reference(x: Any, lower: bool, where: str) -> Any:
        n = x.shape[-1]

        def one(a: Any) -> list[Any]:
            return [np.linalg.eigh(a, "L" if lower else "U")[part]]

        return per_matrix(one, [(n, n) if part else (n,)], where, x)[0]

    return reference


def _values_type(x: ArrayType, lower: bool, where: str) -> ArrayType:
    return x.with_shape(check_matrix("eigenvalues", x, square=True).shape[:-1])


def _vectors_type(x: ArrayType, lower: bool, where: str) -> ArrayType:
    return check_matrix("eigenvectors", x, square=True)


def _inverse_gaps(w: Value) -> Value:
    """1 / (w[j] - w[i]), and 0 on the diagonal."""
    mask = identity_mask(w.shape[-1], w.shape[-1])
    return where(mask, 0.0, 1.0 / where(mask, 1.0, columns(w) - rows(w)))


def _values_vjp(y: Value, g: Value) -> tuple[Value]:
    v = eigenvectors(*y.args, **dict(y.attrs))
    return (fold(product(v * columns(g), v, turn_z=True), y.attr("lower")),)


def _values_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    v = eigenvectors(*y.args, **dict(y.attrs))
    moved = product(v, product(symmetric(t, y.attr("lower")), v), turn_x=True)
    return diagonal(moved)


def _vectors_vjp(y: Value, g: Value) -> tuple[Value]:
    w = eigenvalues(*y.args, **dict(y.attrs))
    inner = _inverse_gaps(w) * product(y, g, turn_x=True)
    return (fold(product(product(y, inner), y, turn_z=True), y.attr("lower")),)


def _vectors_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    w = eigenvalues(*y.args, **dict(y.attrs))
    moved = product(y, product(symmetric(t, y.attr("lower")), y), turn_x=True)
    return product(y, _inverse_gaps(w) * moved)


def _expand_values(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].shape[-1]
    x = turned(*args)
    if not present("eigenvectors"):
        return syevd(x, vectors=False, **attrs)
    return unpack(syevd(x, vectors=True, **attrs), (n,), (n, n))[0]


def _expand_vectors(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].shape[-1]
    return turned(unpack(syevd(turned(*args), vectors=True, **attrs), (n,), (n, n))[1])


eigenvalues: Op = general(
    "eigenvalues",
    _eigen_reference(0),
    _values_type,
    _values_vjp,
    _values_jvp,
    reach,
    expand=_expand_values,
    doc="Of the symmetric matrix with the given triangle, ascending. The derivative is by it, too.",
)
eigenvectors: Op = general(
    "eigenvectors",
    _eigen_reference(1),
    _vectors_type,
    _vectors_vjp,
    _vectors_jvp,
    reach,
    expand=_expand_vectors,
    doc="The columns are the vectors.",
)

# --- singular values ------------------------------------------------------------------------

_PARTS = ("svd_left", "singular_values", "svd_right")


def _part_sizes(m: int, n: int) -> list[Ints]:
    k = min(m, n)
    return [(m, k), (k,), (k, n)]


def _svd_reference(part: int) -> Any:
    def reference(x: Any, where: str) -> Any:
        m, n = x.shape[-2:]

        def one(a: Any) -> list[Any]:
            return [np.linalg.svd(a, full_matrices=False)[part]]

        return per_matrix(one, [_part_sizes(m, n)[part]], where, x)[0]

    return reference


def _svd_type(part: int) -> Any:
    def infer(x: ArrayType, where: str) -> ArrayType:
        *batch, m, n = check_matrix(_PARTS[part], x).ints
        return x.with_shape((*batch, *_part_sizes(m, n)[part]))

    return infer


def _expand_part(part: int) -> Any:
    def build(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
        m, n = args[0].shape[-2:]
        if part == 1 and not (present("svd_left") or present("svd_right")):
            return gesdd(turned(*args), job="N", **attrs)
        packed = gesdd(turned(*args), job="S", **attrs)
        found = unpack(packed, *svd_sizes(m, n, "S"))[part]
        return found if part == 1 else turned(found)

    return build


def _factors(y: Value) -> tuple[Value, Value, Value]:
    """U, the singular values, and V, whose rows y.args[0] has columns for."""
    attrs = dict(y.attrs)
    u, s, vh = (op(*y.args, **attrs) for op in (svd_left, singular_values, svd_right))
    return u, s, turned(vh)


def _square_gaps(s: Value) -> Value:
    """1 / (s[j]**2 - s[i]**2), and 0 on the diagonal."""
    mask = identity_mask(s.shape[-1], s.shape[-1])
    gaps = (columns(s) - rows(s)) * (columns(s) + rows(s))
    return where(mask, 0.0, 1.0 / where(mask, 1.0, gaps))


def _outside(u: Value, x: Value) -> Value:
    """``x`` less its projection on the columns of ``u``."""
    return x - product(u, product(u, x, turn_x=True))


def _singular_vjp(y: Value, g: Value) -> tuple[Value]:
    u, _, v = _factors(y)
    return (product(u * columns(g), v, turn_z=True),)


def _singular_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    u, _, v = _factors(y)
    return diagonal(product(u, product(t, v), turn_x=True))


def _side_vjp(u: Value, s: Value, v: Value, g: Value) -> Value:
    """The cotangent of U S V^T for that of U; James Townsend, "Differentiating the SVD", 2016."""
    inner = _square_gaps(s) * product(u, g, turn_x=True)
    gx = product(u, (inner + turned(inner)) * columns(s))
    if u.shape[-2] != u.shape[-1]:
        gx = gx + _outside(u, g / columns(s))
    return product(gx, v, turn_z=True)


def _side_jvp(u: Value, s: Value, v: Value, t: Value) -> Value:
    tv = product(t, v)
    inner = product(u, tv, turn_x=True) * columns(s)
    y = product(u, _square_gaps(s) * (inner + turned(inner)))
    return y if u.shape[-2] == u.shape[-1] else y + _outside(u, tv / columns(s))


def _left_vjp(y: Value, g: Value) -> tuple[Value]:
    u, s, v = _factors(y)
    return (_side_vjp(u, s, v, g),)


def _left_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    u, s, v = _factors(y)
    return _side_jvp(u, s, v, t)


def _right_vjp(y: Value, g: Value) -> tuple[Value]:
    u, s, v = _factors(y)
    return (turned(_side_vjp(v, s, u, turned(g))),)


def _right_jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    u, s, v = _factors(y)
    return turned(_side_jvp(v, s, u, turned(t)))


def _part(part: int, vjp: Any, jvp: Any, doc: str) -> Op:
    type_rule, expand = _svd_type(part), _expand_part(part)
    name, reference = _PARTS[part], _svd_reference(part)
    return general(name, reference, type_rule, vjp, jvp, reach, expand=expand, doc=doc)


svd_left = _part(0, _left_vjp, _left_jvp, "U of the thin decomposition; columns are the vectors.")
singular_values = _part(1, _singular_vjp, _singular_jvp, "The singular values, descending.")
svd_right = _part(2, _right_vjp, _right_jvp, "The transposed V; rows are the vectors.")

# --- square factors -------------------------------------------------------------------------


def _square_reference(x: Any, left: bool, where: str) -> Any:
    size = x.shape[-2] if left else x.shape[-1]

    def one(a: Any) -> list[Any]:
        return [np.linalg.svd(a)[0 if left else 2]]

    return per_matrix(one, [(size, size)], where, x)[0]


def _square_type(x: ArrayType, left: bool, where: str) -> ArrayType:
    *batch, m, n = check_matrix("svd_square", x).ints
    return x.with_shape((*batch, *((m, m) if left else (n, n))))


def _expand_square(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    m, n = args[0].shape[-2:]
    packed = gesdd(turned(*args), job="A", where=attrs["where"])
    return turned(unpack(packed, *svd_sizes(m, n, "A"))[0 if attrs["left"] else 2])


svd_square = unknown(
    "svd_square",
    _square_reference,
    _square_type,
    "the derivative of a square factor of the singular value decomposition of a matrix that is"
    " not square (full_matrices=False has one)",
    expand=_expand_square,
)
"""U or the transposed V with as many vectors as rows; those beyond the thin ones are not unique."""
