"""Least squares over models that are sums themselves."""

from __future__ import annotations

import casadi


def exponentials(a, b, x, y):
    return casadi.sumsqr(y - casadi.mtimes(casadi.exp(-casadi.mtimes(x, b.T)), a))


def sines(a, b, x, y):
    return casadi.sumsqr(y - casadi.mtimes(casadi.sin(casadi.mtimes(x, b.T)), a))
