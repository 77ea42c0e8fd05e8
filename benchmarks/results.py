"""What a run found, and its JSON form."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .case import Timed

SCHEMA = 1
"""Raised when a field changes its meaning or goes; readers refuse what they do not know."""

OURS = "adjit"


@dataclass
class Measurement:
    """One peer at one case. Times are seconds."""

    peer: str
    status: str
    """`ok`, `wrong` (its numbers are, so it was not timed), `failed`, or `late`: it took longer
    than the limit, or did so at a smaller size."""
    gradient: bool = True
    """False where the peer computes the value alone."""
    reason: str = ""
    error: float | None = None
    """Relative, of value and gradient; see `check`. None where a peer computes nothing."""
    first: float | None = None
    """Of processes the one that is not counted, in which bytecode is written."""
    minimum: float | None = None
    median: float | None = None
    batches: int = 0
    """Or compilations."""
    calls: int = 0
    """In a batch."""


@dataclass
class CaseResult:
    name: str
    suite: str
    size: tuple[int, ...]
    dtype: str
    bytes: int
    flops: float | None
    limit: float
    """Seconds; see `machine.Peaks.limit`."""
    cached: bool
    """The arrays fit into the last cache, so that the limit is that of a cache."""
    timed: Timed = "calls"
    measurements: list[Measurement] = field(default_factory=list)

    def of(self, peer: str) -> Measurement | None:
        return next((found for found in self.measurements if found.peer == peer), None)

    def time(self, peer: str) -> float | None:
        found = self.of(peer)
        return None if found is None else found.minimum

    def ratio(self, peer: str) -> float | None:
        """How many times as long as adjit the peer takes, minimum over minimum."""
        theirs, ours = self.time(peer), self.time(OURS)
        return None if theirs is None or ours is None else theirs / ours

    def fastest(self) -> Measurement | None:
        """The fastest peer that computes the gradient as well."""
        rivals = [
            found
            for found in self.measurements
            if found.peer != OURS and found.gradient and found.minimum is not None
        ]
        return min(rivals, key=lambda found: found.minimum or math.inf, default=None)


@dataclass
class Run:
    date: str
    machine: dict[str, Any]
    """Processor, cores, threads, and peaks: `bandwidths` by footprint, `flops` by dtype."""
    versions: dict[str, str]
    commit: str | None
    quick: bool
    cases: list[CaseResult] = field(default_factory=list)

    def case(self, name: str) -> CaseResult | None:
        return next((case for case in self.cases if case.name == name), None)


class UnreadableError(Exception):
    """A file is no result of this harness."""


def write(run: Run, path: Path) -> None:
    path.write_text(json.dumps({"schema": SCHEMA, **asdict(run)}, indent=1) + "\n")


def read(path: Path) -> Run:
    try:
        found = json.loads(path.read_text())
        schema = found.pop("schema")
        if schema != SCHEMA:
            raise UnreadableError(f"{path} has schema {schema}; this harness reads {SCHEMA}")
        cases = [read_case(case) for case in found.pop("cases")]
        return Run(cases=cases, **found)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{path} is no result of `adjit bench --json`") from error


def read_case(found: dict[str, Any]) -> CaseResult:
    measurements = [Measurement(**each) for each in found.pop("measurements")]
    size = tuple(found.pop("size"))
    return CaseResult(size=size, measurements=measurements, **found)
