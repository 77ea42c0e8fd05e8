"""Least squares over models that are sums themselves; PyTorch wants no loops over them."""

from __future__ import annotations

import torch


def exponentials(a, b, x, y):
    return torch.sum((y - torch.exp(-b * x[:, None]) @ a) ** 2)


def sines(a, b, x, y):
    return torch.sum((y - torch.sin(b * x[:, None]) @ a) ** 2)


exponentials_loop, sines_loop = exponentials, sines
