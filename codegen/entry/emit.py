"""``emit``: the entry of one program, as a module of its own."""

from __future__ import annotations

import llvmlite.ir as ll

from ..scalar import I8, I32, I64
from .arguments import Checks
from .form import Form, arrays_of
from .frame import NULL, Frame
from .python_api import DATA, POINTER, call, number_type
from .results import Results, new_array
from .scratch import HEADER

TAKE = ll.FunctionType(POINTER, [POINTER, I64])
GIVE = ll.FunctionType(ll.VoidType(), [POINTER, POINTER])
KERNEL = ll.FunctionType(I32, [POINTER] * 5)
STACK_ARENA = 1 << 13
"""Bytes of scratch memory up to which it lies on the stack."""


def emit(form: Form, arena: int, pool: bool) -> tuple[str, list[object]]:
    """LLVM's text of an entry, and the objects that it expects in ``self``.

    ``arena``: bytes of scratch memory; ``pool``: whether the kernel is given one.
    """
    emitter = _Emitter(form, arena)
    emitter.emit(pool)
    return str(emitter.frame.module), emitter.frame.objects


class _Emitter:
    def __init__(self, form: Form, arena: int) -> None:
        self.form = form
        self.frame = Frame()
        self.b = self.frame.b
        self.checks = Checks(self.frame)
        self.arena = arena

    def emit(self, has_pool: bool) -> None:
        b, frame = self.b, self.frame
        recording = b.load(b.bitcast(frame.native("recording"), I64.as_pointer()))
        frame.require(b.icmp_unsigned("==", recording, I64(0)))
        out = self._arguments()
        pool: ll.Value = NULL
        if has_pool:
            pool = b.load(b.bitcast(frame.native("pool"), POINTER.as_pointer()))
            frame.require_there(pool)
        self._run(pool, out)
        frame.close()

    def _arguments(self) -> ll.Value | None:
        """Checks what is given and what is captured; the argument ``out``, if there is one."""
        b, frame, form, checks = self.b, self.frame, self.form, self.checks
        _, arguments, count, names = frame.function.args
        frame.require(b.icmp_unsigned("==", count, I64(form.positional)))
        if form.keywords:
            frame.require_there(names)
            checks.check_names(names, form.keywords)
        else:
            frame.require(b.icmp_unsigned("==", names, NULL))

        def argument(at: int) -> ll.Value:
            return b.load(b.gep(arguments, [I64(at)], source_etype=POINTER))

        for parameter in form.parameters:
            given = parameter.at is not None
            item = argument(parameter.at) if given else frame.object(parameter.default)  # type: ignore[arg-type]
            checks.check(item, parameter.expected)
        for captured in form.captured:
            checks.check(checks.read(captured.read), captured.expected)
        if form.out is None:
            return None
        out = argument(form.positional + form.keywords.index("out"))
        checks.check(out, form.out)
        checks.check_apart()
        return out

    def _run(self, pool: ll.Value, out: ll.Value | None) -> None:
        b, frame, form = self.b, self.frame, self.form
        made: dict[int, tuple[ll.Value, ll.Value]] = {}
        places = [frame.field(target, DATA, POINTER) for target, _ in self.checks.targets]
        presented = arrays_of(form)
        for number, type in enumerate(form.outputs[len(places) :], len(places)):
            if number in presented:
                made[number] = new_array(frame, type)
                places.append(frame.field(made[number][0], DATA, POINTER))
            else:
                places.append(b.bitcast(frame.room(number_type(type.dtype)), POINTER))
        inputs = frame.table([self.checks.leaves[n] for n in form.inputs])
        path = self._call(inputs, frame.table(places), pool)
        counter = b.bitcast(frame.native("counter"), I64.as_pointer())
        b.store(b.add(b.load(counter), I64(1)), counter)
        switch = b.switch(path, frame.general)
        for number, result in enumerate(form.results):
            block = b.append_basic_block("path")
            switch.add_case(I32(number), block)
            b.position_at_end(block)
            Results(frame, form, made, places, out).finish(result)

    def _call(self, inputs: ll.Value, outputs: ll.Value, pool: ll.Value) -> ll.Value:
        """Calls the kernel: the path that it took."""
        b, frame, form = self.b, self.frame, self.form
        left = frame.room(ll.ArrayType(I64, 1 + 2 * form.tapes))
        if form.tapes:
            b.store(ll.Constant(left.type.pointee, None), left)
        arena, block = self._arena()
        kernel = b.bitcast(frame.native("kernel"), KERNEL.as_pointer())
        state = None
        if form.releases:
            arrays = [item for item, _ in (*self.checks.arrays, *self.checks.targets)]
            for item in arrays:
                call(b, "Py_IncRef", item)
            state = call(b, "PyEval_SaveThread")
        path = b.call(kernel, [inputs, outputs, arena, b.bitcast(left, POINTER), pool])
        for number in range(form.tapes):
            tape = b.load(b.gep(left, [I64(0), I64(1 + 2 * number)]))
            call(b, "free", b.inttoptr(tape, POINTER))
        if state is not None:
            call(b, "PyEval_RestoreThread", state)
            for item in arrays:
                call(b, "Py_DecRef", item)
        if block is not None:
            give = b.bitcast(frame.native("give"), GIVE.as_pointer())
            b.call(give, [frame.native("kept"), block])
        return path

    def _arena(self) -> tuple[ll.Value, ll.Value | None]:
        """Scratch memory, and the block that is to be given back."""
        b, frame, block = self.b, self.frame, None
        if self.arena > STACK_ARENA:
            take = b.bitcast(frame.native("take"), TAKE.as_pointer())
            block = b.call(take, [frame.native("kept"), I64(self.arena)])
            frame.require_there(block)
        place = block or frame.room(ll.ArrayType(I8, self.arena + 2 * HEADER))
        first = b.add(b.ptrtoint(place, I64), I64(2 * HEADER - 1))
        return b.inttoptr(b.and_(first, I64(-HEADER)), POINTER), block
