"""Errors of every elementary function, against long double and mpmath.

Numbers are compared with long double, 11 bits wider than f64 (on machines without it, and for
functions that it does not have, fewer numbers with mpmath), special values with NumPy.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.special
from evaluating import evaluate
from exactness import LONG, exactly, ulps
from mpmath import mp, mpf

from adjit.codegen.elementary.definitions import DEFINITIONS, arity
from adjit.codegen.elementary.library import widths

DTYPES = (np.float64, np.float32)
COUNT = 20000
LN2 = float(np.log(2))


@dataclass(frozen=True)
class Case:
    """What a function should be, how near it must come, and where it is hard.

    ``bounds`` are in last places of the exact result, for f64 and f32; ``everyday`` is the range
    of each argument in ordinary programs; numbers around each of ``hard`` are tried (branches and
    reduction boundaries of the definition, thresholds, roots).
    """

    numpy: Callable[..., np.ndarray]
    exact: Callable[..., Any]
    bounds: tuple[float, float]
    everyday: tuple[tuple[float, float], ...]
    hard: tuple[float, ...] = ()
    long: bool = True  # ``numpy`` is exact in long double
    precision: int = 200  # bits for mpmath
    scale: Callable[..., np.ndarray] | None = None  # the error may be relative to this


def real(function: Callable[..., Any]) -> Callable[..., Any]:
    """mpmath's function with NaN outside the domain, where it gives a complex number."""

    def inside(*xs: Any) -> Any:
        y = function(*xs)
        return mpf("nan") if isinstance(y, mp.mpc) else y

    return inside


def logarithm(function: Callable[..., Any]) -> Callable[..., Any]:
    return real(lambda x: -mpf("inf") if x == 0 else function(x))


def expit(x: np.ndarray) -> np.ndarray:
    if x.dtype != np.longdouble:
        return scipy.special.expit(x)
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def cancelled(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The terms of logaddexp, where the larger argument is negative: they may cancel."""
    large = np.maximum(x, y)
    return np.where(large < 0, np.abs(large) + np.logaddexp(0 * x, -np.abs(x - y)), 0)


def lgamma(x: np.ndarray) -> np.ndarray:
    """SciPy's, but for tiny numbers, where it is infinite too early."""
    tiny = (x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny)
    return np.where(tiny, -np.log(np.abs(x)), scipy.special.gammaln(x))


def mp_lgamma(x: Any) -> Any:
    if x <= 0 and x == mp.floor(x):
        return mpf("inf")
    return -mp.log(abs(x)) if abs(x) < mpf(2) ** -100 else mp.re(mp.loggamma(x))


def mp_digamma(x: Any) -> Any:
    if x <= 0 and x == mp.floor(x):
        return mpf("nan") if x else -mpf("inf")
    return mp.digamma(x)


def polygamma(order: int) -> Case:
    """Errors grow with the order; there is no long double to compare with."""

    def exact(x: Any) -> Any:
        if x <= 0 and x == mp.floor(x):
            return mpf("inf") * (-1) ** (order + 1)
        if abs(x) < mpf(2) ** -100:
            return mp.factorial(order) / (-x) ** (order + 1)
        if x > -100:
            return mp.polygamma(order, x)
        poles = mp.diff(lambda r: mp.pi * mp.cot(mp.pi * r), x - mp.nint(x), order)
        return (-1) ** order * mp.polygamma(order, 1 - x) - poles

    def numpy(x: np.ndarray) -> np.ndarray:
        return scipy.special.polygamma(order, x).astype(x.dtype)

    bound = 1.5 + 2.2 * order
    scale = None if order % 2 else functools.partial(reflected_polygamma, order)
    hard = (1.4616321449683623, 1.0, 8.0, -0.3, -1.7, -20.25, 1e8)
    return Case(numpy, exact, (bound, bound), ((-5, 20),), hard, long=False, scale=scale)


def reflected_polygamma(order: int, x: np.ndarray) -> np.ndarray:
    """The poles at both sides, between which it has its roots where the order is even."""
    r = np.abs(x - np.rint(x))
    size = math.factorial(order) / np.maximum(np.minimum(r, 1 - r), 1e-30) ** (order + 1)
    return np.where(x < 0, size, 0)


def libm_lgamma(x: np.ndarray) -> np.ndarray:
    """For negative arguments the result is libm's, which promises less (glibc: 4 ulp)."""
    return np.where(x < 0, 2.5 * np.abs(lgamma(x.astype(float))), 0)


def reflected(x: np.ndarray) -> np.ndarray:
    """The terms of digamma for negative arguments, between which it has its roots."""
    r = np.abs(x - np.rint(x))
    return np.where(x < 0, np.log1p(-np.minimum(x, 0)) + 1 / np.maximum(r, 1e-300) + 4 * r, 0)


def mp_cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def mp_pow(x: Any, y: Any) -> Any:
    if x == 0 or (x < 0 and y != mp.floor(y)):
        return mpf(float(np.power(float(x), float(y))))
    return mp.power(x, y)


def erfc(x: Any) -> Any:
    """mpmath's, which overflows at arguments where the result has long been 0 or 2."""
    return mp.erfc(max(-1e4, min(1e4, x)))


HALVES = tuple(s * (n + 0.5) * LN2 for n in (0, 1, 2, 10, 26, 53) for s in (1, -1))
EXTREMES = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1e-5, -1e-5, 1e-10, -1e-10, 1e-300, -1e-300, 1e300)
RIGHT_ANGLES = tuple(
    k * np.pi / 2 for k in (1, -1, 2, 3, 4, 11, 355, 10429, 2**17 + 1, 2**18, 2**21 + 1, 2**22)
) + tuple((k + 0.5) * np.pi / 2 for k in (0, 1, -2, 1000))
ROOTS = tuple(2.0**k * np.sqrt(0.5) for k in (-1022, -2, -1, 0, 1, 2, 3, 1023))

