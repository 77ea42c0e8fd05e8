"""Derivatives of the digamma function."""

from __future__ import annotations

import math

from .definitions import elementary
from .exponential import at_least
from .gamma import COTANGENT
from .lanes import Number, estrin, fma, horner, rint, where

ORDERS = range(1, 7)
"""The derivatives of digamma that there are."""

# How many terms are summed, and how many of the Euler-Maclaurin series then added.
TERMS = (8, 4)
SERIES = (10, 4)

# B(2 j) / (2 j)! for j = 1 ..., B being Bernoulli's numbers.
BERNOULLI = tuple(
    number / math.factorial(2 * j)
    for j, number in enumerate(
        (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510,
         43867 / 798, -174611 / 330),
        start=1,
    )
)  # fmt: skip


def _power(x: Number, exponent: int, scale: float = 1.0) -> Number:
    y = x if scale == 1.0 else scale * x
    for _ in range(exponent - 1):
        y = y * x
    return y


def _inverse_power(x: Number, exponent: int, scale: float) -> Number:
    # Divided once, at the end, unless x**exponent would overflow while the result matters.
    if x.e.double or exponent <= 4:
        return scale / _power(x, exponent)
    return _power(1.0 / x, exponent, scale)


def _zeta(s: int, y: Number, scale: float) -> Number:
    """The sum of scale * (y + k)**-s over k >= 0, for y >= 0."""
    terms, count = y.e.pick(*TERMS), y.e.pick(*SERIES)
    # (y + terms)**-s and all that follow: Euler-Maclaurin.
    w = 1.0 / (y + float(terms))
    series = [math.prod(range(s, s + 2 * j + 1)) * BERNOULLI[j] for j in range(count)]
    rest = horner(w, [1 / (s - 1), 0.5]) + w * w * horner(w * w, series)
    middle = _inverse_power(y + float(terms - 1), s, scale)
    for k in reversed(range(1, terms - 1)):  # the smallest first
        middle = middle + _inverse_power(y + float(k), s, scale)
    return fma(_power(w, s - 1, scale), rest, middle) + _inverse_power(y, s, scale)


def _derivative_of_cotangent(order: int) -> list[float]:
    """The derivative of C = pi cot(pi x) as a polynomial in C, by C' = -(pi**2 + C**2)."""
    found = [0.0, 1.0]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(found)][1:]
        found = [0.0] * (len(slope) + 2)
        for k, c in enumerate(slope):
            found[k] -= math.pi**2 * c
            found[k + 2] -= c
    return found


def _define(order: int) -> None:
    def polygamma(x: Number) -> Number:
        """For negative arguments by reflection: the error is relative to the largest term."""
        x = at_least(x, -1e30, -1e30)
        left = x < 0.0
        scale = math.factorial(order) * (-1.0) ** (order + 1)
        y = _zeta(order + 1, abs(where(left, 1.0 - x, x)), scale)
        r = x - rint(x)
        c = 1.0 / r + r * estrin(r * r, x.e.pick(*COTANGENT))
        odd = (order + 1) % 2
        derivative = horner(c * c, _derivative_of_cotangent(order)[odd::2])
        if odd:
            derivative = derivative * c
        return where(left, (y if order % 2 == 0 else -y) - derivative, y)

    polygamma.__name__ = f"polygamma{order}"
    elementary(polygamma)


for _order in ORDERS:
    _define(_order)
