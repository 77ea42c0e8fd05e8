"""Incomplete gamma and beta functions, and Student's distribution, by their upper limit.

The derivatives by the other arguments are not known. The densities are those of the gamma and
beta distributions; for large parameters they are computed in the form of C. Loader, "Fast and
accurate computation of binomial probabilities" (2000), whose terms do not cancel.
"""

from __future__ import annotations

import math
from typing import Any

from ..graph import Value
from ..op import Unknown
from .logic import ge, gt, logical_and, lt, minimum, where
from .pointwise import abs_, exp, log, log1p, pow_, sqrt
from .special import beta, by_scipy, poch, rgamma, stirling

LARGE = 10.0
"""Parameters from which on Stirling's series is used."""


def gamma_density(a: Value, x: Value) -> Value:
    """x**(a - 1) exp(-x) / gamma(a), the derivative of gammainc by x, for a, x >= 0."""
    large = logical_and(ge(a, LARGE), gt(x, 1.0))
    # exp(-x) is 0 long before the power overflows.
    plain = pow_(minimum(x, 1e4), a - 1.0) * exp(-x) * rgamma(a)
    n, z = where(large, a - 1.0, LARGE), where(large, x, LARGE)
    m = (z - n) / n
    exponent = n * (log1p(m) - m) - stirling(n)
    # m - log1p(m) is NaN at infinity.
    y = where(lt(z, math.inf), exp(exponent) / sqrt(2.0 * math.pi * n), 0.0)
    return where(large, y, plain)


def beta_density(a: Value, b: Value, x: Value) -> Value:
    """x**(a - 1) (1 - x)**(b - 1) / beta(a, b), the derivative of betainc by x."""
    large = logical_and(ge(a, LARGE), ge(b, LARGE))
    inside = logical_and(large, logical_and(gt(x, 0.0), lt(x, 1.0)))
    # Where both are large the beta function may underflow.
    small_a, small_b = where(large, 1.0, a), where(large, 1.0, b)
    plain = pow_(x, small_a - 1.0) * pow_(1.0 - x, small_b - 1.0) / beta(small_a, small_b)
    p, q = where(inside, a - 1.0, LARGE), where(inside, b - 1.0, LARGE)
    z = where(inside, x, 0.5)
    m = p + q
    off = q * z - p * (1.0 - z)
    exponent = p * log1p(off / p) + q * log1p(-off / q)
    exponent = exponent + (stirling(m) - stirling(p) - stirling(q))
    y = (m + 1.0) * sqrt(m / p / q / (2.0 * math.pi)) * exp(exponent)
    return where(large, where(inside, y, 0.0), plain)


def student_exponent(df: Value, x: Value) -> Value:
    """The logarithm of (1 + x**2/df)**(-(df + 1)/2)."""
    u = abs_(x / sqrt(df))
    far = gt(u, 1e10)  # the square may overflow
    near = where(far, 0.0, u)
    return -(0.5 * df + 0.5) * where(far, 2.0 * log(where(far, u, 1.0)), log1p(near * near))


def student_density(df: Value, x: Value) -> Value:
    """The density of Student's distribution."""
    finite = lt(df, math.inf)
    n = where(finite, df, 1.0)
    scale = poch(0.5 * n, 0.5) / sqrt((0.5 * math.tau) * n)
    normal = exp(-0.5 * (x * x)) / math.sqrt(math.tau)
    return where(finite, scale * exp(student_exponent(n, x)), normal)


# --- rows -----------------------------------------------------------------------------------
# Outside of the domain the code behind these may ask Python whether to raise, for which it
# would need the GIL; it is called inside only.


def _betainc_code(name: str) -> Any:
    def lower(e: Any, a: Any, b: Any, x: Any) -> Any:
        zero, one, infinity = (e.number(x, number) for number in (0.0, 1.0, math.inf))
        total = e.b.fadd(a, b)
        inside = e.compare(">=", x, zero)
        for condition in (
            e.compare("<=", x, one),
            e.compare(">=", a, zero),
            e.compare(">=", b, zero),
            e.compare(">", total, zero),
            e.b.or_(e.compare("<", a, infinity), e.compare("<", b, infinity)),
        ):
            inside = e.b.and_(inside, condition)
        y = e.special(name, *[e.b.select(inside, z, one) for z in (a, b, x)])
        return e.b.select(inside, y, e.number(x, math.nan))

    return lower


def _by(letter: str, name: str) -> Unknown:
    return Unknown(f"the derivative of scipy.special.{name} by {letter}")


gammainc = by_scipy(
    "gammainc",
    _by("a", "gammainc"),
    lambda a, x, y: gamma_density(a, x),
    domain=(0.3, 4.0),
)
gammaincc = by_scipy(
    "gammaincc",
    _by("a", "gammaincc"),
    lambda a, x, y: -gamma_density(a, x),
    domain=(0.3, 4.0),
)
betainc = by_scipy(
    "betainc",
    _by("a", "betainc"),
    _by("b", "betainc"),
    lambda a, b, x, y: beta_density(a, b, x),
    lower=_betainc_code("betainc"),
    domain=(0.1, 0.9),
)
betaincc = by_scipy(
    "betaincc",
    _by("a", "betaincc"),
    _by("b", "betaincc"),
    lambda a, b, x, y: -beta_density(a, b, x),
    lower=_betainc_code("betaincc"),
    domain=(0.1, 0.9),
)


def _stdtr_code(e: Any, df: Any, x: Any) -> Any:
    inside = e.b.and_(e.compare(">", df, e.number(x, 0.0)), e.b.fcmp_ordered("ord", x, x))
    y = e.special("stdtr", *[e.b.select(inside, z, e.number(x, 1.0)) for z in (df, x)])
    return e.b.select(inside, y, e.number(x, math.nan))


stdtr = by_scipy(
    "stdtr",
    _by("df", "stdtr"),
    lambda df, x, y: student_density(df, x),
    lower=_stdtr_code,
    domain=(0.3, 4.0),
    doc="The distribution function of Student's t.",
)
