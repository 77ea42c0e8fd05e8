"""adjit: `compile_grad` of the NumPy program, or what calls it inside numba."""

from __future__ import annotations

import importlib.util

import numpy as np

from ...numba_extension import init
from ...tracer.api import compile_grad
from ..case import Arguments, Case, leaves
from . import Answer, NoProgramError, Prepared, Program, program


def start(threads: int) -> None:
    """Compiles something, so that a first call is not that of the process."""
    compile_grad(lambda x: np.sum(x * x))(np.ones(3))


def find(case: Case) -> Program:
    if case.training:
        return program("adjit", case)
    if not case.direct:
        return case.written(case.fun)
    if importlib.util.find_spec("numba") is None:
        raise NoProgramError
    init()  # which numba does itself where adjit is installed
    return program("adjit", case, again=True)


def prepare(found: Program, case: Case, args: Arguments) -> Prepared:
    if case.training:
        return Prepared(*found(*args))
    compiled = found if case.direct else compile_grad(found, argnums=case.argnums)
    return Prepared(lambda: compiled(*args), lambda out: Answer(float(out[0]), leaves(out[1])))


def cached(folder: str) -> dict[str, str]:
    return {"ADJIT_CACHE": folder}
