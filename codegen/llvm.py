"""``lower``: a Schedule becomes one LLVM function.

The kernel takes every buffer as a pointer of its own, ``noalias``; a thin entry function
unpacks them from the arrays that the caller passes:

    int32 entry(void **inputs, void **outputs, char *arena, int64 *left)

It returns the number of the path that was taken, or ``-1 - n`` where branch ``n`` had an
outcome without an arm; ``left`` then holds the outcome's bits.
"""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.ir as ll

from ..ir.graph import Value
from .blas import Products
from .body import Body, Place, from_memory, to_memory
from .cone import is_splat
from .nest import NestEmitter
from .scalar import I8, I32, I64, Scalar, constant, memory_type
from .schedule import Buffer, Call, Schedule, Section
from .tree import Branch, Leaf

POINTER = I8.as_pointer()
SLOT_ALIGNMENT = 64
"""Bytes; a cache line."""


def lower(schedule: Schedule, name: str) -> ll.Module:
    """A module with the functions ``name`` (the entry) and ``name.kernel``."""
    module = ll.Module(name)
    counts = (
        len(schedule.program.inputs),
        max(len(leaf.outputs) for leaf in schedule.program.leaves),
        len(schedule.slots),
    )
    kernel_type = ll.FunctionType(I32, [*[POINTER] * sum(counts), I64.as_pointer()])
    kernel = ll.Function(module, kernel_type, name + ".kernel")
    kernel.linkage = "internal"
    kernel.attributes.add("nounwind")
    for argument in kernel.args:
        argument.add_attribute("noalias")
    _Kernel(schedule, kernel, counts).emit()
    _entry(module, kernel, name, counts, schedule.slots)
    return module


