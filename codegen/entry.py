"""``entry``: a native function that Python calls with the user's arguments.

It checks that the call is one that a compiled program was made for (types, dtypes, shapes,
strides, captured objects), takes the arrays' memory, calls the kernel and builds the result, with
CPython's calling convention for fast calls and nothing of Python in between. Whatever it does not
expect it hands on, untouched, to the general path.

    PyObject *entry(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)

Addresses are not in the code but in ``self``, a tuple: the callable of the general path, a
``bytes`` object with addresses of native things, and the objects that arguments and captured
things are compared with. So programs whose calls look alike share their code, also on disk, and
what the code refers to lives as long as ``self``.
"""

from __future__ import annotations

from collections.abc import Sequence

import llvmlite.ir as ll
import numpy as np

from ..ir.types import ArrayType
from .form import Built, Captured, Expected, Form, arrays_of
from .python_api import (
    BYTES_VALUE,
    CONTIGUOUS_AND_ALIGNED,
    DATA,
    DOUBLE,
    DTYPE,
    FLAGS,
    FLOAT_VALUE,
    POINTER,
    RANK,
    SCALAR_VALUE,
    SHAPE,
    SIZE,
    STRIDES,
    TUPLE_ITEMS,
    TYPE,
    call,
    canonical,
)
from .scalar import I8, I32, I64, memory_type
from .scratch import HEADER

NAME = "adjit.call"
NULL = ll.Constant(POINTER, None)
TAKE = ll.FunctionType(POINTER, [POINTER, I64])
GIVE = ll.FunctionType(ll.VoidType(), [POINTER, POINTER])
KERNEL = ll.FunctionType(I32, [POINTER] * 5)
SMALL_INT = 1 << 31
STACK_ARENA = 1 << 13
"""Bytes of scratch memory up to which it lies on the stack."""


NATIVE = ("kernel", "counter", "recording", "take", "give", "kept", "pool")
"""What the addresses in ``self`` are those of."""


