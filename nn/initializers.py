"""Initial values of parameters. They are drawn by ``numpy.random``, so that its seed is theirs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tracer.errors import error

Shape = tuple[int, ...]


class Initializer:
    """``initializer(shape)``: an array of that shape."""

    def __call__(self, shape: Shape) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__}.__call__")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"


class Constant(Initializer):
    """One value, or an array of the parameter's shape."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, shape: Shape) -> np.ndarray:
        return np.array(np.broadcast_to(np.asarray(self.value, dtype=float), shape))


class Zeros(Initializer):
    """Zeros."""

    def __call__(self, shape: Shape) -> np.ndarray:
        return np.zeros(shape)


class Ones(Initializer):
    """Ones."""

    def __call__(self, shape: Shape) -> np.ndarray:
        return np.ones(shape)


class Uniform(Initializer):
    """Uniform in [-scale, scale)."""

    def __init__(self, scale: float = 0.07) -> None:
        self.scale = scale

    def __call__(self, shape: Shape) -> np.ndarray:
        return np.random.uniform(-self.scale, self.scale, shape)


class Normal(Initializer):
    """Normal with mean 0 and standard deviation ``sigma``."""

    def __init__(self, sigma: float = 0.01) -> None:
        self.sigma = sigma

    def __call__(self, shape: Shape) -> np.ndarray:
        return np.random.normal(0.0, self.sigma, shape)


class Xavier(Initializer):
    """Variance ``magnitude / fan`` (Glorot and Bengio 2010, as Gluon has it).

    ``rnd_type``: "uniform" in plus and minus ``sqrt(magnitude / fan)``, or "gaussian" with that
    standard deviation. ``factor_type``: the fan is that of the outputs ("out", the first axis),
    of the inputs ("in"), or their mean ("avg"). Axes after the second count for both.
    """

    def __init__(
        self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3.0
    ) -> None:
        if rnd_type not in ("uniform", "gaussian"):
            raise error("value", text=f"rnd_type is 'uniform' or 'gaussian', not {rnd_type!r}")
        if factor_type not in ("avg", "in", "out"):
            raise error("value", text=f"factor_type is 'avg', 'in' or 'out', not {factor_type!r}")
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = magnitude

    def __call__(self, shape: Shape) -> np.ndarray:
        if len(shape) < 2:
            raise error("value", text=f"Xavier is for matrices, not for the shape {shape}")
        rest = math.prod(shape[2:])
        fan_in, fan_out = shape[1] * rest, shape[0] * rest
        fans = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}
        scale = math.sqrt(self.magnitude / max(fans[self.factor_type], 1))
        if self.rnd_type == "uniform":
            return np.random.uniform(-scale, scale, shape)
        return np.random.normal(0.0, scale, shape)


BY_NAME: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "uniform": Uniform,
    "normal": Normal,
    "xavier": Xavier,
}


def initializer(wanted: Any) -> Initializer | None:
    """An Initializer by its name, or itself; None stays None."""
    if wanted is None or isinstance(wanted, Initializer):
        return wanted
    if isinstance(wanted, str) and wanted in BY_NAME:
        return BY_NAME[wanted]()
    raise error("value", text=f"unknown initializer {wanted!r}: one of {sorted(BY_NAME)}")