CASES: dict[str, Case] = {
    "exp": Case(
        np.exp, mp.exp, (0.8, 0.8), ((-10, 10),),
        (*HALVES, 709.782712893384, -708.3964185322641, -744.4400719213812, -745.1332191019412,
         88.72283935546875, -87.33654022216797, -103.27893, -103.97208),
    ),
    "expm1": Case(
        np.expm1, mp.expm1, (1.4, 1.2), ((-10, 10),),
        (*HALVES, 709.782712893384, 88.72283935546875, -37.4, -36.7, -17.3, -16.6, 37.0, 17.0),
    ),
    "exp2": Case(
        np.exp2, lambda x: mp.power(2, x), (0.8, 0.8), ((-10, 10),),
        (0.5, 1.5, -0.5, -3.5, 1023.5, 1024.0, -1022.0, -1074.0, -1075.0, 127.5, 128.0, -126.0,
         -149.0, -150.0),
    ),
    "log": Case(np.log, logarithm(mp.log), (0.95, 0.95), ((0, 20),), ROOTS),
    "log2": Case(np.log2, logarithm(lambda x: mp.log(x, 2)), (1.1, 1.1), ((0, 20),), ROOTS),
    "log10": Case(
        np.log10, logarithm(mp.log10), (1.0, 1.0), ((0, 20),), (*ROOTS, 10.0, 100.0, 1e22)
    ),
    "log1p": Case(
        np.log1p, real(lambda x: -mpf("inf") if x == -1 else mp.log1p(x)), (0.95, 1.05),
        ((-1, 10),), (*(x - 1 for x in ROOTS), 2.0**53, 2.0**24, -0.9999999),
    ),
    "logaddexp": Case(
        np.logaddexp,
        lambda x, y: max(x, y) + (mp.log1p(mp.exp(-abs(x - y))) if x != y else mp.log(2)),
        (1.5, 1.5), ((-10, 10),) * 2, (-LN2, LN2, -37.0, -745.0), scale=cancelled,
    ),
    "pow": Case(
        np.power, mp_pow, (0.85, 0.85), ((0, 20), (-20, 20)),
        (*ROOTS[1:-1], 1024.0, -1074.0, -1022.0, 1 + 2.0**-20, 1 - 2.0**-20, 7.5e11, 3.0),
    ),
    "cbrt": Case(np.cbrt, mp_cbrt, (0.65, 0.65), ((-100, 100),), (*ROOTS, 8.0, 27.0, 125.0)),
    "hypot": Case(np.hypot, mp.hypot, (1.1, 1.1), ((-10, 10),) * 2, (2.0**-500, 2.0**500, 3, 4)),
    "tanh": Case(
        np.tanh, mp.tanh, (1.1, 1.0), ((-3, 3),),
        (*(x / 2 for x in HALVES), 18.4, 18.7, 19.06, 20.0, 8.3, 8.66, 9.01, 10.0),
    ),
    "expit": Case(
        expit, lambda x: 1 / (1 + mp.exp(-x)), (0.85, 0.85), ((-10, 10),),
        (*HALVES, 36.7, 37.4, -708.39, -744.4, -745.13, 16.6, 17.3, -87.3, -103.2),
    ),
    "sinh": Case(np.sinh, mp.sinh, (1.2, 1.2), ((-5, 5),), (*HALVES, 710.4758, 89.4159)),
    "cosh": Case(np.cosh, mp.cosh, (1.5, 1.5), ((-5, 5),), (*HALVES, 710.4758, 89.4159)),
    "asinh": Case(
        np.arcsinh, mp.asinh, (1.4, 1.4), ((-10, 10),),
        (2.0**30, -(2.0**14), 2.0**29, 2.0**13, 0.35, -0.35),
    ),
    "acosh": Case(
        np.arccosh, real(mp.acosh), (1.2, 1.2), ((1, 10),), (1.0, 2.0**30, 2.0**14, 1.5)
    ),
    "atanh": Case(
        np.arctanh, real(lambda x: mpf("inf") * x if abs(x) == 1 else mp.atanh(x)), (1.2, 1.2),
        ((-1, 1),), (1.0, -1.0, 1 / 3, 0.17, -0.17),
    ),
    "sin": Case(np.sin, mp.sin, (0.75, 0.75), ((-10, 10),), (*RIGHT_ANGLES, 1e22)),
    "cos": Case(np.cos, mp.cos, (0.75, 0.75), ((-10, 10),), (*RIGHT_ANGLES, 1e22)),
    "tan": Case(np.tan, mp.tan, (0.9, 0.9), ((-10, 10),), (*RIGHT_ANGLES, 1e22)),
    "asin": Case(np.arcsin, real(mp.asin), (1.3, 1.3), ((-1, 1),)),
    "acos": Case(np.arccos, real(mp.acos), (1.3, 1.3), ((-1, 1),)),
    "atan": Case(np.arctan, mp.atan, (1.35, 1.35), ((-5, 5),)),
    "atan2": Case(np.arctan2, mp.atan2, (1.6, 1.6), ((-5, 5),) * 2, (2.0**1000, 2.0**-1000)),
    "erf": Case(
        scipy.special.erf, mp.erf, (1.4, 1.4), ((-3, 3),), (5.9, 6.0, 3.83, 4.0), long=False
    ),
    "erfc": Case(
        scipy.special.erfc, erfc, (1.0, 1.0), ((-3, 10),),
        (0.75, 6.0, 26.5, 26.54, 27.2, 27.226, 28.0, 9.19, 9.3, 10.05, 10.5), long=False,
    ),
    "lgamma": Case(
        lgamma, mp_lgamma, (1.65, 1.75), ((0, 20),),
        (1.25, 1.35, 1.4616321449683623, 1.5, 2.5, 2.7, -0.5, -2.457, 2.5599833278516383e305,
         4.085003108497519e36),
        long=False, scale=libm_lgamma,
    ),
    "digamma": Case(
        scipy.special.digamma, mp_digamma, (1.9, 1.9), ((-5, 20),),
        (1.4616321449683623, 1.25, 1.5, 2.5, -0.504, -1.573, -0.99, -1.5, -20.25),
        long=False, scale=reflected,
    ),
    **{f"polygamma{order}": polygamma(order) for order in range(1, 7)},
}  # fmt: skip


