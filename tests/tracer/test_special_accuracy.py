"""First and second derivatives of special functions against mpmath, at awkward arguments."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special as sc

from adjit import grad

TOLERANCE = 1e-11


@dataclass(frozen=True)
class Case:
    """A function in mpmath, points, and the arguments by which it is differentiated.

    ``slope``: its derivative by the last argument, where mpmath takes too long for differences.
    """

    exact: Callable[..., Any]
    points: Sequence[tuple[float, ...]]
    moving: tuple[int, ...] = (0,)
    slope: Callable[..., Any] | None = None


def points(*xs: float) -> list[tuple[float]]:
    return [(x,) for x in xs]


def _normal(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _student(v: Any, t: Any) -> Any:
    scale = mp.gamma((v + 1) / 2) / mp.gamma(v / 2) / mp.sqrt(v * mp.pi)
    return scale * (1 + t * t / v) ** (-(v + 1) / 2)


def _scaled(v: Any, x: Any) -> Any:
    return mp.besseli(v, x) * mp.exp(-abs(x))


NEAR = (0.1, 1.4616, 5.5, -0.5, -3.3, -20.7, 1e-8, -3.0001)
BESSEL = ((0.0, 0.5), (0.0, 30.0), (0.3, 2.0), (2.0, 0.1), (2.5, 40.0), (7.0, 3.0), (30.5, 12.0))
BOTH = (0, 1)

CASES = {
    "gamma": Case(mp.gamma, points(*NEAR, 170.0)),
    "rgamma": Case(mp.rgamma, points(*NEAR, 100.0, -3.0, 0.0, 0.5, -150.5)),
    "gammaln": Case(lambda x: mp.log(abs(mp.gamma(x))), points(*NEAR, 1e5)),
    "psi": Case(mp.digamma, points(*NEAR, 1e5)),
    "beta": Case(
        mp.beta, [(0.5, 0.7), (10.0, 1e-3), (1e4, 2.0), (200.0, 300.0), (-0.5, 2.2)], BOTH
    ),
    "betaln": Case(
        lambda a, b: mp.log(abs(mp.beta(a, b))),
        [(0.5, 0.7), (10.0, 1e-3), (1e4, 2.0), (1e-6, 1e-5), (1e8, 1e-3), (1e10, 3.0)],
        BOTH,
    ),
    "poch": Case(
        lambda a, m: mp.gamma(a + m) / mp.gamma(a),
        [(0.5, 0.7), (10.0, 1e-3), (1e4, 0.5), (1e8, 0.5), (5.0, -1e-5), (5.0, -2.0)],
        BOTH,
    ),
    "erfcx": Case(
        lambda x: mp.exp(x * x) * mp.erfc(x), points(0, 1e-8, 2, -5, 7.9, 8.1, 20, 1e4, 1e8)
    ),
    "erfinv": Case(mp.erfinv, points(0.0, 1e-8, 0.5, -0.9999, 1 - 1e-12)),
    "erfcinv": Case(lambda p: mp.erfinv(1 - p), points(0.5, 0.01, 1e-10, 1.999)),
    "ndtri": Case(
        lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), points(0.5, 0.01, 1e-10, 0.999)
    ),
    "ndtr": Case(_normal, points(0.0, -5.0, -30.0, 3.0, 8.0)),
    "log_ndtr": Case(
        lambda x: mp.log(_normal(x)), points(0.0, -5.0, -19.9, -20.1, -30.0, 3.0, 8.0, -1e4)
    ),
    "rel_entr": Case(
        lambda x, z: x * mp.log(x / z), [(2.0, 3.0), (1e-10, 1e10), (2.0, 2.0 + 1e-8)], BOTH
    ),
    "kl_div": Case(
        lambda x, z: x * mp.log(x / z) - x + z,
        [(2.0, 3.0), (1e-10, 1e10), (2.0, 2.0 + 1e-8)],
        BOTH,
    ),
    "pseudo_huber": Case(
        lambda d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1),
        [(1.0, 0.5), (1.0, -3.0), (1e4, 1e-5), (1e-8, 3.0), (1.0, 1e-9)],
        BOTH,
    ),
    "exprel": Case(
        lambda x: mp.expm1(x) / x, points(1e-12, 1e-5, 0.5, -0.99, 1.01, -1.01, -50.0, 300.0)
    ),
    "boxcox": Case(
        lambda x, z: (x**z - 1) / z, [(2.0, 3.0), (2.0, 1e-9), (1e-3, -0.5), (1e3, -2.0)], BOTH
    ),
    "boxcox1p": Case(
        lambda x, z: ((1 + x) ** z - 1) / z,
        [(2.0, 3.0), (2.0, 1e-9), (1e-9, -0.5), (1e3, -2.0)],
        BOTH,
    ),
    "inv_boxcox": Case(
        lambda x, z: (1 + z * x) ** (1 / z),
        [(2.0, 3.0), (2.0, 1e-9), (0.049, 1.0), (0.051, 1.0), (-0.5, 1.5)],
        BOTH,
    ),
    "inv_boxcox1p": Case(
        lambda x, z: (1 + z * x) ** (1 / z) - 1, [(2.0, 3.0), (2.0, 1e-9), (1e-9, -0.5)], BOTH
    ),
    "gammainc": Case(
        lambda a, x: mp.gammainc(a, 0, x, regularized=True),
        [(0.5, 0.7), (3.0, 1e-5), (9.9, 8.0), (10.1, 8.0), (10.0, 0.9), (1e3, 1010.0),
         (1e6, 1e6 + 500), (50.0, 3.0), (50.0, 300.0), (1e-5, 0.1)],
        (1,),
        lambda a, x: x ** (a - 1) * mp.exp(-x) / mp.gamma(a),
    ),
    "betainc": Case(
        lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        [(0.5, 0.7, 0.3), (3.0, 2.0, 1e-5), (9.9, 8.0, 0.6), (10.1, 11.0, 0.4),
         (1e3, 2e3, 0.34), (1e6, 1e6, 0.5005), (50.0, 3.0, 0.99), (20.0, 30.0, 1e-4)],
        (2,),
        lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b),
    ),
    "stdtr": Case(
        lambda v, t: mp.nan,
        [(3.0, 1.5), (0.5, -1e3), (1e5, 2.0), (3.0, -1e8), (7.0, 1e-5), (1e10, -3.0)],
        (1,),
        _student,
    ),
    "j0": Case(lambda x: mp.besselj(0, x), points(1e-5, 0.5, -2.4, 50.0)),
    "j1": Case(lambda x: mp.besselj(1, x), points(1e-5, 0.5, -2.4, 50.0)),
    "y0": Case(lambda x: mp.bessely(0, x), points(1e-5, 0.5, 2.0, 50.0)),
    "y1": Case(lambda x: mp.bessely(1, x), points(0.01, 0.5, 2.0, 50.0)),
    "k0": Case(lambda x: mp.besselk(0, x), points(0.01, 0.5, 2.0, 50.0)),
    "k1": Case(lambda x: mp.besselk(1, x), points(0.01, 0.5, 2.0, 50.0)),
    "i0": Case(lambda x: mp.besseli(0, x), points(1e-5, 0.5, -2.4, 50.0, 600.0)),
    "i1": Case(lambda x: mp.besseli(1, x), points(1e-5, 0.5, -2.4, 50.0, 600.0)),
    "i0e": Case(lambda x: _scaled(0, x), points(1e-5, 0.5, -2.4, 29.0, 31.0, -600.0, 1e5)),
    "i1e": Case(lambda x: _scaled(1, x), points(1e-5, 0.5, -2.4, 29.0, 31.0, -600.0, 1e5)),
    "jv": Case(mp.besselj, [*BESSEL, (-1.5, 2.0), (2.0, -3.0)], (1,)),
    "yv": Case(mp.bessely, BESSEL, (1,)),
    "kv": Case(mp.besselk, [*BESSEL, (-0.7, 2.0)], (1,)),
    "iv": Case(mp.besseli, [*BESSEL, (2.0, -3.0)], (1,)),
    "ive": Case(_scaled, [*BESSEL, (2.0, -300.0), (3.0, -40.0), (3.0, 1e5)], (1,)),
}  # fmt: skip


def exact(case: Case, point: Sequence[float], orders: list[int]) -> Any:
    function = case.exact
    if case.slope is not None:
        function, orders = case.slope, [*orders[:-1], orders[-1] - 1]
    arguments = [mp.mpf(x) for x in point]
    with mp.workdps(60):
        if not any(orders):
            return function(*arguments)
        return mp.diff(function, tuple(arguments), tuple(orders))


def close(found: np.ndarray, case: Case, orders: list[int]) -> None:
    for value, point in zip(found, case.points, strict=True):
        wanted = exact(case, point, orders)
        error = abs(mp.mpf(float(value)) - wanted)
        assert error <= TOLERANCE * abs(wanted) + 1e-60, (point, orders, value, wanted)


SLOW = {"k0", "k1", "y0", "y1", "kv", "yv"}
"""Whose derivatives take mpmath seconds to tens of seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in CASES]
)
def test_derivatives_of_first_and_second_order(name: str) -> None:
    case, function = CASES[name], getattr(sc, name)
    columns = [np.array(column, float) for column in zip(*case.points, strict=True)]

    def derivative(f: Callable[..., Any], by: int) -> Callable[..., Any]:
        return grad(lambda *xs: np.sum(f(*xs)), argnums=by)

    for i in case.moving:
        first = derivative(lambda *xs: function(*xs), i)
        close(first(*columns), case, [int(n == i) for n in range(len(columns))])
    for i, j in itertools.combinations_with_replacement(case.moving, 2):
        first = derivative(lambda *xs: function(*xs), i)
        second = derivative(lambda *xs, f=first: f(*xs), j)
        close(second(*columns), case, [(n == i) + (n == j) for n in range(len(columns))])
