"""What a loop that is recorded once runs over: ranges, arrays, and ``zip`` and ``enumerate`` of
these. The item of an iteration is made for the loop's symbol."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from ..ir import ops
from ..ir.graph import Value
from ..ir.types import Affine, Dim, upper_bound
from . import indexing
from .array import Array, wrap
from .dims import BOUND, Opaque, dimension, value_of
from .lift import has_proxy
from .regions import number_of


class Sequence:
    """Something to iterate over: ``trip`` iterations, ``item`` for a symbol.

    It is also the iterator that Python would have made, for code that asks for its items.
    """

    trip: Dim | Opaque

    def item(self, at: Affine) -> Any:
        raise NotImplementedError

    def concrete(self) -> Iterator[Any]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not hasattr(self, "_iterator"):
            self._iterator = self.concrete()
        return next(self._iterator)


class Range(Sequence):
    """``range`` whose bounds may be recorded numbers; ``step`` is a known number."""

    def __init__(self, start: Any, stop: Any, step: int) -> None:
        self.bounds = (start, stop, step)
        self.start, self.step = dimension_here(start), step
        # An array, since its value is read inside of the loop.
        opaque = isinstance(self.start, Opaque)
        self.offset = wrap(self.start.value, int) if opaque else None
        last = dimension_here(stop)
        self.trip: Dim | Opaque = _steps(self.start, last, step)

    def item(self, at: Affine) -> Any:
        if self.offset is not None:
            return wrap(self.offset.value + number_of(at * self.step), int, bound=BOUND)
        number = self.start + at * self.step
        return wrap(number_of(number), int, bound=_bound(number))

    def item_number(self, at: Value) -> Any:
        """The item of an iteration that is no affine form of symbols."""
        first = self.start if self.offset is None else None
        start = number_of(first) if first is not None else self.offset.value  # type: ignore[union-attr]
        return wrap(start + at * self.step, int, bound=BOUND)

    def __reversed__(self) -> Any:
        return Backwards(self)

    def concrete(self) -> Iterator[Any]:
        start, stop, step = self.bounds
        return iter(builtins.range(start, stop, step))

    def __iter__(self) -> Iterator[Any]:
        return self.concrete()

    def __len__(self) -> int:
        start, stop, step = self.bounds
        return len(builtins.range(start, stop, step))


def _steps(start: Any, stop: Any, step: int) -> Dim | Opaque:
    if isinstance(start, int) and isinstance(stop, int):
        span = stop - start if step > 0 else start - stop
        return -(-span // abs(step)) if span > 0 else 0
    if not isinstance(start, Opaque) and not isinstance(stop, Opaque):
        span = stop - start if step > 0 else start - stop
        if abs(step) == 1:
            return span
    first, last = value_of(start), value_of(stop)
    number = last - first if step > 0 else first - last
    if abs(step) > 1:
        number = ops.floor_divide(number + (abs(step) - 1), abs(step))
    return Opaque(number)


def dimension_here(x: Any) -> Any:
    """A bound of a range; outside of regions a recorded one keeps its Value."""
    if (isinstance(x, Array) and x.weak is not None) or (isinstance(x, Array) and not x.shape):
        trace = x._check_alive("range()")
        if not trace.is_constant(x.value) and x.dtype.kind in "iu":
            found = ops.dim_of(x.value)
            return Opaque(x.value) if found is None else found
    return dimension(x)


def _bound(number: Dim) -> int:
    """A number that the absolute value of a loop index stays below."""
    if isinstance(number, int):
        return abs(number) + 1
    high, low = upper_bound(number), upper_bound(-number)
    return max(BOUND if high is None else abs(high), BOUND if low is None else abs(low)) + 1


class Backwards(Sequence):
    """A range from its end to its start."""

    def __init__(self, inner: Range) -> None:
        self.inner = inner
        self.trip = inner.trip
        opaque = isinstance(inner.trip, Opaque)
        self.count = wrap(inner.trip.value, int) if opaque else None  # type: ignore[union-attr]

    def item(self, at: Affine) -> Any:
        if self.count is not None:
            return self.inner.item_number(self.count.value - number_of(at) - 1)
        return self.inner.item(self.trip - 1 - at)  # type: ignore[operator, arg-type]

    def concrete(self) -> Iterator[Any]:
        start, stop, step = self.inner.bounds
        return iter(builtins.range(start, stop, step)[::-1])


class Rows(Sequence):
    """The rows (or elements) of an array."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.trip = array.shape[0]

    def item(self, at: Affine) -> Any:
        return indexing.read(self.array, wrap(number_of(at), int, bound=_bound(at)))

    def concrete(self) -> Iterator[Any]:
        return iter(self.array)


