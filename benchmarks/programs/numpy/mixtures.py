"""The Gaussian mixture model of ADBench: log-likelihood with a Wishart prior."""

from __future__ import annotations

import math

import numpy as np

GAMMA, EXTRA = 1.0, 0
"""Of the prior: the factor, and the degrees of freedom beyond `d + 1`."""


def log_sum_exp(x):
    largest = np.max(x, axis=-1, keepdims=True)
    return np.squeeze(largest, axis=-1) + np.log(np.sum(np.exp(x - largest), axis=-1))


def log_gamma_distribution(a, p):
    total = 0.25 * p * (p - 1) * math.log(math.pi)
    return total + sum(math.lgamma(a + 0.5 * (1 - j)) for j in range(1, p + 1))


def wishart_constant(d, K):
    degrees = d + EXTRA + 1
    scale = degrees * d * (math.log(GAMMA) - 0.5 * math.log(2.0))
    return K * (scale - log_gamma_distribution(0.5 * degrees, d))


def lower_triangles(factors, d):
    """The strictly lower parts of the factors, which are stored column by column."""
    L = np.zeros((factors.shape[0], d, d))
    start = d
    for j in range(d - 1):
        L[:, j + 1 :, j] = factors[:, start : start + d - 1 - j]
        start += d - 1 - j
    return L


def log_likelihood(alphas, means, factors, x, scales, L):
    """With the inverse covariance factors taken apart: `scales` are their diagonals."""
    n, d = x.shape
    K = alphas.shape[0]
    apart = x - means[:, np.newaxis, :]
    turned = scales[:, np.newaxis, :] * apart + apart @ np.swapaxes(L, 1, 2)
    log_scales = np.sum(factors[:, :d], axis=1)
    main = (alphas + log_scales)[:, np.newaxis] - 0.5 * np.sum(turned * turned, axis=2)
    fit = np.sum(log_sum_exp(main.T)) - n * log_sum_exp(alphas)
    squares = np.sum(scales * scales) + np.sum(factors[:, d:] ** 2)
    prior = 0.5 * GAMMA**2 * squares - EXTRA * np.sum(log_scales)
    return fit - 0.5 * n * d * math.log(2.0 * math.pi) + prior - wishart_constant(d, K)


def gmm(alphas, means, factors, x):
    d = x.shape[1]
    scales = np.exp(factors[:, :d])
    return log_likelihood(alphas, means, factors, x, scales, lower_triangles(factors, d))
