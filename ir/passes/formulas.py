"""Functions of complex numbers by real arithmetic: pairs of Values in, pairs out.

Values agree with NumPy's to a few units in the last place, signed zeros on branch cuts included.
Derivatives are taken of the formulas, so a choice is made by ``where`` between expressions that
are equal as functions, or else lies where the function is not differentiable and its derivative
comes out as NaN.

Sources: division, Smith, "Algorithm 116: Complex division" (1962); inverse functions, Kahan,
"Branch cuts for complex elementary functions" (1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..graph import Value
from ..op import const, constant_of
from ..ops import (
    abs_,
    add,
    asinh,
    atan2,
    copysign,
    cos,
    cosh,
    eq,
    exp,
    expm1,
    ge,
    gt,
    hypot,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    logical_and,
    logical_or,
    lt,
    mul,
    ne,
    neg,
    sin,
    sinh,
    sqrt,
    sub,
    tanh,
    where,
)

Pair = tuple[Value, Value]
"""Real and imaginary part."""

FORMULAS: dict[str, Callable[..., Pair | Value]] = {}
"""By the name of a pointwise op: of pairs, its pair, or the Value of a real result."""

MOST_FACTORS = 100
"""Integer exponents below are products, as in NumPy."""


Formula = Callable[..., Pair]


def formula(name: str) -> Callable[[Formula], Formula]:
    def enter(function: Formula) -> Formula:
        FORMULAS[name] = function
        return function

    return enter


# --- arithmetic -----------------------------------------------------------------------------

FORMULAS["add"] = lambda x, z: (add(x[0], z[0]), add(x[1], z[1]))
FORMULAS["sub"] = lambda x, z: (sub(x[0], z[0]), sub(x[1], z[1]))
FORMULAS["neg"] = lambda x: (neg(x[0]), neg(x[1]))


def times(x: Pair, z: Pair) -> Pair:
    return mul(x[0], z[0]) - mul(x[1], z[1]), mul(x[0], z[1]) + mul(x[1], z[0])


FORMULAS["mul"] = times


def over(x: Pair, z: Pair) -> Pair:
    """Smith's division: by the larger part of the divisor, so that nothing overflows early."""
    level = ge(abs_(z[0]), abs_(z[1]))
    large, small = where(level, z[0], z[1]), where(level, z[1], z[0])
    zero = eq(large, 0.0)
    ratio = small / large
    scale = 1.0 / (large + small * ratio)
    real = where(level, x[0] + x[1] * ratio, x[0] * ratio + x[1]) * scale
    imag = where(level, x[1] - x[0] * ratio, x[1] * ratio - x[0]) * scale
    nothing = abs_(z[0])
    return where(zero, x[0] / nothing, real), where(zero, x[1] / nothing, imag)


FORMULAS["div"] = over


def one(like: Value) -> Pair:
    return const(1.0, like.dtype), const(0.0, like.dtype)


@formula("pow")
def power(x: Pair, z: Pair) -> Pair:
    exponent, rest = constant_of(z[0]), constant_of(z[1])
    if exponent is not None and rest is not None and not np.any(rest):
        whole = exponent == np.trunc(exponent)
        if np.all(whole & (np.abs(exponent) < MOST_FACTORS)):
            return _whole_power(x, exponent)
    # What is 0 to some power is a constant here, whose derivative would be a wrong 0.
    zero = logical_and(eq(x[0], 0.0), eq(x[1], 0.0))
    kinked = _kinked(x[0])
    none = logical_and(eq(z[0], 0.0), eq(z[1], 0.0))
    positive = gt(z[0], 0.0)
    unknown = kinked + math.nan
    base = where(zero, 1.0, x[0]), x[1]
    y = exponential(times(z, logarithm(base)))
    at_zero = (
        where(none, 1.0, where(positive, kinked, unknown)),
        where(logical_or(none, positive), kinked, unknown),
    )
    return where(zero, at_zero[0], y[0]), where(zero, at_zero[1], where(none, 0.0, y[1]))


