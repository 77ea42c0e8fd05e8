"""Results as Python objects."""

from __future__ import annotations

import llvmlite.ir as ll
import numpy as np

from ...ir.types import ArrayType
from ..scalar import I8, I32, I64
from .form import Built, Form
from .frame import NULL, Frame
from .python_api import DOUBLE, POINTER, TUPLE_ITEMS, call, canonical, number_type


def new_array(frame: Frame, type: ArrayType) -> tuple[ll.Value, ll.Value]:
    """A new array, not filled, and its slot."""
    dims = NULL
    if type.shape:
        shape = ll.ArrayType(I64, type.rank)
        constant = ll.GlobalVariable(frame.module, shape, frame.module.get_unique_name("shape"))
        constant.linkage, constant.global_constant = "internal", True
        constant.initializer = ll.Constant(shape, type.ints)
        dims = constant.bitcast(POINTER)
    return frame.made(
        call(
            frame.b, "PyArray_New", frame.object(np.ndarray), I32(type.rank), dims,
            I32(type.dtype.num), NULL, NULL, I32(0), I32(0), NULL,
        )
    )  # fmt: skip


class Results:
    """Builds the result of one path.

    ``made``: the arrays among the outputs, by number, with their slots; ``places``: where the
    numbers of each output are; ``out``: the user's own arrays, in their container.
    """

    def __init__(
        self,
        frame: Frame,
        form: Form,
        made: dict[int, tuple[ll.Value, ll.Value]],
        places: list[ll.Value],
        out: ll.Value | None,
    ) -> None:
        self.frame, self.form = frame, form
        self.made, self.places, self.out = dict(made), places, out
        self._taken: dict[int, ll.Value] = {}

    def finish(self, result: Built) -> None:
        """Returns the result, and gives back what is no part of it."""
        b = self.frame.b
        found, slot = self._build(result)
        self.frame.give_away(slot)
        for array, _ in self.made.values():
            call(b, "Py_DecRef", array)
        for item in self.frame.held:
            call(b, "Py_DecRef", item)
        b.ret(found)

    def _build(self, result: Built) -> tuple[ll.Value, ll.Value]:
        """A new reference and its slot."""
        if result.kind == "output":
            return self._output(result)
        if result.kind == "object":
            return self._again(self.frame.object(result.item))
        if result.kind == "given":
            assert self.out is not None
            return self._again(self.out)
        parts = [self._build(part) for part in result.parts]
        if result.kind == "instance":
            return self._instance(result, parts)
        if result.kind == "dict":
            return self._dict(result, parts)
        return self._sequence(result.kind, parts)

    def _again(self, item: ll.Value) -> tuple[ll.Value, ll.Value]:
        call(self.frame.b, "Py_IncRef", item)
        return item, self.frame.own(item)

    def _sequence(
        self, kind: str, parts: list[tuple[ll.Value, ll.Value]]
    ) -> tuple[ll.Value, ll.Value]:
        frame, b = self.frame, self.frame.b
        new = "PyTuple_New" if kind == "tuple" else "PyList_New"
        found, slot = frame.made(call(b, new, I64(len(parts))))
        base = found if kind == "tuple" else frame.field(found, TUPLE_ITEMS, POINTER)
        first = TUPLE_ITEMS if kind == "tuple" else 0
        for number, (part, its_slot) in enumerate(parts):
            at = b.gep(base, [I64(first + 8 * number)], source_etype=I8)
            b.store(part, b.bitcast(at, POINTER.as_pointer()))
            frame.give_away(its_slot)
        return found, slot

    def _dict(
        self, result: Built, parts: list[tuple[ll.Value, ll.Value]]
    ) -> tuple[ll.Value, ll.Value]:
        frame, b = self.frame, self.frame.b
        found, slot = frame.made(call(b, "PyDict_New"))
        for key, (part, _) in zip(result.keys, parts, strict=True):
            status = call(b, "PyDict_SetItem", found, frame.object(key), part)
            frame.succeed(b.icmp_signed(">=", status, I32(0)))
        self._drop(parts)
        return found, slot

    def _instance(
        self, result: Built, parts: list[tuple[ll.Value, ll.Value]]
    ) -> tuple[ll.Value, ll.Value]:
        """What the class makes of the parts, which may be code of the user's."""
        frame = self.frame
        arguments = frame.table([part for part, _ in parts])
        names = frame.object(result.keys) if result.keys else NULL
        count = I64(0 if result.keys else len(parts))
        cls = frame.object(result.item)
        found = frame.made(call(frame.b, "PyObject_Vectorcall", cls, arguments, count, names))
        self._drop(parts)
        return found

    def _drop(self, parts: list[tuple[ll.Value, ll.Value]]) -> None:
        for part, slot in parts:
            self.frame.give_away(slot)
            call(self.frame.b, "Py_DecRef", part)

    def _output(self, result: Built) -> tuple[ll.Value, ll.Value]:
        frame, number = self.frame, result.item
        if result.presented is np.ndarray:
            if number in self.made:
                self._taken[number], slot = self.made.pop(number)
                return self._taken[number], slot
            return self._again(self._taken[number])
        return frame.made(self._number(result, self.form.outputs[number].dtype))

    def _number(self, result: Built, dtype: np.dtype) -> ll.Value:
        frame, b, place = self.frame, self.frame.b, self.places[result.item]
        if result.presented is None:
            return call(b, "PyArray_Scalar", place, frame.object(canonical(dtype)), NULL)
        value = b.load(b.bitcast(place, number_type(dtype).as_pointer()))
        if result.presented is complex:
            parts = [b.extract_value(value, n) for n in (0, 1)]
            if dtype.itemsize == 8:
                parts = [b.fpext(part, DOUBLE) for part in parts]
            return call(b, "PyComplex_FromDoubles", *parts)
        if result.presented is float:
            wide = b.fpext(value, DOUBLE) if dtype.itemsize == 4 else value
            return call(b, "PyFloat_FromDouble", wide)
        name = "PyBool_FromLong" if result.presented is bool else "PyLong_FromLongLong"
        if dtype.itemsize == 8:
            return call(b, name, value)
        return call(b, name, (b.zext if dtype.kind in "bu" else b.sext)(value, I64))
