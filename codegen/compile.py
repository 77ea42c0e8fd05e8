"""``compile_schedule``: from a Schedule to a Kernel."""

from __future__ import annotations

from .assemble import assemble
from .kernel import NAME, Exit, Kernel
from .llvm import lower, slot_offsets
from .schedule import Schedule


def compile_schedule(schedule: Schedule, libm: bool = False) -> Kernel:
    """``libm``: elementary functions are libm's, to the last bit."""
    program = schedule.program
    return Kernel(
        assemble(str(lower(schedule)), NAME, libm=libm),
        tuple(tuple(value.type for value in leaf.outputs) for leaf in program.leaves),
        tuple(Exit(b.trail, b.value.dtype.kind, b.where, b.reason) for b in program.branches),
        tuple(schedule.checks),
        slot_offsets(schedule.slots)[1],
        schedule.tapes,
        bool(schedule.bands),
        bool(schedule.loops),
    )
