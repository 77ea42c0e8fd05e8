"""Eigenvalues and eigenvectors of matrices without symmetry, real, or given by two parts.

Derivatives in complex numbers, embedded: M. B. Giles, "An extended collection of matrix derivative
results for forward and reverse mode algorithmic differentiation", 2008, 3.1. Vectors are those of
LAPACK, of norm 1, with a component of the largest absolute value that is real, and derivatives are
those of these vectors. Where eigenvalues coincide, vectors have none, and the values only where
the matrix has a basis of eigenvectors; else they are infinite or NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Value
from ..op import Op, general
from ..types import ArrayType
from .complex_matrices import (
    Pair,
    Tangents,
    check_parts,
    embedded,
    embedded_adjoint,
    embedded_array,
    for_lapack,
    from_lapack,
    parts,
    tangent_of,
    times,
)
from .factorizations import lu
from .lapack import complex_geev, geev, per_matrix, unpack
from .logic import eq, gt, logical_and, lt, where
from .matrices import (
    columns,
    diagonal,
    diagonal_matrix,
    identity_mask,
    product,
    reach,
    rows,
    turned,
)
from .pointwise import abs_, cast
from .reduce import max_, min_, sum_
from .spectra import Present
from .structure import reshape, slice_, update, zeros
from .systems import solve

SINGULAR = 1e-10
"""Vectors whose pivots have this ratio leave few digits of a derivative."""


def _reference(part: int) -> Any:
    def reference(*given: Any, where: str) -> Any:
        n = given[0].shape[-1]

        def one(*pair: Any) -> list[Any]:
            a = pair[0] if len(pair) == 1 else pair[0] + 1j * pair[1]
            if not part:
                w = np.linalg.eigvals(a)
                return [np.stack([w.real, w.imag])]
            return [embedded_array(np.linalg.eig(a)[1])]

        return per_matrix(one, [(2 * n, 2 * n) if part else (2, n)], where, *given)[0]

    return reference


def _values_type(*args: ArrayType, where: str) -> ArrayType:
    *batch, n, _ = check_parts("general_eigenvalues", args[0], args[-1], square=True).ints
    return args[0].with_shape((*batch, 2, n))


def _vectors_type(*args: ArrayType, where: str) -> ArrayType:
    *batch, n, _ = check_parts("general_eigenvectors", args[0], args[-1], square=True).ints
    return args[0].with_shape((*batch, 2 * n, 2 * n))


def value_parts(y: Value) -> Pair:
    """The real and the imaginary parts of eigenvalues."""
    *batch, _, n = y.shape
    zero, step = (0,) * len(batch), (1,) * len(y.shape)
    re, im = (slice_(y, start=(*zero, k, 0), step=step, size=(*batch, 1, n)) for k in (0, 1))
    return reshape(re, shape=(*batch, n)), reshape(im, shape=(*batch, n))


def _side_by_side(pair: Pair) -> Value:
    *batch, n = pair[0].shape
    y = zeros(pair[0].type.with_shape((*batch, 2, n)))
    for number, part in enumerate(pair):
        start = (*[0] * len(batch), number, 0)
        y = update(y, columns(part), start=start, step=(1,) * len(y.shape))
    return y


def _if_basis(v: Value) -> Value:
    """The eigenvectors, or NaN where they are no basis, up to rounding errors.

    There eigenvalues have no derivative, but what is computed may be finite.
    """
    if 0 in v.shape:
        return v
    pivots = abs_(diagonal(lu(v)))
    last = (len(pivots.shape) - 1,)
    is_basis = gt(min_(pivots, axes=last), SINGULAR * max_(pivots, axes=last))
    return where(reshape(is_basis, shape=(*is_basis.shape, 1, 1)), v, np.nan)


def _moved(y: Value, v: Value, tangents: Tangents) -> Value | None:
    """The tangent in the basis of the eigenvectors, embedded."""
    given = tangent_of(y, tangents)
    if given is None:
        return None
    t = embedded(given[0], given[1] if len(given) > 1 else zeros(given[0].type))
    v = _if_basis(v)
    return solve(v, product(t, v), trans=False, where="")


def _moved_adjoint(y: Value, v: Value, g: Value) -> tuple[Value, ...]:
    v = _if_basis(v)
    inner = product(solve(v, g, trans=True, where=""), v, turn_z=True)
    return embedded_adjoint(inner)[: len(y.args)]


def _values_vjp(y: Value, g: Value) -> tuple[Value, ...]:
    v = general_eigenvectors(*y.args, **dict(y.attrs))
    weights = [0.5 * diagonal_matrix(part) for part in value_parts(g)]
    return _moved_adjoint(y, v, embedded(*weights))


def _values_jvp(y: Value, tangents: Tangents) -> Value | None:
    moved = _moved(y, general_eigenvectors(*y.args, **dict(y.attrs)), tangents)
    if moved is None:
        return None
    re, im = parts(moved)
    return _side_by_side((diagonal(re), diagonal(im)))


def _inverse_gaps(y: Value) -> Pair:
    """1 / (w[j] - w[i]), and 0 on the diagonal."""
    re, im = value_parts(general_eigenvalues(*y.args, **dict(y.attrs)))
    n = re.shape[-1]
    mask = identity_mask(n, n)
    re = where(mask, 1.0, columns(re) - rows(re))
    im = columns(im) - rows(im)
    size = re * re + im * im
    return where(mask, 0.0, re / size), where(mask, 0.0, -im / size)


def _turns(re: Value, im: Value) -> Value:
    """Weights of components that give the imaginary part of the largest one, which is real, over
    that component, for each vector."""
    axes = (len(re.shape) - 2,)
    size = where(eq(im, 0.0), re * re, 0.0)
    largest = logical_and(eq(size, columns(max_(size, axes=axes))), eq(im, 0.0))
    chosen = cast(largest, dtype=re.dtype)
    return chosen / (where(largest, re, 1.0) * columns(sum_(chosen, axes=axes)))


def _vectors_vjp(y: Value, g: Value) -> tuple[Value, ...]:
    gre, gim = embedded_adjoint(g)
    if not gre.shape[-1]:
        return (gre, gim)[: len(y.args)]
    vre, vim = parts(y)
    axes = (len(vre.shape) - 2,)
    along = columns(sum_(vre * gre + vim * gim, axes=axes))
    turn = columns(sum_(vre * gim - vim * gre, axes=axes))
    gre, gim = gre - vre * along, gim - vim * along - _turns(vre, vim) * turn
    re, im = _inverse_gaps(y)
    inner = product(y, embedded(gre, gim), turn_x=True)
    weighted = times((re, -im), parts(inner))
    return _moved_adjoint(y, y, 0.5 * embedded(*weighted))


def _vectors_jvp(y: Value, tangents: Tangents) -> Value | None:
    moved = _moved(y, y, tangents)
    if moved is None:
        return None
    inner = embedded(*times(_inverse_gaps(y), parts(moved)))
    re, im = parts(product(y, inner))
    if not re.shape[-1]:
        return zeros(y.type)
    vre, vim = parts(y)
    axes = (len(vre.shape) - 2,)
    along = columns(-sum_(vre * re + vim * im, axes=axes))
    turn = columns(-sum_(_turns(vre, vim) * im, axes=axes))
    scale = along, turn
    more = times((vre, vim), scale)
    return embedded(re + more[0], im + more[1])


def _expand_values(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].type.ints[-1]
    vectors = present("general_eigenvectors")
    if len(args) == 2:
        packed = complex_geev(for_lapack(*args), vectors=vectors, **attrs)
        return turned(unpack(packed, (n, 2))[0])
    packed = geev(turned(*args), vectors=vectors, **attrs)
    return unpack(packed, (2, n))[0]


def _expand_vectors(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].type.ints[-1]
    if len(args) == 2:
        packed = complex_geev(for_lapack(*args), vectors=True, **attrs)
        return embedded(*from_lapack(unpack(packed, (n, 2), (n, 2 * n))[1]))
    packed = geev(turned(*args), vectors=True, **attrs)
    _, angles, found = unpack(packed, (n,), (n,), (n, n))
    if not n:
        return zeros(args[0].type)
    found = turned(found)
    first, second = columns(gt(angles, 0.0)), columns(lt(angles, 0.0))
    re = where(second, _shifted(found, 1), found)
    im = where(first, _shifted(found, -1), where(second, -found, 0.0))
    return embedded(re, im)


def _shifted(x: Value, by: int) -> Value:
    """The columns moved on by one or back by one."""
    *batch, m, n = x.type.ints
    zero, step = (0,) * (len(batch) + 1), (1,) * (len(batch) + 2)
    size = (*batch, m, n - 1)
    moved = slice_(x, start=(*zero, max(-by, 0)), step=step, size=size)
    return update(zeros(x.type), moved, start=(*zero, max(by, 0)), step=step)


general_eigenvalues: Op = general(
    "general_eigenvalues",
    _reference(0),
    _values_type,
    _values_vjp,
    _values_jvp,
    reach,
    expand=_expand_values,
    doc="A row of real parts and one of imaginary parts.",
)
general_eigenvectors: Op = general(
    "general_eigenvectors",
    _reference(1),
    _vectors_type,
    _vectors_vjp,
    _vectors_jvp,
    reach,
    expand=_expand_vectors,
    doc="The columns are the vectors; embedded, so of twice as many rows and columns.",
)
