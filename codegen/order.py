"""Sorting and searching: functions of the module that calls them.

Each is emitted once for a dtype, and takes pointers and sizes. Sorting is a stable merge sort from
the bottom up, between the two rows of its result; searching is by bisection.
"""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.ir as ll
import numpy as np

from ..ir.graph import Value
from .cone import home
from .frame import Frame
from .scalar import I8, I64, Scalar, from_memory, memory_type

POINTER = I8.as_pointer()
POINTERS = I64.as_pointer()
ZERO, ONE = ll.Constant(I64, 0), ll.Constant(I64, 1)


def emit(b: ll.IRBuilder, value: Value, frame: Frame) -> None:
    """The call that computes ``value``."""
    x = value.args[0]
    pointers = [frame.pointer(b, home(part)) for part in (*value.args, value)]
    if value.op.name == "argsort":
        size = x.type.ints[-1]
        rows = x.type.size // size if size else 0
        function, sizes = _argsort(b.module, x.dtype), (rows, size)
    else:
        right = value.attr("side") == "right"
        function = _searchsorted(b.module, x.dtype, right)
        sizes = (x.type.size, value.type.size)
    pointers[-1] = b.bitcast(pointers[-1], POINTERS)
    b.call(function, [*pointers, *(ll.Constant(I64, n) for n in sizes)])


# --- small tools ----------------------------------------------------------------------------


def _function(
    module: ll.Module, name: str, pointers: int, emit: Callable[[ll.IRBuilder, ll.Function], None]
) -> ll.Function:
    """``void name(inputs..., result, sizes...)``, emitted when it is first wanted."""
    if name in module.globals:
        return module.globals[name]
    type = ll.FunctionType(ll.VoidType(), [*[POINTER] * pointers, POINTERS, I64, I64])
    function = ll.Function(module, type, name)
    function.linkage = "internal"
    function.attributes.add("nounwind")
    for argument in function.args[: pointers + 1]:
        argument.add_attribute("noalias")
    b = ll.IRBuilder(function.append_basic_block("entry"))
    emit(b, function)
    b.ret_void()
    return function


def _each(
    b: ll.IRBuilder, stop: ll.Value, body: Callable[[ll.Value], None], start: ll.Value = ZERO
) -> None:
    """``body(i)`` for ``start <= i < stop``."""
    number = _variable(b, start)

    def turn() -> None:
        body(b.load(number))
        b.store(b.add(b.load(number), ONE), number)

    _while(b, lambda: b.icmp_signed("<", b.load(number), stop), turn)


def _while(b: ll.IRBuilder, test: Callable[[], ll.Value], body: Callable[[], object]) -> None:
    head, inside, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
    b.branch(head)
    b.position_at_end(head)
    b.cbranch(test(), inside, after)
    b.position_at_end(inside)
    body()
    b.branch(head)
    b.position_at_end(after)


def _variable(b: ll.IRBuilder, start: ll.Value) -> ll.Value:
    """A stack slot, made in the entry, which LLVM turns into a register."""
    with b.goto_entry_block():
        slot = b.alloca(start.type)
    b.store(start, slot)
    return slot


def _least(b: ll.IRBuilder, x: ll.Value, z: ll.Value) -> ll.Value:
    return b.select(b.icmp_signed("<", x, z), x, z)


def _element(b: ll.IRBuilder, pointer: ll.Value, at: ll.Value, dtype: np.dtype) -> ll.Value:
    type = memory_type(dtype)
    base = b.bitcast(pointer, type.as_pointer())
    found = b.load(b.gep(base, [at], inbounds=True, source_etype=type))
    return from_memory(b, dtype, found)


def _integer(b: ll.IRBuilder, pointer: ll.Value, at: ll.Value) -> ll.Value:
    return b.load(b.gep(pointer, [at], inbounds=True, source_etype=I64))


def _set(b: ll.IRBuilder, pointer: ll.Value, at: ll.Value, number: ll.Value) -> None:
    b.store(number, b.gep(pointer, [at], inbounds=True, source_etype=I64))


def _less(b: ll.IRBuilder, dtype: np.dtype, x: ll.Value, z: ll.Value) -> ll.Value:
    """Whether x comes before z, NaN last."""
    less = Scalar(b, dtype).compare("<", x, z)
    if dtype.kind != "f":
        return less
    only = b.and_(b.fcmp_ordered("ord", x, x), b.fcmp_unordered("uno", z, z))
    return b.or_(less, only)


# --- sorting --------------------------------------------------------------------------------


