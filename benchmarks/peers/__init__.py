"""The libraries that run a case beside each other.

A peer is a row here and a driver: a module with `start(threads)`, called once in the process of
the peer, and `prepare(case, args)`, which raises `NoProgramError` where the peer has none.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..case import Case


@dataclass(frozen=True)
class Peer:
    name: str
    driver: str
    """The module, by its full name."""
    needs: tuple[str, ...] = ()
    """What must be installed, by the names of distributions; they can be imported as such."""
    gradient: bool = True
    """False for what computes the value alone: a yardstick, no competitor."""

    @property
    def missing(self) -> list[str]:
        return [name for name in self.needs if importlib.util.find_spec(name) is None]


class Answer(NamedTuple):
    value: float
    gradient: list[np.ndarray] | None
    """One array for each of the case's `argnums`; None if the peer has values alone."""


class Prepared(NamedTuple):
    call: Callable[[], Any]
    """One call, which returns when its results are there."""
    answer: Callable[[Any], Answer]
    """The numbers in what a call returned."""


class NoProgramError(Exception):
    """The peer has no program for a case."""


def program(folder: str, case: Case, again: bool = False) -> Callable[..., Any] | None:
    """The program of a case in a folder of `programs`, or None.

    With `again` its module is imported once more, for libraries that keep compiled code in the
    functions: the next first call compiles too.
    """
    package = f"{__package__.rpartition('.')[0]}.programs.{folder}"
    name = f"{package}.{case.module}"
    if importlib.util.find_spec(name) is None:
        return None
    if again:
        sys.modules.pop(name, None)
    found: Callable[..., Any] | None = getattr(importlib.import_module(name), case.function, None)
    return found


def known(name: str, *needs: str, driver: str = "", gradient: bool = True) -> Peer:
    return Peer(name, f"{__package__}.{driver or name}", needs, gradient)


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        known("adjit"),
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
