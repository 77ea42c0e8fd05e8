"""Fresh processes: the import of a library, and a script up to its first gradient.

A cold one has nothing compiled on disk, a warm one what the process before it left there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Arguments, Case, Maker, Size, Suite
from ..programs.numpy.calls import rosenbrock
from ..programs.numpy.regression import logistic_regression


def nothing() -> float:
    return 0.0


def no_arguments(size: Size, rng: np.random.Generator) -> Arguments:
    return ()


def ten_variables(size: Size, rng: np.random.Generator) -> Arguments:
    """What the scripts have, as in those below."""
    return (np.linspace(-1.0, 1.0, size[0]),)


def small_table(size: Size, rng: np.random.Generator) -> Arguments:
    n, d = size
    X = np.sin(np.arange(float(n * d))).reshape(size)
    return np.linspace(-1.0, 1.0, d), X, np.where(X[:, 0] > 0.0, 1.0, -1.0)


def case(
    script: str, fun: Callable[..., Any], make: Maker, size: Size, warm: bool | None = None
) -> Case:
    return Case(
        name=script if warm is None else f"{script}-{'warm' if warm else 'cold'}",
        suite="start",
        fun=fun,
        make=make,
        argnums=() if fun is nothing else (0,),
        size=size,
        quick=size,
        programs=script,
        timed="process",
        warm=bool(warm),
    )


SUITE = Suite(
    "start",
    "Fresh processes, from their start to the first gradient",
    (
        case("start_import", nothing, no_arguments, ()),
        *(case("start_rosenbrock", rosenbrock, ten_variables, (10,), w) for w in (False, True)),
        *(
            case("start_regression", logistic_regression, small_table, (100, 6), w)
            for w in (False, True)
        ),
    ),
)
