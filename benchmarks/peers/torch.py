"""PyTorch as it runs line by line: leaves that require gradients, and `torch.autograd.grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..case import Arguments, Case
from . import Answer, NoProgramError, Prepared, program


def start(threads: int) -> None:
    torch.set_num_threads(threads)
    x = torch.ones(3, requires_grad=True)
    torch.autograd.grad(torch.sum(x * x), x)


def prepare(case: Case, args: Arguments) -> Prepared:
    return prepared(case, args, lambda fun: fun)


def prepared(case: Case, args: Arguments, compile: Callable[[Any], Any]) -> Prepared:
    found = program("torch", case)
    if found is None:
        raise NoProgramError
    tensors = [torch.tensor(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
    wrt = [tensors[position].requires_grad_() for position in case.argnums]
    compiled = compile(found)

    def call():  # type: ignore[no-untyped-def]
        value = compiled(*tensors)
        return value, torch.autograd.grad(value, wrt)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(out[0].detach()), [part.numpy() for part in out[1]])

    return Prepared(call, answer)
