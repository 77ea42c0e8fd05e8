"""A :class:`Program`: the paths of one signature in one native function, and what they need."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..codegen.call import Departure
from .draws import Draw
from .errors import error
from .modes import Path
from .places import Source, read_array, still_holds
from .recording import Recording, Result
from .signature import Arguments, native

if TYPE_CHECKING:
    from ..codegen.native import Native
    from ..ir.graph import Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """A recording and why it happened, for ``explain``."""

    reason: str
    guards: tuple[tuple[str, str, Any], ...]
    unrolled: tuple[tuple[str, str], ...]


@dataclass
class Program:
    """The paths known for one signature and one state of what is captured."""

    paths: list[Path]
    native: Native
    statics: dict[Source, object]
    captures: dict[Source, Any]
    keys: tuple[Hashable, ...]
    draws: tuple[Draw, ...] = ()
    events: list[Event] = field(default_factory=list)
    calls: dict[Any, int] = field(default_factory=dict)  # by manner, for native entries

    def read(self) -> dict[Source, np.ndarray] | None:
        """The captured arrays of this moment; None where a captured thing has changed."""
        if not all(still_holds(source, expected) for source, expected in self.statics.items()):
            return None
        arrays = {}
        for source, type in self.captures.items():
            array = read_array(source)
            if array is None or array.dtype.newbyteorder("=") != type.dtype:
                return None
            if array.shape != type.shape:
                return None
            arrays[source] = native(str(source), array)
        return arrays

    @property
    def has_guards(self) -> bool:
        return any(path.recording.graph.guards for path in self.paths)

    @functools.cached_property
    def is_steady(self) -> bool:
        """Whether no call can leave the program, which would have to take its draws back."""
        return not self.has_guards and all(draw.is_steady for draw in self.draws)

    def has(self, path: Path) -> bool:
        """Whether a path with the same outcomes is known."""
        outcomes = [guard.expected for guard in path.recording.graph.guards]
        lengths = {len(known.recording.graph.guards) for known in self.paths}
        return len(outcomes) in lengths and self.may_take(outcomes)

    def may_take(self, trail: Sequence[Outcome]) -> bool:
        """Whether a path begins with these outcomes of guards."""
        wanted = [repr(outcome) for outcome in trail]
        return any(
            [repr(guard.expected) for guard in path.recording.graph.guards[: len(trail)]] == wanted
            for path in self.paths
        )


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a call computed: the path's arrays, split into results and derivatives."""

    result: Result
    results: list[np.ndarray]
    derivatives: list[np.ndarray]
    path: Path
    program: Program


ANOTHER_KIND = Departure((), "", "a draw gave another kind of result")


def shares(y: np.ndarray, captured: Mapping[Source, np.ndarray]) -> bool:
    return any(np.may_share_memory(y, array) for array in captured.values())


def check_shared(
    program: Program, arguments: Arguments, captured: Mapping[Source, np.ndarray]
) -> None:
    """A write into an argument or capture would be missed by another that shares its memory."""
    written = {n for path in program.paths for n in path.recording.written}
    if not written:
        return
    leaves = enumerate(arguments.leaves)
    arrays: dict[Any, tuple[str, np.ndarray]] = {
        n: (f"argument {leaf.name}", leaf.item)
        for n, leaf in leaves
        if isinstance(leaf.item, np.ndarray)
    }
    arrays |= {source: (str(source), array) for source, array in captured.items()}
    for n in written:
        name, array = arrays[n]
        for m, (other, second) in arrays.items():
            if m != n and np.may_share_memory(array, second):
                raise error("shared", name=name, other=other)


def difference(key: Any, last: Any) -> str:
    """What distinguishes two signatures, in words."""
    if key[0] != last[0]:
        return "arguments of another structure"
    for new, old in zip(key[1], last[1], strict=True):
        if new == old:
            continue
        if new[0] != old[0]:
            return f"an argument became {_kind(new)}"
        if new[0] == "array":
            if new[1] != old[1]:
                return f"dtype {np.dtype(new[1])} instead of {np.dtype(old[1])}"
            if len(new[2]) != len(old[2]):
                return f"rank {len(new[2])} instead of {len(old[2])}"
            if new[2] != old[2]:
                return f"shape {new[2]} instead of {old[2]}"
            return "another memory order"
        return f"another {_kind(new)}"
    return "another signature"


def _kind(key: tuple) -> str:
    return {"static": "static argument", "object": "object", "number": "NumPy scalar"}.get(
        key[0], key[0]
    )


def event_of(reason: str, recording: Recording) -> Event:
    guards = tuple((g.where, g.reason, g.expected) for g in recording.graph.guards)
    return Event(reason, guards, recording.unrolled)
