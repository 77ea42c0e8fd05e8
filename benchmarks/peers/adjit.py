"""adjit: `compile_grad` of the NumPy program."""

from __future__ import annotations

import numpy as np

from ...tracer.api import compile_grad
from ..case import Arguments, Case, leaves
from . import Answer, Prepared, Program, program


def start(threads: int) -> None:
    """Compiles something, so that a first call is not that of the process."""
    compile_grad(lambda x: np.sum(x * x))(np.ones(3))


def find(case: Case) -> Program:
    return program("adjit", case) if case.training else case.written(case.fun)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    if case.training:
        return Prepared(*program(*args))
    compiled = compile_grad(program, argnums=case.argnums)
    return Prepared(lambda: compiled(*args), lambda out: Answer(float(out[0]), leaves(out[1])))


def cached(folder: str) -> dict[str, str]:
    return {"ADJIT_CACHE": folder}
