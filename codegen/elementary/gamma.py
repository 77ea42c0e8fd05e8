"""The logarithm of the gamma function and its derivative."""

from __future__ import annotations

import math

from .definitions import Rare, elementary
from .exponential import at_most
from .lanes import Number, estrin, fast_two_sum, fma, rint, two_product, two_sum, where
from .logarithm import LOG2_F32, LOG2_F64, LOG_F32, LOG_F64, split, tail

# 1 - Euler's constant = lgamma'(2), by format. What is left of it is the constant of the table.
SLOPE = (0.42278433509846713, 0.42278432846069336)

# lgamma(2 + s)/s - SLOPE for -0.65 < s < 1/2; errors relative to lgamma.
NEAR_TWO = (
    (  # 2**-58.3
        5.110137512588708e-18,
        0.32246703342411326,
        -0.06735230105319816,
        0.020580808427776414,
        -0.007385551028672556,
        0.0028905103312237687,
        -0.0011927539115194222,
        0.000509669511733947,
        -0.00022315476797180918,
        9.94577026476709e-05,
        -4.49260471885609e-05,
        2.050559312542275e-05,
        -9.441476035789438e-06,
        4.383118520509171e-06,
        -2.027254636016167e-06,
        9.308211574079414e-07,
        -4.908271424053707e-07,
        2.485205906692893e-07,
        -2.2279854058626996e-08,
        3.1902589397573697e-08,
        -8.625775217292575e-08,
    ),
    (  # 2**-27.9
        7.044028915714762e-09,
        0.32246705889701843,
        -0.06735233217477798,
        0.020579729229211807,
        -0.00738542852923274,
        0.002903006039559841,
        -0.001189062837511301,
        0.00045471391058526933,
        -0.0002502139250282198,
        0.0001869034895207733,
    ),
)

# log(2 pi)/2 - 1/2 as a sum of two numbers.
STIRLING = (
    (0.4189385332046727, 1.6728209650585413e-17),
    (0.418938547372818, -1.4168144879533884e-08),
)

# y (lgamma(y) - (y - 1/2) log(y) + y - log(2 pi)/2) in 1/y**2, for y > 5/2; errors relative to
# lgamma.
STIRLING_SERIES = (
    (  # 2**-55.5
        0.0833333333332977,
        -0.0027777777670747,
        0.0007936495934448023,
        -0.0005951673213534334,
        0.0008392022857680061,
        -0.0018564170385705853,
        0.0053718844509876495,
        -0.016274665867248825,
        0.04134528508686709,
        -0.07095035677922923,
        0.05862336866301016,
    ),
    (  # 2**-32.0
        0.08333329856395721,
        -0.002776059089228511,
        0.0007641589036211371,
        -0.00036815126077272,
    ),
)

OVERFLOW = (2.5599833278516383e305, 4.085003108497519e36)
"""Beyond, lgamma is infinite."""

LARGEST = (1.7976931348623157e308, 3.4028234663852886e38)


def _log(x: Number) -> tuple[Number, Number]:
    """The logarithm of a positive finite number, as a sum of two."""
    k, m = split(x)
    f = m - 1.0
    log2, log2_low = x.e.pick(LOG2_F64, LOG2_F32)
    total = fma(k, log2, f)
    error = f - fma(-k, log2, total)
    return total, fma(k, log2_low, error) - tail(f, x.e.pick(LOG_F64, LOG_F32))


@elementary
def lgamma(x: Number) -> Rare:
    e = x.e
    log, log_low = _log(where(x < 0.5, fma(x, x, x), x))
    # Below 5/2: lgamma(x) = lgamma(x + 1) - log(x), once or twice, so that 2 + s is near 2.
    s = where(x < 1.35, where(x < 0.5, x, x - 1.0), x - 2.0)
    slope = e.pick(*SLOPE)
    near = x < 1.35
    start = where(near, -log, 0.0)
    first = fma(s, slope, start)
    first_low = fma(s, slope, start - first) - where(near, log_low, 0.0)
    # The terms cancel around the minimum at 1.46: the square's with its errors, too.
    low, curvature, *coefficients = e.pick(*NEAR_TWO)
    half, half_low = two_product(s, curvature)
    square, square_low = two_product(s, half)
    small, error = fast_two_sum(first, square)
    rest = fma(s * s, estrin(s, coefficients), half_low + low)
    small_low = fma(s, rest, square_low + (error + first_low))
    # (x - 1/2) (log(x) - 1) + STIRLING + a series.
    less, error = fast_two_sum(log, e.number(-1.0))
    factor, inverse = x - 0.5, 1.0 / x
    constant, constant_low = e.pick(*STIRLING)
    product = at_most(factor * less, *LARGEST)
    product_low = fma(factor, less, -product) + factor * (log_low + error)
    series = fma(inverse, estrin(inverse * inverse, e.pick(*STIRLING_SERIES)), constant_low)
    large, error = two_sum(product, e.number(constant))
    large_low = (product_low + series) + error
    middle = x < 2.5
    y = where(middle, small, large) + where(middle, small_low, large_low)
    y = where((x > e.pick(*OVERFLOW)) | (x == 0.0), math.inf, where(x == -math.inf, x, y))
    return Rare(y, (x < 0.0) & (x > -math.inf), "lgamma")


