"""Reprojection errors of bundle adjustment. A size is the number of observations."""

from __future__ import annotations

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import bundle_adjustment as programs


def observations(size: Size, rng: np.random.Generator) -> Arguments:
    """Points lie before their cameras, so nothing is projected from near the plane z = 0."""
    n = size[0]
    cameras = np.empty((n, 11))
    cameras[:, 0:3] = 0.2 * rng.normal(size=(n, 3)) + 0.1
    cameras[:, 3:6] = 0.3 * rng.normal(size=(n, 3))
    cameras[:, 6] = rng.uniform(0.8, 1.2, n)
    cameras[:, 7:9] = 0.05 * rng.normal(size=(n, 2))
    cameras[:, 9:11] = 0.05 * rng.normal(size=(n, 2))
    points = rng.uniform(-1.0, 1.0, (n, 3)) + np.array([0.0, 0.0, 6.0])
    return cameras, points, rng.uniform(0.5, 1.0, n), 0.3 * rng.normal(size=(n, 2))


def flops(size: Size) -> float:
    """About 90 operations forward, and twice that for the gradient."""
    return float(size[0] * (270 + 4 * ELEMENTARY))


SUITE = Suite(
    "bundle_adjustment",
    "Reprojection errors with rotation and radial distortion",
    tuple(
        family(
            "bundle_adjustment",
            programs.bundle_adjustment,
            observations,
            [(10**4,), (10**5,)],
            (12,),
            argnums=(0, 1, 2),
            flops=flops,
        )
    ),
)
