"""What nothing can be much faster than, and which computes nothing: numba's own call of a compiled
function that gives back its arguments. Of processes, Python without any import."""

from __future__ import annotations

import numba

from ..case import Arguments, Case
from . import Prepared, Program, program


def start(threads: int) -> None:
    numba.njit(lambda x: x + 1.0)(1.0)


def find(case: Case) -> Program:
    return program("floor", case, again=True)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    return Prepared(lambda: program(*args), lambda out: None)
