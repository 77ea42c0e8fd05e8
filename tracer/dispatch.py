"""From a call to native code: programs by signature, variants by captures, paths by guards.

A :class:`Program` belongs to one signature (structures, dtypes, shapes, static arguments) and
one set of captured scalars and objects. All its paths are one native function. A call that
leaves the known paths, or finds no program, records (from the start: nothing was written).

Everything that records and compiles is imported when there is something to record.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..codegen.call import DEFAULT, Departure, Options, Failure
from ..ir.errors import IRError
from .collector import collector_paused
from .errors import error, located
from .modes import SCALARS, Path, keys_of
from .places import Source, read_array, still_holds
from .recording import Recording, Result
from .signature import Arguments, Signature, native

if TYPE_CHECKING:
    from ..codegen.native import Native

PATH_LIMIT = 100
"""Paths of one program; a function with more wants np.where or a rolled loop."""


@dataclass(frozen=True, slots=True)
class Event:
    """A recording and why it happened, for ``explain``."""

    reason: str
    guards: tuple[tuple[str, str, Any], ...]
    unrolled: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Program:
    """The paths known for one signature and one state of what is captured."""

    paths: list[Path]
    native: Native
    statics: dict[Source, object]
    captures: dict[Source, Any]
    keys: tuple[Hashable, ...]
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


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a call computed: the path's arrays, split into results and derivatives."""

    result: Result
    results: list[np.ndarray]
    derivatives: list[np.ndarray]
    path: Path
    program: Program


