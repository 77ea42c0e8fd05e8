"""Builtins and the math module on recorded Python and NumPy scalars."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adjit import jit
from adjit.tracer.errors import AdjitNotImplementedError
from adjit.tracer.functions.scalars import CALLS
from adjit.tracer.trace import Trace

from .following import follow

UNARY = [
    math.sin, math.cos, math.tan, math.asin, math.acos, math.atan, math.sinh, math.cosh,
    math.tanh, math.asinh, math.acosh, math.atanh, math.exp, math.exp2, math.expm1, math.log,
    math.log2, math.log10, math.log1p, math.sqrt, math.cbrt, math.fabs, math.degrees,
    math.radians, math.floor, math.ceil, math.trunc, math.isnan, math.isinf, math.isfinite,
    math.erf, math.erfc, math.gamma,
    float, int, round, abs, bool,
]  # fmt: skip
POINTS = [0.3, 1.0, 0.0, -0.7, -1.0, 2.5, -2.5, 800.0, -800.0, math.inf, -math.inf, math.nan, 1e10]


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_functions_of_one_number(function: Any) -> None:
    for point in POINTS:
        follow(lambda x: function(x), point, exact=False)
    for point in (3, 0, -2, True, np.float32(0.5), np.float64(0.25), np.int32(2)):
        follow(lambda x: function(x), point, exact=False)


def test_the_logarithm_of_the_gamma_function() -> None:
    for point in (0.3, 2.5, -2.5, 800.0, 1e10, math.inf, -math.inf):
        assert math.isclose(jit(lambda x: math.lgamma(x))(point), math.lgamma(point), rel_tol=1e-14)
    for point in (0.0, -1.0):
        follow(lambda x: math.lgamma(x), point)
    follow(lambda x: math.lgamma(x), 1e306)


@pytest.mark.parametrize(
    "function",
    [math.pow, math.atan2, math.hypot, math.copysign, math.fmod, math.log, math.isclose, pow],
    ids=lambda f: f.__name__,
)
def test_functions_of_two_numbers(function: Any) -> None:
    if function is pow:
        pairs = [(2.0, 3.0), (2, 3), (2.0, 2), (-1.5, 2)]
    else:
        some = [0.5, 1.0, 0.0, -2.0, 3, math.inf, math.nan, 1e200]
        pairs = [(x, y) for x in some for y in some]
    for x, y in pairs:
        follow(lambda x, y: function(x, y), x, y, exact=False)
        follow(lambda x, y=y: function(x, y), x, exact=False)


PROGRAMS = [
    lambda x, y: max(x, y),
    lambda x, y: min(x, y),
    lambda x, y: max(x, 0.0),
    lambda x, y: max([x, y, x + y]),
    lambda x, y: min(v for v in (x, y)),
    lambda x, y: max(x, y, key=lambda v: -v),
    lambda x, y: sum([x, y, 1.0]),
    lambda x, y: sum((x, y), 2.0),
    lambda x, y: sum(v * v for v in (x, y)),
    lambda x, y: math.fsum([x, y, 1e16, -1e16]),
    lambda x, y: math.fsum(v for v in (x, y)),
    lambda x, y: math.prod([x, y, 2.0]),
    lambda x, y: math.dist([x, y], [1.0, 2.0]),
    lambda x, y: math.hypot(x, y, 1.0),
    lambda x, y: math.hypot(x),
    lambda x, y: divmod(x, y),
    lambda x, y: any([x > y, y > x]),
    lambda x, y: all(v > 0 for v in (x, y)),
    lambda x, y: isinstance(x, float),
    lambda x, y: isinstance(x, (int, np.ndarray)),
    lambda x, y: isinstance(x, float | int),
    lambda x, y: type(x) is float,
    lambda x, y: list(range(round(abs(x)))),
    lambda x, y: len([x, y]),
    lambda x, y: int(x) * 1.5 + math.floor(y) // 2,
    lambda x, y: float(x) + int(y),
    lambda x, y: math.isclose(x, y, rel_tol=0.5),
    lambda x, y: math.sin(1.0),
    lambda x, y: math.gcd(int(abs(x)), 6),
]


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_programs(number: int) -> None:
    for x, y in [(2.5, -1.0), (1.0, 1.0), (0.25, 3.0), (4.0, 2.5)]:
        follow(PROGRAMS[number], x, y, exact=False)


def test_integers() -> None:
    for x, y in [(2, 3), (-7, 4), (5, 5)]:
        follow(lambda x, y: max(x, y), x, y)
        follow(lambda x, y: min(x, y) // 2, x, y)
        follow(lambda x, y: sum([x, y]), x, y)
        follow(lambda x, y: isinstance(x, int) and not isinstance(y, float), x, y)
        follow(lambda x, y: float(x) / y, x, y)
        follow(lambda x, y: pow(abs(x), 2), x, y)
        follow(lambda x, y: math.floor(x) + math.sqrt(abs(y)), x, y)
        follow(lambda x, y: list(range(abs(x))), x, y)


def test_arrays() -> None:
    x = np.array([0.5, -1.0, 2.0])
    follow(lambda x: sum(x), x)
    follow(lambda x: sum(x, 1.0), x)
    follow(lambda x: sum(x[:0]), x)
    follow(lambda x: sum(x > 0), x)
    follow(lambda x: sum(np.stack([x, x])), x)
    follow(lambda x: any(x > 1), x)
    follow(lambda x: all(x > 1), x)
    follow(lambda x: max(x[0], 0.0), x)
    follow(lambda x: max(x), x)
    follow(lambda x: math.prod(x), x)
    follow(lambda x: math.sin(x), x)
    follow(lambda x: math.sin(x[0]), x)
    follow(lambda x: isinstance(x, np.ndarray), x)
    follow(lambda x: isinstance(x[0], np.float64), x)
    follow(lambda x: isinstance(x[0], float), x)
    follow(lambda x: type(x) is np.ndarray, x)
    follow(lambda x: round(x[0], 1), x, exact=False)


def test_without_a_version() -> None:
    for program in (
        lambda x: sorted([x, 1.0]),
        lambda x: math.frexp(x),
        lambda x: math.modf(x),
        lambda x: round(x, 2),
    ):
        with Trace() as trace:
            x = trace.input("x", np.asarray(0.5), float)
            with pytest.raises(AdjitNotImplementedError, match="not supported"):
                _rewritten(program)(x)


def _rewritten(program: Any) -> Any:
    from adjit.tracer.rewrite import rewrite

    return rewrite(program)


def test_a_domain_error_is_guarded() -> None:
    with Trace() as trace:
        x = trace.input("x", np.asarray(2.0), float)
        CALLS[math.log](x)
    assert [guard.expected for guard in trace.guards] == [True]
    with Trace(forced=[False, True]) as trace:
        x = trace.input("x", np.asarray(2.0), float)
        with pytest.raises(ValueError, match="math domain error"):
            CALLS[math.log](x)
