"""Runs adjit's derivatives through its reference interpreter, and a sample of them natively.

Everything but the last step is what a user's call does: arguments are bound, the function is
recorded, the derivative is taken of the recording. With ``ADJIT_SUITE_COMPILE=all`` in the
environment all is compiled.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from adjit.ir.interpret import interpret
from adjit.tracer.compile import derive
from adjit.tracer.dispatch import Dispatcher, Outputs, Program
from adjit.tracer.modes import keys_of
from adjit.tracer.places import read_array
from adjit.tracer.signature import Arguments, native

ONE_IN = 20
"""Derivatives of which one is compiled."""


class Sampler:
    """Says what is compiled: the same ones in each run, wherever a test runs."""

    def __init__(self) -> None:
        self.everything = os.environ.get("ADJIT_SUITE_COMPILE") == "all"
        self.test = ""
        self.number = 0
        self.decided: bool | None = None

    def next(self) -> bool:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        if test != self.test:
            self.test, self.number = test, zlib.crc32(test.encode())
        self.number += 1
        return self.everything or self.number % ONE_IN == 0

    def compiles(self) -> bool:
        return self.next() if self.decided is None else self.decided

    @contextmanager
    def together(self) -> Iterator[None]:
        """The calls inside are run in one way: those of one check."""
        before = self.decided
        if before is None:
            self.decided = self.next()
        try:
            yield
        finally:
            self.decided = before


SAMPLER = Sampler()


def interpreted(
    dispatcher: Dispatcher,
    arguments: Arguments,
    extra: Mapping[tuple[str, int], np.ndarray],
) -> Outputs:
    """What the dispatcher's call returns, of a recording of these very arguments."""
    path = dispatcher._record(arguments, (), {})
    recording = path.recording
    given: list[Any] = []
    for key in path.keys:
        if isinstance(key, int):
            given.append(arguments.leaves[key].array)
        elif isinstance(key, tuple):
            given.append(extra[key])
        else:
            array = read_array(key)  # type: ignore[arg-type]
            assert array is not None
            given.append(native(str(key), array))
    with np.errstate(all="ignore"):
        results = [np.array(y) for y in interpret(derive(path), given)]
    count = len(results) - len(recording.graph.outputs)
    program = Program([path], None, {}, {}, keys_of([path]))  # type: ignore[arg-type]
    return Outputs(recording.result, results[count:], results[:count], path, program)


_natively = Dispatcher.call


def _call(
    self: Dispatcher,
    arguments: Arguments,
    extra: Mapping[tuple[str, int], np.ndarray] | None = None,
    out: dict[int, np.ndarray] | None = None,
) -> Outputs:
    if SAMPLER.compiles():
        return _natively(self, arguments, extra, out)
    return interpreted(self, arguments, extra or {})


def install() -> None:
    """All calls of this process go through the sampler."""
    Dispatcher.call = _call  # type: ignore[method-assign]
