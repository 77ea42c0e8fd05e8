"""Long short-term memory. A size is steps, batch, inputs and hidden units."""

from __future__ import annotations

import numpy as np

from ..case import ELEMENTARY, Arguments, Size, Suite, family
from ..programs.numpy import recurrent as programs


def sequences(size: Size, rng: np.random.Generator) -> Arguments:
    T, batch, D, H = size
    Wx, Wh = rng.normal(size=(D, 4 * H)) / np.sqrt(D), rng.normal(size=(H, 4 * H)) / np.sqrt(H)
    X, Y = rng.normal(size=(T, batch, D)), 0.5 * rng.normal(size=(T, batch, H))
    return Wx, Wh, 0.1 * rng.normal(size=4 * H), X, Y


def flops(size: Size) -> float:
    """Two products forward and three backward: the inputs are not differentiated."""
    T, batch, D, H = size
    return float(T * batch * (2 * 4 * H * (2 * D + 3 * H) + H * (30 + 5 * ELEMENTARY)))


SUITE = Suite(
    "recurrent",
    "Long short-term memory over a sequence",
    tuple(
        family(
            "recurrent",
            programs.lstm,
            sequences,
            [(100, 1, 16, 16), (50, 32, 32, 64)],
            (4, 2, 3, 3),
            argnums=(0, 1, 2),
            flops=flops,
        )
    ),
)
