"""Long short-term memory with PyTorch's own layer, whose gates have the same order."""

from __future__ import annotations

import torch
from torch import _VF
from torch.nn import functional


def lstm(Wx, Wh, b, X, Y):
    zero = X.new_zeros((1, X.shape[1], Wh.shape[0]))
    weights = [Wx.T, Wh.T, b, torch.zeros_like(b)]
    hidden, _, _ = _VF.lstm(X, (zero, zero), weights, True, 1, 0.0, True, False, False)
    return functional.mse_loss(hidden, Y)
