"""Least squares: where NumPy has a loop, JAX maps over it."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def exponentials_loop(a, b, x, y):
    terms = jax.vmap(lambda one, rate: one * jnp.exp(-rate * x))(a, b)
    return jnp.sum((y - jnp.sum(terms, axis=0)) ** 2)


def sines_loop(a, b, x, y):
    def square(x, y):
        return (y - jnp.sum(a * jnp.sin(b * x))) ** 2

    return jnp.sum(jax.vmap(square)(x, y))
