"""Sums, products, extrema, moments: functions that drop axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import Size
from ...ir.types import BOOL, F64, I64, Affine, lower_bound, part_dtype
from ..array import Array, wrap
from ..current import current_trace
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import lift
from ..promote import check_dtype, promote
from ..regions import refuse
from ..table import implements
from .common import (
    UNSET,
    as_array,
    as_inexact,
    as_value,
    broadcast_shapes,
    cast,
    deliver,
    given_axes,
    reduced_axes,
    reshape,
    spread,
    squared_modulus,
    transpose,
)

U64 = np.dtype(np.uint64)


def wide(dtype: np.dtype) -> np.dtype:
    """The dtype that sums and products of ``dtype`` have: integers become 64 bits wide."""
    if dtype.kind in "bi":
        return I64
    return U64 if dtype.kind == "u" else dtype


def reduce(op: Callable[..., Value], x: Value, axes: Ints, keepdims: bool = False) -> Value:
    """``op`` over ``axes``, the dropped axes put back as 1 if wanted."""
    y = op(x, axes=axes) if axes else x
    return reshape(y, kept_shape(x.shape, axes)) if keepdims else y


def kept_shape(shape: Ints, axes: Ints) -> Ints:
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))


def drop(y: Value, axes: Ints, keepdims: Any) -> Value:
    """A result whose reduced axes were kept as 1, without them unless they are wanted."""
    if flag(keepdims):
        return y
    return reshape(y, tuple(d for axis, d in enumerate(y.shape) if axis not in axes))


def count_of(shape: Ints, axes: Ints) -> int:
    count = 1
    for axis in axes:
        count *= shape[axis]
    return count


def flag(value: Any) -> bool:
    return False if value is UNSET else bool(value)


def masked_by(x: Value, where: Any, neutral: Any, name: str) -> Value:
    """``x`` with the elements that ``where=`` leaves out replaced by the neutral element."""
    if where is True or where is UNSET:
        return x
    mask = lift(where)
    if mask.dtype != BOOL:
        raise error("type", text=f"np.{name}(where=) takes a bool array, not {mask.dtype}")
    shape = broadcast_shapes(name, x.shape, mask.shape)
    return spread(ops.where(mask, x, const(neutral, x.dtype)), shape)


def _total(
    op: Callable[..., Value], combine: Callable[..., Value], neutral: int, name: str
) -> Callable[..., Any]:
    def record(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = UNSET,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        x = lift(a)
        x = cast(x, wide(x.dtype) if dtype is None else check_dtype(dtype, f"np.{name}"))
        x = masked_by(x, where, neutral, name)
        y = reduce(op, x, reduced_axes(axis, len(x.shape)), flag(keepdims))
        if initial is not UNSET and initial is not None:
            y = combine(as_value(initial, y.dtype), y)
        return deliver(y, out, name)

    return record


sum_ = implements(np.sum)(_total(ops.sum_, ops.add, 0, "sum"))
prod = implements(np.prod)(_total(ops.prod, ops.mul, 1, "prod"))

# --- extrema, truth -------------------------------------------------------------------------


def _extremum(
    op: Callable[..., Value], combine: Callable[..., Value], name: str
) -> Callable[..., Any]:
    def record(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = UNSET,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        x = lift(a)
        axes = reduced_axes(axis, len(x.shape))
        masked = where is not UNSET and where is not True
        if x.type.is_complex and not masked and (initial is UNSET or initial is None):
            check_not_empty(x, axes, name)
            return deliver(drop(_first_in_order(op, x, axes), axes, flag(keepdims)), out, name)
        if initial is UNSET or initial is None:
            if masked:
                text = (
                    f"reduction operation '{name}imum' does not have an identity, so to use a"
                    " where mask one has to specify 'initial'"
                )
                raise error("value", text=text)
            check_not_empty(x, axes, name)
            return deliver(reduce(op, x, axes, flag(keepdims)), out, name)
        start = as_value(initial, x.dtype)
        if masked:
            mask = lift(where)
            shape = broadcast_shapes(name, x.shape, mask.shape)
            x = spread(ops.where(mask, x, start), shape)
        if count_of(x.shape, axes):
            return deliver(combine(reduce(op, x, axes, flag(keepdims)), start), out, name)
        y = spread(start, kept_shape(x.shape, axes))
        return deliver(drop(y, axes, keepdims), out, name)

    return record


def check_not_empty(x: Value, axes: Ints, name: str) -> None:
    """NumPy's error for the maximum or minimum of nothing."""
    count: Any = count_of(x.shape, axes)
    trace = current_trace()
    least = lower_bound(count)
    if isinstance(count, Affine) and (least is None or least < 1) and trace is not None:
        refuse(trace, f"the {name}imum of what may be empty")
    if not count:
        text = f"zero-size array to reduction operation {name}imum which has no identity"
        raise error("value", text=text)