# The positive root of digamma, and the same less 1, each as a sum of two numbers.
ROOT = ((1.4616321449683622, 9.549995429965697e-17), (1.4616321325302124, 1.243815006546356e-08))
ROOT_LESS_ONE = (
    (0.46163214496836236, -1.5522348162858677e-17),
    (0.4616321325302124, 1.243815006546356e-08),
)

# digamma(ROOT + d)/d for 1 <= ROOT + d <= 2; relative errors.
NEAR_ROOT = (
    (  # 2**-54.7
        0.9676722454476212,
        -0.4427631689835921,
        0.2584997609556208,
        -0.16394270544240008,
        0.10782405069569848,
        -0.07219956125876414,
        0.04880428791064881,
        -0.03316112628831339,
        0.022597655618358376,
        -0.015424772697604462,
        0.010538667303183976,
        -0.007204398860140541,
        0.004928064440408631,
        -0.003371416395115923,
        0.0022968566293850036,
        -0.001565039748228507,
        0.001111355623568733,
        -0.0007920953733132102,
        0.00043386630115872164,
        -0.00020158497836740067,
        0.00029670042366230327,
        -0.00035619671528375256,
        0.0001462618667520422,
    ),
    (  # 2**-25.8
        0.9676722288131714,
        -0.44276317954063416,
        0.2585018575191498,
        -0.1639413982629776,
        0.10778314620256424,
        -0.07225769758224487,
        0.049061138182878494,
        -0.03233617544174194,
        0.02192814275622368,
        -0.01984751783311367,
        0.012461284175515175,
    ),
)

# y**2 (log(y) - 1/(2 y) - digamma(y)) in 1/y**2, for y > 2; errors relative to digamma.
LOGARITHMIC_SERIES = (
    (  # 2**-56.0
        0.08333333333328401,
        -0.008333333314394608,
        0.003968251290418953,
        -0.004166467379850018,
        0.007566594075987573,
        -0.02080641550136801,
        0.07682099595156165,
        -0.32894854883323915,
        1.4043940982711556,
        -5.300414118566539,
        16.21868991905589,
        -37.490472139028945,
        60.53704118801484,
        -60.37404909679206,
        27.86337018180348,
    ),
    (  # 2**-31.2
        0.08333320915699005,
        -0.008326869457960129,
        0.0038488551508635283,
        -0.003084986936300993,
        0.0019302950240671635,
    ),
)

# (pi/tan(pi r) - 1/r)/r in r**2, for |r| < 1/2; errors absolute, of that times r**2.
COTANGENT = (
    (  # 2**-54.7
        -3.2898681336964155,
        -2.164646467435625,
        -2.034686122300779,
        -2.0081548176003547,
        -2.00198522385308,
        -2.000586772113734,
        -1.998573321994309,
        -2.017802726406319,
        -1.8550697661643922,
        -2.841057185985528,
        1.4225016193404176,
        -11.410748314276223,
        14.132628403672802,
        -16.084568376345867,
    ),
    (  # 2**-28.0
        -3.2898693084716797,
        -2.1645314693450928,
        -2.038473129272461,
        -1.949601650238037,
        -2.4774491786956787,
        0.04297623410820961,
        -6.124171733856201,
    ),
)


@elementary
def digamma(x: Number) -> Number:
    """For negative arguments by reflection: the error is relative to the largest term."""
    e = x.e
    left, magnitude = x < 0.0, abs(x)
    y = where(left, 1.0 - x, x)
    # digamma(y) in y < 2, or digamma(x + 1) where |x| < 1, at a distance from the root.
    shifted = magnitude < 1.0
    (root, root_low), (less, less_low) = e.pick(*ROOT), e.pick(*ROOT_LESS_ONE)
    d = (magnitude - where(shifted, less, root)) - where(shifted, less_low, root_low)
    slope, *coefficients = e.pick(*NEAR_ROOT)
    small = d * slope
    small_low = fma(d * d, estrin(d, coefficients), fma(d, slope, -small))
    # log(y) - 1/(2 y) - a series.
    inverse = 1.0 / y
    log, log_low = _log(y)
    series = estrin(inverse * inverse, e.pick(*LOGARITHMIC_SERIES))
    large_low = fma(-inverse, fma(inverse, series, 0.5), log_low)
    near = shifted | (y < 2.0)
    # Less 1/x on the way from x + 1 to x, less pi/tan(pi x) in the reflection.
    r = where(left, x - rint(x), x)
    pole = 1.0 / r
    cotangent = where(left, r * estrin(r * r, e.pick(*COTANGENT)), 0.0)
    pole_low = fma(fma(-pole, r, 1.0), pole, cotangent)
    finite = abs(pole) < 2.0**100
    pole_low = where(shifted | left, where(finite, pole_low, 0.0), 0.0)
    pole = where(shifted | left, pole, 0.0)
    total, error = two_sum(where(near, small, log), -pole)
    total = total + (error + (where(near, small_low, large_low) - pole_low))
    total = where(abs(pole) == math.inf, -pole, total)
    return where(x == math.inf, x, where(left & (r == 0.0), math.nan, total))
