"""Derivatives of programs made of NumPy functions, against central differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adjit import check_grads


def filled(A: Any) -> Any:
    B = A * 1
    np.fill_diagonal(B, A[0])
    return B


def written(A: Any) -> Any:
    B = np.zeros((3, 3))
    np.matmul(A, A, out=B)
    np.copyto(B, A, where=A > 1)
    B.T[0] *= A[1]
    return B


PROGRAMS = {
    "einsum3": lambda A: np.sum(np.einsum("ij,jk,kl->il", A, A, A)),
    "einsum_diag": lambda A: np.einsum("ii", A @ A) + np.sum(np.einsum("ii->i", A) ** 2),
    "einsum_ell": lambda A: np.sum(np.einsum("...i,...i", A, A * 2) ** 2),
    "trace": lambda A: np.trace(A @ A.T) + np.trace(A, 1),
    "diag": lambda A: np.sum(np.diag(np.diag(A) ** 2) @ A),
    "tril": lambda A: np.sum(np.tril(A) @ np.triu(A, 1)),
    "kron": lambda A: np.sum(np.kron(A, A[:2, :2]) ** 2),
    "outer": lambda A: np.sum(np.outer(A[0], A[1]) ** 2),
    "cross": lambda A: np.sum(np.cross(A[0], A[1]) * A[2]),
    "tensordot": lambda A: np.sum(np.tensordot(A, A, axes=([0, 1], [1, 0]))),
    "matmulb": lambda A: np.sum((np.stack([A, A * 2]) @ A) ** 2),
    "norm": lambda A: np.linalg.norm(A) + np.linalg.norm(A[0], 3) + np.linalg.norm(A, 1),
    "var": lambda A: np.var(A) + np.sum(np.std(A, axis=0, ddof=1)),
    "meanw": lambda A: np.mean(A, where=A > 0.7) + np.average(A, weights=A * A),
    "prod": lambda A: np.prod(A) + np.sum(np.prod(A, axis=0)),
    "maxmin": lambda A: np.max(A) * np.min(A) + np.ptp(A, axis=0).sum(),
    "concat": lambda A: np.sum(np.concatenate([A, A**2], axis=1) @ np.ones(6)),
    "pad": lambda A: (
        np.sum(np.pad(A, 1, mode="edge") ** 2)
        + np.sum(np.pad(A, ((1, 0), (0, 2)), mode="reflect") ** 3)
    ),
    "roll": lambda A: np.sum(np.roll(A, 1, axis=0) * A) + np.sum(np.roll(A, 2) * A),
    "diff": lambda A: np.sum(np.diff(A, n=2) ** 2) + np.sum(np.ediff1d(A) ** 2),
    "tile": lambda A: (
        np.sum(np.tile(A, (2, 2)) ** 2) + np.sum(np.repeat(A, [1, 2, 0], axis=0) ** 3)
    ),
    "flip": lambda A: np.sum(np.flip(A) * A) + np.sum(np.rot90(A) * A),
    "split": lambda A: sum(np.sum(p ** (i + 2)) for i, p in enumerate(np.split(A, 3))),
    "clip": lambda A: np.sum(np.clip(A, 0.5, 1.5) ** 2),
    "where": lambda A: np.sum(np.where(A > 1, A**2, np.sin(A))),
    "select": lambda A: np.sum(np.select([A < 0.7, A < 1.2], [A, A**2], A**3)),
    "sinc": lambda A: np.sum(np.sinc(A)),
    "linspace": lambda A: np.sum(np.linspace(A[0], A[1], 5) ** 2),
    "arange": lambda A: np.sum(np.arange(0.0, 1.0, 0.25) * A[0, 0]) + np.sum(np.arange(3) * A[0]),
    "array": lambda A: np.sum(
        np.array([[A[0, 0], 1.0], [2.0, A[1, 1]]]) @ np.array([A[0, 1], 3.0])
    ),
    "meshgrid": lambda A: np.sum(np.meshgrid(A[0], A[1])[0] ** 2 * np.meshgrid(A[0], A[1])[1]),
    "polyval": lambda A: np.sum(np.polyval(A[0], A)),
    "trapz": lambda A: (
        np.sum(np.trapezoid(A, axis=0) ** 2) + np.sum(np.trapezoid(A**2, np.arange(3.0)))
    ),
    "math": lambda A: (
        math.sin(A[0, 0]) * math.exp(A[0, 1])
        + math.log(A[1, 1], 2)
        + math.hypot(A[0, 0], A[1, 1], A[2, 2])
        + math.pow(A[0, 0], A[0, 1])
    ),
    "pymax": lambda A: (
        max(A[0, 0], A[1, 1], 1.0) * min(A[0, 0], A[0, 1]) + sum(A[0]) + math.fsum(A[1])
    ),
    "nansum": lambda A: np.nansum(A**2) + np.nanmean(A**2),
    "mpow": lambda A: np.sum(np.linalg.matrix_power(A, 5)),
    "vecdot": lambda A: np.sum(np.vecdot(A, A) ** 2),
    "F": lambda A: np.sum(np.reshape(A, (9,), order="F") * np.arange(9.0)),
    "fill_diagonal": lambda A: np.sum(filled(A) ** 2),
    "written": lambda A: np.sum(written(A) ** 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name: str) -> None:
    A = np.random.default_rng(0).uniform(0.3, 2.0, (3, 3))
    check_grads(PROGRAMS[name], (A,), order=2)
