"""Pointwise special functions: SciPy's are the reference.

DLMF is the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import IRError, NoDerivative
from ..graph import Value
from ..op import Op, Partial, const, pointwise
from ..types import ArrayType
from .logic import gt, logical_and, lt, where
from .pointwise import abs_, cos, exp, floor, rint, sin
from .scalar import elementary, scipy, special


def by_scipy(
    name: str, *partials: Partial, lower: Any = None, domain: tuple[float, float], doc: str = ""
) -> Op:
    """A row whose reference and lowering are SciPy's function of the same name."""
    code = special(name) if lower is None else lower
    return pointwise(
        name, _in_double(name), *partials, lower=code, singular=True, domain=domain, doc=doc
    )


def _in_double(name: str) -> Callable[..., Any]:
    """SciPy's function for doubles; for floats its loops differ in the last digits only."""

    def reference(*xs: Any) -> Any:
        y = scipy(name)(*[np.asarray(x, np.float64) for x in xs])
        with np.errstate(all="ignore"):
            return np.asarray(y).astype(np.asarray(xs[0]).dtype)

    return reference


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Horner's rule; the constant term comes first."""
    y: Value = const(coefficients[-1], x.dtype)
    for coefficient in reversed(coefficients[:-1]):
        y = y * x + coefficient
    return y


# --- the error function and its relatives ---------------------------------------------------


def _gauss(x: Value) -> Value:
    """The derivative of erf."""
    return (2.0 / math.sqrt(math.pi)) * exp(-(x * x))


erf = pointwise("erf", scipy("erf"), lambda x, y: _gauss(x), lower=elementary("erf"))
erfc = pointwise("erfc", scipy("erfc"), lambda x, y: -_gauss(x), lower=elementary("erfc"))

# erfcx(x) = (1 - 1/(2 x**2) + 1*3/(2 x**2)**2 - ...) / (x sqrt(pi)), DLMF 7.12.1: the terms of
# its derivative, times sqrt(pi) x**2, in 1/x**2.
_ERFCX_SLOPE = [
    (-1.0) ** (m + 1) * (2 * m + 1) * math.prod((2 * j + 1) / 2 for j in range(m))
    for m in range(17)
]


def _erfcx_partial(x: Value, y: Value) -> Value:
    # The terms of 2 x y - 2/sqrt(pi) cancel for large x.
    far = gt(x, 8.0)
    z = 1.0 / where(far, x, 8.0)
    series = (z * z) * polynomial(z * z, _ERFCX_SLOPE) / math.sqrt(math.pi)
    return where(far, series, 2.0 * x * y - 2.0 / math.sqrt(math.pi))


erfcx = by_scipy("erfcx", _erfcx_partial, domain=(-2.0, 10.0), doc="exp(x**2) erfc(x).")


def _erfinv_code(e: Any, x: Any) -> Any:
    # Outside, SciPy's code may ask Python whether to raise, for which it would need the GIL.
    inside = e.compare("<=", e.absolute(x), e.number(x, 1.0))
    y = e.special("erfinv", e.b.select(inside, x, e.number(x, 0.0)))
    return e.b.select(inside, y, e.number(x, math.nan))


erfinv = by_scipy(
    "erfinv",
    lambda x, y: (math.sqrt(math.pi) / 2.0) * exp(y * y),
    lower=_erfinv_code,
    domain=(-0.9, 0.9),
)
erfcinv = by_scipy(
    "erfcinv", lambda x, y: -(math.sqrt(math.pi) / 2.0) * exp(y * y), domain=(0.1, 1.9)
)
ndtri = by_scipy(
    "ndtri",
    lambda x, y: math.sqrt(2.0 * math.pi) * exp(0.5 * (y * y)),
    domain=(0.05, 0.95),
    doc="The inverse of the normal distribution function.",
)

# --- gamma and digamma ----------------------------------------------------------------------

lgamma: Op = pointwise(
    "lgamma",
    scipy("gammaln"),
    lambda x, y: digamma(x),
    singular=True,
    lower=elementary("lgamma"),
    domain=(0.3, 4.0),
    doc="log |gamma(x)|.",
)
digamma: Op = pointwise(
    "digamma",
    scipy("digamma"),
    lambda x, y: polygamma(x),
    singular=True,
    lower=elementary("digamma"),
    domain=(0.3, 4.0),
)

HIGHEST_ORDER = 6
"""Derivatives of digamma beyond this one are errors."""


