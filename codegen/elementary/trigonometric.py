"""Sine, cosine, tangent.

The argument less the nearest multiple n of pi/2 is taken in two numbers, where pi/2 stands in
three pieces (W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980; with
fma: S. Boldo, M. Daumas and R.-C. Li, "Formally Verified Argument Reduction with a Fused
Multiply-Add", 2009). The sine and the cosine of what is left are polynomials, and the last two
bits of n say which one it is and with which sign. `sin` and `cos` share all but this choice:
common subexpressions of a loop with both are merged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .definitions import Rare, elementary
from .lanes import Integer, Mask, Number, fast_two_sum, fma, horner, magic, where

# pi/2 = HIGH + MIDDLE + LOW. In f64 the middle part has 31 bits, so that its products with n are
# exact up to n = 2**22; in f32 it has all 24, and the errors of its products are taken along.
PIECES = (
    (1.5707963267948966, 6.12323399409214e-17, 1.6446256936324258e-26),
    (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
)

LIMITS = (2.0**22 * math.pi / 2, 2.0**18 * math.pi / 2)
"""The largest angles that are reduced here: beyond, libm."""

# (sin(sqrt(z)) - sqrt(z)) / z**1.5 and (cos(sqrt(z)) - 1 + z/2) / z**2 for 0 < z < 0.62 (a little
# more than (pi/4)**2); errors relative to the sine, the cosine.
SINE = (
    (  # 2**-57.9
        -0.1666666666666663,
        0.008333333333321837,
        -0.00019841269829354093,
        2.7557313536579835e-06,
        -2.5050734040115257e-08,
        1.589541093952241e-10,
    ),
    (-0.16666653752326965, 0.008332106284797192, -0.00019507882825564593),  # 2**-27.8
)
COSINE = (
    (  # 2**-63.8
        0.04166666666666659,
        -0.0013888888888872186,
        2.4801587288307604e-05,
        -2.7557314024244866e-07,
        2.087568022962835e-09,
        -1.1357497384883552e-11,
    ),
    (0.04166664555668831, -0.0013887308305129409, 2.4432092686765827e-05),  # 2**-32.9
)


@dataclass(frozen=True, slots=True)
class Angle:
    """An angle less its multiple of pi/2: ``high + low``; the multiple's last bits."""

    high: Number
    low: Number
    quadrant: Integer

    @property
    def odd(self) -> Mask:
        return (self.quadrant & 1) != 0


def reduced(x: Number) -> Angle:
    e = x.e
    high, middle, low = e.pick(*PIECES)
    shifted = fma(x, 2 / math.pi, magic(e))  # n in the low bits
    n = shifted - magic(e)
    rest = fma(-n, high, x)  # exact: a multiple of ulp(HIGH), or of ulp(x), below 1
    if e.double:
        first = fma(-n, middle, rest)
        second = fma(-n, middle, rest - first)
    else:
        product = n * middle
        first = rest - product
        second = ((rest - first) - product) - fma(n, middle, -product)
    return Angle(first, fma(-n, low, second), shifted.bits())


def _sine(a: Angle) -> tuple[Number, Number]:
    """The sine of the reduced angle as an unevaluated sum, its first part larger."""
    e = a.high.e
    z = a.high * a.high
    return a.high, fma(a.high * z, horner(z, e.pick(*SINE)), fma(-0.5 * z, a.low, a.low))


def _cosine(a: Angle) -> tuple[Number, Number]:
    e = a.high.e
    z = a.high * a.high
    half = 0.5 * a.high
    first = fma(-half, a.high, 1.0)
    error = fma(-half, a.high, 1.0 - first)
    return first, fma(z * z, horner(z, e.pick(*COSINE)), fma(-a.high, a.low, error))


def _signed(y: Number, n: Integer) -> Number:
    """``y``, its sign changed where the second last bit of ``n`` is set."""
    top = y.e.format.bits - 2
    return (y.bits() ^ ((n & 2) << top)).number()


def _beyond(x: Number) -> Mask:
    return abs(x) > x.e.pick(*LIMITS)


@elementary
def sin(x: Number) -> Rare:
    a = reduced(x)
    (s, s_low), (c, c_low) = _sine(a), _cosine(a)
    y = _signed(where(a.odd, c + c_low, s + s_low), a.quadrant)
    return Rare(where(x == 0.0, x, y), _beyond(x), "sin")


@elementary
def cos(x: Number) -> Rare:
    a = reduced(x)
    (s, s_low), (c, c_low) = _sine(a), _cosine(a)
    y = _signed(where(a.odd, s + s_low, c + c_low), a.quadrant + 1)
    return Rare(y, _beyond(x), "cos")


@elementary
def tan(x: Number) -> Rare:
    a = reduced(x)
    s, c = fast_two_sum(*_sine(a)), fast_two_sum(*_cosine(a))
    top, top_low = where(a.odd, c[0], s[0]), where(a.odd, c[1], s[1])
    bottom, bottom_low = where(a.odd, -s[0], c[0]), where(a.odd, -s[1], c[1])
    inverse = 1.0 / bottom
    quotient = top * inverse
    rest = fma(-quotient, bottom, top) + fma(-quotient, bottom_low, top_low)
    y = fma(rest, inverse, quotient)
    return Rare(where(x == 0.0, x, y), _beyond(x), "tan")
