"""Chains of elementwise functions and a sum."""

from __future__ import annotations

import casadi


def sine_gauss(x):
    return casadi.sum1(casadi.sin(x) * casadi.exp(-x * x))


def polynomial(x):
    return casadi.sum1((((0.1 * x - 0.3) * x + 0.5) * x - 0.7) * x + 0.9)
