"""Elementwise functions and a sum: one parallel loop each."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange


@njit(parallel=True)
def sine_gauss(x):
    two = x.dtype.type(2.0)
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        v = x[i]
        e = math.exp(-v * v)
        s = math.sin(v)
        total += s * e
        gradient[i] = e * (math.cos(v) - two * v * s)
    return total, gradient


@njit(parallel=True)
def tanh_log(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        v = x[i]
        t, log = math.tanh(v), math.log1p(v * v)
        total += t * log
        gradient[i] = (1.0 - t * t) * log + t * 2.0 * v / (1.0 + v * v)
    return total, gradient


@njit(parallel=True)
def root_power(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        v = x[i]
        root, power = math.sqrt(1.0 + v * v), v**1.7
        total += root + power
        gradient[i] = v / root + 1.7 * power / v  # x is positive
    return total, gradient


@njit(parallel=True)
def weighted_tanh(w, a, b, x):
    by_w, by_a, by_b = np.empty_like(w), np.empty_like(a), np.empty_like(b)
    total = 0.0
    for i in prange(x.size):
        t = math.tanh(a[i] * x[i] + b[i])
        total += w[i] * t
        g = w[i] * (1.0 - t * t)
        by_w[i], by_a[i], by_b[i] = t, g * x[i], g
    return total, by_w, by_a, by_b


@njit(parallel=True)
def softplus(x):
    zero, one = x.dtype.type(0.0), x.dtype.type(1.0)
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        v = x[i]
        e = math.exp(-abs(v))
        total += math.log1p(e) + max(v, zero)
        gradient[i] = (one if v > zero else e) / (one + e)
    return total, gradient


@njit(parallel=True)
def logistic(x, y):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        s = 1.0 / (1.0 + math.exp(-x[i]))
        apart = s - y[i]
        total += apart * apart
        gradient[i] = 2.0 * apart * s * (1.0 - s)
    return total, gradient


@njit(parallel=True)
def polynomial(x):
    gradient = np.empty_like(x)
    total = 0.0
    for i in prange(x.size):
        v = x[i]
        total += (((0.1 * v - 0.3) * v + 0.5) * v - 0.7) * v + 0.9
        gradient[i] = ((0.4 * v - 0.9) * v + 1.0) * v - 0.7
    return total, gradient


@njit(parallel=True)
def rational(x, y):
    by_x, by_y = np.empty_like(x), np.empty_like(y)
    total = 0.0
    for i in prange(x.size):
        v, w = x[i], y[i]
        divided = 1.0 / (1.0 + v * v + w * w)
        ratio = v * w * divided
        total += ratio
        by_x[i] = (w - 2.0 * v * ratio) * divided
        by_y[i] = (v - 2.0 * w * ratio) * divided
    return total, by_x, by_y


@njit(parallel=True)
def three_arrays(x, y, z):
    by_x, by_y, by_z = np.empty_like(x), np.empty_like(y), np.empty_like(z)
    total = 0.0
    for i in prange(x.size):
        left, right = x[i] * y[i] - z[i], x[i] + y[i] * z[i]
        total += left * right
        by_x[i] = y[i] * right + left
        by_y[i] = x[i] * right + left * z[i]
        by_z[i] = left * y[i] - right
    return total, by_x, by_y, by_z
