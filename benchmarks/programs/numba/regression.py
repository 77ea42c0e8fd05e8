"""Logistic regression in one pass over the rows, each thread with its own gradient.

Not with BLAS: its threads spin after their work, on the cores that the parallel loop wants.
"""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, njit, prange

FEW = 65536
"""Elements of the table below which a second thread costs more than it brings."""


@njit
def rows(w, X, y, start, stop, gradient):
    """The sum of the losses of some rows; adds to their gradient."""
    d = w.size
    total = 0.0
    for i in range(start, stop):
        slope = 0.0
        for j in range(d):
            slope += X[i, j] * w[j]
        margin = -y[i] * slope
        e = math.exp(-abs(margin))
        total += max(margin, 0.0) + math.log1p(e)
        back = -y[i] * (1.0 if margin > 0.0 else e) / (1.0 + e)
        for j in range(d):
            gradient[j] += back * X[i, j]
    return total


@njit(parallel=True)
def logistic_regression(w, X, y):
    n, d = X.shape
    if n * d < FEW:
        gradient = np.zeros(d)
        total = rows(w, X, y, 0, n, gradient)
    else:
        parts = get_num_threads()
        gradients = np.zeros((parts, d))
        total = 0.0
        for part in prange(parts):
            first, last = part * n // parts, (part + 1) * n // parts
            total += rows(w, X, y, first, last, gradients[part])
        gradient = gradients.sum(axis=0)
    return total / n + 0.005 * np.sum(w * w), gradient / n + 0.01 * w
