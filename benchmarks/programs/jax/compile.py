"""Programs whose first call is measured: loops are JAX's own."""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from ..straight_line import straight_line as on_module


def straight_line(operations):
    return on_module(operations, jnp)


def pendulum(x, v, dt, steps):
    def step(_, state):
        x, v = state
        v = v - dt * jnp.sin(x)
        return x + dt * v, v

    x, v = lax.fori_loop(0, steps, step, (x, v))
    return 0.5 * v * v - jnp.cos(x)


def diffusion(u, steps):
    def step(_, u):
        return u.at[1:-1].add(0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2]))

    u = lax.fori_loop(0, steps, step, u)
    return jnp.sum(u * u)