def _kinked(x: Value) -> Value:
    """Zero where ``x`` is, with a derivative of NaN there."""
    return copysign(sqrt(abs_(x)), x)


def _whole_power(x: Pair, exponent: np.ndarray) -> Pair:
    """Powers by squaring, with a factor chosen for each element where exponents differ."""
    count = np.abs(exponent).astype(np.int64)
    y: Pair | None = None
    square = x
    for bit in range(int(np.max(count, initial=0)).bit_length()):
        if bit:
            square = times(square, square)
        taken = (count >> bit) & 1
        if np.all(taken):
            y = square if y is None else times(y, square)
        elif np.any(taken):
            chosen = const(taken.astype(bool))
            before = one(x[0]) if y is None else y
            after = square if y is None else times(y, square)
            y = where(chosen, after[0], before[0]), where(chosen, after[1], before[1])
    y = one(x[0]) if y is None else y
    if not np.any(exponent < 0):
        return y
    inverse = over(one(x[0]), y)
    if np.all(exponent < 0):
        return inverse
    below = const(exponent < 0)
    return where(below, inverse[0], y[0]), where(below, inverse[1], y[1])


# --- exponentials and logarithms ------------------------------------------------------------


@formula("exp")
def exponential(x: Pair) -> Pair:
    # Where exp overflows its product with a cosine need not.
    limit = 700.0 if x[0].dtype.itemsize == 8 else 85.0
    large = gt(x[0], limit)
    size = exp(where(large, x[0] - limit, x[0]))
    scale = where(large, const(math.exp(limit), x[0].dtype), 1.0)
    real, imag = size * cos(x[1]) * scale, size * sin(x[1]) * scale
    return real, where(logical_and(isinf(size), eq(x[1], 0.0)), x[1], imag)


@formula("log")
def logarithm(x: Pair) -> Pair:
    return _log_modulus(x), atan2(x[1], x[0])


def _log_modulus(x: Pair) -> Value:
    """log(abs(x)), without cancellation near the unit circle."""
    modulus = hypot(x[0], x[1])
    near = logical_and(gt(modulus, 0.5), lt(modulus, 2.0))
    level = ge(abs_(x[0]), abs_(x[1]))
    large, small = where(level, x[0], x[1]), where(level, x[1], x[0])
    excess = (large - 1.0) * (large + 1.0) + small * small
    return where(near, 0.5 * log1p(where(near, excess, 0.0)), _log(modulus, x[0], near))


def _log(modulus: Value, real: Value, unused: Value) -> Value:
    """log of a modulus; at 0 its derivative is NaN, where that of `hypot` is 0."""
    return log(where(unused, 1.0, where(eq(modulus, 0.0), _kinked(real), modulus)))


def scaled(x: Pair, factor: float) -> Pair:
    return x[0] * factor, x[1] * factor


FORMULAS["exp2"] = lambda x: exponential(scaled(x, math.log(2.0)))
FORMULAS["log2"] = lambda x: scaled(logarithm(x), 1.0 / math.log(2.0))
FORMULAS["log10"] = lambda x: scaled(logarithm(x), 1.0 / math.log(10.0))


@formula("expm1")
def _expm1(x: Pair) -> Pair:
    half = sin(0.5 * x[1])
    return expm1(x[0]) * cos(x[1]) - 2.0 * half * half, exp(x[0]) * sin(x[1])


@formula("log1p")
def _log1p(x: Pair) -> Pair:
    shifted = x[0] + 1.0
    modulus = hypot(shifted, x[1])
    return _log(modulus, shifted, isnan(modulus)), atan2(x[1], shifted)


@formula("sqrt")
def root(x: Pair) -> Pair:
    """The root with a real part that is not negative; its imaginary part has the sign of x's."""
    sign, right = _sign(x[1]), ge(x[0], 0.0)
    # Not abs, whose derivative at 0 is 0: the root is smooth there.
    t = sqrt(0.5 * where(right, x[0], neg(x[0])) + 0.5 * hypot(x[0], x[1]))
    zero = eq(t, 0.0)
    other = x[1] / (2.0 * where(zero, 1.0, t))
    real = where(right, t, sign * other)
    imag = where(right, where(zero, _kinked(x[1]), other), sign * t)
    return real, where(isinf(x[1]), x[1], imag)


