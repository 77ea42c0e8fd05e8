"""PyTorch with `torch.compile`, which needs a C++ compiler on the machine."""

from __future__ import annotations

import os
import shutil

import torch

from ..case import Arguments, Case
from . import NoProgramError, Prepared
from . import torch as eager

COMPILED = {"recurrent"}
"""Suites whose programs are one layer of PyTorch's own: compiling would unroll its steps."""


def start(threads: int) -> None:
    eager.start(threads)
    if not compiler():
        return
    x = torch.ones(3, requires_grad=True)
    torch.autograd.grad(torch.compile(lambda x: torch.sum(x * x))(x), x)


def compiler() -> str | None:
    return os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")


def prepare(case: Case, args: Arguments) -> Prepared:
    if not compiler() or case.suite in COMPILED:
        raise NoProgramError
    torch.compiler.reset()
    return eager.prepared(case, args, lambda fun: torch.compile(fun, dynamic=False))
