"""Random programs that run on NumPy's arrays, on recorded ones, and inside of transforms."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import adjit

Draw = random.Random


def pointwise(draw: Draw, x: Any, z: Any) -> Any:
    return draw.choice(
        [
            lambda: x + z,
            lambda: x * z,
            lambda: x - 2.5 * z,
            lambda: np.sin(x) * z,
            lambda: np.tanh(x + z),
            lambda: x / (1.5 + z * z),
            lambda: np.exp(-x * x) + z,
            lambda: np.sqrt(1 + x * x) - z,
            lambda: np.logaddexp(x, z),
            lambda: abs(x) ** 1.5 + z,
        ]
    )()


def chosen(draw: Draw, x: Any, z: Any) -> Any:
    return draw.choice(
        [
            lambda: np.where(x > z, x * x, z),
            lambda: np.maximum(x, z * 0.5),
            lambda: np.minimum(x, 0.3) * z,
            lambda: np.clip(x, -0.9, 0.8) + z,
        ]
    )()


def reduced(draw: Draw, x: Any, z: Any) -> Any:
    axis = draw.choice([0, 1, -1])
    kept = draw.choice(
        [
            lambda: x.sum(axis=axis, keepdims=True),
            lambda: np.mean(x, axis=axis, keepdims=True),
            lambda: np.max(x, axis=axis, keepdims=True),
            lambda: np.prod(np.cos(x), axis=axis, keepdims=True),
            lambda: np.linalg.norm(x + 2, axis=axis, keepdims=True),
        ]
    )()
    return kept * z


def product(draw: Draw, x: Any, z: Any) -> Any:
    return draw.choice(
        [lambda: x @ z.T @ x * 0.2, lambda: (x.T @ z)[: len(x)][:, : x.shape[1]].sum() * x * 0.1]
    )()


def moved(draw: Draw, x: Any, z: Any) -> Any:
    return draw.choice(
        [
            lambda: np.concatenate([x[1:], z[:1]]),
            lambda: np.stack([x[0], z[-1], x[1] * z[0]])[: len(x)],
            lambda: x[::-1] * z,
            lambda: x[:, ::-1] + z,
            lambda: np.cumsum(x, axis=0) * 0.5 + z,
            lambda: x.reshape(-1)[: x.size].reshape(x.shape) * z,
            lambda: x[[1, 0] + [1] * (len(x) - 2)] - z,
            lambda: np.roll(x, 1, axis=1) * z,
        ]
    )()


def in_place(draw: Draw, x: Any, z: Any) -> Any:
    y = x * 1.0
    part = y[draw.randrange(len(y)) :]
    before = y + z
    for _ in range(draw.randint(1, 3)):
        kind = draw.randrange(6)
        if kind == 0:
            part *= 1.5
        elif kind == 1:
            y[0] = z[-1] * y[1]
        elif kind == 2:
            part[-1] += z[0]
        elif kind == 3:
            y[:, 0] = np.sin(z[:, 1])
        elif kind == 4:
            y.T[1] -= part.sum()
        else:
            np.add(y, z, out=y)
    return y + before * part.sum() * 0.3


def guarded(draw: Draw, x: Any, z: Any) -> Any:
    if x.sum() > z.sum():
        return x * z
    y = x
    for _ in range(draw.randint(1, 3)):
        y = np.cos(y) + 0.3 * z
    return y


KINDS: list[Callable[[Draw, Any, Any], Any]] = [
    pointwise,
    pointwise,
    chosen,
    reduced,
    product,
    moved,
    in_place,
    in_place,
    guarded,
]


def program(seed: int, stops: bool) -> Callable[..., Any]:
    """A function of several arrays of shape (3, 2) with a number as its result."""

    def run(*leaves: Any) -> Any:
        draw = random.Random(seed)
        known = list(leaves)
        for _ in range(draw.randint(3, 7)):
            x, z = draw.choice(known), draw.choice(known)
            y = draw.choice(KINDS)(draw, x, z)
            stop = draw.random() < 0.15
            known.append(adjit.stop_gradient(y) if stop and stops else y)
        weights = np.linspace(0.5, 1.5, 6).reshape(3, 2)
        return sum([np.sum(np.tanh(y) * weights) for y in known[-3:]])

    return run


def leaves(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, (3, 2)) for _ in range(1 + seed % 3)]


def differences(fun: Callable[..., Any], x: Sequence[np.ndarray], h: float) -> list[np.ndarray]:
    """Central differences of a function whose values are arrays, summed."""
    found = []
    for n, item in enumerate(x):
        slope = np.zeros(item.shape)
        for place in np.ndindex(item.shape):
            ends = []
            for sign in (1, -1):
                moved = [part.copy() for part in x]
                moved[n][place] += sign * h
                ends.append(float(fun(*moved)))
            slope[place] = (ends[0] - ends[1]) / (2 * h)
        found.append(slope)
    return found
