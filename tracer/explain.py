"""``explain``: what was recorded and why, and what it was compiled to, as text."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from .compile import schedule_of

if TYPE_CHECKING:
    from .dispatch import Dispatcher
    from .program import Program


def explain(dispatcher: Dispatcher) -> str:
    """One paragraph per program: its signature, its recordings, its native code."""
    name = getattr(dispatcher.fun, "__qualname__", repr(dispatcher.fun))
    calls = f"{dispatcher.recordings} recordings, {dispatcher.native_calls} native calls"
    lines = [f"{name} ({dispatcher.mode}): {calls}"]
    for (_, leaves), programs in dispatcher.programs.items():
        for program in programs:
            lines.append(f"  arguments: {', '.join(map(_leaf, leaves))}")
            for number, event in enumerate(program.events):
                lines.append(f"    path {number}: recorded because: {event.reason}")
                for (where, reason, outcome), same in itertools.groupby(event.guards):
                    times = sum(1 for _ in same)
                    often = f", {times} times" if times > 1 else ""
                    lines.append(f"      guard at {where}: {reason} is {outcome!r}{often}")
                for where, reason in event.unrolled:
                    lines.append(f"      loop at {where} is unrolled: {reason}")
            for draw, equal in itertools.groupby(map(str, program.draws)):
                times = sum(1 for _ in equal)
                often = f", {times} times" if times > 1 else ""
                lines.append(f"    draws at each call: {draw}{often}")
            for source in program.statics:
                lines.append(f"    holds while unchanged: {source}")
            for source, type in program.captures.items():
                lines.append(f"    reads at each call: {source}: {type}")
            lines.append(f"    native: {_native(program)}")
    return "\n".join(lines) + "\n"


def _leaf(key: tuple) -> str:
    if key[0] == "array":
        return f"{_dtype(key[1])}{list(key[2])}"
    if key[0] == "number":
        return _dtype(key[1])
    if key[0] == "generator":
        return key[1].__name__
    if key[0] == "static":
        return repr(key[2])
    return str(key[0])


def _dtype(char: str) -> str:
    return str(np.dtype(char))


def _native(program: Program) -> str:
    schedule = schedule_of(program.paths)
    parts = [
        f"{len(program.paths)} paths in one function",
        f"{len(schedule.loops)} recorded loops",
        f"{len(schedule.nests)} loop nests",
        f"{len(schedule.calls)} library calls",
        f"{len(schedule.slots)} temporary buffers ({program.native.kernel.arena} bytes)",
        f"{schedule.copies} copies",
    ]
    return ", ".join(parts)
