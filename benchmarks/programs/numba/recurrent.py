"""Long short-term memory: BLAS for each step, and its derivative backwards over the steps."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit
def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@njit
def forward(Wx, Wh, b, X, gates, cells, hidden):
    """Fills the gates after their activations, the cells and the hidden states of all steps."""
    T, batch, D = X.shape
    H = Wh.shape[0]
    gates[:] = np.dot(X.reshape(T * batch, D), Wx).reshape(T, batch, 4 * H)
    for t in range(T):
        products = np.dot(hidden[t], Wh)
        for n in range(batch):
            row = gates[t, n]
            for j in range(4 * H):
                row[j] += products[n, j] + b[j]
            for j in range(H):
                row[j] = sigmoid(row[j])
                row[H + j] = sigmoid(row[H + j])
                row[2 * H + j] = math.tanh(row[2 * H + j])
                row[3 * H + j] = sigmoid(row[3 * H + j])
                cells[t + 1, n, j] = row[H + j] * cells[t, n, j] + row[j] * row[2 * H + j]
                hidden[t + 1, n, j] = row[3 * H + j] * math.tanh(cells[t + 1, n, j])


@njit
def lstm(Wx, Wh, b, X, Y):
    T, batch, D = X.shape
    H = Wh.shape[0]
    gates = np.empty((T, batch, 4 * H))
    cells, hidden = np.zeros((T + 1, batch, H)), np.zeros((T + 1, batch, H))
    forward(Wx, Wh, b, X, gates, cells, hidden)
    total = 0.0
    by_hidden, by_cell = np.zeros((batch, H)), np.zeros((batch, H))
    for t in range(T - 1, -1, -1):
        for n in range(batch):
            row = gates[t, n]  # its derivatives take its place
            for j in range(H):
                apart = hidden[t + 1, n, j] - Y[t, n, j]
                total += apart * apart
                g = by_hidden[n, j] + 2.0 * apart / Y.size
                i, f, c, o = row[j], row[H + j], row[2 * H + j], row[3 * H + j]
                squashed = math.tanh(cells[t + 1, n, j])
                back = by_cell[n, j] + g * o * (1.0 - squashed * squashed)
                row[j] = back * c * i * (1.0 - i)
                row[H + j] = back * cells[t, n, j] * f * (1.0 - f)
                row[2 * H + j] = back * i * (1.0 - c * c)
                row[3 * H + j] = g * squashed * o * (1.0 - o)
                by_cell[n, j] = back * f
        by_hidden = np.dot(gates[t], Wh.T)
    flat = gates.reshape(T * batch, 4 * H)
    by_Wx = np.dot(X.reshape(T * batch, D).T, flat)
    by_Wh = np.dot(hidden[:T].copy().reshape(T * batch, H).T, flat)
    return total / Y.size, by_Wx, by_Wh, flat.sum(axis=0)
