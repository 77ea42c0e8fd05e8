"""The loop cases in JAX: each function has the name of its case.

What a user writes who ports the NumPy program to JAX and wants its gradient: the same loops, as
``lax.scan`` and ``lax.fori_loop``; ``.at[]`` for updates; masks where a slice or a trip count
depends on the loop, since shapes must be static and reverse mode needs a bounded loop. (Another
algorithm may suit JAX better, such as a triangular product by whole rows.)

Needs JAX, which is no dependency of the project; import this module only where it may be missing.
Integers in the arguments are trip counts and static.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)


def jacobi_1d(A, B, steps):
    def step(_, state):
        A, B = state
        B = B.at[1:-1].set((A[:-2] + A[1:-1] + A[2:]) / 3.0)
        A = A.at[1:-1].set((B[:-2] + B[1:-1] + B[2:]) / 3.0)
        return A, B

    return lax.fori_loop(0, steps, step, (A, B))


def jacobi_2d(A, B, steps):
    def mean(A):
        return 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])

    def step(_, state):
        A, B = state
        B = B.at[1:-1, 1:-1].set(mean(A))
        A = A.at[1:-1, 1:-1].set(mean(B))
        return A, B

    return lax.fori_loop(0, steps, step, (A, B))


def heat_3d(A, B, steps):
    def diffused(A):
        centre = A[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * centre + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * centre + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * centre + A[1:-1, 1:-1, :-2])
            + centre
        )

    def step(_, state):
        A, B = state
        B = B.at[1:-1, 1:-1, 1:-1].set(diffused(A))
        A = A.at[1:-1, 1:-1, 1:-1].set(diffused(B))
        return A, B

    return lax.fori_loop(0, steps, step, (A, B))


def gauss_seidel(A, steps):
    N = A.shape[0]

    def element(i, j, A):
        block = lax.dynamic_slice(A, (i - 1, j - 1), (3, 3))
        return A.at[i, j].set(jnp.sum(block) / 9.0)

    def row(i, A):
        return lax.fori_loop(1, N - 1, lambda j, A: element(i, j, A), A)

    return lax.fori_loop(0, steps, lambda _, A: lax.fori_loop(1, N - 1, row, A), A)


def vertical_advection(u, w, rate):
    u, w = jnp.moveaxis(u, 2, 0), 0.25 * jnp.moveaxis(w, 2, 0)
    border = jnp.zeros_like(w[:1])
    lower = jnp.concatenate([border, -w[1:]])
    upper = jnp.concatenate([w[1:], border])
    below = jnp.concatenate([u[:1], u[:-1]])
    above = jnp.concatenate([u[1:], u[-1:]])
    right = rate * u - lower * (below - u) - upper * (above - u)

    def eliminate(before, row):
        c_before, d_before = before
        a, c, d = row
        divided = 1.0 / (rate - a - c - c_before * a)
        new = c * divided, (d - d_before * a) * divided
        return new, new

    zero = jnp.zeros_like(u[0])
    _, (c, d) = lax.scan(eliminate, (zero, zero), (lower, upper, right))

    def substitute(after, row):
        c, d = row
        value = d - c * after
        return value, value

    _, out = lax.scan(substitute, zero, (c, d), reverse=True)
    return jnp.moveaxis(out, 0, 2)


def horizontal_diffusion(field, coefficient):
    def level(_, inputs):
        f, factor = inputs
        lap = 4.0 * f[1:-1, 1:-1] - (f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2])
        x = lap[1:, 1:-1] - lap[:-1, 1:-1]
        x = jnp.where(x * (f[2:-1, 2:-2] - f[1:-2, 2:-2]) > 0.0, 0.0, x)
        y = lap[1:-1, 1:] - lap[1:-1, :-1]
        y = jnp.where(y * (f[2:-2, 2:-1] - f[2:-2, 1:-2]) > 0.0, 0.0, y)
        divergence = x[1:] - x[:-1] + y[:, 1:] - y[:, :-1]
        return None, f[2:-2, 2:-2] - factor * divergence

    return lax.scan(level, None, (field, coefficient))[1]


def cholesky(A):
    N = A.shape[0]
    columns = jnp.arange(N)

    def row(i, A):
        def element(j, A):
            mask = columns < j
            dot = jnp.where(mask, A[i], 0.0) @ jnp.where(mask, A[j], 0.0)
            new = (A[i, j] - dot) / A[j, j]
            return A.at[i, j].set(jnp.where(j < i, new, A[i, j]))

        A = lax.fori_loop(0, N, element, A)
        left = jnp.where(columns < i, A[i], 0.0)
        return A.at[i, i].set(jnp.sqrt(A[i, i] - left @ left))

    return lax.fori_loop(0, N, row, A)


def triangular_product(A, B, alpha):
    M, N = B.shape
    rows = jnp.arange(M)

    def row(i, B):
        factors = jnp.where(rows > i, A[:, i], 0.0)
        return lax.fori_loop(0, N, lambda j, B: B.at[i, j].add(factors @ B[:, j]), B)

    return alpha * lax.fori_loop(0, M, row, B)


def rank_k_update(C, A, alpha, beta):
    N, M = A.shape
    columns = jnp.arange(N)

    def row(i, C):
        mask = columns <= i
        C = C.at[i].set(jnp.where(mask, beta * C[i], C[i]))

        def add(k, C):
            return C.at[i].add(jnp.where(mask, alpha * A[i, k] * A[:, k], 0.0))

        return lax.fori_loop(0, M, add, C)

    return lax.fori_loop(0, N, row, C)


def durbin(r):
    n = r.shape[0]
    places = jnp.arange(n)

    def step(k, state):
        y, alpha, beta = state
        beta = beta * (1.0 - alpha * alpha)
        mask = places < k
        flipped_r = jnp.where(mask, jnp.roll(jnp.flip(r), k), 0.0)
        alpha = -(r[k] + flipped_r @ y) / beta
        y = y + alpha * jnp.where(mask, jnp.roll(jnp.flip(y), k), 0.0)
        return y.at[k].set(alpha), alpha, beta

    start = jnp.zeros_like(r).at[0].set(-r[0]), -r[0], jnp.ones(())
    return lax.fori_loop(1, n, step, start)[0]


def gram_schmidt(A):
    N = A.shape[1]

    def column(k, state):
        A, Q, R = state
        size = jnp.sqrt(A[:, k] @ A[:, k])
        R = R.at[k, k].set(size)
        q = A[:, k] / size
        Q = Q.at[:, k].set(q)

        def project(j, state):
            A, R = state
            factor = jnp.where(j > k, q @ A[:, j], 0.0)
            R = R.at[k, j].add(factor)
            return A.at[:, j].add(-q * factor), R

        A, R = lax.fori_loop(0, N, project, (A, R))
        return A, Q, R

    state = A, jnp.zeros_like(A), jnp.zeros((N, N))
    return lax.fori_loop(0, N, column, state)[1:]


def power_iteration(A, start, most=400):
    def step(state, _):
        v, size, change = state
        product = A @ v
        norm = jnp.sqrt(jnp.sum(product * product))
        new = product / norm
        going = change > 1e-12
        moved = lax.stop_gradient(jnp.max(jnp.abs(new - v)))
        state = (
            jnp.where(going, new, v),
            jnp.where(going, norm, size),
            jnp.where(going, moved, change),
        )
        return state, None

    v, size, _ = lax.scan(step, (start, jnp.zeros(()), jnp.ones(())), None, length=most)[0]
    return size * v


def csr_product(data, x, indices, indptr):
    n = indptr.shape[0] - 1
    rows = jnp.repeat(jnp.arange(n), jnp.diff(indptr), total_repeat_length=data.shape[0])
    return jax.ops.segment_sum(data * x[indices], rows, num_segments=n, indices_are_sorted=True)
