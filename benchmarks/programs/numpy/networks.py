"""Networks of dense layers, differentiated by all weights."""

from __future__ import annotations

import numpy as np


def cross_entropy(logits, Y):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_sums = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return np.sum(Y * (log_sums - shifted)) / Y.shape[0]


def mlp_tanh(W1, b1, W2, b2, W3, b3, X, Y):
    hidden = np.tanh(X @ W1 + b1)
    hidden = np.tanh(hidden @ W2 + b2)
    return cross_entropy(hidden @ W3 + b3, Y)


def mlp_relu(W1, b1, W2, b2, W3, b3, X, Y):
    hidden = np.maximum(X @ W1 + b1, 0.0)
    hidden = np.maximum(hidden @ W2 + b2, 0.0)
    return cross_entropy(hidden @ W3 + b3, Y)


def mlp_squares(W1, b1, W2, b2, W3, b3, X, y):
    hidden = np.tanh(X @ W1 + b1)
    hidden = np.tanh(hidden @ W2 + b2)
    return np.mean((hidden @ W3 + b3 - y) ** 2)
