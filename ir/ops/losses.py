"""Power transforms, relative entropies and losses: rows of SciPy's functions."""

from __future__ import annotations

import math

from ..graph import Value
from ..op import Masked
from .logic import eq, ge, gt, logical_and, lt, where
from .pointwise import abs_, exp, hypot, log, log1p, pow_, sign
from .special import by_scipy, polynomial

# --- power transforms -----------------------------------------------------------------------

# The derivative of (exp(x) - 1)/x is the sum of x**k / (k! (k + 2)).
_EXPREL_SLOPE = [1.0 / (math.factorial(k) * (k + 2)) for k in range(20)]


def _exprel_slope(x: Value, y: Value) -> Value:
    near = lt(abs_(x), 1.0)
    far = where(near, 1.0, x)
    series = polynomial(where(near, x, 0.0), _EXPREL_SLOPE)
    return where(near, series, (exp(far) - y) / far)


exprel = by_scipy("exprel", _exprel_slope, domain=(-3.0, 3.0), doc="(exp(x) - 1) / x.")


def _by_power(logarithm: Value, power: Value) -> Value:
    """The derivative of (exp(power * logarithm) - 1) / power by the power."""
    exponent = power * logarithm
    return logarithm * logarithm * _exprel_slope(exponent, exprel(exponent))


boxcox = by_scipy(
    "boxcox",
    lambda x, z, y: pow_(x, z - 1.0),
    lambda x, z, y: _by_power(log(x), z),
    domain=(0.3, 3.0),
    doc="(x**z - 1) / z; log(x) where z is 0.",
)
boxcox1p = by_scipy(
    "boxcox1p",
    lambda x, z, y: exp((z - 1.0) * log1p(x)),
    lambda x, z, y: _by_power(log1p(x), z),
    domain=(0.3, 3.0),
    doc="boxcox of 1 + x.",
)

# The derivative of log(1 + x)/x is the sum of (-x)**k (k + 1)/(k + 2), times -1.
_LOG_SLOPE = [-((-1.0) ** k) * (k + 1) / (k + 2) for k in range(15)]


def _by_inverse_power(x: Value, z: Value) -> Value:
    """The derivative of log(1 + z x)/z by z."""
    u = z * x
    near = lt(abs_(u), 0.05)
    far = where(near, 1.0, u)
    series = polynomial(where(near, u, 0.0), _LOG_SLOPE)
    return x * x * where(near, series, (far / (1.0 + far) - log1p(far)) / (far * far))


inv_boxcox = by_scipy(
    "inv_boxcox",
    lambda x, z, y: y / (1.0 + z * x),
    lambda x, z, y: y * _by_inverse_power(x, z),
    domain=(0.3, 2.0),
    doc="(1 + z x)**(1/z); exp(x) where z is 0.",
)
inv_boxcox1p = by_scipy(
    "inv_boxcox1p",
    lambda x, z, y: (1.0 + y) / (1.0 + z * x),
    lambda x, z, y: (1.0 + y) * _by_inverse_power(x, z),
    domain=(0.3, 2.0),
    doc="inv_boxcox less 1.",
)

# --- relative entropies ---------------------------------------------------------------------


def _close(ratio: Value) -> Value:
    return logical_and(gt(ratio, 0.5), lt(ratio, 2.0))


def _log_ratio(x: Value, z: Value) -> Value:
    """log(x / z), to full precision where the two are close."""
    ratio = x / z
    close = _close(ratio)
    near = log1p(where(close, x - z, 0.0) / where(close, z, 1.0))
    plain = logical_and(gt(ratio, 0.0), lt(ratio, math.inf))
    return where(close, near, where(plain, log(ratio), log(x) - log(z)))


def _positive(x: Value, z: Value) -> Value:
    return logical_and(gt(x, 0.0), ge(z, 0.0))


def _one_less_ratio(x: Value, z: Value) -> Value:
    ratio = where(eq(x, 0.0), 0.0, x / z)
    close = _close(ratio)
    return where(close, (z - x) / where(close, z, 1.0), 1.0 - ratio)


rel_entr = by_scipy(
    "rel_entr",
    lambda x, z, y: Masked(1.0 + _log_ratio(x, z), _positive(x, z)),
    lambda x, z, y: Masked(-(x / z), _positive(x, z)),
    domain=(0.3, 3.0),
    doc="x log(x / z). The derivative by x at 0 is 0, as that of entr.",
)
kl_div = by_scipy(
    "kl_div",
    lambda x, z, y: Masked(_log_ratio(x, z), _positive(x, z)),
    lambda x, z, y: Masked(_one_less_ratio(x, z), logical_and(ge(x, 0.0), ge(z, 0.0))),
    domain=(0.3, 3.0),
    doc="x log(x / z) - x + z. The derivative by x at 0 is 0, as that of entr.",
)

# --- losses ---------------------------------------------------------------------------------


def _by_delta(x: Value, z: Value) -> Value:
    # With s = sqrt(1 + (z/x)**2) it is x (s - 1)**2 / s.
    size = abs_(z)
    ratio = x / size
    root = hypot(ratio, 1.0)
    total = ratio + root
    return size / (total * total * root)


def _by_residual(x: Value, z: Value) -> Value:
    # z / sqrt(1 + (z/x)**2), by the smaller one of the two ratios.
    far = gt(abs_(z), x)
    near = where(far, 0.0, z)
    beyond = sign(z) * x / hypot(x / where(far, z, 1.0), 1.0)
    return where(far, beyond, near / hypot(near / x, 1.0))


pseudo_huber = by_scipy(
    "pseudo_huber",
    lambda x, z, y: Masked(_by_delta(x, z), ge(x, 0.0)),
    lambda x, z, y: Masked(_by_residual(x, z), ge(x, 0.0)),
    domain=(0.3, 3.0),
    doc="x**2 (sqrt(1 + (z/x)**2) - 1).",
)
