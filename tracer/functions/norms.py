"""``np.linalg.norm`` of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer
from ...ir.types import F64, Affine, part_dtype
from ..array import wrap
from ..errors import error
from ..layout import Ints
from ..table import implements
from .common import (
    as_array,
    as_inexact,
    cast,
    given_axes,
    modulus,
    one_axis,
    reshape,
    squared_modulus,
    transpose,
)
from .complex_matrices import singular_values_of
from .matrices import ANY, SVD_FAILED, known_sizes, located
from .reductions import check_not_empty, count_of, drop, kept_shape, reduce, sqrt_at_zero

_IMPROPER = "Improper number of dimensions to norm."


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The derivative of a norm at 0 is 0."""
    array = as_array(x)
    value = as_inexact(array.value)
    if axis is None:
        axes = tuple(range(array.ndim))
        simple = ord is None
    else:
        axes = tuple(one_axis(at, array.ndim) for at in _given(axis))
        if len(axes) == 2 and axes[0] == axes[1]:
            raise error("value", text="Duplicate axes given.")
        simple = ord is None and len(axes) in (1, 2)
    if simple:
        y = _euclidean(value, axes)
    elif len(axes) == 1:
        y = _vector_norm(value, ord, axes)
    elif len(axes) == 2:
        y = _matrix_norm(value, ord, axes)
    else:
        raise error("value", text=_IMPROPER)
    return wrap(drop(y, axes, keepdims))


def _given(axis: Any) -> tuple[Any, ...]:
    if isinstance(axis, tuple):
        return axis
    try:
        return (integer(axis),)
    except TypeError:
        text = "'axis' must be None, an integer or a tuple of integers"
        raise error("type", text=text) from None


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    array = as_array(x)
    value = cast(array.value, array.dtype if array.dtype.kind == "f" else F64)
    axes = tuple(range(array.ndim)) if axis is None else given_axes(axis, array.ndim)
    if len(axes) != 1:
        rest = tuple(at for at in range(array.ndim) if at not in axes)
        moved = transpose(value, (*axes, *rest))
        kept = moved.shape[len(axes) :]
        value = reshape(moved, (count_of(array.shape, axes), *kept))
        y = drop(_vector_norm(value, ord, (0,)), (0,), False)
    else:
        y = drop(_vector_norm(value, ord, axes), axes, False)
    return wrap(reshape(y, kept_shape(array.shape, axes)) if keepdims else y)


def _euclidean(x: Value, axes: Ints) -> Value:
    return sqrt_at_zero(reduce(ops.sum_, squared_modulus(x), tuple(sorted(axes)), True))


def _vector_norm(x: Value, order: Any, axes: Ints) -> Value:
    if isinstance(order, str):
        raise error("value", text=f"Invalid norm order '{order}' for vectors")
    if order in (np.inf, -np.inf):
        return _largest(modulus(x), axes, order > 0)
    if order == 0:
        return reduce(ops.sum_, cast(ops.ne(x, 0.0), part_dtype(x.dtype)), axes, True)
    if order == 1:
        return reduce(ops.sum_, modulus(x), axes, True)
    if order == 2:
        return _euclidean(x, axes)
    order = float(order)
    size = modulus(x)
    total = reduce(ops.sum_, ops.pow_(size, const(order, size.dtype)), axes, True)
    is_zero = ops.eq(total, 0.0)
    root = ops.pow_(ops.where(is_zero, 1.0, total), const(1.0 / order, size.dtype))
    return ops.where(is_zero, np.inf if order < 0 else 0.0, root)


def _matrix_norm(x: Value, order: Any, axes: Ints) -> Value:
    if order in ("f", "fro"):
        return _euclidean(x, axes)
    if order in (2, -2, "nuc"):
        return _spectral_norm(x, order, axes)
    if order not in (1, -1, np.inf, -np.inf):
        raise error("value", text="Invalid norm order for matrices.")
    summed, kept = axes if abs(order) == 1 else axes[::-1]
    return _largest(reduce(ops.sum_, modulus(x), (summed,), True), (kept,), order > 0)


def _spectral_norm(x: Value, order: Any, axes: Ints) -> Value:
    """The largest, the smallest, or the sum of the singular values."""
    known_sizes(wrap(x), ANY)
    rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    moved = transpose(x, (*rest, *axes))
    if x.dtype.kind == "c":
        s = singular_values_of(wrap(moved))
    else:
        s = ops.singular_values(cast(moved, F64), where=located(SVD_FAILED))
    last = (len(rest),)
    is_sum = order == "nuc"
    y = reduce(ops.sum_, s, last, True) if is_sum else _largest(s, last, order > 0)
    return reshape(cast(y, part_dtype(x.dtype)), kept_shape(x.shape, axes))


def _largest(x: Value, axes: Ints, wanted: bool) -> Value:
    """The largest element, or the smallest; none of them is negative."""
    if wanted and not isinstance(count := count_of(x.shape, axes), Affine) and not count:
        return ops.zeros(x.type.with_shape(kept_shape(x.shape, axes)))
    check_not_empty(x, axes, "max" if wanted else "min")
    return reduce(ops.max_ if wanted else ops.min_, x, axes, True)
