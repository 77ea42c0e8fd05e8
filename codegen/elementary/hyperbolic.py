"""Hyperbolic functions, and the logistic function expit."""

from __future__ import annotations

import math

from .definitions import elementary
from .exponential import (
    EXP_F32,
    EXP_F64,
    EXPM1_F32,
    EXPM1_F64,
    at_least,
    at_most,
    reduce,
    scaled,
)
from .lanes import (
    Integer,
    Number,
    copysign,
    estrin,
    fast_two_sum,
    fma,
    maximum,
    sqrt,
    two_sum,
    where,
)
from .logarithm import log_of_sum

# (sinh(r) / r - 1) / z and (cosh(r) - 1) / z in z = r**2, |r| <= 0.3468, errors relative to
# sinh(r) / r and cosh(r): 2**-61.7, 2**-34.3; 2**-58.0, 2**-33.2. Problems with the weights
# z / (sinh(r) / r) and z on (1e-30, 0.3468**2), degrees 4, 2; 4, 2.
SINH_F64 = (
    0.16666666666666677,
    0.008333333333321376,
    0.0001984126988686553,
    2.755724338152296e-06,
    2.5109351457577253e-08,
)
SINH_F32 = (0.1666666716337204, 0.00833317544311285, 0.00019974085444118828)
COSH_F64 = (
    0.5000000000000013,
    0.041666666666510456,
    0.0013888888948361956,
    2.480148849787999e-05,
    2.763181361327928e-07,
)
COSH_F32 = (0.5, 0.041666459292173386, 0.0013935426250100136)


def quotient(high: Number, low: Number, divisor: Number, divisor_low: Number) -> Number:
    """(high + low) / (divisor + divisor_low), nearly as if rounded once.

    A first quotient is corrected by what it leaves (Markstein, "IA-64 and elementary functions",
    2000, chapter 8).
    """
    inverse = 1.0 / divisor
    first = high * inverse
    left = fma(-first, divisor, high) + fma(-first, divisor_low, low)
    return fma(left, inverse, first)


@elementary
def tanh(x: Number) -> Number:
    # With 2 |x| = n log 2 + r: (e**r - 2**-n) / (e**r + 2**-n).
    at = reduce(at_most(abs(x) * 2.0, 40.0, 20.0))
    one, fraction = x.e.number(1.0), x.e.format.precision - 1
    power = (one.bits() - (at.shifted << fraction)).number()
    r = at.high - at.low
    total, error = fast_two_sum(one, at.high)
    q = estrin(r, x.e.pick(EXPM1_F64, EXPM1_F32))
    total, error = fast_two_sum(total, fma(r * r, q, error - at.low))
    above, above_low = fast_two_sum(total, -power)
    below, below_low = fast_two_sum(total, power)
    above, above_low = fast_two_sum(above, above_low + error)
    y = quotient(above, above_low, below, below_low + error)
    return copysign(y, x)


@elementary
def expit(x: Number) -> Number:
    # v = e**-|x|; 1 / (1 + v), or v / (1 + v) for negative x.
    at = reduce(at_least(-abs(x), -746.0, -104.0))
    one = x.e.number(1.0)
    r = at.high - at.low
    total, error = fast_two_sum(one, at.high)
    q = estrin(r, x.e.pick(EXP_F64, EXP_F32))
    total, error = fast_two_sum(total, fma(r * r, q, error - at.low))
    v = scaled(total, at.shifted)
    below, below_low = fast_two_sum(one, v)
    negative = x < 0.0
    high, low = where(negative, total, one), where(negative, error, 0.0)
    y = quotient(high, low, below, fma(v, error, below_low))
    return where(negative, scaled(y, at.shifted), y)


# With |x| = n log 2 + r and q = 2**(-2 n):
#     sinh |x| = 2**(n - 1) ((1 - q) cosh(r) + (1 + q) sinh(r)),
#     cosh |x| = 2**(n - 1) ((1 + q) cosh(r) + (1 - q) sinh(r)).


