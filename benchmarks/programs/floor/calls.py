"""numba's own call: arguments in, a number and the arguments out.

It takes no dicts, and lists only as tuples or at a high price: those are taken apart first.
"""

from __future__ import annotations

from numba import njit


@njit
def one(x):
    return 0.0, x


@njit
def ten(a, b, c, d, e, f, g, h, i, j):
    return 0.0, a, b, c, d, e, f, g, h, i, j


def dict_of_arrays(p):
    return ten(*p.values())


def list_of_pairs(pairs):
    return one(tuple(pairs))


one_float = one_array = rosenbrock = one
ten_floats = ten_arrays = ten
