"""Scans and the methods of ufuncs against NumPy: axes, dtypes, out, where, initial, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .following import follow

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

DTYPES = ["f8", "f4", "i8", "i4", "u1", "?"]
SHAPES = [(), (1,), (6,), (0,), (2, 5), (3, 1, 4), (2, 0), (0, 2)]
AXES = [None, 0, -1, 1, 5]


def sample(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers with ties, zeros, and for floats NaN."""
    x = np.random.default_rng(len(shape)).integers(0, 4, shape).astype(dtype)
    return np.where(x == 3, np.nan, x).astype(dtype) if x.dtype.kind == "f" else x


SUMS = [np.cumsum, np.cumprod, np.nancumsum, np.nancumprod]


@pytest.mark.parametrize("function", SUMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_cumulative(function: Any, dtype: str) -> None:
    for shape in SHAPES:
        for axis in AXES:
            follow(lambda x, axis=axis: function(x, axis), sample(shape, dtype))


UFUNCS = [
    np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin,
    np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
    np.hypot, np.logaddexp, np.arctan2, np.floor_divide, np.remainder, np.gcd, np.less,
    np.left_shift, np.copysign, np.float_power, np.heaviside,
]  # fmt: skip


FLOATS = (np.hypot, np.logaddexp, np.arctan2, np.copysign, np.heaviside)
"""Of small integers these are float16, which is refused."""


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_accumulate(ufunc: Any, dtype: str) -> None:
    if ufunc in FLOATS and dtype in ("u1", "?"):
        return
    for shape in SHAPES:
        for axis in (0, -1, 1):
            x = sample(shape, dtype)
            follow(lambda x, axis=axis: ufunc.accumulate(x, axis), x, exact=False)


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reduce(ufunc: Any, dtype: str) -> None:
    if ufunc in FLOATS and dtype in ("u1", "?"):
        return
    for shape in SHAPES:
        for axis in (0, -1, None, (0, 1), ()):
            for options in ({}, {"keepdims": True}, {"initial": 1}, {"where": True}):
                x = sample(shape, dtype)
                given = {"axis": axis, **options}
                follow(lambda x, given=given: ufunc.reduce(x, **given), x, exact=False)


def filled(x: Any, dtype: Any, function: Any) -> Any:
    y = np.zeros(x.shape, dtype)
    return function(x, y), y


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.cumsum(),
        lambda x: x.cumprod(axis=1),
        lambda x: np.cumsum(x, dtype=np.float32),
        lambda x: np.cumsum(x, 1, "i4"),
        lambda x: np.cumprod(x, axis=0, dtype="f8"),
        lambda x: np.cumsum(x.T, axis=0),
        lambda x: np.cumsum(x[:, ::-2], axis=1),
        lambda x: np.cumsum([x[0, 0], 1, x[1, 1]]),
        lambda x: np.cumsum(x, axis=(0, 1)),
        lambda x: filled(x, "f8", lambda x, y: np.cumsum(x, axis=0, out=y)),
        lambda x: filled(x, "f4", lambda x, y: np.cumsum(x, axis=0, out=y)),
        lambda x: filled(x, "i4", lambda x, y: np.cumprod(x, axis=1, out=y)),
        lambda x: filled(x, "i8", lambda x, y: np.add.accumulate(x, out=y)),
        lambda x: filled(x, "f8", lambda x, y: np.cumsum(x, out=y)),
        lambda x: filled(x[0], "f8", lambda z, y: np.add.reduce(x, out=y)),
        lambda x: filled(x[0], "f8", lambda z, y: np.logaddexp.reduce(x, out=y)),
        lambda x: np.cumulative_sum(x, axis=1),
        lambda x: np.cumulative_sum(x),
        lambda x: np.cumulative_sum(x[0], include_initial=True),
        lambda x: np.cumulative_prod(x, axis=0, include_initial=True, dtype="f8"),
        lambda x: np.cumulative_prod(x[0, 0]),
        lambda x: np.maximum.accumulate(x, axis=None),
        lambda x: np.maximum.accumulate(x[0], axis=None),
        lambda x: np.maximum.accumulate(x, axis=(1,)),
        lambda x: np.add.accumulate(x, dtype="f4"),
        lambda x: np.logical_or.accumulate(x > 1, axis=1),
        lambda x: np.multiply.reduce(x, axis=(0, 1), dtype="f4"),
        lambda x: np.add.reduce(x, where=x > 1),
        lambda x: np.add.reduce(x, axis=None, initial=2.5),
        lambda x: np.hypot.reduce(x, where=x > 1),
        lambda x: np.fmax.reduce(x, where=x > 1, initial=0),
        lambda x: np.fmax.reduce(x, where=x > 1),
        lambda x: np.maximum.reduce(x, axis=None, where=[True, False, True, True], initial=0),
        lambda x: np.maximum.reduce(x, axis=0, initial=None),
        lambda x: np.subtract.reduce(x, axis=1, initial=3),
        lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True, where=x < 2, initial=0),
        lambda x: np.add.reduceat(x, [0, 2, 1]),
        lambda x: np.add.reduceat(x, [0, 3, 1], axis=1),
        lambda x: np.maximum.reduceat(x, np.array([2]), 1),
        lambda x: np.multiply.reduceat(x[0], []),
        lambda x: np.add.reduceat(x, [0, 7]),
        lambda x: np.add.outer(x[0], x[1]),
        lambda x: np.multiply.outer(x[:2], [1.0, 2.0]),
        lambda x: np.subtract.outer(x, 2),
        lambda x: np.hypot.outer(x[0], x),
        lambda x: np.sin.accumulate(x),
        lambda x: np.divmod.reduce(x),
    ],
)
def test_programs(program: Any) -> None:
    for dtype in ("f8", "f4", "i4"):
        follow(program, sample((3, 4), dtype), exact=False)
