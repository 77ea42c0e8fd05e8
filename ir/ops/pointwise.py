"""Pointwise ops: reference, partial derivatives and scalar lowering in adjacent lines.

Lowerings receive the code generator's scalar emitter ``e`` (``e.b`` is the LLVM builder,
``e.kind`` the kind of number: ``f i u b``) and the scalars; they import nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Masked, Op, const, linear, pointwise
from ..types import BOOL, ArrayType, broadcast_shapes


def inst(**by_kind: str) -> Callable[..., Any]:
    """One LLVM instruction, by kind of number."""
    return lambda e, *xs: getattr(e.b, by_kind[e.kind])(*xs)


def libm(name: str) -> Callable[..., Any]:
    return lambda e, *xs: e.libm(name, *xs)


def intrinsic(name: str) -> Callable[..., Any]:
    return lambda e, *xs: e.intrinsic(name, *xs)


def compare(sign: str) -> Callable[..., Any]:
    return lambda e, x, y: e.compare(sign, x, y)


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function without its floating-point warnings: native code has none either."""

    def reference(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return reference


# --- arithmetic -----------------------------------------------------------------------------

add = pointwise(
    "add",
    _quiet(np.add),
    lambda x, z, y: 1.0,
    lambda x, z, y: 1.0,
    lower=inst(f="fadd", i="add", u="add", b="or_"),
    kinds="fiub",
)
sub = pointwise(
    "sub",
    _quiet(np.subtract),
    lambda x, z, y: 1.0,
    lambda x, z, y: -1.0,
    lower=inst(f="fsub", i="sub", u="sub"),
    kinds="fiu",
)
mul = pointwise(
    "mul",
    _quiet(np.multiply),
    lambda x, z, y: z,
    lambda x, z, y: x,
    lower=inst(f="fmul", i="mul", u="mul", b="and_"),
    kinds="fiub",
)
div = pointwise(
    "div",
    _quiet(np.divide),
    lambda x, z, y: 1.0 / z,
    lambda x, z, y: -(y / z),
    singular=True, lower=inst(f="fdiv"),
    domain=(0.5, 3.0),
)
neg = pointwise(
    "neg",
    _quiet(np.negative),
    lambda x, y: -1.0,
    lower=inst(f="fneg", i="neg", u="neg"),
    kinds="fiu",
)
abs_ = pointwise(
    "abs",
    _quiet(np.abs),
    lambda x, y: sign(x),
    lower=lambda e, x: e.absolute(x),
    kinds="fiu",
    doc="The derivative at 0 is 0.",
)
sign = pointwise("sign", _quiet(np.sign), None, lower=lambda e, x: e.sign(x), kinds="fiu")
floor_divide = pointwise(
    "floor_divide",
    _quiet(np.floor_divide),
    None,
    None,
    lower=lambda e, x, z: e.divmod(x, z)[0],
    kinds="fiu",
    domain=(0.6, 3.3),
)
mod = pointwise(
    "mod",
    _quiet(np.mod),
    lambda x, z, y: 1.0,
    lambda x, z, y: -floor_divide(x, z),
    lower=lambda e, x, z: e.divmod(x, z)[1],
    kinds="fiu",
    domain=(0.6, 3.3),
    doc="Python's remainder: the sign of the divisor.",
)
fmod = pointwise(
    "fmod",
    _quiet(np.fmod),
    lambda x, z, y: 1.0,
    lambda x, z, y: -trunc(x / z),
    lower=lambda e, x, z: e.fmod(x, z),
    kinds="fiu",
    domain=(0.6, 3.3),
    doc="C's remainder: the sign of the dividend.",
)


def _pow_by_base(x: Value, z: Value, y: Value) -> Value:
    # Only where base and exponent are both 0 is the base replaced: there z * 0**(z-1) is
    # 0 * inf. Replacing it wherever z is 0 would lose the mixed second derivative.
    base = where(logical_and(eq(x, 0.0), eq(z, 0.0)), 1.0, x)
    return z * pow_(base, z - 1.0)


def _pow_by_exponent(x: Value, z: Value, y: Value) -> Value:
    return y * log(where(eq(x, 0.0), 1.0, x))


pow_ = pointwise(
    "pow",
    _quiet(np.power),
    _pow_by_base,
    _pow_by_exponent,
    singular=True, lower=lambda e, x, z: e.power(x, z),
    kinds="fiu",
    domain=(0.3, 2.5),
    doc="x**z. The derivative by the exponent is 0 where x is 0.",
)
sqrt = pointwise(
    "sqrt", _quiet(np.sqrt), lambda x, y: 0.5 / y, singular=True, lower=intrinsic("sqrt"), domain=(0.2, 3.0)
)
cbrt = pointwise(
    "cbrt", _quiet(np.cbrt), lambda x, y: 1.0 / (3.0 * (y * y)), singular=True, lower=libm("cbrt"), domain=(0.2, 3)
)
hypot = pointwise(
    "hypot",
    _quiet(np.hypot),
    lambda x, z, y: Masked(x / y, ne(y, 0.0)),
    lambda x, z, y: Masked(z / y, ne(y, 0.0)),
    singular=True, lower=libm("hypot"),
    doc="The derivative at (0, 0) is 0.",
)

# --- exponentials and logarithms ------------------------------------------------------------

exp = pointwise("exp", _quiet(np.exp), lambda x, y: y, lower=libm("exp"))
exp2 = pointwise("exp2", _quiet(np.exp2), lambda x, y: math.log(2.0) * y, lower=libm("exp2"))
expm1 = pointwise("expm1", _quiet(np.expm1), lambda x, y: y + 1.0, lower=libm("expm1"))
log = pointwise("log", _quiet(np.log), lambda x, y: 1.0 / x, singular=True, lower=libm("log"), domain=(0.2, 3))
log2 = pointwise(
    "log2",
    _quiet(np.log2),
    lambda x, y: (1.0 / math.log(2.0)) / x,
    singular=True, lower=libm("log2"),
    domain=(0.2, 3),
)
log10 = pointwise(
    "log10",
    _quiet(np.log10),
    lambda x, y: (1.0 / math.log(10.0)) / x,
    singular=True, lower=libm("log10"),
    domain=(0.2, 3),
)
log1p = pointwise(
    "log1p", _quiet(np.log1p), lambda x, y: 1.0 / (1.0 + x), singular=True, lower=libm("log1p"), domain=(-0.8, 3)
)


def _logaddexp_partial(x: Value, z: Value) -> Value:
    # x - z is NaN where both are the same infinity; each then has half.
    same_infinity = logical_and(eq(x, z), isinf(x))
    return 1.0 / (1.0 + exp(where(same_infinity, 0.0, z - x)))


logaddexp = pointwise(
    "logaddexp",
    _quiet(np.logaddexp),
    lambda x, z, y: _logaddexp_partial(x, z),
    lambda x, z, y: _logaddexp_partial(z, x),
    lower=lambda e, x, z: e.logaddexp(x, z),
)

# --- trigonometric and hyperbolic functions -------------------------------------------------

sin = pointwise("sin", _quiet(np.sin), lambda x, y: cos(x), lower=libm("sin"))
cos = pointwise("cos", _quiet(np.cos), lambda x, y: -sin(x), lower=libm("cos"))
tan = pointwise(
    "tan", _quiet(np.tan), lambda x, y: 1.0 + y * y, lower=libm("tan"), domain=(-1.3, 1.3)
)
asin = pointwise(
    "asin",
    _quiet(np.arcsin),
    lambda x, y: 1.0 / sqrt((1.0 - x) * (1.0 + x)),
    singular=True, lower=libm("asin"),
    domain=(-0.9, 0.9),
)
acos = pointwise(
    "acos",
    _quiet(np.arccos),
    lambda x, y: -1.0 / sqrt((1.0 - x) * (1.0 + x)),
    singular=True, lower=libm("acos"),
    domain=(-0.9, 0.9),
)
atan = pointwise("atan", _quiet(np.arctan), lambda x, y: 1.0 / (1.0 + x * x), lower=libm("atan"))
atan2 = pointwise(
    "atan2",
    _quiet(np.arctan2),
    lambda x, z, y: z / (x * x + z * z),
    lambda x, z, y: -(x / (x * x + z * z)),
    singular=True, lower=libm("atan2"),
    domain=(0.2, 3),
)
sinh = pointwise("sinh", _quiet(np.sinh), lambda x, y: cosh(x), lower=libm("sinh"))
cosh = pointwise("cosh", _quiet(np.cosh), lambda x, y: sinh(x), lower=libm("cosh"))
tanh = pointwise("tanh", _quiet(np.tanh), lambda x, y: 1.0 - y * y, lower=libm("tanh"))
asinh = pointwise(
    "asinh", _quiet(np.arcsinh), lambda x, y: 1.0 / hypot(x, 1.0), lower=libm("asinh")
)
acosh = pointwise(
    "acosh",
    _quiet(np.arccosh),
    lambda x, y: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),
    singular=True, lower=libm("acosh"),
    domain=(1.2, 4),
)
atanh = pointwise(
    "atanh",
    _quiet(np.arctanh),
    lambda x, y: 1.0 / ((1.0 - x) * (1.0 + x)),
    singular=True, lower=libm("atanh"),
    domain=(-0.8, 0.8),
)

