"""Sorting, searching and quantiles against NumPy: options, ties, NaN, empty arrays, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .following import follow

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

DTYPES = ["f8", "f4", "i8", "u1", "?"]
SHAPES = [(), (1,), (6,), (0,), (2, 5), (3, 1, 4), (2, 0)]
AXES = [None, 0, -1, 1, 5]


def tied(shape: tuple[int, ...], dtype: str, nan: bool = False) -> np.ndarray:
    """Numbers with ties, and NaN among them."""
    x = np.random.default_rng(len(shape)).integers(0, 5, shape).astype(dtype)
    return np.where(x == 4, np.nan, x).astype(dtype) if nan and x.dtype.kind == "f" else x


PLACES = [np.argmax, np.argmin, np.nanargmax, np.nanargmin]


@pytest.mark.parametrize("function", PLACES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_places(function: Any, dtype: str) -> None:
    for shape in SHAPES:
        for axis in AXES:
            x = tied(shape, dtype, True)
            follow(lambda x, axis=axis: function(x, axis=axis), x)
            follow(lambda x, axis=axis: function(x, axis=axis, keepdims=True), x)


def _least(x: Any, axis: Any) -> Any:
    y = np.partition(x, 0, axis)
    return np.moveaxis(y, 0 if axis is None else axis, 0)[:1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_sorting(dtype: str) -> None:
    for shape in SHAPES:
        for axis in AXES:
            x = tied(shape, dtype, True)
            follow(lambda x, axis=axis: np.sort(x, axis=axis), x)
            follow(lambda x, axis=axis: np.argsort(x, axis=axis, kind="stable"), x)
            follow(lambda x, axis=axis: _least(x, axis), x)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.sort(x, kind="heapsort"),
        lambda x: np.sort(x, kind="nonsense"),
        lambda x: np.sort(x, order="field"),
        lambda x: np.sort(x, stable=True),
        lambda x: np.sort(x.T, axis=0),
        lambda x: np.sort(x[:, ::-2]),
        lambda x: x.sort(),
        lambda x: x.sort(axis=0),
        lambda x: x[0].sort(),
        lambda x: x[:, 1].sort(),
        lambda x: x.T.sort(),
        lambda x: x.argsort(kind="stable"),
        lambda x: x.argmax(),
        lambda x: x.argmin(axis=1),
        lambda x: x.argmin(1, keepdims=True),
        lambda x: x[0].argmax(),
        lambda x: np.argmax(x, axis=(0, 1)),
        lambda x: np.argmax([x[0, 0], 1.0, x[0, 1]]),
        lambda x: np.partition(x, 9),
        lambda x: np.partition(x, 1.5),
        lambda x: np.partition(x, [0, -1])[..., ::3],
        lambda x: np.argpartition(x, 7),
        lambda x: np.lexsort((x[0], x[1])),
        lambda x: np.lexsort((x, x[::-1])),
        lambda x: np.lexsort((x, x[::-1]), axis=0),
        lambda x: np.lexsort((x[0], x)),
        lambda x: np.lexsort(()),
        lambda x: np.searchsorted(np.sort(x[0]), x),
        lambda x: np.searchsorted(np.sort(x[0]), x, side="right"),
        lambda x: np.searchsorted(np.sort(x[0]), 1.5),
        lambda x: np.searchsorted(np.sort(x[0]), x[1, 0]),
        lambda x: np.searchsorted([0, 1, 2], x, "right"),
        lambda x: np.searchsorted(x[0], x[1], sorter=np.argsort(x[0])),
        lambda x: np.searchsorted(x[0], x[1], sorter=[0.5]),
        lambda x: np.searchsorted(x[0], x[1], "middle"),
        lambda x: np.searchsorted(x, 1),
        lambda x: np.sort(x[0]).searchsorted(x[1]),
        lambda x: np.digitize(x, [0, 1, 3]),
        lambda x: np.digitize(x, [3, 1, 0]),
        lambda x: np.digitize(x, [3, 1, 0], right=True),
        lambda x: np.digitize(x, np.sort(x[0]), True),
        lambda x: np.digitize(x, [0, 2, 1]),
        lambda x: np.digitize(x, [[0, 2, 1]]),
        lambda x: np.digitize(x[0, 0], [1]),
        lambda x: np.unique(x),
        lambda x: np.unique(x, return_index=True),
        lambda x: np.unique(x, return_inverse=True),
        lambda x: np.unique(x, return_counts=True),
        lambda x: np.unique(x[0], True, True, True),
        lambda x: np.unique(x[:0], True, True, True),
        lambda x: np.unique(x, equal_nan=False),
        lambda x: np.union1d(x[0], x[1]),
        lambda x: np.isin(x, x[0]),
        lambda x: np.isin(x, [1, 2.0, 7], invert=True),
        lambda x: np.isin(x, []),
        lambda x: np.isin(x[0, 0], [0, 1]),
    ],
)
def test_programs(program: Any) -> None:
    for dtype in ("f8", "f4", "i4"):
        for x in (tied((3, 4), dtype), tied((3, 4), dtype, True)):
            follow(program, x)


METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest", "guess",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", [np.quantile, np.nanquantile], ids=lambda f: f.__name__)
def test_quantile_methods(function: Any, method: str) -> None:
    for x in (tied((7,), "f8"), tied((2, 6), "f8", True), tied((5,), "i4"), tied((4, 3), "f4")):
        for q in (0.5, 0.0, 1, [0.05, 0.31, 0.999], np.float32(0.3), [[0.25], [0.5]], -0.1):
            follow(lambda x, q=q: function(x, q, axis=-1, method=method), x, exact=False)
            follow(lambda x, q=q: function(x, q, method=method), x, exact=False)


FUNCTIONS = {
    "median": np.median,
    "nanmedian": np.nanmedian,
    "quantile": lambda x, **options: np.quantile(x, 0.3, **options),
    "percentile": lambda x, **options: np.percentile(x, [10, 60], **options),
    "nanquantile": lambda x, **options: np.nanquantile(x, np.array([0.3, 0.5]), **options),
    "nanpercentile": lambda x, **options: np.nanpercentile(x, 60.0, **options),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
def test_quantile_axes(name: str, dtype: str) -> None:
    function = FUNCTIONS[name]
    for shape in SHAPES:
        for axis in (None, 0, -1, 1, (0, 1), (1, 0), (0, -1), 7):
            for keepdims in (False, True):
                options = {"axis": axis, "keepdims": keepdims}
                x = tied(shape, dtype, bool(shape) and dtype == "f8")
                follow(lambda x, options=options: function(x, **options), x, exact=False)
