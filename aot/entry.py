"""The C functions in LLVM: what they check before anything is read or written, and the call.

    int32 loss_grad(int64 m, int64 n, double *w, ..., void *workspace, int64 workspace_size)
    int64 loss_grad_workspace(int64 m, int64 n)

Sizes are checked first, also those that would overflow 64 bits: what has passed is computed with
everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

import llvmlite.ir as ll

from ..codegen.kernel import NAME
from ..codegen.scalar import I8, I32, I64, memory_type
from ..codegen.schedule import ALIGNMENT, Schedule
from ..codegen.sizes import argument, used
from ..ir.polynomials import LEAST, MOST, Polynomial
from ..ir.sizes import Question, Size, sized
from ..tracer.trace import INT_INPUT_BOUND
from .function import Function, Parameter
from .status import MESSAGES, Status

POINTER = I8.as_pointer()
F64 = ll.DoubleType()
TAPE_BYTES = 1 << 16
"""Of each tape, in what the workspace function says: enough for some thousand iterations."""
TOO_LARGE = 2.0**62


def number(terms: Polynomial) -> ll.Constant:
    """A size in LLVM's text (`codegen/sizes.py`)."""
    return ll.Constant(I64, sized(_SAMPLE, terms))


_SAMPLE = 1009


def bytes_of(parameter: Parameter) -> Polynomial:
    dims = [sized(_SAMPLE, terms) for terms in parameter.dims or ()]
    return terms(prod(dims, start=parameter.dtype.itemsize))


def terms(size: int) -> Polynomial:
    return size.terms if isinstance(size, Size) else ((((), size),) if size else ())


def required(function: Function) -> int:
    """Bytes of workspace, with room to align it."""
    total = sized(_SAMPLE, function.workspace)
    return total + ALIGNMENT if function.workspace or function.tapes else 0


def add_functions(module: ll.Module, schedule: Schedule, function: Function) -> None:
    """The function and that of its workspace, in the module of its kernel."""
    entry = module.globals[NAME]
    entry.linkage = "internal"
    large = tuple(found for found in used(str(module)) if _may_be_large(found))
    _Call(module, schedule, function, entry).emit(large)
    _emit_workspace(module, function, large)


def polynomials(function: Function) -> Iterable[Polynomial]:
    """All that is computed of the sizes and may be large."""
    yield terms(required(function))
    for parameter in (*function.inputs, *function.outputs):
        yield bytes_of(parameter)
    for question in function.questions:
        yield question.x
        yield question.z


class _Sizes:
    """Checks of sizes where a function begins."""

    def __init__(self, b: ll.IRBuilder, function: Function, wrong: ll.Constant) -> None:
        self.b = b
        self.wrong = wrong
        self.names = {name: b.function.args[n] for n, name in enumerate(function.sizes)}
        for name, size in self.names.items():
            size.name = argument(name)
        self.floats: dict[str, ll.Value] = {}

    def refuse(self, condition: ll.Value) -> None:
        with self.b.if_then(condition, likely=False):
            self.b.ret(self.wrong)

    def check(self, function: Function, large: Iterable[Polynomial]) -> None:
        """``large``: what the kernel computes of the sizes."""
        b = self.b
        for size in self.names.values():
            low = b.icmp_signed("<", size, ll.Constant(I64, LEAST))
            self.refuse(b.or_(low, b.icmp_signed(">", size, ll.Constant(I64, MOST))))
        for found in dict.fromkeys((*polynomials(function), *large)):
            if _may_be_large(found):
                self.refuse(b.fcmp_ordered(">", self._most(found), ll.Constant(F64, TOO_LARGE)))
        for question in function.questions:
            self.refuse(self._other(question))

    def _most(self, found: Polynomial) -> ll.Value:
        """What the size of a polynomial, and all that it is made of, cannot exceed."""
        b = self.b
        total: ll.Value = ll.Constant(F64, 0.0)
        for monomial, c in found:
            term: ll.Value = ll.Constant(F64, float(abs(c)))
            for atom in monomial:
                if isinstance(atom, str):
                    factor = self._float(atom)
                else:
                    factor = b.fadd(self._most(atom.x), self._most(atom.z))
                term = b.fmul(term, factor)
            total = b.fadd(total, term)
        return total

    def _float(self, name: str) -> ll.Value:
        if name not in self.floats:
            self.floats[name] = self.b.sitofp(self.names[name], F64)
        return self.floats[name]

    def _other(self, question: Question) -> ll.Value:
        """Whether sizes are not what the question has found of the samples."""
        found = self.b.icmp_signed(question.op, number(question.x), number(question.z))
        return self.b.not_(found) if question.outcome else found


