"""The coefficient tables: their errors, and that minimax.py makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from minimax import Problem, minimax
from mpmath import mp, mpf

from adjit.codegen.elementary import (
    error_function,
    exponential,
    gamma,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    powers,
    trigonometric,
)

H = 0.3468  # a little above log(2) / 2


def atanh_tail(z: Any) -> Any:
    return 2 * (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z


def sinh_ratio(z: Any) -> Any:
    return mp.sinh(mp.sqrt(z)) / mp.sqrt(z)


def log2_rest(c1: tuple[float, float]) -> Any:
    def rest(z: Any) -> Any:
        return ((atanh_tail(z) * z + 2) / mp.log(2) - 2 / mp.log(2)) / z**2 - (
            mpf(c1[0]) + c1[1]
        ) / z

    return rest


def cube_root(m: Any) -> Any:
    return m ** (mpf(1) / 3)


def odd_tail(function: Any) -> Any:
    """(f(r) - r) / r**3 in z = r**2."""

    def tail(z: Any) -> Any:
        r = mp.sqrt(z)
        return (function(r) - r) / (r * z)

    return tail


def odd(function: Any, high: float) -> Problem:
    def weight(z: Any) -> Any:
        return z * mp.sqrt(z) / function(mp.sqrt(z))

    return Problem(odd_tail(function), 2.0**-40, high, weight)


def cos_tail(z: Any) -> Any:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def erf_ratio(z: Any) -> Any:
    return mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1


def minus_log_erfc(u: Any) -> Any:
    return -mp.log(mp.erfc(1 + u))


def small_erf(high: float, relative_to: Any) -> Problem:
    return Problem(erf_ratio, 0, high, lambda z: mp.sqrt(z) / relative_to(mp.sqrt(z)))


def large_erf(high: float) -> Problem:
    return Problem(minus_log_erfc, 0, high - 1, lambda u: mp.erfc(1 + u) / mp.erf(1 + u))


def large_erfc(centre: float, high: float) -> Problem:
    def ratio(t: Any) -> Any:
        x = centre * (1 + t) / (1 - t)
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)

    ends = ((x - centre) / (x + centre) for x in (0.75, high))
    return Problem(lambda t: ratio(t) - 1.25, *ends, weight=lambda t: 1 / ratio(t))


def near_two(slope: float) -> Problem:
    return Problem(
        lambda s: mp.loggamma(2 + s) / s - slope, -0.65, 0.5, lambda s: s / mp.loggamma(2 + s)
    )


def stirling_series(z: Any) -> Any:
    y = 1 / mp.sqrt(z)
    return y * (mp.loggamma(y) - (y - 0.5) * mp.log(y) + y - mp.log(2 * mp.pi) / 2)


def digamma_ratio(d: Any) -> Any:
    root = mp.findroot(mp.digamma, mpf(1.4616321449683623))
    return mp.digamma(root + d) / d


def logarithmic_series(z: Any) -> Any:
    y = 1 / mp.sqrt(z)
    return (mp.log(y) - 1 / (2 * y) - mp.digamma(y)) * y * y


def cotangent(z: Any) -> Any:
    r = mp.sqrt(z)
    return (mp.pi / mp.tan(mp.pi * r) - 1 / r) / r


COSINE = Problem(cos_tail, 2.0**-40, 0.62, lambda z: z**2 / mp.cos(mp.sqrt(z)))
STIRLING = Problem(stirling_series, 1e-12, 0.16, lambda z: mp.sqrt(z) / mp.loggamma(1 / mp.sqrt(z)))
NEAR_ROOT = Problem(digamma_ratio, -0.4716, 0.5484, lambda d: 1 / digamma_ratio(d))
LOGARITHMIC = Problem(logarithmic_series, 1e-12, 0.25, lambda z: z / mp.digamma(1 / mp.sqrt(z)))
COTANGENT = Problem(cotangent, 1e-12, 0.25, lambda z: z)

# r**2 q(r) approximates e**r - 1 - r.
Q_OF_EXP = Problem(lambda r: (mp.expm1(r) - r) / r**2, -H, H, lambda r: r**2 * mp.exp(-r))
Q_OF_EXPM1 = Problem(lambda r: (mp.expm1(r) - r) / r**2, -H, H, lambda r: r**2 / mp.expm1(r))
EXP2 = Problem(lambda r: mpf(2) ** r, -0.5, 0.5, lambda r: mpf(2) ** -r, fixed=(1,))
SINH = Problem(lambda z: (sinh_ratio(z) - 1) / z, 1e-30, H * H, lambda z: z / sinh_ratio(z))
COSH = Problem(lambda z: (mp.cosh(mp.sqrt(z)) - 1) / z, 1e-30, H * H, lambda z: z)
LOG = Problem(atanh_tail, 1e-30, 0.02946, lambda z: z / 2)
LOG_WIDER = Problem(atanh_tail, 1e-30, 0.0401, lambda z: z / 2)
CUBE_ROOT = Problem(lambda m: 1 / cube_root(m), 8**-0.5, 8**0.5, cube_root)


def q_of_log2(c1: tuple[float, float]) -> Problem:
    return Problem(log2_rest(c1), 1e-20, 0.02946, lambda z: z * z * mp.log(2) / 2)


# Each table with what it approximates, and the logarithm of its largest error to base 2.
TABLES: dict[str, tuple[Sequence[float], Problem, float]] = {
    "EXP_F64": (exponential.EXP_F64, Q_OF_EXP, -56.8),
    "EXP_F32": (exponential.EXP_F32, Q_OF_EXP, -27.3),
    "EXPM1_F64": (exponential.EXPM1_F64, Q_OF_EXPM1, -61.5),
    "EXPM1_F32": (exponential.EXPM1_F32, Q_OF_EXPM1, -31.0),
    "EXP2_F64": (exponential.EXP2_F64, EXP2, -57.7),
    "EXP2_F32": (exponential.EXP2_F32, EXP2, -28.3),
    "LOG_F64": (logarithm.LOG_F64, LOG, -59.4),
    "LOG_F32": (logarithm.LOG_F32, LOG, -30.1),
    "LOG_WIDER_F64": (logarithm.LOG_WIDER_F64, LOG_WIDER, -62.6),
    "LOG_WIDER_F32": (logarithm.LOG_WIDER_F32, LOG_WIDER, -28.3),
    "SINH_F64": (hyperbolic.SINH_F64, SINH, -61.6),
    "SINH_F32": (hyperbolic.SINH_F32, SINH, -34.3),
    "COSH_F64": (hyperbolic.COSH_F64, COSH, -57.9),
    "COSH_F32": (hyperbolic.COSH_F32, COSH, -33.2),
    "Q_F64": (powers.Q_F64, q_of_log2(powers.C1_F64), -66.2),
    "Q_F32": (powers.Q_F32, q_of_log2(powers.C1_F32), -36.7),
    **{
        f"{module.__name__.rpartition('.')[2]}.{name}_F{bits}": (
            getattr(module, name)[bits == 32],
            problem[bits == 32] if isinstance(problem, tuple) else problem,
            bounds[bits == 32],
        )
        for bits in (64, 32)
        for module, name, problem, bounds in (
            (trigonometric, "SINE", odd(mp.sin, 0.62), (-57.8, -27.7)),
            (trigonometric, "COSINE", COSINE, (-63.7, -32.8)),
            (inverse_trigonometric, "ARCTANGENT", odd(mp.atan, 1), (-57.3, -27.8)),
            (inverse_trigonometric, "ARCSINE", odd(mp.asin, 0.25), (-55.8, -27.5)),
            (error_function, "ERF_SMALL", small_erf(1, mp.erf), (-55.9, -29.3)),
            (error_function, "ERF_LARGE", (large_erf(6), large_erf(4)), (-56.9, -26.6)),
            (error_function, "ERFC_SMALL", small_erf(0.5625, mp.erfc), (-60.4, -29.6)),
            (error_function, "ERFC_LARGE", (large_erfc(4, 28), large_erfc(2, 10.5)), (-57, -28.6)),
            (gamma, "NEAR_TWO", tuple(map(near_two, gamma.SLOPE)), (-58.2, -27.8)),
            (gamma, "STIRLING_SERIES", STIRLING, (-55.4, -31.9)),
            (gamma, "NEAR_ROOT", NEAR_ROOT, (-54.6, -25.7)),
            (gamma, "LOGARITHMIC_SERIES", LOGARITHMIC, (-55.9, -31.1)),
            (gamma, "COTANGENT", COTANGENT, (-54.6, -27.9)),
        )
    },
    "INVERSE_CUBE_ROOT": (powers.INVERSE_CUBE_ROOT, CUBE_ROOT, -8.3),
}


@pytest.mark.parametrize("name", TABLES)
def test_error(name: str) -> None:
    table, problem, bound = TABLES[name]
    assert math.log2(problem.error(table, 200)) <= bound


@pytest.mark.parametrize("name", ["EXP2_F32", "LOG_F32", "INVERSE_CUBE_ROOT"])
def test_minimax_makes_them(name: str) -> None:
    table, problem, bound = TABLES[name]
    again, error = minimax(problem, len(table) - 1, 24)
    assert math.log2(error) <= bound
    assert again == pytest.approx(table, rel=1e-3)


def test_minimax_of_a_known_problem() -> None:
    """Of degree 1 for x**2 on [-1, 1]: the constant 1/2 (Chebyshev)."""
    coefficients, error = minimax(Problem(lambda x: x * x, -1, 1), 1)
    assert coefficients == pytest.approx((0.5, 0), abs=3e-3)
    assert error == pytest.approx(0.5, abs=3e-3)


def twofold(high: float, low: float, exact: Any, bits: int) -> None:
    assert abs(mpf(high) + mpf(low) - exact) <= abs(exact) * mpf(2) ** -bits


def test_constants_in_two_parts() -> None:
    with mp.workprec(200):
        two, ten = mp.log(2), mp.log(10)
        for pair, exact in (
            ("LOG2", two),
            ("LOG10_OF_2", two / ten),
            ("LOG10_OF_E", 1 / ten),
            ("LOG2_OF_E", 1 / two),
        ):
            module = exponential if pair == "LOG2" else logarithm
            twofold(*getattr(module, pair + "_F64"), exact, 105)
            twofold(*getattr(module, pair + "_F32"), exact, 47)
        for pair, exact in (("C0", 2 / two), ("C1", 2 / (3 * two))):
            twofold(*getattr(powers, pair + "_F64"), exact, 105)
            twofold(*getattr(powers, pair + "_F32"), exact, 47)