# --- rounding and sign ----------------------------------------------------------------------

floor = pointwise("floor", _quiet(np.floor), None, lower=intrinsic("floor"))
ceil = pointwise("ceil", _quiet(np.ceil), None, lower=intrinsic("ceil"))
trunc = pointwise("trunc", _quiet(np.trunc), None, lower=intrinsic("trunc"))
rint = pointwise("rint", _quiet(np.rint), None, lower=intrinsic("rint"))
copysign = pointwise(
    "copysign",
    _quiet(np.copysign),
    lambda x, z, y: copysign(const(1.0, x.dtype), z) * sign(x),
    None,
    lower=intrinsic("copysign"),
)

# --- choices --------------------------------------------------------------------------------


def _pick(
    better: Callable[..., Value], mine: int
) -> Callable[[Value, Value, Value], Value | Masked]:
    """The partial of a maximum or minimum: all to the winner, a tie is shared evenly."""

    def partial(x: Value, z: Value, y: Value) -> Masked:
        this, other = (x, z) if mine == 0 else (z, x)
        share = where(eq(x, z), const(0.5, y.dtype), 1.0)
        return Masked(share, better(this, other))

    return partial


maximum = pointwise(
    "maximum",
    _quiet(np.maximum),
    _pick(lambda x, z: ge(x, z), 0),
    _pick(lambda x, z: ge(x, z), 1),
    lower=lambda e, x, z: e.extremum("max", x, z, nan=True),
    kinds="fiub",
    doc="NaN wins. A tie shares the cotangent evenly.",
)
minimum = pointwise(
    "minimum",
    _quiet(np.minimum),
    _pick(lambda x, z: le(x, z), 0),
    _pick(lambda x, z: le(x, z), 1),
    lower=lambda e, x, z: e.extremum("min", x, z, nan=True),
    kinds="fiub",
    doc="NaN wins. A tie shares the cotangent evenly.",
)
fmax = pointwise(
    "fmax",
    _quiet(np.fmax),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(z)), 0),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(z)), 1),
    lower=lambda e, x, z: e.extremum("max", x, z, nan=False),
    doc="NaN loses. A tie shares the cotangent evenly.",
)
fmin = pointwise(
    "fmin",
    _quiet(np.fmin),
    _pick(lambda x, z: logical_or(le(x, z), isnan(z)), 0),
    _pick(lambda x, z: logical_or(le(x, z), isnan(z)), 1),
    lower=lambda e, x, z: e.extremum("min", x, z, nan=False),
    doc="NaN loses. A tie shares the cotangent evenly.",
)


