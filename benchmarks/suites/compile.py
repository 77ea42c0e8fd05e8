"""First calls: of programs by their length, and of loops by their trips, which a size is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Arguments, Case, Maker, Size, Suite, family
from ..programs.numpy import compile as programs

LENGTHS = [10, 100, 300, 1000, 3000, 10_000]
TRIPS = [10, 1000, 100_000]
TIME = 10.0
"""That the pendulum swings for, in however many steps."""


def two_floats(size: Size, rng: np.random.Generator) -> Arguments:
    return 0.3, 0.7


def line(size: Size, rng: np.random.Generator) -> Arguments:
    return (np.linspace(-2.0, 2.0, size[0]),)


def swing(size: Size, rng: np.random.Generator) -> Arguments:
    return 1.0, 0.1, TIME / size[0], size[0]


def rod(size: Size, rng: np.random.Generator) -> Arguments:
    return rng.normal(size=10), size[0]


def cases(
    fun: Callable[..., Any], make: Maker, sizes: list[int], quick: int = 10, **fields: Any
) -> list[Case]:
    every = [(number,) for number in sizes]
    return family("compile", fun, make, every, (quick,), timed="compilation", **fields)


SUITE = Suite(
    "compile",
    "First calls: compilation and one run, by length and by trips",
    (
        *cases(programs.ten_operations, line, [1000], argnums=(0,)),
        *cases(programs.straight_line, two_floats, LENGTHS, argnums=(0, 1), generated=True),
        *cases(programs.pendulum, swing, TRIPS, argnums=(0, 1)),
        *cases(programs.diffusion, rod, TRIPS, argnums=(0,), pure=False),
    ),
)
