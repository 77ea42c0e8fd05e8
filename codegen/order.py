"""Sorting and searching: functions of the module that calls them.

Each is emitted once for a dtype, and takes pointers and sizes. Sorting is stable: by insertion for
few elements, else by digits, for which the second row of its result is the other array; searching
is by bisection.
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

SMALL = 32
"""Rows of at most so many elements are sorted by insertion."""

DIGITS = 256
DIGIT = ll.Constant(I64, DIGITS)


def _argsort(module: ll.Module, dtype: np.dtype) -> ll.Function:
    def emit(b: ll.IRBuilder, function: ll.Function) -> None:
        x, y, rows, size = function.args
        ranks = b.gep(y, [b.mul(rows, size)], inbounds=True, source_etype=I64)
        counts = b.bitcast(b.alloca(ll.ArrayType(I64, DIGITS * dtype.itemsize)), POINTERS)
        bytes = ll.Constant(I64, dtype.itemsize)

        def row(number: ll.Value) -> None:
            at = b.mul(number, size)
            item = b.gep(x, [b.mul(at, bytes)], inbounds=True, source_etype=I8)
            order, rank = (
                b.gep(base, [at], inbounds=True, source_etype=I64) for base in (y, ranks)
            )
            small = b.icmp_signed("<=", size, ll.Constant(I64, SMALL))
            with b.if_else(small) as (then, otherwise):
                with then:
                    _insert(b, dtype, item, order, size)
                with otherwise:
                    _by_digits(b, dtype, item, order, rank, size, counts)
            _each(b, size, lambda i: _set(b, rank, _integer(b, order, i), i))

        _each(b, rows, row)

    return _function(module, f"adjit.argsort.{dtype.str[1:]}", 1, emit)


def _insert(b: ll.IRBuilder, dtype: np.dtype, x: ll.Value, order: ll.Value, size: ll.Value) -> None:
    """Each element goes before the greater ones of those that are sorted."""

    def place(i: ll.Value) -> None:
        number = _element(b, x, i, dtype)
        at = _variable(b, i)
        head, look, move, done = (
            b.append_basic_block(name) for name in ("head", "look", "move", "done")
        )
        b.branch(head)
        b.position_at_end(head)
        here = b.load(at)
        b.cbranch(b.icmp_signed(">", here, ZERO), look, done)
        b.position_at_end(look)
        before = b.sub(here, ONE)
        other = _integer(b, order, before)
        b.cbranch(_less(b, dtype, number, _element(b, x, other, dtype)), move, done)
        b.position_at_end(move)
        _set(b, order, here, other)
        b.store(before, at)
        b.branch(head)
        b.position_at_end(done)
        _set(b, order, b.load(at), i)

    _each(b, size, place)


def _by_digits(
    b: ll.IRBuilder,
    dtype: np.dtype,
    x: ll.Value,
    order: ll.Value,
    spare: ll.Value,
    size: ll.Value,
    counts: ll.Value,
) -> None:
    """By the last digit of eight bits first, from one array to the other and back.

    A digit that is the same everywhere costs nothing; counting is done for all at once.
    """
    passes = dtype.itemsize

    def digit(i: ll.Value, shift: ll.Value) -> ll.Value:
        return b.and_(b.lshr(_sortable(b, dtype, x, i), shift), ll.Constant(I64, DIGITS - 1))

    def counter(number: ll.Value, of: ll.Value) -> ll.Value:
        return b.gep(number, [of], inbounds=True, source_etype=I64)

    _each(b, ll.Constant(I64, DIGITS * passes), lambda i: _set(b, counts, i, ZERO))

    def count(i: ll.Value) -> None:
        key = _sortable(b, dtype, x, i)
        for number in range(passes):
            value = b.and_(b.lshr(key, ll.Constant(I64, 8 * number)), ll.Constant(I64, DIGITS - 1))
            at = counter(counts, b.add(value, ll.Constant(I64, DIGITS * number)))
            b.store(b.add(b.load(at), ONE), at)
        _set(b, order, i, i)

    _each(b, size, count)
    source, target = _variable(b, order), _variable(b, spare)

    def sort(number: ll.Value) -> None:
        shift = b.shl(number, ll.Constant(I64, 3))
        mine = b.gep(counts, [b.mul(number, DIGIT)], inbounds=True, source_etype=I64)
        same = b.icmp_signed("==", _integer(b, mine, digit(ZERO, shift)), size)
        with b.if_then(b.not_(same)):
            total = _variable(b, ZERO)

            def begin(i: ll.Value) -> None:
                found = _integer(b, mine, i)
                _set(b, mine, i, b.load(total))
                b.store(b.add(b.load(total), found), total)

            _each(b, DIGIT, begin)
            one, other = b.load(source), b.load(target)

            def move(i: ll.Value) -> None:
                element = _integer(b, one, i)
                at = counter(mine, digit(element, shift))
                place = b.load(at)
                b.store(b.add(place, ONE), at)
                _set(b, other, place, element)

            _each(b, size, move)
            b.store(other, source)
            b.store(one, target)

    _each(b, ll.Constant(I64, passes), sort)
    last = b.load(source)
    elsewhere = b.icmp_unsigned("!=", b.ptrtoint(last, I64), b.ptrtoint(order, I64))
    with b.if_then(elsewhere):
        _each(b, size, lambda i: _set(b, order, i, _integer(b, last, i)))


def _sortable(b: ll.IRBuilder, dtype: np.dtype, x: ll.Value, at: ll.Value) -> ll.Value:
    """An unsigned integer that is in the order of the elements; equal ones have the same."""
    number = _element(b, x, at, dtype)
    bits = 8 * dtype.itemsize
    if dtype.kind == "b":
        return b.zext(number, I64)
    if dtype.kind == "u":
        return b.zext(number, I64) if bits < 64 else number
    type = ll.IntType(bits)
    sign = ll.Constant(type, 1 << (bits - 1))
    if dtype.kind == "i":
        key = b.xor(number, sign)
    else:
        nothing = b.fcmp_unordered("uno", number, number)
        # -0.0 is equal to 0.0.
        plain = b.bitcast(b.fadd(number, ll.Constant(number.type, 0.0)), type)
        negative = b.icmp_signed("<", plain, ll.Constant(type, 0))
        key = b.select(negative, b.not_(plain), b.xor(plain, sign))
        key = b.select(nothing, ll.Constant(type, (1 << bits) - 1), key)
    return b.zext(key, I64) if bits < 64 else key


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
