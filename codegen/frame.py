"""What names mean at one place of the emitted function: scalars, symbols, arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.types import Affine, Dim
from .cone import is_splat
from .scalar import I64, constant
from .schedule import Buffer


class Memory(Protocol):
    """The buffers of the function."""

    def pointer(self, b: ll.IRBuilder, buffer: Buffer) -> ll.Value: ...

    def reserve(self, b: ll.IRBuilder, buffer: Buffer, value: Value, row: ll.Value) -> None:
        """Makes room for a row of a tape."""


@dataclass(slots=True)
class Frame:
    """Of one section or region; ``entry`` is where stack slots are made."""

    entry: ll.IRBuilder
    memory: Memory
    buffers: dict[Value, Buffer]
    registers: dict[Value, ll.Value] = field(default_factory=dict)
    symbols: dict[str, ll.Value] = field(default_factory=dict)

    def inside(self, buffers: dict[Value, Buffer]) -> Frame:
        """For a region, which sees the symbols around it and nothing else."""
        return Frame(self.entry, self.memory, buffers, {}, dict(self.symbols))

    def below(self, buffers: dict[Value, Buffer]) -> Frame:
        """For a section further down the tree."""
        return Frame(self.entry, self.memory, buffers, dict(self.registers), dict(self.symbols))

    def stored(self, value: Value) -> bool:
        return bool(value.shape) and value in self.buffers

    def pointer(self, b: ll.IRBuilder, value: Value) -> ll.Value:
        return self.memory.pointer(b, self.buffers[value])

    def register(self, value: Value) -> ll.Value:
        if is_splat(value):
            return constant(value.dtype, value.attr("value").array)
        return self.registers[value]

    def dim(self, b: ll.IRBuilder, dim: Dim) -> ll.Value:
        """The number that a dimension is."""
        if not isinstance(dim, Affine):
            return ll.Constant(I64, dim)
        total: ll.Value | None = None
        for symbol, c in dim.terms:
            term = self.symbols[symbol.name]
            if c != 1:
                term = b.mul(term, ll.Constant(I64, c), flags=("nsw",))
            total = term if total is None else b.add(total, term, flags=("nsw",))
        if total is not None and type(dim.const) is int and not dim.const:
            return total
        return b.add(total, ll.Constant(I64, dim.const), flags=("nsw",))
