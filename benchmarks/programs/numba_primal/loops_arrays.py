"""The loop cases as explicit loops for numba: each function has the name of its case.

Written for speed, as an expert would: contiguous accesses, no temporaries, BLAS where it helps;
not parallel, and without fastmath, so that the numbers are those of NumPy up to rounding.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit
def jacobi_1d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        for i in range(1, A.shape[0] - 1):
            B[i] = (A[i - 1] + A[i] + A[i + 1]) / 3.0
        for i in range(1, A.shape[0] - 1):
            A[i] = (B[i - 1] + B[i] + B[i + 1]) / 3.0
    return A, B


@njit
def sweep_2d(A, B):
    for i in range(1, A.shape[0] - 1):
        for j in range(1, A.shape[1] - 1):
            B[i, j] = 0.2 * (A[i, j] + A[i, j - 1] + A[i, j + 1] + A[i + 1, j] + A[i - 1, j])


@njit
def jacobi_2d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        sweep_2d(A, B)
        sweep_2d(B, A)
    return A, B


@njit
def sweep_3d(A, B):
    for i in range(1, A.shape[0] - 1):
        for j in range(1, A.shape[1] - 1):
            for k in range(1, A.shape[2] - 1):
                centre = A[i, j, k]
                B[i, j, k] = (
                    0.125 * (A[i + 1, j, k] - 2.0 * centre + A[i - 1, j, k])
                    + 0.125 * (A[i, j + 1, k] - 2.0 * centre + A[i, j - 1, k])
                    + 0.125 * (A[i, j, k + 1] - 2.0 * centre + A[i, j, k - 1])
                    + centre
                )


@njit
def heat_3d(A, B, steps):
    A, B = A.copy(), B.copy()
    for _ in range(steps):
        sweep_3d(A, B)
        sweep_3d(B, A)
    return A, B


@njit
def gauss_seidel(A, steps):
    A = A.copy()
    for _ in range(steps):
        for i in range(1, A.shape[0] - 1):
            for j in range(1, A.shape[1] - 1):
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


@njit
def vertical_advection(u, w, rate):
    height, width, K = u.shape
    upper, right = np.empty(K), np.empty(K)
    out = np.empty_like(u)
    for i in range(height):
        for j in range(width):
            for k in range(K):
                a = -0.25 * w[i, j, k] if k > 0 else 0.0
                c = 0.25 * w[i, j, k + 1] if k < K - 1 else 0.0
                below = u[i, j, k - 1] if k > 0 else u[i, j, k]
                above = u[i, j, k + 1] if k < K - 1 else u[i, j, k]
                change = -a * (below - u[i, j, k]) - c * (above - u[i, j, k])
                divisor = rate - a - c
                value = rate * u[i, j, k] + change
                if k > 0:
                    divisor -= upper[k - 1] * a
                    value -= right[k - 1] * a
                upper[k] = c / divisor
                right[k] = value / divisor
            out[i, j, K - 1] = right[K - 1]
            for k in range(K - 2, -1, -1):
                out[i, j, k] = right[k] - upper[k] * out[i, j, k + 1]
    return out


@njit
def horizontal_diffusion(field, coefficient):
    K, height, width = field.shape
    out = np.empty((K, height - 4, width - 4))
    lap = np.empty((height, width))
    x, y = np.empty((height, width)), np.empty((height, width))
    for k in range(K):
        f = field[k]
        for i in range(1, height - 1):
            for j in range(1, width - 1):
                neighbours = f[i + 1, j] + f[i - 1, j] + f[i, j + 1] + f[i, j - 1]
                lap[i, j] = 4.0 * f[i, j] - neighbours
        for i in range(1, height - 2):
            for j in range(2, width - 2):
                flux = lap[i + 1, j] - lap[i, j]
                x[i, j] = 0.0 if flux * (f[i + 1, j] - f[i, j]) > 0.0 else flux
        for i in range(2, height - 2):
            for j in range(1, width - 2):
                flux = lap[i, j + 1] - lap[i, j]
                y[i, j] = 0.0 if flux * (f[i, j + 1] - f[i, j]) > 0.0 else flux
        for i in range(2, height - 2):
            for j in range(2, width - 2):
                divergence = x[i, j] - x[i - 1, j] + y[i, j] - y[i, j - 1]
                out[k, i - 2, j - 2] = f[i, j] - coefficient[k] * divergence
    return out


@njit
def cholesky(A):
    A = A.copy()
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] = (A[i, j] - np.dot(A[i, :j], A[j, :j])) / A[j, j]
        A[i, i] = math.sqrt(A[i, i] - np.dot(A[i, :i], A[i, :i]))
    return A


@njit
def triangular_product(A, B, alpha):
    B = B.copy()
    m, n = B.shape
    for i in range(m):
        for k in range(i + 1, m):
            factor = A[k, i]
            for j in range(n):
                B[i, j] += factor * B[k, j]
        for j in range(n):
            B[i, j] *= alpha
    return B


@njit
def rank_k_update(C, A, alpha, beta):
    C = C.copy()
    for i in range(A.shape[0]):
        for j in range(i + 1):
            C[i, j] = beta * C[i, j] + alpha * np.dot(A[i], A[j])
    return C


@njit
def durbin(r):
    n = r.shape[0]
    flipped = r[::-1].copy()
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(flipped[n - k :], y[:k])) / beta
        for i in range(k // 2):
            low, high = y[i], y[k - 1 - i]
            y[i] = low + alpha * high
            y[k - 1 - i] = high + alpha * low
        if k % 2:
            y[k // 2] += alpha * y[k // 2]
        y[k] = alpha
    return y


@njit
def gram_schmidt(A):
    columns = A.T.copy()  # rows are contiguous
    N, M = columns.shape
    Q = np.zeros((N, M))
    R = np.zeros((N, N))
    for k in range(N):
        size = math.sqrt(np.dot(columns[k], columns[k]))
        R[k, k] = size
        for i in range(M):
            Q[k, i] = columns[k, i] / size
        for j in range(k + 1, N):
            factor = np.dot(Q[k], columns[j])
            R[k, j] = factor
            for i in range(M):
                columns[j, i] -= Q[k, i] * factor
    return Q.T.copy(), R


@njit
def power_iteration(A, start):
    v = start.copy()
    size = 0.0
    change = 1.0
    while change > 1e-12:
        product = np.dot(A, v)
        size = math.sqrt(np.dot(product, product))
        change = 0.0
        for i in range(v.shape[0]):
            new = product[i] / size
            change = max(change, abs(new - v[i]))
            v[i] = new
    for i in range(v.shape[0]):
        v[i] *= size
    return v


@njit
def csr_product(data, x, indices, indptr):
    n = indptr.shape[0] - 1
    y = np.zeros(n)
    for i in range(n):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            total += data[k] * x[indices[k]]
        y[i] = total
    return y
