"""Loops that are not recorded as one: whether to try, and when to stop unrolling."""

from __future__ import annotations

from types import FrameType
from typing import Any

from ..ir.sizes import Size
from . import iteration
from .current import current_trace
from .dims import Opaque
from .errors import error, user_line
from .regions import innermost
from .trace import VALUE_LIMIT, Trace

ROLL_FROM = 5
"""Loops with a known number of iterations below this are unrolled."""


OPEN_LIMIT = 8_000
"""Values that a loop without a known end may unroll to: what a recording makes in a second."""


def is_worth_rolling(sequence: iteration.Sequence) -> bool:
    trip = sequence.trip
    return not isinstance(trip, int) or isinstance(trip, Size) or trip >= ROLL_FROM


def settle(trace: Trace, sequence: iteration.Sequence) -> None:
    """Decides how many iterations a loop has, which its random numbers are drawn for."""
    if isinstance(sequence.trip, Opaque) and innermost(trace) is None:
        reason = "the number of iterations, for each of which random numbers are drawn,"
        sequence.trip = max(0, int(trace.decide(sequence.trip.value, reason)))


class Rounds:
    """The rounds of a loop that is unrolled: an error at once where they are too many."""

    def __init__(self, iterable: Any, frame: FrameType) -> None:
        self.trace = current_trace()
        self.where = user_line()
        self.length = len(iterable) if hasattr(iterable, "__len__") else 0
        key = (frame.f_code.co_filename, frame.f_lineno)
        self.reason = self.trace.unrolled.get(key, ("", ""))[1] if self.trace else ""
        self.first = len(self.trace.block.values) if self.trace else 0
        self.before = 0
        self.round = -1

    def check(self) -> None:
        """After the second round, which is seldom like the first, the rest can be foreseen."""
        self.round += 1
        if self.trace is None or not self.trace.blocks:
            return
        count = len(self.trace.block.values)
        if self.round == 2 and (count - self.before) * self.length > VALUE_LIMIT:
            self._stop(VALUE_LIMIT)
        if not self.length and count - self.first > OPEN_LIMIT:
            self._stop(OPEN_LIMIT)
        self.before = count

    def _stop(self, limit: int) -> None:
        why = f" ({self.reason})" if self.reason else ""
        raise error("unrolled_too_long", where=self.where, why=why, limit=limit)