def _polygamma_type(x: ArrayType, order: int = 1) -> ArrayType:
    if x.dtype.kind != "f":
        raise IRError(f"polygamma is not defined for {x.dtype}")
    if not 1 <= order <= HIGHEST_ORDER:
        raise IRError(f"polygamma of order {order} is not known")
    return x


def _polygamma_reference(x: Any, order: int = 1) -> Any:
    return np.asarray(scipy("polygamma")(order, x)).astype(np.asarray(x).dtype)


def _next_order(x: Value, y: Value) -> Value:
    order = dict(y.attrs).get("order", 1) + 1
    if order > HIGHEST_ORDER:
        raise NoDerivative(f"digamma's derivatives are known to order {HIGHEST_ORDER}")
    return polygamma(x, order=order)


polygamma: Op = pointwise(
    "polygamma",
    _polygamma_reference,
    _next_order,
    singular=True,
    lower=lambda e, x, order=1: e.elementary(f"polygamma{order}", x),
    infer=_polygamma_type,
    domain=(0.3, 4.0),
    doc="The derivative of digamma, the first one unless `order` says otherwise.",
)
gamma = by_scipy("gamma", lambda x, y: y * digamma(x), domain=(0.3, 4.0))


def _sine_and_cosine_of_pi(x: Value) -> tuple[Value, Value]:
    whole = rint(x)
    odd = whole - 2.0 * floor(0.5 * whole)
    sign, angle = 1.0 - 2.0 * odd, math.pi * (x - whole)
    return sign * sin(angle), sign * cos(angle)


def _rgamma_partial(x: Value, y: Value) -> Value:
    # Below 1/2 the derivative of the reflection formula 1/gamma(x) = sin(pi x) gamma(1 - x)/pi
    # (DLMF 5.5.3), which holds at the poles of gamma, too.
    left = lt(x, 0.5)
    z = where(left, 1.0 - x, 1.0)
    sine, cosine = _sine_and_cosine_of_pi(where(left, x, 0.0))
    reflected = gamma(z) * (cosine - sine * digamma(z) / math.pi)
    return where(left, reflected, -(y * digamma(x)))


rgamma = by_scipy("rgamma", _rgamma_partial, domain=(-2.8, 4.0), doc="1 / gamma(x).")

# Nodes and weights of Gauss and Legendre's rule (Abramowitz and Stegun 25.4.30), on [-1, 1].
_INNER, _OUTER = (math.sqrt(5.0 + sign * 2.0 * math.sqrt(10.0 / 7.0)) / 3.0 for sign in (-1, 1))
_MORE, _LESS = ((322.0 + sign * 13.0 * math.sqrt(70.0)) / 900.0 for sign in (1, -1))
_RULE = (
    (0.0, 128.0 / 225.0), (_INNER, _MORE), (-_INNER, _MORE), (_OUTER, _LESS), (-_OUTER, _LESS),
)  # fmt: skip


def digamma_step(x: Value, d: Value) -> Value:
    """digamma(x + d) - digamma(x), to full precision where the two cancel."""
    close = logical_and(gt(x, 0.0), lt(abs_(d), 0.1 * x))
    base, width = where(close, x, 1.0), where(close, d, 0.0)
    # The integral of the derivative, whose pole is ten widths away.
    total: Value | float = 0.0
    for node, weight in _RULE:
        total = total + 0.5 * weight * polygamma(base + 0.5 * (node + 1.0) * width)
    return where(close, width * total, digamma(x + d) - digamma(x))


beta = by_scipy(
    "beta",
    lambda a, b, y: -(y * digamma_step(a, b)),
    lambda a, b, y: -(y * digamma_step(b, a)),
    domain=(0.3, 4.0),
)
betaln = by_scipy(
    "betaln",
    lambda a, b, y: -digamma_step(a, b),
    lambda a, b, y: -digamma_step(b, a),
    domain=(0.3, 4.0),
    doc="log |beta(a, b)|.",
)
poch = by_scipy(
    "poch",
    lambda a, m, y: y * digamma_step(a, m),
    lambda a, m, y: y * digamma(a + m),
    domain=(0.3, 4.0),
    doc="gamma(a + m) / gamma(a). At its arguments' poles the derivatives are NaN.",
)

_STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
)  # fmt: skip


def stirling(x: Value) -> Value:
    """lgamma(x) less (x - 1/2) log(x) - x + log(2 pi)/2, for x >= 9 (DLMF 5.11.1)."""
    z = 1.0 / x
    return z * polynomial(z * z, _STIRLING)
