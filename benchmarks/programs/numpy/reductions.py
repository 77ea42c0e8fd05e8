"""Reductions over all elements and over an axis."""

from __future__ import annotations

import numpy as np


def sum_of_squares(x):
    return np.sum(x * x)


def norm(x):
    return np.sqrt(np.sum(x * x))


def variance(x):
    return np.var(x)


def column_means(A, w):
    return np.sum(w * np.mean(A, axis=0) ** 2)


def row_means(A, w):
    return np.sum(w * np.mean(A, axis=1) ** 2)


def weighted_max(w, x):
    return np.max(w * x)


def product_of_ratios(x, y):
    return np.prod(x / y)
