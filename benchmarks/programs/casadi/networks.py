"""The network of numbers; layers are columns here."""

from __future__ import annotations

import casadi


def mlp_squares(W1, b1, W2, b2, W3, b3, X, y):
    def layer(W, b, inputs):
        return casadi.mtimes(W, inputs) + casadi.repmat(b, 1, inputs.shape[1])

    hidden = casadi.tanh(layer(W1, b1, X))
    hidden = casadi.tanh(layer(W2, b2, hidden))
    return casadi.sumsqr(layer(W3, b3, hidden) - y) / y.numel()
