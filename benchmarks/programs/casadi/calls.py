"""Functions so small that a call costs more than what it computes."""

from __future__ import annotations

import casadi


def one_float(x):
    return casadi.sin(x) * casadi.exp(-x * x)


def ten_floats(a, b, c, d, e, f, g, h, i, j):
    return a * b + c * d + e * f + g * h + i * j


def one_array(x):
    return casadi.sum1(casadi.sin(x) * casadi.exp(-x * x))


def rosenbrock(x):
    return casadi.sumsqr(10.0 * (x[1:] - x[:-1] ** 2)) + casadi.sumsqr(1.0 - x[:-1])


def ten_arrays(a, b, c, d, e, f, g, h, i, j):
    return casadi.sum1(a * b + c * d + e * f + g * h + i * j)


def dict_of_arrays(p):
    return ten_arrays(**p)


def list_of_pairs(pairs):
    return sum(casadi.dot(x, y) for x, y in pairs)
