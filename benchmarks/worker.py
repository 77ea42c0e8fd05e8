"""The process of one peer: loads cases, and times calls when it is asked to.

It answers requests, one at a time: `load` compiles a case and returns its numbers, `batch` times
warm calls, and `expect` and `slope` (of NumPy's process) are what gradients are checked against.
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
from typing import Any

import numpy as np

from . import machine
from .case import Case, least_bytes
from .check import Expected, expect, slope, widened
from .peers import Answer, NoProgramError, Peer, Prepared
from .suites import CASES

BATCH = 0.03
"""Seconds that a batch of calls takes at least: far more than the clock's grain."""


@dataclass(frozen=True)
class Loaded:
    first: float
    """Seconds of preparing and of the first call: compilation, with one run."""
    answer: Answer
    calls: int
    """In a batch."""


def describe(error: BaseException) -> str:
    """One line; the class where it says more than the message."""
    line = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {line}"[:300]


class Worker:
    """What the process holds: the case in work, compiled."""

    def __init__(self, peer: Peer, threads: int) -> None:
        self.driver: Any = importlib.import_module(peer.driver)
        self.driver.start(threads)
        self.prepared: Prepared | None = None
        self.calls = 1

    def load(self, name: str, quick: bool) -> Loaded:
        self.prepared = None
        gc.collect()
        case: Case = CASES[name]
        args = case.arguments(quick)
        start = time.perf_counter()
        prepared: Prepared = self.driver.prepare(case, args)
        out = prepared.call()
        first = time.perf_counter() - start
        answer = prepared.answer(out)
        self.prepared = prepared
        self.calls = 1
        while self.calls < 2**20:  # grows until a batch is long enough
            taken = self.batch() * self.calls
            if taken >= BATCH:
                break
            self.calls = max(self.calls + 1, int(1.2 * self.calls * min(BATCH / taken, 100.0)))
        return Loaded(first, answer, self.calls)

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
        case = CASES[name]
        args = case.arguments(quick)
        return expect(case, args), least_bytes(case, args)

    def slope(self, name: str, quick: bool, along: list[np.ndarray]) -> float:
        """The derivative along a direction, from differences."""
        case = CASES[name]
        return slope(case, widened(case.arguments(quick)), along)

    def peaks(self, threads: int, quick: bool) -> machine.Peaks:
        return machine.measure_peaks(threads, quick)


def main(connection: Connection, peer: Peer, threads: int, log: str) -> None:
    """The process, until the connection closes. Whatever libraries print goes to the log."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    machine.keep_to(threads)
    try:
        worker = Worker(peer, threads)
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
