"""Many small problems: numba's parallel loop calls compiled gradients."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from ....tracer.api import compile_grad


@compile_grad
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@compile_grad
def regression(w, X, y):
    return np.mean(np.logaddexp(0.0, -y * (X @ w))) + 0.005 * np.sum(w * w)


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
