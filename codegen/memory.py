"""Buffers of one section's stored values: outputs, and slots reused by last use.

A slot is one region of the arena and one pointer in the native code. Values whose lives do not
overlap share a slot, never a region under two pointers: the pointers are ``noalias``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ir.graph import Value
from .place import Placement
from .schedule import Buffer


@dataclass(slots=True)
class Memory:
    """Slot sizes in bytes (shared by all sections) and the slots that are free here."""

    sizes: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    def branch(self) -> Memory:
        """For a section below: the same slots, its own free list."""
        return Memory(self.sizes, list(self.free))

    def take(self, size: int) -> int:
        fitting = [slot for slot in self.free if self.sizes[slot] >= size]
        if fitting:
            slot = min(fitting, key=self.sizes.__getitem__)
        elif self.free:
            slot = max(self.free, key=self.sizes.__getitem__)
            self.sizes[slot] = size
        else:
            slot = len(self.sizes)
            self.sizes.append(size)
            return slot
        self.free.remove(slot)
        return slot


def assign_buffers(
    placement: Placement, buffers: dict[Value, Buffer], memory: Memory, last: bool
) -> Memory:
    """Adds the buffers of the values stored in this section; ``last``: no section follows."""
    owner = {value: _owner(placement, value) for value in placement.position if value.shape}
    output = {owner[v]: number for v, number in placement.output_of.items()}
    begin: dict[Value, int] = {}
    end: dict[Value, int] = {}
    for value, first in owner.items():
        start = placement.started.get(value, placement.position[value])
        begin[first] = min(begin.get(first, start), start)
        reads = [step for step, _ in placement.readers.get(value, ())]
        end[first] = max([end.get(first, 0), placement.position[value], *reads])
    by_step: dict[int, list[Value]] = {}
    for first, start in begin.items():
        if first in output or first in buffers:
            continue
        by_step.setdefault(start, []).append(first)
    leaving: dict[int, list[int]] = {}
    for step in range(len(placement.steps)):
        for first in by_step.get(step, ()):
            size = first.type.size * first.dtype.itemsize
            slot = memory.take(size)
            buffers[first] = Buffer("slot", slot)
            leaving.setdefault(end[first], []).append(slot)
        if last:
            memory.free.extend(leaving.get(step, ()))
    for value, first in owner.items():
        if first in output:
            buffers[value] = Buffer("output", output[first])
        else:
            buffers[value] = buffers[first]
    return memory


def _owner(placement: Placement, value: Value) -> Value:
    """The first version of the buffer that ``value`` is a version of."""
    while value in placement.in_place:
        value = placement.in_place[value]
    return value
