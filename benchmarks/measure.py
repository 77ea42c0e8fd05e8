"""A run: every case, with every peer that has a program for it.

For each case the processes of all peers compile it, one after the other; the answers are
checked; then those that are right take turns, a batch of calls each (or a compilation, or a fresh
process: what the case is about), until each has had its seconds. Turns spread what disturbs the
machine over all of them, and the minimum leaves it out.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import numpy as np

from . import machine
from .case import Case, Timed
from .check import Expected, judge_all
from .peers import PEERS, NoProgramError, Peer
from .process import FailedError, LateError, PeerProcess
from .results import OURS, CaseResult, Measurement, Run
from .worker import Loaded

FEWEST: dict[Timed, int] = {"calls": 3, "compilation": 5, "process": 5}
"""Turns of each peer, if they take no longer than `LONGEST` together."""
LONGEST = 30.0
"""Seconds of a peer's turns at a case after which it has no other."""
PAUSE = 0.03
"""Seconds between batches of several threads: those of OpenBLAS spin for 2**26 cycles after their
work, and would take the cores of the next peer."""

Note = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    threads: int
    seconds: float = 0.5
    """Of timed calls, for each case and peer."""
    limit: float = 120.0
    """Seconds that one request may take, compilation included."""
    quick: bool = False


class Bench:
    """The processes of the peers, and what is done with them."""

    def __init__(self, peers: Sequence[Peer], options: Options, note: Note) -> None:
        self.options = options
        self.note = note
        self.peers = {peer.name: PeerProcess(peer, options.threads) for peer in peers}
        self.reference = self.peers.get("numpy") or PeerProcess(PEERS["numpy"], options.threads)
        """NumPy's process also says what is right, and measures the machine."""
        self.peaks = machine.Peaks(options.threads, {1: 1.0}, {"float64": 1.0, "float32": 1.0})
        self.late: dict[tuple[str, str, str], Case] = {}
        """For a peer, suite and program, the case at which the peer took longer than the limit."""

    def close(self) -> None:
        for process in (*self.peers.values(), self.reference):
            process.close()

    def begin(self) -> Run:
        self.note("measuring the machine")
        options = self.options
        self.peaks = self.reference.ask(options.limit, "peaks", options.threads, options.quick)
        description = {**machine.describe(), **asdict(self.peaks)}
        return Run(
            date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            machine={**description, "bandwidths": sorted(self.peaks.bandwidths.items())},
            versions=machine.versions(),
            commit=machine.commit(),
            quick=options.quick,
        )

    def case(self, case: Case) -> CaseResult:
        options = self.options
        self.note(f"{case.name}: NumPy's numbers")
        expected: Expected | None = None
        moved, reason = 0, ""
        try:
            expected, moved = self.reference.ask(options.limit, "expect", case.name, options.quick)
        except FailedError as failure:
            reason = f"no reference: NumPy {failure}"
        size = case.at(options.quick).size
        flops = case.flops(size) if case.flops else None
        limit = self.peaks.limit(moved, flops, case.dtype)
        cached = moved <= machine.last_cache()
        result = CaseResult(
            case.name, case.suite, size, case.dtype, moved, flops, limit, cached, case.timed
        )
        if expected is None:
            result.measurements = [Measurement(OURS, "failed", reason=reason)]
            return result
        loaded = self.load(case, result)
        self.check(case, expected, loaded, result)
        self.turns(case, result)
        return result

    def load(self, case: Case, result: CaseResult) -> dict[str, Loaded]:
        found: dict[str, Loaded] = {}
        for name, process in self.peers.items():
            self.note(f"{case.name}: {name} compiles")
            measurement = Measurement(name, "ok", gradient=process.peer.gradient)
            try:
                self.refuse_late(name, case)
                found[name] = process.ask(self.options.limit, "load", case.name, self.options.quick)
            except NoProgramError:
                continue
            except FailedError as failure:
                self.failed(measurement, failure, case)
            else:
                measurement.first = found[name].first
                measurement.calls = found[name].calls
            result.measurements.append(measurement)
        return found

    def refuse_late(self, peer: str, case: Case) -> None:
        """A peer that took too long at a size of a program is not asked for larger ones."""
        late = self.late.get((peer, case.suite, case.function))
        if late is not None and all(n >= m for n, m in zip(case.size, late.size, strict=True)):
            raise LateError(f"over the limit at {late.name}")

    def failed(self, measurement: Measurement, failure: FailedError, case: Case) -> None:
        measurement.status, measurement.reason = "failed", str(failure)
        if isinstance(failure, LateError):
            measurement.status = "late"
            self.late.setdefault((measurement.peer, case.suite, case.function), case)

    def check(
        self, case: Case, expected: Expected, loaded: dict[str, Loaded], result: CaseResult
    ) -> None:
        limit, quick = self.options.limit, self.options.quick
        self.note(f"{case.name}: checks")

        def slope_along(along: list[np.ndarray]) -> float:
            found: float = self.reference.ask(limit, "slope", case.name, quick, along)
            return found

        answers = {name: found.answer for name, found in loaded.items() if found.answer is not None}
        inputs = case.at(quick).arguments()
        verdicts = judge_all(case, inputs, answers, expected, slope_along)
        for name, verdict in verdicts.items():
            measurement = result.of(name)
            assert measurement is not None
            measurement.error = verdict.error
            if not verdict.right:
                measurement.status, measurement.reason = "wrong", verdict.reason

    def turns(self, case: Case, result: CaseResult) -> None:
        right = [found for found in result.measurements if found.status == "ok"]
        times: dict[str, list[float]] = {found.peer: [] for found in right}
        if case.timed == "compilation":  # the first was one of them
            times = {found.peer: [found.first or 0.0] for found in right}
        spent = {name: sum(samples) for name, samples in times.items()}
        fewest = 2 if self.options.quick else FEWEST[case.timed]
        request = "compilation" if case.timed == "compilation" else "batch"
        turn = 0
        while True:
            going = [
                name
                for name in times
                if spent[name] < LONGEST
                and (len(times[name]) < fewest or spent[name] < self.options.seconds)
            ]
            if not going:
                break
            turn += 1
            for name in going if turn % 2 else reversed(going):
                self.note(f"{case.name}: turn {turn}, {name}")
                measurement = result.of(name)
                assert measurement is not None
                try:
                    if self.options.threads > 1 and len(going) > 1:
                        time.sleep(PAUSE)
                    seconds = self.peers[name].ask(self.options.limit, request)
                except FailedError as failure:
                    self.failed(measurement, failure, case)
                    del times[name]
                    continue
                times[name].append(seconds)
                spent[name] += seconds * measurement.calls
        for name, samples in times.items():
            measurement = result.of(name)
            assert measurement is not None
            measurement.minimum = min(samples)
            measurement.median = float(np.median(samples))
            measurement.batches = len(samples)


@contextmanager
def bench(peers: Sequence[Peer], options: Options, note: Note) -> Iterator[Bench]:
    """A `Bench` whose processes end with the block, whatever happens in it."""
    found = Bench(peers, options, note)
    try:
        yield found
    finally:
        found.close()
