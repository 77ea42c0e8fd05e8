"""``entry``: a native function that Python calls with the user's arguments.

It checks that the call is one that a compiled program was made for (types, dtypes, shapes,
strides, captured objects), takes the arrays' memory, calls the kernel and builds the result, with
CPython's calling convention for fast calls and nothing of Python in between. Whatever it does not
expect it hands on, untouched, to the callable that it has as ``self``: the general path.

    PyObject *entry(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)

The layouts of objects are those of CPython 3.11 and later and of NumPy 2 (``PyArrayObject_fields``
in numpy/ndarraytypes.h); both are part of their binary interfaces.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import llvmlite.ir as ll
import numpy as np

from ..ir.types import ArrayType
from .scalar import I8, I32, I64, memory_type

POINTER = I8.as_pointer()
DOUBLE = ll.DoubleType()
NULL = ll.Constant(POINTER, None)

TYPE, SIZE, TUPLE_ITEMS, FLOAT_VALUE, SCALAR_VALUE = 8, 16, 24, 16, 16
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64
CONTIGUOUS_AND_ALIGNED = 0x0001 | 0x0100
SMALL_INT = 1 << 31
STACK_ARENA = 1 << 13
"""Bytes of scratch memory up to which it lies on the stack."""


# --- what a call must look like ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """An argument or a part of one.

    ``kind``: ``array`` (of ``type``), ``float``, ``int``, ``number`` (a NumPy scalar of ``type``),
    ``object`` (this very ``item``), or ``tuple``, ``list`` or ``dict`` with ``parts`` (``item``:
    the keys).
    """

    kind: str
    type: ArrayType | None = None
    item: Any = None
    parts: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """Something outside of the function that must be as it was.

    ``kind``: ``item`` (under ``name`` in the dictionary ``owner``, or, where that has none, in
    ``fallback``) or ``cell`` (what the cell ``owner`` holds); ``expected`` is an ``array`` or an
    ``object``.
    """

    kind: str
    owner: Any
    name: str
    expected: Expected
    fallback: Any = None


@dataclass(frozen=True, slots=True)
class Built:
    """A result or a part of one.

    ``kind``: ``output`` (number ``item`` as ``presented``: an ndarray, a Python type, or None for a
    NumPy scalar), ``object``, or ``tuple``, ``list`` or ``dict`` with ``parts``.
    """

    kind: str
    item: Any = None
    presented: type | None = None
    parts: tuple[Built, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """All of a call: parameters in order, captures, inputs, and the result for each path.

    ``inputs`` are positions among the dynamic leaves of the parameters, then of the captures.
    ``counter`` is counted up by each call; while ``recording`` is not 0, calls go the general way.
    """

    parameters: tuple[Expected, ...]
    captured: tuple[Captured, ...]
    inputs: tuple[int, ...]
    results: tuple[Built, ...]
    outputs: tuple[ArrayType, ...]
    counter: int
    recording: int
    releases: bool


# --- addresses ------------------------------------------------------------------------------------

_PYTHON = {
    "PyObject_Vectorcall": (POINTER, POINTER, I64, POINTER),
    "PyFloat_FromDouble": (DOUBLE,),
    "PyLong_FromLongLong": (I64,),
    "PyBool_FromLong": (I64,),
    "PyTuple_New": (I64,),
    "PyList_New": (I64,),
    "PyDict_New": (),
    "PyDict_GetItemWithError": (POINTER, POINTER),
    "PyDict_Size": (POINTER,),
    "PyDict_SetItem": (POINTER, POINTER, POINTER),
    "PyCell_Get": (POINTER,),
    "PyLong_AsLongLongAndOverflow": (POINTER, POINTER),
    "PyErr_Clear": (),
    "Py_IncRef": (POINTER,),
    "Py_DecRef": (POINTER,),
    "PyEval_SaveThread": (),
    "malloc": (I64,),
    "free": (POINTER,),
    "PyEval_RestoreThread": (POINTER,),
}
_RETURNS = {"PyDict_Size": I64, "PyDict_SetItem": I32, "PyLong_AsLongLongAndOverflow": I64}
_NUMPY = {  # positions in NumPy's table of functions (numpy/__multiarray_api.h)
    "PyArray_New": (93, (POINTER, I32, POINTER, I32, POINTER, POINTER, I32, I32, POINTER)),
    "PyArray_Scalar": (60, (POINTER, POINTER, POINTER)),
}
_NOTHING = ("PyErr_Clear", "Py_IncRef", "Py_DecRef", "PyEval_RestoreThread", "free")


@functools.cache
def _add_symbols() -> None:
    """Tells LLVM where the functions are."""
    for name in _PYTHON:
        if name.startswith("Py"):
            address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
            llvm.add_symbol(name, address)
    from numpy._core import _multiarray_umath as module  # type: ignore[attr-defined]

    api = ctypes.pythonapi
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    table = api.PyCapsule_GetPointer(module._ARRAY_API, None)
    for name, (position, _) in _NUMPY.items():
        llvm.add_symbol(name, ctypes.c_void_p.from_address(table + 8 * position).value)


def supported() -> bool:
    """Whether objects are laid out here as this module expects."""
    return (
        sys.implementation.name == "cpython"
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and sys.byteorder == "little"
        and not hasattr(sys, "gettotalrefcount")
        and getattr(sys, "_is_gil_enabled", lambda: True)()
        and int(np.__version__.split(".")[0]) == 2
    )


def _address(item: object) -> ll.Constant:
    return ll.Constant(I64, id(item)).inttoptr(POINTER)


def _canonical(dtype: np.dtype) -> np.dtype:
    """NumPy's own object for a dtype, which lives as long as the process."""
    return np.dtype(dtype.type)


