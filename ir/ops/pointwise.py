"""Pointwise functions: reference, partial derivatives and scalar lowering in adjacent lines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Masked, Op, const, linear, pointwise
from ..types import ArrayType
from .logic import eq, isinf, logical_and, ne, where
from .scalar import elementary, inst, intrinsic, quiet, scipy

# --- arithmetic -----------------------------------------------------------------------------

add = pointwise(
    "add",
    quiet(np.add),
    lambda x, z, y: 1.0,
    lambda x, z, y: 1.0,
    lower=inst(f="fadd", i="add", u="add", b="or_"),
    kinds="fciub",
)
sub = pointwise(
    "sub",
    quiet(np.subtract),
    lambda x, z, y: 1.0,
    lambda x, z, y: -1.0,
    lower=inst(f="fsub", i="sub", u="sub"),
    kinds="fciu",
)
mul = pointwise(
    "mul",
    quiet(np.multiply),
    lambda x, z, y: z,
    lambda x, z, y: x,
    lower=inst(f="fmul", i="mul", u="mul", b="and_"),
    kinds="fciub",
)
div = pointwise(
    "div",
    quiet(np.divide),
    lambda x, z, y: 1.0 / z,
    lambda x, z, y: -(y / z),
    singular=True,
    lower=inst(f="fdiv"),
    domain=(0.5, 3.0),
    kinds="fc",
)
neg = pointwise(
    "neg",
    quiet(np.negative),
    lambda x, y: -1.0,
    lower=inst(f="fneg", i="neg", u="neg"),
    kinds="fciu",
)
abs_ = pointwise(
    "abs",
    quiet(np.abs),
    lambda x, y: sign(x),
    lower=lambda e, x: e.absolute(x),
    kinds="fiu",
    doc="The derivative at 0 is 0.",
)
sign: Op = pointwise("sign", quiet(np.sign), None, lower=lambda e, x: e.sign(x), kinds="fiu")
floor_divide = pointwise(
    "floor_divide",
    quiet(np.floor_divide),
    None,
    None,
    singular=True,
    lower=lambda e, x, z: e.divmod(x, z)[0],
    kinds="fiu",
    domain=(0.6, 3.3),
)
mod = pointwise(
    "mod",
    quiet(np.mod),
    lambda x, z, y: 1.0,
    lambda x, z, y: -floor_divide(x, z),
    singular=True,
    lower=lambda e, x, z: e.divmod(x, z)[1],
    kinds="fiu",
    domain=(0.6, 3.3),
    doc="Python's remainder: the sign of the divisor.",
)
fmod = pointwise(
    "fmod",
    quiet(np.fmod),
    lambda x, z, y: 1.0,
    lambda x, z, y: -rint((x - y) / z),  # x / z can round up to the next integer
    singular=True,
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
    quiet(np.power),
    _pow_by_base,
    _pow_by_exponent,
    singular=True,
    lower=lambda e, x, z: e.power(x, z),
    kinds="fciu",
    domain=(0.3, 2.5),
    doc="x**z. The derivative by the exponent is 0 where x is 0.",
)
sqrt = pointwise(
    "sqrt",
    quiet(np.sqrt),
    lambda x, y: 0.5 / y,
    singular=True,
    lower=intrinsic("sqrt"),
    domain=(0.2, 3.0),
    kinds="fc",
)
cbrt = pointwise(
    "cbrt",
    quiet(np.cbrt),
    lambda x, y: 1.0 / (3.0 * (y * y)),
    singular=True,
    lower=elementary("cbrt"),
    domain=(0.2, 3),
)
hypot = pointwise(
    "hypot",
    quiet(np.hypot),
    lambda x, z, y: Masked(x / y, ne(y, 0.0)),
    lambda x, z, y: Masked(z / y, ne(y, 0.0)),
    singular=True,
    lower=elementary("hypot"),
    doc="The derivative at (0, 0) is 0.",
)

# --- exponentials and logarithms ------------------------------------------------------------
# Those that grow exponentially count as singular: they overflow at everyday arguments.

exp = pointwise(
    "exp", quiet(np.exp), lambda x, y: y, singular=True, lower=elementary("exp"), kinds="fc"
)
exp2 = pointwise(
    "exp2",
    quiet(np.exp2),
    lambda x, y: math.log(2.0) * y,
    singular=True,
    lower=elementary("exp2"),
    kinds="fc",
)
expm1 = pointwise(
    "expm1",
    quiet(np.expm1),
    lambda x, y: y + 1.0,
    singular=True,
    lower=elementary("expm1"),
    kinds="fc",
)
log = pointwise(
    "log",
    quiet(np.log),
    lambda x, y: 1.0 / x,
    singular=True,
    lower=elementary("log"),
    domain=(0.2, 3),
    kinds="fc",
)
log2 = pointwise(
    "log2",
    quiet(np.log2),
    lambda x, y: (1.0 / math.log(2.0)) / x,
    singular=True,
    lower=elementary("log2"),
    domain=(0.2, 3),
    kinds="fc",
)
log10 = pointwise(
    "log10",
    quiet(np.log10),
    lambda x, y: (1.0 / math.log(10.0)) / x,
    singular=True,
    lower=elementary("log10"),
    domain=(0.2, 3),
    kinds="fc",
)
log1p = pointwise(
    "log1p",
    quiet(np.log1p),
    lambda x, y: 1.0 / (1.0 + x),
    singular=True,
    lower=elementary("log1p"),
    domain=(-0.8, 3),
    kinds="fc",
)


expit: Op = pointwise(
    "expit",
    scipy("expit"),
    lambda x, y: y * expit(-x),
    lower=elementary("expit"),
    doc="1 / (1 + exp(-x)).",
)


def _logaddexp_partial(x: Value, z: Value) -> Value:
    # x - z is NaN where both are the same infinity; each then has half.
    same_infinity = logical_and(eq(x, z), isinf(x))
    return expit(where(same_infinity, 0.0, x - z))


logaddexp = pointwise(
    "logaddexp",
    quiet(np.logaddexp),
    lambda x, z, y: _logaddexp_partial(x, z),
    lambda x, z, y: _logaddexp_partial(z, x),
    lower=elementary("logaddexp"),
)

# --- trigonometric and hyperbolic functions -------------------------------------------------

sin = pointwise("sin", quiet(np.sin), lambda x, y: cos(x), lower=elementary("sin"), kinds="fc")
cos: Op = pointwise("cos", quiet(np.cos), lambda x, y: -sin(x), lower=elementary("cos"), kinds="fc")
tan = pointwise(
    "tan",
    quiet(np.tan),
    lambda x, y: 1.0 + y * y,
    lower=elementary("tan"),
    domain=(-1.3, 1.3),
    kinds="fc",
)
asin = pointwise(
    "asin",
    quiet(np.arcsin),
    lambda x, y: 1.0 / sqrt((1.0 - x) * (1.0 + x)),
    singular=True,
    lower=elementary("asin"),
    domain=(-0.9, 0.9),
    kinds="fc",
)
acos = pointwise(
    "acos",
    quiet(np.arccos),
    lambda x, y: -1.0 / sqrt((1.0 - x) * (1.0 + x)),
    singular=True,
    lower=elementary("acos"),
    domain=(-0.9, 0.9),
    kinds="fc",
)
atan = pointwise(
    "atan",
    quiet(np.arctan),
    lambda x, y: 1.0 / (1.0 + x * x),
    lower=elementary("atan"),
    kinds="fc",
)
atan2 = pointwise(
    "atan2",
    quiet(np.arctan2),
    lambda x, z, y: z / (x * x + z * z),
    lambda x, z, y: -(x / (x * x + z * z)),
    singular=True,
    lower=elementary("atan2"),
    domain=(0.2, 3),
)
sinh = pointwise(
    "sinh",
    quiet(np.sinh),
    lambda x, y: cosh(x),
    singular=True,
    lower=elementary("sinh"),
    kinds="fc",
)
cosh: Op = pointwise(
    "cosh",
    quiet(np.cosh),
    lambda x, y: sinh(x),
    singular=True,
    lower=elementary("cosh"),
    kinds="fc",
)
tanh = pointwise(
    "tanh", quiet(np.tanh), lambda x, y: 1.0 - y * y, lower=elementary("tanh"), kinds="fc"
)
asinh = pointwise(
    "asinh",
    quiet(np.arcsinh),
    lambda x, y: 1.0 / hypot(x, 1.0),
    lower=elementary("asinh"),
    kinds="fc",
)
acosh = pointwise(
    "acosh",
    quiet(np.arccosh),
    lambda x, y: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),
    singular=True,
    lower=elementary("acosh"),
    domain=(1.2, 4),
    kinds="fc",
)
atanh = pointwise(
    "atanh",
    quiet(np.arctanh),
    lambda x, y: 1.0 / ((1.0 - x) * (1.0 + x)),
    singular=True,
    lower=elementary("atanh"),
    domain=(-0.8, 0.8),
    kinds="fc",
)

# --- rounding and sign ----------------------------------------------------------------------

floor = pointwise("floor", quiet(np.floor), None, lower=intrinsic("floor"))
ceil = pointwise("ceil", quiet(np.ceil), None, lower=intrinsic("ceil"))
trunc = pointwise("trunc", quiet(np.trunc), None, lower=intrinsic("trunc"))
rint: Op = pointwise("rint", quiet(np.rint), None, lower=intrinsic("rint"))
copysign: Op = pointwise(
    "copysign",
    quiet(np.copysign),
    lambda x, z, y: copysign(const(1.0, x.dtype), z) * sign(x),
    None,
    lower=intrinsic("copysign"),
)

# --- casts ----------------------------------------------------------------------------------


def _cast_type(x: ArrayType, dtype: np.dtype) -> ArrayType:
    if x.is_complex and dtype.kind not in "cb":
        raise IRError(f"a cast of {x} to {dtype} would lose imaginary parts")
    return x.with_dtype(dtype)


def _cast_reference(x: Any, dtype: np.dtype) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


cast: Op = linear(
    "cast",
    _cast_reference,
    _cast_type,
    lambda g, x, dtype: (cast(g, dtype=x.dtype),),
    lower=lambda e, x, dtype: e.cast(x, dtype),
)

stop_gradient = pointwise(
    "stop_gradient",
    lambda x: x,
    None,
    lower=lambda e, x: x,
    kinds="fciub",
    doc="The identity, with derivative zero.",
)
