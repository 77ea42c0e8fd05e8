"""Loops over scalar elements, with data-dependent conditions and trip counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import LoopCase, Size


def newton_sqrt(a):
    """Square roots by Newton's method, each to its tolerance."""
    out = np.empty_like(a)
    for i in range(len(a)):
        x = 1.0
        while abs(x * x - a[i]) > 1e-12:
            x = 0.5 * (x + a[i] / x)
        out[i] = x
    return out


def corrected(x, a):
    """A Newton step for x**3 + x = a, which also carries the derivative by a."""
    return x - (x * x * x + x - a) / (3.0 * x * x + 1.0)


def bisection(a):
    """Roots of x**3 + x = a; each Newton step makes one more order of derivatives right."""
    out = np.empty_like(a)
    for i in range(len(a)):
        low, high = -4.0, 4.0
        middle = 0.0
        for _ in range(100):
            middle = 0.5 * (low + high)
            value = middle * middle * middle + middle - a[i]
            if abs(value) < 1e-9 or high - low < 1e-10:
                break
            if value < 0.0:
                low = middle
            else:
                high = middle
        out[i] = corrected(corrected(middle, a[i]), a[i])
    return out


def recurrence(x, decay):
    out = np.empty_like(x)
    s = 0.0
    for i in range(len(x)):
        s = decay * s + x[i] * (1.0 - 0.25 * x[i])
        out[i] = s
    return out


def mandelbrot(real, imaginary, limit):
    """Smooth escape times, point by point."""
    out = np.zeros_like(real)
    for i in range(len(real)):
        x, y = 0.0, 0.0
        n = 0
        while n < limit and x * x + y * y < 1e12:
            x, y = x * x - y * y + real[i], 2.0 * x * y + imaginary[i]
            n += 1
        if n < limit:
            out[i] = n + 1.0 - np.log2(0.5 * np.log(x * x + y * y))
    return out


def running_peak(x, decay):
    """A peak meter: jumps up with the power of the signal, falls off slowly."""
    out = np.empty_like(x)
    peak = 0.0
    age = 0
    for i in range(len(x)):
        power = x[i] * x[i]
        if power > peak:
            peak = power
            age = 0
        else:
            peak = decay * peak
            age += 1
        out[i] = peak / (1 + age)
    return out


def enumerate_zip(xs, ys):
    out = np.zeros_like(xs)
    total = 0.0
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        total = 0.9 * total + x * y
        out[i] = total * x / (i + 1)
    return out


def discounted(rewards, discounts):
    """Returns of a walk, from its end to its start."""
    out = np.empty_like(rewards)
    value = 0.0
    for t in reversed(range(len(rewards))):
        value = rewards[t] + discounts[t] * value
        out[t] = value
    return out


def penalty(r):
    """Huber's, with early returns."""
    if r > 1.0:
        return r - 0.5
    if r < -1.0:
        return -r - 0.5
    return 0.5 * r * r


def residual(x, scale, i):
    return (x[i] - x[i - 1]) / scale[i]


def early_return(x, scale):
    out = np.zeros_like(x)
    for i in range(1, len(x)):
        out[i] = 0.5 * out[i - 1] + penalty(residual(x, scale, i))
    return out


def linked_list(x, following, first):
    """Follows a linked list through an array to its end, which is negative."""
    out = np.zeros_like(x)
    total = 1.0
    j = first[0]
    while j >= 0:
        total = 0.5 * total + x[j]
        out[j] = total * x[j]
        j = following[j]
    return out


def budget(costs, skipped, limit):
    """Spends until the limit is passed, and leaves some out."""
    out = np.zeros_like(costs)
    spent = 0.0
    for i in range(len(costs)):
        if skipped[i]:
            continue
        spent += costs[i] * costs[i]
        if spent > limit:
            break
        out[i] = spent
    return out


def soft_minimum(a, b, c):
    least = min(a, b, c)
    return least - np.log(np.exp(least - a) + np.exp(least - b) + np.exp(least - c))


def soft_dtw(x, y):
    """Dynamic time warping of two series, with a smooth minimum: the last row of its table."""
    n, m = len(x), len(y)
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            distance = (x[i - 1] - y[j - 1]) ** 2
            R[i, j] = distance + soft_minimum(R[i - 1, j], R[i, j - 1], R[i - 1, j - 1])
    return R[n, 1:]


def positive(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(0.5, 4.0, size),)


def right_sides(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-9.0, 9.0, size),)


def signal(decay: float) -> Any:
    """A series of the size ``(n,)``, and a decay."""

    def make(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
        return rng.normal(size=size), decay

    return make


def two_series(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, m = size
    return rng.normal(size=n), rng.normal(size=m)


def cusp(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    """Points to the right of the cusp of the set, which all escape."""
    n, limit = size
    real = rng.uniform(0.3, 0.6, n)
    return real, rng.uniform(-1.0, 1.0, n) * (real - 0.25) ** 1.5, limit


def walk(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=size), rng.uniform(0.5, 0.99, size)


def scaled(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    return 1.5 * rng.normal(size=size), rng.uniform(0.8, 1.5, size)


def list_of(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    """A list through three quarters of the array."""
    (n,) = size
    order = rng.permutation(n)[: max(2, 3 * n // 4)]
    following = np.full(n, -1)
    following[order[:-1]] = order[1:]
    return rng.normal(size=n), following, order[:1]


def expenses(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    (n,) = size
    return rng.uniform(0.5, 1.5, n), rng.random(n) < 0.3, 0.6 * n


CASES = [
    LoopCase("newton_sqrt", newton_sqrt, positive, (0,), (6,), (20000,)),
    LoopCase("bisection", bisection, right_sides, (0,), (6,), (2000,)),
    LoopCase("recurrence", recurrence, signal(0.9), (0,), (8,), (10**6,)),
    LoopCase(
        "mandelbrot", mandelbrot, cusp, (0, 1), (5, 100), (5000, 100), notes="all points escape"
    ),
    LoopCase("running_peak", running_peak, signal(0.95), (0,), (8,), (10**5,)),
    LoopCase("enumerate_zip", enumerate_zip, two_series, (0, 1), (7, 7), (10**5, 10**5)),
    LoopCase("discounted", discounted, walk, (0, 1), (7,), (10**5,)),
    LoopCase("early_return", early_return, scaled, (0, 1), (10,), (50000,)),
    LoopCase("linked_list", linked_list, list_of, (0,), (8,), (10**5,)),
    LoopCase("budget", budget, expenses, (0,), (10,), (10**5,)),
    LoopCase("soft_dtw", soft_dtw, two_series, (0, 1), (5, 4), (100, 120)),
]
