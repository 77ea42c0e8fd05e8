"""Bits of integers and of floating-point numbers, and divisors of integers."""

from __future__ import annotations

import numpy as np

from ..errors import IRError
from ..op import Op, const, pointwise
from ..types import DTYPE_NAMES, I64, ArrayType, broadcast_shapes
from .scalar import inst, quiet

INTEGERS = "iu"
I32 = DTYPE_NAMES["i32"]

bitwise_and = pointwise(
    "bitwise_and", np.bitwise_and, None, None, lower=inst(i="and_", u="and_"), kinds=INTEGERS
)
bitwise_or = pointwise(
    "bitwise_or", np.bitwise_or, None, None, lower=inst(i="or_", u="or_"), kinds=INTEGERS
)
bitwise_xor = pointwise(
    "bitwise_xor", np.bitwise_xor, None, None, lower=inst(i="xor", u="xor"), kinds=INTEGERS
)
invert = pointwise("invert", np.invert, None, lower=inst(i="not_", u="not_"), kinds=INTEGERS)
left_shift = pointwise(
    "left_shift",
    np.left_shift,
    None,
    None,
    lower=lambda e, x, z: e.shift(x, z, left=True),
    kinds=INTEGERS,
    doc="Zero where the count is negative or as large as the number of bits.",
)
right_shift = pointwise(
    "right_shift",
    np.right_shift,
    None,
    None,
    lower=lambda e, x, z: e.shift(x, z, left=False),
    kinds=INTEGERS,
    doc="Nothing but signs where the count is negative or as large as the number of bits.",
)
gcd = pointwise("gcd", np.gcd, None, None, lower=lambda e, x, z: e.gcd(x, z), kinds=INTEGERS)
lcm = pointwise("lcm", np.lcm, None, None, lower=lambda e, x, z: e.lcm(x, z), kinds=INTEGERS)

# --- floating-point numbers -----------------------------------------------------------------

nextafter = pointwise(
    "nextafter",
    quiet(np.nextafter),
    lambda x, z, y: 1.0,
    None,
    lower=lambda e, x, z: e.libm("nextafter", x, z),
    doc="x and at most a unit in its last place: the derivative by x is 1.",
)


def _exponent_type(x: ArrayType) -> ArrayType:
    if x.dtype.kind != "f":
        raise IRError(f"exponent is not defined for {x.dtype}")
    return x.with_dtype(I32)


exponent = pointwise(
    "exponent",
    quiet(lambda x: np.frexp(x)[1]),
    None,
    lower=lambda e, x: e.exponent(x),
    infer=_exponent_type,
    doc="The n with 1/2 <= |x| / 2**n < 1; 0 where there is none.",
)


def _ldexp_type(x: ArrayType, n: ArrayType) -> ArrayType:
    if x.dtype.kind != "f" or n.dtype not in (I32, I64):
        raise IRError(f"ldexp takes a float and an int32 or int64, not {x}, {n}")
    return ArrayType(x.dtype, broadcast_shapes(x.shape, n.shape))


ldexp: Op = pointwise(
    "ldexp",
    quiet(np.ldexp),
    lambda x, n, y: ldexp(const(1.0, y.dtype), n),
    None,
    lower=lambda e, x, n: e.ldexp(x, n),
    infer=_ldexp_type,
    doc="x * 2**n.",
)