def _argsort(module: ll.Module, dtype: np.dtype) -> ll.Function:
    def emit(b: ll.IRBuilder, function: ll.Function) -> None:
        x, y, rows, size = function.args
        ranks = b.gep(y, [b.mul(rows, size)], inbounds=True, source_etype=I64)
        bytes = ll.Constant(I64, dtype.itemsize)

        def row(number: ll.Value) -> None:
            at = b.mul(number, size)
            item = b.gep(x, [b.mul(at, bytes)], inbounds=True, source_etype=I8)
            order, rank = (
                b.gep(base, [at], inbounds=True, source_etype=I64) for base in (y, ranks)
            )
            _sort_row(b, dtype, item, order, rank, size)

        _each(b, rows, row)

    return _function(module, f"adjit.argsort.{dtype.str[1:]}", 1, emit)


def _sort_row(
    b: ll.IRBuilder, dtype: np.dtype, x: ll.Value, order: ll.Value, ranks: ll.Value, size: ll.Value
) -> None:
    """Runs of 1, 2, 4, ... sorted elements are merged, to and fro between the two results."""
    source, target = _variable(b, order), _variable(b, ranks)
    width = _variable(b, ONE)

    def swap() -> None:
        one, other = b.load(source), b.load(target)
        b.store(other, source)
        b.store(one, target)
        b.store(b.shl(b.load(width), ONE), width)

    def unfinished() -> ll.Value:
        return b.icmp_signed("<", b.load(width), size)

    # With an odd number of passes the first one reads the other array.
    _while(b, unfinished, swap)
    b.store(ONE, width)
    first = b.load(source)
    _each(b, size, lambda i: _set(b, first, i, i))
    low = _variable(b, ZERO)

    def merge_all() -> None:
        b.store(ZERO, low)
        _while(
            b,
            lambda: b.icmp_signed("<", b.load(low), size),
            lambda: _merge(b, dtype, x, b.load(source), b.load(target), low, b.load(width), size),
        )
        swap()

    _while(b, unfinished, merge_all)
    _each(b, size, lambda i: _set(b, ranks, _integer(b, order, i), i))


def _merge(
    b: ll.IRBuilder,
    dtype: np.dtype,
    x: ll.Value,
    source: ll.Value,
    target: ll.Value,
    low: ll.Value,
    width: ll.Value,
    size: ll.Value,
) -> None:
    """Merges the two runs from ``low`` on, which then is where they end."""
    begin = b.load(low)
    middle = _least(b, b.add(begin, width), size)
    end = _least(b, b.add(middle, width), size)
    left, right = _variable(b, begin), _variable(b, middle)
    last_left, last_right = b.sub(middle, ONE), b.sub(end, ONE)

    def step(k: ll.Value) -> None:
        i, j = b.load(left), b.load(right)
        # Both places are read, inside of the array, so that nothing branches.
        one = _integer(b, source, _least(b, i, last_left))
        other = _integer(b, source, _least(b, j, last_right))
        before = _less(b, dtype, _element(b, x, other, dtype), _element(b, x, one, dtype))
        some_left, some_right = b.icmp_signed("<", i, middle), b.icmp_signed("<", j, end)
        take = b.and_(some_right, b.or_(before, b.not_(some_left)))
        _set(b, target, k, b.select(take, other, one))
        b.store(b.add(j, b.zext(take, I64)), right)
        b.store(b.add(i, b.zext(b.not_(take), I64)), left)

    _each(b, end, step, begin)
    b.store(end, low)


# --- searching ------------------------------------------------------------------------------


def _searchsorted(module: ll.Module, dtype: np.dtype, right: bool) -> ll.Function:
    def emit(b: ll.IRBuilder, function: ll.Function) -> None:
        x, numbers, y, size, count = function.args

        def search(k: ll.Value) -> None:
            number = _element(b, numbers, k, dtype)
            low, left = _variable(b, ZERO), _variable(b, size)

            def halve() -> None:
                half = b.lshr(b.load(left), ONE)
                at = b.add(b.load(low), half)
                item = _element(b, x, at, dtype)
                if right:
                    before = b.not_(_less(b, dtype, number, item))
                else:
                    before = _less(b, dtype, item, number)
                rest = b.sub(b.sub(b.load(left), half), ONE)
                b.store(b.select(before, b.add(at, ONE), b.load(low)), low)
                b.store(b.select(before, rest, half), left)

            _while(b, lambda: b.icmp_signed(">", b.load(left), ZERO), halve)
            _set(b, y, k, b.load(low))

        _each(b, count, search)

    side = "right" if right else "left"
    return _function(module, f"adjit.searchsorted.{side}.{dtype.str[1:]}", 2, emit)
