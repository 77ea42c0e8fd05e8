"""Sine and cosine of one argument share their work."""

from __future__ import annotations

import llvmlite.ir as ll
import pytest

from adjit.codegen.assemble import optimised
from adjit.codegen.elementary.library import declare

I64 = ll.IntType(64)


def fused(bits: int, *names: str) -> int:
    """How many fused operations a loop has that multiplies these functions of one argument."""
    module = ll.Module("sharing")
    real = ll.DoubleType() if bits == 64 else ll.FloatType()
    pointer = real.as_pointer()
    type = ll.FunctionType(ll.VoidType(), [pointer, pointer, I64])
    loop = ll.Function(module, type, ".".join(("sharing", str(bits), *names)))
    source, target, count = loop.args
    for array in (source, target):
        array.add_attribute("noalias")
    b = ll.IRBuilder(loop.append_basic_block("entry"))
    head, done = (loop.append_basic_block(n) for n in ("loop", "done"))
    before = b.block
    b.branch(head)
    b.position_at_end(head)
    index = b.phi(I64)
    index.add_incoming(I64(0), before)
    x = b.load(b.gep(source, [index]))
    y = real(1.0)
    for name in names:
        y = b.fmul(y, b.call(declare(module, name, bits), [x]))
    b.store(y, b.gep(target, [index]))
    after = b.add(index, I64(1))
    index.add_incoming(after, head)
    b.cbranch(b.icmp_signed("<", after, count), head, done)
    b.position_at_end(done)
    b.ret_void()
    text = str(optimised(str(module)))
    body = text[text.index(f"@{loop.name}(") :]
    return body[: body.index("\n}")].count("@llvm.fma.v")


@pytest.mark.parametrize("bits", [64, 32])
def test_sine_and_cosine_of_one_argument(bits: int) -> None:
    """Together they are less than the sine with a function that is cheaper than the cosine."""
    assert 0 < fused(bits, "sin", "cos") < fused(bits, "sin", "exp")
