"""PyTorch as it runs line by line: leaves that require gradients, and `torch.autograd.grad`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..case import Arguments, Case, mapped, parts
from . import Answer, Prepared, Program, program


def start(threads: int) -> None:
    torch.set_num_threads(threads)
    x = torch.ones(3, requires_grad=True)
    torch.autograd.grad(torch.sum(x * x), x)


def find(case: Case) -> Program:
    return program("torch", case)


def tensors(arg: Any, dtype: str, wanted: bool) -> Any:
    """An argument with tensors in the place of arrays, and of floats if it is differentiated by."""

    def one(leaf):  # type: ignore[no-untyped-def]
        if wanted:
            return torch.tensor(leaf, dtype=getattr(torch, dtype), requires_grad=True)
        return torch.tensor(leaf) if isinstance(leaf, np.ndarray) else leaf

    return mapped(one, arg)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    if case.training:
        return Prepared(*program(*args))
    inputs = [tensors(arg, case.dtype, i in case.argnums) for i, arg in enumerate(args)]
    wrt = [leaf for position in case.argnums for leaf in parts(inputs[position])]

    def call():  # type: ignore[no-untyped-def]
        value = program(*inputs)
        return value, torch.autograd.grad(value, wrt)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(out[0].detach()), [part.numpy() for part in out[1]])

    return Prepared(call, answer)
