"""A function whose exponent depends on where its argument lies: x -> x^k over [0, 1).

``k`` is one more than ``floor(1 / (1 - x))`` below 0.75 and 0 from there on, so the function is
x², x³, x⁴ and the constant 1 on four intervals, and its gradient 2x, 3x², 4x³ and 0. The
compiler sees only ``math.floor`` and an ``if``: what it recorded is printed at the end.

Run: ``python examples/piecewise.py [PNG]`` (by default ``piecewise.png`` in the current folder)
"""

from __future__ import annotations

import math
import sys

import numpy as np
from matplotlib.figure import Figure

from adjit import compile_grad

PIECES = [
    (0.0, 1 / 2, "2x", lambda x: 2 * x),
    (1 / 2, 2 / 3, "3x²", lambda x: 3 * x**2),
    (2 / 3, 3 / 4, "4x³", lambda x: 4 * x**3),
    (3 / 4, 1.0, "0", lambda x: 0 * x),
]
"""From, up to (excluded), and the derivative there by hand: as text and as a function."""


@compile_grad
def power(x):
    """x to the power k, where k depends on x."""
    if x.item() < 0.75:
        k = math.floor(1 / (1 - x.item())) + 1
    else:
        k = 0
    return x**k


def gradients(points: np.ndarray) -> np.ndarray:
    """The gradient at each point: one call each, since the path depends on the point."""
    return np.array([power(np.array(x))[1] for x in points])


def main(path: str) -> None:
    points = (np.arange(400) + 0.5) / 400
    found = gradients(points)
    for low, high, text, by_hand in PIECES:
        inside = (low <= points) & (points < high)
        worst = np.abs(found[inside] - by_hand(points[inside])).max()
        print(
            f"[{low:.3f}, {high:.3f}): {inside.sum()} points, "
            f"largest difference from {text}: {worst:.1e}"
        )

    figure = Figure(figsize=(6, 4))
    axes = figure.subplots()
    axes.plot(points, found, ".", markersize=2, label="gradient, compiled")
    for low, high, text, by_hand in PIECES:
        line = np.linspace(low, high, 50, endpoint=False)
        axes.plot(line, by_hand(line), linewidth=0.8, label=f"{text}, by hand")
    axes.set_xlabel("x")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"plot written to {path}")
    print(power.explain())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "piecewise.png")