def _sign(x: Value) -> Value:
    """1 or -1, by the sign bit."""
    return copysign(const(1.0, x.dtype), x)


# --- trigonometric and hyperbolic functions -------------------------------------------------


def turned(x: Pair) -> Pair:
    """1j * x."""
    return neg(x[1]), x[0]


def turned_back(x: Pair) -> Pair:
    """-1j * x."""
    return x[1], neg(x[0])


@formula("sinh")
def _sinh(x: Pair) -> Pair:
    return sinh(x[0]) * cos(x[1]), cosh(x[0]) * sin(x[1])


@formula("cosh")
def _cosh(x: Pair) -> Pair:
    return cosh(x[0]) * cos(x[1]), sinh(x[0]) * sin(x[1])


@formula("tanh")
def _tanh(x: Pair) -> Pair:
    large = gt(abs_(x[0]), 20.0)
    near = where(large, 0.0, x[0])
    s, c = sinh(near), cos(x[1])
    size = s * s + c * c
    decay = exp(-2.0 * abs_(where(large, x[0], 20.0)))
    sine = sin(x[1])
    real = where(large, tanh(x[0]), s * cosh(near) / size)
    return real, where(large, 4.0 * sine * c * decay, sine * c / size)


FORMULAS["sin"] = lambda x: turned_back(_sinh(turned(x)))
FORMULAS["cos"] = lambda x: _cosh(turned(x))
FORMULAS["tan"] = lambda x: turned_back(_tanh(turned(x)))


def _roots(x: Pair) -> tuple[Pair, Pair]:
    """The roots of 1 - x and 1 + x."""
    return root((1.0 - x[0], neg(x[1]))), root((1.0 + x[0], x[1]))


@formula("asin")
def _asin(x: Pair) -> Pair:
    below, above = _roots(x)
    real = atan2(x[0], below[0] * above[0] - below[1] * above[1])
    return real, asinh(below[0] * above[1] - below[1] * above[0])


@formula("acos")
def _acos(x: Pair) -> Pair:
    below, above = _roots(x)
    real = 2.0 * atan2(below[0], above[0])
    return real, asinh(above[0] * below[1] - above[1] * below[0])


@formula("acosh")
def _acosh(x: Pair) -> Pair:
    below, above = root((x[0] - 1.0, x[1])), root((x[0] + 1.0, x[1]))
    real = asinh(below[0] * above[0] + below[1] * above[1])
    return real, 2.0 * atan2(below[1], above[0])


@formula("atanh")
def _atanh(x: Pair) -> Pair:
    sign = _sign(x[0])
    size, square = sign * x[0], x[1] * x[1]
    away = 1.0 - size
    real = 0.25 * sign * log1p(4.0 * size / (away * away + square))
    return real, 0.5 * atan2(2.0 * x[1], (1.0 - x[0]) * (1.0 + x[0]) - square)


FORMULAS["atan"] = lambda x: turned_back(_atanh(turned(x)))
FORMULAS["asinh"] = lambda x: turned_back(_asin(turned(x)))

# --- comparisons ----------------------------------------------------------------------------

FORMULAS["eq"] = lambda x, z: logical_and(eq(x[0], z[0]), eq(x[1], z[1]))
FORMULAS["ne"] = lambda x, z: logical_or(ne(x[0], z[0]), ne(x[1], z[1]))
FORMULAS["isnan"] = lambda x: logical_or(isnan(x[0]), isnan(x[1]))
FORMULAS["isinf"] = lambda x: logical_or(isinf(x[0]), isinf(x[1]))
FORMULAS["isfinite"] = lambda x: logical_and(isfinite(x[0]), isfinite(x[1]))