class Zipped(Sequence):
    """``zip`` of sequences; the shortest ends it."""

    def __init__(self, parts: list[Any], strict: bool) -> None:
        self.given, self.strict = parts, strict
        self.parts = [sequence_of(part) for part in parts]
        self.trip = _shortest([part.trip for part in self.parts if part is not None])
        self.is_known = None not in self.parts and self.trip is not None

    def item(self, at: Affine) -> Any:
        return tuple(part.item(at) for part in self.parts if part is not None)

    def concrete(self) -> Iterator[Any]:
        return builtins.zip(*self.given, strict=self.strict)


def _shortest(trips: list[Any]) -> Any:
    if trips and all(isinstance(trip, int) for trip in trips):
        return min(trips)
    return trips[0] if trips and all(trip == trips[0] for trip in trips) else None


class Enumerated(Sequence):
    """``enumerate`` of a sequence."""

    def __init__(self, inner: Any, start: Any) -> None:
        self.given, self.start = inner, start
        self.inner = sequence_of(inner)
        self.trip = 0 if self.inner is None else self.inner.trip

    def item(self, at: Affine) -> Any:
        assert self.inner is not None
        number = wrap(number_of(at), int, bound=_bound(at))
        return (number + self.start if self.start != 0 else number), self.inner.item(at)

    def concrete(self) -> Iterator[Any]:
        return zip(itertools.count(self.start), self.given, strict=False)


def sequence_of(iterable: Any) -> Sequence | None:
    """The iterable as a Sequence, where its items can be made for a symbol."""
    if type(iterable) is builtins.range:
        return Range(iterable.start, iterable.stop, iterable.step)
    if isinstance(iterable, Array):
        return Rows(iterable) if iterable.shape else None
    if isinstance(iterable, Zipped):
        return iterable if iterable.is_known else None
    if isinstance(iterable, Enumerated):
        return iterable if iterable.inner is not None else None
    return iterable if isinstance(iterable, Sequence) else None


# --- the builtins that make them -------------------------------------------------------------


def record_range(*args: Any) -> Any:
    if not has_proxy(args):
        return builtins.range(*args)
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    by = dimension(step)
    if not isinstance(by, int) or by == 0:
        return builtins.range(start, stop, step)
    return Range(start, stop, by)


def record_zip(*parts: Any, strict: bool = False) -> Any:
    found = Zipped(list(parts), strict)
    return found if found.is_known and parts else builtins.zip(*parts, strict=strict)


def record_enumerate(iterable: Any, start: Any = 0) -> Any:
    found = Enumerated(iterable, start)
    return builtins.enumerate(iterable, start) if found.inner is None else found


def record_reversed(sequence: Any, /) -> Any:
    if type(sequence) is builtins.range:
        return Range(*_backwards(sequence))
    if isinstance(sequence, Array) and sequence.shape:
        return Rows(sequence[::-1])
    return builtins.reversed(sequence)


def _backwards(numbers: range) -> tuple[int, int, int]:
    turned = numbers[::-1]
    return turned.start, turned.stop, turned.step


STAGED: dict[Any, Callable[..., Any]] = {
    builtins.range: record_range,
    builtins.zip: record_zip,
    builtins.enumerate: record_enumerate,
    builtins.reversed: record_reversed,
}
"""Builtins -> what rewritten code calls instead, while recording."""
