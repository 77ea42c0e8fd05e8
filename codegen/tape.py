"""Memory that grows at run time: what a loop of unknown length leaves for its reversal.

A tape is a pointer and a size in bytes, both stack slots of the function's entry, which LLVM
turns into registers. They come from a table of the caller, and whichever way the call ends they
go back there: the next call finds the memory. Writing a row makes room for it first, by doubling;
or, in a library that has no memory but the caller's, ends the call.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.sizes import largest
from ..ir.types import capacity
from .scalar import I8, I64

POINTER = I8.as_pointer()
FIRST_BYTES = 4096
"""The size that a tape starts with, at least."""


class Tapes:
    """The tapes of one function; ``fail`` ends a call that got no memory.

    ``grow``: whether they ask for more than the table has.
    """

    def __init__(
        self,
        entry: ll.IRBuilder,
        count: int,
        table: ll.Value,
        fail: Callable[[ll.IRBuilder], None],
        grow: bool = True,
    ) -> None:
        self.fail = fail
        self.grow = grow
        self.table = table
        self.module = entry.module
        self.pointers = [entry.alloca(POINTER) for _ in range(count)]
        self.bytes = [entry.alloca(I64) for _ in range(count)]
        for number, (pointer, size) in enumerate(zip(self.pointers, self.bytes, strict=True)):
            at, room = self._places(entry, number)
            entry.store(entry.inttoptr(entry.load(at), POINTER), pointer)
            entry.store(entry.load(room), size)

    def _places(self, b: ll.IRBuilder, number: int) -> tuple[ll.Value, ll.Value]:
        """Where the table has the pointer and the size of a tape."""
        found = [
            b.gep(self.table, [ll.Constant(I64, 2 * number + n)], inbounds=True, source_etype=I64)
            for n in (0, 1)
        ]
        return found[0], found[1]

    def pointer(self, b: ll.IRBuilder, number: int) -> ll.Value:
        return b.load(self.pointers[number])

    def reserve(self, b: ll.IRBuilder, number: int, value: Value, row: ll.Value) -> None:
        """Makes room for ``row`` in the tape that ``value`` is a version of."""
        size = largest(value.dtype.itemsize * prod(capacity(value.shape[1:])), 1)
        room = b.load(self.bytes[number])
        full, enough = b.append_basic_block("full"), b.append_basic_block("enough")
        needed = b.mul(b.add(row, ll.Constant(I64, 1)), ll.Constant(I64, size))
        b.cbranch(b.icmp_signed("<=", needed, room), enough, full)
        b.position_at_end(full)
        if not self.grow:
            self.fail(b)
            b.position_at_end(enough)
            return
        more = b.shl(room, ll.Constant(I64, 1))
        for candidate in (needed, ll.Constant(I64, FIRST_BYTES)):
            more = b.select(b.icmp_signed(">", candidate, more), candidate, more)
        found = b.call(
            self._declare("realloc", POINTER, POINTER, I64),
            [b.load(self.pointers[number]), more],
        )
        failed, grown = b.append_basic_block("failed"), b.append_basic_block("grown")
        nothing = b.icmp_unsigned("==", found, ll.Constant(POINTER, None))
        b.cbranch(nothing, failed, grown)
        b.position_at_end(failed)
        self.fail(b)
        b.position_at_end(grown)
        b.store(found, self.pointers[number])
        b.store(more, self.bytes[number])
        b.branch(enough)
        b.position_at_end(enough)

    def give_back(self, b: ll.IRBuilder) -> None:
        """Hands the memory to the caller, who keeps or frees it."""
        for number, (pointer, size) in enumerate(zip(self.pointers, self.bytes, strict=True)):
            at, room = self._places(b, number)
            b.store(b.ptrtoint(b.load(pointer), I64), at)
            b.store(b.load(size), room)

    def _declare(self, name: str, result: ll.Type, *arguments: ll.Type) -> ll.Function:
        if name in self.module.globals:
            return self.module.globals[name]
        return ll.Function(self.module, ll.FunctionType(result, arguments), name)
