"""The automatic-differentiation programs of the deep-learning textbooks, compiled.

Each prints what was computed next to what the textbook derives by hand; the last one plots the
sine and its derivative.

Run: ``python examples/textbook.py [PNG]`` (by default ``textbook.png`` in the current folder)
"""

from __future__ import annotations

import sys

import numpy as np
from matplotlib.figure import Figure

from adjit import compile_grad, grad, stop_gradient


def show(title: str, found: object, derived: object) -> None:
    """One line: the gradient that was computed, and the one that paper and pencil give."""
    print(f"{title}: {found}, by hand {derived}")


def dot_product() -> None:
    """y = 2 x·x has the gradient 4x."""

    @compile_grad
    def f(x):
        return 2 * np.dot(x, x)

    x = np.arange(4.0)
    value, g = f(x)
    print(f"2 x·x at {x}: {value}")
    show("gradient of 2 x·x", g, 4 * x)


def sums() -> None:
    """The gradient of a sum is one everywhere; that of a vector's squares is 2x."""
    x = np.arange(4.0)
    show("gradient of x.sum()", grad(lambda x: x.sum())(x), np.ones(4))
    show("gradient of (x * x).sum()", grad(lambda x: (x * x).sum())(x), 2 * x)


def detached() -> None:
    """With u = x*x taken as a constant, the gradient of sum(u * x) is u and not 3x²."""

    @compile_grad
    def f(x):
        u = stop_gradient(x * x)
        return np.sum(u * x)

    x = np.arange(4.0)
    show("gradient of stop_gradient(x * x) * x", f(x)[1], x * x)
    show("gradient of x * x * x", grad(lambda x: np.sum(x * x * x))(x), 3 * x * x)


def control_flow() -> None:
    """Doubling until the norm reaches 1000: f is linear in each piece, so its slope is f(a)/a."""

    @compile_grad
    def f(a):
        b = a * 2
        while np.linalg.norm(b) < 1000:
            b = b * 2
        if b.sum() > 0:
            c = b
        else:
            c = 100 * b
        return c

    for a in (0.7, 0.6, -0.7, 300.0):
        value, slope = f(np.array(a))
        show(f"slope of the while program at {a}", slope, value / a)
    print(f.explain())


@compile_grad
def price(bids):
    """The price of a second-price auction: the winner pays the second-highest bid."""
    highest, second = bids[0], bids[1]
    if second > highest:
        highest, second = second, highest
    for bid in bids[2:]:
        if bid > highest:
            highest, second = bid, highest
        elif bid > second:
            second = bid
    return second


def auction() -> None:
    """The price does not depend on the winner's bid, so nobody gains by bidding below value."""
    bids = np.array([3.0, 7.5, 5.0, 6.5])
    value, g = price(bids)
    show(f"price for the bids {bids}", value, np.sort(bids)[-2])
    show("its gradient by the bids", g, np.where(bids == np.sort(bids)[-2], 1.0, 0.0))
    show("its gradient by the winner's bid", g[np.argmax(bids)], 0.0)


def plot_sine(path: str) -> None:
    """The sine and its derivative, which the compiler finds without being told the cosine."""
    x = np.linspace(-np.pi, np.pi, 201)
    derivative = grad(lambda x: np.sum(np.sin(x)))(x)
    show(
        "largest difference between the derivative of sin and cos",
        np.abs(derivative - np.cos(x)).max(),
        0.0,
    )
    figure = Figure(figsize=(6, 4))
    axes = figure.subplots()
    axes.plot(x, np.sin(x), label="sin x")
    axes.plot(x, derivative, "--", label="its derivative")
    axes.set_xlabel("x")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"plot written to {path}")


def main(path: str) -> None:
    dot_product()
    sums()
    detached()
    control_flow()
    auction()
    plot_sine(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "textbook.png")
