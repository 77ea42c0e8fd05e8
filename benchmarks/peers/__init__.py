"""The libraries that run a case beside each other.

A peer is a row here and a driver, a module with these functions:

- `start(threads)`, called once in the process of the peer;
- `find(case)`, the program of a case as the peer's user writes it; raises `NoProgramError` where
  there is none;
- `prepare(program, case, args)`, what is timed as part of the first call;
- `cached(folder)`, the environment in which the library keeps compiled code in a folder, if it can.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..case import Case
from ..programs.translate import on_module


@dataclass(frozen=True)
class Peer:
    name: str
    driver: str
    """The module, by its full name."""
    needs: tuple[str, ...] = ()
    """What must be installed, by the names of distributions; they can be imported as such."""
    gradient: bool = True
    """False for what computes the value alone, or nothing: a yardstick, no competitor."""

    @property
    def missing(self) -> list[str]:
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


class Answer(NamedTuple):
    value: float
    gradient: list[np.ndarray] | None
    """The leaves of the gradients in the order of `argnums`; None if the peer has values alone."""


class Prepared(NamedTuple):
    call: Callable[[], Any]
    """One call, which returns when its results are there."""
    answer: Callable[[Any], Answer | None]
    """The numbers in what a call returned; None where nothing is computed."""


class NoProgramError(Exception):
    """The peer has no program for a case."""


Program = Callable[..., Any]


def program(folder: str, case: Case, again: bool = False) -> Program:
    """The program of a case in a folder of `programs`.

    With `again` its module is imported once more, for libraries that keep compiled code in the
    functions: the next first call compiles too.
    """
    name = f"{__package__.rpartition('.')[0]}.programs.{folder}.{case.module}"
    if importlib.util.find_spec(name) is None:
        raise NoProgramError
    if again:
        sys.modules.pop(name, None)
    found: Program | None = getattr(importlib.import_module(name), case.function, None)
    if found is None:
        raise NoProgramError
    return case.written(found)


def program_or_numpy(folder: str, case: Case, arrays: ModuleType) -> Program:
    """The same for libraries that have NumPy's names: else the NumPy program on their module."""
    try:
        return program(folder, case)
    except NoProgramError:
        if not case.pure:
            raise
    return case.written(getattr(on_module(case.fun.__module__, arrays), case.fun.__name__))


def known(name: str, *needs: str, driver: str = "", gradient: bool = True) -> Peer:
    return Peer(name, f"{__package__}.{driver or name}", needs, gradient)


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        known("adjit"),
        known("floor", "numba", gradient=False),
        known("numpy", gradient=False),
        known("numba-primal", "numba", driver="numba_primal", gradient=False),
        known("numba", "numba"),
        known("jax", "jax"),
        known("torch", "torch"),
        known("torch-compiled", "torch", driver="torch_compiled"),
        known("autograd", "autograd"),
        known("casadi", "casadi"),
    )
}
"""In the order of the tables; all but the first are left out where they are not installed."""
