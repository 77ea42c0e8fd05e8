"""Reductions over all elements and over an axis."""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, njit, prange


@njit(parallel=True)
def sum_of_squares(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        total += x[i] * x[i]
        gradient[i] = 2.0 * x[i]
    return total, gradient


@njit(parallel=True)
def norm(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        total += x[i] * x[i]
    size = math.sqrt(total)
    for i in prange(x.size):
        gradient[i] = x[i] / size
    return size, gradient


@njit(parallel=True)
def variance(x):
    n = x.size
    gradient = np.empty_like(x)
    mean, total = 0.0, 0.0
    for i in prange(n):
        mean += x[i]
    mean /= n
    for i in prange(n):
        apart = x[i] - mean
        total += apart * apart
        gradient[i] = 2.0 / n * apart
    return total / n, gradient


@njit(parallel=True)
def column_means(A, w):
    n, m = A.shape
    parts = np.zeros((get_num_threads(), m))
    for part in prange(parts.shape[0]):
        for i in range(part * n // parts.shape[0], (part + 1) * n // parts.shape[0]):
            for j in range(m):
                parts[part, j] += A[i, j]
    row = np.empty(m)
    total = 0.0
    for j in range(m):
        mean = np.sum(parts[:, j]) / n
        total += w[j] * mean * mean
        row[j] = 2.0 * w[j] * mean / n
    gradient = np.empty_like(A)
    for i in prange(n):
        gradient[i] = row
    return total, gradient


@njit(parallel=True)
def row_means(A, w):
    n, m = A.shape
    gradient = np.empty_like(A)
    total = 0.0
    for i in prange(n):
        mean = A[i].sum() / m
        total += w[i] * mean * mean
        gradient[i] = 2.0 * w[i] * mean / m
    return total, gradient


@njit
def weighted_max(w, x):
    by_w, by_x = np.zeros_like(w), np.zeros_like(x)
    place, largest = 0, w[0] * x[0]
    for i in range(1, x.size):
        product = w[i] * x[i]
        if product > largest:
            place, largest = i, product
    by_w[place], by_x[place] = x[place], w[place]  # one element reaches the maximum
    return largest, by_w, by_x


@njit(parallel=True)
def product_of_ratios(x, y):
    by_x, by_y = np.empty_like(x), np.empty_like(y)
    product = 1.0
    for i in prange(x.size):
        product *= x[i] / y[i]
    for i in prange(x.size):
        by_x[i] = product / x[i]  # no element is zero
        by_y[i] = -product / y[i]
    return product, by_x, by_y
