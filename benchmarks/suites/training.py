"""Steps of training. A size is the batch and the widths of the layers."""

from __future__ import annotations

import numpy as np

from ..case import Arguments, Size, Suite, family
from ..programs.numpy import training as programs
from .networks import WEIGHTS, flops, weights

DIGITS = (32, 64, 64, 64, 10)
QUICK = (4, 5, 6, 6, 3)


def classes(size: Size, rng: np.random.Generator) -> Arguments:
    """Weights as layers keep them (outputs first), images, and the numbers of their classes."""
    batch, *widths = size
    parts = [part.T for part in weights(tuple(widths), rng)]
    return (*parts, rng.normal(size=(batch, widths[0])), rng.integers(0, widths[-1], batch))


SUITE = Suite(
    "training",
    "Steps of training: forward, backward and update",
    (
        *family(
            "training",
            programs.classifier_step,
            classes,
            [DIGITS],
            QUICK,
            dtype="float32",
            argnums=WEIGHTS,
            flops=flops,
            pure=False,
            training=True,
        ),
    ),
)