def _may_be_large(found: Polynomial) -> bool:
    return any(len(monomial) > 1 or abs(c) > 1 << 20 for monomial, c in _flat(found))


def _flat(found: Polynomial) -> Iterable[tuple[tuple, int]]:
    for monomial, c in found:
        yield monomial, c
        for atom in monomial:
            if not isinstance(atom, str):
                yield from _flat(atom.x)
                yield from _flat(atom.z)


def _emit_workspace(module: ll.Module, function: Function, large: tuple[Polynomial, ...]) -> None:
    type = ll.FunctionType(I64, [I64] * len(function.sizes))
    emitted = ll.Function(module, type, function.workspace_name)
    b = ll.IRBuilder(emitted.append_basic_block("entry"))
    _Sizes(b, function, ll.Constant(I64, -1)).check(function, large)
    b.ret(ll.Constant(I64, required(function) + TAPE_BYTES * function.tapes))


class _Call:
    def __init__(
        self, module: ll.Module, schedule: Schedule, function: Function, entry: ll.Function
    ) -> None:
        self.schedule = schedule
        self.function = function
        self.entry = entry
        inputs = [POINTER if x.dims is not None else memory_type(x.dtype) for x in function.inputs]
        types = [I64] * len(function.sizes) + inputs + [POINTER] * len(function.outputs)
        self.emitted = ll.Function(
            module, ll.FunctionType(I32, [*types, POINTER, I64]), function.name
        )
        self.b = ll.IRBuilder(self.emitted.append_basic_block("entry"))
        rest = list(self.emitted.args[len(function.sizes) :])
        self.inputs = rest[: len(inputs)]
        self.outputs = rest[len(inputs) : -2]
        self.workspace, self.room = rest[-2:]

    def refuse(self, condition: ll.Value, status: Status) -> None:
        with self.b.if_then(condition, likely=False):
            self.b.ret(ll.Constant(I32, int(status)))

    def emit(self, large: tuple[Polynomial, ...]) -> None:
        b, function = self.b, self.function
        sizes = _Sizes(b, function, ll.Constant(I32, int(Status.SIZE)))
        sizes.check(function, large)
        needed = ll.Constant(I64, required(function))
        self.refuse(b.icmp_signed("<", self.room, needed), Status.WORKSPACE)
        self._check_pointers()
        self._check_overlaps()
        for value, parameter in zip(self.inputs, function.inputs, strict=True):
            if parameter.dims is None and parameter.dtype.kind == "i" and value.type.width == 64:
                for sign, bound in ((">=", INT_INPUT_BOUND), ("<=", -INT_INPUT_BOUND)):
                    beyond = b.icmp_signed(sign, value, ll.Constant(I64, bound))
                    self.refuse(beyond, Status.ARGUMENT)
        self._call()

    def _check_pointers(self) -> None:
        b = self.b
        for value, parameter in self._arrays():
            size = parameter.dtype.itemsize
            if parameter.dtype.kind == "c":
                size //= 2
            address = b.ptrtoint(value, I64)
            wrong = b.icmp_signed("==", address, ll.Constant(I64, 0))
            if size > 1:
                low = b.and_(address, ll.Constant(I64, size - 1))
                wrong = b.or_(wrong, b.icmp_signed("!=", low, ll.Constant(I64, 0)))
            self.refuse(wrong, Status.POINTER)
        if self._has_workspace:
            address = b.ptrtoint(self.workspace, I64)
            self.refuse(b.icmp_signed("==", address, ll.Constant(I64, 0)), Status.POINTER)

    @property
    def _has_workspace(self) -> bool:
        return bool(self.function.workspace or self.function.tapes)

    def _arrays(self) -> list[tuple[ll.Value, Parameter]]:
        inputs = zip(self.inputs, self.function.inputs, strict=True)
        outputs = zip(self.outputs, self.function.outputs, strict=True)
        return [(x, p) for x, p in (*inputs, *outputs) if p.dims is not None]

    def _check_overlaps(self) -> None:
        """Native code takes what it writes for memory of its own."""
        b = self.b
        spans: list[tuple[ll.Value, ll.Value]] = []
        for value, parameter in self._arrays():
            begin = b.ptrtoint(value, I64)
            spans.append((begin, b.add(begin, number(bytes_of(parameter)))))
        inputs = sum(parameter.dims is not None for parameter in self.function.inputs)
        if self._has_workspace:
            begin = b.ptrtoint(self.workspace, I64)
            spans.append((begin, b.add(begin, self.room)))
        for n, (begin, end) in enumerate(spans[inputs:], inputs):
            for other, last in spans[:n]:
                before = b.icmp_unsigned("<", begin, last)
                self.refuse(b.and_(before, b.icmp_unsigned("<", other, end)), Status.OVERLAP)

    def _call(self) -> None:
        b, schedule = self.b, self.schedule
        tapes = schedule.tapes
        arena = self.workspace
        words = 1 + 2 * tapes + len(self.function.sizes)
        left = b.alloca(I64, words)
        if self._has_workspace:
            begin = b.ptrtoint(self.workspace, I64)
            up = b.add(begin, ll.Constant(I64, ALIGNMENT - 1))
            start = b.and_(up, ll.Constant(I64, -ALIGNMENT))
            arena = b.inttoptr(start, POINTER)
            rest = b.add(start, number(self.function.workspace))
            if tapes:
                end = b.add(begin, self.room)
                each = b.sdiv(b.sub(end, rest), ll.Constant(I64, tapes))
                each = b.and_(each, ll.Constant(I64, -ALIGNMENT))
                for n in range(tapes):
                    self._put(left, 1 + 2 * n, rest)
                    self._put(left, 2 + 2 * n, each)
                    rest = b.add(rest, each)
        for n, name in enumerate(self.function.sizes):
            at = [size for size in self.emitted.args if size.name == argument(name)]
            self._put(left, 1 + 2 * tapes + n, at[0])
        tables = []
        for values, parameters in (
            (self.inputs, self.function.inputs),
            (self.outputs, self.function.outputs),
        ):
            table = b.alloca(POINTER, max(1, len(values)))
            for n, (value, parameter) in enumerate(zip(values, parameters, strict=True)):
                pointer = value
                if parameter.dims is None:
                    slot = b.alloca(value.type)
                    b.store(value, slot)
                    pointer = b.bitcast(slot, POINTER)
                place = b.gep(table, [ll.Constant(I64, n)], inbounds=True, source_etype=POINTER)
                b.store(pointer, place)
            tables.append(table)
        done = b.call(self.entry, [*tables, arena, left, ll.Constant(POINTER, None)])
        self._return(done)

    def _put(self, table: ll.Value, at: int, word: ll.Value) -> None:
        place = self.b.gep(table, [ll.Constant(I64, at)], inbounds=True, source_etype=I64)
        self.b.store(word, place)

    def _return(self, done: ll.Value) -> None:
        b = self.b
        ok = ll.Constant(I32, int(Status.OK))
        branches = len(self.schedule.program.branches)
        found: ll.Value = ll.Constant(I32, int(Status.PATH))
        kinds = {"index": Status.INDEX, "linalg": Status.NUMERICAL}
        failures = [kinds[kind] for kind, _ in self.schedule.checks] + [Status.FULL]
        for n, status in enumerate(failures):
            is_it = b.icmp_signed("==", done, ll.Constant(I32, -1 - branches - n))
            found = b.select(is_it, ll.Constant(I32, int(status)), found)
        b.ret(b.select(b.icmp_signed(">=", done, ll.Constant(I32, 0)), ok, found))


def add_messages(module: ll.Module, name: str) -> None:
    """``const char *name(int status)``."""
    emitted = ll.Function(module, ll.FunctionType(POINTER, [I32]), name)
    b = ll.IRBuilder(emitted.append_basic_block("entry"))
    for status in Status:
        is_it = b.icmp_signed("==", emitted.args[0], ll.Constant(I32, int(status)))
        with b.if_then(is_it):
            b.ret(_string(module, status.name, MESSAGES[status]))
    b.ret(_string(module, "unknown", "no status of this library"))


def _string(module: ll.Module, name: str, text: str) -> ll.Value:
    data = bytearray(text.encode() + b"\0")
    type = ll.ArrayType(I8, len(data))
    variable = ll.GlobalVariable(module, type, f"status.{name}")
    variable.linkage = "internal"
    variable.global_constant = True
    variable.initializer = ll.Constant(type, data)
    return variable.bitcast(POINTER)
