"""autograd's convolution, which has options that SciPy's has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal

Axes = Sequence[Sequence[int]]


def convolve(
    A: Any, B: Any, axes: Axes | None = None, dot_axes: Axes = ((), ()), mode: str = "full"
) -> Any:
    """Convolves over pairs of ``axes`` and sums over pairs of ``dot_axes``.

    The result has the other axes of ``A``, those of ``B``, and then those that are convolved.
    """
    if axes is None and not dot_axes[0]:
        return scipy.signal.convolve(A, B, mode)
    if axes is None:
        rest = [n for n in range(np.ndim(A)) if n not in dot_axes[0]]
        other = [n for n in range(np.ndim(B)) if n not in dot_axes[1]]
        axes = (rest, other)
    free_a = [n for n in range(np.ndim(A)) if n not in axes[0] and n not in dot_axes[0]]
    free_b = [n for n in range(np.ndim(B)) if n not in axes[1] and n not in dot_axes[1]]
    a = np.transpose(A, [*dot_axes[0], *free_a, *axes[0]])
    b = np.transpose(B, [*axes[1], *dot_axes[1], *free_b])
    dots, rank = len(dot_axes[0]), len(axes[0])
    sizes = [np.shape(A)[n] for n in axes[0]]
    kernel = [np.shape(B)[n] for n in axes[1]]
    free = [np.shape(A)[n] for n in free_a], [np.shape(B)[n] for n in free_b]
    y: Any = np.zeros(
        [*free[0], *free[1], *(n + m - 1 for n, m in zip(sizes, kernel, strict=True))]
    )
    for index in np.ndindex(*kernel):
        term = np.tensordot(a, b[index], (list(range(dots)), list(range(dots))))
        term = np.moveaxis(term, range(len(free_a), len(free_a) + rank), range(-rank, 0))
        part = [slice(k, k + n) for k, n in zip(index, sizes, strict=True)]
        y[(..., *part)] += term
    cut = [_kept(n, m, mode) for n, m in zip(sizes, kernel, strict=True)]
    return y[(..., *cut)]


def _kept(n: int, m: int, mode: str) -> slice:
    """The part of the full convolution of ``n`` with ``m`` elements that a mode has."""
    if mode == "full":
        return slice(None)
    size = n if mode == "same" else abs(n - m) + 1
    start = (n + m - 1 - size) // 2
    return slice(start, start + size)
