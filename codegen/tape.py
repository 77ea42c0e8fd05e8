"""Memory that grows at run time: what a loop of unknown length leaves for its reversal.

A tape is a pointer and a number of rows, both stack slots of the function's entry, which LLVM
turns into registers. Writing a row makes room for it first, by doubling; whichever way the call
ends, the memory is freed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.types import capacity
from .scalar import I8, I64

POINTER = I8.as_pointer()
FIRST_BYTES = 4096
"""The size that a tape starts with, at least."""


class Tapes:
    """The tapes of one function; ``fail`` ends a call that got no memory."""

    def __init__(
        self, entry: ll.IRBuilder, count: int, fail: Callable[[ll.IRBuilder], None]
    ) -> None:
        self.fail = fail
        self.module = entry.module
        self.pointers = [entry.alloca(POINTER) for _ in range(count)]
        self.rows = [entry.alloca(I64) for _ in range(count)]
        for pointer, rows in zip(self.pointers, self.rows, strict=True):
            entry.store(ll.Constant(POINTER, None), pointer)
            entry.store(ll.Constant(I64, 0), rows)

    def pointer(self, b: ll.IRBuilder, number: int) -> ll.Value:
        return b.load(self.pointers[number])

    def reserve(self, b: ll.IRBuilder, number: int, value: Value, row: ll.Value) -> None:
        """Makes room for ``row`` in the tape that ``value`` is a version of."""
        size = max(value.dtype.itemsize * prod(capacity(value.shape[1:])), 1)
        rows = b.load(self.rows[number])
        full, enough = b.append_basic_block("full"), b.append_basic_block("enough")
        b.cbranch(b.icmp_signed("<", row, rows), enough, full)
        b.position_at_end(full)
        needed = b.add(row, ll.Constant(I64, 1))
        more = b.shl(rows, ll.Constant(I64, 1))
        least = ll.Constant(I64, -(-FIRST_BYTES // size))
        for candidate in (needed, least):
            more = b.select(b.icmp_signed(">", candidate, more), candidate, more)
        found = b.call(
            self._declare("realloc", POINTER, POINTER, I64),
            [b.load(self.pointers[number]), b.mul(more, ll.Constant(I64, size))],
        )
        failed, grown = b.append_basic_block("failed"), b.append_basic_block("grown")
        nothing = b.icmp_unsigned("==", found, ll.Constant(POINTER, None))
        b.cbranch(nothing, failed, grown)
        b.position_at_end(failed)
        self.fail(b)
        b.position_at_end(grown)
        b.store(found, self.pointers[number])
        b.store(more, self.rows[number])
        b.branch(enough)
        b.position_at_end(enough)

    def free(self, b: ll.IRBuilder) -> None:
        for pointer in self.pointers:
            b.call(self._declare("free", ll.VoidType(), POINTER), [b.load(pointer)])

    def _declare(self, name: str, result: ll.Type, *arguments: ll.Type) -> ll.Function:
        if name in self.module.globals:
            return self.module.globals[name]
        return ll.Function(self.module, ll.FunctionType(result, arguments), name)
