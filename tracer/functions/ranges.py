"""Evenly spaced numbers: ``arange`` and ``linspace``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.op import const
from ...ir.sizes import Size, integer, largest
from ...ir.types import BOOL, F64, I64, part_dtype
from ..apply import call_ufunc
from ..array import Array, wrap
from ..errors import error, unsupported
from ..lift import cast_array, lift
from ..promote import check_dtype, promote, weak_of
from ..table import implements
from .common import as_array, broadcast_shapes, cast, one_axis, refuse, reshape, spread


@implements(np.arange)
def arange(
    *args: Any, dtype: Any = None, device: Any = None, like: Any = None, **named: Any
) -> Any:
    """``arange(stop)``, ``arange(start, stop[, step[, dtype]])``.

    The number of elements is decided; the elements keep their dependence on start and step.
    """
    refuse("arange", like=(like, None))
    if len(args) == 4:
        dtype = args[3]
    start, stop, step = _range_arguments(args[:3], named)
    scalars = [as_array(x) for x in (start, stop, step)]
    if any(x.ndim for x in scalars):
        raise error("type", text="np.arange takes numbers, not arrays")
    found = np.arange(*[x.dtype.type(n) for x, n in zip(scalars, (0, 0, 1), strict=True)]).dtype
    kind = check_dtype(found if dtype is None else dtype, "np.arange")
    if "c" in (found.kind, kind.kind):
        raise unsupported("np.arange of complex numbers", hint="multiply a real range")
    given = (start, stop, step)
    numbers = [
        n if isinstance(n, Size) else _number(x) for n, x in zip(given, scalars, strict=True)
    ]
    size = _range_size(*numbers)
    if kind == BOOL:
        if size > 2:
            raise error("type", text="no fill-function for data-type bool of more than 2 elements")
        return wrap(cast(ops.iota(size=size, dtype=I64), BOOL))
    steps = ops.iota(size=size, dtype=kind)
    if not any(isinstance(n, Array) for n in numbers[::2]) and numbers[::2] == [0, 1]:
        return wrap(steps)
    # NumPy steps by the difference of the first two elements, after their cast.
    start_value, step_value = (cast(x.value, found) for x in scalars[::2])
    first, second = cast(start_value, kind), cast(start_value + step_value, kind)
    return wrap(first + steps * (second - first))


def _range_arguments(args: tuple, named: dict[str, Any]) -> tuple[Any, Any, Any]:
    if set(named) - {"start", "stop", "step"}:
        raise error("type", text=f"np.arange got unexpected keywords {sorted(named)}")
    start = args[0] if args else named.get("start", 0)
    stop = args[1] if len(args) > 1 else named.get("stop")
    step = args[2] if len(args) > 2 else named.get("step", 1)
    if stop is None:
        if not args and "start" not in named:
            raise error("type", text="arange() requires stop to be specified.")
        start, stop = 0, start
    return start, stop, 1 if step is None else step


def _number(x: Array) -> Any:
    """The value of a number of arange: only a range of constants, or its size, is decided."""
    trace = x.storage.trace
    return trace.concrete(x.value).item() if trace.is_constant(x.value) else x


def _range_size(start: Any, stop: Any, step: Any) -> int:
    if not any(isinstance(x, Array) for x in (start, stop, step)):
        if step == 0:
            raise error("zero_division", text="division by zero")
        size = _ceil_div(stop - start, step)
        return largest(size, 0)
    values = [cast(lift(x), F64) for x in (start, stop, step)]
    size_value = ops.ceil((values[1] - values[0]) / values[2])
    trace = as_array(start).storage.trace
    reason = "the size of an array made by np.arange"
    fits = ops.lt(ops.abs_(size_value), 2.0**53)
    if not trace.decide(fits, reason):
        raise error("value", text="Maximum allowed size exceeded")
    return max(int(trace.decide(cast(size_value, I64), reason)), 0)


def _ceil_div(length: Any, step: Any) -> int:
    if isinstance(length, int) and isinstance(step, int):
        return -(-length // step)
    quotient = length / step
    if not math.isfinite(quotient):
        raise error("value", text="arange: cannot compute length")
    return math.ceil(quotient)


@implements(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: Any = 0,
    *,
    device: Any = None,
) -> Any:
    count = integer(num)
    if count < 0:
        raise error("value", text=f"Number of samples, {count}, must be non-negative.")
    parts = count - 1 if endpoint else count
    ends = [as_array(x) for x in (start, stop)]
    # Python numbers are weak here: those of lists are not.
    faces = [x if weak_of(x) else end.dtype for x, end in zip((start, stop), ends, strict=True)]
    kind = promote(*faces, 1.0)
    if kind.kind not in "fc":
        kind = F64
    result = kind if dtype is None else check_dtype(dtype, "np.linspace")
    first, last = (cast(x.value, kind) for x in ends)
    shape = broadcast_shapes("linspace", ends[0].shape, ends[1].shape)
    first, last = spread(first, shape), spread(last, shape)
    length = last - first
    step = (
        length / const(parts, kind)
        if parts > 0
        else ops.broadcast(const(np.nan, kind), shape=shape)
    )
    numbers = cast(ops.iota(size=count, dtype=part_dtype(kind)), kind)
    column = reshape(numbers, (count,) + (1,) * len(shape))
    y = column * step if parts > 0 else column * length
    y = y + first
    if endpoint and count > 1:
        rows = (count, *shape)
        size = (1, *shape)
        if 0 not in shape:
            at, by = (count - 1, *[0] * len(shape)), (1,) * len(rows)
            y = ops.update(spread(y, rows), reshape(last, size), start=at, step=by)
    if dtype is not None and result.kind in "iu":
        y = ops.floor(y)
    y = cast_array(wrap(spread(y, (count, *shape))), result)
    place = one_axis(axis, len(shape) + 1)
    order = list(range(1, len(shape) + 1))
    order.insert(place, 0)
    samples = wrap(y)._view_transpose(tuple(order))
    return (samples, wrap(step)) if retstep else samples


@implements(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    if np.ndim(base):
        raise unsupported("np.logspace with an array as base")
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    y = call_ufunc(np.power, base, exponents)
    return y if dtype is None else wrap(cast(y.value, check_dtype(dtype, "np.logspace")))


@implements(np.geomspace)
def geomspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    """The first and the last element are the given ones, and so are their derivatives."""
    ends = [as_array(x) for x in (start, stop)]
    for end in ends:
        is_zero = ops.any_(ops.eq(end.value, 0), axes=tuple(range(end.ndim)))
        if end.storage.trace.decide(is_zero, "np.geomspace does not begin or end at 0"):
            raise error("value", text="Geometric sequence cannot include zero")
    given = [] if dtype is None else [check_dtype(dtype, "np.geomspace")]
    kind = promote(*[end.dtype for end in ends], 1.0, *given)
    first, last = (wrap(cast(end.value, kind), scalar=end.scalar) for end in ends)
    sign = call_ufunc(np.sign, first)
    logs = [call_ufunc(np.log10, end / sign) for end in (first, last)]
    y = logspace(*logs, num=num, endpoint=endpoint, base=10.0, dtype=kind) * sign
    count, rest = y.shape[0], y.shape[1:]
    value = y.value
    places = [(0, first)] if count else []
    places += [(count - 1, last)] if count > 1 and endpoint else []
    for place, end in places:
        row = reshape(spread(end.value, rest), (1, *rest))
        if 0 not in rest:
            start_at, by = (place, *[0] * len(rest)), (1,) * (1 + len(rest))
            value = ops.update(value, row, start=start_at, step=by)
    value = value if dtype is None else cast(value, given[0])
    order = list(range(1, len(rest) + 1))
    order.insert(one_axis(axis, len(rest) + 1), 0)
    return wrap(value, scalar=False)._view_transpose(tuple(order))
