"""The scalar emitter: what the ``lower`` entries of the op table are given.

Scalars in registers: floats, integers, and ``i1`` for bools (``i8`` in memory).
"""

from __future__ import annotations

from typing import Any, ClassVar

import llvmlite.ir as ll
import numpy as np

from ..ir.sizes import Size
from . import integers, special
from .elementary.library import declare
from .sizes import register


class _Word(ll.IntType):
    """64 bits, whose constants may be sizes that are known at run time (`sizes`)."""

    _instance_cache: ClassVar[dict[int, ll.IntType]] = {}

    def format_constant(self, number: int) -> str:
        return register(number) if isinstance(number, Size) else str(number)


I1, I8, I32 = (ll.IntType(bits) for bits in (1, 8, 32))
I64 = _Word(64)

QUICK_IN_LIBM = frozenset(("exp", "exp2", "log", "log2", "pow", "sin", "cos"))
"""What libm computes one by one no slower than `elementary`, without code to compile."""


def register_type(dtype: np.dtype) -> ll.Type:
    if dtype.kind == "f":
        return ll.DoubleType() if dtype.itemsize == 8 else ll.FloatType()
    return I1 if dtype.kind == "b" else ll.IntType(8 * dtype.itemsize)


def memory_type(dtype: np.dtype) -> ll.Type:
    return I8 if dtype.kind == "b" else register_type(dtype)


def constant(dtype: np.dtype, number: Any) -> ll.Constant:
    if dtype.kind == "f":
        return ll.Constant(register_type(dtype), float(number))
    return ll.Constant(register_type(dtype), int(number))


def from_memory(b: ll.IRBuilder, dtype: np.dtype, loaded: ll.Value) -> ll.Value:
    return (
        b.icmp_unsigned("!=", loaded, ll.Constant(loaded.type, 0)) if dtype.kind == "b" else loaded
    )


def to_memory(b: ll.IRBuilder, dtype: np.dtype, number: ll.Value) -> ll.Value:
    return b.zext(number, memory_type(dtype)) if dtype.kind == "b" else number


