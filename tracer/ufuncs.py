"""The table of ufuncs: what each records, on Values that NumPy's own rules have cast already."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.op import const, constant_of
from ..ir.types import BOOL
from .errors import error, unsupported

Rule = Callable[..., "Value | tuple[Value, Value]"]

UFUNCS: dict[Any, Rule] = {}
"""NumPy ufunc -> rule. A rule's result may lack broadcasting; its caller adds it."""


def _on_floats(on_float: Callable[[Value], Value], on_rest: Callable[[Value], Value]) -> Rule:
    return lambda x: on_float(x) if x.dtype.kind in "fc" else on_rest(x)


def _same(x: Value) -> Value:
    return x


def _constant(answer: bool) -> Callable[[Value], Value]:
    return lambda x: ops.broadcast(const(answer, BOOL), shape=x.shape)


def _truth(x: Value) -> Value:
    return x if x.dtype == BOOL else ops.cast(x, dtype=BOOL)


def _on_truth(rule: Callable[..., Value]) -> Rule:
    return lambda *xs: rule(*[_truth(x) for x in xs])


def _scaled(factor: float) -> Rule:
    return lambda x: x * factor


# --- arithmetic -----------------------------------------------------------------------------


def _power(x: Value, z: Value) -> Value:
    """x**z; the exponents for which NumPy multiplies instead are multiplications here too."""
    exponent = constant_of(z)
    if exponent is not None and exponent.ndim == 0:
        if exponent == 0:
            return const(1, x.dtype)
        if exponent == 2:
            return x * x
        if exponent == 1:
            return x
        if exponent == -1 and x.dtype.kind in "fc":
            return _reciprocal(x)
    if x.dtype.kind == "i" and not _decide_all(ops.ge(z, 0), "integer exponents are not negative"):
        raise error("value", text="Integers to negative integer powers are not allowed.")
    return ops.pow_(x, z)


def _decide_all(x: Value, reason: str) -> bool:
    from .current import current_trace

    trace = current_trace()
    assert trace is not None
    return bool(trace.decide(ops.all_(x, axes=tuple(range(len(x.shape)))), reason))


def _reciprocal(x: Value) -> Value:
    if x.dtype.kind == "c":
        # NumPy's value at 0; added, so that the derivative there is none either.
        nothing = const(complex(math.nan, math.nan), x.dtype)
        return 1.0 / x + ops.where(ops.eq(x, 0.0), nothing, 0.0)
    if x.dtype.kind != "f":
        raise unsupported("np.reciprocal of integers", hint="use 1 // x, or convert to float64")
    return 1.0 / x


def _logaddexp2(x: Value, z: Value) -> Value:
    two = math.log(2.0)
    return ops.logaddexp(x * two, z * two) / two


def _absolute(x: Value) -> Value:
    if x.dtype.kind == "c":
        return ops.hypot(ops.real(x), ops.imag(x))
    return x if x.dtype.kind in "bu" else ops.abs_(x)


def _conjugate(x: Value) -> Value:
    return ops.complex_(ops.real(x), -ops.imag(x)) if x.dtype.kind == "c" else x


def _sign(x: Value) -> Value:
    """The number on the unit circle; 0 at 0, with a derivative of 0 there."""
    if x.dtype.kind != "c":
        return ops.sign(x)
    size = _absolute(x)
    zero, infinite = ops.eq(size, 0.0), ops.isinf(size)
    safe = ops.where(zero, 1.0, size)
    real, imag = (ops.where(zero, 0.0, part) / safe for part in (ops.real(x), ops.imag(x)))
    at_infinity = [ops.where(ops.isinf(p), ops.sign(p), 0.0) for p in (ops.real(x), ops.imag(x))]
    both = ops.logical_and(ops.isinf(ops.real(x)), ops.isinf(ops.imag(x)))
    real, imag = (
        ops.where(infinite, ops.where(both, math.nan, limit), part)
        for limit, part in zip(at_infinity, (real, imag), strict=True)
    )
    return ops.complex_(real, imag)


def _by_parts(rule: Callable[[Value], Value]) -> Rule:
    """A rule of real numbers that is done to the parts of complex ones."""

    def apply(x: Value) -> Value:
        if x.dtype.kind == "c":
            return ops.complex_(rule(ops.real(x)), rule(ops.imag(x)))
        return rule(x)

    return apply


def _heaviside(x: Value, half: Value) -> Value:
    step = ops.where(ops.lt(x, 0.0), 0.0, ops.where(ops.eq(x, 0.0), half, const(1.0, x.dtype)))
    return ops.where(ops.isnan(x), x, step)


# --- comparisons and logic ------------------------------------------------------------------


def _comparison(compare: Callable[..., Value], python: Callable[[int, int], bool]) -> Rule:
    """Also for int64 against uint64, which NumPy compares exactly: no dtype holds both."""

    def rule(x: Value, z: Value) -> Value:
        if x.dtype == z.dtype:
            return compare(x, z)
        signed, less = (x, python(-1, 0)) if x.dtype.kind == "i" else (z, python(0, -1))
        unsigned = compare(*[ops.cast(y, dtype=np.dtype(np.uint64)) for y in (x, z)])
        return ops.where(ops.lt(signed, 0), const(less, BOOL), unsigned)

    return rule


