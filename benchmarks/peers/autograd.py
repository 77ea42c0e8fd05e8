"""autograd: the NumPy program on its module."""

from __future__ import annotations

import autograd
import autograd.numpy as arrays

from ..case import Arguments, Case, leaves
from . import Answer, Prepared, Program, program_or_numpy


def start(threads: int) -> None:
    pass


def find(case: Case) -> Program:
    return program_or_numpy("autograd", case, arrays)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    both = autograd.value_and_grad(program, argnum=case.argnums)
    return Prepared(lambda: both(*args), lambda out: Answer(float(out[0]), leaves(out[1])))
