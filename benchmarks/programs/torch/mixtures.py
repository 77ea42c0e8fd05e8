"""The Gaussian mixture model of ADBench: log-likelihood with a Wishart prior."""

from __future__ import annotations

import math

import torch

from ..numpy.mixtures import EXTRA, GAMMA, wishart_constant


def gmm(alphas, means, factors, x):
    n, d = x.shape
    K = alphas.shape[0]
    columns, rows = torch.triu_indices(d, d, 1)
    scales = torch.exp(factors[:, :d])
    L = factors.new_zeros((K, d, d))
    L[:, rows, columns] = factors[:, d:]
    apart = x - means[:, None, :]
    turned = scales[:, None, :] * apart + torch.bmm(apart, L.transpose(1, 2))
    log_scales = torch.sum(factors[:, :d], 1)
    main = (alphas + log_scales)[:, None] - 0.5 * torch.sum(turned * turned, 2)
    fit = torch.sum(torch.logsumexp(main, 0)) - n * torch.logsumexp(alphas, 0)
    squares = torch.sum(scales * scales) + torch.sum(factors[:, d:] ** 2)
    prior = 0.5 * GAMMA**2 * squares - EXTRA * torch.sum(log_scales)
    return fit - 0.5 * n * d * math.log(2.0 * math.pi) + prior - wishart_constant(d, K)
