"""Least squares with nested sums. A size is the number of points and that of terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import ELEMENTARY, Arguments, Case, Size, Suite, family
from ..programs.numpy import least_squares as programs

TERMS = 128
SIZES: list[Size] = [(1024, TERMS), (4096, TERMS), (16_384, TERMS)]


def points(size: Size, rng: np.random.Generator) -> Arguments:
    n, m = size
    a, b = rng.normal(size=m) / m, rng.uniform(0.1, 3.0, m)
    return a, b, rng.uniform(0.0, 2.0, n), rng.normal(size=n)


def operations(elementary: int) -> Callable[[Size], float]:
    """Of the model, and of the derivatives of each term by its two parameters."""
    return lambda size: float(size[0] * size[1] * (8 + elementary * ELEMENTARY))


def cases(fun: Callable[..., Any], sizes: list[Size], elementary: int) -> list[Case]:
    flops = operations(elementary)
    return family("least_squares", fun, points, sizes, (9, 6), argnums=(0, 1), flops=flops)


SUITE = Suite(
    "least_squares",
    "Least squares over sums of terms, as one expression and as a loop",
    (
        *cases(programs.exponentials, SIZES, 1),
        *cases(programs.exponentials_loop, SIZES[-1:], 1),
        *cases(programs.sines, SIZES, 2),
        *cases(programs.sines_loop, SIZES[-1:], 2),
    ),
)
