"""The Gaussian mixture model: the triangles by a product with constants of zeros and ones."""

from __future__ import annotations

import autograd.numpy as np
import numpy

from ..numpy import mixtures
from ..translate import on_module

likelihood = on_module(mixtures.__name__, np).log_likelihood


def places(d):
    """For each stored factor a row with a one at its place in the flat matrix."""
    columns, rows = numpy.triu_indices(d, 1)
    where = numpy.zeros((rows.size, d * d))
    where[numpy.arange(rows.size), rows * d + columns] = 1.0
    return where


def gmm(alphas, means, factors, x):
    d = x.shape[1]
    L = np.reshape(factors[:, d:] @ places(d), (alphas.shape[0], d, d))
    return likelihood(alphas, means, factors, x, np.exp(factors[:, :d]), L)
