"""Long short-term memory over a sequence of batches."""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(Wx, Wh, b, X, Y):
    """The mean square distance of the hidden states to `Y`; gates are in the order i, f, g, o."""
    T, H = X.shape[0], Wh.shape[0]
    h, c = np.zeros((X.shape[1], H)), np.zeros((X.shape[1], H))
    total = 0.0
    for t in range(T):
        gates = X[t] @ Wx + h @ Wh + b
        i, f = sigmoid(gates[:, :H]), sigmoid(gates[:, H : 2 * H])
        g, o = np.tanh(gates[:, 2 * H : 3 * H]), sigmoid(gates[:, 3 * H :])
        c = f * c + i * g
        h = o * np.tanh(c)
        total = total + np.sum((h - Y[t]) ** 2)
    return total / Y.size
