"""Least squares over sums of terms: points in parallel, each thread with its own gradient."""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, njit, prange


@njit(parallel=True)
def exponentials(a, b, x, y):
    n, m, parts = x.size, a.size, get_num_threads()
    by_a, by_b = np.zeros((parts, m)), np.zeros((parts, m))
    total = 0.0
    for part in prange(parts):
        kernel = np.empty(m)
        for i in range(part * n // parts, (part + 1) * n // parts):
            model = 0.0
            for j in range(m):
                kernel[j] = math.exp(-b[j] * x[i])
                model += a[j] * kernel[j]
            residual = y[i] - model
            total += residual * residual
            g = -2.0 * residual
            for j in range(m):
                by_a[part, j] += g * kernel[j]
                by_b[part, j] -= g * x[i] * a[j] * kernel[j]
    return total, by_a.sum(axis=0), by_b.sum(axis=0)


@njit(parallel=True)
def sines(a, b, x, y):
    n, m, parts = x.size, a.size, get_num_threads()
    by_a, by_b = np.zeros((parts, m)), np.zeros((parts, m))
    total = 0.0
    for part in prange(parts):
        kernel, slope = np.empty(m), np.empty(m)
        for i in range(part * n // parts, (part + 1) * n // parts):
            model = 0.0
            for j in range(m):
                angle = b[j] * x[i]
                kernel[j], slope[j] = math.sin(angle), math.cos(angle)
                model += a[j] * kernel[j]
            residual = y[i] - model
            total += residual * residual
            g = -2.0 * residual
            for j in range(m):
                by_a[part, j] += g * kernel[j]
                by_b[part, j] += g * x[i] * a[j] * slope[j]
    return total, by_a.sum(axis=0), by_b.sum(axis=0)


exponentials_loop, sines_loop = exponentials, sines
