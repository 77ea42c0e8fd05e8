"""Median and quantiles, with and without NaN.

Positions among the sorted elements are numbers like any other, so they may depend on recorded
quantiles, and differ between rows where NaN is left out. Formulas: R. J. Hyndman and Y. Fan,
"Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), pp. 361-365.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.types import F64, I64
from ..array import Array, wrap
from ..errors import error
from ..layout import Ints, contiguous
from ..lift import lift
from ..promote import promote, weak_of
from ..table import implements
from .common import (
    UNSET,
    as_array,
    broadcast_shapes,
    cast,
    cut,
    deliver,
    given_axes,
    reshape,
    spread,
    transpose,
)
from .order import decided, gathered, gathered_last, order_of, sized
from .reductions import aligned_weights, flag
from .scans import scan

# --- sorted rows ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """What is sorted: ``x`` (rows..., size) with its order, the kept sizes as ``kept``.

    ``count``: how many elements of each row count, the others standing behind them; an int, or
    an array (f64) of shape ``kept``. ``nothing``: where the result is NaN whatever the position.
    """

    x: Value
    order: Value
    kept: Ints
    count: Any
    nothing: Value | None

    def counted(self) -> Value:
        return const(self.count, F64) if isinstance(self.count, int) else self.count

    def at(self, position: Value) -> Value:
        """The elements at positions (f64) of shape (..., kept), which are clipped to the rows."""
        size = self.x.shape[-1]
        inside = ops.minimum(ops.maximum(position, 0.0), const(size - 1, F64))
        index = cast(inside, I64)
        rows = prod(self.kept)
        first = reshape(ops.iota(size=rows, dtype=I64) * size, self.kept)
        shape = broadcast_shapes("quantile", index.shape, self.kept)
        places = gathered(reshape(self.order, (rows * size,)), spread(index + first, shape))
        return gathered(reshape(self.x, (rows * size,)), spread(places + first, shape))


def rows_of(x: Value, axes: Ints, skip_nan: bool) -> Rows:
    """The elements along ``axes``, in their order."""
    sized(x, "sorting")
    rows = as_rows(x, axes)
    *kept, size = rows.shape
    count: Any = size
    nothing = None
    if x.dtype.kind == "f":
        missing = ops.isnan(rows)
        last = (len(kept),)
        nothing = (ops.all_ if skip_nan else ops.any_)(missing, axes=last)
        if skip_nan:
            count = ops.sum_(cast(ops.logical_not(missing), F64), axes=last)
    return Rows(rows, order_of(rows), tuple(kept), count, nothing)


def as_rows(x: Value, axes: Ints) -> Value:
    """The elements along ``axes`` in a last axis."""
    rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    size = prod(x.shape[axis] for axis in axes)
    shape = (*(x.shape[axis] for axis in rest), size)
    return reshape(transpose(x, (*rest, *sorted(axes))), shape)


def _axes(axis: Any, ndim: int) -> Ints:
    return tuple(range(ndim)) if axis is None else given_axes(axis, ndim)


def _finish(
    y: Value, rows: Rows, x: Value, axes: Ints, keepdims: Any, out: Any, name: str
) -> Array:
    """The result, NaN where it must be, its axes put back if wanted."""
    if rows.nothing is not None:
        y = ops.where(rows.nothing, np.nan, y)
    lead = y.shape[: len(y.shape) - len(rows.kept)]
    if flag(keepdims):
        kept = tuple(1 if axis in axes else dim for axis, dim in enumerate(x.shape))
        y = reshape(y, (*lead, *kept))
    if out is not None:
        return deliver(y, out, name)
    # NumPy's result has the axes in another order in memory where it goes row by row.
    layout = None if name.startswith("nan") else contiguous(y.shape)
    return wrap(y, scalar=not y.shape and not flag(keepdims), layout=layout)


# --- median ---------------------------------------------------------------------------------


def _median(name: str, skip_nan: bool) -> Callable[..., Any]:
    def record(
        a: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        keepdims: Any = UNSET,
    ) -> Any:
        x = lift(a)
        axes = _axes(axis, len(x.shape))
        rows = rows_of(x, axes, skip_nan)
        dtype = x.dtype if x.dtype.kind == "f" else F64
        if 0 in rows.x.shape:
            y = spread(const(np.nan, dtype), rows.kept)
            return _finish(y, rows, x, axes, keepdims, out, name)
        count = rows.counted()
        half = ops.floor(count / 2.0)
        above = cast(rows.at(half), dtype)
        below = cast(rows.at(ops.floor((count - 1.0) / 2.0)), dtype)
        if isinstance(rows.count, int):
            y = above if rows.count % 2 else (below + above) / 2.0
        else:
            y = ops.where(ops.eq(half * 2.0, count), (below + above) / 2.0, above)
        return _finish(y, rows, x, axes, keepdims, out, name)

    return record


implements(np.median)(_median("median", False))
implements(np.nanmedian)(_median("nanmedian", True))

# --- quantiles ------------------------------------------------------------------------------


def _between(alpha: float, beta: float) -> Callable[[Value, Value], Value]:
    """The position of a quantile, counted from 0 (Hyndman and Fan's types 4 to 9)."""

    def position(n: Value, q: Value) -> Value:
        return n * q + (q * (1.0 - alpha - beta) + alpha) - 1.0

    return position


def _linear(n: Value, q: Value) -> Value:
    return (n - 1.0) * q


def _step(position: Value, stays: Value) -> Value:
    """A whole position or, unless it ``stays``, the next one."""
    before = ops.floor(position)
    return ops.maximum(ops.where(stays, before, before + 1.0), 0.0)


def _inverted_cdf(n: Value, q: Value) -> Value:
    position = n * q - 1.0
    return _step(position, ops.eq(position, ops.floor(position)))


def _closest(n: Value, q: Value) -> Value:
    position = n * q - 1.5
    before = ops.floor(position)
    odd = ops.eq(ops.mod(before, spread(const(2.0, before.dtype), before.shape)), 1.0)
    return _step(position, ops.logical_and(ops.eq(position, before), odd))


_DISCRETE: dict[str, Callable[[Value, Value], Value]] = {
    "inverted_cdf": _inverted_cdf,
    "closest_observation": _closest,
    "lower": lambda n, q: ops.floor(_linear(n, q)),
    "higher": lambda n, q: ops.ceil(_linear(n, q)),
    "nearest": lambda n, q: ops.rint(_linear(n, q)),
}
_CONTINUOUS: dict[str, Callable[[Value, Value], Value]] = {
    "averaged_inverted_cdf": lambda n, q: n * q - 1.0,
    "interpolated_inverted_cdf": _between(0.0, 1.0),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0.0, 0.0),
    "linear": _linear,
    "median_unbiased": _between(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _between(3 / 8.0, 3 / 8.0),
    "midpoint": lambda n, q: (ops.floor(_linear(n, q)) + ops.ceil(_linear(n, q))) * 0.5,
}


def _weight(method: str, position: Value) -> Value:
    """How much the upper neighbour of a position counts."""
    part = position - ops.floor(position)
    if method == "averaged_inverted_cdf":
        return ops.where(ops.eq(part, 0.0), const(0.5, part.dtype), 1.0)
    if method == "midpoint":
        return ops.where(ops.eq(part, 0.0), const(0.0, part.dtype), 0.5)
    return part


def _check_quantiles(q: Value, name: str) -> None:
    """NumPy's error for what is no quantile; a guard if it is recorded."""
    fine = ops.logical_and(ops.ge(q, 0), ops.le(q, 1))
    if not decided(ops.all_(fine, axes=tuple(range(len(q.shape)))), "quantiles are in [0, 1]"):
        percent = "percentile" in name
        names, high = ("Percentiles", 100) if percent else ("Quantiles", 1)
        raise error("value", text=f"{names} must be in the range [0, {high}]")


def _quantile(
    name: str,
    skip_nan: bool,
    a: Any,
    q: Value,
    weak: bool,
    axis: Any,
    out: Any,
    method: Any,
    keepdims: Any,
    weights: Any,
) -> Any:
    x = lift(a)
    _check_quantiles(q, name)
    if weights is not None and method != "inverted_cdf":
        text = f"Only method 'inverted_cdf' supports weights. Got: {method}."
        raise error("value", text=text)
    if len(q.shape) > 2:
        raise error("value", text="q must be a scalar or 1d")
    if method not in _DISCRETE and method not in _CONTINUOUS:
        names = sorted({*_DISCRETE, *_CONTINUOUS})
        raise error("value", text=f"{method!r} is not a valid method. Use one of: {names}")
    axes = _axes(axis, len(x.shape))
    rows = rows_of(x, axes, skip_nan)
    whole = q.dtype.kind in "iu" and method == "linear"
    base = q.dtype if q.dtype.kind == "f" else F64
    dtype = promote(x.dtype, 1.0) if weak else promote(x.dtype, base)
    discrete = method in _DISCRETE or whole
    result = x.dtype if discrete else dtype
    if 0 in x.shape and skip_nan:  # NumPy takes a mean here, and leaves the quantiles out
        missing = const(np.nan, x.dtype if x.dtype.kind == "f" else F64)
        return _finish(spread(missing, rows.kept), rows, x, axes, keepdims, out, name)
    if 0 in x.shape:
        if 0 not in rows.kept:
            raise error("index", text="index -1 is out of bounds for axis 0 with size 0")
        missing = const(np.nan if result.kind == "f" else 0, result)
        return _finish(spread(missing, (*q.shape, *rows.kept)), rows, x, axes, keepdims, out, name)
    wide = reshape(cast(q, base), (*q.shape, *(1 for _ in rows.kept)))
    if weights is not None:
        y = rows.at(_weighted(rows, _weights_of(a, weights, axis, axes), wide))
        found = _finish(y, rows, x, axes, keepdims, out, name)
        return found if out is not None or found.shape else wrap(found.value, scalar=False)
    count = cast(rows.counted(), base)
    if discrete:
        rule = _linear if whole else _DISCRETE[method]
        y = rows.at(cast(rule(count, wide), F64))
        return _finish(y, rows, x, axes, keepdims, out, name)
    if x.dtype.kind == "b":
        text = "numpy boolean subtract, the `-` operator, is not supported"
        raise error("type", text=text)
    position = _CONTINUOUS[method](count, wide)
    before = ops.floor(position)
    over = ops.ge(position, count - 1.0)
    # NumPy has the last element on both sides here, and the first one below 0.
    low = ops.where(over, count - 1.0, before)
    high = ops.where(over, count - 1.0, ops.where(ops.lt(position, 0.0), 0.0, before + 1.0))
    left, right = rows.at(cast(low, F64)), rows.at(cast(high, F64))
    weight = cast(_weight(method, position), dtype)
    y = _between_both(left, right, weight, dtype)
    return _finish(y, rows, x, axes, keepdims, out, name)


def _weights_of(a: Any, weights: Any, axis: Any, axes: Ints) -> Value:
    """The weights as rows, like the elements."""
    x = as_array(a)
    given = aligned_weights(x, as_array(weights), axis)
    negative = ops.any_(ops.lt(given, 0), axes=tuple(range(len(given.shape))))
    if decided(negative, "weights are not negative"):
        raise error("value", text="Weights must be non-negative.")
    return as_rows(spread(cast(given, F64), x.shape), axes)


def _weighted(rows: Rows, weights: Value, q: Value) -> Value:
    """The first position up to which the weights are at least the quantile of all (f64).

    Counted, not searched: that is as much work as there are elements for each quantile.
    """
    if rows.x.dtype.kind == "f":
        weights = ops.where(ops.isnan(rows.x), 0.0, weights)
    last = len(rows.kept)
    so_far = scan(ops.add, gathered_last(weights, rows.order), last)
    total = cut(so_far, last, so_far.shape[last] - 1, 1)
    share = cast(so_far / total, q.dtype)
    wrong = ops.any_(ops.isnan(share), axes=tuple(range(last + 1)))
    if decided(wrong, "the weights of a quantile have a finite sum"):
        raise error("value", text="Weights included NaN, inf or were all zero.")
    share = ops.where(ops.eq(share, 0.0), -1.0, share)  # a first element without weight is none
    below = ops.lt(share, reshape(q, (*q.shape, 1)))
    return cast(ops.sum_(cast(below, I64), axes=(len(below.shape) - 1,)), F64)


def _between_both(x: Value, z: Value, weight: Value, dtype: np.dtype) -> Value:
    """Linear interpolation from the nearer side, as NumPy does it."""
    span = cast(z - x, dtype)
    near, far = cast(x, dtype), cast(z, dtype)
    return ops.where(ops.ge(weight, 0.5), far - span * (1.0 - weight), near + span * weight)


def _quantiles(name: str, skip_nan: bool) -> Callable[..., Any]:
    def record(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: Any = "linear",
        keepdims: Any = UNSET,
        *,
        weights: Any = None,
    ) -> Any:
        value, weak = lift(q), weak_of(q) in (int, float)
        if "percentile" in name:
            value = (value if value.dtype.kind == "f" else cast(value, F64)) / 100.0
        return _quantile(name, skip_nan, a, value, weak, axis, out, method, keepdims, weights)

    return record


for _function, _skips in (
    (np.quantile, False),
    (np.percentile, False),
    (np.nanquantile, True),
    (np.nanpercentile, True),
):
    implements(_function)(_quantiles(_function.__name__, _skips))
