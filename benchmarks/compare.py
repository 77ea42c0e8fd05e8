"""A run beside an earlier one: what became slower?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .results import OURS, CaseResult, Run


@dataclass(frozen=True)
class Change:
    name: str
    before: float
    now: float | None
    """None where the case was right and timed before, and is not any more."""
    regressed: bool
    reason: str = ""

    @property
    def ratio(self) -> float:
        return math.inf if self.now is None else self.now / self.before


def compare(run: Run, baseline: Run, tolerance: float) -> list[Change]:
    """adjit's minimum at the cases of both runs; more than `1 + tolerance` is a regression."""
    changes = []
    for case in run.cases:
        earlier = baseline.case(case.name)
        before = None if earlier is None else earlier.time(OURS)
        if earlier is None or before is None or earlier.size != case.size:
            continue
        now = case.time(OURS)
        if now is None:
            ours = case.of(OURS)
            reason = "was not measured" if ours is None else f"{ours.status}: {ours.reason}"
            changes.append(Change(case.name, before, None, True, reason))
        else:
            changes.append(Change(case.name, before, now, now > before * (1.0 + tolerance)))
    return changes


def drift(run: Run, baseline: Run) -> float | None:
    """How the peers changed in the mean: what is left of it is the machine's doing, not ours."""
    logs = [
        math.log(now / before)
        for case in run.cases
        for now, before in peer_times(case, baseline.case(case.name))
    ]
    return math.exp(sum(logs) / len(logs)) if logs else None


def peer_times(case: CaseResult, earlier: CaseResult | None) -> list[tuple[float, float]]:
    if earlier is None or earlier.size != case.size:
        return []
    pairs = [
        (found.minimum, earlier.time(found.peer))
        for found in case.measurements
        if found.peer != OURS
    ]
    return [(now, before) for now, before in pairs if now is not None and before is not None]


def differences(run: Run, baseline: Run) -> list[str]:
    """What makes times of the two runs incomparable."""
    return [
        f"{name}: {baseline.machine.get(name)} in the baseline, {run.machine.get(name)} now"
        for name in ("processor", "threads")
        if run.machine.get(name) != baseline.machine.get(name)
    ]
