"""Factorizations and products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import LoopCase, Size


def cholesky(A):
    A = A.copy()
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] -= A[i, :i] @ A[i, :i]
        A[i, i] = np.sqrt(A[i, i])
    return A


def triangular_product(A, B, alpha):
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += A[i + 1 :, i] @ B[i + 1 :, j]
    B *= alpha
    return B


def rank_k_update(C, A, alpha, beta):
    C = C.copy()
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]
    return C


def durbin(r):
    """The Yule-Walker equations of r, by the recursion of Levinson and Durbin."""
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def gram_schmidt(A):
    A = A.copy()
    N = A.shape[1]
    Q = np.zeros_like(A)
    R = np.zeros((N, N))
    for k in range(N):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, N):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def power_iteration(A, start):
    """The dominant eigenvector of A, times its eigenvalue."""
    v = start
    size = 0.0
    change = 1.0
    while change > 1e-12:
        product = A @ v
        size = np.sqrt(np.sum(product * product))
        product = product / size
        change = np.max(np.abs(product - v))
        v = product
    return size * v


def csr_product(data, x, indices, indptr):
    """A sparse matrix in compressed rows times a vector."""
    n = len(indptr) - 1
    y = np.zeros(n)
    for i in range(n):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            total += data[k] * x[indices[k]]
        y[i] = total
    return y


def definite(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    (n,) = size
    A = rng.normal(size=(n, n))
    return (A @ A.T / n + 2.0 * np.eye(n),)


def triangle(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    m, n = size
    return rng.normal(size=(m, m)) / np.sqrt(m), rng.normal(size=(m, n)), 1.5


def update(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, m = size
    return rng.normal(size=(n, n)), rng.normal(size=(n, m)), 1.5, 1.2


def autocorrelation(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    (n,) = size
    lags = np.arange(n)
    return (0.7 ** (lags + 1) + 0.02 * rng.normal(size=n) * 0.9**lags,)


def tall(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    m, n = size
    return (rng.normal(size=(m, n)) + 3.0 * np.eye(m, n),)


def separated(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    """A symmetric matrix whose first eigenvalue is well above the others."""
    n, percent = size
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    eigenvalues = percent / 100 * rng.uniform(0.5, 1.0, n)
    eigenvalues[0] = 1.0
    return basis @ np.diag(eigenvalues) @ basis.T, basis[:, 0] + 0.5 * basis[:, 1]


def sparse(size: Size, rng: np.random.Generator) -> tuple[Any, ...]:
    n, most = size
    counts = rng.permutation(np.arange(n) % (most + 1))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    count = int(indptr[-1])
    return rng.normal(size=count), rng.normal(size=n), rng.integers(0, n, count), indptr


CASES = [
    LoopCase("cholesky", cholesky, definite, (0,), (6,), (300,)),
    LoopCase("triangular_product", triangular_product, triangle, (0, 1), (6, 5), (200, 250)),
    LoopCase("rank_k_update", rank_k_update, update, (0, 1), (6, 5), (200, 150)),
    LoopCase("durbin", durbin, autocorrelation, (0,), (7,), (2000,)),
    LoopCase("gram_schmidt", gram_schmidt, tall, (0,), (7, 5), (220, 180), pair=True),
    LoopCase(
        "power_iteration",
        power_iteration,
        separated,
        (0,),
        (6, 40),
        (400, 90),
        notes="the size's second number is the second eigenvalue, in percent of the first",
    ),
    LoopCase("csr_product", csr_product, sparse, (0, 1), (7, 4), (10000, 20)),
]
