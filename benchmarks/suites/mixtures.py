"""The Gaussian mixture model. A size is dimensions, components and points."""

from __future__ import annotations

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import mixtures as programs


def mixture(size: Size, rng: np.random.Generator) -> Arguments:
    d, K, n = size
    factors = 0.3 * rng.normal(size=(K, d + d * (d - 1) // 2))
    return rng.normal(size=K), rng.normal(size=(K, d)), factors, rng.normal(size=(n, d))


def flops(size: Size) -> float:
    """For each point and component a triangular product, its transpose, and an outer product."""
    d, K, n = size
    return float(n * K * (3 * d * (d + 1) + 2 * d + ELEMENTARY))


SUITE = Suite(
    "mixtures",
    "Log-likelihood of a Gaussian mixture (ADBench)",
    tuple(
        family(
            "mixtures",
            programs.gmm,
            mixture,
            [(2, 5, 1000), (10, 25, 1000)],
            (3, 2, 5),
            argnums=(0, 1, 2),
            flops=flops,
            pure=False,
        )
    ),
)
