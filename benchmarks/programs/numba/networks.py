"""Networks of dense layers: BLAS, with loops in place between the products."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit
def dense(inputs, W, b):
    out = np.dot(inputs, W)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] += b[j]
    return out


@njit
def dense_tanh(inputs, W, b):
    out = np.dot(inputs, W)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = math.tanh(out[i, j] + b[j])
    return out


@njit
def dense_relu(inputs, W, b):
    out = np.dot(inputs, W)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = max(out[i, j] + b[j], 0.0)
    return out


@njit
def through_tanh(g, hidden):
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            g[i, j] *= 1.0 - hidden[i, j] * hidden[i, j]
    return g


@njit
def through_relu(g, hidden):
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            if hidden[i, j] <= 0.0:
                g[i, j] = 0.0
    return g


@njit
def cross_entropy(logits, Y):
    """The value; the gradient takes the place of the logits."""
    n, k = logits.shape
    total = 0.0
    for i in range(n):
        largest = logits[i].max()
        exponentials, weight = 0.0, 0.0
        for j in range(k):
            shifted = logits[i, j] - largest
            total -= Y[i, j] * shifted
            weight += Y[i, j]
            logits[i, j] = math.exp(shifted)
            exponentials += logits[i, j]
        total += weight * math.log(exponentials)
        for j in range(k):
            logits[i, j] = (logits[i, j] * weight / exponentials - Y[i, j]) / n
    return total / n


@njit
def mlp_tanh(W1, b1, W2, b2, W3, b3, X, Y):
    first = dense_tanh(X, W1, b1)
    second = dense_tanh(first, W2, b2)
    g3 = dense(second, W3, b3)
    value = cross_entropy(g3, Y)
    g2 = through_tanh(np.dot(g3, W3.T), second)
    g1 = through_tanh(np.dot(g2, W2.T), first)
    by_1, by_2, by_3 = np.dot(X.T, g1), np.dot(first.T, g2), np.dot(second.T, g3)
    return value, by_1, g1.sum(axis=0), by_2, g2.sum(axis=0), by_3, g3.sum(axis=0)


@njit
def mlp_relu(W1, b1, W2, b2, W3, b3, X, Y):
    first = dense_relu(X, W1, b1)
    second = dense_relu(first, W2, b2)
    g3 = dense(second, W3, b3)
    value = cross_entropy(g3, Y)
    g2 = through_relu(np.dot(g3, W3.T), second)
    g1 = through_relu(np.dot(g2, W2.T), first)
    by_1, by_2, by_3 = np.dot(X.T, g1), np.dot(first.T, g2), np.dot(second.T, g3)
    return value, by_1, g1.sum(axis=0), by_2, g2.sum(axis=0), by_3, g3.sum(axis=0)


@njit
def mlp_squares(W1, b1, W2, b2, W3, b3, X, y):
    first = dense_tanh(X, W1, b1)
    second = dense_tanh(first, W2, b2)
    g3 = dense(second, W3, b3) - y
    value = 0.0
    for i in range(g3.shape[0]):
        for j in range(g3.shape[1]):
            value += g3[i, j] * g3[i, j]
            g3[i, j] *= 2.0 / g3.size
    g2 = through_tanh(np.dot(g3, W3.T), second)
    g1 = through_tanh(np.dot(g2, W2.T), first)
    by_1, by_2, by_3 = np.dot(X.T, g1), np.dot(first.T, g2), np.dot(second.T, g3)
    return value / g3.size, by_1, g1.sum(axis=0), by_2, g2.sum(axis=0), by_3, g3.sum(axis=0)
