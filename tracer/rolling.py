"""Loops that are recorded once.

The body runs on values that stand for those of any iteration: each variable that it assigns
(and each place in a container) is an input of the region at its start and an output at its end.
Which they are, and of what kinds, is found by trying: a variable that turns out to be rebound,
or of a wider kind, is one in the next attempt. What cannot be recorded in this way raises
``RestartError``, and the function is recorded again with the loop unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from ..ir import ops
from ..ir.graph import Value
from ..ir.op import const
from ..ir.ops.control import UNBOUNDED
from ..ir.types import BOOL, I64, Affine, Dim, lower_bound
from . import iteration
from .aliases import left_behind
from .array import Array, wrap
from .building import Output, build
from .containers import flatten, rebuild
from .core import Storage
from .dims import BOUND, Opaque, checked_number, value_of
from .drawing import drawing_of
from .errors import user_line
from .filling import Filled, fill, rows_of, storages_of
from .lift import lift
from .recording import Settled
from .regions import RestartError, Steps, close_region, innermost, open_region
from .rounds import settle
from .state import (
    Carried,
    Cell,
    Kind,
    Slot,
    Snapshot,
    join,
    kind_of,
    same_static,
    variable,
)
from .trace import Trace
from .unset import UNSET

ATTEMPTS = 8
"""Recordings of one body until the kinds of what it carries must have settled."""


class Roll:
    """The recording of one loop. ``values`` and ``item`` are what the next round is run with."""

    def __init__(
        self,
        trace: Trace,
        key: object,
        names: Sequence[str],
        live: Sequence[str],
        stop: Sequence[str],
        sequence: iteration.Sequence | None,
        test: Callable[[], Any] | None,
    ) -> None:
        self.trace = trace
        self.key = key
        self.names = names
        self.live = live
        self.stop = stop
        self.sequence = sequence
        self.test = test
        self.where = user_line()
        if sequence is not None and Settled(key) in trace.unrolled:
            settle(trace, sequence)
        self.first = 0  # iterations that were peeled off
        self.item: Any = None
        self.values: tuple[Any, ...] = ()
        self.state = "start"
        self.attempts = 0
        self.appended: list[tuple[list[Any], list[Any]]] = []
        self.left: list[Storage] = []  # arrays that other names were written in place of

    def more(self, frame: FrameType) -> bool:
        """Whether the body is to be run (again)."""
        if self.state == "start":
            return self._first(frame)
        if self.state == "peel":
            return self._peeled(frame)
        return self._end(frame)

    def _refuse(self, reason: str) -> RestartError:
        return RestartError(self.key, self.where, reason)

    # --- the start of the body ------------------------------------------------------------------

    def _look(self, frame: FrameType) -> None:
        """Takes over the state before the loop."""
        found = frame.f_locals
        self.entry = {name: variable(found, name) for name in self.names}
        self.slots = Snapshot(frame)
        self.carried: dict[Cell, Carried] = {}
        for name, value in self.entry.items():
            if value is UNSET or isinstance(value, list | dict):
                continue
            cell = Carried.of(value)
            arrays = [kind is not None and not kind.scalar for kind in cell.kinds]
            if any(cell.kinds) and not any(arrays):
                self.carried[name] = cell

    def _first(self, frame: FrameType) -> bool:
        """Begins where the variables are those before the loop; False without an iteration."""
        self._look(frame)
        self.go: Any = True if self.test is None else self.test()
        if not isinstance(self.go, Array) and not self.go:
            self.values = tuple(self.entry[name] for name in self.names)
            return False
        return self._begin()

    def _begin(self) -> bool:
        """Opens the region for an attempt."""
        self.attempts += 1
        if self.attempts > ATTEMPTS:
            raise self._refuse("the types of what it carries never settle")
        self.trip, high = self._trip()
        self.symbol = self.trace.symbol(high)
        self.region = open_region(self.trace, self.key, self.where, self._steps())
        self.mark = drawing_of(self.trace).mark()
        self.region.first = self.mark.number
        for cell in self.carried.values():
            for n, kind in enumerate(cell.kinds):
                if kind is not None:
                    cell.entered[n] = entered = self.region.input(f"c{n}", kind.type)
                    cell.inputs[n] = kind.proxy(self.trace, self.region, entered)
        values = dict(self.entry)
        for place, cell in self.carried.items():
            leaves = [
                leaf if array is None else array
                for leaf, array in zip(cell.before, cell.inputs, strict=True)
            ]
            if isinstance(place, Slot):
                place.set(rebuild(cell.structure, leaves))
            else:
                values[place] = rebuild(cell.structure, leaves)
        self.values = tuple(values[name] for name in self.names)
        if self.sequence is not None:
            self.item = self.sequence.item(self.symbol.dim + self.first)  # type: ignore[arg-type]
        self.state = "body"
        return True

    def _steps(self) -> Steps | None:
        """The iterations, where none can be the last one early."""
        if self.sequence is None or self.stop or self.test is not None:
            return None
        trip = self.sequence.trip
        if isinstance(trip, Affine):
            return None
        return Steps(self.symbol, None if isinstance(trip, Opaque) else trip - self.first)

    def _trip(self) -> tuple[Value, Dim | None]:
        """The number of iterations left, and the highest one."""
        if self.sequence is None:
            return const(UNBOUNDED, I64), None
        trip = self.sequence.trip
        if isinstance(trip, Opaque):
            return trip.value - self.first if self.first else trip.value, None
        return value_of(trip - self.first), trip - self.first - 1

    # --- the end of the body --------------------------------------------------------------------

    def _end(self, frame: FrameType) -> bool:
        found = frame.f_locals
        after = {name: variable(found, name) for name in self.names}
        changed = self.slots.changed()
        if changed is None:
            raise self._refuse("a list, dict or object gets more or fewer items in each iteration")
        slots, self.appended = changed
        try:
            again = self._compare(after, slots)
        except _DiffersError as problem:
            return self._peel(frame, str(problem))
        if not again:
            self._finish(after)
            return False
        self._abandon()
        return self._begin()

    def _abandon(self) -> None:
        close_region(self.trace, self.region)
        drawing_of(self.trace).go_back(self.trace, self.mark)
        self.slots.restore()

    def _compare(self, after: dict[str, Any], changed: Sequence[Slot]) -> bool:
        """Whether another attempt is needed, with more or wider carried cells."""
        again = False
        for slot in changed:
            if slot not in self.carried:
                self.carried[slot] = Carried.of(self.slots.before(slot))
                again = True
        for name, value in after.items():
            before = self.entry[name]
            if name in self.carried or before is UNSET or value is before:
                continue
            if not same_static(before, value):
                self.carried[name] = Carried.of(before)
                again = True
        if again:
            return True
        for place, cell in self.carried.items():
            value = _now(place, after)
            name = str(place)
            if value is UNSET:
                raise self._refuse(f"{name} is deleted in the loop")
            leaves, structure = flatten(value)
            if structure != cell.structure:
                raise _DiffersError(f"{name} becomes a {type(value).__name__} of other structure")
            for n, leaf in enumerate(leaves):
                again |= self._widen(name, cell, n, leaf)
        return again

    def _widen(self, name: str, cell: Carried, n: int, leaf: Any) -> bool:
        kind, found = cell.kinds[n], kind_of(leaf)
        if kind is None or found is None:
            if kind is None and found is None and same_static(leaf, cell.before[n]):
                return False
            old = type(cell.before[n]).__name__ if kind is None else str(kind)
            new = type(leaf).__name__ if found is None else str(found)
            raise _DiffersError(f"{name} is {old} before and {new} after the first iteration")
        both = join(kind, found)
        if both is None:
            raise _DiffersError(f"{name} is {kind} before and {found} after the first iteration")
        cell.kinds[n] = both
        return both != kind

    # --- a first iteration apart ------------------------------------------------------------------

    def _peel(self, frame: FrameType, reason: str) -> bool:
        """Runs one iteration outside of the loop, after which the kinds may have settled."""
        self._abandon()
        if self.first:
            raise self._refuse(reason)
        self._require(self._is_entered(), reason)
        self.state = "peel"
        self.values = tuple(self.entry[name] for name in self.names)
        if self.sequence is not None:
            self.item = self.sequence.item(0)  # type: ignore[arg-type]
        return True

    def _is_entered(self) -> Any:
        if self.sequence is None:
            return self.go
        trip = self.sequence.trip
        if isinstance(trip, Opaque):
            return wrap(trip.value) > 0
        low = lower_bound(trip)
        return low is not None and low > 0

    def _require(self, condition: Any, reason: str) -> None:
        """A condition that must hold on this path; inside a region it must be known."""
        unknown = isinstance(condition, Array) and innermost(self.trace) is not None
        if unknown or not bool(condition):
            raise self._refuse(reason)

    def _peeled(self, frame: FrameType) -> bool:
        found = frame.f_locals
        for flag in self.stop:
            if isinstance(found[flag], Array) and innermost(self.trace) is not None:
                raise self._refuse("its first iteration may end it")
            if bool(found[flag]):
                self.values = tuple(variable(found, name) for name in self.names)
                return False
        self.first, self.attempts = 1, 0
        return self._first(frame)

    # --- the loop itself ------------------------------------------------------------------------

    def _finish(self, after: dict[str, Any]) -> None:
        """Builds the loop and binds variables and places to its results."""
        outputs: list[Output] = []  # cell, leaf, kind, input, output
        for place, cell in self.carried.items():
            value = _now(place, after)
            for n, leaf in enumerate(flatten(value)[0]):
                kind, entered = cell.kinds[n], cell.entered[n]
                if kind is None or entered is None:
                    continue
                out = kind.lift(leaf)
                if out is not entered:
                    outputs.append((place, n, kind, entered, self._checked(kind, leaf, out)))
        arrays = self._arrays(after)
        left = left_behind(arrays, self.region)
        if left is None:
            raise self._refuse(
                "an array that is assigned to another name is also written to in place"
            )
        self.left = left
        new = {
            name: Carried.of(after[name])
            for name in self.live
            if self.entry[name] is UNSET and after[name] is not UNSET
        }
        fresh = [
            (name, n, kind, kind.lift(leaf))
            for name, cell in new.items()
            for n, (kind, leaf) in enumerate(zip(cell.kinds, cell.before, strict=True))
            if kind is not None
        ]
        filled = self._filled(arrays)
        go = self._goes_on(after)
        recorded = close_region(self.trace, self.region)
        drawing_of(self.trace).repeat(self.trace, self.mark)
        written = recorded.written
        results = build(self, recorded, outputs, fresh, written, filled, go)
        self._deliver(after, outputs, new, fresh, written, results)
        fill(self.appended, filled, results[len(results) - len(filled) :], self.where)

    def _checked(self, kind: Kind, leaf: Any, out: Value) -> Value:
        """A carried integer that may outgrow 64 bits is checked in each iteration."""
        bound = getattr(leaf, "bound", 0)
        if kind.weak is not int or (bound is not None and bound <= 2 * BOUND):
            return out
        return checked_number(out, "the integer {} is too large for a compiled loop")

    def _goes_on(self, after: dict[str, Any]) -> Value | None:
        """Whether there is a next iteration, as far as that depends on the body."""
        parts = []
        for flag in self.stop:
            if after[flag] is not False:
                parts.append(ops.logical_not(lift(after[flag], BOOL)))
        if self.test is not None:
            found = self.test()
            if not isinstance(found, Array) and found and not parts:
                raise self._refuse("its condition does not depend on what the loop computes")
            truth = lift(found if isinstance(found, Array) else bool(found))
            parts.append(truth if truth.dtype == BOOL else ops.cast(truth, dtype=BOOL))
        if not parts:
            return None
        go = parts[0]
        for part in parts[1:]:
            go = ops.logical_and(go, part)
        return go

    def _deliver(
        self,
        after: dict[str, Any],
        outputs: list[Output],
        new: dict[str, Carried],
        fresh: list[tuple[str, int, Kind, Value]],
        written: list[Storage],
        results: list[Value],
    ) -> None:
        values = dict(self.entry)
        self.slots.restore()
        leaves = {place: list(cell.before) for place, cell in self.carried.items()}
        listed = storages_of(self.appended)
        for (place, n, kind, _, _), y in zip(outputs, results, strict=False):
            leaves[place][n] = result = kind.result(y)
            end = None if isinstance(place, Slot) else flatten(after[place])[0][n]
            if isinstance(end, Array) and id(end.storage) in listed:
                result.storage.doubt = self.where
        for place, cell in self.carried.items():
            if not any(found is place or found == place for found, *_ in outputs):
                continue
            value = rebuild(cell.structure, leaves[place])
            if isinstance(place, Slot):
                place.set(value)
            else:
                values[place] = value
        for storage, y in zip(written, results[len(outputs) :], strict=False):
            storage.value = y
            storage.version += 1
        last = {name: list(cell.before) for name, cell in new.items()}
        at = len(outputs) + len(written)
        for (name, n, kind, _), y in zip(fresh, results[at:], strict=False):
            last[name][n] = found = kind.result(y)
            if not kind.scalar:
                found.storage.doubt = self.where
        for name, cell in new.items():
            values[name] = rebuild(cell.structure, last[name])
        self.values = tuple(values[name] for name in self.names)
        for storage in self.left:
            storage.stale = self.where
        self.state = "done"

    def _arrays(self, after: dict[str, Any]) -> list[tuple[Any, Array, Any]]:
        """The carried arrays before, in and after an iteration."""
        found = []
        for place, cell in self.carried.items():
            value = _now(place, after)
            leaves = flatten(value)[0]
            for before, array, leaf in zip(cell.before, cell.inputs, leaves, strict=True):
                if array is not None and not array.scalar:
                    found.append((before, array, leaf))
        return found

    def _filled(self, arrays: list[tuple[Any, Array, Any]]) -> list[Filled]:
        """The rows that each iteration appends to lists."""
        if not self.appended:
            return []
        trip = None if self.sequence is None else self.sequence.trip
        if not isinstance(trip, int) or self.stop or self.test is not None:
            raise self._refuse("a list grows in a loop of unknown length")
        # What the next iteration writes to in place under another name.
        written = any(array.storage.version for _, array, _ in arrays)
        later = {id(x.storage) for _, _, x in arrays if written and isinstance(x, Array)}
        found = rows_of(self.appended, self.region, self.symbol.dim, trip - self.first, later)
        if found is None:
            raise self._refuse("what is appended to a list is also written to in place")
        return found


def _now(place: Cell, after: dict[str, Any]) -> Any:
    """What a variable or place holds after an iteration."""
    return place.get() if isinstance(place, Slot) else after[place]


class _DiffersError(Exception):
    """A variable that has another kind after the first iteration than before."""
