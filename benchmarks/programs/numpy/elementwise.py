"""Chains of elementwise functions and a sum."""

from __future__ import annotations

import numpy as np


def sine_gauss(x):
    return np.sum(np.sin(x) * np.exp(-x * x))


def tanh_log(x):
    return np.sum(np.tanh(x) * np.log1p(x * x))


def root_power(x):
    return np.sum(np.sqrt(1.0 + x * x) + x**1.7)


def weighted_tanh(w, a, b, x):
    return np.sum(w * np.tanh(a * x + b))


def softplus(x):
    return np.sum(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0.0))


def logistic(x, y):
    return np.sum((1.0 / (1.0 + np.exp(-x)) - y) ** 2)


def polynomial(x):
    return np.sum((((0.1 * x - 0.3) * x + 0.5) * x - 0.7) * x + 0.9)


def rational(x, y):
    return np.sum(x * y / (1.0 + x * x + y * y))


def three_arrays(x, y, z):
    return np.sum((x * y - z) * (x + y * z))
