"""The math module on recorded numbers: Python floats in and out, with Python's errors.

Where ``math`` would raise, NumPy's functions return NaN or an infinity. That no call on this
path meets such an argument is a guard, so a later call with one raises as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops import (
    abs_,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    copysign,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    fmod,
    hypot,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    log2,
    log10,
    pow_,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
)
from ...ir.sizes import Size
from ...ir.types import F64, I64
from ..array import Array, wrap
from ..core import ArrayCore
from ..current import current_trace
from ..dims import BOUND, checked_number
from ..errors import error, unsupported
from ..lift import has_proxy, lift
from ..regions import innermost
from ..trace import INT_INPUT_BOUND
from .common import cast

CALLS: dict[Any, Callable[..., Any]] = {}
"""Python function -> its recording version; without a recorded argument it calls the former."""


def records(
    function: Callable[..., Any], *, reads_all: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the recording version of a Python function.

    ``reads_all``: a single argument that is an iterator is read to its end in any case, so that
    may happen before it is known whether it brings recorded numbers.
    """

    def register(record: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            if reads_all and args and isinstance(args[0], Iterator):
                args = (list(args[0]), *args[1:])
            if has_proxy(args) or has_proxy(list(keywords.values())):
                return record(*args, **keywords)
            return function(*args, **keywords)

        CALLS[function] = call
        return call

    return register


# --- numbers --------------------------------------------------------------------------------


def number(x: Any) -> Value:
    """An argument of a math function as a 0-d float64."""
    if isinstance(x, ArrayCore):
        x._check_alive("a math function")
        if x.dtype.kind == "c":
            raise error("type", text="must be real number, not complex")
        if x.shape:
            text = "only 0-dimensional arrays can be converted to Python scalars"
            raise error("type", text=text)
        return cast(x.value, F64)
    if isinstance(x, Size):
        return ops.const(x, F64)
    try:
        return lift(float(x))
    except TypeError as problem:
        raise error("type", text=problem) from None


def decide(value: Value, reason: str) -> bool:
    trace = current_trace()
    assert trace is not None
    return bool(trace.decide(value, reason))


def check_result(y: Value, xs: list[Value], name: str, at_pole: str = "domain") -> None:
    """Raises as ``math`` does where a finite argument has no finite result.

    ``at_pole``: whether an infinite result is an error of the domain or of the range.
    """
    finite = isfinite(y)
    proper = ops.logical_not(isfinite(xs[0]))
    unknown = isnan(xs[0])
    for x in xs[1:]:
        proper = ops.logical_or(proper, ops.logical_not(isfinite(x)))
        unknown = ops.logical_or(unknown, isnan(x))
    infinite = ops.logical_and(proper, ops.logical_or(unknown, ops.logical_not(isnan(y))))
    if decide(ops.logical_or(finite, infinite), f"the argument of math.{name} has a result"):
        return
    if at_pole == "range" and not decide(isnan(y), f"math.{name} of an argument outside"):
        raise error("overflow", text="math range error")
    raise error("value", text="math domain error")


def as_int(x: Value, what: str) -> Array:
    """A float without fraction as a Python int, which stays recorded."""
    trace = current_trace()
    if trace is not None and innermost(trace) is not None:
        # In a loop that is recorded once native code checks each number.
        small = ops.lt(abs_(x), float(BOUND))  # not so for NaN
        whole = ops.where(small, cast(x, I64), 4 * BOUND)
        known = checked_number(whole, f"{what} is not a number, or too large for a compiled loop")
        return wrap(known, int, bound=BOUND)
    size = abs_(x)
    if decide(ops.lt(size, float(INT_INPUT_BOUND)), f"{what} is small"):
        return wrap(cast(x, I64), int, bound=INT_INPUT_BOUND)
    if decide(ops.lt(size, 2.0**63), f"{what} fits into 64 bits"):
        return wrap(cast(x, I64), int)
    if decide(isnan(x), f"{what} is not a number"):
        raise error("value", text="cannot convert float NaN to integer")
    raise error("overflow", text="cannot convert float infinity or a float beyond 64 bits to int")


# --- functions of one number ----------------------------------------------------------------


def _unary(function: Any, op: Callable[[Value], Value], poles: str | None = None) -> None:
    """``poles`` says what an infinite result of a finite argument is; None: never an error."""

    @records(function)
    def record(x: Any, /) -> Any:
        value = number(x)
        y = op(value)
        if poles:
            check_result(y, [value], function.__name__, poles)
        return wrap(y, float)


for _function, _op in (
    (math.fabs, abs_), (math.tanh, tanh), (math.atan, atan), (math.asinh, asinh),
    (math.cbrt, cbrt), (math.erf, erf), (math.erfc, erfc),
    (math.degrees, lambda x: x * (180.0 / math.pi)),
    (math.radians, lambda x: x * (math.pi / 180.0)),
):  # fmt: skip
    _unary(_function, _op)
for _function, _op in (
    (math.sqrt, sqrt), (math.sin, sin), (math.cos, cos), (math.tan, tan), (math.asin, asin),
    (math.acos, acos), (math.acosh, acosh), (math.atanh, atanh), (math.log2, log2),
    (math.log10, log10), (math.log1p, log1p),
):  # fmt: skip
    _unary(_function, _op, "domain")
for _function, _op in ((math.exp, exp), (math.expm1, expm1), (math.sinh, sinh), (math.cosh, cosh)):
    _unary(_function, _op, "range")
if hasattr(math, "exp2"):
    _unary(math.exp2, exp2, "range")


def _gamma_function(function: Any, op: Callable[[Value], Value]) -> None:
    @records(function)
    def record(x: Any, /) -> Any:
        value = number(x)
        y = op(value)
        pole = ops.logical_and(ops.le(value, 0.0), ops.eq(value, floor(value)))
        if decide(pole, f"math.{function.__name__} at a pole"):
            # lgamma has a limit at minus infinity, gamma has none.
            if op is ops.gamma or not decide(isinf(value), "an infinite argument"):
                raise error("value", text="math domain error")
            return wrap(abs_(value), float)
        check_result(y, [value], function.__name__, "range")
        return wrap(y, float)


_gamma_function(math.gamma, ops.gamma)
_gamma_function(math.lgamma, ops.lgamma)


@records(math.log)
def _log(x: Any, base: Any = None, /) -> Any:
    parts = []
    for part in (x, base) if base is not None else (x,):
        value = number(part)
        parts.append(log(value))
        check_result(parts[-1], [value], "log")
    if len(parts) == 1:
        return wrap(parts[0], float)
    if decide(ops.eq(parts[1], 0.0), "the base of math.log is 1"):
        raise error("zero_division", text="division by zero")
    return wrap(parts[0] / parts[1], float)


def _check_method(x: Any, name: str) -> None:
    """math.trunc, unlike floor and ceil, does not fall back on float()."""
    if name == "trunc" and isinstance(x, Array) and x.weak is None:
        kind = x.dtype.type if x.scalar else np.ndarray
        if not hasattr(kind, "__trunc__"):
            text = f"type {kind.__module__}.{kind.__name__} doesn't define __trunc__ method"
            raise error("type", text=text)


def _rounding(function: Any, op: Callable[[Value], Value]) -> None:
    name = function.__name__

    @records(function)
    def record(x: Any, /) -> Any:
        _check_method(x, name)
        if isinstance(x, Array) and not x.shape and x.dtype.kind in "iub":
            return wrap(cast(x.value, I64), int, bound=x.bound)
        return as_int(op(number(x)), f"the result of math.{name}")


_rounding(math.floor, floor)
_rounding(math.ceil, ceil)
_rounding(math.trunc, trunc)


def _question(function: Any, op: Callable[[Value], Value]) -> None:
    @records(function)
    def record(x: Any, /) -> Any:
        return wrap(op(number(x)), bool)


_question(math.isnan, isnan)
_question(math.isinf, isinf)
_question(math.isfinite, isfinite)

# --- functions of several numbers -----------------------------------------------------------


@records(math.pow)
def _pow(x: Any, y: Any, /) -> Any:
    base, exponent = number(x), number(y)
    result = pow_(base, exponent)
    domain = ops.logical_and(ops.eq(base, 0.0), ops.lt(exponent, 0.0))
    finite = ops.logical_and(isfinite(base), isfinite(exponent))
    fine = ops.logical_or(isfinite(result), ops.logical_not(finite))
    if not decide(fine, "the arguments of math.pow have a result"):
        if decide(ops.logical_or(domain, isnan(result)), "math.pow of arguments outside"):
            raise error("value", text="math domain error")
        raise error("overflow", text="math range error")
    return wrap(result, float)


@records(math.atan2)
def _atan2(y: Any, x: Any, /) -> Any:
    return wrap(atan2(number(y), number(x)), float)


@records(math.copysign)
def _copysign(x: Any, y: Any, /) -> Any:
    return wrap(copysign(number(x), number(y)), float)


@records(math.fmod)
def _fmod(x: Any, y: Any, /) -> Any:
    left, right = number(x), number(y)
    result = fmod(left, right)
    known = ops.logical_not(ops.logical_or(isnan(left), isnan(right)))
    wrong = ops.logical_and(isnan(result), known)
    if decide(wrong, "math.fmod of arguments outside"):
        raise error("value", text="math domain error")
    return wrap(result, float)


def _length(parts: list[Value], name: str) -> Array:
    """The Euclidean length; its derivative at 0 is 0."""
    if not parts:
        return wrap(lift(0.0), float)
    y = abs_(parts[0])
    for part in parts[1:]:
        y = hypot(y, part)
    check_result(y, parts, name, "range")
    return wrap(y, float)


@records(math.hypot)
def _hypot(*coordinates: Any) -> Any:
    return _length([number(x) for x in coordinates], "hypot")


@records(math.dist)
def _dist(p: Any, q: Any, /) -> Any:
    left, right = [number(x) for x in p], [number(x) for x in q]
    if len(left) != len(right):
        text = "both points must have the same number of dimensions"
        raise error("value", text=text)
    return _length([x - z for x, z in zip(left, right, strict=True)], "dist")


@records(math.fsum, reads_all=True)
def _fsum(seq: Any, /) -> Any:
    """A sum with the rounding errors of its steps added at the end."""
    total, lost = lift(0.0), lift(0.0)
    for item in seq:
        x = number(item)
        after = total + x
        back = after - total
        lost = lost + ((total - (after - back)) + (x - back))
        total = after
    return wrap(total + ops.stop_gradient(ops.where(isfinite(total), lost, 0.0)), float)


@records(math.prod, reads_all=True)
def _prod(iterable: Any, /, *, start: Any = 1) -> Any:
    y = start
    for item in iterable:
        y = y * item
    return y


@records(math.isclose)
def _isclose(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    x, z = number(a), number(b)
    off = abs_(x - z)
    width = ops.maximum(ops.maximum(abs_(x), abs_(z)) * number(rel_tol), number(abs_tol))
    near = ops.logical_and(ops.le(off, width), isfinite(off))
    return wrap(ops.logical_or(ops.eq(x, z), near), bool)


def _without_version(name: str) -> None:
    function = getattr(math, name, None)
    if function is None:
        return

    @records(function)
    def record(*args: Any, **keywords: Any) -> Any:
        raise unsupported(f"math.{name}", [f"math.{f.__name__}" for f in CALLS])


for _name in (
    "frexp", "ldexp", "modf", "remainder", "nextafter", "ulp",
    "sumprod", "fma",
):  # fmt: skip
    _without_version(_name)
