"""Networks of dense layers. A size is the batch and the widths of the layers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..case import Arguments, Size, Suite, family
from ..programs.numpy import networks as programs

LARGE = [(128, 784, 256, 128, 10)]
QUICK = (6, 5, 4, 4, 3)
WEIGHTS = (0, 1, 2, 3, 4, 5)


def weights(widths: Size, rng: np.random.Generator) -> Arguments:
    """Matrix and bias of each layer."""
    parts: list[np.ndarray] = []
    for inner, outer in pairwise(widths):
        parts += [rng.normal(size=(inner, outer)) / np.sqrt(inner), 0.1 * rng.normal(size=outer)]
    return tuple(parts)


def classes(size: Size, rng: np.random.Generator) -> Arguments:
    batch, *widths = size
    X = rng.normal(size=(batch, widths[0]))
    Y = np.eye(widths[-1])[rng.integers(0, widths[-1], batch)]
    return (*weights(tuple(widths), rng), X, Y)


def numbers(size: Size, rng: np.random.Generator) -> Arguments:
    batch, *widths = size
    X, y = rng.normal(size=(batch, widths[0])), rng.normal(size=(batch, widths[-1]))
    return (*weights(tuple(widths), rng), X, y)


def flops(size: Size) -> float:
    """Each layer is three products, the first two: the data is not differentiated."""
    batch, *widths = size
    products = [2 * batch * inner * outer for inner, outer in pairwise(widths)]
    return float(3 * sum(products) - products[0])


SUITE = Suite(
    "networks",
    "Networks of dense layers, by all weights",
    (
        *family("networks", programs.mlp_tanh, classes, LARGE, QUICK, argnums=WEIGHTS, flops=flops),
        *family("networks", programs.mlp_relu, classes, LARGE, QUICK, argnums=WEIGHTS, flops=flops),
        *family(
            "networks",
            programs.mlp_squares,
            numbers,
            [(32, 10, 20, 20, 1)],
            (6, 5, 4, 4, 1),
            argnums=WEIGHTS,
            flops=flops,
        ),
    ),
)
