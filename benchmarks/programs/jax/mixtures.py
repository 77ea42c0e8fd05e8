"""The Gaussian mixture model: the triangles by one scatter."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..numpy import mixtures
from ..translate import on_module

likelihood = on_module(mixtures.__name__, jnp).log_likelihood


def gmm(alphas, means, factors, x):
    d = x.shape[1]
    columns, rows = np.triu_indices(d, 1)
    L = jnp.zeros((alphas.shape[0], d, d)).at[:, rows, columns].set(factors[:, d:])
    return likelihood(alphas, means, factors, x, jnp.exp(factors[:, :d]), L)