class Dispatcher:
    """Compiles and calls one function in one mode (see `modes`).

    ``wrt(arguments)`` gives the argument leaves to differentiate by. ``recordings`` and
    ``native_calls`` count what happened.
    """

    def __init__(
        self,
        fun: Callable[..., Any],
        mode: str,
        wrt: Callable[[Arguments], list[int]],
        has_aux: bool = False,
        options: Options = DEFAULT,
    ) -> None:
        self.options = options
        self.fun = fun
        self.mode = mode
        self.wrt = wrt
        self.scalar = SCALARS.get(mode)
        self.has_aux = has_aux
        self.signature = Signature(fun)
        self.programs: dict[Any, tuple[Program, ...]] = {}
        self.recordings = 0
        self.lock = threading.RLock()
        self._native_calls = ctypes.c_int64()
        self.counter_address = ctypes.addressof(self._native_calls)

    @property
    def native_calls(self) -> int:
        return self._native_calls.value

    def call(
        self,
        arguments: Arguments,
        extra: Mapping[tuple[str, int], np.ndarray] | None = None,
        out: dict[int, np.ndarray] | None = None,
    ) -> Outputs:
        """Runs natively, recording what is missing.

        ``extra``: cotangents or tangents by the keys of `modes`. ``out``: arrays for
        derivatives by number, which are used unless they share memory with captured ones.
        """
        key = arguments.key
        for program in self.programs.get(key, ()):
            captured = program.read()
            if captured is not None:
                break
        else:
            program, captured = self._first(key, arguments)
        for _ in range(PATH_LIMIT):
            _check_shared(program, arguments, captured)
            apart = {n: y for n, y in (out or {}).items() if not _shared(y, captured)}
            outputs = self._run(program, captured, arguments, extra or {}, apart)
            if not isinstance(outputs, Departure):
                return outputs
            program, captured = self._join(key, program, arguments, outputs)
        raise error("paths", limit=PATH_LIMIT, where=program.events[-1].reason)

    def _run(
        self,
        program: Program,
        captured: dict[Source, np.ndarray],
        arguments: Arguments,
        extra: Mapping[tuple[str, int], np.ndarray],
        out: dict[int, np.ndarray],
    ) -> Outputs | Departure:
        machine = program.native
        arrays: list[np.ndarray] = []
        for key in program.keys:
            if isinstance(key, int):
                array = arguments.leaves[key].array
                assert array is not None
                arrays.append(array)
            elif isinstance(key, tuple):
                arrays.append(extra[key])
            else:
                arrays.append(captured[cast("Source", key)])
        self._native_calls.value += 1
        try:
            done = machine(arrays, out)
        except Failure as problem:
            raise located(problem.kind, str(problem)) from None
        if isinstance(done, Departure):
            return done
        number, results = done
        path = program.paths[number]
        total = len(machine.kernel.outputs[number])
        count = total - len(path.recording.graph.outputs)
        return Outputs(path.recording.result, results[count:total], results[:count], path, program)

    # --- recording --------------------------------------------------------------------------

    def _first(self, key: Any, arguments: Arguments) -> tuple[Program, dict]:
        with self.lock:
            known = self.programs.get(key, ())
            for program in known:
                captured = program.read()
                if captured is not None:
                    return program, captured
            reason = self._reason(key, known)
            path = self._record(arguments, (), {})
            recording = path.recording
            program = Program(
                [path],
                self._build([path]),
                dict(recording.statics),
                {s: v.type for s, v in recording.captures.items()},
                keys_of([path]),
                [_event(reason, recording)],
            )
            captured = program.read()
            if captured is None:
                raise error("unstable", name=_name(self.fun))
            self.programs[key] = (*known, program)
            return program, captured

    def _join(
        self, key: Any, program: Program, arguments: Arguments, departure: Departure
    ) -> tuple[Program, dict]:
        """Records the path that a call took out of the tree, and adds it."""
        with self.lock:
            current = self._successor(key, program)
            if current is not program:  # another thread has added a path meanwhile
                captured = current.read()
                if captured is not None:
                    return current, captured
            if len(current.paths) >= PATH_LIMIT:
                raise error("paths", limit=PATH_LIMIT, where=departure.where)
            unrolled = {k: v for p in current.paths for k, v in p.recording.apart.items()}
            path = self._record(arguments, departure.trail, unrolled)
            recording = path.recording
            paths = [*current.paths, path]
            reason = f"{departure.where}: {departure.reason} was {departure.trail[-1]!r}"
            try:
                machine = self._build(paths)
            except IRError as problem:
                raise error("unstable", name=f"{_name(self.fun)} ({problem})") from problem
            joined = Program(
                paths,
                machine,
                current.statics | recording.statics,
                current.captures | {s: v.type for s, v in recording.captures.items()},
                keys_of(paths),
                [*current.events, _event(reason, recording)],
            )
            captured = joined.read()
            if captured is None:
                raise error("unstable", name=_name(self.fun))
            known = self.programs[key]
            self.programs[key] = tuple(joined if p is current else p for p in known)
            return joined, captured

    def _successor(self, key: Any, program: Program) -> Program:
        """The program that has replaced ``program``, which shares its first path."""
        return next(p for p in self.programs[key] if p.paths[0] is program.paths[0])

    def _record(
        self, arguments: Arguments, forced: Sequence[Any], unrolled: Mapping[object, Any]
    ) -> Path:
        from .record import record

        self.recordings += 1
        wrt = self.wrt(arguments)
        with collector_paused():
            recording = record(self.fun, arguments, forced, self.scalar, self.has_aux, unrolled)
        inputs = [recording.inputs[leaf] for leaf in wrt]
        return Path(recording, self.mode, tuple(n for n in inputs if n is not None))

    def _build(self, paths: Sequence[Path]) -> Native:
        from .build import build

        code = getattr(self.fun, "__code__", None)
        where = f", {code.co_filename}:{code.co_firstlineno}" if code is not None else ""
        with collector_paused():
            return build(paths, self.options, f"{_name(self.fun)} ({self.mode}){where}")

    def _reason(self, key: Any, known: tuple[Program, ...]) -> str:
        if known:
            changed = [
                str(source)
                for program in known
                for source, expected in program.statics.items()
                if not still_holds(source, expected)
            ]
            return f"captured {', '.join(dict.fromkeys(changed)) or 'array'} changed"
        if not self.programs:
            return "first call"
        return _difference(key, list(self.programs)[-1])


def _shared(y: np.ndarray, captured: Mapping[Source, np.ndarray]) -> bool:
    return any(np.may_share_memory(y, array) for array in captured.values())


def _check_shared(
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


def _difference(key: Any, last: Any) -> str:
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


def _event(reason: str, recording: Recording) -> Event:
    guards = tuple((g.where, g.reason, g.expected) for g in recording.graph.guards)
    return Event(reason, guards, recording.unrolled)


def _name(fun: Callable[..., Any]) -> str:
    return getattr(fun, "__qualname__", repr(fun))
