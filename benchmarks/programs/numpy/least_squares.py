"""Least squares over models that are sums themselves."""

from __future__ import annotations

import numpy as np


def exponentials(a, b, x, y):
    """Residuals of `sum_j a[j] exp(-b[j] x[i])`, for all i and j at once."""
    model = np.sum(a * np.exp(-b * x[:, np.newaxis]), axis=1)
    return np.sum((y - model) ** 2)


def sines(a, b, x, y):
    model = np.sum(a * np.sin(b * x[:, np.newaxis]), axis=1)
    return np.sum((y - model) ** 2)


def exponentials_loop(a, b, x, y):
    """The same number as `exponentials`, one term after the other."""
    model = np.zeros_like(x)
    for j in range(a.shape[0]):
        model = model + a[j] * np.exp(-b[j] * x)
    return np.sum((y - model) ** 2)


def sines_loop(a, b, x, y):
    total = 0.0
    for i in range(x.shape[0]):
        residual = y[i] - np.sum(a * np.sin(b * x[i]))
        total += residual * residual
    return total
