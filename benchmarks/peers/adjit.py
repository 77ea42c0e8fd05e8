"""adjit: `compile_grad` of the NumPy program."""

from __future__ import annotations

import numpy as np

from ...tracer.api import compile_grad
from ..case import Arguments, Case
from . import Answer, Prepared


def start(threads: int) -> None:
    """Compiles something, so that a first call is not that of the process."""
    compile_grad(lambda x: np.sum(x * x))(np.ones(3))


def prepare(case: Case, args: Arguments) -> Prepared:
    compiled = compile_grad(case.fun, argnums=case.argnums)
    return Prepared(lambda: compiled(*args), lambda out: Answer(float(out[0]), list(out[1])))