def _where_type(c: ArrayType, x: ArrayType, y: ArrayType) -> ArrayType:
    if c.dtype != BOOL or x.dtype != y.dtype:
        raise IRError(f"where takes a bool and two of one dtype, not {c}, {x}, {y}")
    return ArrayType(x.dtype, broadcast_shapes(c.shape, x.shape, y.shape))


_where = pointwise(
    "where",
    np.where,
    None,
    lambda c, x, z, y: Masked(1.0, c),
    lambda c, x, z, y: Masked(1.0, logical_not(c)),
    lower=lambda e, c, x, z: e.b.select(c, x, z),
    infer=_where_type,
    doc="The branch not taken contributes exactly zero to every derivative.",
)


def where(c: Value, x: Value | float, y: Value | float) -> Value:
    """``x`` where ``c``, else ``y``; a Python number takes the dtype of the other."""
    if not isinstance(x, Value):
        x = const(x, y.dtype if isinstance(y, Value) else None)
    if not isinstance(y, Value):
        y = const(y, x.dtype)
    return _where(c, x, y)


# --- comparisons and logic ------------------------------------------------------------------


def _comparison(name: str, reference: Callable[..., Any], symbol: str) -> Op:
    return pointwise(
        name, reference, None, None, lower=compare(symbol), kinds="fiub", result=BOOL
    )


eq = _comparison("eq", np.equal, "==")
ne = _comparison("ne", np.not_equal, "!=")
lt = _comparison("lt", _quiet(np.less), "<")
le = _comparison("le", _quiet(np.less_equal), "<=")
gt = _comparison("gt", _quiet(np.greater), ">")
ge = _comparison("ge", _quiet(np.greater_equal), ">=")

logical_and = pointwise(
    "logical_and", np.logical_and, None, None, lower=inst(b="and_"), kinds="b"
)
logical_or = pointwise("logical_or", np.logical_or, None, None, lower=inst(b="or_"), kinds="b")
logical_not = pointwise(
    "logical_not", np.logical_not, None, lower=lambda e, x: e.b.not_(x), kinds="b"
)
isnan = pointwise(
    "isnan", np.isnan, None, lower=lambda e, x: e.b.fcmp_unordered("uno", x, x), result=BOOL
)
isinf = pointwise(
    "isinf",
    np.isinf,
    None,
    lower=lambda e, x: e.compare("==", e.intrinsic("fabs", x), e.number(x, math.inf)),
    result=BOOL,
)
isfinite = pointwise(
    "isfinite",
    np.isfinite,
    None,
    lower=lambda e, x: e.compare("<", e.intrinsic("fabs", x), e.number(x, math.inf)),
    result=BOOL,
)

# --- casts ----------------------------------------------------------------------------------


def _cast_reference(x: Any, dtype: np.dtype) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


cast = linear(
    "cast",
    _cast_reference,
    lambda x, dtype: x.with_dtype(dtype),
    lambda g, x, dtype: (cast(g, dtype=x.dtype),),
    lower=lambda e, x, dtype: e.cast(x, dtype),
)

stop_gradient = pointwise(
    "stop_gradient",
    lambda x: x,
    None,
    lower=lambda e, x: x,
    kinds="fiub",
    doc="The identity, with derivative zero.",
)

