"""The error function and its complement."""

from __future__ import annotations

from .definitions import elementary
from .exponential import EXP_F32, EXP_F64, at_most, reduce, scaled
from .lanes import Number, copysign, estrin, fast_two_sum, fma, power_of_two, where

# erf(sqrt(z))/sqrt(z) - 1 for 0 < z < 1; errors relative to erf.
ERF_SMALL = (
    (  # 2**-56.0
        0.12837916709551256,
        -0.37612638903183343,
        0.1128379167093695,
        -0.02686617064195915,
        0.00522397759673622,
        -0.000854832548503476,
        0.00012055280498434224,
        -1.4924465692905643e-05,
        1.6444151452138996e-06,
        -1.6183999616814995e-07,
        1.3616742590705515e-08,
        -7.60790439546132e-10,
    ),
    (  # 2**-29.4
        0.12837916612625122,
        -0.3761262595653534,
        0.11283578723669052,
        -0.026853347197175026,
        0.005187162198126316,
        -0.0007997853099368513,
        7.806903158780187e-05,
    ),
)

# -log(erfc(1 + u)) for 0 < u < 5 (3 in f32); errors of erfc by it, relative to erf.
ERF_LARGE = (
    (  # 2**-57.0
        1.8496055099332482,
        2.6389675142347837,
        0.8431072563591074,
        0.04156109803019499,
        -0.010033825225569351,
        0.001977901473138656,
        -0.00023731737024000268,
        -2.629398740701505e-05,
        2.7194818764581254e-05,
        -9.666033358205614e-06,
        2.126902019228021e-06,
        -2.0131884937714257e-07,
        -5.978442429368879e-08,
        3.404009939560593e-08,
        -8.685026103730932e-09,
        1.3473337179305949e-09,
        -1.221733687168936e-10,
        4.993908904691465e-12,
    ),
    (  # 2**-26.7
        1.8496055603027344,
        2.638962745666504,
        0.8431723117828369,
        0.04126551002264023,
        -0.009469273500144482,
        0.0015061699086800218,
        -0.00010143207327928394,
    ),
)

# erf(sqrt(z))/sqrt(z) - 1 for 0 < z < 9/16; errors relative to erfc.
ERFC_SMALL = (
    (  # 2**-60.5
        0.12837916709551256,
        -0.3761263890318353,
        0.11283791670945637,
        -0.02686617064322491,
        0.005223977603943864,
        -0.000854832552930496,
        0.00012055265771263283,
        -1.4923653279634952e-05,
        1.642307745046532e-06,
        -1.588037182891828e-07,
        1.1271565108468685e-08,
    ),
    (  # 2**-29.7
        0.12837915122509003,
        -0.3761257231235504,
        0.11282935738563538,
        -0.026817258447408676,
        0.005084149073809385,
        -0.0006557548185810447,
    ),
)

# (1 + 2x) exp(x**2) erfc(x) - 5/4 as a function of t = (x - K)/(x + K), for 3/4 < x < 28 (10.5
# in f32); errors relative to erfc.
CENTRE = (4.0, 2.0)  # K
ERFC_LARGE = (
    (  # 2**-57.2
        -0.017004881374447497,
        -0.1396211168405624,
        0.01537965210262208,
        0.06809705425467104,
        -0.1010390660364675,
        0.0937328349993409,
        -0.06633036580778516,
        0.03716751551706748,
        -0.01619773411851777,
        0.0050319702083628255,
        -0.0007577728153487414,
        -0.00019925826174198885,
        0.00015061945987965178,
        -2.4392490754217e-05,
        -1.121574495783449e-05,
        5.691342540580138e-06,
        2.834955223351847e-07,
        -7.941277419402084e-07,
        8.290640377385775e-08,
        7.938279718162683e-08,
        -1.8895500573633792e-08,
    ),
    (  # 2**-28.7
        0.026978379115462303,
        -0.09276380389928818,
        -0.16603010892868042,
        0.1640496402978897,
        -0.05422629043459892,
        -0.008005233481526375,
        0.008761761710047722,
        0.0010808586375787854,
        -0.0014877443900331855,
    ),
)


@elementary
def erf(x: Number) -> Number:
    a = abs(x)
    z = a * a
    small = fma(a, estrin(z, x.e.pick(*ERF_SMALL)), a)
    # 1 - exp(-g), where g is 37 or more once erf is 1 (17 in f32).
    g = estrin(at_most(a, 6.0, 4.0) - 1.0, x.e.pick(*ERF_LARGE))
    at = reduce(-g)
    r = at.high - at.low
    q = estrin(r, x.e.pick(EXP_F64, EXP_F32))
    power = power_of_two(at.shifted)
    large = fma(-power, fma(r * r, q, r), 1.0 - power)
    return copysign(where(a > 1.0, large, small), x)


@elementary
def erfc(x: Number) -> Number:
    # Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x**2) erfc(x)", 1981.
    a = at_most(abs(x), 28.0, 10.5)
    centre = x.e.pick(*CENTRE)
    shifted, (double, double_low) = a + centre, fast_two_sum(2.0 * a, x.e.number(1.0))
    inverse = 1.0 / (shifted * double)
    t = (a - centre) * (inverse * double)
    top, top_low = fast_two_sum(x.e.number(1.25), estrin(t, x.e.pick(*ERFC_LARGE)))
    inverse = inverse * shifted
    quotient = top * inverse
    quotient_low = (fma(-quotient, double, top) + fma(-quotient, double_low, top_low)) * inverse
    # exp(-x**2) as a sum of two numbers, less its power of two.
    square = a * a
    at = reduce(-square)
    low = at.low + fma(a, a, -square)
    r = at.high - low
    one, error = fast_two_sum(x.e.number(1.0), at.high)
    power_low = fma(r * r, estrin(r, x.e.pick(EXP_F64, EXP_F32)), error - low)
    product = fma(one, quotient, fma(one, quotient_low, power_low * quotient))
    large = scaled(product, at.shifted)
    large = where(x < 0.0, 2.0 - large, large)
    # 1 - x - x P(x**2).
    total, error = fast_two_sum(x.e.number(1.0), -x)
    z = x * x
    small = total + fma(-x, estrin(z, x.e.pick(*ERFC_SMALL)), error)
    return where(a < 0.75, small, large)