def everywhere(dtype: type, count: int, arity: int, seed: int) -> list[np.ndarray]:
    """Numbers of all magnitudes: random bits, finite."""
    rng = np.random.default_rng(seed)
    pattern = np.uint64 if dtype is np.float64 else np.uint32
    columns = []
    for _ in range(arity):
        x = rng.integers(0, np.iinfo(pattern).max, 2 * count, dtype=pattern).view(dtype)
        columns.append(x[np.isfinite(x)][:count])
    return columns


def moderate(dtype: type, count: int, arity: int, seed: int) -> list[np.ndarray]:
    """Magnitudes from 2**-40 to 2**11, and around 1."""
    rng = np.random.default_rng(seed)
    columns = []
    for _ in range(arity):
        x = rng.choice([-1, 1], count) * 2.0 ** rng.uniform(-40, 11, count)
        x[::3] = 1 + rng.choice([-1, 1], len(x[::3])) * 2.0 ** rng.uniform(-30, 1, len(x[::3]))
        columns.append(x.astype(dtype))
    return columns


def ordinary(case: Case, dtype: type, count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(low, high, count).astype(dtype) for low, high in case.everyday]


def neighbours(dtype: type, centres: tuple[float, ...], steps: int) -> np.ndarray:
    """Each of the numbers and those next to it."""
    with np.errstate(over="ignore"):
        x = np.array(centres, dtype=dtype)
    x = x[np.isfinite(x)]
    all_of_them = [x]
    for end in (np.inf, -np.inf):
        y = x
        for _ in range(steps):
            with np.errstate(all="ignore"):
                y = np.nextafter(y, dtype(end))
            all_of_them.append(y)
    x = np.concatenate(all_of_them) + dtype(0)  # mpmath knows no -0
    return x[np.isfinite(x)]


