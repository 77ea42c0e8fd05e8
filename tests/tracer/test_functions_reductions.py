"""Reductions against NumPy: axes, dtypes, keywords, empty arrays, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .following import follow

FUNCTIONS = [np.sum, np.prod, np.mean, np.max, np.min, np.any, np.all, np.var, np.std]
DTYPES = ["f8", "f4", "i8", "i4", "u1", "?"]
SHAPES = [(), (1,), (5,), (0,), (2, 3), (3, 1, 2), (2, 0)]


def sample(shape: tuple[int, ...], dtype: str = "f8", seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.uniform(0.3, 2.0, shape).astype(dtype)
    return rng.integers(0, 4, shape).astype(dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_axes(function: Any, dtype: str) -> None:
    for shape in SHAPES:
        x = sample(shape, dtype)
        for axis in (None, 0, -1, 1, (0, 1), (0, -1), (), (0, 0), 7):
            follow(lambda x, axis=axis: function(x, axis=axis), x, exact=False)
            follow(lambda x, axis=axis: function(x, axis=axis, keepdims=True), x, exact=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.sum(x, dtype=np.float32),
        lambda x: np.sum(x, axis=0, dtype="f8"),
        lambda x: np.sum(x, initial=3),
        lambda x: np.sum(x, where=x > 1),
        lambda x: np.prod(x, axis=1, where=x > 1, initial=2),
        lambda x: np.max(x, initial=1.0, where=x < 1.0),
        lambda x: np.max(x, where=x < 1.0),
        lambda x: np.min(x, axis=0, initial=0.5),
        lambda x: np.mean(x, axis=1, where=x > 0.8),
        lambda x: np.mean(x, dtype=np.float64),
        lambda x: np.var(x, ddof=1),
        lambda x: np.var(x, axis=0, ddof=2),
        lambda x: np.std(x, axis=1, ddof=1, keepdims=True),
        lambda x: np.std(x, correction=1),
        lambda x: np.var(x, where=x > 0.8),
        lambda x: np.any(x > 1, axis=0, where=x < 1.5),
        lambda x: np.all(x, axis=-1),
        lambda x: np.ptp(x),
        lambda x: np.ptp(x, axis=1, keepdims=True),
        lambda x: np.count_nonzero(x > 1),
        lambda x: np.count_nonzero(x, axis=1),
        lambda x: np.count_nonzero(x, axis=0, keepdims=True),
        lambda x: np.average(x),
        lambda x: np.average(x, axis=0),
        lambda x: np.average(x, weights=x),
        lambda x: np.average(x, axis=1, weights=[1.0, 2.0, 3.0]),
        lambda x: np.average(x, axis=1, weights=[1, 2, 3], returned=True),
        lambda x: np.average(x, axis=0, weights=[1.0, -1.0]),
        lambda x: np.average(x, weights=[1.0]),
        lambda x: np.nansum(np.where(x > 1, np.nan, x), axis=0),
        lambda x: np.nanmean(np.where(x > 1, np.nan, x)),
        lambda x: np.nanprod(x, axis=1),
        lambda x: np.add.reduce(x),
        lambda x: np.maximum.reduce(x, axis=1),
        lambda x: np.logical_and.reduce(x > 0.5, axis=0),
        lambda x: x.sum(0) + x.mean(axis=0) + x.var(0) + x.max(0) - x.min(0) * x.prod(0),
        lambda x: x.std(ddof=1) + x.ptp() if hasattr(x, "ptp") else x.std(ddof=1) + np.ptp(x),
        lambda x: np.sum([x[0], x[1]], axis=0),
        lambda x: np.max([x[0, 0], 1.0]),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
def test_keywords(program: Any, dtype: str) -> None:
    follow(program, sample((2, 3), dtype), exact=False)


def test_out() -> None:
    def program(x: Any) -> Any:
        y = np.zeros_like(x[0])
        z = np.sum(x, axis=0, out=y)
        np.max(x, axis=0, out=y[:])
        return y, z

    follow(program, sample((2, 3)), exact=False)
    follow(lambda x: np.sum(x, axis=0, out=np.zeros_like(x[0], shape=4)), sample((2, 3)))


@pytest.mark.parametrize("order", [None, 2, 1, np.inf, -np.inf, 0, 3, 2.5, -1, "fro"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
def test_norm(order: Any, dtype: str) -> None:
    for shape in [(4,), (1,), (3, 2)]:
        x = sample(shape, dtype) + (1 if dtype == "i8" else 0)
        if len(shape) == 2 and order in (2, 0, 3, 2.5):
            continue
        follow(lambda x: np.linalg.norm(x, order), x, exact=False)
    x = sample((3, 2, 4), dtype) + 1
    for axis in (0, -1, 3):
        follow(lambda x, at=axis: np.linalg.norm(x, order, at, keepdims=True), x, exact=False)
    if order in (None, 1, np.inf, -1, -np.inf, "fro"):
        for axes in [(0, 1), (2, 0), (1, 1)]:
            follow(lambda x, at=axes: np.linalg.norm(x, order, axis=at), x, exact=False)
    follow(lambda x: np.linalg.norm(x, order), x, exact=False)
    follow(lambda x: np.linalg.norm(x * 0, order, axis=0), x, exact=False)


def test_order_of_memory() -> None:
    x = np.asfortranarray(sample((2, 3, 4)))
    follow(lambda x: np.sum(x, axis=1), x, exact=False)
    follow(lambda x: np.max(x, axis=0, keepdims=True), x)
