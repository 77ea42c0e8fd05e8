"""numba: value and gradient written by hand."""

from __future__ import annotations

import numba
import numpy as np

from ..case import Arguments, Case, leaves
from . import Answer, Prepared, Program, program


@numba.njit(parallel=True)
def warm(x):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in numba.prange(x.size):
        total += x[i]
    return total


def start(threads: int) -> None:
    numba.set_num_threads(threads)
    warm(np.ones(3))


def find(case: Case) -> Program:
    return program("numba", case, again=True)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    return Prepared(lambda: program(*args), lambda out: Answer(float(out[0]), leaves(out[1:])))


def cached(folder: str) -> dict[str, str]:
    return {"NUMBA_CACHE_DIR": folder}
