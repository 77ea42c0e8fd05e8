"""Powers and roots: pow, cbrt, hypot."""

from __future__ import annotations

import math

from .definitions import Rare, elementary
from .exponential import EXP2_F32, EXP2_F64, at_least, at_most, round_to_integer, scaled
from .lanes import (
    Number,
    copysign,
    estrin,
    fast_two_sum,
    fma,
    maximum,
    nearest,
    power_of_two,
    sqrt,
    where,
)
from .logarithm import split

# log2(1 + f) = s (c0 + z (c1 + z Q(z))), s = f / (2 + f), z = s**2, 1 + f within sqrt(1/2) and
# sqrt(2): c0 = 2 / log(2) and c1 = c0 / 3 as sums of two, and Q, its errors relative to c0:
# 2**-66.3, 2**-36.7. Problem(rest, 1e-20, 0.02946, lambda z: z * z / c0), where rest(z) is
# ((c0 atanh(sqrt(z)) / sqrt(z) - c0) / z - c1) / z, degrees 6, 2.
C0_F64 = (2.8853900817779268, 4.0710547481862066e-17)
C0_F32 = (2.885390043258667, 3.851926067000022e-08)
C1_F64 = (0.9617966939259756, 5.0577616648125907e-17)
C1_F32 = (0.9617967009544373, -7.028461812552678e-09)
Q_F64 = (
    0.5770780163556181,
    0.4121985830918836,
    0.3205989022842574,
    0.26230770013354937,
    0.22198404597141777,
    0.19125398227398793,
    0.19039685867785035,
)
Q_F32 = (0.5770801901817322, 0.41184982657432556, 0.3378245234489441)


def log2_twofold(x: Number) -> tuple[Number, Number]:
    """log2(x) as a sum of two for finite x > 0."""
    pick = x.e.pick
    k, m = split(x)
    f = m - 1.0
    divisor = f + 2.0
    divisor_low = f - (divisor - 2.0)
    inverse = 1.0 / divisor
    s = f * inverse
    s_low = fma(-s, divisor_low, fma(-s, divisor, f)) * inverse
    z = s * s
    z_low = fma(s + s, s_low, fma(s, s, -z))
    (c0, c0_low), (c1, c1_low) = pick(C0_F64, C0_F32), pick(C1_F64, C1_F32)
    a, a_low = fast_two_sum(x.e.number(c1), fma(z, estrin(z, pick(Q_F64, Q_F32)), c1_low))
    b = z * a
    b_low = fma(z_low, a, fma(z, a_low, fma(z, a, -b)))
    c, c_low = fast_two_sum(x.e.number(c0), b)
    c_low = c_low + (b_low + c0_low)
    p = s * c
    p_low = fma(s_low, c, fma(s, c_low, fma(s, c, -p)))
    total, error = fast_two_sum(k, p)
    return total, error + p_low


@elementary
def pow_(x: Number, y: Number) -> Rare:
    # 2**(y log2(x)); libm has negative bases, and -0.
    e = x.e
    log2, log2_low = log2_twofold(x)
    log2 = where(x < math.inf, log2, x)
    log2 = where(x == 0.0, -math.inf, log2)
    # Beyond the bounds all powers but those of 1 overflow or underflow.
    bounded = at_most(at_least(y, -(2.0**66), -(2.0**36)), 2.0**66, 2.0**36)
    w = bounded * log2
    w_low = fma(bounded, log2_low, fma(bounded, log2, -w))
    w_low = where(abs(w) < e.pick(1100.0, 160.0), w_low, 0.0)
    w = at_most(at_least(w, -1080.0, -155.0), 1030.0, 135.0)
    n, shifted = round_to_integer(w)
    r = w - n
    one, slope, *others = e.pick(EXP2_F64, EXP2_F32)
    total = fma(r, slope, one)
    error = fma(w_low, slope, fma(r, slope, one - total))
    r = r + w_low
    power = scaled(total + fma(r * r, estrin(r, others), error), shifted)
    result = where((x == 1.0) | (y == 0.0), 1.0, power)
    return Rare(result, x.bits() < 0, "pow")


# m**(-1/3) on (sqrt(1/8), sqrt(8)), relative error 2**-8.4 (4 bits are lost at most after that).
# Problem(lambda m: m**(-mpf(1) / 3), 8**-0.5, 8**0.5, lambda m: m**(mpf(1) / 3)), degree 5.
INVERSE_CUBE_ROOT = (
    2.015124797821045,
    -2.3867545127868652,
    2.3061599731445312,
    -1.2356677055358887,
    0.33457109332084656,
    -0.0356937050819397,
)


@elementary
def cbrt(x: Number) -> Number:
    # |x| = 8**q m; m**(1/3) from Newton's iteration for y = m**(-1/3) (no division), then m y**2
    # corrected by m - (m y**2)**3.
    size = abs(x)
    k, m = split(size)
    third, q = nearest(k * (1 / 3))
    left = fma(third, -3.0, k)
    m = m * fma(left, fma(left, 0.25, 0.75), 1.0)  # 2**left for -1, 0, 1
    y = estrin(m, INVERSE_CUBE_ROOT)
    error = fma(m * y, -(y * y), 1.0)
    y = fma(y * error, fma(error, fma(error, 14 / 81, 2 / 9), 1 / 3), y)
    square = y * y
    root = m * square
    root2 = root * root
    root2_low = fma(root, root, -root2)
    miss = fma(-root, root2_low, fma(-root, root2, m))
    root = fma(miss * (1 / 3), square, root) * power_of_two(q)
    return where((size > 0.0) & (size < math.inf), copysign(root, x), x)


@elementary
def hypot(x: Number, y: Number) -> Number:
    # Both scaled by a power of two near the larger one.
    e = x.e
    fraction = e.format.precision - 1
    x, y = abs(x), abs(y)
    large, small = where(x > y, x, y), where(x > y, y, x)
    exponent = maximum(large, 2.0 ** (2 - e.format.bias)).bits() & (
        (2 * e.format.bias + 1) << fraction
    )
    scale = ((2 * e.format.bias + 1) << fraction) - exponent
    back = exponent - (1 << fraction)
    large, small = large * scale.number(), small * scale.number()
    root = sqrt(fma(large, large, small * small)) * back.number()
    return where((x == math.inf) | (y == math.inf), math.inf, root)
