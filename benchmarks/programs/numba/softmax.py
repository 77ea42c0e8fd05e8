"""Exponentials, their sums, and what is divided by them."""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, njit, prange


@njit(parallel=True)
def logsumexp(x):
    gradient = np.empty_like(x)
    largest = x.max()
    total = 0.0
    for i in prange(x.size):
        e = math.exp(x[i] - largest)
        gradient[i] = e
        total += e
    factor = 1.0 / total
    for i in prange(x.size):
        gradient[i] *= factor
    return largest + math.log(total), gradient


@njit(parallel=True)
def cross_entropy(X, Y):
    n, k = X.shape
    gradient = np.empty_like(X)
    total = 0.0
    for i in prange(n):
        largest = X[i, 0]
        for j in range(1, k):
            largest = max(largest, X[i, j])
        exponentials, weight, linear = 0.0, 0.0, 0.0
        for j in range(k):
            shifted = X[i, j] - largest
            e = math.exp(shifted)
            gradient[i, j] = e
            exponentials += e
            weight += Y[i, j]
            linear += Y[i, j] * shifted
        total += weight * math.log(exponentials) - linear
        factor = weight / exponentials
        for j in range(k):
            gradient[i, j] = (gradient[i, j] * factor - Y[i, j]) / n
    return total / n, gradient


@njit(parallel=True)
def layer_norm(X, gain, bias, W):
    n, d = X.shape
    by_X = np.empty_like(X)
    parts = get_num_threads()
    by_gain, by_bias = np.zeros((parts, d)), np.zeros((parts, d))
    total = 0.0
    for part in prange(parts):
        for i in range(part * n // parts, (part + 1) * n // parts):
            mean, square = 0.0, 0.0
            for j in range(d):
                mean += X[i, j]
            mean /= d
            for j in range(d):
                square += (X[i, j] - mean) ** 2
            divided = 1.0 / math.sqrt(square / d + 1e-5)
            first, second = 0.0, 0.0
            for j in range(d):
                normal = (X[i, j] - mean) * divided
                g = W[i, j] * gain[j]
                total += W[i, j] * (gain[j] * normal + bias[j])
                by_gain[part, j] += W[i, j] * normal
                by_bias[part, j] += W[i, j]
                first += g
                second += g * normal
            first /= d
            second /= d
            for j in range(d):
                normal = (X[i, j] - mean) * divided
                by_X[i, j] = divided * (W[i, j] * gain[j] - first - normal * second)
    return total, by_X, by_gain.sum(axis=0), by_bias.sum(axis=0)
