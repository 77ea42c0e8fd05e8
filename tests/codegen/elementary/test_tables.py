"""The coefficient tables: their errors, and that minimax.py makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from minimax import Problem, minimax
from mpmath import mp, mpf

from adjit.codegen.elementary import exponential, hyperbolic, logarithm, powers

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
