"""Emission of loops and branches, and of the numbers that are given to symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.ops.control import invariants_of, state_of, trip_of
from ..ir.types import Symbol
from .frame import Frame
from .scalar import I64, register_type
from .schedule import Choice, Loop, Region

EmitRegion = Callable[[ll.IRBuilder, Region, Frame], None]
Leave = Callable[[ll.IRBuilder, str, ll.Value], None]


class Control:
    """Emits control flow; ``region`` emits the code of a region.

    Scalars that change from one iteration to the next live in stack slots of the function's
    entry, which LLVM turns into registers.
    """

    def __init__(self, region: EmitRegion, leave: Leave) -> None:
        self.region = region
        self.leave = leave

    def loop(self, b: ll.IRBuilder, step: Loop, frame: Frame) -> None:
        value = step.value
        graph = step.body.graph
        inside = frame.inside(step.body.buffers)
        state, rest = state_of(value), invariants_of(value)
        for inner, outer in zip(graph.inputs[len(state) :], rest, strict=True):
            if not inner.shape:
                inside.registers[inner] = frame.register(outer)
        slots = self._slots(frame, [v for v in state if not v.shape])
        scalars = [n for n, v in enumerate(state) if not v.shape]
        for slot, n in zip(slots, scalars, strict=True):
            b.store(frame.register(state[n]), slot)
        trip = frame.register(trip_of(value))
        zero, one = ll.Constant(I64, 0), ll.Constant(I64, 1)
        enter = b.icmp_signed(">", trip, zero)
        if value.attr("test"):
            enter = b.and_(enter, frame.register(value.args[1]))
        before, head, after = b.block, b.append_basic_block("loop"), b.append_basic_block("after")
        last = b.sub(trip, one, flags=("nsw",))
        b.cbranch(enter, head, after)
        b.position_at_end(head)
        at = b.phi(I64)
        at.add_incoming(zero, before)
        number = b.sub(last, at, flags=("nsw",)) if value.attr("reverse") else at
        inside.symbols[value.attr("symbol").name] = number
        for slot, n in zip(slots, scalars, strict=True):
            inside.registers[graph.inputs[n]] = b.load(slot)
        self.region(b, step.body, inside)
        for slot, n in zip(slots, scalars, strict=True):
            b.store(inside.register(graph.outputs[n]), slot)
        following = b.add(at, one, flags=("nsw", "nuw"))
        more = b.icmp_signed("<", following, trip)
        if value.attr("test"):
            more = b.and_(more, inside.register(graph.outputs[-1]))
        at.add_incoming(following, b.block)
        b.cbranch(more, head, after)
        b.position_at_end(after)
        self._results(b, step.results, scalars, slots, frame)

    def choice(self, b: ll.IRBuilder, step: Choice, frame: Frame) -> None:
        condition, *passed = step.value.args
        scalars = [n for n, result in enumerate(step.results) if not result.shape]
        slots = self._slots(frame, [step.results[n] for n in scalars])
        blocks = [b.append_basic_block(name) for name in ("then", "other", "after")]
        b.cbranch(frame.register(condition), blocks[0], blocks[1])
        for region, block in ((step.then, blocks[0]), (step.other, blocks[1])):
            b.position_at_end(block)
            inside = frame.inside(region.buffers)
            for inner, outer in zip(region.graph.inputs, passed, strict=True):
                if not inner.shape:
                    inside.registers[inner] = frame.register(outer)
            self.region(b, region, inside)
            for slot, n in zip(slots, scalars, strict=True):
                b.store(inside.register(region.graph.outputs[n]), slot)
            b.branch(blocks[2])
        b.position_at_end(blocks[2])
        self._results(b, step.results, scalars, slots, frame)

    def _slots(self, frame: Frame, values: Sequence[Value]) -> list[ll.Value]:
        return [frame.entry.alloca(register_type(value.dtype)) for value in values]

    def _results(
        self,
        b: ll.IRBuilder,
        results: Sequence[Value],
        scalars: Sequence[int],
        slots: Sequence[ll.Value],
        frame: Frame,
    ) -> None:
        for slot, n in zip(slots, scalars, strict=True):
            frame.registers[results[n]] = b.load(slot)

    # --- symbols ----------------------------------------------------------------------------

    def index(self, b: ll.IRBuilder, value: Value, frame: Frame) -> None:
        """Gives a number to a symbol; one that leaves its bounds ends the call."""
        number = frame.register(value.args[0])
        symbol: Symbol = value.attr("symbol")
        frame.registers[value] = frame.symbols[symbol.name] = number
        where = value.attr("where")
        if not where:
            return
        outside = b.icmp_signed("<", number, ll.Constant(I64, symbol.low))
        if symbol.high is not None:
            above = b.icmp_signed(">", number, frame.dim(b, symbol.high))
            outside = b.or_(outside, above)
        wrong, right = b.append_basic_block("outside"), b.append_basic_block("within")
        b.cbranch(
            outside,
            wrong,
            right,
        )
        b.position_at_end(wrong)
        self.leave(b, where, number)
        b.position_at_end(right)
