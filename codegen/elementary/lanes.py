"""What elementary functions are written in: arithmetic on one number or on a vector of them.

A definition is straight-line Python over :class:`Number`, :class:`Integer` and :class:`Mask`;
run once for each type, it emits LLVM for scalars and for vectors, in f64 and f32. Every
operation rounds once, as written: nothing is reordered or contracted, so all lanes and all
widths give the same bits.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import llvmlite.ir as ll

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: its width, and its significand and exponent."""

    bits: int
    precision: int  # bits of the significand, the hidden one included
    bias: int

    @property
    def name(self) -> str:
        return f"f{self.bits}"

    def pattern(self, number: float) -> int:
        """The bits of ``number`` rounded to this format."""
        code = "<d" if self.bits == 64 else "<f"
        return int.from_bytes(struct.pack(code, number), "little")


F64 = Format(64, 53, 1023)
F32 = Format(32, 24, 127)


class Lanes:
    """The emitter of one function body: a builder, a format, and how many lanes (0: a scalar)."""

    def __init__(self, b: ll.IRBuilder, format: Format, lanes: int) -> None:
        self.b = b
        self.format = format
        self.lanes = lanes
        self.double = format is F64
        self.floats = self._wide(ll.DoubleType() if self.double else ll.FloatType())
        self.integers = self._wide(ll.IntType(format.bits))

    def _wide(self, type: ll.Type) -> ll.Type:
        return ll.VectorType(type, self.lanes) if self.lanes else type

    def _constant(self, type: ll.Type, value: object) -> ll.Constant:
        return ll.Constant(type, [value] * self.lanes if self.lanes else value)

    # --- making values ----------------------------------------------------------------------

    def number(self, value: float | Number) -> Number:
        """A constant in every lane, rounded to the format."""
        if isinstance(value, Number):
            return value
        if not self.double:  # LLVM refuses a float constant that is not exact
            value = struct.unpack("<f", struct.pack("<f", value))[0]
        return Number(self, self._constant(self.floats, value))

    def integer(self, value: int | Integer) -> Integer:
        """An integer of the format's width in every lane, modulo 2**bits."""
        if isinstance(value, Integer):
            return value
        return Integer(self, self._constant(self.integers, value))

    def pick(self, f64: T, f32: T) -> T:
        """What differs between the formats in a definition."""
        return f64 if self.double else f32

    def intrinsic(self, name: str, *xs: Number) -> Number:
        suffix = f"v{self.lanes}" if self.lanes else ""
        full = f"llvm.{name}.{suffix}{self.format.name}"
        module = self.b.module
        function = module.globals.get(full)
        if function is None:
            type = ll.FunctionType(self.floats, [self.floats] * len(xs))
            function = ll.Function(module, type, full)
        return Number(self, self.b.call(function, [x.value for x in xs]))


class _Of:
    """A value in a register, with the emitter that goes on with it."""

    __slots__ = ("e", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, e: Lanes, value: ll.Value) -> None:
        self.e = e
        self.value = value


class Number(_Of):
    """Floating-point lanes. Comparisons are false for NaN, ``!=`` is true."""

    __slots__ = ()

    def __add__(self, other: Number | float) -> Number:
        return Number(self.e, self.e.b.fadd(self.value, self.e.number(other).value))

    def __radd__(self, other: float) -> Number:
        return self.e.number(other) + self

    def __sub__(self, other: Number | float) -> Number:
        return Number(self.e, self.e.b.fsub(self.value, self.e.number(other).value))

    def __rsub__(self, other: float) -> Number:
        return self.e.number(other) - self

    def __mul__(self, other: Number | float) -> Number:
        return Number(self.e, self.e.b.fmul(self.value, self.e.number(other).value))

    def __rmul__(self, other: float) -> Number:
        return self.e.number(other) * self

    def __truediv__(self, other: Number | float) -> Number:
        return Number(self.e, self.e.b.fdiv(self.value, self.e.number(other).value))

    def __rtruediv__(self, other: float) -> Number:
        return self.e.number(other) / self

    def __neg__(self) -> Number:
        return Number(self.e, self.e.b.fneg(self.value))

    def __abs__(self) -> Number:
        return self.e.intrinsic("fabs", self)

    def _compare(self, sign: str, other: Number | float) -> Mask:
        emit = self.e.b.fcmp_unordered if sign == "!=" else self.e.b.fcmp_ordered
        return Mask(self.e, emit(sign, self.value, self.e.number(other).value))

    def __lt__(self, other: Number | float) -> Mask:
        return self._compare("<", other)

    def __le__(self, other: Number | float) -> Mask:
        return self._compare("<=", other)

    def __gt__(self, other: Number | float) -> Mask:
        return self._compare(">", other)

    def __ge__(self, other: Number | float) -> Mask:
        return self._compare(">=", other)

    def __eq__(self, other: Number | float) -> Mask:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Number | float) -> Mask:  # type: ignore[override]
        return self._compare("!=", other)

    def bits(self) -> Integer:
        """The pattern of bits, as an integer of the same width."""
        return Integer(self.e, self.e.b.bitcast(self.value, self.e.integers))


