"""Eigenvalues and eigenvectors of complex Hermitian matrices, given by their two parts.

As in `spectra`, with embedded matrices in place of real ones. LAPACK chooses the phases of
vectors: their first components are real, or the last ones where it reads the upper triangle, and
the derivatives are those of the vectors with these phases. They are NaN or infinite where that
component is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Value
from ..op import Op, general
from ..types import I64, ArrayType
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
)
from .lapack import heevd, per_matrix, unpack
from .logic import eq, where
from .matrices import (
    block,
    columns,
    diagonal,
    diagonal_matrix,
    fold,
    identity_mask,
    product,
    reach,
    rows,
    symmetric,
    triangle,
    turned,
)
from .reduce import sum_
from .spectra import Present
from .structure import iota, reshape, slice_, zeros


def _skew(x: Value, lower: bool) -> Value:
    """The imaginary part of which ``x`` has one triangle; what its diagonal has is not read."""
    half = triangle(x, lower, strict=True)
    return half - turned(half)


def _skew_adjoint(g: Value, lower: bool) -> Value:
    return triangle(g - turned(g), lower, strict=True)


def completed(re: Value, im: Value, lower: bool) -> Pair:
    """The Hermitian matrix with the given triangle."""
    return symmetric(re, lower), _skew(im, lower)


def _folded(g: Value, lower: bool) -> Pair:
    """What cotangents of the embedded Hermitian matrix are to the parts that are read."""
    re, im = embedded_adjoint(g)
    return fold(re, lower), _skew_adjoint(im, lower)


def _reference(part: int) -> Any:
    def reference(re: Any, im: Any, lower: bool, where: str) -> Any:
        n = re.shape[-1]

        def one(a: Any, b: Any) -> list[Any]:
            found = np.linalg.eigh(a + 1j * b, "L" if lower else "U")[part]
            return [embedded_array(found) if part else found]

        return per_matrix(one, [(2 * n, 2 * n) if part else (n,)], where, re, im)[0]

    return reference


def _values_type(re: ArrayType, im: ArrayType, lower: bool, where: str) -> ArrayType:
    return re.with_shape(check_parts("hermitian_values", re, im, square=True).shape[:-1])


def _vectors_type(re: ArrayType, im: ArrayType, lower: bool, where: str) -> ArrayType:
    *batch, n, _ = check_parts("hermitian_vectors", re, im, square=True).ints
    return re.with_shape((*batch, 2 * n, 2 * n))


def _vectors_of(y: Value) -> Value:
    return hermitian_vectors(*y.args, **dict(y.attrs))


def _values_vjp(y: Value, g: Value) -> Pair:
    v = _vectors_of(y)
    weights = 0.5 * diagonal_matrix(g)
    g = product(product(v, embedded(weights, zeros(weights.type))), v, turn_z=True)
    return _folded(g, y.attr("lower"))


def _moved(y: Value, v: Value, tangents: Tangents) -> Value | None:
    """The tangent in the basis of the eigenvectors, embedded."""
    given = tangent_of(y, tangents)
    if given is None:
        return None
    t = embedded(*completed(given[0], given[1], y.attr("lower")))
    return product(v, product(t, v), turn_x=True)


def _values_jvp(y: Value, tangents: Tangents) -> Value | None:
    moved = _moved(y, _vectors_of(y), tangents)
    return None if moved is None else diagonal(parts(moved)[0])


def _inverse_gaps(y: Value) -> Value:
    """1 / (w[j] - w[i]), and 0 on the diagonal, embedded."""
    w = hermitian_values(*y.args, **dict(y.attrs))
    n = w.shape[-1]
    mask = identity_mask(n, n)
    return where(mask, 0.0, 1.0 / where(mask, 1.0, columns(w) - rows(w)))


def scaled(factor: Value, x: Value) -> Value:
    """The product, element by element, of a real matrix and one that is embedded."""
    re, im = parts(x)
    return embedded(factor * re, factor * im)


def _fixed(x: Value, lower: bool) -> Value:
    """The row of components that are real."""
    *batch, n, _ = x.shape
    if lower:
        return block(x, 1, n)
    rank = len(x.shape)
    start = (*[0] * (rank - 2), n - 1, 0)
    return slice_(x, start=start, step=(1,) * rank, size=(*batch, 1, n))


def _vectors_vjp(y: Value, g: Value) -> Pair:
    lower = y.attr("lower")
    re, im = embedded_adjoint(g)
    if not re.shape[-1]:
        return re, im
    vre, vim = parts(y)
    rank = len(re.shape)
    # The turn of each vector that makes its fixed component real.
    turn = sum_(vre * im - vim * re, axes=(rank - 2,))
    turn = reshape(turn, shape=(*turn.shape[:-1], 1, re.shape[-1])) / _fixed(vre, lower)
    at = 0 if lower else re.shape[-1] - 1
    number = reshape(iota(size=re.shape[-1], dtype=I64), shape=(re.shape[-1], 1))
    im = im - where(eq(number, at), turn, 0.0)
    inner = scaled(_inverse_gaps(y), product(y, embedded(re, im), turn_x=True))
    return _folded(0.5 * product(product(y, inner), y, turn_z=True), lower)


def _vectors_jvp(y: Value, tangents: Tangents) -> Value | None:
    moved = _moved(y, y, tangents)
    if moved is None:
        return None
    lower = y.attr("lower")
    t = product(y, scaled(_inverse_gaps(y), moved))
    re, im = parts(t)
    if not re.shape[-1]:
        return t
    vre, vim = parts(y)
    turn = -_fixed(im, lower) / _fixed(vre, lower)
    return embedded(re - vim * turn, im + vre * turn)


def _expand_values(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].type.ints[-1]
    x = for_lapack(*args)
    if not present("hermitian_vectors"):
        return heevd(x, vectors=False, **attrs)
    return unpack(heevd(x, vectors=True, **attrs), (n,), (n, 2 * n))[0]


def _expand_vectors(args: Sequence[Value], attrs: dict[str, Any], present: Present) -> Value:
    n = args[0].type.ints[-1]
    packed = heevd(for_lapack(*args), vectors=True, **attrs)
    return embedded(*from_lapack(unpack(packed, (n,), (n, 2 * n))[1]))


hermitian_values: Op = general(
    "hermitian_values",
    _reference(0),
    _values_type,
    _values_vjp,
    _values_jvp,
    reach,
    expand=_expand_values,
    doc="Of the Hermitian matrix with the given triangle, ascending.",
)
hermitian_vectors: Op = general(
    "hermitian_vectors",
    _reference(1),
    _vectors_type,
    _vectors_vjp,
    _vectors_jvp,
    reach,
    expand=_expand_vectors,
    doc="The columns are the vectors; embedded, so of twice as many rows and columns.",
)
