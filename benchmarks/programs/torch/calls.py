"""Functions so small that a call costs more than what it computes."""

from __future__ import annotations

import torch


def one_float(x):
    return torch.sin(x) * torch.exp(-x * x)


def ten_floats(a, b, c, d, e, f, g, h, i, j):
    return a * b + c * d + e * f + g * h + i * j


def one_array(x):
    return torch.sum(torch.sin(x) * torch.exp(-x * x))


def rosenbrock(x):
    return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def ten_arrays(a, b, c, d, e, f, g, h, i, j):
    return torch.sum(a * b + c * d + e * f + g * h + i * j)


def dict_of_arrays(p):
    return ten_arrays(**p)


def list_of_pairs(pairs):
    return sum(torch.dot(x, y) for x, y in pairs)
