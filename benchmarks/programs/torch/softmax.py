"""Exponentials, their sums, and what is divided by them."""

from __future__ import annotations

import torch
from torch.nn import functional


def logsumexp(x):
    return torch.logsumexp(x, 0)


def cross_entropy(X, Y):
    return functional.cross_entropy(X, Y)


def layer_norm(X, gain, bias, W):
    return torch.sum(W * functional.layer_norm(X, (X.shape[1],), gain, bias, 1e-5))
