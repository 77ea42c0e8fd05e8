"""Programs whose first call is measured. autograd changes no array in place."""

from __future__ import annotations

import autograd.numpy as np

from ..numpy import compile as programs
from ..straight_line import straight_line as on_module
from ..translate import on_module as translated

ten_operations = translated(programs.__name__, np).ten_operations
pendulum = translated(programs.__name__, np).pendulum


def straight_line(operations):
    return on_module(operations, np)


def diffusion(u, steps):
    end = np.zeros(1)
    for _ in range(steps):
        u = u + np.concatenate((end, 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2]), end))
    return np.sum(u * u)
