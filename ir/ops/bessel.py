"""Bessel functions, by their argument; the derivatives by the order are not known.

The derivatives are those of DLMF 10.6.1 and 10.29.1, in the form whose terms do not cancel near
0: with the functions of the orders before and behind.
"""

from __future__ import annotations

import math

from ..graph import Value
from ..op import Op, Unknown, const
from .logic import gt, maximum, where
from .pointwise import abs_, sign, sqrt
from .special import by_scipy


def _by_order(name: str) -> Unknown:
    return Unknown(f"the derivative of scipy.special.{name} by its order")


def _second(x: Value) -> Value:
    return const(2.0, x.dtype)


# --- J, Y and K -----------------------------------------------------------------------------

j0: Op = by_scipy("j0", lambda x, y: -j1(x), domain=(-3.0, 8.0))
j1: Op = by_scipy("j1", lambda x, y: 0.5 * (j0(x) - jv(_second(x), x)), domain=(-3.0, 8.0))
jv: Op = by_scipy(
    "jv",
    _by_order("jv"),
    lambda v, x, y: 0.5 * (jv(v - 1.0, x) - jv(v + 1.0, x)),
    domain=(0.3, 4.0),
)
y0: Op = by_scipy("y0", lambda x, y: -y1(x), domain=(0.3, 8.0))
y1: Op = by_scipy("y1", lambda x, y: 0.5 * (y0(x) - yv(_second(x), x)), domain=(0.3, 8.0))
yv: Op = by_scipy(
    "yv",
    _by_order("yv"),
    lambda v, x, y: 0.5 * (yv(v - 1.0, x) - yv(v + 1.0, x)),
    domain=(0.3, 4.0),
)
k0: Op = by_scipy("k0", lambda x, y: -k1(x), domain=(0.3, 4.0))
k1: Op = by_scipy("k1", lambda x, y: -0.5 * (k0(x) + kv(_second(x), x)), domain=(0.3, 4.0))
kv: Op = by_scipy(
    "kv",
    _by_order("kv"),
    lambda v, x, y: -0.5 * (kv(v - 1.0, x) + kv(v + 1.0, x)),
    domain=(0.3, 4.0),
)

# --- I --------------------------------------------------------------------------------------

i0: Op = by_scipy("i0", lambda x, y: i1(x), domain=(-3.0, 4.0))
i1: Op = by_scipy("i1", lambda x, y: 0.5 * (i0(x) + iv(_second(x), x)), domain=(-3.0, 4.0))
iv: Op = by_scipy(
    "iv",
    _by_order("iv"),
    lambda v, x, y: 0.5 * (iv(v - 1.0, x) + iv(v + 1.0, x)),
    domain=(0.3, 4.0),
)

TERMS = 17


def _scaled_slope(v: Value, x: Value, y: Value, near: Value) -> Value:
    """The derivative of ``y = ive(v, x)``, which is ``near`` unless its terms cancel.

    For large |x| that of the asymptotic series of exp(-x) I(x), DLMF 10.40.1. An even or odd
    function of x, it is never negative for positive x: the sign of y is that of the parity.
    """
    size = abs_(x)
    far = gt(size, maximum(v * v, 30.0))
    z = 1.0 / where(far, size, 30.0)
    square = where(far, 4.0 * (v * v), 0.0)
    term: Value = const(1.0, x.dtype)
    total: Value = const(-0.5, x.dtype)
    for k in range(1, TERMS):
        term = term * (((2 * k - 1) ** 2 - square) * (z / (8.0 * k)))
        total = total - (k + 0.5) * term
    slope = total * z * sqrt(z / (2.0 * math.pi))
    return where(far, sign(x) * sign(y) * slope, near)


i0e: Op = by_scipy(
    "i0e",
    lambda x, y: _scaled_slope(const(0.0, x.dtype), x, y, i1e(x) - sign(x) * y),
    domain=(0.3, 4.0),
    doc="exp(-|x|) i0(x). The derivative at 0 is 0.",
)
i1e: Op = by_scipy(
    "i1e",
    lambda x, y: _scaled_slope(
        const(1.0, x.dtype), x, y, 0.5 * (i0e(x) + ive(_second(x), x)) - sign(x) * y
    ),
    domain=(0.3, 4.0),
    doc="exp(-|x|) i1(x).",
)
ive: Op = by_scipy(
    "ive",
    _by_order("ive"),
    lambda v, x, y: _scaled_slope(v, x, y, 0.5 * (ive(v - 1.0, x) + ive(v + 1.0, x)) - sign(x) * y),
    domain=(0.3, 4.0),
    doc="exp(-|x|) iv(v, x).",
)
