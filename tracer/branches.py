"""Branches inside loops that are recorded once: both ways are recorded, and merged.

A variable that either way assigns is a result of the branch. Where one way leaves it unbound, it
is NaN (or 0) there: a program that reads it then would have failed in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Graph, Value, inline
from ..ir.op import INPUT
from ..ir.ops import cond
from ..ir.types import BOOL
from .array import Array, wrap
from .containers import flatten, rebuild
from .core import ArrayCore
from .current import current_trace
from .errors import user_line
from .regions import (
    Recorded,
    RegionBlock,
    close_region,
    innermost,
    open_region,
    refuse,
    reopen_region,
)
from .state import Cell, Kind, Slot, Snapshot, join, kind_of, nothing, same_static, variable
from .trace import Trace
from .unset import UNSET


def is_symbolic(test: Any) -> bool:
    """Whether a condition is one that a region must record both ways."""
    if not isinstance(test, ArrayCore):
        return False
    trace = current_trace()
    return (
        trace is not None
        and innermost(trace) is not None
        and test.size == 1
        and not trace.is_constant(test.value)
    )


def truth(test: Array) -> Value:
    """A condition as a bool scalar."""
    value = ops.reshape(test.value, shape=()) if test.shape else test.value
    return value if value.dtype == BOOL else ops.cast(value, dtype=BOOL)


@dataclass(slots=True)
class Way:
    """One way of a branch after its recording: what it left in variables and places."""

    recorded: Recorded
    after: dict[Cell, Any]


@dataclass(slots=True)
class _Merged:
    """A leaf that becomes a result: its kind, and what it is in either way."""

    kind: Kind
    leaves: tuple[Any, Any]


class Fork:
    """The recording of one branch. ``values``: what the next round is run with."""

    def __init__(self, trace: Trace, test: Array, names: Sequence[str]) -> None:
        self.trace = trace
        self.condition = truth(test)
        self.names = names
        self.where = user_line()
        self.ways: list[Way] = []
        self.values: tuple[Any, ...] = ()
        self.taken = False
        self.region: RegionBlock | None = None

    def more(self, frame: FrameType) -> bool:
        """Whether a way is to be run; both are run, then their results are merged."""
        found = frame.f_locals
        now: dict[Cell, Any] = {name: variable(found, name) for name in self.names}
        if self.region is None:
            self.entry = now
            self.slots = Snapshot(frame)
        else:
            self._leave(now)
        if len(self.ways) < 2:
            self._enter()
            self.values = tuple(self.entry.values())
            return True
        merged = self._merge()
        self.values = tuple(merged[name] for name in self.names)
        return False

    def _enter(self) -> None:
        outer = innermost(self.trace)
        assert outer is not None
        self.taken = not self.ways
        self.region = open_region(self.trace, outer.key, outer.where)

    def _leave(self, now: dict[Cell, Any]) -> None:
        changed = self.slots.changed()
        if changed is None or changed[1]:
            refuse(self.trace, "a branch adds items to a list, dict or object, or removes some")
        assert self.region is not None
        now |= {slot: slot.get() for slot in changed[0]} if changed else {}
        self.ways.append(Way(close_region(self.trace, self.region), now))
        self.slots.restore()

    def both(self, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
        """Records two expressions in place of statements."""
        self.entry, self.slots = {}, Snapshot()
        result: dict[Cell, Any] = {}
        for thunk in (then, other):
            self._enter()
            result["result"] = thunk()
            self._leave(dict(result))
        return self._merge()["result"]

    # --- merging --------------------------------------------------------------------------------

    def _merge(self) -> dict[Cell, Any]:
        then, other = self.ways
        cells: dict[Cell, Any] = {}
        merged: list[_Merged] = []
        for place in dict.fromkeys([*then.after, *other.after]):
            before = self.slots.before(place) if isinstance(place, Slot) else None
            pair = (then.after.get(place, before), other.after.get(place, before))
            cells[place] = self._pair(str(place), pair, merged)
        results = self._build(merged)
        values: dict[Cell, Any] = {}
        for place, found in cells.items():
            values[place] = found(results) if callable(found) else found.value
            if isinstance(place, Slot):
                place.set(values[place])
        return values

    def _pair(self, name: str, pair: tuple[Any, Any], merged: list[_Merged]) -> Any:
        """What becomes of a variable: a Kept value, or a function of the results."""
        x, z = pair
        if x is z:
            return _Kept(x)
        if x is UNSET or z is UNSET:
            present = z if x is UNSET else x
            leaves, structure = flatten(present)
            pairs = [(UNSET, leaf) if x is UNSET else (leaf, UNSET) for leaf in leaves]
        else:
            leaves, structure = flatten(x)
            others, same = flatten(z)
            if structure != same:
                refuse(self.trace, f"{name} has another structure in each branch")
            pairs = list(zip(leaves, others, strict=True))
        slots = [self._leaf(name, pair, merged) for pair in pairs]

        def make(results: Sequence[Array]) -> Any:
            return rebuild(structure, [results[s] if type(s) is int else s.value for s in slots])

        return make

    def _leaf(self, name: str, pair: tuple[Any, Any], merged: list[_Merged]) -> Any:
        """The number of a result, or a leaf that is the same in both ways."""
        x, z = pair
        if x is z:
            return _Kept(x)
        kinds = [kind_of(leaf) for leaf in pair if leaf is not UNSET]
        if None in kinds:
            if UNSET in pair:
                return _Kept(z if x is UNSET else x)
            if same_static(x, z):
                return _Kept(x)
            refuse(self.trace, f"{name} is another object in each branch")
        kind = kinds[0] if len(kinds) == 1 else _common(kinds[0], kinds[1])
        if kind is None:
            refuse(self.trace, f"{name} is {kinds[0]} in one branch and {kinds[1]} in the other")
        assert kind is not None
        merged.append(_Merged(kind, pair))
        return len(merged) - 1

    def _build(self, merged: Sequence[_Merged]) -> list[Array]:
        lifted = []
        for at, way in enumerate(self.ways):
            reopen_region(self.trace, way.recorded)
            outputs = [
                nothing(m.kind) if m.leaves[at] is UNSET else m.kind.lift(m.leaves[at])
                for m in merged
            ]
            way.recorded = close_region(self.trace, way.recorded.block)
            lifted.append(outputs)
        written = list(dict.fromkeys(s for way in self.ways for s in way.recorded.written))
        entries = [way.recorded.entries for way in self.ways]
        outer = {s: entry.outer for found in reversed(entries) for s, entry in found.items()}
        blocks = [way.recorded.block for way in self.ways]
        used = [
            s
            for s in outer
            if s in written
            or any(
                s in found and found[s].input in block.inputs
                for found, block in zip(entries, blocks, strict=True)
            )
        ]
        args = [outer[s] for s in used]
        graphs = [
            self._graph(way.recorded, used, args, written, outputs)
            for way, outputs in zip(self.ways, lifted, strict=True)
        ]
        found = self._apply(args, graphs)
        results = []
        for m, y in zip(merged, found, strict=False):
            results.append(m.kind.result(y))
            if not m.kind.scalar and not self._are_fresh(m.leaves):
                results[-1].storage.doubt = self.where
        for storage, y in zip(written, found[len(merged) :], strict=True):
            storage.value = y
            storage.version += 1
        return results

    def _are_fresh(self, leaves: tuple[Any, Any]) -> bool:
        """Whether both ways made the array anew, so that it shares memory with no other."""
        blocks = [way.recorded.block for way in self.ways]
        return all(
            isinstance(leaf, ArrayCore) and leaf.storage.block is block and not leaf.steps
            for leaf, block in zip(leaves, blocks, strict=True)
        )

    def _graph(
        self,
        recorded: Recorded,
        used: Sequence[Any],
        args: Sequence[Value],
        written: Sequence[Any],
        outputs: Sequence[Value],
    ) -> Graph:
        inputs = []
        for storage, arg in zip(used, args, strict=True):
            entry = recorded.entries.get(storage)
            if entry is None or entry.input not in recorded.block.inputs:
                inputs.append(Value(INPUT, (), (("name", "x"),), arg.type))
            else:
                inputs.append(entry.input)
        finals = [recorded.finals.get(storage, inputs[used.index(storage)]) for storage in written]
        values = tuple(recorded.block.values)
        return Graph(tuple(inputs), values, (*outputs, *finals))

    def _apply(self, args: Sequence[Value], graphs: Sequence[Graph]) -> list[Value]:
        """The branch; of a few numbers that cannot fail, both ways and a choice."""
        then, other = graphs
        simple = all(
            value.op.kind in ("pointwise", "leaf", "linear")
            and not value.shape
            and value.op.name not in ("index", "empty")
            for graph in graphs
            for value in graph.values
        )
        numbers = all(y.dtype.kind not in "fc" and not y.shape for y in then.outputs)
        if simple and numbers:
            pairs = zip(inline(then, args), inline(other, args), strict=True)
            return [ops.where(self.condition, x, z) for x, z in pairs]
        return cond(self.condition, args, then, other)


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any


def _common(x: Kind | None, z: Kind | None) -> Kind | None:
    """One kind for what two ways leave: dtypes are promoted, shapes must agree."""
    assert x is not None and z is not None  # noqa: PT018
    both = join(x, z)
    if both is not None or x.shape != z.shape:
        return both
    dtype = np.result_type(x.dtype, z.dtype)
    return Kind(None, dtype, x.shape, x.scalar and z.scalar, None)


def choose(test: Array, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
    """``then() if test else other()`` with both recorded."""
    trace = current_trace()
    assert trace is not None
    return Fork(trace, test, ()).both(then, other)


def opposite(test: Array) -> Array:
    return wrap(ops.logical_not(truth(test)), bool)