def slot_offsets(sizes: list[int]) -> tuple[list[int], int]:
    """Where each slot lies in the arena, and the arena's size, in bytes."""
    offsets, total = [], 0
    for size in sizes:
        offsets.append(total)
        total += -(-size // SLOT_ALIGNMENT) * SLOT_ALIGNMENT
    return offsets, total


def _entry(
    module: ll.Module, kernel: ll.Function, name: str, counts: tuple[int, int, int], slots: list
) -> None:
    table = POINTER.as_pointer()
    entry = ll.Function(
        module, ll.FunctionType(I32, [table, table, POINTER, I64.as_pointer()]), name
    )
    b = ll.IRBuilder(entry.append_basic_block("entry"))
    inputs, outputs, arena, left = entry.args
    arguments = []
    for pointers, count in ((inputs, counts[0]), (outputs, counts[1])):
        for number in range(count):
            at = b.gep(pointers, [ll.Constant(I64, number)], inbounds=True, source_etype=POINTER)
            arguments.append(b.load(at))
    for at in slot_offsets(slots)[0]:
        arguments.append(b.gep(arena, [ll.Constant(I64, at)], inbounds=True, source_etype=I8))
    b.ret(b.call(kernel, [*arguments, left]))


class _Kernel:
    def __init__(
        self, schedule: Schedule, function: ll.Function, counts: tuple[int, int, int]
    ) -> None:
        self.schedule = schedule
        self.function = function
        self.module = function.module
        inputs, outputs, _ = counts
        self.starts = {"input": 0, "output": inputs, "slot": inputs + outputs}
        self.literals: dict[int, ll.Value] = {}
        self.entry = ll.IRBuilder(function.append_basic_block("entry"))

    def pointer(self, buffer: Buffer) -> ll.Value:
        if buffer.kind == "const":
            return self._literal(buffer.number)
        return self.function.args[self.starts[buffer.kind] + buffer.number]

    def output(self, number: int) -> ll.Value:
        return self.function.args[self.starts["output"] + number]

    def _literal(self, number: int) -> ll.Value:
        if number not in self.literals:
            data = bytearray(self.schedule.literals[number].attr("value").array.tobytes())
            type = ll.ArrayType(I8, len(data))
            variable = ll.GlobalVariable(self.module, type, f"literal{number}")
            variable.linkage = "internal"
            variable.global_constant = True
            variable.align = SLOT_ALIGNMENT
            variable.initializer = ll.Constant(type, data)
            self.literals[number] = variable.bitcast(POINTER)
        return self.literals[number]

    def emit(self) -> None:
        first = self.function.append_basic_block("start")
        registers: dict[Value, ll.Value] = {}
        for number, value in enumerate(self.schedule.program.inputs):
            if not value.shape:
                pointer = self.pointer(Buffer("input", number))
                at = self.entry.bitcast(pointer, memory_type(value.dtype).as_pointer())
                registers[value] = from_memory(self.entry, value, self.entry.load(at))
        stack: list[tuple[Section, ll.Block, dict[Value, ll.Value]]] = [
            (self.schedule.root, first, registers)
        ]
        while stack:
            section, block, registers = stack.pop()
            b = ll.IRBuilder(block)
            self._section(b, section, registers)
            if isinstance(section.end, Branch):
                stack += self._branch(b, section, section.end, registers)
            else:
                self._leaf(b, section.end, registers)
        self.entry.branch(first)

    def _memory(self, section: Section) -> tuple[Place, Callable[[Value], bool]]:
        """Where the stored values of a section are, and which are stored."""
        buffers = section.buffers
        return (
            lambda value: self.pointer(buffers[value]),
            lambda value: bool(value.shape) and value in buffers,
        )

    def _section(self, b: ll.IRBuilder, section: Section, registers: dict[Value, ll.Value]) -> None:
        pointer, stored = self._memory(section)
        nests = NestEmitter(self.entry, pointer, self.output, stored, registers)
        products = Products(self.entry, pointer)
        for number, scalars in enumerate(section.scalars):
            body = Body([b], [], pointer, stored, registers)
            for value in scalars:
                registers[value] = body.element(value, (), defining=True)
            if number < len(section.steps):
                step = section.steps[number]
                if isinstance(step, Call):
                    products.emit(b, step.value)
                else:
                    nests.emit(b, step)

    def _leaf(self, b: ll.IRBuilder, leaf: Leaf, registers: dict[Value, ll.Value]) -> None:
        for number, value in enumerate(leaf.outputs):
            if not value.shape:
                at = b.bitcast(self.output(number), memory_type(value.dtype).as_pointer())
                b.store(to_memory(b, value, _register(value, registers)), at)
        b.ret(ll.Constant(I32, leaf.path))

    def _branch(
        self, b: ll.IRBuilder, section: Section, branch: Branch, registers: dict[Value, ll.Value]
    ) -> list[tuple[Section, ll.Block, dict[Value, ll.Value]]]:
        outcome = _register(branch.value, registers)
        arms = []
        scalar = Scalar(b, branch.value.dtype)
        for (_, expected), section_below in section.arms.items():
            taken = b.append_basic_block("arm")
            other = b.append_basic_block("else")
            same = scalar.compare("==", outcome, constant(branch.value.dtype, expected))
            b.cbranch(same, taken, other)
            b.position_at_end(other)
            arms.append((section_below, taken, dict(registers)))
        b.store(_bits(b, branch.value, outcome), self.function.args[-1])
        b.ret(ll.Constant(I32, -1 - branch.number))
        return arms


def _register(value: Value, registers: dict[Value, ll.Value]) -> ll.Value:
    if is_splat(value):
        return constant(value.dtype, value.attr("value").array)
    return registers[value]


def _bits(b: ll.IRBuilder, value: Value, outcome: ll.Value) -> ll.Value:
    """A scalar as 64 bits: a float as f64, an integer sign- or zero-extended."""
    kind = value.dtype.kind
    if kind == "f":
        wide = b.fpext(outcome, ll.DoubleType()) if value.dtype.itemsize == 4 else outcome
        return b.bitcast(wide, I64)
    if value.dtype.itemsize == 8:
        return outcome
    return b.sext(outcome, I64) if kind == "i" else b.zext(outcome, I64)
