"""Elementary functions evaluated by themselves: through each of their variants."""

from __future__ import annotations

import ctypes
import functools

import llvmlite.ir as ll
import numpy as np

from adjit.codegen.assemble import assemble
from adjit.codegen.elementary.library import declare, widths
from adjit.codegen.load import Library

I64 = ll.IntType(64)


@functools.cache
def _loop(name: str, bits: int, lanes: int) -> tuple[object, object]:
    """A native loop over arrays: ``loop(xs..., y, count)``; ``count`` a multiple of lanes."""
    module = ll.Module("evaluate")
    called = declare(module, name, bits, lanes)
    wide = called.ftype.return_type
    pointers = [wide.as_pointer()] * (len(called.args) + 1)
    entry = f"evaluate.{name}.{bits}.{lanes}"
    function = ll.Function(module, ll.FunctionType(ll.VoidType(), [*pointers, I64]), entry)
    b = ll.IRBuilder(function.append_basic_block("entry"))
    head, done = (function.append_basic_block(n) for n in ("loop", "done"))
    before = b.block
    b.branch(head)
    b.position_at_end(head)
    index = b.phi(I64)
    *sources, target, count = function.args
    xs = [b.load(b.gep(x, [index])) for x in sources]
    for x in xs:
        x.align = bits // 8
    y, at = b.call(called, xs), b.gep(target, [index])
    if lanes:
        b.store(y, at).align = bits // 8
    else:  # atomic, or LLVM would vectorise the loop
        b.store_atomic(y, at, "monotonic", bits // 8)
    after = b.add(index, I64(1))
    index.add_incoming(I64(0), before)
    index.add_incoming(after, head)
    b.cbranch(b.icmp_signed("<", after, count), head, done)
    b.position_at_end(done)
    b.ret_void()
    library = Library(assemble(str(module), entry))
    signature = [ctypes.c_void_p] * len(pointers) + [ctypes.c_int64]
    return ctypes.CFUNCTYPE(None, *signature)(library.address(entry)), library


def evaluate(name: str, *xs: np.ndarray, lanes: int = 0) -> np.ndarray:
    """The function ``name`` of arrays of one dtype and length, ``lanes`` at a time (0: scalars)."""
    dtype = xs[0].dtype
    bits = 8 * dtype.itemsize
    assert lanes == 0 or lanes in widths(bits)
    step = max(1, lanes)
    size = xs[0].size
    padded = [np.ascontiguousarray(np.resize(x, -(-size // step) * step)) for x in xs]
    y = np.empty_like(padded[0])
    loop, _ = _loop(name, bits, lanes)
    loop(*[x.ctypes.data for x in padded], y.ctypes.data, y.size // step)  # type: ignore[operator]
    return y[:size]
