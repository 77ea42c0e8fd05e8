"""Elementwise functions: of transcendental ones, and of arithmetic alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import ELEMENTARY, Arguments, Case, Maker, Size, Suite, family
from ..programs.numpy import elementwise as programs

MILLION, TEN_MILLION = (10**6,), (10**7,)
QUICK = (200,)


def normal(count: int) -> Maker:
    def make(size: Size, rng: np.random.Generator) -> Arguments:
        return tuple(rng.normal(size=size) for _ in range(count))

    return make


def positive(size: Size, rng: np.random.Generator) -> Arguments:
    return (rng.uniform(0.5, 2.0, size),)


def operations(arithmetic: int, elementary: int = 0) -> Callable[[Size], float]:
    """Flops of value and gradient together, from the operations for one element."""
    return lambda size: float(size[0] * (arithmetic + ELEMENTARY * elementary))


def cases(fun: Callable[..., Any], make: Maker, sizes: list[Size], **fields: Any) -> list[Case]:
    return family("elementwise", fun, make, sizes, QUICK, **fields)


SINE = {"argnums": (0,), "flops": operations(9, 3)}
SOFTPLUS = {"argnums": (0,), "flops": operations(7, 2)}

SUITE = Suite(
    "elementwise",
    "Chains of elementwise functions, summed",
    (
        *cases(programs.sine_gauss, normal(1), [(10**4,), MILLION, TEN_MILLION], **SINE),
        *cases(programs.sine_gauss, normal(1), [MILLION], dtype="float32", **SINE),
        *cases(programs.tanh_log, normal(1), [MILLION], argnums=(0,), flops=operations(11, 2)),
        *cases(programs.root_power, positive, [MILLION], argnums=(0,), flops=operations(7, 2)),
        *cases(
            programs.weighted_tanh,
            normal(4),
            [MILLION],
            argnums=(0, 1, 2),
            flops=operations(8, 1),
        ),
        *cases(programs.softplus, normal(1), [MILLION], **SOFTPLUS),
        *cases(programs.softplus, normal(1), [MILLION], dtype="float32", **SOFTPLUS),
        *cases(programs.logistic, normal(2), [MILLION], argnums=(0,), flops=operations(10, 1)),
        *cases(
            programs.polynomial,
            normal(1),
            [MILLION, TEN_MILLION],
            argnums=(0,),
            flops=operations(15),
        ),
        *cases(
            programs.rational,
            normal(2),
            [MILLION, TEN_MILLION],
            argnums=(0, 1),
            flops=operations(15),
        ),
        *cases(
            programs.three_arrays,
            normal(3),
            [MILLION, TEN_MILLION],
            argnums=(0, 1, 2),
            flops=operations(15),
        ),
    ),
)