def _square_of_power(shifted: Integer) -> Number:
    """q for n >= 0. (Far below the last place of 1 the subtraction wraps around to below 0.)"""
    format, one = shifted.e.format, shifted.e.number(1.0).bits()
    return maximum((one - (shifted << format.precision)).number(), 0.0)


@elementary
def sinh(x: Number) -> Number:
    at = reduce(at_most(abs(x), 712.0, 91.0))
    q = _square_of_power(at.shifted)
    less, more = 1.0 - q, 1.0 + q
    r = at.high - at.low
    z = r * r
    cosh_less_one = z * estrin(z, x.e.pick(COSH_F64, COSH_F32))
    sinh_less_high = fma(r * z, estrin(z, x.e.pick(SINH_F64, SINH_F32)), -at.low)
    product = more * at.high
    total, error = fast_two_sum(less, product)
    error = error + fma(more, at.high, -product) + ((1.0 - less) - q)
    low = fma(more, sinh_less_high, fma(less, cosh_less_one, error))
    return copysign(scaled(total + low, at.shifted - 1), x)


@elementary
def cosh(x: Number) -> Number:
    at = reduce(at_most(abs(x), 712.0, 91.0))
    q = _square_of_power(at.shifted)
    less, more = 1.0 - q, 1.0 + q
    r = at.high - at.low
    z = r * r
    cosh_less_one = z * estrin(z, x.e.pick(COSH_F64, COSH_F32))
    sinh_ = fma(r * z, estrin(z, x.e.pick(SINH_F64, SINH_F32)), r)
    error = q - (more - 1.0)
    y = more + fma(less, sinh_, fma(more, cosh_less_one, error))
    return scaled(y, at.shifted - 1)


@elementary
def asinh(x: Number) -> Number:
    # log(1 + |x| + v), v = sqrt(1 + x**2) - 1; log(2 |x|) where that is the same.
    e = x.e
    size = abs(x)
    large = size > e.pick(2.0**30, 2.0**14)
    square = size * size
    v = square / (sqrt(square + 1.0) + 1.0)
    high, low = fast_two_sum(size, v)
    total, error = two_sum(e.number(1.0), high)
    total, error = where(large, size, total), where(large, 0.0, error + low)
    y = log_of_sum(total, error, where(large, 1.0, 0.0))
    return copysign(where(size < math.inf, y, size), x)


@elementary
def acosh(x: Number) -> Number:
    # log(1 + t + sqrt(t (t + 2))), t = x - 1; log(2 x) where that is the same.
    e = x.e
    large = x > e.pick(2.0**30, 2.0**14)
    t, t_low = fast_two_sum(x, e.number(-1.0))
    square = fma(t, t, t * 2.0)
    square_low = fma(t, t, t * 2.0 - square)
    root = sqrt(square)
    twice = maximum(root * 2.0, e.pick(2.0**-500, 2.0**-60))
    root_low = (fma(-root, root, square) + square_low) / twice
    high, low = two_sum(t, root)
    low = low + (root_low + t_low)
    total, error = fast_two_sum(e.number(1.0), high)
    total, error = where(large, x, total), where(large, 0.0, error + low)
    y = log_of_sum(total, error, where(large, 1.0, 0.0))
    return where(x >= 1.0, where(x < math.inf, y, x), math.nan)


@elementary
def atanh(x: Number) -> Number:
    # log(1 + 2 |x| / (1 - |x|)) / 2
    one, size = x.e.number(1.0), abs(x)
    below, below_low = fast_two_sum(one, -size)
    twice = size * 2.0
    inverse = 1.0 / below
    high = twice * inverse
    low = (fma(-high, below, twice) - high * below_low) * inverse
    total, error = two_sum(one, high)
    y = log_of_sum(total, error + low) * 0.5
    return copysign(where(size < 1.0, y, where(size == 1.0, math.inf, math.nan)), x)
