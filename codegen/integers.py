"""Functions of integers that need a loop, each a function of the module that calls it."""

from __future__ import annotations

import llvmlite.ir as ll


def power(module: ll.Module, type: ll.IntType) -> ll.Function:
    """x**y by squaring; wraps as NumPy does (negative exponents are refused earlier)."""
    name = f"adjit.ipow.i{type.width}"
    if name in module.globals:
        return module.globals[name]
    function = ll.Function(module, ll.FunctionType(type, [type, type]), name)
    function.linkage = "internal"
    entry, loop, done = (function.append_basic_block(n) for n in ("entry", "loop", "done"))
    zero, one = ll.Constant(type, 0), ll.Constant(type, 1)
    b = ll.IRBuilder(entry)
    b.cbranch(b.icmp_unsigned("==", function.args[1], zero), done, loop)
    b.position_at_end(loop)
    base, left, total = b.phi(type), b.phi(type), b.phi(type)
    odd = b.icmp_unsigned("!=", b.and_(left, one), zero)
    new_total = b.select(odd, b.mul(total, base), total)
    new_left = b.lshr(left, one)
    for phi, start, step in (
        (base, function.args[0], b.mul(base, base)),
        (left, function.args[1], new_left),
        (total, one, new_total),
    ):
        phi.add_incoming(start, entry)
        phi.add_incoming(step, loop)
    b.cbranch(b.icmp_unsigned("==", new_left, zero), done, loop)
    b.position_at_end(done)
    result = b.phi(type)
    result.add_incoming(one, entry)
    result.add_incoming(new_total, loop)
    b.ret(result)
    return function


def gcd(module: ll.Module, type: ll.IntType) -> ll.Function:
    """Euclid's algorithm on unsigned numbers."""
    name = f"adjit.gcd.i{type.width}"
    if name in module.globals:
        return module.globals[name]
    function = ll.Function(module, ll.FunctionType(type, [type, type]), name)
    function.linkage = "internal"
    entry, test, step, done = (
        function.append_basic_block(n) for n in ("entry", "test", "step", "done")
    )
    b = ll.IRBuilder(entry)
    b.branch(test)
    b.position_at_end(test)
    x, z = b.phi(type), b.phi(type)
    b.cbranch(b.icmp_unsigned("==", z, ll.Constant(type, 0)), done, step)
    b.position_at_end(step)
    remainder = b.urem(x, z)
    b.branch(test)
    for phi, start, following in ((x, function.args[0], z), (z, function.args[1], remainder)):
        phi.add_incoming(start, entry)
        phi.add_incoming(following, step)
    b.position_at_end(done)
    b.ret(x)
    return function
