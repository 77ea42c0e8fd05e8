"""Matrix products by BLAS, through the function pointers that SciPy exports for Cython."""

from __future__ import annotations

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.ops.contract import split_spec
from .cone import home
from .external import BLAS
from .external_call import ByReference, Repeat, at, prefix


class Products(ByReference):
    """Emits products into a function."""

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
        pointers = [self.frame.pointer(b, v) for v in (home(x), home(z), value)]
        sizes = [m * k, k * n, m * n]
        begin, end = items or (0, batch[0] if batch else 1)
        with Repeat(b, end, begin) as number:
            a, c, y = (
                at(b, pointer, number, size * value.dtype.itemsize)
                for pointer, size in zip(pointers, sizes, strict=True)
            )
            self._matrix(b, value, (a, left[-2:] == "mk"), (c, right[-2:] == "kn"), y, (m, n, k))

    def _matrix(
        self,
        b: ll.IRBuilder,
        value: Value,
        x: tuple[ll.Value, bool],
        z: tuple[ll.Value, bool],
        y: ll.Value,
        sizes: tuple[int, int, int],
    ) -> None:
        """The column-major product of the swapped operands is the row-major product."""
        m, n, k = sizes
        (a, a_rows), (c, c_rows) = x, z
        one, zero = (self.number(value.dtype, number) for number in (1.0, 0.0))
        self.call(
            b,
            f"{BLAS}{prefix(value.dtype)}gemm",
            self.char("N" if c_rows else "T"),
            self.char("N" if a_rows else "T"),
            self.int(n),
            self.int(m),
            self.int(k),
            one,
            c,
            self.int(n if c_rows else k),
            a,
            self.int(k if a_rows else m),
            zero,
            y,
            self.int(n),
        )
