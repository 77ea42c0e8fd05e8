"""Functions so small that a call costs more than what it computes."""

from __future__ import annotations

import numpy as np


def one_float(x):
    return np.sin(x) * np.exp(-x * x)


def ten_floats(a, b, c, d, e, f, g, h, i, j):
    return a * b + c * d + e * f + g * h + i * j


def one_array(x):
    return np.sum(np.sin(x) * np.exp(-x * x))


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def ten_arrays(a, b, c, d, e, f, g, h, i, j):
    return np.sum(a * b + c * d + e * f + g * h + i * j)


def dict_of_arrays(p):
    """The same arrays by name, so that the difference is that of the container."""
    return ten_arrays(**p)


def list_of_pairs(pairs):
    total = 0.0
    for x, y in pairs:
        total = total + np.sum(x * y)
    return total
