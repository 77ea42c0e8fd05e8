"""Sweeps over grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import LoopCase, Size


def jacobi_1d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1] = (A[:-2] + A[1:-1] + A[2:]) / 3.0
        A[1:-1] = (B[:-2] + B[1:-1] + B[2:]) / 3.0
    return A, B


def jacobi_2d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (
            A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1]
        )
        A[1:-1, 1:-1] = 0.2 * (
            B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1]
        )
    return A, B


def diffused(A):
    """One step of the heat equation for the interior of A."""
    centre = A[1:-1, 1:-1, 1:-1]
    return (
        0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * centre + A[:-2, 1:-1, 1:-1])
        + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * centre + A[1:-1, :-2, 1:-1])
        + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * centre + A[1:-1, 1:-1, :-2])
        + centre
    )


def heat_3d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = diffused(A)
        A[1:-1, 1:-1, 1:-1] = diffused(B)
    return A, B


def gauss_seidel(A, steps):
    A = A.copy()
    N = A.shape[0]
    for _ in range(steps):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                A[i, j] = (
                    A[i - 1, j - 1]
                    + A[i - 1, j]
                    + A[i - 1, j + 1]
                    + A[i, j - 1]
                    + A[i, j]
                    + A[i, j + 1]
                    + A[i + 1, j - 1]
                    + A[i + 1, j]
                    + A[i + 1, j + 1]
                ) / 9.0
    return A


def vertical_advection(u, w, rate):
    """An implicit step along the last axis: elimination upwards, substitution downwards."""
    K = u.shape[2]
    upper = np.empty_like(u)
    right = np.empty_like(u)
    out = np.empty_like(u)

    c = 0.25 * w[:, :, 1]
    b = rate - c
    upper[:, :, 0] = c / b
    right[:, :, 0] = (rate * u[:, :, 0] - c * (u[:, :, 1] - u[:, :, 0])) / b
    for k in range(1, K - 1):
        a = -0.25 * w[:, :, k]
        c = 0.25 * w[:, :, k + 1]
        b = rate - a - c
        change = -a * (u[:, :, k - 1] - u[:, :, k]) - c * (u[:, :, k + 1] - u[:, :, k])
        divided = 1.0 / (b - upper[:, :, k - 1] * a)
        upper[:, :, k] = c * divided
        right[:, :, k] = (rate * u[:, :, k] + change - right[:, :, k - 1] * a) * divided
    a = -0.25 * w[:, :, K - 1]
    b = rate - a
    change = -a * (u[:, :, K - 2] - u[:, :, K - 1])
    divided = 1.0 / (b - upper[:, :, K - 2] * a)
    out[:, :, K - 1] = (rate * u[:, :, K - 1] + change - right[:, :, K - 2] * a) * divided

    for k in range(K - 2, -1, -1):
        out[:, :, k] = right[:, :, k] - upper[:, :, k] * out[:, :, k + 1]
    return out


def horizontal_diffusion(field, coefficient):
    """Fourth-order diffusion of each level; fluxes against the gradient are cut off."""
    K, height, width = field.shape
    out = np.empty((K, height - 4, width - 4))
    for k in range(K):
        f = field[k]
        lap = 4.0 * f[1:-1, 1:-1] - (f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2])
        x = lap[1:, 1:-1] - lap[:-1, 1:-1]
        x = np.where(x * (f[2:-1, 2:-2] - f[1:-2, 2:-2]) > 0.0, 0.0, x)
        y = lap[1:-1, 1:] - lap[1:-1, :-1]
        y = np.where(y * (f[2:-2, 2:-1] - f[2:-2, 1:-2]) > 0.0, 0.0, y)
        divergence = x[1:] - x[:-1] + y[:, 1:] - y[:, :-1]
        out[k] = f[2:-2, 2:-2] - coefficient[k] * divergence
    return out


def grids(axes: int) -> Any:
    """Two grids of ``axes`` axes, and a number of steps, out of the size ``(n, steps)``."""

    def make(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
        n, steps = size
        return rng.normal(size=(n,) * axes), rng.normal(size=(n,) * axes), steps

    return make


def one_grid(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, steps = size
    return rng.normal(size=(n, n)), steps


def columns(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, levels = size
    return rng.normal(size=(n, n, levels)), rng.uniform(-1.0, 1.0, (n, n, levels)), 3.0


def levels(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, count = size
    return rng.normal(size=(count, n, n)), rng.uniform(0.01, 0.05, count)


CASES = [
    LoopCase("jacobi_1d", jacobi_1d, grids(1), (0, 1), (8, 3), (3200, 800), pair=True),
    LoopCase("jacobi_2d", jacobi_2d, grids(2), (0, 1), (6, 3), (350, 80), pair=True),
    LoopCase("heat_3d", heat_3d, grids(3), (0, 1), (5, 3), (40, 50), pair=True),
    LoopCase("gauss_seidel", gauss_seidel, one_grid, (0,), (6, 3), (100, 15)),
    LoopCase("vertical_advection", vertical_advection, columns, (0, 1), (3, 6), (60, 40)),
    LoopCase(
        "horizontal_diffusion",
        horizontal_diffusion,
        levels,
        (0, 1),
        (7, 3),
        (128, 60),
        step=1e-4,
        notes="the limiter jumps where a flux or a difference changes its sign",
    ),
]
