"""Logistic regression, from a small table to one that leaves the cache."""

from __future__ import annotations

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import regression as programs


def table(size: Size, rng: np.random.Generator) -> Arguments:
    n, d = size
    X = rng.normal(size=size)
    labels = np.where(X @ rng.normal(size=d) + rng.normal(size=n) > 0.0, 1.0, -1.0)
    return 0.1 * rng.normal(size=d), X, labels


def flops(size: Size) -> float:
    """Two products of the table with a vector."""
    n, d = size
    return float(4 * n * d + n * (6 + 2 * ELEMENTARY))


SUITE = Suite(
    "regression",
    "Logistic regression",
    tuple(
        family(
            "regression",
            programs.logistic_regression,
            table,
            [(569, 30), (10_000, 100), (100_000, 20)],
            (12, 4),
            argnums=(0,),
            flops=flops,
        )
    ),
)
