"""The optimizers there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tracer.errors import error
from .optimizer import Optimizer, clipped


class SGD(Optimizer):
    """``v = momentum * v - learning_rate * gradient``; ``x = x + v`` (as Gluon has it).

    PyTorch multiplies the velocity by the learning rate instead: the same as long as that does
    not change.
    """

    kept = 1

    def __init__(
        self,
        params: Any = None,
        learning_rate: float | None = None,
        momentum: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(params, learning_rate, **options)
        self.options["momentum"] = float(momentum)
        self.kept = 1 if momentum else 0

    @staticmethod
    def rule(x: Any, g: Any, kept: Sequence[Any], numbers: Sequence[Any], **options: Any) -> Any:
        (rate,) = numbers
        change = rate * clipped(x, g, options["wd"], options["clip"])
        if not kept:
            return (x - change,)
        velocity = options["momentum"] * kept[0] - change
        return x + velocity, velocity


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015): ``x - rate * m / (sqrt(v) + epsilon)``, both corrected for bias.

    ``beta1`` and ``beta2``, or ``betas``: of the running means of gradients and their squares.
    """

    kept = 2
    usual_rate = 0.001
    decoupled = False

    def __init__(
        self,
        params: Any = None,
        learning_rate: float | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        betas: tuple[float, float] | None = None,
        eps: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(params, learning_rate, **options)
        beta1, beta2 = (beta1, beta2) if betas is None else betas
        if not (0 <= beta1 < 1 and 0 <= beta2 < 1):
            raise error("value", text=f"the betas are in [0, 1), not {beta1} and {beta2}")
        self.options |= {
            "beta1": float(beta1),
            "beta2": float(beta2),
            "epsilon": float(epsilon if eps is None else eps),
            "decoupled": self.decoupled,
        }

    def numbers(self, count: int) -> tuple[float, ...]:
        rate = self.learning_rate
        step = rate / (1 - self.options["beta1"] ** count)
        return rate, step, math.sqrt(1 - self.options["beta2"] ** count)

    @staticmethod
    def rule(x: Any, g: Any, kept: Sequence[Any], numbers: Sequence[Any], **options: Any) -> Any:
        rate, step, correction = numbers
        beta1, beta2, wd = options["beta1"], options["beta2"], options["wd"]
        decoupled = options["decoupled"]
        g = clipped(x, g, 0.0 if decoupled else wd, options["clip"])
        m = beta1 * kept[0] + (1 - beta1) * g
        v = beta2 * kept[1] + (1 - beta2) * (g * g)
        if decoupled and wd:
            x = x - (rate * wd) * x
        return x - step * m / (np.sqrt(v) / correction + options["epsilon"]), m, v


class AdamW(Adam):
    """Adam with decoupled weight decay: ``x - rate * wd * x`` (Loshchilov and Hutter 2019)."""

    decoupled = True

    def __init__(
        self, params: Any = None, learning_rate: float | None = None, *args: Any, **options: Any
    ) -> None:
        if options.get("weight_decay") is None:
            options.setdefault("wd", 0.01)
        super().__init__(params, learning_rate, *args, **options)


BY_NAME: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
