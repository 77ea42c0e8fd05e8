"""Arcus functions: polynomials on an interval at 0, and identities that lead to it."""

from __future__ import annotations

from .definitions import elementary
from .lanes import Number, copysign, estrin, fast_two_sum, fma, sqrt, where

# pi as a sum of two numbers, by format.
PI = (
    (3.141592653589793, 1.2246467991473532e-16),
    (3.1415927410125732, -8.742277657347586e-08),
)

# (atan(sqrt(z)) - sqrt(z)) / z**1.5 for 0 < z < 1; errors relative to atan.
ARCTANGENT = (
    (  # 2**-57.4
        -0.3333333333333307,
        0.19999999999951745,
        -0.14285714282587766,
        0.11111111007331917,
        -0.09090907005947947,
        0.07692279829041394,
        -0.06666403513108429,
        0.05880521485277205,
        -0.052534757538572285,
        0.04722125881218126,
        -0.042185294917171025,
        0.03662594298933081,
        -0.029874246072597043,
        0.021943260124201516,
        -0.01385654475780679,
        0.007161963272652199,
        -0.0028654273621305398,
        0.0008238434991751831,
        -0.00015041415448720336,
        1.3037636421738323e-05,
    ),
    (  # 2**-27.9
        -0.33333298563957214,
        0.1999852955341339,
        -0.14264015853405,
        0.10950881987810135,
        -0.08399375528097153,
        0.05788671225309372,
        -0.0311106089502573,
        0.01088281162083149,
        -0.0017879705410450697,
    ),
)

# (asin(sqrt(z)) - sqrt(z)) / z**1.5 for 0 < z < 1/4; errors relative to asin.
ARCSINE = (
    (  # 2**-55.9
        0.16666666666665408,
        0.07500000000337156,
        0.044642856828204056,
        0.030381959142251915,
        0.02237175792118068,
        0.01735970674073621,
        0.013885215704751241,
        0.012169342776536975,
        0.0065274020835491085,
        0.019529851000686903,
        -0.0162267691417474,
        0.03191401408283936,
    ),
    (  # 2**-27.6
        0.16666752099990845,
        0.074953094124794,
        0.04546914994716644,
        0.024184783920645714,
        0.042158279567956924,
    ),
)


@elementary
def atan(x: Number) -> Number:
    a = abs(x)
    large = a > 1.0
    pi, pi_low = x.e.pick(*PI)
    q = where(large, -1.0 / a, a)
    return copysign(
        _plus_arctangent(where(large, pi / 2, 0.0), where(large, pi_low / 2, 0.0), q), x
    )


@elementary
def atan2(y: Number, x: Number) -> Number:
    up, across = abs(y), abs(x)
    steep = up > across
    left = x.bits() < 0
    top, bottom = where(steep, across, up), where(steep, up, across)
    quotient = top / where(bottom == 0.0, 1.0, bottom)
    quotient = where(top == bottom, where(top == 0.0, 0.0, 1.0), quotient)
    q = where(steep ^ left, -quotient, quotient)
    pi, pi_low = x.e.pick(*PI)
    base = where(steep, pi / 2, where(left, pi, 0.0))
    base_low = where(steep, pi_low / 2, where(left, pi_low, 0.0))
    return copysign(_plus_arctangent(base, base_low, q), y)


def _plus_arctangent(base: Number, base_low: Number, q: Number) -> Number:
    """base + base_low + atan(q), where |q| <= 1 and base is 0 or larger."""
    z = q * q
    total, error = fast_two_sum(base, q)
    return total + fma(q * z, estrin(z, q.e.pick(*ARCTANGENT)), error + base_low)


@elementary
def asin(x: Number) -> Number:
    # Beyond 1/2: asin(x) = pi/2 - 2 asin(sqrt((1 - x)/2)).
    a = abs(x)
    large = a > 0.5
    z = where(large, fma(a, -0.5, 0.5), a * a)
    s = where(large, -2.0 * sqrt(z), a)
    pi, pi_low = x.e.pick(*PI)
    base, base_low = where(large, pi / 2, 0.0), where(large, pi_low / 2, 0.0)
    return copysign(_plus_arcsine(base, base_low, s, z), x)


@elementary
def acos(x: Number) -> Number:
    # pi/2 - asin(x); beyond 1/2 also acos(x) = 2 asin(sqrt((1 - x)/2)), acos(-x) = pi - acos(x).
    a = abs(x)
    large, left = a > 0.5, x < 0.0
    z = where(large, fma(a, -0.5, 0.5), a * a)
    root = 2.0 * sqrt(z)
    s = where(large, where(left, -root, root), -x)
    pi, pi_low = x.e.pick(*PI)
    base = where(large, where(left, pi, 0.0), pi / 2)
    base_low = where(large, where(left, pi_low, 0.0), pi_low / 2)
    return _plus_arcsine(base, base_low, s, z)


def _plus_arcsine(base: Number, base_low: Number, s: Number, z: Number) -> Number:
    """base + base_low + s asin(sqrt(z))/sqrt(z), where z <= 1/4 and base is 0 or above |s|."""
    total, error = fast_two_sum(base, s)
    return total + fma(s * z, estrin(z, s.e.pick(*ARCSINE)), error + base_low)
