"""Functions so small that a call costs more than what it computes: value and gradient by hand.

numba takes no dicts, and lists only as tuples or at a high price: those are taken apart first.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit
def one_float(x):
    e, s = math.exp(-x * x), math.sin(x)
    return s * e, e * (math.cos(x) - 2.0 * x * s)


@njit
def ten_floats(a, b, c, d, e, f, g, h, i, j):
    return a * b + c * d + e * f + g * h + i * j, b, a, d, c, f, e, h, g, j, i


@njit
def one_array(x):
    gradient = np.empty_like(x)
    total = 0.0
    for k in range(x.size):
        v = x[k]
        e, s = math.exp(-v * v), math.sin(v)
        total += s * e
        gradient[k] = e * (math.cos(v) - 2.0 * v * s)
    return total, gradient


@njit
def rosenbrock(x):
    gradient = np.empty_like(x)
    total, carried = 0.0, 0.0
    for k in range(x.size - 1):
        apart, rest = x[k + 1] - x[k] * x[k], 1.0 - x[k]
        total += 100.0 * apart * apart + rest * rest
        gradient[k] = carried - 400.0 * apart * x[k] - 2.0 * rest
        carried = 200.0 * apart
    gradient[-1] = carried
    return total, gradient


@njit
def ten_arrays(a, b, c, d, e, f, g, h, i, j):
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k] + c[k] * d[k] + e[k] * f[k] + g[k] * h[k] + i[k] * j[k]
    by_a, by_b, by_c, by_d, by_e = b.copy(), a.copy(), d.copy(), c.copy(), f.copy()
    by_f, by_g, by_h, by_i, by_j = e.copy(), h.copy(), g.copy(), j.copy(), i.copy()
    return total, by_a, by_b, by_c, by_d, by_e, by_f, by_g, by_h, by_i, by_j


def dict_of_arrays(p):
    value, *gradients = ten_arrays(*p.values())
    return value, dict(zip(p, gradients, strict=True))


def list_of_pairs(pairs):
    (a, b), (c, d), (e, f), (g, h), (i, j) = pairs
    value, *by = ten_arrays(a, b, c, d, e, f, g, h, i, j)
    return value, list(zip(by[::2], by[1::2], strict=True))
