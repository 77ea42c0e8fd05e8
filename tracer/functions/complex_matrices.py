"""Complex matrices in linear algebra: by their two parts, or by real matrices of twice the size.

The real matrix (`ir.ops.complex_matrices`) has the same inverse, pseudoinverse and Cholesky
factor as the complex one.
"""

from __future__ import annotations

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.complex_matrices import Pair, by_rows, embedded, of_rows
from ...ir.ops.complex_matrices import parts as unembedded
from ...ir.ops.hermitian import completed
from ...ir.ops.matrices import diagonal, identity, identity_mask, turned
from ...ir.types import F64, ArrayType, complex_dtype
from ..array import Array, wrap
from .common import cast, cut, reshape
from .matrices import SVD_FAILED, common_dtype, located, wide

NEGLIGIBLE = 1e-12
"""Pivots below this part of their column are little more than rounding errors."""


def is_complex(*arrays: Array) -> bool:
    return any(x.dtype.kind == "c" for x in arrays)


def parts(x: Array) -> Pair:
    """In f64, in which NumPy computes."""
    if not is_complex(x):
        return wide(x), ops.zeros(ArrayType(F64, x.shape))
    return cast(ops.real(x.value), F64), cast(ops.imag(x.value), F64)


def embedding(x: Array) -> Value:
    return embedded(*parts(x))


def joined(pair: Pair, *operands: Array) -> Array:
    """A complex result, of the dtype that NumPy gives it."""
    return wrap(cast(ops.complex_(*pair), complex_dtype(common_dtype(*operands))))


def right_sides(z: Array) -> Value:
    """The parts of matrices, or of one vector, as rows below each other."""
    re, im = parts(z)
    if z.ndim == 1:
        re, im = (reshape(x, (*x.shape, 1)) for x in (re, im))
    return by_rows(re, im)


def solutions(y: Value, is_vector: bool) -> Pair:
    re, im = of_rows(y)
    return (reshape(re, re.shape[:-1]), reshape(im, im.shape[:-1])) if is_vector else (re, im)


def unit_sides(x: Array) -> Value:
    one = identity(parts(x)[0])
    return by_rows(one, ops.zeros(one.type))


def for_cholesky(x: Array, upper: bool) -> Value:
    """Embedded, without the imaginary parts of the diagonal, which are not read."""
    re, im = parts(x)
    n = x.shape[-1]
    im = ops.where(identity_mask(n, n), 0.0, im)
    return embedded(turned(re), -turned(im)) if upper else embedded(re, im)


def of_cholesky(y: Value, upper: bool) -> Pair:
    re, im = unembedded(y)
    return (turned(re), -turned(im)) if upper else (re, im)


def determinant_parts(x: Array) -> tuple[Pair, Value]:
    """The phase of the determinant, and the logarithm of its absolute value."""
    phase = ops.det_phase(*parts(x))
    last = len(phase.shape) - 1
    re, im = (reshape(cut(phase, last, at, 1), phase.shape[:-1]) for at in (0, 1))
    return (re, im), 0.5 * ops.logdet(embedding(x))


def determinant(x: Array) -> Pair:
    """Its derivative is NaN or infinite where the matrix is singular, up to rounding errors."""
    if x.shape[-1] == 1:
        re, im = parts(x)
        return reshape(re, re.shape[:-2]), reshape(im, im.shape[:-2])
    phase, log_size = determinant_parts(x)
    size = ops.exp(log_size)
    re, im = phase[0] * size, phase[1] * size
    if not x.shape[-1]:
        return re, im
    whole = embedding(x)
    rank = len(whole.shape)
    # Each pivot has rounding errors of the size of its column.
    sizes = ops.max_(ops.abs_(whole), axes=(rank - 2,))
    pivots = ops.abs_(diagonal(ops.lu(whole)))
    regular = ops.all_(ops.gt(pivots, NEGLIGIBLE * sizes), axes=(rank - 2,))
    return _without_derivative(re, regular), _without_derivative(im, regular)


def _without_derivative(y: Value, regular: Value) -> Value:
    """``y``, with a derivative that is no number where it is not regular."""
    zero = ops.where(regular, 1.0, y - ops.stop_gradient(y))
    return y + ops.where(regular, 0.0, ops.copysign(ops.sqrt(ops.abs_(zero)), zero))


def singular_values_of(x: Array) -> Value:
    """Those of a matrix, and their negatives, are eigenvalues of a Hermitian one of two blocks."""
    re, im = parts(x)
    *batch, m, n = x.shape
    start, step = (*[0] * len(batch), m, 0), (1,) * (len(batch) + 2)
    whole = ops.zeros(ArrayType(F64, (*batch, m + n, m + n)))
    below = [ops.update(whole, part, start=start, step=step) for part in (turned(re), -turned(im))]
    w = ops.hermitian_values(*below, lower=True, where=located(SVD_FAILED))
    return ops.abs_(cut(w, len(batch), 0, min(m, n)))


def hermitian_singular_values(x: Array) -> Value:
    return singular_values_of(joined(completed(*parts(x), True), wrap(parts(x)[0])))


def repeated_singular_values(x: Array) -> Value:
    """Without a dilation, more exact where they are small; their derivatives are none."""
    s = ops.singular_values(ops.stop_gradient(embedding(x)), where=located(SVD_FAILED))
    return cut(s, len(s.shape) - 1, 0, min(x.shape[-2:]), 2)
