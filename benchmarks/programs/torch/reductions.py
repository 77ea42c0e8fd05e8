"""Reductions over all elements and over an axis."""

from __future__ import annotations

import torch


def sum_of_squares(x):
    return torch.dot(x, x)


def norm(x):
    return torch.linalg.vector_norm(x)


def variance(x):
    return torch.var(x, correction=0)


def column_means(A, w):
    return torch.sum(w * torch.mean(A, dim=0) ** 2)


def row_means(A, w):
    return torch.sum(w * torch.mean(A, dim=1) ** 2)


def weighted_max(w, x):
    return torch.max(w * x)


def product_of_ratios(x, y):
    return torch.prod(x / y)