def _first_in_order(op: Callable[..., Value], x: Value, axes: Ints) -> Value:
    """The largest or smallest complex number: by real parts, where they are equal by imaginary.

    With a NaN among the numbers it is one.
    """
    re, im = ops.real(x), ops.imag(x)
    last = const(-np.inf if op is ops.max_ else np.inf, im.dtype)
    best = reduce(op, re, axes, True)
    rest = reduce(op, ops.where(ops.eq(re, spread(best, re.shape)), im, last), axes, True)
    missing = reduce(ops.any_, ops.isnan(x), axes, True)
    parts = (ops.where(missing, np.nan, part) for part in (best, rest))
    return ops.complex_(*parts)


max_ = implements(np.max, np.amax)(_extremum(ops.max_, ops.maximum, "max"))
min_ = implements(np.min, np.amin)(_extremum(ops.min_, ops.minimum, "min"))


@implements(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = UNSET) -> Any:
    x = lift(a)
    if x.dtype == BOOL:
        text = "numpy boolean subtract, the `-` operator, is not supported"
        raise error("type", text=text)
    axes = reduced_axes(axis, len(x.shape))
    check_not_empty(x, axes, "max")
    keep = flag(keepdims)
    return deliver(reduce(ops.max_, x, axes, keep) - reduce(ops.min_, x, axes, keep), out, "ptp")


def _logical(op: Callable[..., Value], neutral: bool, name: str) -> Callable[..., Any]:
    def record(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = UNSET, *, where: Any = UNSET
    ) -> Any:
        x = masked_by(cast(lift(a), BOOL), where, neutral, name)
        axes = reduced_axes(axis, len(x.shape))
        return deliver(reduce(op, x, axes, flag(keepdims)), out, name, "unsafe")

    return record


any_ = implements(np.any)(_logical(ops.any_, False, "any"))
all_ = implements(np.all)(_logical(ops.all_, True, "all"))


@implements(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    x = cast(cast(lift(a), BOOL), I64)
    return wrap(reduce(ops.sum_, x, reduced_axes(axis, len(x.shape)), keepdims))


# --- moments --------------------------------------------------------------------------------


def to_average(a: Any, dtype: Any, name: str) -> Value:
    """The operand of a mean in the floating-point dtype of the result."""
    x = lift(a)
    if dtype is None:
        return as_inexact(x)
    result = check_dtype(dtype, f"np.{name}")
    if result.kind not in "fc":
        raise unsupported(f"np.{name}(dtype={result})", hint="take it in float64")
    return cast(x, result)


def counted(x: Value, axes: Ints, where: Any, name: str) -> Value:
    """How many elements each result is the mean of."""
    dtype = part_dtype(x.dtype)
    if where is True or where is UNSET:
        count: Any = count_of(x.shape, axes)
        known = isinstance(count, int) and not isinstance(count, Size)
        return const(float(count), dtype) if known else cast(ops.dim(value=count), dtype)
    ones = spread(const(1.0, dtype), x.shape)
    return reduce(ops.sum_, masked_by(ones, where, 0.0, name), axes, True)


def mean_of(x: Value, axes: Ints, where: Any) -> Value:
    """The mean, its axes kept."""
    total = reduce(ops.sum_, masked_by(x, where, 0.0, "mean"), axes, True)
    return divided(total, counted(x, axes, where, "mean"))


def divided(x: Value, number: Value) -> Value:
    """A quotient by real numbers, as NumPy divides complex ones by counts."""
    if x.dtype.kind != "c":
        return x / number
    return ops.complex_(ops.real(x) / number, ops.imag(x) / number)


@implements(np.mean)
def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = UNSET,
    *,
    where: Any = UNSET,
) -> Any:
    x = to_average(a, dtype, "mean")
    axes = reduced_axes(axis, len(x.shape), of_scalar=False)
    return deliver(drop(mean_of(x, axes, where), axes, keepdims), out, "mean")


