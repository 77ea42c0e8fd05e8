"""Programs whose first call is measured: value and gradient by hand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numba import njit

from ..straight_line import defined, operands, operations_on

DERIVATIVES = (
    {"left": "{g}", "right": "-{g}"},
    {"left": "{g} * np.cos({left})"},
    {"right": "{g}", "b": "{g}"},
    {"left": "{g} * {right}", "right": "{g} * {left}"},
    {"left": "{g}", "right": "-{g}"},
)
"""What each line of a straight-line program adds to the derivatives by its operands."""


@cache
def straight_line_text(operations):
    lines = ["def program(a, b):", *operations_on(operations), "    g_a = g_b = 0.0"]
    lines.append(f"    g_v{operations - 1} = 1.0")
    known = {"a", "b", f"v{operations - 1}"}
    for i in reversed(range(operations)):
        to, left, right = operands(i)
        if to not in known:  # the value does not depend on it
            continue
        for by, text in DERIVATIVES[i % len(DERIVATIVES)].items():
            name = {"left": left, "right": right}.get(by, by)
            sign = "+=" if name in known else "="
            lines.append(f"    g_{name} {sign} {text.format(g=f'g_{to}', left=left, right=right)}")
            known.add(name)
    return "\n".join([*lines, f"    return v{operations - 1}, g_a, g_b", ""])


def straight_line(operations):
    text = straight_line_text(operations)
    return njit(defined(text, f"straight_line_{operations}_by_hand", np))


@njit
def ten_operations(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in range(x.size):
        v = x[i]
        e, s, c, below = math.exp(-v * v), math.sin(v), math.cos(v), 1.0 / (1.0 + v * v)
        total += s * e + c * below
        gradient[i] = e * (c - 2.0 * v * s) - below * (s + 2.0 * v * c * below)
    return total, gradient


@njit
def pendulum(x, v, dt, steps):
    angles = np.empty(steps)
    for i in range(steps):
        angles[i] = x
        v -= dt * math.sin(x)
        x += dt * v
    by_x, by_v = math.sin(x), v
    for i in range(steps - 1, -1, -1):
        by_v += dt * by_x
        by_x -= dt * by_v * math.cos(angles[i])
    return 0.5 * v * v - math.cos(x), by_x, by_v


@njit
def diffusion(u, steps):
    n = u.size
    u = u.copy()
    for _ in range(steps):
        left = u[0]
        for i in range(1, n - 1):
            here = u[i]
            u[i] += 0.2 * (u[i + 1] - 2.0 * here + left)
            left = here
    value = np.sum(u * u)
    g = 2.0 * u
    for _ in range(steps):
        before = 0.0
        for i in range(n):
            after = g[i + 1] if i < n - 2 else 0.0
            inner = g[i] if 0 < i < n - 1 else 0.0
            g[i] += 0.2 * (after - 2.0 * inner + before)
            before = inner
    return value, g
