"""Numbers that sizes and positions are made of, where a loop is recorded once.

Inside a region an index may depend on the loop, or on data. It is an affine form of symbols
where possible, else it gets a symbol of its own: a number that native code computes, and checks
where NumPy would.
"""

from __future__ import annotations

import operator
from typing import Any

from ..ir import ops
from ..ir.graph import Value
from ..ir.ops import dim_of
from ..ir.ops.control import index
from ..ir.sizes import Size, are_asked, integer
from ..ir.types import I64, Affine, Dim, lower_bound, upper_bound
from .core import ArrayCore
from .current import current_trace
from .errors import user_line
from .regions import innermost, number_of, refuse
from .trace import Trace


def _trace() -> Trace:
    trace = current_trace()
    assert trace is not None
    return trace


class Opaque:
    """A number of the loop that is no affine form: only its Value is known."""

    def __init__(self, value: Value) -> None:
        self.value = value


def dimension(x: Any) -> Any:
    """An index, size or bound: an int, an Affine, or an Opaque number.

    Outside of regions it is an int, and what it depends on becomes a guard.
    """
    if not isinstance(x, ArrayCore):
        return x if isinstance(x, Affine) else integer(x)
    trace = x._check_alive("an index")
    if innermost(trace) is None or trace.is_constant(x.value):
        return operator.index(x)
    if x.shape or (x.dtype.kind not in "iu" and x.weak is not bool):
        return operator.index(x)  # raises NumPy's error
    value = x.value if x.dtype == I64 else ops.cast(x.value, dtype=I64)
    found = dim_of(value)
    return Opaque(value) if found is None else found


def place_of(x: Any) -> Any:
    """An index, as `dimension` has it; one that is drawn stays a number and makes no path, and
    so does any of a recording for all sizes."""
    if isinstance(x, ArrayCore) and not x.shape and x.dtype.kind in "iu":
        trace = x._check_alive("an index")
        if innermost(trace) is None and (trace.is_drawn(x.value) or are_asked()):
            return Opaque(x.value if x.dtype == I64 else ops.cast(x.value, dtype=I64))
    return dimension(x)


def moving(x: Any) -> Any:
    """An index that is likely to be another number at the next call: it makes no path."""
    if isinstance(x, ArrayCore) and not x.shape:
        x._check_alive("an index").moving.add(x.value)
    return x


def size_of(x: Any) -> Dim:
    """A size; one that is no affine form of loop indices has no bound to make a buffer for."""
    found = dimension(x)
    if isinstance(found, Opaque):
        refuse(_trace(), "a size depends on data")
    return found


def value_of(x: Any) -> Value:
    return x.value if isinstance(x, Opaque) else number_of(x)


def named(number: Value, high: Dim, where: str = "") -> Affine:
    """A number between 0 and ``high`` as a symbol; with ``where`` that is checked.

    The same number has one symbol, so that equal sizes are seen to be equal.
    """
    trace = _trace()
    known = trace.named.setdefault((trace.block, number, high), {})
    if where in known or (not where and known):
        return known.get(where) or next(iter(known.values()))
    found = trace.symbol(high)
    checked = index(number, symbol=found, where=where)
    if innermost(trace) is None:
        trace.places[found] = checked
    known[where] = found.dim
    return found.dim


BOUND = 2**40
"""Integers of a loop are taken to stay below this; what might not is checked."""


def checked_number(number: Value, text: str) -> Value:
    """An integer that native code has found to be within the bound; else it raises."""
    limit = number_of(BOUND)
    found = _trace().symbol(2 * BOUND)
    return index(number + limit, symbol=found, where=f"{user_line()}: {text}") - limit


def _low(x: Any) -> float:
    found = None if isinstance(x, Opaque) else lower_bound(x)
    return float("-inf") if found is None else found


def _high(x: Any) -> float:
    found = None if isinstance(x, Opaque) else upper_bound(x)
    return float("inf") if found is None else found


def _at_most(x: Any, z: Dim) -> bool:
    return not isinstance(x, Opaque) and _low(z - x) >= 0


def symbolic_position(at: Any, axis: int, dim: Dim) -> Dim:
    """The place of one element: proven to be inside the array, or checked at each access."""
    if _low(at) >= 0 and _at_most(at, dim - 1):
        return at
    if _high(at) < 0 and _low(at + dim) >= 0:
        return at + dim
    value, size = value_of(at), number_of(dim)
    if _low(at) < 0:
        value = ops.where(ops.lt(value, 0), value + size, value)
    where = f"{user_line()}: index {{}} is out of bounds for axis {axis} with size {dim}"
    return named(value, dim - 1, where)


def symbolic_range(start: Any, stop: Any, step: Any, dim: Dim) -> tuple[Dim, int, Dim]:
    """First place, step and count of a slice, clipped to the array as Python does."""
    by = 1 if step is None else step
    if not isinstance(by, int):
        refuse(_trace(), "the step of a slice depends on the loop")
    if by == 0:
        return range(*slice(None, None, 0).indices(1)), 1, 1  # type: ignore[return-value]
    low, high = (0, dim) if by > 0 else (-1, dim - 1)
    first = _clipped(start, low, high, dim) if start is not None else (low if by > 0 else high)
    last = _clipped(stop, low, high, dim) if stop is not None else (high if by > 0 else low)
    span = last - first if by > 0 else first - last
    if abs(by) == 1 and _low(span) >= 0:
        return first, by, span
    number = number_of(span) if isinstance(span, Affine) else number_of(int(span))
    if abs(by) > 1:
        number = ops.floor_divide(number + (abs(by) - 1), abs(by))
    count = named(ops.maximum(number, 0), dim)
    return first, by, count


def _clipped(x: Any, low: int, high: Dim, dim: Dim) -> Dim:
    """A bound of a slice: counted from the end where negative, then between low and high."""
    if _low(x) >= max(low, 0) and _at_most(x, high):
        return x
    if _high(x) < 0 and _low(x + dim) >= low:
        return x + dim
    value, size = value_of(x), number_of(dim)
    if _low(x) < 0:
        value = ops.where(ops.lt(value, 0), value + size, value)
    inside = ops.minimum(ops.maximum(value, low), number_of(high))
    found = named(inside - low, high - low)
    return found + low


def _as_number(size: Size) -> Any:
    from .array import wrap

    return wrap(number_of(size), int, bound=BOUND)


Size.as_number = _as_number
