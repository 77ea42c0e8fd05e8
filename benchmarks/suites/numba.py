"""Gradients inside numba's parallel loops. A size is the number of problems, then theirs."""

from __future__ import annotations

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import many as programs


def points(size: Size, rng: np.random.Generator) -> Arguments:
    return (rng.normal(size=size),)


def tables(size: Size, rng: np.random.Generator) -> Arguments:
    problems, rows, columns = size
    labels = np.where(rng.normal(size=(problems, rows)) > 0.0, 1.0, -1.0)
    return 0.1 * rng.normal(size=(problems, columns)), rng.normal(size=size), labels


def flops(size: Size) -> float:
    """Two products of each table with a vector."""
    problems, rows, columns = size
    return float(problems * rows * (4 * columns + 6 + 2 * ELEMENTARY))


SUITE = Suite(
    "numba",
    "Gradients of many small problems, called by numba's parallel loops",
    (
        *family(
            "numba",
            programs.rosenbrocks,
            points,
            [(100_000, 10)],
            (50, 10),
            programs="many",
            argnums=(0,),
            direct=True,
        ),
        *family(
            "numba",
            programs.regressions,
            tables,
            [(100_000, 20, 5)],
            (50, 20, 5),
            programs="many",
            argnums=(0,),
            direct=True,
            flops=flops,
        ),
    ),
)