def kept(form: Form) -> list[object]:
    """The objects whose addresses are in the code, which must live as long as it does."""
    found: list[object] = []
    stack: list[Any] = [*form.parameters, *form.captured, *form.results]
    while stack:
        part = stack.pop()
        if isinstance(part, Captured):
            found += [part.owner, part.name, part.fallback]
            stack.append(part.expected)
            continue
        found.append(part.item)
        if part.kind == "dict":
            found += list(part.item)
        stack += part.parts
    return found


# --- emission -------------------------------------------------------------------------------------


class EntryEmitter:
    """Writes the entry of one program into a module of its own."""

    def __init__(self, form: Form, name: str, kernel: int, arena: int, pool: int | None) -> None:
        _add_symbols()
        self.form = form
        self.module = ll.Module(name)
        type = ll.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), I64, POINTER])
        self.function = ll.Function(self.module, type, name)
        self.kernel, self.arena, self.pool = kernel, arena, pool
        self.entry = ll.IRBuilder(self.function.append_basic_block("entry"))
        self.b = ll.IRBuilder(self.function.append_basic_block("start"))
        self.slow = self.function.append_basic_block("general")
        self.leaves: list[ll.Value] = []
        self.borrowed: list[ll.Value] = []

    def emit(self) -> ll.Module:
        b, form = self.b, self.form
        itself, arguments, count, names = self.function.args
        recording = b.load(ll.Constant(I64, form.recording).inttoptr(I64.as_pointer()))
        self._require(b.icmp_unsigned("==", recording, I64(0)))
        self._require(b.icmp_unsigned("==", count, I64(len(form.parameters))))
        self._require(b.icmp_unsigned("==", names, NULL))
        for number, expected in enumerate(form.parameters):
            at = b.gep(arguments, [I64(number)], source_etype=POINTER)
            self._check(b.load(at), expected)
        for captured in form.captured:
            self._capture(captured)
        pool: ll.Value = NULL
        if self.pool is not None:
            address = b.load(ll.Constant(I64, self.pool).inttoptr(I64.as_pointer()))
            self._require(b.icmp_unsigned("!=", address, I64(0)))
            pool = b.inttoptr(address, POINTER)
        self._run(pool)
        general = ll.IRBuilder(self.slow)
        self._call(general, "PyErr_Clear")  # of a look-up that failed
        given = general.bitcast(arguments, POINTER)
        general.ret(self._call(general, "PyObject_Vectorcall", itself, given, count, names))
        self.entry.branch(self.function.blocks[1])
        return self.module

    # --- pieces -----------------------------------------------------------------------------

    def _call(self, b: ll.IRBuilder, name: str, *arguments: ll.Value) -> ll.Value:
        function = self.module.globals.get(name)
        if function is None:
            types = _PYTHON[name] if name in _PYTHON else _NUMPY[name][1]
            result = ll.VoidType() if name in _NOTHING else _RETURNS.get(name, POINTER)
            function = ll.Function(self.module, ll.FunctionType(result, types), name)
        return b.call(function, arguments)

    def _require(self, holds: ll.Value) -> None:
        """Goes the general way unless this holds."""
        following = self.b.append_basic_block()
        self.b.cbranch(holds, following, self.slow)
        self.b.position_at_end(following)

    def _field(self, item: ll.Value, at: int, type: ll.Type) -> ll.Value:
        place = self.b.gep(item, [I64(at)], source_etype=I8)
        return self.b.load(self.b.bitcast(place, type.as_pointer()))

    def _require_type(self, item: ll.Value, type: type) -> None:
        self._require(self.b.icmp_unsigned("==", self._field(item, TYPE, POINTER), _address(type)))

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
            self._require(self.b.icmp_unsigned("==", item, _address(expected.item)))
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
        self._require_int(self._call(self.b, "PyDict_Size", item), len(expected.parts))
        for key, part in zip(expected.item, expected.parts, strict=True):
            self._check(self._look_up(item, key), part)

    def _look_up(self, item: ll.Value, key: object) -> ll.Value:
        found = self._call(self.b, "PyDict_GetItemWithError", item, _address(key))
        self._require(self.b.icmp_unsigned("!=", found, NULL))
        return found

    def _leaf(self, number: ll.Value) -> None:
        place = self.entry.alloca(number.type)
        self.b.store(number, place)
        self.leaves.append(self.b.bitcast(place, POINTER))

    def _int(self, item: ll.Value) -> None:
        self._require_type(item, int)
        overflow = self.entry.alloca(I32)
        number = self._call(
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
        self._require(self.b.icmp_unsigned("==", descriptor, _address(_canonical(type.dtype))))
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
        b, owner = self.b, _address(captured.owner)
        if captured.kind == "cell":
            # The cell keeps the object; the reference that PyCell_Get takes is given back.
            found = self._call(b, "PyCell_Get", owner)
            self._require(b.icmp_unsigned("!=", found, NULL))
            self._call(b, "Py_DecRef", found)
        else:
            found = self._call(b, "PyDict_GetItemWithError", owner, _address(captured.name))
            if captured.fallback is not None:
                self._require(b.icmp_unsigned("==", found, NULL))
                found = self._look_up(_address(captured.fallback), captured.name)
            else:
                self._require(b.icmp_unsigned("!=", found, NULL))
        self._check(found, captured.expected)

    # --- the call ---------------------------------------------------------------------------

    def _run(self, pool: ll.Value) -> None:
        b, form = self.b, self.form
        presented = _arrays(form)
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
        signature = ll.FunctionType(I32, [POINTER] * 5).as_pointer()
        kernel = b.inttoptr(I64(self.kernel), signature)
        state = None
        if form.releases:
            for item in self.borrowed:
                self._call(b, "Py_IncRef", item)
            state = self._call(b, "PyEval_SaveThread")
        path = b.call(kernel, [inputs, self._table(places), arena, left, pool])
        if state is not None:
            self._call(b, "PyEval_RestoreThread", state)
            for item in self.borrowed:
                self._call(b, "Py_DecRef", item)
        if block is not None:
            self._call(b, "free", block)
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
                self._call(b, "Py_DecRef", made_by[unused])
            b.ret(built)
        b.position_at_end(left_tree)
        for made in outputs:
            self._call(b, "Py_DecRef", made)
        b.branch(self.slow)

    def _count(self) -> None:
        counter = ll.Constant(I64, self.form.counter).inttoptr(I64.as_pointer())
        self.b.store(self.b.add(self.b.load(counter), I64(1)), counter)

    def _arena(self, outputs: Sequence[ll.Value]) -> tuple[ll.Value, ll.Value | None]:
        """Scratch memory, and what is to be freed of it."""
        b, block = self.b, None
        if self.arena > STACK_ARENA:
            block = self._call(b, "malloc", I64(self.arena + 64))
            failed, there = b.append_basic_block("failed"), b.append_basic_block("scratch")
            b.cbranch(b.icmp_unsigned("!=", block, NULL), there, failed)
            b.position_at_end(failed)
            for made in outputs:
                self._call(b, "Py_DecRef", made)
            b.branch(self.slow)
            b.position_at_end(there)
        place = block or self.entry.alloca(ll.ArrayType(I8, self.arena + 64))
        aligned = b.and_(b.add(b.ptrtoint(place, I64), I64(63)), I64(-64))
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
        made = self._call(
            b, "PyArray_New", _address(np.ndarray), I32(type.rank), dims, I32(type.dtype.num),
            NULL, NULL, I32(0), I32(0), NULL,
        )  # fmt: skip
        failed, there = b.append_basic_block("failed"), b.append_basic_block("made")
        b.cbranch(b.icmp_unsigned("!=", made, NULL), there, failed)
        b.position_at_end(failed)
        for earlier in before:
            self._call(b, "Py_DecRef", earlier)
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
            self._call(b, "Py_IncRef", _address(result.item))
            return _address(result.item)
        if result.kind == "output":
            return self._output(result, made, places, taken)
        parts = [self._build(part, made, places, taken) for part in result.parts]
        if result.kind == "dict":
            found = self._call(b, "PyDict_New")
            for key, part in zip(result.item, parts, strict=True):
                self._call(b, "PyDict_SetItem", found, _address(key), part)
                self._call(b, "Py_DecRef", part)
            return found
        new = "PyTuple_New" if result.kind == "tuple" else "PyList_New"
        found = self._call(b, new, I64(len(parts)))
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
                self._call(b, "Py_IncRef", made[number])
            taken.add(number)
            return made[number]
        dtype = self.form.outputs[number].dtype
        if result.presented is None:
            return self._call(
                b, "PyArray_Scalar", places[number], _address(_canonical(dtype)), NULL
            )
        place = b.bitcast(places[number], memory_type(dtype).as_pointer())
        value = b.load(place)
        if result.presented is float:
            wide = b.fpext(value, DOUBLE) if dtype.itemsize == 4 else value
            return self._call(b, "PyFloat_FromDouble", wide)
        name = "PyBool_FromLong" if result.presented is bool else "PyLong_FromLongLong"
        if dtype.itemsize == 8:
            return self._call(b, name, value)
        return self._call(b, name, (b.zext if dtype.kind in "bu" else b.sext)(value, I64))


def _arrays(form: Form) -> set[int]:
    """The outputs that are seen as arrays."""
    found: set[int] = set()
    stack = list(form.results)
    while stack:
        part = stack.pop()
        if part.kind == "output" and part.presented is np.ndarray:
            found.add(part.item)
        stack += part.parts
    return found


METH_FASTCALL_WITH_KEYWORDS = 0x0080 | 0x0002


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_definitions: list[_MethodDef] = []
"""For as long as the process lives: builtin functions point to them."""


def builtin(address: int, general: Any) -> Any:
    """The Python function of an entry, which hands calls on to ``general``."""
    definition = _MethodDef(b"__call__", address, METH_FASTCALL_WITH_KEYWORDS, None)
    _definitions.append(definition)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(definition), general, None)
