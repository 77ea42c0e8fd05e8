"""Buffers of stored values: outputs, slots reused by last use, and tapes.

A slot is one region of the arena and one pointer in the native code. Values whose lives do not
overlap share a slot, never a region under two pointers: the pointers are ``noalias``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from ..ir.errors import IRError
from ..ir.graph import Value
from ..ir.ops.control import LOOP, UNBOUNDED
from ..ir.sizes import largest, sample
from .access import most
from .bands import band
from .place import Placement
from .regions import Regions
from .schedule import Buffer, Call, Choice, Loop, Region, Step
from .scope import Flow
from .workspace import places

SMALL = 1 << 15
"""Bytes up to which an array rather has a slot of its own than one of an array with other rows."""


@dataclass(slots=True)
class Arena:
    """What all sections share: the sizes of the slots in bytes, and what is counted.

    ``divides``: whether nests may be divided among threads.
    """

    divides: bool = True

    sizes: list[int] = field(default_factory=list)
    rows: dict[int, int] = field(default_factory=dict)  # of what a slot held last
    tapes: int = 0
    copies: int = 0
    groups: list[set[int]] = field(default_factory=list)  # slots that change places

    def divided(
        self, steps: list[Step], gaps: list[list[Value]], buffers: dict[Value, Buffer]
    ) -> tuple[list[Step], list[list[Value]]]:
        return band(steps, gaps, buffers) if self.divides else (steps, gaps)

    def finish(self) -> list[int]:
        """The sizes; slots that change places are equally large."""
        changed = True
        while changed:
            before = list(self.sizes)
            for group in self.groups:
                size = reduce(largest, [self.sizes[slot] for slot in group])
                for slot in group:
                    self.sizes[slot] = size
            changed = before != self.sizes
        return self.sizes


@dataclass(slots=True)
class Memory:
    """The arena and the slots of it that are free here."""

    consts: dict[Value, Buffer]
    regions: Regions
    arena: Arena = field(default_factory=Arena)
    free: list[int] = field(default_factory=list)

    def branch(self) -> Memory:
        """For a section below: the same slots, its own free list."""
        return Memory(self.consts, self.regions, self.arena, list(self.free))

    def take(self, value: Value) -> Buffer:
        if value.shape[0] == UNBOUNDED:
            self.arena.tapes += 1
            return Buffer("tape", self.arena.tapes - 1)
        size = most(value.shape) * value.dtype.itemsize
        if sample(size) >= UNBOUNDED:
            raise IRError("nothing bounds the size of an array that needs a buffer")
        slot = self._slot(size, most(value.shape[:1]))
        self.arena.rows[slot] = most(value.shape[:1])
        return Buffer("slot", slot)

    def scratch(self, size: int) -> Buffer:
        """Memory for the time of one step."""
        slot = self._slot(size, 1)
        self.arena.rows[slot] = 1
        return Buffer("slot", slot)

    def _slot(self, size: int, rows: int) -> int:
        sizes = self.arena.sizes
        free = self.free
        if sample(size) <= SMALL:  # not worth a slot with other rows, which would part a band
            free = [slot for slot in free if self.arena.rows[slot] == rows]
        fitting = [slot for slot in free if largest(sizes[slot], size) is sizes[slot]]
        if fitting:
            slot = min(fitting, key=lambda slot: sample(sizes[slot]))
        elif free:
            slot = max(free, key=lambda slot: sample(sizes[slot]))
            sizes[slot] = largest(sizes[slot], size)
        else:
            sizes.append(size)
            return len(sizes) - 1
        self.free.remove(slot)
        return slot


def assign(placement: Placement, buffers: dict[Value, Buffer], memory: Memory) -> list[Step]:
    """Adds the buffers of the values stored here; returns the steps, with planned regions."""
    memory.arena.copies += placement.copies
    owner = {value: placement.owner(value) for value in placement.position if value.shape}
    output = {owner[v]: number for v, number in placement.output_of.items()}
    begin: dict[Value, int] = {}
    end: dict[Value, int] = {}
    for value, first in owner.items():
        start = placement.started.get(value, placement.position[value])
        begin[first] = min(begin.get(first, start), start)
        reads = [step for step, _ in placement.readers.get(value, ())]
        end[first] = max([end.get(first, 0), placement.position[value], *reads])
    for value in (value for turn in placement.turns for value in turn):
        if value in end:  # kept for the next iteration
            end[value] = len(placement.steps) - 1
    by_step: dict[int, list[Value]] = {}
    for first, start in begin.items():
        if first in output:
            buffers[first] = Buffer("output", output[first])
        elif first not in buffers:
            by_step.setdefault(start, []).append(first)
    leaving: dict[int, list[int]] = {}
    steps: list[Step] = []
    for number, step in enumerate(placement.steps):
        for first in by_step.get(number, ()):
            buffers[first] = buffer = memory.take(first)
            if buffer.kind == "slot":
                leaving.setdefault(end[first], []).append(buffer.number)
        for value in owner:
            if placement.position[value] == number:
                buffers[value] = buffers[owner[value]]
        if isinstance(step, Call):
            step = _with_scratch(step, memory)
            if step.scratch is not None:
                leaving.setdefault(number, []).append(step.scratch.number)
        steps.append(_planned(step, buffers, memory) if isinstance(step, Flow) else step)
        if placement.scope.final:
            memory.free.extend(leaving.get(number, ()))
    return steps


def _with_scratch(call: Call, memory: Memory) -> Call:
    size = places(call.value)[1]
    return Call(call.value, memory.scratch(size)) if size else call


def _planned(step: Flow, buffers: dict[Value, Buffer], memory: Memory) -> Step:
    """The step with its regions' buffers: those of its arguments and results, and slots."""
    value, results = step.value, memory.regions.results(step.value)
    passed = value.args[1 + int(value.attr("test")) :] if value.op is LOOP else value.args[1:]
    regions = []
    for graph, placement in zip(value.regions, memory.regions.placements(value), strict=True):
        inside = dict(memory.consts)
        for inner, outer in zip(graph.inputs, passed, strict=True):
            if outer in buffers and inner.shape:
                inside[inner] = buffers[outer]
        carried = [result for result in results if result.shape]
        for carry, result in zip(placement.scope.carries or (), carried, strict=True):
            inside[carry.place] = buffers[result]
        steps = assign(placement, inside, memory)
        turns = [(inside[source], inside[target]) for source, target in placement.turns]
        if turns:
            assert all(buffer.kind == "slot" for pair in turns for buffer in pair)
            memory.arena.groups.append({buffer.number for pair in turns for buffer in pair})
        divided = memory.arena.divided(steps, placement.gaps(), inside)
        regions.append(Region(*divided, inside, graph, turns))
    if value.op is LOOP:
        return Loop(value, results, regions[0])
    return Choice(value, results, regions[0], regions[1])
