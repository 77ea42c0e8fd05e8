"""Networks of dense layers, differentiated by all weights."""

from __future__ import annotations

import torch
from torch.nn import functional


def mlp_tanh(W1, b1, W2, b2, W3, b3, X, Y):
    hidden = torch.tanh(torch.addmm(b1, X, W1))
    hidden = torch.tanh(torch.addmm(b2, hidden, W2))
    return functional.cross_entropy(torch.addmm(b3, hidden, W3), Y)


def mlp_relu(W1, b1, W2, b2, W3, b3, X, Y):
    hidden = torch.relu(torch.addmm(b1, X, W1))
    hidden = torch.relu(torch.addmm(b2, hidden, W2))
    return functional.cross_entropy(torch.addmm(b3, hidden, W3), Y)


def mlp_squares(W1, b1, W2, b2, W3, b3, X, y):
    hidden = torch.tanh(torch.addmm(b1, X, W1))
    hidden = torch.tanh(torch.addmm(b2, hidden, W2))
    return functional.mse_loss(torch.addmm(b3, hidden, W3), y)
