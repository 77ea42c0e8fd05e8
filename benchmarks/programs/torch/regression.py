"""Logistic regression."""

from __future__ import annotations

import torch
from torch.nn import functional


def logistic_regression(w, X, y):
    return torch.mean(functional.softplus(-y * (X @ w))) + 0.005 * torch.dot(w, w)
