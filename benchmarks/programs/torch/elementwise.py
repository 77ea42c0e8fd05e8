"""Chains of elementwise functions and a sum."""

from __future__ import annotations

import torch
from torch.nn import functional


def sine_gauss(x):
    return torch.sum(torch.sin(x) * torch.exp(-x * x))


def tanh_log(x):
    return torch.sum(torch.tanh(x) * torch.log1p(x * x))


def root_power(x):
    return torch.sum(torch.sqrt(1.0 + x * x) + x**1.7)


def weighted_tanh(w, a, b, x):
    return torch.sum(w * torch.tanh(a * x + b))


def softplus(x):
    return torch.sum(functional.softplus(x))


def logistic(x, y):
    return torch.sum((torch.sigmoid(x) - y) ** 2)


def polynomial(x):
    return torch.sum((((0.1 * x - 0.3) * x + 0.5) * x - 0.7) * x + 0.9)


def rational(x, y):
    return torch.sum(x * y / (1.0 + x * x + y * y))


def three_arrays(x, y, z):
    return torch.sum((x * y - z) * (x + y * z))
