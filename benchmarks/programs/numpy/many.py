"""Many small problems, a row each: the sum of their values."""

from __future__ import annotations

import numpy as np


def rosenbrocks(X):
    return np.sum(100.0 * (X[:, 1:] - X[:, :-1] ** 2) ** 2 + (1.0 - X[:, :-1]) ** 2)


def regressions(W, X, y):
    """Labels are -1 and 1; each problem has a table and weights of its own."""
    margins = y * np.sum(X * W[:, None, :], axis=2)
    return np.sum(np.mean(np.logaddexp(0.0, -margins), axis=1)) + 0.005 * np.sum(W * W)
