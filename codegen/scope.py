"""What a placement is asked for, and what it notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ir.graph import Value
from ..ir.ops.families import UPDATES
from ..ir.ops.structure import are_disjoint
from ..ir.types import Shape
from .access import Linear


@dataclass(frozen=True, slots=True)
class Carry:
    """An array output of a region, and the input in whose buffer it must end.

    ``update`` writes ``content`` (the output, or a view of it) there, where nothing better is
    found.
    """

    place: Value
    output: Value
    content: Value
    update: Value


@dataclass(frozen=True, slots=True)
class Scope:
    """What a piece of code is for: its outputs; ``final``: nothing comes after it.

    ``carries`` are those of a region, None for a section of the tree.
    """

    outputs: tuple[Value, ...] = ()
    final: bool = True
    carries: tuple[Carry, ...] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A loop or branch as a step, whose regions have been placed apart."""

    value: Value


@dataclass(frozen=True, slots=True)
class Overwrite:
    """When a version of an array is overwritten, and by what; ``at``: in which order."""

    step: int
    writer: Value
    at: Linear | None = None
    over: Shape | None = None

    def follows(self, at: Linear | None, over: Shape | None) -> bool:
        """Whether a read in the nest that overwrites meets each element before the write.

        A nest that does not loop reads everything before it writes.
        """
        return at is not None and self.over == over and (self.at == at or over == ())


def stands(u: Value, reader: Value, overwritten: Mapping[Value, Overwrite]) -> bool:
    """Whether what a slice reads of a version lies outside of all that was written over it."""
    if reader.op.name != "slice":
        return False
    read = (reader.attr("start"), reader.attr("step"), reader.shape)
    while u in overwritten:
        u = overwritten[u].writer
        if u.op.name not in UPDATES:
            return False
        written = (u.attr("start"), u.attr("step"), u.args[1].shape)
        if not are_disjoint(written, read):
            return False
    return True
