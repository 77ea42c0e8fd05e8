"""Logarithms: log, log2, log10, log1p and logaddexp.

A number is split as x = 2**k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2). With s = f / (2 + f),

    log(1 + f) = 2 atanh(s) = 2 s + s**3 P(s**2) = f - u,
    u = f**2 / 2 - s (f**2 / 2 + s**2 P(s**2)),

where f is exact and u small, so that its rounding errors matter little (P. T. P. Tang,
"Table-driven implementation of the logarithm function", 1990, has this form).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .definitions import elementary
from .exponential import EXP_F32, EXP_F64, LOG2_F32, LOG2_F64, at_least, reduce, scaled
from .lanes import (
    Number,
    copysign,
    estrin,
    fast_two_sum,
    fma,
    magic,
    two_sum,
    where,
)

# (2 atanh(s) / s - 2) / s**2 in z = s**2 with 1 + f up to sqrt(2), the errors relative to
# 2 atanh(s): 2**-59.5, 2**-30.2. Problem(tail, 1e-30, 0.02946, lambda z: z / 2) with
# tail(z) = 2 (atanh(sqrt(z)) / sqrt(z) - 1) / z, degrees 6, 2.
LOG_F64 = (
    0.6666666666666735,
    0.3999999999940927,
    0.2857142874371736,
    0.22222198424772327,
    0.181835726184382,
    0.15313824459580735,
    0.14798344052170181,
)
LOG_F32 = (0.6666677594184875, 0.39977577328681946, 0.29871082305908203)

# The same with 1 + f up to 3/2, that is z up to 0.0401: 2**-62.6, 2**-28.4. Degrees 7, 2.
LOG_WIDER_F64 = (
    0.666666666666666,
    0.4000000000005674,
    0.2857142855580591,
    0.22222224299439228,
    0.18181665681675124,
    0.1539111863337164,
    0.13173482754486374,
    0.1384384920391539,
)
LOG_WIDER_F32 = (0.666669487953186, 0.39957666397094727, 0.3036416172981262)

# Sums of two numbers: log(2) / log(10), 1 / log(10), 1 / log(2).
LOG10_OF_2_F64 = (0.3010299956639812, -2.8037281277851704e-18)
LOG10_OF_2_F32 = (0.3010300099849701, -1.432098883924482e-08)
LOG10_OF_E_F64 = (0.4342944819032518, 1.098319650216765e-17)
LOG10_OF_E_F32 = (0.4342944920063019, -1.0103049952192578e-08)
LOG2_OF_E_F64 = (1.4426950408889634, 2.0355273740931033e-17)
LOG2_OF_E_F32 = (1.4426950216293335, 1.925963033500011e-08)


def split(x: Number) -> tuple[Number, Number]:
    """k and 1 + f for finite x > 0, subnormal ones included."""
    e = x.e
    format = e.format
    tiny = x < 2.0 ** (1 - format.bias)
    x = where(tiny, x * 2.0**format.precision, x)
    biased, m = split_normal(x)
    big = magic(e)
    return biased - where(tiny, big + format.bias + format.precision, big + format.bias), m


def split_normal(x: Number) -> tuple[Number, Number]:
    """k + bias + magic and 1 + f."""
    e = x.e
    fraction = e.format.precision - 1
    root = e.number(math.sqrt(0.5)).bits()
    bits = x.bits() + (e.number(1.0).bits() - root)
    k = ((bits >> fraction) + e.number(magic(e)).bits()).number()
    return k, ((bits & ((1 << fraction) - 1)) + root).number()


def tail(f: Number, coefficients: Sequence[float]) -> Number:
    """f - log(1 + f)."""
    s = f / (f + 2.0)
    z = s * s
    half = f * 0.5 * f
    return fma(-s, fma(z, estrin(z, coefficients), half), half)


def finished(y: Number, x: Number, zero: float = 0.0) -> Number:
    """The logarithm ``y`` with its special values, its argument being 0 where ``x`` is ``zero``."""
    wrong = where(x == zero, -math.inf, math.nan)
    return where(x > zero, where(x < math.inf, y, math.inf), wrong)


@elementary
def log(x: Number) -> Number:
    k, m = split(x)
    f = m - 1.0
    u = tail(f, x.e.pick(LOG_F64, LOG_F32))
    return finished(with_exponent(k, f, -u), x)


def with_exponent(k: Number, f: Number, low: Number) -> Number:
    """k log 2 + f + low."""
    log2 = k.e.pick(LOG2_F64, LOG2_F32)
    return with_multiple(k, log2, f, low)


def with_multiple(k: Number, unit: tuple[float, float], f: Number, low: Number) -> Number:
    """k unit + f + low. The error of the first sum is exact, as in fast_two_sum."""
    total = fma(k, unit[0], f)
    error = f - fma(-k, unit[0], total)
    return total + (fma(k, unit[1], error) + low)


def _of_base(x: Number, unit: tuple[float, float], factor: tuple[float, float]) -> Number:
    """log(x) * factor, where log(2) * factor = unit."""
    k, m = split(x)
    f = m - 1.0
    u = tail(f, x.e.pick(LOG_F64, LOG_F32))
    product = f * factor[0]
    low = fma(f, factor[1], fma(f, factor[0], -product))
    return finished(with_multiple(k, unit, product, fma(-u, factor[0], low)), x)


@elementary
def log2(x: Number) -> Number:
    return _of_base(x, (1.0, 0.0), x.e.pick(LOG2_OF_E_F64, LOG2_OF_E_F32))


@elementary
def log10(x: Number) -> Number:
    pick = x.e.pick
    return _of_base(x, pick(LOG10_OF_2_F64, LOG10_OF_2_F32), pick(LOG10_OF_E_F64, LOG10_OF_E_F32))


def log_of_sum(total: Number, error: Number, doublings: Number | float = 0.0) -> Number:
    """log((total + error) 2**doublings) for an error below the last place of the total."""
    # 2**k (1 + f + c), c going into f so far as it fits.
    e = total.e
    shifted, m = split_normal(total)
    k = shifted - (magic(e) + e.format.bias) + doublings
    scale = (m.bits() - total.bits() + e.number(2.0).bits()).number()  # 2**(1 - k) is never < 0
    c = error * scale
    f = m - 1.0
    with_c = fma(c, 0.5, f)
    rest = fma(c, 0.5, f - with_c)
    u = tail(with_c, e.pick(LOG_F64, LOG_F32))
    return with_exponent(k, with_c, rest - u)


@elementary
def log1p(x: Number) -> Number:
    total, error = two_sum(x.e.number(1.0), x)
    return copysign(finished(log_of_sum(total, error), x, -1.0), x)


@elementary
def logaddexp(x: Number, y: Number) -> Number:
    """Where the larger one is negative and cancels, the error is relative to that one."""
    # The larger one + log(1 + v), v = e**-d, d = |x - y|: v = 2**n (1 + (e**r - 1)) <= 1.
    e = x.e
    high, low = where(x > y, x, y), where(x > y, y, x)
    d, error = two_sum(low, -high)
    error = where(d > -800.0, error, 0.0)  # it is NaN for infinities
    d = where(low == high, 0.0, d)
    at = reduce(at_least(d, -746.0, -104.0))
    less = at.low - error
    r = at.high - less
    total, error = fast_two_sum(e.number(1.0), at.high)
    p = fma(r * r, estrin(r, e.pick(EXP_F64, EXP_F32)), error - less)
    v, rest = fast_two_sum(total, p)
    v, rest = scaled(v, at.shifted), scaled(rest, at.shifted)
    # log(1 + v + rest) = log(1 + v) + rest / (1 + v), and 1 + v = 2 (1 + (v - 1) / 2).
    # (From v = 1/2 on, v - 1 is exact.)
    halved = v > 0.5
    f = where(halved, fma(v, 0.5, -0.5), v)
    log2, log2_low = e.pick(LOG2_F64, LOG2_F32)
    start, error = fast_two_sum(where(halved, log2, 0.0), f)
    error = error + where(halved, log2_low, 0.0)
    u = tail(f, e.pick(LOG_WIDER_F64, LOG_WIDER_F32))
    return high + (start + (fma(-v, rest, rest) + error - u))
