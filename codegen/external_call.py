"""Calls of BLAS and LAPACK, whose functions take everything by reference: by stack slot."""

from __future__ import annotations

import llvmlite.ir as ll
import numpy as np

from ..ir.sizes import Size
from .frame import Frame
from .scalar import I8, I32, I64, memory_type

POINTER = I8.as_pointer()


def prefix(dtype: np.dtype, is_complex: bool = False) -> str:
    """What the names of functions for a dtype, or complex numbers of its parts, begin with."""
    double = dtype.itemsize == 8
    if is_complex:
        return "z" if double else "c"
    return "d" if double else "s"


class ByReference:
    """Calls from one function; arguments that are known lie in stack slots of its entry."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def call(self, b: ll.IRBuilder, symbol: str, *arguments: ll.Value) -> None:
        known = b.module.globals.get(symbol)
        if known is None:
            type = ll.FunctionType(ll.VoidType(), [POINTER] * len(arguments))
            known = ll.Function(b.module, type, symbol)
        b.call(known, arguments)

    def slot(self, constant: ll.Constant) -> ll.Value:
        slot = self.frame.entry.alloca(constant.type)
        self.frame.entry.store(constant, slot)
        return self.frame.entry.bitcast(slot, POINTER)

    def int(self, number: int) -> ll.Value:
        if not isinstance(number, Size):
            return self.slot(ll.Constant(I32, number))
        entry = self.frame.entry
        slot = entry.alloca(I32)
        entry.store(entry.trunc(ll.Constant(I64, number), I32), slot)
        return entry.bitcast(slot, POINTER)

    def number(self, dtype: np.dtype, number: float) -> ll.Value:
        return self.slot(ll.Constant(memory_type(dtype), number))

    def char(self, letter: str) -> ll.Value:
        return self.slot(ll.Constant(I8, ord(letter)))


def at(b: ll.IRBuilder, pointer: ll.Value, number: ll.Value, size: int) -> ll.Value:
    """The place of item ``number``, of ``size`` bytes each."""
    offset = b.mul(number, ll.Constant(I64, size), flags=("nsw",))
    return b.gep(pointer, [offset], inbounds=True, source_etype=I8)


def behind(b: ll.IRBuilder, pointer: ll.Value, size: int) -> ll.Value:
    return b.gep(pointer, [ll.Constant(I64, size)], inbounds=True, source_etype=I8)


class Repeat:
    """A loop over ``begin, ..., end - 1``, at least once: ``with Repeat(b, n) as number``."""

    def __init__(self, b: ll.IRBuilder, end: ll.Value | int, begin: ll.Value | int = 0) -> None:
        self.b = b
        self.begin = ll.Constant(I64, begin) if isinstance(begin, int) else begin
        self.end = ll.Constant(I64, end) if isinstance(end, int) else end

    def __enter__(self) -> ll.Value:
        b, before = self.b, self.b.block
        self.head = b.append_basic_block("item")
        b.branch(self.head)
        b.position_at_end(self.head)
        self.number = b.phi(I64)
        self.number.add_incoming(self.begin, before)
        return self.number

    def __exit__(self, *problem: object) -> None:
        b = self.b
        following = b.add(self.number, ll.Constant(I64, 1), flags=("nsw", "nuw"))
        self.number.add_incoming(following, b.block)
        after = b.append_basic_block("after")
        b.cbranch(b.icmp_signed("<", following, self.end), self.head, after)
        b.position_at_end(after)
