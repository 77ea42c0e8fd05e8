"""Functions of three numbers with all that a program may have: loops, branches, containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adjit import checkpoint

X = np.array([0.4, 1.1, 0.7])


def straight(x: Any) -> Any:
    return np.array([np.sin(x[0]) * x[1], x[2] ** 3, x[0] * x[1] * x[2]])


def unchanged(x: Any) -> Any:
    return x


def constant(x: Any) -> Any:
    return np.ones(2)


def short_loop(x: Any) -> Any:
    y = x.copy()
    for i in range(2):
        y[i + 1] += np.sin(y[i]) * x[0]
    return y


def long_loop(x: Any) -> Any:
    y = x.copy()
    for _ in range(20):
        y[1:] += 0.1 * np.sin(y[:-1]) * x[0]
        y *= 1.05
    return y


def checkpointed(x: Any) -> Any:
    return checkpoint(long_loop)(x)


def while_loop(x: Any) -> Any:
    y, n = x, 0.0
    while n < 4.5:
        y = np.sin(y) * x + 0.3
        n = n + 1.0
    return y


def nested_while_loop(x: Any) -> Any:
    total = 0.0
    for i in range(3):
        y = x[i]
        while y < 20:
            y = y * y + 1.0
        total = total + y
    return total


def branches_in_loop(x: Any) -> Any:
    y = x.copy()
    for i in range(3):
        if x[i] > 0.6:
            y[i] = y[i] ** 3
        else:
            y[i] = np.exp(y[i]) * y[0]
    return y


def broken_off(x: Any) -> Any:
    total = x[0] * 1.0
    for i in range(10):
        if total > 3:
            break
        total = total + x[i % 3] ** 2 * total
    return total * x


def path(x: Any) -> Any:
    return x[:2] * x[2] if x.sum() > 0 else x[:2] ** 3


def data_dependent_trips(x: Any) -> Any:
    y = x
    for _ in range(int(np.floor(x[1] * 5))):
        y = y * np.sin(y) + 1
    return y


def masked(x: Any) -> Any:
    return x[x > 0.5] ** 2 * x[0]


def masked_in_place(x: Any) -> Any:
    y = x.copy()
    y[y > 0.5] *= y[2]
    return y


def factorized(x: Any) -> Any:
    matrix, lower = np.outer(x, x) + 4 * np.eye(3), np.zeros((3, 3))
    for i in range(3):
        for j in range(i + 1):
            s = matrix[i, j] - lower[i, :j] @ lower[j, :j]
            lower[i, j] = np.sqrt(s) if i == j else s / lower[j, j]
    return lower


def products(x: Any) -> Any:
    matrix = np.outer(x, np.sin(x)) + np.eye(3)
    return matrix @ x @ matrix


def positions(x: Any) -> Any:
    return x[[2, 0, 0]] * x[::-1] * x[None, 1:2][0]


def solved(x: Any) -> Any:
    return np.linalg.solve(np.outer(x, x) + np.diag(np.array([2.0, 3.0, 4.0])), np.cos(x))


def decomposed(x: Any) -> Any:
    return np.linalg.cholesky(np.outer(x, x) + np.diag(np.array([2.0, 3.0, 4.0]))).sum(0)


def eigenvalues(x: Any) -> Any:
    return np.linalg.eigvalsh(np.outer(x, x) + np.diag(np.arange(3.0)))


def scans(x: Any) -> Any:
    return np.cumprod(np.sin(x)) * np.cumsum(x)


def chosen(x: Any) -> Any:
    return np.where(x > 0.6, np.sqrt(x), x**3) * np.maximum(x, 0.5)


def ordered(x: Any) -> Any:
    return np.max(x) * np.sort(x)[::-1]


def in_single_precision(x: Any) -> Any:
    return (x.astype(np.float32) ** 2).sum()


def spectrum(x: Any) -> Any:
    return np.abs(np.fft.fft(x * np.exp(1j * x))) ** 2


def complex_result(x: Any) -> Any:
    return np.exp(1j * x) * x


def several(x: Any) -> Any:
    return {"a": x * 2, "b": (x.sum() ** 2, 3)}


PROGRAMS: list[Callable[[Any], Any]] = [
    straight,
    unchanged,
    constant,
    short_loop,
    long_loop,
    checkpointed,
    while_loop,
    nested_while_loop,
    branches_in_loop,
    broken_off,
    path,
    data_dependent_trips,
    masked,
    masked_in_place,
    factorized,
    products,
    positions,
    solved,
    decomposed,
    eigenvalues,
    scans,
    chosen,
    ordered,
    in_single_precision,
    spectrum,
    complex_result,
    several,
]
