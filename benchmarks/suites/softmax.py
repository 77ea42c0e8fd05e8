"""Softmax and its kin: logsumexp, cross entropy over rows, layer normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import softmax as programs

LENGTHS = [(2500,), (20_000,), (160_000,), (1_280_000,)]
ROWS = [(1000, 10), (1000, 1000), (10_000, 100), (100_000, 10)]


def vector(size: Size, rng: np.random.Generator) -> Arguments:
    return (3.0 * rng.normal(size=size),)


def logits_and_targets(size: Size, rng: np.random.Generator) -> Arguments:
    targets = rng.exponential(size=size)
    return 2.0 * rng.normal(size=size), targets / targets.sum(axis=1, keepdims=True)


def rows_and_scales(size: Size, rng: np.random.Generator) -> Arguments:
    width = size[1]
    return tuple(rng.normal(size=shape) for shape in (size, width, width, size))


def per_element(arithmetic: int, elementary: int) -> Callable[[Size], float]:
    return lambda size: float(math.prod(size) * (arithmetic + ELEMENTARY * elementary))


SUITE = Suite(
    "softmax",
    "Sums of exponentials, and normalised rows",
    (
        *family(
            "softmax",
            programs.logsumexp,
            vector,
            LENGTHS,
            (50,),
            argnums=(0,),
            flops=per_element(4, 1),
        ),
        *family(
            "softmax",
            programs.cross_entropy,
            logits_and_targets,
            ROWS,
            (7, 5),
            argnums=(0,),
            flops=per_element(9, 1),
        ),
        *family(
            "softmax",
            programs.layer_norm,
            rows_and_scales,
            [(1000, 1000), (10_000, 100)],
            (7, 5),
            argnums=(0, 1, 2),
            flops=per_element(16, 0),
        ),
    ),
)
