"""Matrix products by BLAS, through the function pointers that SciPy exports for Cython."""

from __future__ import annotations

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.ops.contract import split_spec
from .cone import home
from .external import BLAS
from .frame import Frame
from .scalar import I8, I32, I64, memory_type


def _function(module: ll.Module, name: str, arguments: int) -> ll.Function:
    symbol = BLAS + name
    if symbol in module.globals:
        return module.globals[symbol]
    type = ll.FunctionType(ll.VoidType(), [I8.as_pointer()] * arguments)
    return ll.Function(module, type, symbol)


class Products:
    """Emits products into a function; BLAS takes everything by reference, so by stack slot."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def emit(
        self, b: ll.IRBuilder, value: Value, items: tuple[ll.Value, ll.Value] | None = None
    ) -> None:
        """``mk,kn->mn`` or ``bmk,bkn->bmn`` with each matrix in either order, row-major.

        ``items``: the part of the batch to multiply.
        """
        x, z = value.args
        left, right, _ = split_spec(value.attr("spec"))
        *batch, m, n = value.type.ints
        k = x.shape[left.index("k")]
        prefix = "d" if value.dtype.itemsize == 8 else "s"
        pointers = [self.frame.pointer(b, v) for v in (home(x), home(z), value)]
        sizes = [m * k, k * n, m * n]
        head, after = b.append_basic_block("product"), b.append_basic_block("after")
        before = b.block
        b.branch(head)
        b.position_at_end(head)
        number = b.phi(I64)
        a, c, y = (
            self._at(b, pointer, number, size * value.dtype.itemsize)
            for pointer, size in zip(pointers, sizes, strict=True)
        )
        self._matrix(
            b, prefix, value, (a, left[-2:] == "mk"), (c, right[-2:] == "kn"), y, (m, n, k)
        )
        following = b.add(number, ll.Constant(I64, 1), flags=("nsw", "nuw"))
        begin, end = items or (ll.Constant(I64, 0), ll.Constant(I64, batch[0] if batch else 1))
        number.add_incoming(begin, before)
        number.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed("<", following, end), head, after)
        b.position_at_end(after)

    def _at(self, b: ll.IRBuilder, pointer: ll.Value, number: ll.Value, size: int) -> ll.Value:
        at = b.mul(number, ll.Constant(I64, size), flags=("nsw",))
        return b.gep(pointer, [at], inbounds=True, source_etype=I8)

    def _matrix(
        self,
        b: ll.IRBuilder,
        prefix: str,
        value: Value,
        x: tuple[ll.Value, bool],
        z: tuple[ll.Value, bool],
        y: ll.Value,
        sizes: tuple[int, int, int],
    ) -> None:
        """The column-major product of the swapped operands is the row-major product."""
        m, n, k = sizes
        function = _function(b.module, prefix + "gemm", 13)
        (a, a_rows), (c, c_rows) = x, z
        one, zero = self._number(value, 1.0), self._number(value, 0.0)
        b.call(
            function,
            [
                self._char("N" if c_rows else "T"),
                self._char("N" if a_rows else "T"),
                self._int(n),
                self._int(m),
                self._int(k),
                one,
                c,
                self._int(n if c_rows else k),
                a,
                self._int(k if a_rows else m),
                zero,
                y,
                self._int(n),
            ],
        )

    # --- arguments by reference -------------------------------------------------------------

    def _slot(self, constant: ll.Constant) -> ll.Value:
        slot = self.frame.entry.alloca(constant.type)
        self.frame.entry.store(constant, slot)
        return self.frame.entry.bitcast(slot, I8.as_pointer())

    def _int(self, number: int) -> ll.Value:
        return self._slot(ll.Constant(I32, number))

    def _number(self, value: Value, number: float) -> ll.Value:
        return self._slot(ll.Constant(memory_type(value.dtype), number))

    def _char(self, letter: str) -> ll.Value:
        return self._slot(ll.Constant(I8, ord(letter)))
