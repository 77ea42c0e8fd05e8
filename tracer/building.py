"""The loop op that is built of a body once it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ir import ops
from ..ir.graph import Graph, Value
from ..ir.op import INPUT
from ..ir.ops.control import loop
from ..ir.types import BOOL
from .array import Array
from .core import Storage
from .errors import error
from .filling import Filled
from .lift import lift
from .regions import Recorded, innermost
from .segments import segmented
from .state import Cell, Kind, nothing

if TYPE_CHECKING:
    from .rolling import Roll

Output = tuple[Cell, int, Kind, Value, Value]
"""A variable or place, the leaf of it, its kind, its input and its output."""


def build(
    roll: Roll,
    recorded: Recorded,
    outputs: Sequence[Output],
    fresh: Sequence[tuple[str, int, Kind, Value]],
    written: Sequence[Storage],
    filled: Sequence[Filled],
    go: Value | None,
) -> list[Value]:
    """The results of the loop that a recorded body makes, in the order of what is carried.

    ``outputs``: what variables and places become; ``fresh``: variables that the body binds
    first; then the arrays that it writes to, and the lists that it fills.
    """
    block = roll.region
    state: list[tuple[Value, Value, Value]] = []  # input, first value, output
    for place, n, kind, entered, out in outputs:
        state.append((entered, kind.lift(roll.carried[place].before[n]), out))
    for storage in written:
        entry = recorded.entries[storage]
        entered = entry.input
        if entered not in block.inputs:  # a constant of the region that was written to
            entered = Value(INPUT, (), (("name", "x"),), entered.type)
        state.append((entered, entry.outer, recorded.finals[storage]))
    for _, _, kind, out in fresh:
        state.append((Value(INPUT, (), (("name", "last"),), out.type), nothing(kind), out))
    state += [(rows.entered, rows.first(), rows.out) for rows in filled]
    carried_inputs = {entered for entered, _, _ in state}
    rest: list[tuple[Value, Value]] = []
    for cell in roll.carried.values():
        for leaf, known, x in zip(cell.before, cell.kinds, cell.entered, strict=True):
            if known is not None and x is not None and x not in carried_inputs:
                rest.append((x, known.lift(leaf)))
    for entry in recorded.entries.values():
        if entry.input in block.inputs and entry.input not in carried_inputs:
            rest.append((entry.input, entry.outer))
    inputs = [entered for entered, _, _ in state] + [entered for entered, _ in rest]
    results = [out for _, _, out in state] + ([] if go is None else [go])
    body = Graph(tuple(inputs), tuple(block.values), tuple(results))
    start = None
    if go is not None:
        start = lift(roll.go if isinstance(roll.go, Array) else True)
        start = start if start.dtype == BOOL else ops.cast(start, dtype=BOOL)
    first, given = [first for _, first, _ in state], [outer for _, outer in rest]
    if roll.trace.checkpointing and innermost(roll.trace) is None:
        if go is not None:
            raise error("checkpoint", where=roll.where)
        return segmented(roll.trace, roll.trip, first, given, body, roll.symbol)
    return loop(roll.trip, start, first, given, body, roll.symbol)
