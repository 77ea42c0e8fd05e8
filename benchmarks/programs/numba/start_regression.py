"""Logistic regression of a small table: a script from the import to the first gradient."""

import math

import numpy as np
from numba import njit


@njit(cache=True)
def logistic_regression(w, X, y):
    n, d = X.shape
    gradient = np.zeros(d)
    total = 0.0
    for i in range(n):
        slope = 0.0
        for j in range(d):
            slope += X[i, j] * w[j]
        margin = -y[i] * slope
        e = math.exp(-abs(margin))
        total += max(margin, 0.0) + math.log1p(e)
        back = -y[i] * (1.0 if margin > 0.0 else e) / (1.0 + e)
        for j in range(d):
            gradient[j] += back * X[i, j]
    return total / n + 0.005 * np.sum(w * w), gradient / n + 0.01 * w


X = np.sin(np.arange(600.0)).reshape(100, 6)
y = np.where(X[:, 0] > 0.0, 1.0, -1.0)
value, gradient = logistic_regression(np.linspace(-1.0, 1.0, 6), X, y)
print(value, *gradient)
