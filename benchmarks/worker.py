"""The process of one peer: loads cases, and times calls when it is asked to.

It answers requests, one at a time: `load` compiles a case and returns its numbers, `batch` times
calls of what `load` has compiled, `compilation` compiles the case anew and times that, and `expect`
and `slope` (of NumPy's process) are what gradients are checked against.
Requests are tuples, a name and its arguments; an answer is `("ok", result)`, `("none", "")`
where the peer has no program, or `("failed", reason)`.
"""

from __future__ import annotations

import gc
import importlib
import os
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from . import machine, startup
from .case import Arguments, Case, least_bytes
from .check import Expected, expect, slope, widened
from .peers import Answer, NoProgramError, Peer, Prepared
from .suites import CASES

BATCH = 0.03
"""Seconds that a batch of calls takes at least: far more than the clock's grain."""


LOG = "log"


@dataclass(frozen=True)
class Loaded:
    first: float
    """Seconds of preparing and of the first call: compilation, with one run."""
    answer: Answer | None
    """None from a peer that computes nothing."""
    calls: int
    """In a batch."""


def describe(error: BaseException) -> str:
    """One line; the class where it says more than the message."""
    line = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {line}"[:300]


class Worker:
    """What the process holds: the case in work, compiled."""

    def __init__(self, peer: Peer, threads: int, folder: Path) -> None:
        self.peer = peer
        self.folder = folder
        self.driver: Any = importlib.import_module(peer.driver)
        self.driver.start(threads)
        self.case: Case = next(iter(CASES.values()))
        self.args: Arguments = ()
        self.prepared: Prepared | None = None
        self.calls = 1

    def load(self, name: str, quick: bool) -> Loaded:
        self.prepared = None
        self.calls = 1
        self.case = CASES[name].at(quick)
        self.args = self.case.arguments()
        first, prepared, out = self.first_call()
        answer = prepared.answer(out)
        self.prepared = prepared
        if self.case.timed == "calls":
            self.lengthen()
        return Loaded(first, answer, self.calls)

    def lengthen(self) -> None:
        """Makes a batch long enough. One is not believed alone: a second call may compile too."""
        while self.calls < 2**20:
            # The first calls may still compile: entries, and the second step of a training loop.
            tries = 4 if self.calls == 1 else 2
            taken = min(self.batch() for _ in range(tries)) * self.calls
            if taken >= BATCH:
                return
            self.calls = max(self.calls + 1, int(1.2 * self.calls * min(BATCH / taken, 100.0)))

    def first_call(self) -> tuple[float, Prepared, Any]:
        """Seconds of it, and what it prepared and returned."""
        case, args, clock = self.case, self.args, time.perf_counter
        if case.timed == "process":
            prepared = startup.prepare(self.peer, self.driver, case, self.folder)
            start = clock()
        else:
            program = self.driver.find(case)
            gc.collect()
            start = clock()
            prepared = self.driver.prepare(program, case, args)
        out = prepared.call()
        return clock() - start, prepared, out

    def compilation(self) -> float:
        """Seconds of the first call of a program that is new to the library."""
        return self.first_call()[0]

    def batch(self) -> float:
        """Seconds of a call, the mean over a batch. Short calls are warmed up by one more."""
        assert self.prepared is not None
        call, clock = self.prepared.call, time.perf_counter
        if self.calls > 1:
            call()
        start = clock()
        for _ in range(self.calls):
            call()
        return (clock() - start) / self.calls

    def expect(self, name: str, quick: bool) -> tuple[Expected, int]:
        """What the gradients are checked against, and the bytes that they take to compute."""
        case = CASES[name].at(quick)
        args = case.arguments()
        return expect(case, args), least_bytes(case, args)

    def slope(self, name: str, quick: bool, along: list[np.ndarray]) -> float:
        """The derivative along a direction, from differences."""
        case = CASES[name].at(quick)
        return slope(case, widened(case.arguments()), along)

    def peaks(self, threads: int, quick: bool) -> machine.Peaks:
        return machine.measure_peaks(threads, quick)


def main(connection: Connection, peer: Peer, threads: int, folder: Path) -> None:
    """The process, until the connection closes. Whatever libraries print goes to a log in the
    folder, which is the process's own."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # so that the processes which this one starts end with it
    sink = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    machine.keep_to(threads)
    try:
        worker = Worker(peer, threads, folder)
    except Exception as error:
        traceback.print_exc()
        connection.send(("failed", describe(error)))
        return
    connection.send(("ok", None))
    while True:
        try:
            name, *arguments = connection.recv()
        except EOFError:
            return
        try:
            connection.send(("ok", getattr(worker, name)(*arguments)))
        except NoProgramError:
            connection.send(("none", ""))
        except Exception as error:
            traceback.print_exc()
            connection.send(("failed", describe(error)))