def _bitwise(on_bools: Callable[..., Value], on_integers: Callable[..., Value]) -> Rule:
    return lambda *xs: (on_bools if xs[0].dtype == BOOL else on_integers)(*xs)


# --- parts of floating-point numbers --------------------------------------------------------


def _frexp(x: Value) -> tuple[Value, Value]:
    exponent = ops.exponent(x)
    return ops.ldexp(x, -exponent), exponent


def _modf(x: Value) -> tuple[Value, Value]:
    fraction = ops.where(ops.isinf(x), ops.copysign(const(0.0, x.dtype), x), ops.fmod(x, 1.0))
    return fraction, ops.trunc(x)


def _spacing(x: Value) -> Value:
    step = ops.nextafter(x, ops.copysign(const(math.inf, x.dtype), x)) - x
    return ops.stop_gradient(step)


UFUNCS.update(
    {
        np.add: ops.add,
        np.subtract: ops.sub,
        np.multiply: ops.mul,
        np.true_divide: ops.div,
        np.negative: ops.neg,
        np.positive: _same,
        np.conjugate: _conjugate,
        np.absolute: _absolute,
        np.fabs: ops.abs_,
        np.sign: _sign,
        np.floor_divide: ops.floor_divide,
        np.remainder: ops.mod,
        np.fmod: ops.fmod,
        np.divmod: lambda x, z: (ops.floor_divide(x, z), ops.mod(x, z)),
        np.power: _power,
        np.float_power: _power,
        np.square: lambda x: x * x,
        np.reciprocal: _reciprocal,
        np.sqrt: ops.sqrt,
        np.cbrt: ops.cbrt,
        np.hypot: ops.hypot,
        np.exp: ops.exp,
        np.exp2: ops.exp2,
        np.expm1: ops.expm1,
        np.log: ops.log,
        np.log2: ops.log2,
        np.log10: ops.log10,
        np.log1p: ops.log1p,
        np.logaddexp: ops.logaddexp,
        np.logaddexp2: _logaddexp2,
        np.sin: ops.sin,
        np.cos: ops.cos,
        np.tan: ops.tan,
        np.arcsin: ops.asin,
        np.arccos: ops.acos,
        np.arctan: ops.atan,
        np.arctan2: ops.atan2,
        np.sinh: ops.sinh,
        np.cosh: ops.cosh,
        np.tanh: ops.tanh,
        np.arcsinh: ops.asinh,
        np.arccosh: ops.acosh,
        np.arctanh: ops.atanh,
        np.deg2rad: _scaled(math.pi / 180.0),
        np.radians: _scaled(math.pi / 180.0),
        np.rad2deg: _scaled(180.0 / math.pi),
        np.degrees: _scaled(180.0 / math.pi),
        np.floor: _on_floats(ops.floor, _same),
        np.ceil: _on_floats(ops.ceil, _same),
        np.trunc: _on_floats(ops.trunc, _same),
        np.rint: _by_parts(lambda x: ops.rint(x) if x.dtype.kind == "f" else x),
        np.copysign: ops.copysign,
        np.heaviside: _heaviside,
        np.maximum: ops.maximum,
        np.minimum: ops.minimum,
        np.fmax: lambda x, z: (ops.fmax if x.dtype.kind == "f" else ops.maximum)(x, z),
        np.fmin: lambda x, z: (ops.fmin if x.dtype.kind == "f" else ops.minimum)(x, z),
        np.equal: _comparison(ops.eq, lambda x, z: x == z),
        np.not_equal: _comparison(ops.ne, lambda x, z: x != z),
        np.less: _comparison(ops.lt, lambda x, z: x < z),
        np.less_equal: _comparison(ops.le, lambda x, z: x <= z),
        np.greater: _comparison(ops.gt, lambda x, z: x > z),
        np.greater_equal: _comparison(ops.ge, lambda x, z: x >= z),
        np.logical_and: _on_truth(ops.logical_and),
        np.logical_or: _on_truth(ops.logical_or),
        np.logical_xor: _on_truth(ops.ne),
        np.logical_not: _on_truth(ops.logical_not),
        np.bitwise_and: _bitwise(ops.logical_and, ops.bitwise_and),
        np.bitwise_or: _bitwise(ops.logical_or, ops.bitwise_or),
        np.bitwise_xor: _bitwise(ops.ne, ops.bitwise_xor),
        np.invert: _bitwise(ops.logical_not, ops.invert),
        np.left_shift: ops.left_shift,
        np.right_shift: ops.right_shift,
        np.gcd: ops.gcd,
        np.lcm: ops.lcm,
        np.nextafter: ops.nextafter,
        np.spacing: _spacing,
        np.frexp: _frexp,
        np.ldexp: ops.ldexp,
        np.modf: _modf,
        np.isnan: _on_floats(ops.isnan, _constant(False)),
        np.isinf: _on_floats(ops.isinf, _constant(False)),
        np.isfinite: _on_floats(ops.isfinite, _constant(True)),
        np.signbit: lambda x: ops.lt(ops.copysign(const(1.0, x.dtype), x), 0.0),
    }
)

COMPARISONS = frozenset(
    {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
)
"""Comparisons take a Python int of any size: it need not fit into the array's dtype."""
