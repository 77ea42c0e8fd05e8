"""``lower``: a Schedule becomes one LLVM function.

The kernel takes every buffer as a pointer of its own, ``noalias``; a thin entry function
unpacks them from the arrays that the caller passes:

    int32 entry(void **inputs, void **outputs, char *arena, int64 *left, void *pool)

Behind its first number ``left`` holds a pointer and a size for each tape (`tape`); the chunks of
bands run on ``pool`` (`threads`). The entry
returns the number of the path that was taken, or ``-1 - n`` where branch ``n`` had an outcome
without an arm; ``left`` then holds the outcome's bits. The numbers after those of the
branches stand for errors, by ``Schedule.checks``, with an index out of bounds in ``left``, and the
one after these for memory that was not to be had.
"""

from __future__ import annotations

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.ops.families import SEARCHES, TRANSFORMS
from . import order
from .blas import Products
from .body import Body
from .control import Control
from .fourier import Transforms
from .frame import Frame
from .kernel import NAME
from .lapack import Factorizations
from .nest import NestEmitter
from .outline import emit_band
from .scalar import I8, I32, I64, Scalar, constant, from_memory, memory_type, to_memory
from .schedule import ALIGNMENT, Band, Buffer, Call, Choice, Code, Loop, Region, Schedule, Section
from .tape import Tapes
from .tree import Branch, Leaf

POINTER = I8.as_pointer()


def lower(schedule: Schedule, grow: bool = True) -> ll.Module:
    """A module with the entry, named as `kernel` says, and a function that it calls.

    ``grow``: whether tapes grow; else a call whose tapes are full ends as one without memory.
    """
    module = ll.Module("adjit")
    counts = (
        len(schedule.program.inputs),
        max(len(leaf.outputs) for leaf in schedule.program.leaves),
        len(schedule.slots),
    )
    kernel_type = ll.FunctionType(I32, [*[POINTER] * (sum(counts) + 1), I64.as_pointer()])
    kernel = ll.Function(module, kernel_type, "adjit.kernel")
    kernel.linkage = "internal"
    kernel.attributes.add("nounwind")
    for argument in kernel.args:
        argument.add_attribute("noalias")
    kernel.args[-1].name = "left"
    _Kernel(schedule, kernel, counts, grow).emit()
    _entry(module, kernel, counts, schedule.slots)
    return module


