"""Differentiation, interpolation, padding, spacing, covariances and histograms against NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from adjit import AdjitError, jit

from .following import follow

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")


def sample(shape: tuple[int, ...], dtype: str = "f8") -> np.ndarray:
    rng = np.random.default_rng(len(shape))
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(0, 5, shape).astype(dtype)


DTYPES = ["f8", *(pytest.param(d, marks=pytest.mark.slow) for d in ("f4", "i4"))]

# --- gradient -------------------------------------------------------------------------------

SPACINGS: list[tuple[Any, ...]] = [
    (), (0.5,), (2,), (0.5, 2.0), (0.5, [0.0, 0.3, 1.0, 1.5]), ([0, 1, 4], 1.0),
    ([0.0, 1.0, 2.0], [0, 2, 4, 6]), (1.0, 2.0, 3.0), ([[1.0]], 1.0), ([0.0, 1.0], 1.0),
]  # fmt: skip


@pytest.mark.parametrize("spacing", SPACINGS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient(spacing: tuple[Any, ...], dtype: str) -> None:
    x = sample((3, 4), dtype)
    for axis, order in itertools.product((None, 0, -1, (0, 1), (1, 0), 5), (1, 2, 3)):
        given = {"axis": axis, "edge_order": order}
        follow(lambda x, given=given: np.gradient(x, *spacing, **given), x, exact=False)


# --- padding --------------------------------------------------------------------------------

MODES = [
    "constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect",
    "symmetric", "wrap", "nonsense",
]  # fmt: skip
WIDTHS: list[Any] = [
    0, 2, 7, (1, 3), ((2, 0), (0, 1)), ((3,), (1,)), np.array([[1, 1], [9, 8]]), {1: (2, 1)},
    {-1: 3}, -1, 1.5, (1, 2, 3),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_pad(mode: str, dtype: str) -> None:
    for shape in ((3, 4), (1, 5), (0, 2), (5,), ()):
        for width in WIDTHS:
            x = sample(shape, dtype)
            follow(lambda x, width=width: np.pad(x, width, mode), x, exact=False)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.pad(x, 2, constant_values=3),
        lambda x: np.pad(x, 2, constant_values=(1.5, 2)),
        lambda x: np.pad(x, ((1, 0), (2, 3)), constant_values=((1, 2), (3, 4))),
        lambda x: np.pad(x, 2, constant_values=x[0, 0]),
        lambda x: np.pad(x, 2, "linear_ramp", end_values=(x[0, 0], 4)),
        lambda x: np.pad(x, 3, "linear_ramp", end_values=((1, 2), (3, 4))),
        lambda x: np.pad(x, (4, 2), "reflect", reflect_type="odd"),
        lambda x: np.pad(x, (9, 5), "symmetric", reflect_type="odd"),
        lambda x: np.pad(x, 1, "maximum", stat_length=2),
        lambda x: np.pad(x, 1, "minimum", stat_length=((1, 2), (9, 3))),
        lambda x: np.pad(x, 1, "mean", stat_length=(2, 1)),
        lambda x: np.pad(x, 1, "median", stat_length=3),
        lambda x: np.pad(x, 1, "maximum", stat_length=0),
        lambda x: np.pad(x, 1, "edge", constant_values=0),
        lambda x: np.pad(x, 1, "wrap", reflect_type="odd"),
        # --- spacing
        lambda x: np.logspace(x[0, 0] / 3, 2, 5),
        lambda x: np.logspace(x[0, 0] / 3, x[0, 1], 5, base=2, endpoint=False),
        lambda x: np.logspace(x[0] / 9, x[1] / 9, 4, axis=1),
        lambda x: np.logspace(x[0, 0] / 3, 2, 5, dtype="f4"),
        lambda x: np.geomspace(abs(x[0, 0]) + 1, 9, 4),
        lambda x: np.geomspace(abs(x[0]) + 1, 1000, 5, axis=-1),
        lambda x: np.geomspace(-1 - abs(x[0]), -100, 1),
        lambda x: np.geomspace(abs(x[0]) + 1, 100, 3, endpoint=False, dtype="f4"),
        lambda x: np.geomspace(x[0, 0] * 0, 100, 3),
        # --- arrangement
        lambda x: np.block([x, x]),
        lambda x: np.block([[x, x], [x[:, :2], x[:, :1], x, x[:, :1]]]),
        lambda x: np.block([[1.0, x[0]], [2.0, x[1]]]),
        lambda x: np.block(x),
        lambda x: np.block([[x], x]),
        lambda x: np.block((x, x)),
        lambda x: np.block([]),
        lambda x: np.block([[[x, x]], [[x, x]]]),
        lambda x: np.resize(x, (5, 4)),
        lambda x: np.resize(x, 3),
        lambda x: np.resize(x, (0, 4)),
        lambda x: np.vander(x[0]),
        lambda x: np.vander(x[0], 2),
        lambda x: np.vander(x[0], 6, increasing=True),
        lambda x: np.vander(x[0], 0),
        lambda x: np.vander(x),
        # --- phases
        lambda x: np.unwrap(x * 4),
        lambda x: np.unwrap(x * 4, axis=0),
        lambda x: np.unwrap(x * 4, discont=5.0, period=3),
        lambda x: np.unwrap(x * 4, period=4),
        lambda x: np.unwrap(x * 4, period=5),
        lambda x: np.unwrap(x[0, :1]),
        # --- differences
        lambda x: np.diff(x, 2, axis=0, prepend=1, append=x[:1]),
        lambda x: np.diff(x, append=[[1], [2], [3]]),
        lambda x: np.ediff1d(x, to_begin=[1, 2], to_end=3),
        lambda x: np.trapezoid(x, axis=0, dx=0.5),
        lambda x: np.trapezoid(x, [0, 1, 3, 4]),
        lambda x: np.trapezoid(x, x * x, axis=0),
        # --- covariance
        lambda x: np.cov(x),
        lambda x: np.cov(x, rowvar=False),
        lambda x: np.cov(x[0]),
        lambda x: np.cov(x[0], x[1]),
        lambda x: np.cov(x, x[::-1] * 2, ddof=0),
        lambda x: np.cov(x, bias=True),
        lambda x: np.cov(x, ddof=4),
        lambda x: np.cov(x, aweights=[0.1, 0.2, 0.3, 1.0]),
        lambda x: np.cov(x, fweights=[1, 2, 3, 4], ddof=0),
        lambda x: np.cov(x, fweights=[1, 2, 3, 4], aweights=abs(x[0])),
        lambda x: np.cov(x, fweights=[1, 2, 3]),
        lambda x: np.cov(x, aweights=[-1.0, 2, 3, 1]),
        lambda x: np.cov(x, dtype="f4"),
        lambda x: np.cov(x, ddof=1.5),
        lambda x: np.cov(x[:, :1]),
        lambda x: np.corrcoef(x),
        lambda x: np.corrcoef(x[0], x[1]),
        lambda x: np.corrcoef(x[0]),
        lambda x: np.corrcoef(x, rowvar=False),
        # --- counting
        lambda x: np.bincount((x * 2 + 9).ravel().astype(int)),
        lambda x: np.bincount([0, 3, 1, 3], x[0]),
        lambda x: np.bincount([0, 3, 1, 3], x[0], minlength=7),
        lambda x: np.bincount(abs(x[0]).astype(int), minlength=3),
        lambda x: np.bincount(x[0].astype(int) - 3),
        lambda x: np.bincount(x[0] + 0.5),
        lambda x: np.bincount([0, 1], x[0]),
        lambda x: np.histogram(x),
        lambda x: np.histogram(x, 5),
        lambda x: np.histogram(x, 5, range=(-1, 1)),
        lambda x: np.histogram(x, 4, density=True),
        lambda x: np.histogram(x, [-1, 0, 0.5, 2], weights=x.astype("f8")),
        lambda x: np.histogram(x, 3, weights=x * x),
        lambda x: np.histogram(x * 0, 3),
        lambda x: np.histogram(x, [0, 2, 1]),
        lambda x: np.histogram(x, 0),
        lambda x: np.histogram(x, np.sort(x[0])),
        lambda x: np.histogram(x, 3, weights=[1, 2]),
    ],
)
def test_programs(program: Any) -> None:
    for dtype in ("f8", "f4", "i4"):
        follow(program, sample((3, 4), dtype), exact=False)


# --- interpolation --------------------------------------------------------------------------

POINTS = [-2.0, 0.0, 0.5, 1.0, 1.7, 3.0, 5.0, np.nan, np.inf]


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.interp(x, [0, 1, 3], [2.0, 0.0, 1.0]),
        lambda x: np.interp(x, [0, 1, 3], [2.0, 0.0, 1.0], left=-1, right=9.0),
        lambda x: np.interp(x, [0, 1, 3], [2.0, np.inf, 1.0]),
        lambda x: np.interp(x, [0, 1, 1, 3], [2.0, 3.0, 4.0, 1.0]),
        lambda x: np.interp(x, [1], [2.0]),
        lambda x: np.interp(x, [1.0, 0.2, 2.5], [2.0, 3.0, 4.0], period=3),
        lambda x: np.interp(x, [1.0, 0.2, 2.5], [2.0, 3.0, 4.0], period=0),
        lambda x: np.interp(x, [], []),
        lambda x: np.interp(x, [1, 2], [1.0]),
        lambda x: np.interp(x, [[1, 2]], [[1.0, 2.0]]),
        lambda x: np.interp(x[2], [0, 1, 3], [2, 0, 1]),
        lambda x: np.interp(x.reshape(3, 3), [0, 1, 3], [2, 0, 1]),
    ],
)
def test_interp(program: Any) -> None:
    for dtype in ("f8", "f4"):
        follow(program, np.array(POINTS, dtype), exact=False)


# --- products and averages ------------------------------------------------------------------

VECTORS: list[Any] = [
    ((3,), (3,)), ((2, 3), (3,)), ((3, 2), (3, 2)), ((3, 4, 5), (3, 4, 5)), ((2,), (2,)),
    ((3,), (2,)), ((4,), (4,)), ((), (3,)), ((5, 1, 3), (4, 3)), ((3, 1), (3, 4)),
]  # fmt: skip
AXES: list[dict[str, int]] = [
    {}, {"axis": 0}, {"axisa": 0}, {"axisb": 0}, {"axisc": 0},
    {"axisa": 0, "axisb": 0, "axisc": 1}, {"axis": 1, "axisc": 0}, {"axisa": 5}, {"axisc": 7},
]  # fmt: skip


def test_cross() -> None:
    for (one, other), axes in itertools.product(VECTORS, AXES):
        x, z = sample(one), sample(other)
        follow(lambda x, z, a=axes: np.cross(x, z, **a), x, z, exact=False)


def test_average() -> None:
    cases: list[Any] = [
        (None, (2, 3, 4)), (0, (2,)), (-1, (4,)), ((0, 2), (2, 4)), ((2, 0), (4, 2)),
        ((2, 1), (4, 3)), ((0, 1), (3, 2)), (None, (4,)), (0, (4,)), ((1,), (3,)),
    ]  # fmt: skip
    for (axis, shape), keepdims, dtype in itertools.product(cases, (False, True), ("f8", "i4")):
        w, given = abs(sample(shape)), {"axis": axis, "keepdims": keepdims, "returned": keepdims}
        x = sample((2, 3, 4), dtype)
        follow(lambda x, w, g=given: np.average(x, weights=w, **g), x, w, exact=False)


# --- complex numbers ------------------------------------------------------------------------

COMPLEX = [
    lambda z, y, x: np.cumsum(y),
    lambda z, y, x: np.cumprod(z, axis=1),
    lambda z, y, x: np.nancumsum(z, axis=0),
    lambda z, y, x: np.nansum(z),
    lambda z, y, x: np.nanprod(z, axis=1),
    lambda z, y, x: np.nanmean(z),
    lambda z, y, x: np.nanvar(z, axis=0),
    lambda z, y, x: np.nanstd(z, ddof=1),
    lambda z, y, x: np.multiply.reduce(y, initial=2),
    lambda z, y, x: np.gradient(y, x),
    lambda z, y, x: np.convolve(y, z[0]),
    lambda z, y, x: np.correlate(y, z[0], "full"),
    lambda z, y, x: np.correlate(y[:2], z[0], "same"),
    lambda z, y, x: np.correlate(x, y),
    lambda z, y, x: np.cov(z[::2]),
    lambda z, y, x: np.vander(y),
    lambda z, y, x: np.pad(y, 2, "reflect"),
    lambda z, y, x: np.pad(y, 2, "mean"),
    lambda z, y, x: np.histogram(x, 3, weights=y),
    lambda z, y, x: np.digitize(y, x),
]


@pytest.mark.parametrize("program", COMPLEX)
def test_complex(program: Any) -> None:
    z = np.array([[1 + 2j, -1j, 0.5], [np.nan, 2 - 1j, 1j], [3, 1 + 1j, -2]])
    y, x = np.array([1j, 2, -1 + 0.5j]), np.array([0.5, 1.5, 2.5])
    follow(program, z, y, x, exact=False)


def test_complex_order() -> None:
    """What has no order is an error, also where NumPy has one."""
    for function in (np.sort, np.argmax, np.median, np.unique, np.maximum.accumulate):
        with pytest.raises(AdjitError):
            jit(lambda y, f=function: f(y))(np.array([1j, 2.0]))
