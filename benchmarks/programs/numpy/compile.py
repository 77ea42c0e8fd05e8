"""Programs whose first call is measured: long ones, and loops with many trips."""

from __future__ import annotations

import numpy as np

from ..straight_line import straight_line as on_module


def straight_line(operations):
    return on_module(operations, np)


def ten_operations(x):
    square = x * x
    return np.sum(np.sin(x) * np.exp(-square) + np.cos(x) / (1.0 + square))


def pendulum(x, v, dt, steps):
    """Its energy after the steps; floats alone."""
    for _ in range(steps):
        v = v - dt * np.sin(x)
        x = x + dt * v
    return 0.5 * v * v - np.cos(x)


def diffusion(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)
