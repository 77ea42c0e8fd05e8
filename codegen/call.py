"""What callers of native code have to do with: options, and how a call can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..ir.graph import Outcome

MOST_THREADS = 1024


class Failure(Exception):  # noqa: N818
    """A call that native code ended; ``kind`` as in `schedule.Check`."""

    kind = ""


class OutOfBounds(Failure, IndexError):  # noqa: N818
    """An index in native code left its array."""

    kind = "index"


class NoSolution(Failure, np.linalg.LinAlgError):
    """A factorization or system of equations without a result."""

    kind = "linalg"


FAILURES: dict[str, type[Failure]] = {kind.kind: kind for kind in (OutOfBounds, NoSolution)}


@dataclass(frozen=True, slots=True)
class Departure:
    """A call left the tree: the outcomes up to and including the one that has no arm."""

    trail: tuple[Outcome, ...]
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Options:
    """How native code is made and run; the results of any number of ``threads`` are the same.

    ``threads``: how many run the chunks of bands (None: `threads.default_threads`). ``libm``:
    elementary functions are libm's, to the last bit.
    """

    threads: int | None = None
    libm: bool = False


DEFAULT = Options()