def slot_offsets(sizes: list[int]) -> tuple[list[int], int]:
    """Where each slot lies in the arena, and the arena's size, in bytes."""
    offsets, total = [], 0
    for size in sizes:
        offsets.append(total)
        total += -(-size // ALIGNMENT) * ALIGNMENT
    return offsets, total


def _entry(
    module: ll.Module, kernel: ll.Function, counts: tuple[int, int, int], slots: list
) -> None:
    table = POINTER.as_pointer()
    entry = ll.Function(
        module, ll.FunctionType(I32, [table, table, POINTER, I64.as_pointer(), POINTER]), NAME
    )
    b = ll.IRBuilder(entry.append_basic_block("entry"))
    inputs, outputs, arena, left, pool = entry.args
    left.name = "left"
    arguments = []
    for pointers, count in ((inputs, counts[0]), (outputs, counts[1])):
        for number in range(count):
            at = b.gep(pointers, [ll.Constant(I64, number)], inbounds=True, source_etype=POINTER)
            arguments.append(b.load(at))
    for at in slot_offsets(slots)[0]:
        arguments.append(b.gep(arena, [ll.Constant(I64, at)], inbounds=True, source_etype=I8))
    b.ret(b.call(kernel, [*arguments, pool, left]))


class _Kernel:
    def __init__(
        self,
        schedule: Schedule,
        function: ll.Function,
        counts: tuple[int, int, int],
        grow: bool,
    ) -> None:
        self.schedule = schedule
        self.function = function
        self.module = function.module
        inputs, outputs, _ = counts
        self.starts = {"input": 0, "output": inputs, "slot": inputs + outputs}
        self.literals: dict[int, ll.Value] = {}
        self.entry = ll.IRBuilder(function.append_basic_block("entry"))
        self.control = Control(self._region, self._out_of_bounds)
        first = self.starts["slot"]
        self.turning: dict[int, ll.Value] = {}
        for slot in sorted(schedule.turning):
            self.turning[slot] = self.entry.alloca(POINTER)
            self.entry.store(function.args[first + slot], self.turning[slot])
        one = ll.Constant(I64, 1)
        table = self.entry.gep(function.args[-1], [one], inbounds=True, source_etype=I64)
        self.tapes = Tapes(self.entry, schedule.tapes, table, self._out_of_memory, grow)

    def pointer(self, b: ll.IRBuilder, buffer: Buffer) -> ll.Value:
        if buffer.kind == "const":
            return self._literal(buffer.number)
        if buffer.kind == "tape":
            return self.tapes.pointer(b, buffer.number)
        if buffer.kind == "slot" and buffer.number in self.turning:
            return b.load(self.turning[buffer.number])
        return self.function.args[self.starts[buffer.kind] + buffer.number]

    def reserve(self, b: ll.IRBuilder, buffer: Buffer, value: Value, row: ll.Value) -> None:
        self.tapes.reserve(b, buffer.number, value, row)

    def _literal(self, number: int) -> ll.Value:
        if number not in self.literals:
            data = bytearray(self.schedule.literals[number].attr("value").array.tobytes())
            type = ll.ArrayType(I8, len(data))
            variable = ll.GlobalVariable(self.module, type, f"literal{number}")
            variable.linkage = "internal"
            variable.global_constant = True
            variable.align = ALIGNMENT
            variable.initializer = ll.Constant(type, data)
            self.literals[number] = variable.bitcast(POINTER)
        return self.literals[number]

    def emit(self) -> None:
        first = self.function.append_basic_block("start")
        frame = Frame(self.entry, self, self.schedule.root.buffers)
        for number, value in enumerate(self.schedule.program.inputs):
            if not value.shape:
                pointer = self.pointer(self.entry, Buffer("input", number))
                at = self.entry.bitcast(pointer, memory_type(value.dtype).as_pointer())
                loaded = self.entry.load(at)
                frame.registers[value] = from_memory(self.entry, value.dtype, loaded)
        stack: list[tuple[Section, ll.Block, Frame]] = [(self.schedule.root, first, frame)]
        while stack:
            section, block, frame = stack.pop()
            b = ll.IRBuilder(block)
            self._code(b, section, frame)
            if isinstance(section.end, Branch):
                stack += self._branch(b, section, section.end, frame)
            else:
                self._leaf(b, section.end, frame)
        self.entry.branch(first)

    def _code(self, b: ll.IRBuilder, code: Code, frame: Frame) -> None:
        nests = NestEmitter(frame)
        products = Products(frame)
        for number, scalars in enumerate(code.scalars):
            body = Body([b], [], frame, frame.stored)
            for value in scalars:
                if value.op.name == "index":
                    self.control.index(b, value, frame)
                    continue
                frame.registers[value] = body.element(value, (), defining=True)
            if number < len(code.steps):
                step = code.steps[number]
                if isinstance(step, Call) and step.value.op.name in SEARCHES:
                    order.emit(b, step.value, frame)
                elif isinstance(step, Call) and step.value.op.name == "contract":
                    products.emit(b, step.value)
                elif isinstance(step, Call) and step.value.op.name in TRANSFORMS:
                    Transforms(frame).emit(b, step)
                elif isinstance(step, Call):
                    Factorizations(frame, self._without_solution).emit(b, step)
                elif isinstance(step, Loop):
                    self.control.loop(b, step, frame)
                elif isinstance(step, Choice):
                    self.control.choice(b, step, frame)
                elif isinstance(step, Band):
                    partial = Buffer("slot", len(self.schedule.slots) - 1)
                    emit_band(b, step, frame, partial, self.function.args[-2])
                else:
                    nests.emit(b, step)

    def _region(self, b: ll.IRBuilder, region: Region, frame: Frame) -> None:
        self._code(b, region, frame)
        found = [self.pointer(b, source) for source, _ in region.turns]
        for pointer, (_, target) in zip(found, region.turns, strict=True):
            b.store(pointer, self.turning[target.number])

    def _out_of_bounds(self, b: ll.IRBuilder, where: str, number: ll.Value) -> None:
        b.store(number, self.function.args[-1])
        self._leave(b, self._failure(self.schedule.checks.index(("index", where))))

    def _without_solution(self, b: ll.IRBuilder, message: str) -> None:
        self._leave(b, self._failure(self.schedule.checks.index(("linalg", message))))

    def _out_of_memory(self, b: ll.IRBuilder) -> None:
        self._leave(b, self._failure(len(self.schedule.checks)))

    def _failure(self, number: int) -> int:
        return -1 - len(self.schedule.program.branches) - number

    def _leave(self, b: ll.IRBuilder, code: int) -> None:
        self.tapes.give_back(b)
        b.ret(ll.Constant(I32, code))

    def _leaf(self, b: ll.IRBuilder, leaf: Leaf, frame: Frame) -> None:
        for number, value in enumerate(leaf.outputs):
            if not value.shape:
                pointer = self.pointer(b, Buffer("output", number))
                at = b.bitcast(pointer, memory_type(value.dtype).as_pointer())
                b.store(to_memory(b, value.dtype, frame.register(value)), at)
        self._leave(b, leaf.path)

    def _branch(
        self, b: ll.IRBuilder, section: Section, branch: Branch, frame: Frame
    ) -> list[tuple[Section, ll.Block, Frame]]:
        outcome = frame.register(branch.value)
        arms = []
        scalar = Scalar(b, branch.value.dtype)
        for (_, expected), section_below in section.arms.items():
            taken = b.append_basic_block("arm")
            other = b.append_basic_block("else")
            same = scalar.compare("==", outcome, constant(branch.value.dtype, expected))
            b.cbranch(same, taken, other)
            b.position_at_end(other)
            arms.append((section_below, taken, frame.below(section_below.buffers)))
        b.store(_bits(b, branch.value, outcome), self.function.args[-1])
        self._leave(b, -1 - branch.number)
        return arms


def _bits(b: ll.IRBuilder, value: Value, outcome: ll.Value) -> ll.Value:
    """A scalar as 64 bits: a float as f64, an integer sign- or zero-extended."""
    kind = value.dtype.kind
    if kind == "f":
        wide = b.fpext(outcome, ll.DoubleType()) if value.dtype.itemsize == 4 else outcome
        return b.bitcast(wide, I64)
    if value.dtype.itemsize == 8:
        return outcome
    return b.sext(outcome, I64) if kind == "i" else b.zext(outcome, I64)
