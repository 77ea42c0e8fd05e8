"""autograd: the NumPy program on its module."""

from __future__ import annotations

import autograd
import autograd.numpy as arrays
import numpy as np

from ..case import Arguments, Case
from ..programs.translate import on_module
from . import Answer, NoProgramError, Prepared, program


def start(threads: int) -> None:
    pass


def prepare(case: Case, args: Arguments) -> Prepared:
    found = program("autograd", case)
    if found is None:
        if not case.pure:
            raise NoProgramError
        found = getattr(on_module(case.fun.__module__, arrays), case.fun.__name__)
    both = autograd.value_and_grad(found, argnum=case.argnums)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(out[0]), [np.asarray(part) for part in out[1]])

    return Prepared(lambda: both(*args), answer)