class EntryEmitter:
    """Writes the entry of one program into a module of its own; ``objects`` are to be in ``self``.

    ``arena``: bytes of scratch memory; ``pool``: whether the kernel is given one.
    """

    def __init__(self, form: Form, arena: int, pool: bool) -> None:
        self.form = form
        self.module = ll.Module("adjit")
        self.constant = self.module.add_metadata([])
        type = ll.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), I64, POINTER])
        self.function = ll.Function(self.module, type, NAME)
        self.arena, self.pool = arena, pool
        self.objects: list[object] = []
        self.entry = ll.IRBuilder(self.function.append_basic_block("entry"))
        self.b = ll.IRBuilder(self.function.append_basic_block("start"))
        self.slow = self.function.append_basic_block("general")
        self.leaves: list[ll.Value] = []
        self.borrowed: list[ll.Value] = []

    def emit(self) -> ll.Module:
        b, form = self.b, self.form
        itself, arguments, count, names = self.function.args
        recording = b.load(b.bitcast(self._native("recording"), I64.as_pointer()))
        self._require(b.icmp_unsigned("==", recording, I64(0)))
        self._require(b.icmp_unsigned("==", count, I64(len(form.parameters))))
        self._require(b.icmp_unsigned("==", names, NULL))
        for number, expected in enumerate(form.parameters):
            at = b.gep(arguments, [I64(number)], source_etype=POINTER)
            self._check(b.load(at), expected)
        for captured in form.captured:
            self._capture(captured)
        pool: ll.Value = NULL
        if self.pool:
            pool = b.load(b.bitcast(self._native("pool"), POINTER.as_pointer()))
            self._require(b.icmp_unsigned("!=", pool, NULL))
        self._run(pool)
        general = ll.IRBuilder(self.slow)
        call(general, "PyErr_Clear")  # of a look-up that failed
        given = general.bitcast(arguments, POINTER)
        callee = self._kept(general, itself, TUPLE_ITEMS)
        general.ret(call(general, "PyObject_Vectorcall", callee, given, count, names))
        self.entry.branch(self.function.blocks[1])
        return self.module

    # --- pieces -----------------------------------------------------------------------------

    def _require(self, holds: ll.Value) -> None:
        """Goes the general way unless this holds."""
        following = self.b.append_basic_block()
        self.b.cbranch(holds, following, self.slow)
        self.b.position_at_end(following)

    def _kept(self, b: ll.IRBuilder, item: ll.Value, at: int) -> ll.Value:
        """A pointer that is never changed."""
        place = b.bitcast(b.gep(item, [I64(at)], source_etype=I8), POINTER.as_pointer())
        found = b.load(place)
        found.set_metadata("invariant.load", self.constant)
        return found

    def _object(self, item: object) -> ll.Value:
        """An object in ``self``, behind the callable and the addresses."""
        number = next((n for n, known in enumerate(self.objects) if known is item), None)
        if number is None:
            number = len(self.objects)
            self.objects.append(item)
        return self._kept(self.b, self.function.args[0], TUPLE_ITEMS + 8 * (2 + number))

    def _native(self, name: str) -> ll.Value:
        addresses = self._kept(self.b, self.function.args[0], TUPLE_ITEMS + 8)
        return self._kept(self.b, addresses, BYTES_VALUE + 8 * NATIVE.index(name))

    def _field(self, item: ll.Value, at: int, type: ll.Type) -> ll.Value:
        place = self.b.gep(item, [I64(at)], source_etype=I8)
        return self.b.load(self.b.bitcast(place, type.as_pointer()))

    def _require_type(self, item: ll.Value, type: type) -> None:
        self._require(
            self.b.icmp_unsigned("==", self._field(item, TYPE, POINTER), self._object(type))
        )

    def _require_int(self, found: ll.Value, expected: int) -> None:
        self._require(self.b.icmp_unsigned("==", found, ll.Constant(found.type, expected)))

    # --- arguments --------------------------------------------------------------------------

    def _check(self, item: ll.Value, expected: Expected) -> None:
        kind = expected.kind
        if kind == "array":
            self._array(item, expected.type)
        elif kind == "float":
            self._require_type(item, float)
            self._leaf(self._field(item, FLOAT_VALUE, DOUBLE))
        elif kind == "int":
            self._int(item)
        elif kind == "number":
            assert expected.type is not None
            self._require_type(item, expected.type.dtype.type)
            self._leaf(self._field(item, SCALAR_VALUE, memory_type(expected.type.dtype)))
        elif kind == "object":
            self._require(self.b.icmp_unsigned("==", item, self._object(expected.item)))
        elif kind == "dict":
            self._dict(item, expected)
        else:
            self._require_type(item, tuple if kind == "tuple" else list)
            self._require_int(self._field(item, SIZE, I64), len(expected.parts))
            for number, part in enumerate(expected.parts):
                if kind == "tuple":
                    below = self._field(item, TUPLE_ITEMS + 8 * number, POINTER)
                else:
                    below = self._field(
                        self._field(item, TUPLE_ITEMS, POINTER), 8 * number, POINTER
                    )
                self._check(below, part)

    def _dict(self, item: ll.Value, expected: Expected) -> None:
        self._require_type(item, dict)
        self._require_int(call(self.b, "PyDict_Size", item), len(expected.parts))
        for key, part in zip(expected.item, expected.parts, strict=True):
            self._check(self._look_up(item, key), part)

    def _look_up(self, item: ll.Value, key: object) -> ll.Value:
        found = call(self.b, "PyDict_GetItemWithError", item, self._object(key))
        self._require(self.b.icmp_unsigned("!=", found, NULL))
        return found

    def _leaf(self, number: ll.Value) -> None:
        place = self.entry.alloca(number.type)
        self.b.store(number, place)
        self.leaves.append(self.b.bitcast(place, POINTER))

    def _int(self, item: ll.Value) -> None:
        self._require_type(item, int)
        overflow = self.entry.alloca(I32)
        number = call(
            self.b, "PyLong_AsLongLongAndOverflow", item, self.b.bitcast(overflow, POINTER)
        )
        self._require_int(self.b.load(overflow), 0)
        for sign, limit in (("<", SMALL_INT), (">", -SMALL_INT)):
            self._require(self.b.icmp_signed(sign, number, I64(limit)))
        self._leaf(number)

    def _array(self, item: ll.Value, type: ArrayType | None) -> None:
        """An ndarray that the kernel can take as it is."""
        assert type is not None
        self._require_type(item, np.ndarray)
        self._require_int(self._field(item, RANK, I32), type.rank)
        descriptor = self._field(item, DTYPE, POINTER)
        self._require(self.b.icmp_unsigned("==", descriptor, self._object(canonical(type.dtype))))
        flags = self.b.and_(self._field(item, FLAGS, I32), I32(CONTIGUOUS_AND_ALIGNED))
        self._require_int(flags, CONTIGUOUS_AND_ALIGNED)
        stride = type.dtype.itemsize
        strides: list[int] = []
        for dim in reversed(type.ints):
            strides.insert(0, stride)
            stride *= dim
        for field, numbers in ((SHAPE, type.ints), (STRIDES, strides)):
            if numbers:
                base = self._field(item, field, POINTER)
                for axis, number in enumerate(numbers):
                    self._require_int(self._field(base, 8 * axis, I64), number)
        self.leaves.append(self._field(item, DATA, POINTER))
        self.borrowed.append(item)

    def _capture(self, captured: Captured) -> None:
        b, owner = self.b, self._object(captured.owner)
        if captured.kind == "cell":
            # The cell keeps the object; the reference that PyCell_Get takes is given back.
            found = call(b, "PyCell_Get", owner)
            self._require(b.icmp_unsigned("!=", found, NULL))
            call(b, "Py_DecRef", found)
        else:
            found = call(b, "PyDict_GetItemWithError", owner, self._object(captured.name))
            if captured.fallback is not None:
                self._require(b.icmp_unsigned("==", found, NULL))
                found = self._look_up(self._object(captured.fallback), captured.name)
            else:
                self._require(b.icmp_unsigned("!=", found, NULL))
        self._check(found, captured.expected)

    # --- the call ---------------------------------------------------------------------------

    def _run(self, pool: ll.Value) -> None:
        b, form = self.b, self.form
        presented = arrays_of(form)
        outputs: list[ll.Value] = []
        places: list[ll.Value] = []
        for number, type in enumerate(form.outputs):
            if number in presented:
                made = self._new_array(type, outputs)
                outputs.append(made)
                places.append(self._field(made, DATA, POINTER))
            else:
                place = self.entry.alloca(memory_type(type.dtype))
                places.append(b.bitcast(place, POINTER))
        inputs = self._table([self.leaves[n] for n in form.inputs])
        left = b.bitcast(self.entry.alloca(I64), POINTER)
        arena, block = self._arena(outputs)
        kernel = b.bitcast(self._native("kernel"), KERNEL.as_pointer())
        state = None
        if form.releases:
            for item in self.borrowed:
                call(b, "Py_IncRef", item)
            state = call(b, "PyEval_SaveThread")
        path = b.call(kernel, [inputs, self._table(places), arena, left, pool])
        if state is not None:
            call(b, "PyEval_RestoreThread", state)
            for item in self.borrowed:
                call(b, "Py_DecRef", item)
        if block is not None:
            give = b.bitcast(self._native("give"), GIVE.as_pointer())
            b.call(give, [self._native("kept"), block])
        self._count()
        left_tree = b.append_basic_block("departed")
        switch = b.switch(path, left_tree)
        made_by = dict(zip(sorted(presented), outputs, strict=True))
        for number, result in enumerate(form.results):
            block = b.append_basic_block("path")
            switch.add_case(I32(number), block)
            b.position_at_end(block)
            taken: set[int] = set()
            built = self._build(result, made_by, places, taken)
            for unused in made_by.keys() - taken:
                call(b, "Py_DecRef", made_by[unused])
            b.ret(built)
        b.position_at_end(left_tree)
        for made in outputs:
            call(b, "Py_DecRef", made)
        b.branch(self.slow)

    def _count(self) -> None:
        counter = self.b.bitcast(self._native("counter"), I64.as_pointer())
        self.b.store(self.b.add(self.b.load(counter), I64(1)), counter)

    def _arena(self, outputs: Sequence[ll.Value]) -> tuple[ll.Value, ll.Value | None]:
        """Scratch memory, and the block that is to be given back."""
        b, block = self.b, None
        if self.arena > STACK_ARENA:
            take = b.bitcast(self._native("take"), TAKE.as_pointer())
            block = b.call(take, [self._native("kept"), I64(self.arena)])
            failed, there = b.append_basic_block("failed"), b.append_basic_block("scratch")
            b.cbranch(b.icmp_unsigned("!=", block, NULL), there, failed)
            b.position_at_end(failed)
            for made in outputs:
                call(b, "Py_DecRef", made)
            b.branch(self.slow)
            b.position_at_end(there)
        place = block or self.entry.alloca(ll.ArrayType(I8, self.arena + 2 * HEADER))
        first = b.add(b.ptrtoint(place, I64), I64(2 * HEADER - 1))
        aligned = b.and_(first, I64(-HEADER))
        return b.inttoptr(aligned, POINTER), block

    def _table(self, pointers: Sequence[ll.Value]) -> ll.Value:
        table = self.entry.alloca(ll.ArrayType(POINTER, max(1, len(pointers))))
        for number, pointer in enumerate(pointers):
            at = self.b.gep(table, [I64(0), I64(number)])
            self.b.store(pointer, at)
        return self.b.bitcast(table, POINTER)

    def _new_array(self, type: ArrayType, before: Sequence[ll.Value]) -> ll.Value:
        dims = NULL
        if type.shape:
            shape = ll.ArrayType(I64, type.rank)
            constant = ll.GlobalVariable(self.module, shape, self.module.get_unique_name("shape"))
            constant.linkage, constant.global_constant = "internal", True
            constant.initializer = ll.Constant(shape, type.ints)
            dims = constant.bitcast(POINTER)
        b = self.b
        made = call(
            b, "PyArray_New", self._object(np.ndarray), I32(type.rank), dims, I32(type.dtype.num),
            NULL, NULL, I32(0), I32(0), NULL,
        )  # fmt: skip
        failed, there = b.append_basic_block("failed"), b.append_basic_block("made")
        b.cbranch(b.icmp_unsigned("!=", made, NULL), there, failed)
        b.position_at_end(failed)
        for earlier in before:
            call(b, "Py_DecRef", earlier)
        b.ret(NULL)
        b.position_at_end(there)
        return made

    # --- results ----------------------------------------------------------------------------

    def _build(
        self, result: Built, made: dict[int, ll.Value], places: list[ll.Value], taken: set[int]
    ) -> ll.Value:
        """A new reference."""
        b = self.b
        if result.kind == "object":
            call(b, "Py_IncRef", self._object(result.item))
            return self._object(result.item)
        if result.kind == "output":
            return self._output(result, made, places, taken)
        parts = [self._build(part, made, places, taken) for part in result.parts]
        if result.kind == "dict":
            found = call(b, "PyDict_New")
            for key, part in zip(result.item, parts, strict=True):
                call(b, "PyDict_SetItem", found, self._object(key), part)
                call(b, "Py_DecRef", part)
            return found
        new = "PyTuple_New" if result.kind == "tuple" else "PyList_New"
        found = call(b, new, I64(len(parts)))
        base = found if result.kind == "tuple" else self._field(found, TUPLE_ITEMS, POINTER)
        first = TUPLE_ITEMS if result.kind == "tuple" else 0
        for number, part in enumerate(parts):
            at = b.gep(base, [I64(first + 8 * number)], source_etype=I8)
            b.store(part, b.bitcast(at, POINTER.as_pointer()))
        return found

    def _output(
        self, result: Built, made: dict[int, ll.Value], places: list[ll.Value], taken: set[int]
    ) -> ll.Value:
        b, number = self.b, result.item
        if result.presented is np.ndarray:
            if number in taken:
                call(b, "Py_IncRef", made[number])
            taken.add(number)
            return made[number]
        dtype = self.form.outputs[number].dtype
        if result.presented is None:
            return call(b, "PyArray_Scalar", places[number], self._object(canonical(dtype)), NULL)
        place = b.bitcast(places[number], memory_type(dtype).as_pointer())
        value = b.load(place)
        if result.presented is float:
            wide = b.fpext(value, DOUBLE) if dtype.itemsize == 4 else value
            return call(b, "PyFloat_FromDouble", wide)
        name = "PyBool_FromLong" if result.presented is bool else "PyLong_FromLongLong"
        if dtype.itemsize == 8:
            return call(b, name, value)
        return call(b, name, (b.zext if dtype.kind in "bu" else b.sext)(value, I64))
