"""Random programs that run on NumPy's arrays, on recorded ones, and inside of transforms."""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import adjit

EXPRESSIONS = [
    "x + z",
    "x * z",
    "x - 2.5 * z",
    "np.sin(x) * z",
    "np.tanh(x + z)",
    "x / (1.5 + z * z)",
    "np.exp(-x * x) + z",
    "np.sqrt(1 + x * x) - z",
    "np.logaddexp(x, z)",
    "abs(x) ** 1.5 + z",
    "np.where(x > z, x * x, z)",
    "np.maximum(x, z * 0.5)",
    "np.minimum(x, 0.3) * z",
    "np.clip(x, -0.9, 0.8) + z",
    "x.sum(axis=0, keepdims=True) * z",
    "np.mean(x, axis=1, keepdims=True) + z",
    "np.max(x, axis=-1, keepdims=True) * z",
    "np.prod(np.cos(x), axis=0, keepdims=True) * z",
    "np.linalg.norm(x + 2, axis=1, keepdims=True) * z",
    "x @ z.T @ x * 0.2",
    "np.trace(x.T @ z) * x * 0.1",
    "np.einsum('ij,ik->jk', x, z)[:1] + x",
    "np.concatenate([x[1:], z[:1]])",
    "np.stack([x[0], z[-1], x[1] * z[0]])",
    "x[::-1] * z",
    "x[:, ::-1] + z",
    "np.cumsum(x, axis=0) * 0.5 + z",
    "x.reshape(-1)[::-1].reshape(3, 2) * z",
    "x[[1, 0, 1]] - z",
    "np.roll(x, 1, axis=1) * z",
]
WRITES = [
    "part *= 1.5",
    "y[0] = z[-1] * y[1]",
    "part[-1] += z[0]",
    "y[:, 0] = np.sin(z[:, 1])",
    "y.T[1] -= part.sum()",
    "np.add(y, z, out=y)",
    "np.add.at(y, [0, 2, 0], z)",
    "y[y > 0.5] *= 0.3",
]


def _in_place(draw: random.Random) -> list[str]:
    writes = draw.choices(WRITES, k=draw.randint(1, 3))
    start = draw.randrange(3)
    return [
        "y = x * 1.0",
        f"part = y[{start}:]",
        "before = y + z",
        *writes,
        "y = y + before * part.sum() * 0.3",
    ]


def _guarded(draw: random.Random) -> list[str]:
    loop = [
        "    y = x",
        f"    for _ in range({draw.randint(1, 4)}):",
        "        y = np.cos(y) + 0.3 * z",
    ]
    return ["if x.sum() > z.sum():", "    y = x * z", "else:", *loop]


def source(seed: int, stops: bool) -> str:
    """The text of a function of several arrays of shape (3, 2) that returns a number."""
    draw = random.Random(seed)
    names = [f"v{n}" for n in range(1 + seed % 3)]
    lines = [f"def run({', '.join(names)}):"]
    for _ in range(draw.randint(3, 7)):
        lines.append(f"    x, z = {draw.choice(names)}, {draw.choice(names)}")
        kind = draw.random()
        if kind < 0.25:
            body = _in_place(draw)
        elif kind < 0.4:
            body = _guarded(draw)
        else:
            body = [f"y = {draw.choice(EXPRESSIONS)}"]
        lines += [f"    {line}" for line in body]
        names.append(f"v{len(names)}")
        cut = stops and draw.random() < 0.2
        lines.append(f"    {names[-1]} = {'adjit.stop_gradient(y)' if cut else 'y'}")
    weights = "np.linspace(0.5, 1.5, 6).reshape(3, 2)"
    total = " + ".join(f"np.tanh({name})" for name in names[-3:])
    return "\n".join([*lines, f"    return np.sum(({total}) * {weights})", ""])


def program(seed: int, stops: bool) -> Callable[..., Any]:
    """The function of `source`, whose text the recorder finds as that of any other."""
    text, name = source(seed, stops), f"<drawn {seed} {stops}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    found: dict[str, Any] = {"np": np, "adjit": adjit}
    exec(compile(text, name, "exec"), found)
    run: Callable[..., Any] = found["run"]
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
