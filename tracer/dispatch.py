"""From a call to native code: programs by signature, variants by captures, paths by guards.

A :class:`Program` belongs to one signature (structures, dtypes, shapes, static arguments), one
set of captured scalars and objects, and one sequence of random draws. All its paths are one native
function. A call that leaves the known paths, or finds no program, records (from the start: nothing
was written). One that leaves a program with draws puts the generators back first, and goes on with
the program of the path that it turned out to take, whose draws it makes instead.

Everything that records and compiles is imported when there is something to record.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..codegen.call import DEFAULT, Departure, Failure, Options
from ..ir.errors import IRError
from .collector import collector_paused
from .draws import NOTHING, Drawn, Noise
from .errors import error, located
from .modes import SCALARS, Path, keys_of
from .perform import LOCK, perform, restore_all, states
from .places import Source, still_holds
from .program import (
    ANOTHER_KIND,
    Event,
    Outputs,
    Program,
    check_shared,
    difference,
    event_of,
    shares,
)
from .signature import Arguments, Signature

if TYPE_CHECKING:
    from ..codegen.native import Native

PATH_LIMIT = 100
"""Paths of one program; a function with more wants np.where or a rolled loop."""


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

        ``extra``: tangents by the keys of `modes`. ``out``: arrays for derivatives by number,
        which are used unless they share memory with captured ones.
        """
        key = arguments.key
        noise: Noise | None = None  # that of a recording, which its first run uses
        for program in self.programs.get(key, ()):
            captured = program.read()
            if captured is not None:
                break
        else:
            program, captured, noise = self._first(key, arguments)
        tried: list[Program] = []
        for _ in range(PATH_LIMIT):
            check_shared(program, arguments, captured)
            apart = {n: y for n, y in (out or {}).items() if not shares(y, captured)}
            outputs = self._attempt(program, captured, arguments, extra or {}, apart, noise)
            if not isinstance(outputs, Departure):
                return outputs
            tried.append(program)
            known = self._taking(key, outputs, tried)
            if known is not None:
                (program, captured), noise = known, None
            else:
                program, captured, noise = self._join(key, program, arguments, outputs)
        raise error("paths", limit=PATH_LIMIT, where=program.events[-1].reason)

    def _attempt(
        self,
        program: Program,
        captured: dict[Source, np.ndarray],
        arguments: Arguments,
        extra: Mapping[tuple[str, int], np.ndarray],
        out: dict[int, np.ndarray],
        noise: Noise | None,
    ) -> Outputs | Departure:
        """Runs a program, with the draws of its paths; they are taken back if it is left."""
        if noise is not None or not program.draws:
            return self._run(program, captured, arguments, extra, out, noise or NOTHING)
        if program.is_steady:
            drawn = perform(program.draws, arguments, captured)
            if drawn is None:  # a class of the user's, which draws as it likes
                raise error("unstable", name=_name(self.fun))
            return self._run(program, captured, arguments, extra, out, drawn)
        with LOCK:
            before = states(program.draws, arguments, captured)
            drawn = perform(program.draws, arguments, captured)
            if drawn is None:
                restore_all(before)
                return ANOTHER_KIND
            if program.has_guards:
                outputs = self._run(program, captured, arguments, extra, out, drawn)
                if isinstance(outputs, Departure):
                    restore_all(before)
                return outputs
        return self._run(program, captured, arguments, extra, out, drawn)

    def _taking(
        self, key: Any, departure: Departure, tried: Sequence[Program]
    ) -> tuple[Program, dict[Source, np.ndarray]] | None:
        """A program with other draws that may have the path of a call which left one."""
        for program in self.programs[key]:
            known = any(program.paths[0] is one.paths[0] for one in tried)
            if not known and program.may_take(departure.trail):
                captured = program.read()
                if captured is not None:
                    return program, captured
        return None

    def _run(
        self,
        program: Program,
        captured: dict[Source, np.ndarray],
        arguments: Arguments,
        extra: Mapping[tuple[str, int], np.ndarray],
        out: dict[int, np.ndarray],
        noise: Noise,
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
            elif isinstance(key, Drawn):
                arrays.append(noise.arrays[key])
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
        derivatives = results[:count]
        return Outputs(path.recording.result, results[count:total], derivatives, path, program)

    # --- recording --------------------------------------------------------------------------

    def _first(self, key: Any, arguments: Arguments) -> tuple[Program, dict, Noise | None]:
        with self.lock:
            known = self.programs.get(key, ())
            for program in known:
                captured = program.read()
                if captured is not None:
                    return program, captured, None
            reason = self._reason(key, known)
            path, noise = self._record(arguments, (), {})
            program = self._program([path], [event_of(reason, path.recording)])
            self.programs[key] = (*known, program)
            return program, self._read(program), noise

    def _join(
        self,
        key: Any,
        program: Program,
        arguments: Arguments,
        departure: Departure,
    ) -> tuple[Program, dict, Noise | None]:
        """Records the path that a call took out of the tree, and adds it."""
        with self.lock:
            current = self._successor(key, program)
            if current is not program:  # another thread has added a path meanwhile
                captured = current.read()
                if captured is not None:
                    return current, captured, None
            known = self.programs[key]
            if sum(len(one.paths) for one in known if one.read() is not None) >= PATH_LIMIT:
                raise error("paths", limit=PATH_LIMIT, where=departure.where)
            unrolled = {k: v for p in current.paths for k, v in p.recording.apart.items()}
            # Numbers that cannot be drawn again may take another way.
            repeatable = all(draw.is_repeatable for draw in current.draws)
            forced = departure.trail if repeatable else ()
            path, noise = self._record(arguments, forced, unrolled)
            reason = departure.reason
            if departure.trail:
                reason = f"{departure.where}: {reason} was {departure.trail[-1]!r}"
            event = event_of(reason, path.recording)
            draws = path.recording.draws
            same = [one for one in known if one.draws == draws and one.read() is not None]
            for one in [current] if current in same else same[:1]:
                if not repeatable and one.has(path):
                    return one, self._read(one), noise
                try:
                    joined = self._program([*one.paths, path], [*one.events, event], one)
                except IRError as problem:
                    if one is current:
                        text = f"{_name(self.fun)} ({problem})"
                        raise error("unstable", name=text) from problem
                    continue
                self.programs[key] = tuple(joined if p is one else p for p in known)
                return joined, self._read(joined), noise
            program = self._program([path], [event])
            self.programs[key] = (*known, program)
            return program, self._read(program), noise

    def _program(
        self, paths: list[Path], events: list[Event], old: Program | None = None
    ) -> Program:
        """The program of ``paths``, the last of which is new to ``old``."""
        recording = paths[-1].recording
        return Program(
            paths,
            self._build(paths),
            (old.statics if old else {}) | recording.statics,
            (old.captures if old else {}) | {s: v.type for s, v in recording.captures.items()},
            keys_of(paths),
            recording.draws,
            events,
        )

    def _read(self, program: Program) -> dict[Source, np.ndarray]:
        """What a new program captures, which must be what its recording has found."""
        captured = program.read()
        if captured is None:
            raise error("unstable", name=_name(self.fun))
        return captured

    def _successor(self, key: Any, program: Program) -> Program:
        """The program that has replaced ``program``, which shares its first path."""
        return next(p for p in self.programs[key] if p.paths[0] is program.paths[0])

    def _record(
        self,
        arguments: Arguments,
        forced: Sequence[Any],
        unrolled: Mapping[object, Any],
    ) -> tuple[Path, Noise]:
        from .record import record

        self.recordings += 1
        wrt = self.wrt(arguments)
        with collector_paused():
            recording, noise = record(
                self.fun,
                arguments,
                forced,
                self.scalar,
                self.has_aux,
                unrolled,
                wrt,
            )
        inputs = [recording.inputs[leaf] for leaf in wrt]
        return Path(recording, self.mode, tuple(n for n in inputs if n is not None)), noise

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
        return difference(key, list(self.programs)[-1])


def _name(fun: Callable[..., Any]) -> str:
    return getattr(fun, "__qualname__", repr(fun))
