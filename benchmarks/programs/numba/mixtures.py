"""The Gaussian mixture model: points in parallel, each thread with its own gradient."""

from __future__ import annotations

import math

import numpy as np
from numba import get_num_threads, njit, prange

from ..numpy.mixtures import EXTRA, GAMMA, wishart_constant


@njit
def turn(packed, scales, apart, out):
    """The triangular product of one component with one point, from the stored factors."""
    d = apart.size
    for i in range(d):
        out[i] = scales[i] * apart[i]
    place = d
    for j in range(d):
        for i in range(j + 1, d):
            out[i] += packed[place] * apart[j]
            place += 1


@njit
def turn_back(packed, scales, apart, g, by_packed, by_mean):
    """Adds to the derivatives by the factors (before the exponential) and by the mean."""
    d = apart.size
    for i in range(d):
        by_packed[i] += g[i] * apart[i] * scales[i]
        by_mean[i] -= scales[i] * g[i]
    place = d
    for j in range(d):
        for i in range(j + 1, d):
            by_packed[place] += g[i] * apart[j]
            by_mean[j] -= packed[place] * g[i]
            place += 1


@njit(parallel=True)
def fit(alphas, means, factors, scales, offsets, x):
    n, d = x.shape
    K, width = factors.shape
    parts = get_num_threads()
    by_alphas, by_means = np.zeros((parts, K)), np.zeros((parts, K, d))
    by_factors = np.zeros((parts, K, width))
    total = 0.0
    for part in prange(parts):
        apart, turned = np.empty((K, d)), np.empty((K, d))
        main = np.empty(K)
        for i in range(part * n // parts, (part + 1) * n // parts):
            for k in range(K):
                square = 0.0
                for a in range(d):
                    apart[k, a] = x[i, a] - means[k, a]
                turn(factors[k], scales[k], apart[k], turned[k])
                for a in range(d):
                    square += turned[k, a] * turned[k, a]
                main[k] = offsets[k] - 0.5 * square
            largest = main[0]
            for k in range(1, K):
                largest = max(largest, main[k])
            exponentials = 0.0
            for k in range(K):
                main[k] = math.exp(main[k] - largest)
                exponentials += main[k]
            total += largest + math.log(exponentials)
            for k in range(K):
                share = main[k] / exponentials
                by_alphas[part, k] += share
                for a in range(d):
                    turned[k, a] *= -share
                    by_factors[part, k, a] += share
                turn_back(
                    factors[k],
                    scales[k],
                    apart[k],
                    turned[k],
                    by_factors[part, k],
                    by_means[part, k],
                )
    return total, by_alphas.sum(axis=0), by_means.sum(axis=0), by_factors.sum(axis=0)


@njit
def whole(alphas, means, factors, x, constant):
    n, d = x.shape
    scales = np.exp(factors[:, :d])
    log_scales = factors[:, :d].sum(axis=1)
    total, by_alphas, by_means, by_factors = fit(
        alphas, means, factors, scales, alphas + log_scales, x
    )
    largest = alphas.max()
    exponentials = np.exp(alphas - largest)
    total -= n * (largest + math.log(exponentials.sum()))
    by_alphas -= n * exponentials / exponentials.sum()
    total += 0.5 * GAMMA**2 * ((scales**2).sum() + (factors[:, d:] ** 2).sum())
    total -= EXTRA * log_scales.sum()
    by_factors[:, :d] += GAMMA**2 * scales**2 - EXTRA
    by_factors[:, d:] += GAMMA**2 * factors[:, d:]
    return total + constant, by_alphas, by_means, by_factors


def gmm(alphas, means, factors, x):
    n, d = x.shape
    constant = -0.5 * n * d * math.log(2.0 * math.pi) - wishart_constant(d, alphas.size)
    return whole(alphas, means, factors, x, constant)
