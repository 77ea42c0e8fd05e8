"""``segmented``: loops whose derivative keeps about the square root of their steps.

A loop of T steps becomes a loop over segments of about sqrt(T) steps. The derivative keeps what
each segment starts from, and runs a segment again before it runs it backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from ..ir import ops
from ..ir.graph import Block, Graph, Value
from ..ir.op import placeholder
from ..ir.ops.control import index, loop
from ..ir.types import Symbol
from .regions import number_of
from .trace import Trace

UNKNOWN_SEGMENT = 256
"""Steps of a segment where the number of steps is an argument."""


def segmented(
    trace: Trace,
    trip: Value,
    first: Sequence[Value],
    given: Sequence[Value],
    body: Graph,
    symbol: Symbol,
) -> list[Value]:
    """The loop over ``symbol`` as a loop of loops."""
    steps = symbol.high
    total_steps = steps + 1 if isinstance(steps, int) else None
    length = UNKNOWN_SEGMENT if total_steps is None else max(isqrt(total_steps), 1)
    count = None if total_steps is None else -(-total_steps // length)
    outer = trace.symbol(None if count is None else count - 1)
    inner = trace.symbol(length - 1)
    # The step has the name that the body knows it by.
    block = Block()
    with block:
        index(number_of(outer.dim * length + inner.dim), symbol=symbol, where="")
        block.adopt(body.values)
    step = Graph(body.inputs, tuple(block.values), body.outputs)
    state = [placeholder("s", value.type) for value in first]
    rest = [placeholder("x", value.type) for value in given]
    segment = Block()
    total = placeholder("steps", trip.type)
    with segment:
        steps_here = total if total_steps is None else number_of(total_steps)
        left = steps_here - number_of(outer.dim * length)
        run = ops.minimum(left, number_of(length))
        results = loop(run, None, state, rest, step, inner)
    inputs = (*state, *rest, total)
    whole = Graph(inputs, tuple(segment.values), tuple(results))
    rounds = (
        number_of(count) if count is not None else ops.floor_divide(trip + (length - 1), length)
    )
    arguments = [*given, trip]
    return loop(rounds, None, first, arguments, whole, outer, recompute=True)
