"""Reductions: sums, means, extrema, products."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Arguments, Case, Maker, Size, Suite, family
from ..programs.numpy import reductions as programs

MILLION, MATRIX = (10**6,), (1000, 1000)
QUICK_VECTOR, QUICK_MATRIX = (100,), (8, 6)


def vector(size: Size, rng: np.random.Generator) -> Arguments:
    return (rng.normal(size=size),)


def two_vectors(size: Size, rng: np.random.Generator) -> Arguments:
    return rng.uniform(0.5, 1.5, size), rng.normal(size=size)


def near_one(size: Size, rng: np.random.Generator) -> Arguments:
    """Their product neither overflows nor underflows."""
    spread = 1.0 / math.sqrt(size[0])
    return rng.uniform(1.0 - spread, 1.0 + spread, size), rng.uniform(0.9, 1.1, size) ** spread


def matrix_and_weights(axis: int) -> Maker:
    def make(size: Size, rng: np.random.Generator) -> Arguments:
        return rng.normal(size=size), rng.normal(size=size[1 - axis])

    return make


def per_element(count: int) -> Callable[[Size], float]:
    return lambda size: float(count * math.prod(size))


def vectors(fun: Callable[..., Any], make: Maker, count: int, *argnums: int) -> list[Case]:
    flops = per_element(count)
    sizes = [MILLION]
    return family("reductions", fun, make, sizes, QUICK_VECTOR, argnums=argnums, flops=flops)


def matrices(fun: Callable[..., Any], make: Maker, *argnums: int) -> list[Case]:
    flops = per_element(2)
    return family("reductions", fun, make, [MATRIX], QUICK_MATRIX, argnums=argnums, flops=flops)


SUITE = Suite(
    "reductions",
    "Reductions over all elements and over an axis",
    (
        *vectors(programs.sum_of_squares, vector, 3, 0),
        *vectors(programs.norm, vector, 3, 0),
        *vectors(programs.variance, vector, 5, 0),
        *matrices(programs.column_means, matrix_and_weights(0), 0),
        *matrices(programs.row_means, matrix_and_weights(1), 0),
        *vectors(programs.weighted_max, two_vectors, 2, 0, 1),
        *vectors(programs.product_of_ratios, near_one, 5, 0, 1),
    ),
)