class Integer(_Of):
    """Integer lanes of the format's width: wrapping, comparisons signed, shifts logical."""

    __slots__ = ()

    def _binary(self, emit: str, other: Integer | int) -> Integer:
        return Integer(self.e, getattr(self.e.b, emit)(self.value, self.e.integer(other).value))

    def __add__(self, other: Integer | int) -> Integer:
        return self._binary("add", other)

    def __sub__(self, other: Integer | int) -> Integer:
        return self._binary("sub", other)

    def __rsub__(self, other: int) -> Integer:
        return self.e.integer(other) - self

    def __and__(self, other: Integer | int) -> Integer:
        return self._binary("and_", other)

    def __or__(self, other: Integer | int) -> Integer:
        return self._binary("or_", other)

    def __xor__(self, other: Integer | int) -> Integer:
        return self._binary("xor", other)

    def __lshift__(self, count: int) -> Integer:
        return self._binary("shl", count)

    def __rshift__(self, count: int) -> Integer:
        return self._binary("lshr", count)

    def _compare(self, sign: str, other: Integer | int) -> Mask:
        emit = self.e.b.icmp_signed
        return Mask(self.e, emit(sign, self.value, self.e.integer(other).value))

    def __lt__(self, other: Integer | int) -> Mask:
        return self._compare("<", other)

    def __le__(self, other: Integer | int) -> Mask:
        return self._compare("<=", other)

    def __gt__(self, other: Integer | int) -> Mask:
        return self._compare(">", other)

    def __ge__(self, other: Integer | int) -> Mask:
        return self._compare(">=", other)

    def __eq__(self, other: Integer | int) -> Mask:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Integer | int) -> Mask:  # type: ignore[override]
        return self._compare("!=", other)

    def number(self) -> Number:
        """The number with this pattern of bits."""
        return Number(self.e, self.e.b.bitcast(self.value, self.e.floats))


class Mask(_Of):
    """Boolean lanes."""

    __slots__ = ()

    def __and__(self, other: Mask) -> Mask:
        return Mask(self.e, self.e.b.and_(self.value, other.value))

    def __or__(self, other: Mask) -> Mask:
        return Mask(self.e, self.e.b.or_(self.value, other.value))

    def __xor__(self, other: Mask) -> Mask:
        return Mask(self.e, self.e.b.xor(self.value, other.value))

    def __invert__(self) -> Mask:
        return Mask(self.e, self.e.b.not_(self.value))


# --- functions of lanes ---------------------------------------------------------------------


def where(mask: Mask, x: Number | float, y: Number | float) -> Number:
    """``x`` in the lanes of the mask, else ``y``."""
    e = mask.e
    return Number(e, e.b.select(mask.value, e.number(x).value, e.number(y).value))


def fma(x: Number, y: Number | float, z: Number | float) -> Number:
    """x * y + z, rounded once."""
    return x.e.intrinsic("fma", x, x.e.number(y), x.e.number(z))


def sqrt(x: Number) -> Number:
    return x.e.intrinsic("sqrt", x)


def rint(x: Number) -> Number:
    """The nearest integer, ties to even."""
    return x.e.intrinsic("rint", x)


def floor(x: Number) -> Number:
    return x.e.intrinsic("floor", x)


def trunc(x: Number) -> Number:
    return x.e.intrinsic("trunc", x)


def copysign(x: Number | float, y: Number) -> Number:
    """The magnitude of ``x`` with the sign of ``y``."""
    return y.e.intrinsic("copysign", y.e.number(x), y)


def maximum(x: Number, y: Number | float) -> Number:
    """The larger one; ``y`` where ``x`` is NaN (one instruction)."""
    return where(x > y, x, y)


def minimum(x: Number, y: Number | float) -> Number:
    """The smaller one; ``y`` where ``x`` is NaN (one instruction)."""
    return where(x < y, x, y)


def horner(x: Number, coefficients: Sequence[float]) -> Number:
    """The polynomial with these coefficients, the constant one first, in fused steps."""
    y = x.e.number(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        y = fma(y, x, c)
    return y


def estrin(x: Number, coefficients: Sequence[float]) -> Number:
    """The same polynomial as a tree of fused steps: a shorter chain of dependent operations.

    G. Estrin, "Organization of computer systems: the fixed plus variable structure computer",
    1960.
    """
    terms = [x.e.number(c) for c in coefficients]
    power = x
    while len(terms) > 1:
        odd = [terms.pop()] if len(terms) % 2 else []
        pairs = zip(terms[::2], terms[1::2], strict=True)
        terms = [fma(high, power, low) for low, high in pairs] + odd
        power = power * power if len(terms) > 1 else power
    return terms[0]


def magic(e: Lanes) -> float:
    """1.5 * 2**(p-1): added to a small number, it leaves the nearest integer in the low bits."""
    return 1.5 * 2.0 ** (e.format.precision - 1)


def nearest(x: Number) -> tuple[Number, Integer]:
    """The nearest integer as a number and as an integer; |x| below 2**(p-2)."""
    big = x.e.number(magic(x.e))
    shifted = x + big
    return shifted - big, shifted.bits() - big.bits()


def power_of_two(n: Integer) -> Number:
    """2**n for exponents of normal numbers."""
    format = n.e.format
    return ((n + format.bias) << (format.precision - 1)).number()


# --- sums and products with their errors ----------------------------------------------------


def two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """x + y as a rounded sum and its exact error (Knuth, TAOCP 2, section 4.2.2)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def fast_two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """The same where |x| >= |y| or x is 0 (Dekker 1971)."""
    total = x + y
    return total, y - (total - x)


def two_product(x: Number, y: Number | float) -> tuple[Number, Number]:
    """x * y as a rounded product and its exact error."""
    product = x * y
    return product, fma(x, y, -product)
