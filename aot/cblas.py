"""Matrix products by CBLAS: it is called by what native code calls by BLAS's own conventions."""

from __future__ import annotations

import llvmlite.ir as ll

from ..codegen.external import BLAS
from ..codegen.scalar import I8, I32

POINTER = I8.as_pointer()
COLUMNS, PLAIN, TRANSPOSED = 102, 111, 112
"""CblasColMajor, CblasNoTrans, CblasTrans (cblas.h)."""


def use_cblas(module: ll.Module) -> None:
    """Gives a body to the products that a module calls."""
    for letter, real in (("d", ll.DoubleType()), ("s", ll.FloatType())):
        product = module.globals.get(f"{BLAS}{letter}gemm")
        if product is not None:
            _define(module, product, f"cblas_{letter}gemm", real)


def _define(module: ll.Module, product: ll.Function, name: str, real: ll.Type) -> None:
    product.linkage = "internal"
    b = ll.IRBuilder(product.append_basic_block("entry"))
    trans_a, trans_b, m, n, k, alpha, x, ldx, z, ldz, beta, y, ldy = product.args

    def number(pointer: ll.Value) -> ll.Value:
        return b.load(b.bitcast(pointer, I32.as_pointer()))

    def factor(pointer: ll.Value) -> ll.Value:
        return b.load(b.bitcast(pointer, real.as_pointer()))

    def order(pointer: ll.Value) -> ll.Value:
        plain = b.icmp_signed("==", b.load(pointer), ll.Constant(I8, ord("N")))
        return b.select(plain, ll.Constant(I32, PLAIN), ll.Constant(I32, TRANSPOSED))

    arguments = [
        ll.Constant(I32, COLUMNS),
        *map(order, (trans_a, trans_b)),
        *map(number, (m, n, k)),
        factor(alpha),
        x,
        number(ldx),
        z,
        number(ldz),
        factor(beta),
        y,
        number(ldy),
    ]
    type = ll.FunctionType(ll.VoidType(), [argument.type for argument in arguments])
    b.call(ll.Function(module, type, name), arguments)
    b.ret_void()
