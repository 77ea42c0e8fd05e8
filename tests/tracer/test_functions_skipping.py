"""Reductions that pass over NaN, and what reductions take besides an axis, against NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from derivatives import check_first, check_second

from .following import follow

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SHAPES = [(), (1,), (6,), (0,), (2, 5), (3, 1, 4), (2, 0)]
SKIPPING = [np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd]
PLAIN = [np.sum, np.prod, np.max, np.min, np.mean, np.var, np.std, np.any, np.all]


def holes(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers with ties, and for floats NaN; one row is nothing else."""
    x = np.random.default_rng(len(shape)).integers(0, 4, shape).astype(dtype)
    if x.dtype.kind == "f" and shape:
        x[x == 3] = np.nan
        x[-1:] = np.nan if len(shape) > 1 else x[-1:]
    return x


@pytest.mark.parametrize("function", SKIPPING, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?"])
def test_axes(function: Any, dtype: str) -> None:
    for shape, axis, keepdims in itertools.product(
        SHAPES, (None, 0, -1, 1, (0, 1), (0, -1), (), 7), (False, True)
    ):
        given = {"axis": axis, "keepdims": keepdims}
        x = holes(shape, dtype)
        follow(lambda x, given=given: function(x, **given), x, exact=False)


OPTIONS: dict[str, dict[str, Any]] = {
    "where": {"where": np.array([True, False, True, True])},
    "where_column": {"where": np.array([[True], [False], [True]])},
    "nowhere": {"where": False},
    "initial": {"initial": 2},
    "both": {"initial": 1.0, "where": np.array([False, False, True, True])},
    "ddof": {"ddof": 1},
    "correction": {"correction": 2},
    "large": {"ddof": 4},
    "dtype": {"dtype": np.float32},
    "integers": {"dtype": "i4"},
}


@pytest.mark.parametrize("function", SKIPPING + PLAIN, ids=lambda f: f.__name__)
@pytest.mark.parametrize("option", OPTIONS)
def test_options(function: Any, option: str) -> None:
    given = OPTIONS[option]
    if option == "integers" and function.__name__[-3:] in ("ean", "var", "std"):
        return
    for dtype, axis in itertools.product(("f8", "f4", "i4"), (None, 0, 1)):
        x = holes((3, 4), dtype)
        follow(lambda x, axis=axis: function(x, axis=axis, **given), x, exact=False)


@pytest.mark.parametrize("function", SKIPPING, ids=lambda f: f.__name__)
def test_derivatives(function: Any) -> None:
    x = np.random.default_rng(3).permutation(np.linspace(-1.3, 1.7, 12)).reshape(3, 4)
    for options in ({}, {"axis": 0}, {"axis": 1, "where": np.array([True, True, False, True])}):
        options = dict(options)
        if "where" in options and function in (np.nanmax, np.nanmin):
            options["initial"] = -0.41 if function is np.nanmax else 0.52
        graph = follow(
            lambda x, options=options: function(np.where(x > 1.2, np.nan, x), **options) ** 2,
            x,
            exact=False,
        )
        assert check_first(graph, [x])
        check_second(graph, [x])