def variance(
    name: str, a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, keywords: dict[str, Any]
) -> Value:
    extra = set(keywords) - {"where", "mean", "correction"}
    if extra:
        raise error("type", text=f"np.{name} got unexpected keywords {sorted(extra)}")
    where, center = keywords.get("where", UNSET), keywords.get("mean", UNSET)
    if keywords.get("correction", UNSET) is not UNSET:
        if ddof != 0:
            raise error("value", text="ddof and correction can't be provided simultaneously.")
        ddof = keywords["correction"]
    x = to_average(a, dtype, name)
    axes = reduced_axes(axis, len(x.shape), of_scalar=False)
    off = x - (mean_of(x, axes, where) if center is UNSET else as_value(center, x.dtype))
    total = reduce(ops.sum_, masked_by(squared_modulus(off), where, 0.0, name), axes, True)
    freedom = counted(x, axes, where, name) - as_value(ddof, total.dtype)
    return drop(total / ops.maximum(freedom, 0.0), axes, keepdims)


@implements(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = UNSET,
    **keywords: Any,
) -> Any:
    return deliver(variance("var", a, axis, dtype, ddof, keepdims, keywords), out, "var")


@implements(np.std)
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = UNSET,
    **keywords: Any,
) -> Any:
    """The derivative where all elements are equal is 0."""
    y = variance("std", a, axis, dtype, ddof, keepdims, keywords)
    return deliver(sqrt_at_zero(y), out, "std")


def sqrt_at_zero(x: Value) -> Value:
    """The square root whose derivative at 0 is 0."""
    is_zero = ops.eq(x, 0.0)
    return ops.where(is_zero, 0.0, ops.sqrt(ops.where(is_zero, 1.0, x)))


@implements(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = UNSET
) -> Any:
    x = as_array(a)
    axes = reduced_axes(axis, x.ndim, of_scalar=False)
    if weights is None:
        value = to_average(x, None, "average")
        y = drop(mean_of(value, axes, True), axes, keepdims)
        total = spread(cast(counted(value, axes, True, "average"), value.dtype), y.shape)
    else:
        w = as_array(weights)
        dtype = promote(x.dtype, w.dtype, F64 if x.dtype.kind in "iub" else x.dtype)
        scale = cast(aligned_weights(x, w, axis), dtype)
        total = reduce(ops.sum_, spread(scale, x.shape), axes, True)
        _check_weights(total)
        y = reduce(ops.sum_, cast(x.value, dtype) * scale, axes, True) / total
        y, total = drop(y, axes, keepdims), drop(total, axes, keepdims)
    return (wrap(y), wrap(total)) if returned else wrap(y)


def aligned_weights(x: Array, w: Array, axis: Any) -> Value:
    """The weights, given for the axes in their order, with an axis for each of ``x``."""
    if w.shape == x.shape:
        return w.value
    if axis is None:
        text = "Axis must be specified when shapes of a and weights differ."
        raise error("type", text=text)
    axes = given_axes(axis, x.ndim)
    if w.shape != tuple(x.shape[at] for at in axes):
        text = "Shape of weights must be consistent with shape of a along specified axis."
        raise error("value", text=text)
    ordered = transpose(w.value, tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    return reshape(ordered, tuple(d if at in axes else 1 for at, d in enumerate(x.shape)))


def _check_weights(total: Value) -> None:
    from ..current import current_trace

    trace = current_trace()
    assert trace is not None
    is_zero = ops.any_(ops.eq(total, 0), axes=tuple(range(len(total.shape))))
    if trace.decide(is_zero, "the weights of an average do not sum to zero"):
        raise error("zero_division", text="Weights sum to zero, can't be normalized")