def adversarial(case: Case, dtype: type) -> list[np.ndarray]:
    info = np.finfo(dtype)
    ends = (0.0, info.tiny, -info.tiny, info.max, -info.max, info.eps, -info.eps)
    arity = len(case.everyday)
    x = neighbours(dtype, (*case.hard, *EXTREMES, *map(float, ends)), 3 if arity == 1 else 1)
    if arity == 1:
        return [x]
    pairs = np.array(list(itertools.product(x, repeat=2)), dtype=dtype)
    chosen = np.random.default_rng(5).permutation(len(pairs))[:1500]
    return [np.ascontiguousarray(column) for column in pairs[chosen].T]


def assert_within(name: str, xs: list[np.ndarray], exact: np.ndarray) -> None:
    case, dtype = CASES[name], xs[0].dtype
    got = evaluate(name, *xs)
    with np.errstate(all="ignore"):
        scale = case.scale(*(x.astype(np.longdouble) for x in xs)) if case.scale else None
    error = ulps(got, exact, scale)
    worst = int(np.argmax(error))
    where = ", ".join(float(x[worst]).hex() for x in xs)
    bound = case.bounds[dtype != np.float64]
    assert error[worst] <= bound, f"{name}({where}): {error[worst]:.3f} ulp, {got[worst]!r}"
    for lanes in widths(8 * dtype.itemsize):
        assert_same_bits(evaluate(name, *xs, lanes=lanes), got)


def assert_same_bits(x: np.ndarray, y: np.ndarray) -> None:
    same = (x == y) & (np.signbit(x) == np.signbit(y)) | (np.isnan(x) & np.isnan(y))
    assert same.all()


def test_every_function_has_a_case() -> None:
    assert set(CASES) == set(DEFINITIONS)
    assert all(len(case.everyday) == arity(name) for name, case in CASES.items())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_dense_numbers(name: str, dtype: type) -> None:
    case = CASES[name]
    long = LONG and case.long
    count = COUNT if long else 300
    for xs in (
        everywhere(dtype, count, arity(name), 1),
        moderate(dtype, count, arity(name), 2),
        ordinary(case, dtype, 2 * count, 3),
    ):
        with np.errstate(all="ignore"):
            wide = [x.astype(np.longdouble) for x in xs]
            exact = case.numpy(*wide) if long else exactly(case.exact, *xs, bits=case.precision)
        assert_within(name, xs, exact)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_adversarial_numbers(name: str, dtype: type) -> None:
    case = CASES[name]
    xs = adversarial(case, dtype)
    assert_within(name, xs, exactly(case.exact, *xs, bits=case.precision))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_special_values_are_numpys(name: str, dtype: type) -> None:
    info = np.finfo(dtype)
    some = [0, np.inf, 1, 2, 3, 0.5, info.max, info.tiny, info.smallest_subnormal, 1e10, 1e-10, 800]
    values = np.array([np.nan, -np.nan, *some, *(-float(x) for x in some)], dtype=dtype)
    pairs = np.array(list(itertools.product(values, repeat=arity(name))), dtype=dtype)
    xs = [np.ascontiguousarray(column) for column in pairs.T]
    with np.errstate(all="ignore"):
        want = CASES[name].numpy(*xs)
    got = evaluate(name, *xs)
    special = ~np.isfinite(want) | (want == 0) | ~np.isfinite(got) | (got == 0)
    assert_same_bits(got[special], want[special])
    for lanes in widths(info.bits):
        assert_same_bits(evaluate(name, *xs, lanes=lanes), got)
