"""Runs adjit's derivatives through its reference interpreter, and a sample of them natively.

Everything but the last step is what a user's call does: arguments are bound, the function is
recorded, the derivative is taken of the recording. With ``ADJIT_SUITE_COMPILE=all`` in the
environment all is compiled.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from adjit.codegen.call import Departure
from adjit.ir.interpret import interpret
from adjit.ir.types import ArrayType
from adjit.tracer import build, quicken
from adjit.tracer.compile import derive
from adjit.tracer.modes import Path, differentiable_outputs, keys_of

ONE_IN = 20
"""Programs of which one is compiled."""


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


class Interpreter:
    """Stands where native code does: the paths of a program, as the interpreter runs them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.keys = keys_of(paths)
        self.paths = [(path, derive(path)) for path in paths]
        self.types = [types_of(path) for path in paths]
        self.kernel = SimpleNamespace(outputs=self.types)

    def __call__(self, arrays: Sequence[np.ndarray], out: Any) -> Any:
        """The number of the path that the numbers take and its outputs, or where they leave."""
        given = dict(zip(self.keys, arrays, strict=True))
        left: list[tuple[Any, ...]] = []
        for number, (path, graph) in enumerate(self.paths):
            inputs = [
                parts(given[key], value.type)
                for key, value in zip(path.keys, graph.inputs, strict=True)
            ]
            tested = [guard.value for guard in graph.guards]
            plain = replace(graph, outputs=(*tested, *graph.outputs), guards=())
            with np.errstate(all="ignore"):
                found = interpret(plain, inputs)
            known, results = found[: len(tested)], found[len(tested) :]
            holds = [g.holds(y) for g, y in zip(graph.guards, known, strict=True)]
            if all(holds):
                return number, [
                    whole(y, t) for y, t in zip(results, self.types[number], strict=True)
                ]
            at = holds.index(False)
            outcome = type(graph.guards[at].expected)(np.asarray(known[at]).item())
            left.append((at, graph.guards, outcome))
        at, guards, outcome = max(left, key=lambda item: item[0])
        trail = (*[guard.expected for guard in guards[:at]], outcome)
        return Departure(trail, guards[at].where, guards[at].reason)


def types_of(path: Path) -> list[ArrayType]:
    """What the derivatives and results of a path are to users, in their order."""
    graph = path.recording.graph
    results = [value.type for value in graph.outputs]
    if path.mode == "value":
        return results
    if path.mode == "pushforward":
        return [*[results[n] for n in differentiable_outputs(graph)], *results]
    return [*[graph.inputs[n].type for n in path.wrt], *results]


def parts(array: np.ndarray, type: ArrayType) -> np.ndarray:
    """An input as its graph takes it: complex numbers may be pairs there."""
    if array.dtype.kind != "c" or type.dtype.kind == "c":
        return array
    return np.ascontiguousarray(array).view(type.dtype).reshape((*array.shape, 2))


def whole(y: Any, type: ArrayType) -> np.ndarray:
    """An output as users know it."""
    found = np.array(y)
    if type.dtype.kind != "c" or found.dtype.kind == "c":
        return found
    return np.ascontiguousarray(found).view(type.dtype).reshape(found.shape[:-1])


_natively = build.build


def _build(paths: Sequence[Path], options: Any, label: str) -> Any:
    return _natively(paths, options, label) if SAMPLER.compiles() else Interpreter(paths)


def install() -> None:
    """All programs of this process are made by the sampler, and have no native entries."""
    build.build = _build
    quicken.quicken = lambda *args: None
