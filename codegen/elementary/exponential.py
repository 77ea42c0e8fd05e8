"""Exponential functions: exp, expm1, exp2.

An argument is split as x = n log 2 + r, |r| <= log(2)/2, so that e**x = 2**n e**r (J.-M. Muller,
"Elementary Functions", 3rd ed., sections 5.2 and 11.1); polynomials give e**r.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .definitions import elementary
from .lanes import (
    Integer,
    Number,
    copysign,
    estrin,
    fast_two_sum,
    fma,
    magic,
    maximum,
    minimum,
)

# (e**r - 1 - r) / r**2 for |r| <= log(2)/2, the errors relative to e**r: 2**-56.9, 2**-27.4.
# Problem(mp.exp, -H, H, lambda x: 1 / mp.expm1(x), fixed=(1, 1)) with H = 0.3468, degrees 11, 6.
EXP_F64 = (
    0.5000000000000006,
    0.16666666666666646,
    0.041666666666576084,
    0.00833333333336191,
    0.0013888888931473254,
    0.00019841269766655034,
    2.4801505496850096e-05,
    2.755737248950732e-06,
    2.7625936925859365e-07,
    2.5063142244568203e-08,
)
EXP_F32 = (
    0.4999999701976776,
    0.1666654646396637,
    0.04166743904352188,
    0.00836625974625349,
    0.0013870290713384748,
)

# The same with errors relative to e**r - 1: 2**-61.6, 2**-31.1. Degrees 12, 7.
EXPM1_F64 = (
    0.5,
    0.16666666666666677,
    0.041666666666666685,
    0.008333333333321761,
    0.001388888888889106,
    0.00019841269885422446,
    2.4801587286437728e-05,
    2.7557245096106227e-06,
    2.755732254923221e-07,
    2.5108698096373794e-08,
    2.089607720532287e-09,
)
EXPM1_F32 = (
    0.5,
    0.1666666567325592,
    0.04166649281978607,
    0.008333546109497547,
    0.0013932326110079885,
    0.00019761704606935382,
)

# log 2 as a sum of two: n * LOG2[0] is subtracted exactly by a fused step, as what remains is
# a multiple of the last place of LOG2[0] and not larger.
LOG2_F64 = (0.6931471805599453, 2.3190468138462996e-17)
LOG2_F32 = (0.6931471824645996, -1.904654323148236e-09)


@dataclass(frozen=True, slots=True)
class Reduced:
    """x = n log 2 + high - low; ``shifted`` is n in the low bits of some number."""

    n: Number
    shifted: Integer
    high: Number  # exact
    low: Number


def round_to_integer(x: Number) -> tuple[Number, Integer]:
    """The nearest integer, and an integer with the same low bits (so many as 2**n needs)."""
    shifted = x + magic(x.e)
    return shifted - magic(x.e), shifted.bits()


def reduce(x: Number) -> Reduced:
    n, shifted = round_to_integer(x * (1 / math.log(2)))
    high, low = x.e.pick(LOG2_F64, LOG2_F32)
    return Reduced(n, shifted, fma(-n, high, x), n * low)


def at_most(x: Number, f64: float, f32: float) -> Number:
    """``x`` where smaller than this; NaN stays."""
    return minimum(x.e.number(x.e.pick(f64, f32)), x)


def at_least(x: Number, f64: float, f32: float) -> Number:
    return maximum(x.e.number(x.e.pick(f64, f32)), x)


def scaled(y: Number, shifted: Integer) -> Number:
    """y * 2**n by two factors, as 2**n alone may overflow or underflow. Rounds once."""
    fraction, one = y.e.format.precision - 1, y.e.number(1.0).bits()
    half = (shifted >> 1) << fraction
    return y * (half + one).number() * ((shifted << fraction) - half + one).number()


@elementary
def exp(x: Number) -> Number:
    # At the bounds the result overflows and underflows.
    at = reduce(at_most(at_least(x, -746.0, -104.0), 710.0, 89.0))
    r = at.high - at.low
    total, error = fast_two_sum(x.e.number(1.0), at.high)
    q = estrin(r, x.e.pick(EXP_F64, EXP_F32))
    return scaled(total + fma(r * r, q, error - at.low), at.shifted)


@elementary
def expm1(x: Number) -> Number:
    # 2**n (e**r - 1) + 2**n - 1, the first term as r + r**2 q(r) with r = high - low.
    at = reduce(at_most(at_least(x, -40.0, -20.0), 710.0, 89.0))
    r = at.high - at.low
    one = x.e.number(1.0).bits()
    inverse = (one - (at.shifted << (x.e.format.precision - 1))).number()
    start = minimum(1.0 - inverse, 1.0)  # 2**-n wraps around to -inf for the largest n
    total, error = fast_two_sum(start, at.high)
    q = estrin(r, x.e.pick(EXPM1_F64, EXPM1_F32))
    y = scaled(total + fma(r * r, q, error - at.low), at.shifted)
    return copysign(y, x)


# 2**r for |r| <= 1/2, the relative errors: 2**-57.8, 2**-28.3.
# Problem(lambda x: mpf(2)**x, -0.5, 0.5, lambda x: mpf(2)**-x, fixed=(1,)), degrees 11, 6.
EXP2_F64 = (
    1.0,
    0.6931471805599453,
    0.24022650695910108,
    0.05550410866482172,
    0.009618129107601608,
    0.0013333558146546504,
    0.00015403530449028738,
    1.5252733633663937e-05,
    1.3215438841163833e-06,
    1.0178160221446697e-07,
    7.07323192285903e-09,
    4.438829913414621e-10,
)
EXP2_F32 = (
    1.0,
    0.6931471824645996,
    0.24022647738456726,
    0.05550359934568405,
    0.009618505835533142,
    0.001339080510661006,
    0.0001532642199890688,
)


@elementary
def exp2(x: Number) -> Number:
    x = at_most(at_least(x, -1080.0, -155.0), 1030.0, 135.0)
    n, shifted = round_to_integer(x)
    r = x - n
    one, slope, *others = x.e.pick(EXP2_F64, EXP2_F32)
    total = fma(r, slope, one)
    error = fma(r, slope, one - total)
    return scaled(total + fma(r * r, estrin(r, others), error), shifted)