class Scalar:
    """Emits scalar code for one op application; ``kind`` is that of its operands.

    ``inner``: inside an innermost loop, which may become vector code.
    """

    def __init__(self, builder: ll.IRBuilder, dtype: np.dtype, inner: bool = False) -> None:
        self.b = builder
        self.dtype = dtype
        self.kind = dtype.kind
        self.inner = inner

    # --- calls ------------------------------------------------------------------------------

    def elementary(self, name: str, *xs: ll.Value) -> ll.Value:
        if not self.inner and name in QUICK_IN_LIBM:
            return self.libm(name, *xs)
        return self.b.call(declare(self.b.module, name, 8 * self.dtype.itemsize), xs)

    def libm(self, name: str, *xs: ll.Value) -> ll.Value:
        suffix = "f" if self.dtype.itemsize == 4 else ""
        return self.b.call(self._declare(name + suffix, xs), xs)

    def special(self, name: str, *xs: ll.Value) -> ll.Value:
        """SciPy's function; f32 is computed in f64, as SciPy does."""
        double, single = ll.DoubleType(), self.dtype.itemsize == 4
        type = ll.FunctionType(double, [double] * len(xs) + [I32])
        called = special.function(self.b.module, name, type)
        wide = [self.b.fpext(x, double) for x in xs] if single else list(xs)
        y = self.b.call(called, [*wide, ll.Constant(I32, 0)])
        return self.b.fptrunc(y, xs[0].type) if single else y

    def intrinsic(self, name: str, *xs: ll.Value) -> ll.Value:
        bits = 8 * self.dtype.itemsize
        return self.b.call(self._declare(f"llvm.{name}.f{bits}", xs), xs)

    def _declare(self, name: str, xs: tuple, result: ll.Type | None = None) -> ll.Function:
        module = self.b.module
        if name in module.globals:
            return module.globals[name]
        type = ll.FunctionType(result or xs[0].type, [x.type for x in xs])
        function = ll.Function(module, type, name)
        if not name.startswith("llvm."):
            # libm sets errno, which nobody reads here: calls may be moved and merged.
            function.attributes.add("readnone")
            function.attributes.add("nounwind")
        return function

    # --- numbers ----------------------------------------------------------------------------

    def number(self, like: ll.Value, number: Any) -> ll.Constant:
        return ll.Constant(like.type, number)

    def compare(self, sign: str, x: ll.Value, y: ll.Value) -> ll.Value:
        if self.kind == "f":
            if sign == "!=":
                return self.b.fcmp_unordered(sign, x, y)
            return self.b.fcmp_ordered(sign, x, y)
        if self.kind == "i":
            return self.b.icmp_signed(sign, x, y)
        return self.b.icmp_unsigned(sign, x, y)

    def absolute(self, x: ll.Value) -> ll.Value:
        if self.kind == "f":
            return self.intrinsic("fabs", x)
        if self.kind == "u":
            return x
        return self.b.select(self.compare("<", x, self.number(x, 0)), self.b.neg(x), x)

    def sign(self, x: ll.Value) -> ll.Value:
        zero, one = self.number(x, 0), self.number(x, 1)
        positive = self.compare(">", x, zero)
        if self.kind == "u":
            return self.b.select(positive, one, zero)
        negative = self.compare("<", x, zero)
        rest = zero
        if self.kind == "f":
            # 0 for zeros of both signs, NaN for NaN.
            rest = self.b.select(self.b.fcmp_unordered("uno", x, x), x, zero)
        minus = self.number(x, -1)
        return self.b.select(positive, one, self.b.select(negative, minus, rest))

    def extremum(self, which: str, x: ll.Value, y: ll.Value, nan: bool) -> ll.Value:
        """Maximum or minimum; ``nan``: a NaN wins, else it loses."""
        if self.kind == "b":
            return self.b.or_(x, y) if which == "max" else self.b.and_(x, y)
        if self.kind == "f" and nan:
            return self.intrinsic("maximum" if which == "max" else "minimum", x, y)
        better = self.compare(">=" if which == "max" else "<=", x, y)
        if self.kind == "f":
            better = self.b.or_(better, self.b.fcmp_unordered("uno", y, y))
        return self.b.select(better, x, y)

    # --- division ---------------------------------------------------------------------------

    def divmod(self, x: ll.Value, y: ll.Value) -> tuple[ll.Value, ll.Value]:
        """Quotient rounded down and remainder with the divisor's sign, as in NumPy."""
        b = self.b
        if self.kind == "f":
            return self._float_divmod(x, y)
        zero = self.number(x, 0)
        by_zero = b.icmp_unsigned("==", y, zero)
        if self.kind == "u":
            safe = b.select(by_zero, self.number(x, 1), y)
            quotient, remainder = b.udiv(x, safe), b.urem(x, safe)
        else:
            # Division by -1 is negation: the processor traps on the smallest number.
            by_minus = b.icmp_signed("==", y, self.number(x, -1))
            safe = b.select(b.or_(by_zero, by_minus), self.number(x, 1), y)
            quotient, remainder = b.sdiv(x, safe), b.srem(x, safe)
            wrong = b.and_(
                b.icmp_signed("!=", remainder, zero),
                b.icmp_signed("<", b.xor(remainder, y), zero),
            )
            quotient = b.select(wrong, b.sub(quotient, self.number(x, 1)), quotient)
            remainder = b.select(wrong, b.add(remainder, y), remainder)
            quotient = b.select(by_minus, b.neg(x), quotient)
        return b.select(by_zero, zero, quotient), b.select(by_zero, zero, remainder)

    def _float_divmod(self, x: ll.Value, y: ll.Value) -> tuple[ll.Value, ll.Value]:
        # The steps of npy_divmod (numpy/core/src/npymath): round the exact quotient.
        b, zero, one = self.b, self.number(x, 0.0), self.number(x, 1.0)
        remainder = self.libm("fmod", x, y)
        quotient = b.fdiv(b.fsub(x, remainder), y)
        nonzero = b.fcmp_unordered("!=", remainder, zero)
        differs = b.xor(
            b.fcmp_ordered("<", y, zero),
            b.fcmp_ordered("<", remainder, zero),
        )
        wrong = b.and_(nonzero, differs)
        adjusted = b.select(wrong, b.fadd(remainder, y), remainder)
        adjusted = b.select(nonzero, adjusted, self.intrinsic("copysign", zero, y))
        quotient = b.select(wrong, b.fsub(quotient, one), quotient)
        floor = self.intrinsic("floor", quotient)
        up = b.fcmp_ordered(">", b.fsub(quotient, floor), self.number(x, 0.5))
        floor = b.select(up, b.fadd(floor, one), floor)
        signed_zero = self.intrinsic("copysign", zero, b.fdiv(x, y))
        floor = b.select(b.fcmp_unordered("!=", quotient, zero), floor, signed_zero)
        by_zero = b.fcmp_ordered("==", y, zero)
        return b.select(by_zero, b.fdiv(x, y), floor), b.select(by_zero, remainder, adjusted)

    def fmod(self, x: ll.Value, y: ll.Value) -> ll.Value:
        if self.kind == "f":
            return self.libm("fmod", x, y)
        b, zero, one = self.b, self.number(x, 0), self.number(x, 1)
        by_zero = b.icmp_unsigned("==", y, zero)
        if self.kind == "u":
            return b.select(by_zero, zero, b.urem(x, b.select(by_zero, one, y)))
        trivial = b.or_(by_zero, b.icmp_signed("==", y, self.number(x, -1)))
        return b.select(trivial, zero, b.srem(x, b.select(trivial, one, y)))

    # --- integers ---------------------------------------------------------------------------

    def shift(self, x: ll.Value, z: ll.Value, left: bool) -> ll.Value:
        """NumPy's: any count is allowed, and one out of range shifts all bits out."""
        b, bits = self.b, x.type.width
        fits = b.icmp_unsigned("<", z, self.number(z, bits))
        count = b.select(fits, z, self.number(z, 0))
        if left:
            return b.select(fits, b.shl(x, count), self.number(x, 0))
        if self.kind == "u":
            return b.select(fits, b.lshr(x, count), self.number(x, 0))
        return b.ashr(x, b.select(fits, z, self.number(z, bits - 1)))

    def gcd(self, x: ll.Value, z: ll.Value) -> ll.Value:
        return self.b.call(
            integers.gcd(self.b.module, x.type), [self.absolute(x), self.absolute(z)]
        )

    def lcm(self, x: ll.Value, z: ll.Value) -> ll.Value:
        b, divisor = self.b, self.gcd(x, z)
        none = b.icmp_unsigned("==", divisor, self.number(x, 0))
        safe = b.select(none, self.number(x, 1), divisor)
        return b.mul(b.udiv(self.absolute(x), safe), self.absolute(z))

    # --- parts of floating-point numbers ----------------------------------------------------

    def exponent(self, x: ll.Value) -> ll.Value:
        size = self.absolute(x)
        proper = self.b.and_(
            self.compare(">", size, self.number(x, 0.0)),
            self.compare("<", size, self.number(x, np.inf)),
        )
        safe = self.b.select(proper, x, self.number(x, 0.5))
        name = "ilogb" + ("f" if self.dtype.itemsize == 4 else "")
        return self.b.add(self.b.call(self._declare(name, (x,), I32), [safe]), ll.Constant(I32, 1))

    def ldexp(self, x: ll.Value, n: ll.Value) -> ll.Value:
        b = self.b
        most = self.number(n, 1 << 20)  # far beyond the exponent of any number
        n = b.select(b.icmp_signed("<", n, most), n, most)
        n = b.select(b.icmp_signed(">", n, b.neg(most)), n, b.neg(most))
        n = n if n.type == I32 else b.trunc(n, I32)
        name = "ldexp" if isinstance(x.type, ll.DoubleType) else "ldexpf"
        return b.call(self._declare(name, (x, n), x.type), [x, n])

    # --- composite functions ----------------------------------------------------------------

    def power(self, x: ll.Value, y: ll.Value) -> ll.Value:
        if self.kind == "f":
            if isinstance(y, ll.Constant):
                known = self._known_power(x, float(y.constant))
                if known is not None:
                    return known
            return self.elementary("pow", x, y)
        return self.b.call(integers.power(self.b.module, x.type), [x, y])

    def _known_power(self, x: ll.Value, y: float) -> ll.Value | None:
        """Small half-integer exponents, which need no call: two roundings more than libm's."""
        half = 2 * abs(y)
        if not half.is_integer() or half > 6:
            return None
        b, whole = self.b, int(half) // 2
        if half % 2 == 0 and y > 0:
            result = x
            for _ in range(whole - 1):
                result = b.fmul(result, x)
            return result
        if half % 2 == 0:
            return None  # x**-1 is a quotient by now, the others are rare
        result = self.intrinsic("sqrt", x)
        for _ in range(whole):
            result = b.fmul(result, x)
        if y < 0:
            result = b.fdiv(self.number(x, 1.0), result)
        # sqrt of -0 and of -inf are -0 and NaN, powers of them 0 and inf.
        infinite = b.fcmp_ordered("==", x, self.number(x, -np.inf))
        limit = self.number(x, 0.0 if y < 0 else np.inf)
        return b.select(infinite, limit, self.absolute(result))

    def cast(self, x: ll.Value, dtype: np.dtype) -> ll.Value:
        b, target = self.b, register_type(dtype)
        if dtype == self.dtype:
            return x
        if dtype.kind == "b":
            return self.compare("!=", x, self.number(x, 0))
        if dtype.kind == "f":
            if self.kind == "f":
                wider = dtype.itemsize > self.dtype.itemsize
                return b.fpext(x, target) if wider else b.fptrunc(x, target)
            return b.sitofp(x, target) if self.kind == "i" else b.uitofp(x, target)
        if self.kind == "f":
            # Saturating: a plain conversion out of range is undefined behaviour.
            name = "fptosi" if dtype.kind == "i" else "fptoui"
            bits = 8 * dtype.itemsize
            full = f"llvm.{name}.sat.i{bits}.f{8 * self.dtype.itemsize}"
            return b.call(self._declare(full, (x,), target), [x])
        if self.kind == "b" or (target.width > x.type.width and self.kind == "u"):
            return b.zext(x, target)
        if target.width > x.type.width:
            return b.sext(x, target)
        return b.trunc(x, target) if target.width < x.type.width else x
