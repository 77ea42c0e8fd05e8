"""Loops that carry arrays: time steps, layers, rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import LoopCase, Size


def accelerations(position, mass):
    """Gravity of all pairs; the softening keeps close pairs finite."""
    apart = position[np.newaxis, :, :] - position[:, np.newaxis, :]
    squares = np.sum(apart * apart, axis=2) + 0.01
    pull = mass[np.newaxis, :] * squares**-1.5
    return np.sum(pull[:, :, np.newaxis] * apart, axis=1)


def nbody(position, velocity, mass, steps, dt):
    """Leapfrog."""
    acceleration = accelerations(position, mass)
    for _ in range(steps):
        velocity = velocity + 0.5 * dt * acceleration
        position = position + dt * velocity
        acceleration = accelerations(position, mass)
        velocity = velocity + 0.5 * dt * acceleration
    return position, velocity


def softmax_rows(X):
    out = np.empty_like(X)
    for i in range(X.shape[0]):
        e = np.exp(X[i] - np.max(X[i]))
        out[i] = e / np.sum(e)
    return out


def lorenz96(x, forcing, steps, dt):
    """Runge-Kutta steps of x'[i] = (x[i+1] - x[i-2]) x[i-1] - x[i] + F[i]."""

    def slope(x):
        return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing

    for _ in range(steps):
        k1 = slope(x)
        k2 = slope(x + 0.5 * dt * k1)
        k3 = slope(x + 0.5 * dt * k2)
        k4 = slope(x + dt * k3)
        x = x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return x


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(x, Wx, Wh, b):
    """The hidden states over time of one long short-term memory layer."""
    T, H = x.shape[0], Wh.shape[0]
    h = np.zeros(H)
    c = np.zeros(H)
    out = np.empty((T, H))
    for t in range(T):
        gates = x[t] @ Wx + h @ Wh + b
        i = sigmoid(gates[:H])
        f = sigmoid(gates[H : 2 * H])
        o = sigmoid(gates[2 * H : 3 * H])
        c = f * c + i * np.tanh(gates[3 * H :])
        h = o * np.tanh(c)
        out[t] = h
    return out


def monte_carlo(spot, sigma, normals, rate, dt, strike):
    """Asian call options on geometric Brownian paths; ``sigma`` is the volatility of each day."""
    price = spot.copy()
    total = np.zeros_like(spot)
    days = len(sigma)
    for t in range(days):
        price *= np.exp((rate - 0.5 * sigma[t] ** 2) * dt + sigma[t] * np.sqrt(dt) * normals[t])
        total += price
    payoff = np.maximum(total / days - strike, 0.0)
    return np.exp(-rate * dt * days) * payoff


def adam(start, target, steps):
    """An optimiser whose state is a tuple and a dict."""
    state = (start, 0.1)
    moments = {"mean": np.zeros_like(start), "square": np.zeros_like(start)}
    for _ in range(steps):
        x, rate = state
        g = 2.0 * (x - target) + 0.4 * x**3
        moments["mean"] = 0.9 * moments["mean"] + 0.1 * g
        moments["square"] = 0.99 * moments["square"] + 0.01 * g * g
        x = x - rate * moments["mean"] / np.sqrt(moments["square"] + 1e-2)
        state = (x, 0.995 * rate)
    return state[0], moments["square"]


def row_network(X, W):
    """A recurrent network that iterates over the rows themselves."""
    state = np.zeros(W.shape[0])
    for row in X:
        state = np.tanh(W @ state + row)
    return state


def smoothing(X, weight):
    """Exponential smoothing that collects its levels in a list."""
    level = X[0]
    history = [level]
    for t in range(1, len(X)):
        level = weight * X[t] + (1.0 - weight) * level
        history.append(level)
    return np.stack(history)


def horner(coefficients, x):
    """A polynomial at many points; iterates over a reversed view."""
    total = np.zeros_like(x)
    for c in coefficients[::-1]:
        total = total * x + c
    return total


def bodies(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, steps = size
    position, velocity = rng.normal(size=(n, 3)), 0.3 * rng.normal(size=(n, 3))
    return position, velocity, rng.uniform(0.5, 1.5, n) / n, steps, 0.01


def matrix(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=size),)


def ring(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, steps = size
    return rng.normal(size=n), 8.0 + 0.1 * rng.normal(size=n), steps, 0.01


def layer(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    T, inputs, H = size
    return (
        rng.normal(size=(T, inputs)),
        rng.normal(size=(inputs, 4 * H)) / np.sqrt(inputs),
        rng.normal(size=(H, 4 * H)) / np.sqrt(H),
        0.1 * rng.normal(size=4 * H),
    )


def market(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    paths, days = size
    spot, sigma = rng.uniform(0.9, 1.1, paths), rng.uniform(0.2, 0.4, days)
    return spot, sigma, rng.normal(size=(days, paths)), 0.03, 1.0 / 250.0, 1.0


def optimum(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, steps = size
    return rng.normal(size=n), rng.normal(size=n), steps


def network(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    T, H = size
    return 0.5 * rng.normal(size=(T, H)), rng.normal(size=(H, H)) / np.sqrt(H)


def series(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    T, n = size
    return rng.normal(size=(T, n)), rng.uniform(0.1, 0.9, n)


def polynomial(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    degree, n = size
    return rng.normal(size=degree + 1), rng.uniform(-1.0, 1.0, n)


CASES = [
    LoopCase("nbody", nbody, bodies, (0, 1, 2), (4, 3), (64, 100), pair=True),
    LoopCase("softmax_rows", softmax_rows, matrix, (0,), (4, 6), (1000, 500)),
    LoopCase("lorenz96", lorenz96, ring, (0, 1), (7, 3), (40, 500)),
    LoopCase("lstm", lstm, layer, (0, 1, 2, 3), (4, 3, 2), (200, 32, 64)),
    LoopCase(
        "monte_carlo",
        monte_carlo,
        market,
        (0, 1),
        (8, 4),
        (10000, 100),
        notes="the payoff has a kink at the strike",
    ),
    LoopCase("adam", adam, optimum, (0, 1), (5, 4), (2000, 500), pair=True),
    LoopCase("row_network", row_network, network, (0, 1), (4, 3), (2000, 64)),
    LoopCase("smoothing", smoothing, series, (0, 1), (5, 3), (2000, 100)),
    LoopCase("horner", horner, polynomial, (0, 1), (5, 4), (200, 20000)),
]
