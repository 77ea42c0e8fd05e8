"""Complex matrices as real ones: each number ``x + 1j * z`` is a block ``[[x, -z], [z, x]]``.

Sums, products and inverses of these real matrices are those of the complex ones, and the
transpose is the conjugate transpose, so that derivatives can be written as for real matrices.
Ops take the two parts of a complex matrix, as only `tracer` knows complex numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, const, general
from ..types import I64, ArrayType
from .lapack import complex_getrf, unpack
from .logic import eq, ne, where
from .matrices import check_matrix, diagonal, identity, reach, turned
from .pointwise import cast, hypot
from .reduce import sum_
from .structure import broadcast, iota, reshape, slice_, update, zeros
from .systems import as_factor, solve

Pair = tuple[Value, Value]
Tangents = Sequence[Value | None]


def _placed(y: Value, x: Value, row: int, column: int, steps: tuple[int, int]) -> Value:
    rank = len(y.shape) - 2
    return update(y, x, start=(*[0] * rank, row, column), step=(*[1] * rank, *steps))


def every(x: Value, row: int, column: int, steps: tuple[int, int] = (2, 2)) -> Value:
    """The elements at each step from a first row and column on."""
    rank = len(x.shape) - 2
    m, n = x.shape[-2:]
    size = (*x.shape[:-2], -(-(m - row) // steps[0]), -(-(n - column) // steps[1]))
    return slice_(x, start=(*[0] * rank, row, column), step=(*[1] * rank, *steps), size=size)


def embedded(re: Value, im: Value) -> Value:
    """The real matrix of twice as many rows and columns."""
    *batch, m, n = re.shape
    y = zeros(re.type.with_shape((*batch, 2 * m, 2 * n)))
    for x, row, column in ((re, 0, 0), (-im, 0, 1), (im, 1, 0), (re, 1, 1)):
        y = _placed(y, x, row, column, (2, 2))
    return y


def embedded_array(x: np.ndarray) -> np.ndarray:
    """The same of a matrix of complex numbers, for references."""
    m, n = x.shape
    y = np.empty((m, 2, n, 2))
    y[:, 0, :, 0] = y[:, 1, :, 1] = x.real
    y[:, 1, :, 0], y[:, 0, :, 1] = x.imag, -x.imag
    return y.reshape(2 * m, 2 * n)


def embedded_adjoint(g: Value) -> Pair:
    return every(g, 0, 0) + every(g, 1, 1), every(g, 1, 0) - every(g, 0, 1)


def parts(x: Value) -> Pair:
    """Of a matrix that is embedded."""
    return every(x, 0, 0), every(x, 1, 0)


def by_rows(re: Value, im: Value) -> Value:
    """Both parts of each row below each other: the first columns of the blocks."""
    *batch, m, n = re.shape
    y = zeros(re.type.with_shape((*batch, 2 * m, n)))
    return _placed(_placed(y, re, 0, 0, (2, 1)), im, 1, 0, (2, 1))


def of_rows(x: Value) -> Pair:
    return every(x, 0, 0, (2, 1)), every(x, 1, 0, (2, 1))


def for_lapack(re: Value, im: Value) -> Value:
    """The matrix by columns, the parts of each number side by side."""
    return turned(by_rows(re, im))


def from_lapack(x: Value) -> Pair:
    return of_rows(turned(x))


def check_parts(name: str, re: ArrayType, im: ArrayType, square: bool = False) -> ArrayType:
    if re != im:
        raise IRError(f"{name}: the parts {re} and {im} are not of one type")
    return check_matrix(name, re, square=square)


def tangent_of(y: Value, tangents: Tangents) -> tuple[Value, ...] | None:
    """Tangents of all parts, of which some may be zero."""
    if all(t is None for t in tangents):
        return None
    pairs = zip(y.args, tangents, strict=True)
    return tuple(zeros(a.type) if t is None else t for a, t in pairs)


# --- the phase of determinants --------------------------------------------------------------


def _phase_type(re: ArrayType, im: ArrayType) -> ArrayType:
    return re.with_shape((*check_parts("det_phase", re, im, square=True).shape[:-2], 2))


def _phase_reference(re: Any, im: Any) -> Any:
    found = np.linalg.slogdet(re + 1j * im)[0]
    return np.stack([np.real(found), np.imag(found)], -1).astype(re.dtype)


def _turning(y: Value) -> Pair:
    """What tangents of the parts are multiplied with for that of the angle."""
    a = embedded(*y.args)
    re, im = parts(solve(a, identity(a), trans=False, where=""))
    return turned(im), turned(re)


def _quarter(y: Value) -> Value:
    """1j * y."""
    count = len(y.shape) - 1
    start, step, size = (0,) * count, (1,) * (count + 1), (*y.shape[:-1], 1)
    re, im = (slice_(y, start=(*start, at), step=step, size=size) for at in (0, 1))
    found = update(zeros(y.type), -im, start=(*start, 0), step=step)
    return update(found, re, start=(*start, 1), step=step)


def _phase_vjp(y: Value, g: Value) -> Pair:
    angle = as_factor(sum_(g * _quarter(y), axes=(len(y.shape) - 1,)))
    re, im = _turning(y)
    return angle * re, angle * im


def _phase_jvp(y: Value, tangents: Tangents) -> Value | None:
    given = tangent_of(y, tangents)
    if given is None:
        return None
    rank = len(given[0].shape)
    terms = [t * factor for t, factor in zip(given, _turning(y), strict=True)]
    angle = sum_(terms[0] + terms[1], axes=(rank - 2, rank - 1))
    return _quarter(y) * reshape(angle, shape=(*angle.shape, 1))


def times(x: Pair, z: Pair) -> Pair:
    return x[0] * z[0] - x[1] * z[1], x[0] * z[1] + x[1] * z[0]


def _product_of_last(x: Pair) -> Pair:
    """The products along the last axis, by halves."""

    def cut(pair: Pair, start: int, size: int) -> Pair:
        rank = len(pair[0].shape) - 1
        first, second = (
            slice_(
                p, start=(*[0] * rank, start), step=(1,) * (rank + 1), size=(*p.shape[:-1], size)
            )
            for p in pair
        )
        return first, second

    size = x[0].type.ints[-1]
    if size == 1:
        return x
    half = size // 2
    return times(_product_of_last(cut(x, 0, half)), _product_of_last(cut(x, half, size - half)))


def _expand_phase(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    re, im = args
    *batch, n, _ = re.type.ints
    if not n:
        y = const(np.array([1.0, 0.0]), re.dtype)
        return broadcast(y, shape=(*batch, 2))
    packed, swaps = unpack(complex_getrf(for_lapack(re, im), where=""), (n, 2 * n), (n,))
    swaps = cast(swaps, dtype=I64)
    found = tuple(diagonal(part) for part in from_lapack(packed))
    size = hypot(*found)
    zero = eq(size, 0.0)
    order = iota(size=n, dtype=I64)
    exchanged = where(ne(swaps, order), -1.0, const(1.0, re.dtype))
    scale = exchanged / where(zero, 1.0, size)
    phase = _product_of_last((found[0] * scale, found[1] * scale))
    return _side_by_side(phase, tuple(batch))


def _side_by_side(pair: Pair, batch: tuple[int, ...]) -> Value:
    y = zeros(ArrayType(pair[0].dtype, (*batch, 2)))
    for at, part in enumerate(pair):
        last = reshape(part, shape=(*batch, 1))
        y = update(y, last, start=(*[0] * len(batch), at), step=(1,) * (len(batch) + 1))
    return y


det_phase: Op = general(
    "det_phase",
    _phase_reference,
    _phase_type,
    _phase_vjp,
    _phase_jvp,
    reach,
    expand=_expand_phase,
    doc="The determinant of a complex matrix over its absolute value: two numbers, 0 if singular.",
)
