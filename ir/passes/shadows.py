"""Shadows of tapes: zeros for as many rows as a loop has written.

A tape of a loop that nothing bounds has no size, so its zeros are written row by row. How many
there are is known where it is read: the number of iterations of the loop that reads a row in
each, or what the counter that numbers the rows starts from.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ENDLESS, NoDerivative
from ..graph import Block, Graph, Value
from ..op import const, placeholder
from ..ops import broadcast, empty, get, index, loop, update
from ..ops.control import COND, LOOP, UNBOUNDED, passed, trip_of
from ..ops.families import UPDATES
from ..types import ArrayType, Symbol, TupleType


def is_tape(type: ArrayType | TupleType) -> bool:
    return bool(type.shape) and type.shape[0] == UNBOUNDED


def reads_tape(y: Value, position: int, adding: bool = False) -> bool:
    """Whether the regions of ``y`` read rows that a tape has when it comes to them, or (with
    ``adding``) add to them."""
    writes = ("update",) if adding else UPDATES
    for region in y.regions:
        versions = {region.inputs[position]}
        for value in region.values:
            if value.op in (LOOP, COND):
                at = [n for n, arg in enumerate(passed(value)) if arg in versions]
                if any(reads_tape(value, n, adding) for n in at):
                    return True
                if at:
                    versions.add(value)
            elif value.args and value.args[0] in versions:
                if value.op is not get and value.op.name not in writes:
                    return True
                if is_tape(value.type):
                    versions.add(value)
    return False


def zero_tape(
    y: Value, position: int, name: str, known: Callable[[Value], Value] = lambda value: value
) -> Value:
    """Zeros for the rows of a tape that the regions of ``y`` read at an input position.

    ``name``: of a symbol of its own, so that no two shadows are one Value. ``known`` says what
    became of a Value around ``y``.
    """
    rows = _rows(y, position)
    type = y.regions[0].inputs[position].type
    if rows is None:
        raise NoDerivative(ENDLESS)
    tape = placeholder("tape", type)
    counted = Symbol(name, 0, None)
    block = Block((tape,))
    with block:
        row = broadcast(const(0, type.dtype), shape=(1, *type.shape[1:]))
        start = (counted.dim, *[0] * (type.rank - 1))
        filled = update(tape, row, start=start, step=(1,) * type.rank)
    body = Graph((tape,), tuple(block.values), (filled,))
    first = empty(shape=type.shape, dtype=type.dtype)
    return loop(known(rows), None, [first], [], body, counted)[0]


def _rows(y: Value, position: int) -> Value | None:
    """The number of rows, as a Value around ``y``."""
    for region in y.regions:
        x = region.inputs[position]
        definitions = {v.attr("symbol"): v for v in region.values if v.op is index}
        for value in region.values:
            found: Value | None = None
            if value.op.name in ("slice", "accumulate") and value.args[0] is x:
                ((s, _),) = value.attr("start")[0].terms
                if y.op is LOOP and s == y.attr("symbol"):
                    return trip_of(y)
                found = definitions[s].args[0]
            elif value.op in (LOOP, COND) and x in passed(value):
                found = _rows(value, passed(value).index(x))
            while found is not None and found.op.name in ("add", "sub"):
                found = found.args[0]
            if found in region.inputs:
                return passed(y)[region.inputs.index(found)]
    return None
