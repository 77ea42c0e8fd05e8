"""Emission of a band: its nests become a function that runs one chunk, and the pool calls that.

What the nests need from around them (pointers, scalars, symbols) becomes an argument of that
function when it is first asked for; pointers stay ``noalias``. A task unpacks them from the
context, a table that is filled before the pool is called:

    void task(char *context, int64 chunk)
"""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ll

from ..ir.graph import Value
from .blas import Products
from .frame import Frame
from .nest import NestEmitter
from .scalar import I8, I64, memory_type, to_memory
from .schedule import Band, Buffer, Call
from .threads import RUN

POINTER = I8.as_pointer()
VOID = ll.VoidType()


class _Chunk(ll.Function):
    """A function that is given arguments while it is written."""

    def __init__(self, module: ll.Module, name: str) -> None:
        super().__init__(module, ll.FunctionType(VOID, [I64] * 3), name)
        self.linkage = "internal"
        self.attributes.add("nounwind")

    def argument(self, type: ll.Type) -> ll.Argument:
        found = ll.Argument(self, type)
        self.args: tuple[ll.Argument, ...] = (*self.args, found)
        self.ftype = ll.FunctionType(VOID, [x.type for x in self.args])
        self.type = self.ftype.as_pointer()
        return found


class _Captures:
    """What a chunk takes from the code around the band; ``outer`` are their values there."""

    def __init__(self, chunk: _Chunk, outer_builder: ll.IRBuilder) -> None:
        self.chunk = chunk
        self.b = outer_builder
        self.outer: list[ll.Value] = []

    def take(self, value: ll.Value, noalias: bool = False) -> ll.Value:
        if isinstance(value, ll.Constant):
            return value
        self.outer.append(value)
        found = self.chunk.argument(value.type)
        if noalias:
            found.add_attribute("noalias")
        return found


class _Taken(dict[Any, ll.Value]):
    """Registers or symbols, taken from outside when they are missed."""

    def __init__(self, captures: _Captures, outside: dict[Any, ll.Value]) -> None:
        super().__init__()
        self.captures = captures
        self.outside = outside

    def __missing__(self, key: Any) -> ll.Value:
        self[key] = self.captures.take(self.outside[key])
        return self[key]


class _Memory:
    """The buffers as a chunk sees them; ``partial`` has where its results of reductions go."""

    def __init__(self, captures: _Captures, outside: Frame, chunk: ll.Value) -> None:
        self.captures = captures
        self.outside = outside
        self.chunk = chunk
        self.pointers: dict[Buffer, ll.Value] = {}
        self.partial: list[tuple[Buffer, int, int]] = []

    def pointer(self, b: ll.IRBuilder, buffer: Buffer) -> ll.Value:
        if buffer.kind == "partial":
            slot, begin, size = self.partial[buffer.number]
            at = b.add(b.mul(self.chunk, ll.Constant(I64, size)), ll.Constant(I64, begin))
            return b.gep(self.pointer(b, slot), [at], inbounds=True, source_etype=I8)
        if buffer not in self.pointers:
            outer = self.outside.memory.pointer(self.captures.b, buffer)
            self.pointers[buffer] = self.captures.take(outer, noalias=True)
        return self.pointers[buffer]

    def reserve(self, b: ll.IRBuilder, buffer: Buffer, value: Value, row: ll.Value) -> None:
        raise AssertionError("a tape in a band")


def emit_band(b: ll.IRBuilder, band: Band, frame: Frame, slot: Buffer, pool: ll.Value) -> None:
    """Runs the band on the ``pool``; ``slot`` has room for partial results."""
    module = b.module
    chunk = _Chunk(module, module.get_unique_name(f"{b.function.name}.chunk"))
    captures = _Captures(chunk, b)
    _write_chunk(chunk, captures, band, frame, slot)
    task = _write_task(chunk, band)
    words = ll.ArrayType(I64, max(1, len(captures.outer)))
    context = frame.entry.bitcast(frame.entry.alloca(words), POINTER)
    for number, value in enumerate(captures.outer):
        b.store(value, _field(b, context, number, value.type))
    pointers = [POINTER, task.type, POINTER, I64]
    run = b.inttoptr(b.load(_word(b, pool, RUN)), ll.FunctionType(VOID, pointers).as_pointer())
    b.call(run, [pool, task, context, ll.Constant(I64, band.count)])
    emitter = NestEmitter(frame)
    for store, begin in zip(band.partial, band.places()[0], strict=True):
        pointer = frame.memory.pointer(b, slot)
        at = b.gep(pointer, [ll.Constant(I64, begin)], inbounds=True, source_etype=I8)
        emitter.combine(b, store, at, band.count)


def _write_chunk(
    chunk: _Chunk, captures: _Captures, band: Band, frame: Frame, slot: Buffer
) -> None:
    entry = ll.IRBuilder(chunk.append_basic_block("entry"))
    start = chunk.append_basic_block("start")
    begin, end, number = chunk.args
    memory = _Memory(captures, frame, number)
    buffers = dict(frame.buffers)
    for n, (store, place) in enumerate(zip(band.partial, band.places()[0], strict=True)):
        memory.partial.append((slot, place, store.value.type.bytes))
        buffers[store.value] = Buffer("partial", n)
    inside = Frame(
        entry,
        memory,
        buffers,
        _Taken(captures, frame.registers),
        _Taken(captures, frame.symbols),
    )
    b = ll.IRBuilder(start)
    emitter, products = NestEmitter(inside, (begin, end)), Products(inside)
    for nest in band.nests:
        if isinstance(nest, Call):
            products.emit(b, nest.value, (begin, end))
        else:
            emitter.emit(b, nest)
    for n, store in enumerate(band.partial):
        value = store.value
        if not value.shape:
            at = memory.pointer(b, Buffer("partial", n))
            at = b.bitcast(at, memory_type(value.dtype).as_pointer())
            b.store(to_memory(b, value.dtype, inside.registers[value]), at)
    b.ret_void()
    entry.branch(start)


def _write_task(chunk: _Chunk, band: Band) -> ll.Function:
    type = ll.FunctionType(VOID, [POINTER, I64])
    task = ll.Function(chunk.module, type, chunk.name + ".task")
    task.linkage = "internal"
    task.attributes.add("nounwind")
    b = ll.IRBuilder(task.append_basic_block("entry"))
    context, number = task.args
    begin = b.mul(number, ll.Constant(I64, band.size))
    after = b.add(begin, ll.Constant(I64, band.size))
    rows = ll.Constant(I64, band.rows)
    end = b.select(b.icmp_signed("<", after, rows), after, rows)
    given = [b.load(_field(b, context, n, x.type)) for n, x in enumerate(chunk.args[3:])]
    b.call(chunk, [begin, end, number, *given])
    b.ret_void()
    return task


def _word(b: ll.IRBuilder, base: ll.Value, at: int) -> ll.Value:
    place = b.gep(base, [ll.Constant(I64, at)], inbounds=True, source_etype=I8)
    return b.bitcast(place, I64.as_pointer())


def _field(b: ll.IRBuilder, context: ll.Value, number: int, type: ll.Type) -> ll.Value:
    return b.bitcast(_word(b, context, 8 * number), type.as_pointer())
