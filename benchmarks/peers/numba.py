"""numba: value and gradient written by hand."""

from __future__ import annotations

import numba
import numpy as np

from ..case import Arguments, Case
from . import Answer, NoProgramError, Prepared, program


@numba.njit(parallel=True)
def warm(x):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in numba.prange(x.size):
        total += x[i]
    return total


def start(threads: int) -> None:
    numba.set_num_threads(threads)
    warm(np.ones(3))


def prepare(case: Case, args: Arguments) -> Prepared:
    found = program("numba", case, again=True)
    if found is None:
        raise NoProgramError
    return Prepared(lambda: found(*args), lambda out: Answer(float(out[0]), list(out[1:])))
