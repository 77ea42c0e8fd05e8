"""Reductions that pass over NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.types import BOOL
from ..array import wrap
from ..errors import error
from ..lift import lift
from ..table import implements
from .common import UNSET, as_value, broadcast_shapes, deliver, reduced_axes, reshape, spread
from .reductions import (
    check_not_empty,
    counted,
    drop,
    flag,
    max_,
    mean,
    min_,
    prod,
    reduce,
    sqrt_at_zero,
    sum_,
    to_average,
    variance,
)


def present(x: Value, where: Any, name: str) -> Value | None:
    """Where a number is wanted and is none of NaN; None: everywhere."""
    mask = None
    if where is not UNSET and where is not True:
        mask = lift(where)
        if mask.dtype != BOOL:
            raise error("type", text=f"np.{name}(where=) takes a bool array, not {mask.dtype}")
    if x.dtype.kind not in "fc":
        return mask
    some = ops.logical_not(ops.isnan(x))
    return some if mask is None else ops.logical_and(some, mask)


def _given(mask: Value | None) -> Any:
    """A mask as the keyword ``where=``."""
    return UNSET if mask is None else wrap(mask, scalar=False)


# --- sums and products ----------------------------------------------------------------------


def _total(function: Any, record: Callable[..., Any], neutral: float) -> None:
    @implements(function)
    def skipping(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *rest: Any, **keywords: Any
    ) -> Any:
        x = lift(a)
        if x.dtype.kind in "fc":
            x = ops.where(ops.isnan(x), const(neutral, x.dtype), x)
        return record(wrap(x), axis, dtype, out, *rest, **keywords)


_total(np.nansum, sum_, 0.0)
_total(np.nanprod, prod, 1.0)

# --- extrema --------------------------------------------------------------------------------


def _extremum(
    function: Any,
    record: Callable[..., Any],
    op: Callable[..., Value],
    combine: Callable[..., Value],
    worst: float,
) -> None:
    name = function.__name__

    @implements(function)
    def skipping(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = UNSET,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Any:
        x = lift(a)
        if x.dtype.kind != "f":
            return record(a, axis, out, keepdims, initial, where)
        bounded = initial is not UNSET and initial is not None
        if where is not UNSET and where is not True and not bounded:
            text = (
                f"reduction operation 'f{name[3:]}' does not have an identity, so to use a where"
                " mask one has to specify 'initial'"
            )
            raise error("value", text=text)
        some = present(x, where, name)
        assert some is not None
        shape = broadcast_shapes(name, x.shape, some.shape)
        x, some = spread(x, shape), spread(some, shape)
        axes = reduced_axes(axis, len(shape))
        if 0 in shape and bounded:
            return record(wrap(x, scalar=False), axis, out, keepdims, initial)
        check_not_empty(x, axes, name[3:])
        best = reduce(op, ops.where(some, x, worst), axes, flag(keepdims))
        nothing = ops.logical_not(reduce(ops.any_, some, axes, flag(keepdims)))
        y = ops.where(nothing, np.nan, best)
        return deliver(combine(y, as_value(initial, x.dtype)) if bounded else y, out, name)


_extremum(np.nanmax, max_, ops.max_, ops.fmax, -np.inf)
_extremum(np.nanmin, min_, ops.min_, ops.fmin, np.inf)

# --- moments --------------------------------------------------------------------------------


def _check_inexact(a: Any, dtype: Any, out: Any) -> None:
    """Of floats the moments are floats, whatever is asked for."""
    if lift(a).dtype.kind not in "fc":
        return
    for what, given in (("dtype", dtype), ("out", getattr(out, "dtype", None))):
        if given is not None and np.dtype(given).kind not in "fc":
            raise error("type", text=f"If a is inexact, then {what} must be inexact")


@implements(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = UNSET,
    *,
    where: Any = UNSET,
) -> Any:
    _check_inexact(a, dtype, out)
    mask = present(lift(a), where, "nanmean")
    return mean(a, _axis(lift(a), axis), dtype, out, keepdims, where=_given(mask))


def _axis(x: Value, axis: Any) -> Any:
    """NumPy sums the squares, and sums let 0 and -1 pass as an axis of a 0-d array."""
    if x.shape or x.dtype.kind not in "fc" or axis is None or isinstance(axis, tuple):
        return axis
    return () if reduced_axes(axis, 0) == () else axis


def _moment(
    name: str, a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, given: Any
) -> Value:
    x = lift(a)
    mask = present(x, given.get("where", UNSET), name)
    if x.dtype.kind not in "fc":
        return variance(name, a, axis, dtype, ddof, keepdims, given)
    keywords = {**given, "where": _given(mask)}
    axis = _axis(x, axis)
    y = variance(name, a, axis, dtype, ddof, True, keywords)
    axes = reduced_axes(axis, len(x.shape), of_scalar=False)
    if given.get("correction", UNSET) is not UNSET:
        ddof = given["correction"]
    counting = to_average(a, dtype, name)
    count = counted(counting, axes, keywords["where"], name)
    freedom = count - as_value(ddof, count.dtype)
    y = ops.where(ops.le(reshape(freedom, y.shape), 0.0), np.nan, y)
    return drop(y, axes, keepdims)


@implements(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = UNSET,
    **keywords: Any,
) -> Any:
    _check_inexact(a, dtype, out)
    return deliver(_moment("nanvar", a, axis, dtype, ddof, keepdims, keywords), out, "nanvar")


@implements(np.nanstd)
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = UNSET,
    **keywords: Any,
) -> Any:
    """The derivative where all elements are equal is 0."""
    _check_inexact(a, dtype, out)
    y = _moment("nanstd", a, axis, dtype, ddof, keepdims, keywords)
    return deliver(sqrt_at_zero(y), out, "nanstd")
