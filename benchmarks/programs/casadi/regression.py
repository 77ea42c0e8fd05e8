"""Logistic regression."""

from __future__ import annotations

import casadi


def logistic_regression(w, X, y):
    margins = -y * casadi.mtimes(w.T, X).T
    losses = casadi.fmax(margins, 0.0) + casadi.log1p(casadi.exp(-casadi.fabs(margins)))
    return casadi.sum1(losses) / y.shape[0] + 0.005 * casadi.dot(w, w)
