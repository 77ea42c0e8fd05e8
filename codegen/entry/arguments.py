"""Checks of arguments and captured things, which find the memory of the leaves."""

from __future__ import annotations

import types
from collections.abc import Iterator

import llvmlite.ir as ll
import numpy as np

from ...ir.types import ArrayType
from ..scalar import I32, I64
from .form import Expected, Read
from .frame import NULL, Frame
from .python_api import (
    COMPLEX_VALUE,
    CONTIGUOUS_AND_ALIGNED,
    DATA,
    DOUBLE,
    DTYPE,
    FLAGS,
    FLOAT_VALUE,
    METHOD_FUNCTION,
    METHOD_SELF,
    POINTER,
    RANK,
    SCALAR_VALUE,
    SHAPE,
    SIZE,
    STRIDES,
    TUPLE_ITEMS,
    WRITEABLE,
    call,
    canonical,
    number_type,
)

SMALL_INT = 1 << 31


class Checks:
    """``leaves``: where the numbers of each dynamic leaf are, in the order of the checks.

    ``arrays``: those among them that are arrays, with their types; ``targets``: the data of
    arrays that results are written to.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.leaves: list[ll.Value] = []
        self.arrays: list[tuple[ll.Value, ArrayType]] = []
        self.targets: list[tuple[ll.Value, ArrayType]] = []
        self._found: dict[Read, ll.Value] = {}

    def check_names(self, names: ll.Value, expected: tuple[str, ...]) -> None:
        """Requires the names of keyword arguments, in their order."""
        self.frame.require_int(self.frame.field(names, SIZE, I64), len(expected))
        for number, name in enumerate(expected):
            self.frame.require_same(self._element(names, tuple, number), name)

    def check(self, item: ll.Value, expected: Expected) -> None:
        frame, kind = self.frame, expected.kind
        if kind in ("array", "target"):
            self._array(item, expected)
        elif kind == "float":
            frame.require_type(item, float)
            self._leaf(frame.field(item, FLOAT_VALUE, DOUBLE))
        elif kind == "complex":
            frame.require_type(item, complex)
            self._leaf(frame.field(item, COMPLEX_VALUE, ll.ArrayType(DOUBLE, 2)))
        elif kind == "int":
            self._int(item)
        elif kind == "number":
            assert expected.type is not None
            frame.require_type(item, expected.type.dtype.type)
            self._leaf(frame.field(item, SCALAR_VALUE, number_type(expected.type.dtype)))
        elif kind == "object":
            frame.require_same(item, expected.item)
        elif kind == "method":
            frame.require_type(item, types.MethodType)
            frame.require_same(frame.field(item, METHOD_FUNCTION, POINTER), expected.item.__func__)
            frame.require_same(frame.field(item, METHOD_SELF, POINTER), expected.item.__self__)
        elif kind == "same":
            frame.require(frame.b.icmp_unsigned("==", item, self.read(expected.item)))
        elif kind == "outline":
            self._outline(item, expected)
        else:
            self._parts(item, expected)

    def _parts(self, item: ll.Value, expected: Expected) -> None:
        frame = self.frame
        if expected.kind == "dict":
            for below, part in zip(self._values(item, expected), expected.parts, strict=True):
                self.check(below, part)
            return
        frame.require_type(item, expected.item)
        if expected.kind == "sequence":
            frame.require_int(frame.field(item, SIZE, I64), len(expected.parts))
        for number, part in enumerate(expected.parts):
            if expected.kind == "sequence":
                below = self._element(item, expected.item, number)
            else:
                below = self._attribute(item, expected.keys[number])
            self.check(below, part)

    def _outline(self, item: ll.Value, expected: Expected) -> None:
        if expected.item is dict:
            for _ in self._values(item, expected):
                pass
            return
        self.frame.require_type(item, expected.item)
        self.frame.require_int(self.frame.field(item, SIZE, I64), expected.keys)

    def _element(self, item: ll.Value, kind: type, number: int) -> ll.Value:
        if issubclass(kind, tuple):
            return self.frame.field(item, TUPLE_ITEMS + 8 * number, POINTER)
        items = self.frame.field(item, TUPLE_ITEMS, POINTER)
        return self.frame.field(items, 8 * number, POINTER)

    def _values(self, item: ll.Value, expected: Expected) -> Iterator[ll.Value]:
        """The values of a dictionary, which has the expected keys, in their order."""
        frame, b = self.frame, self.frame.b
        frame.require_type(item, dict)
        frame.require_int(call(b, "PyDict_Size", item), len(expected.keys))
        position, key, value = frame.room(I64), frame.room(POINTER), frame.room(POINTER)
        b.store(I64(0), position)
        places = [b.bitcast(place, POINTER) for place in (position, key, value)]
        for wanted in expected.keys:
            frame.require_int(call(b, "PyDict_Next", item, *places), 1)
            frame.require_same(b.load(key), wanted)
            yield b.load(value)

    def _attribute(self, item: ll.Value, name: str) -> ll.Value:
        found = call(self.frame.b, "PyObject_GetAttr", item, self.frame.object(name))
        self.frame.require_there(found)
        self.frame.hold(found)
        return found

    # --- numbers ----------------------------------------------------------------------------

    def _leaf(self, number: ll.Value) -> None:
        place = self.frame.room(number.type)
        self.frame.b.store(number, place)
        self.leaves.append(self.frame.b.bitcast(place, POINTER))

    def _int(self, item: ll.Value) -> None:
        frame, b = self.frame, self.frame.b
        frame.require_type(item, int)
        overflow = frame.room(I32)
        number = call(b, "PyLong_AsLongLongAndOverflow", item, b.bitcast(overflow, POINTER))
        frame.require_int(b.load(overflow), 0)
        for sign, limit in (("<", SMALL_INT), (">", -SMALL_INT)):
            frame.require(b.icmp_signed(sign, number, I64(limit)))
        self._leaf(number)

    def _array(self, item: ll.Value, expected: Expected) -> None:
        """An ndarray that the kernel can take as it is."""
        frame, type = self.frame, expected.type
        assert type is not None
        frame.require_type(item, np.ndarray)
        frame.require_int(frame.field(item, RANK, I32), type.rank)
        frame.require_same(frame.field(item, DTYPE, POINTER), canonical(type.dtype))
        target = expected.kind == "target"
        frame.flag(item, FLAGS, CONTIGUOUS_AND_ALIGNED | (WRITEABLE if target else 0))
        stride = type.dtype.itemsize
        strides: list[int] = []
        for dim in reversed(type.ints):
            strides.insert(0, stride)
            stride *= dim
        for field, numbers in ((SHAPE, type.ints), (STRIDES, strides)):
            if numbers:
                base = frame.field(item, field, POINTER)
                for axis, number in enumerate(numbers):
                    frame.require_int(frame.field(base, 8 * axis, I64), number)
        data = frame.field(item, DATA, POINTER)
        if target:
            self.targets.append((item, type))
        else:
            self.leaves.append(data)
            self.arrays.append((item, type))

    def check_apart(self) -> None:
        """Requires that targets share no memory with arguments or with each other."""
        for number, (target, type) in enumerate(self.targets):
            for other, its_type in [*self.arrays, *self.targets[:number]]:
                self._require_apart(target, type.bytes, other, its_type.bytes)

    def _require_apart(self, x: ll.Value, size: int, other: ll.Value, its_size: int) -> None:
        frame, b = self.frame, self.frame.b
        begins = [b.ptrtoint(frame.field(item, DATA, POINTER), I64) for item in (x, other)]
        before = b.icmp_unsigned("<=", b.add(begins[0], I64(size)), begins[1])
        behind = b.icmp_unsigned("<=", b.add(begins[1], I64(its_size)), begins[0])
        frame.require(b.or_(before, behind))

    # --- captured things --------------------------------------------------------------------

    def read(self, read: Read) -> ll.Value:
        """What is found outside of the function, a borrowed reference."""
        known = self._found.get(read)
        if known is None:
            known = self._found[read] = self._read(read)
            self.frame.require_there(known)
        return known

    def _read(self, read: Read) -> ll.Value:
        frame, b = self.frame, self.frame.b
        if read.kind == "container":
            container = self.read(read.owner)
            frame.require_type(container, read.fallback)
            if read.fallback is dict:
                return self._look_up(container, read.name)
            size = frame.field(container, SIZE, I64)
            frame.require(b.icmp_unsigned(">", size, I64(read.name)))
            return self._element(container, read.fallback, read.name)
        owner = frame.object(read.owner)
        if read.kind == "cell":
            # The cell keeps the object; the reference that PyCell_Get takes is given back.
            found = call(b, "PyCell_Get", owner)
            frame.require_there(found)
            call(b, "Py_DecRef", found)
            return found
        if read.kind == "attribute":
            return self._attribute(owner, read.name)
        if read.kind == "default":
            return self._default(owner, read.name)
        found = self._look_up(owner, read.name)
        if read.fallback is None:
            return found
        frame.require(b.icmp_unsigned("==", found, NULL))
        return self._look_up(frame.object(read.fallback), read.name)

    def _look_up(self, dictionary: ll.Value, key: object) -> ll.Value:
        return call(self.frame.b, "PyDict_GetItemWithError", dictionary, self.frame.object(key))

    def _default(self, function: ll.Value, name: int | str) -> ll.Value:
        frame, b = self.frame, self.frame.b
        if isinstance(name, str):
            keywords = call(b, "PyFunction_GetKwDefaults", function)
            frame.require_there(keywords)
            return self._look_up(keywords, name)
        defaults = call(b, "PyFunction_GetDefaults", function)
        frame.require_there(defaults)
        frame.require(b.icmp_unsigned(">", frame.field(defaults, SIZE, I64), I64(name)))
        return self._element(defaults, tuple, name)
