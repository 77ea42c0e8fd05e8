"""Many small problems in a parallel loop: value and gradient by hand."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

from .calls import rosenbrock


@njit
def regression(w, X, y):
    rows, columns = X.shape
    gradient = 0.01 * w
    total = 0.0
    for i in range(rows):
        margin = 0.0
        for j in range(columns):
            margin += X[i, j] * w[j]
        margin *= y[i]
        e = math.exp(-abs(margin))
        total += max(-margin, 0.0) + math.log1p(e)
        slope = -y[i] * (e if margin > 0.0 else 1.0) / (1.0 + e) / rows
        for j in range(columns):
            gradient[j] += slope * X[i, j]
    total /= rows
    for j in range(columns):
        total += 0.005 * w[j] * w[j]
    return total, gradient


@njit(parallel=True)
def rosenbrocks(X):
    values, gradients = np.empty(len(X)), np.empty_like(X)
    for i in prange(len(X)):
        values[i], gradients[i] = rosenbrock(X[i])
    return values.sum(), gradients


@njit(parallel=True)
def regressions(W, X, y):
    values, gradients = np.empty(len(W)), np.empty_like(W)
    for i in prange(len(W)):
        values[i], gradients[i] = regression(W[i], X[i], y[i])
    return values.sum(), gradients
