"""PyTorch with `torch.compile`, which needs a C++ compiler on the machine."""

from __future__ import annotations

import os
import shutil

import torch

from ..case import Arguments, Case
from . import NoProgramError, Prepared, Program
from . import torch as eager

UNROLLED = {"lstm", "pendulum", "diffusion"}
"""Programs with loops over steps, which compiling would unroll: that takes minutes."""


def start(threads: int) -> None:
    eager.start(threads)
    if not compiler():
        return
    x = torch.ones(3, requires_grad=True)
    torch.autograd.grad(torch.compile(lambda x: torch.sum(x * x))(x), x)


def compiler() -> str | None:
    return os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")


def find(case: Case) -> Program:
    if not compiler() or case.function in UNROLLED or case.training:
        raise NoProgramError
    torch.compiler.reset()
    return eager.find(case)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    return eager.prepare(torch.compile(program, dynamic=False), case, args)
