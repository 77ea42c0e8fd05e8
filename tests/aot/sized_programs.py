"""Programs whose sizes are arguments: NumPy as people write it, with what asks for sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """``least``: the smallest size of every name for which the library is compiled."""

    fun: Callable[..., Any]
    args: str
    wrt: str
    least: int
    often: bool

    @property
    def name(self) -> str:
        return self.fun.__name__


PROGRAMS: list[Program] = []


def program(args: str, wrt: str = "", least: int = 1, often: bool = False) -> Callable:
    def enter(fun: Callable) -> Callable:
        parameter = wrt or args.partition(":")[0]
        PROGRAMS.append(Program(fun, args, parameter, least, often))
        return fun

    return enter


@program("w: f64[n], X: f64[m, n], y: f64[m]", often=True)
def logistic(w, X, y):
    return np.mean(np.log1p(np.exp(-y * (X @ w)))) + 0.1 * np.sum(w * w)


@program("x: f64[n]", least=2, often=True)
def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@program("x: f64[n]", least=2, often=True)
def halves(x):
    n = len(x)
    y = np.sum(x[: n // 2] * x[n - n // 2 :]) + np.sum(np.arange(n) * x)
    return y + np.sum(np.linspace(0, 1, n) * x) + np.sum(np.ones(n) * x)


@program("x: f64[n], y: f64[m]")
def joined(x, y):
    return np.sum(np.concatenate([x, y * 2]) ** 2) + np.sum(np.outer(x, y))


@program("x: f64[n]")
def ordered(x):
    return np.sum(np.sort(x) * x)


@program("X: f64[m, n], w: f64[n, k]", "w")
def softmax(X, w):
    z = X @ w
    top = z.max(axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(z - top), axis=1))) / X.shape[0] + np.var(w)


@program("x: f64[n], y: f64[n]", "x, y")
def kernel(x, y):
    d = (x[:, None] - x[None, :]) ** 2
    return np.sum(np.exp(-d) @ y * y)


@program("x: f64[n]")
def cumulative(x):
    return np.sum(np.cumsum(x) ** 2)


@program("A: f64[n, n], x: f64[n]", "A, x", least=2, often=True)
def triangle(A, x):
    n, s = len(x), 0.0
    for i in range(n):
        for j in range(i):
            s = s + A[i, j] * x[j] * x[i]
    return s / n


@program("P: (f64[n, k], f64[k], f64[k]), X: f64[m, n], y: f64[m]", often=True)
def network(P, X, y):
    w1, b1, w2 = P
    return np.mean((np.tanh(X @ w1 + b1) @ w2 - y) ** 2)


@program("x: f64[n]")
def backwards(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -1):
        s = s * 0.5 + x[i] ** 2
    return s


@program("x: f64[n]")
def every_second(x):
    s = 0.0
    for i in range(0, len(x), 2):
        s = s + np.sin(x[i])
    return s


@program("x: f64[n], N: n")
def size_as_number(x, N):
    return np.sum(np.zeros(N) + x) / N


@program("x: f64[n], steps: size", often=True)
def time_steps(x, steps):
    for _ in range(steps):
        x = x + 0.1 * np.sin(x)
    return np.sum(x)


@program("x: f64[n], k: i64")
def trip_count(x, k):
    for _ in range(k):
        x = x + 0.1 * np.sin(x)
    return np.sum(x)


@program("x: f32[n], rate: f64")
def single(x, rate):
    return rate * np.sum(np.exp(x) * x)


@program("x: f64[n]", often=True)
def branches(x):
    if np.sum(x) > 0:
        return np.sum(x**2)
    if x[0] > 0.5:
        return np.sum(np.sin(x))
    return np.sum(np.cos(x)) * 2


@program("x: f64[n]", often=True)
def halving(x):
    s = np.sum(x**2) + 5
    while s > 1.0:
        s = np.sqrt(s) * 0.9
    return s + np.sum(x)


@program("A: f64[n, n]", least=2)
def reshaped(A):
    n = A.shape[0]
    y = np.sum(A.reshape(-1) * np.arange(n * n).reshape(n * n))
    return y + np.sum(A.T.reshape(n, n) ** 2) + np.sum(A.ravel()[:n])


@program("A: f64[m, n]")
def statistics(A):
    return np.var(A, axis=0).sum() + np.mean(A, axis=1).max() + np.std(A)


@program("A: f64[n, n]")
def diagonals(A):
    y = np.trace(A) + np.sum(np.diag(A) ** 2) + np.sum(np.tril(A) * 2)
    return y + np.sum(np.triu(A, 1) ** 2) + np.sum(np.eye(len(A)) * A)


@program("A: f64[m, n], B: f64[n, k]", "A, B")
def einsums(A, B):
    return np.sum(np.einsum("ij,jk->ik", A, B) ** 2) + np.einsum("ij,ij->", A, A)


@program("x: f64[n]")
def stacks(x):
    y = np.sum(np.stack([x, x**2]) * 2) + np.sum(np.vstack([x, x]))
    return y + np.sum(np.hstack([x, x**3]))


@program("x: f64[n]", least=2)
def shifted(x):
    y = np.sum(np.roll(x, 1) * x) + np.sum(np.diff(x) ** 2) + np.sum(np.roll(x, -1) * x)
    return y + np.sum(x[::-1] * np.arange(len(x)))


@program("x: f64[n]")
def choices(x):
    y = np.sum(np.where(x > 0, x**2, -x)) + np.sum(np.maximum(x, 0))
    return y + np.sum(np.clip(x, -0.5, 0.5))


@program("x: f64[n]")
def extrema(x):
    return x.max() - x.min() + x[np.argmax(x)] + x[-1] + x[0]


@program("u: f64[n], steps: size", least=3, often=True)
def heat(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


@program("A: f64[m, n], steps: size", least=4)
def jacobi(A, steps):
    A, B = A.copy(), A.copy()
    for _ in range(1, steps):
        for C, D in ((A, B), (B, A)):
            inner = C[1:-1, 1:-1] + C[1:-1, :-2] + C[1:-1, 2:] + C[2:, 1:-1] + C[:-2, 1:-1]
            D[1:-1, 1:-1] = 0.2 * inner
    return np.sum(A * A)


@program("B: f64[n, n]", least=3)
def cholesky(B):
    n = B.shape[0]
    A = B @ B.T + np.eye(n)
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])
    return np.sum(np.tril(A))


@program("x: f64[n], y: f64[n]", "x, y")
def norms(x, y):
    return np.dot(x, y) + np.linalg.norm(x - y)


@program("x: f64[2*n]")
def pairs(x):
    n = len(x) // 2
    return np.sum(x[:n] * x[n:])


@program("x: f64[n + 1], y: f64[n]")
def increments(x, y):
    return np.sum((x[1:] - x[:-1]) * y)


@program("x: f64[n], k: i64[m]")
def gathered(x, k):
    return np.sum(x[k] ** 2)


@program("x: f64[n], c: f64[k]", "x, c")
def polynomial(x, c):
    r = np.zeros_like(x)
    for a in c:
        r = r * x + a
    return np.sum(r)


@program("z: c128[n]")
def complex_numbers(z):
    return np.sum(np.abs(z) ** 2) + np.sum((z * z).real)


@program("x: f64[3]")
def fixed(x):
    return x[0] * x[1] + np.sin(x[2])


@program("x: f64[n]", least=2)
def neighbours(x):
    s = 0.0
    for i, a in enumerate(x):
        s = s + i * a * a
    for a, b in zip(x[1:], x[:-1], strict=True):
        s = s + a * b
    return s


@program("A: f64[m, n]")
def rows(A):
    s = 0.0
    for row in A:
        s = s + np.max(row) * np.sum(row)
    return s


@program("x: f64[n]")
def until(x):
    s = 0.0
    for i in range(len(x)):
        if s > 3.0:
            break
        s = s + x[i] ** 2
    return s


@program("x: f64[n]")
def grids(x):
    a, b = np.meshgrid(x, x)
    return np.sum(np.sin(a * b))


@program("x: f64[n]")
def filled(x):
    y = np.sum(np.full(len(x), 2.0) * x) + np.sum(np.full((len(x), 3), 1.5) * x[:, None])
    return y + np.sum(np.zeros((len(x), 2)) + x[:, None])


@program("x: f64[n]")
def repeated(x):
    return np.sum(np.tile(x, 3) ** 2) + np.sum(np.repeat(x, 2))


@program("A: f64[b, m, n], B: f64[b, n, k]")
def batched(A, B):
    return np.sum((A @ B) ** 2)


@program("x: f64[n]", least=3)
def differences(x):
    return np.sum(np.gradient(x) ** 2) + np.trapezoid(x)


@program("x: f64[n]")
def padded(x):
    return np.sum(np.pad(x, 2) ** 2 * np.arange(len(x) + 4))


@program("x: f64[n]", often=True)
def sizes_as_floats(x):
    n = len(x)
    return np.sum(x) / (n - 0.5) + np.sum(x) * np.sqrt(n) + n**2 * x[0] + np.log(n) * x[0]


@program("x: f64[n]", least=2, often=True)
def floats_on_the_left(x):
    n = len(x)
    h = 1.0 / (n - 1)
    y = np.sum((x[1:] - x[:-1]) ** 2) / h - 0.5 * n * x[0]
    return y if n > 3.5 and 2.0 * n < 30.0 else 3.0**n * h * x[0] ** 2


@program("x: f64[n]", often=True)
def branch_by_size(x):
    return np.sum(x) if np.sqrt(len(x)) > 2 else np.sum(x**2)


@program("x: f64[n]")
def parity(x):
    return np.sum(x) * (len(x) % 4) + max(len(x), 3) * x[0] + min(len(x), 3) * x[-1]


@program("X: f64[m, n], mu: f64[k, n]", "mu")
def mixture(X, mu):
    a = -0.5 * np.sum((X[:, None, :] - mu[None]) ** 2, axis=2)
    top = a.max(axis=1)
    return -np.sum(top + np.log(np.sum(np.exp(a - top[:, None]), axis=1)))
