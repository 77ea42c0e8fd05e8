"""``lower_call``: LLVM for one call, in the function that numba is compiling.

The words of the key and pointers to the arguments go into arrays on the stack; `native` finds the
record; results get fresh memory of numba's; `native` runs the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import llvmlite.ir as ll
import numpy as np
from numba.core import cgutils, types
from numba.core.typing.templates import signature
from numba.np import numpy_support
from numba.np.arrayobj import _empty_nd_impl

from ..codegen.entry.form import Built
from ..ir.types import ArrayType
from ..tracer.signature import DYNAMIC_INT
from . import native as code
from .arguments import Leaf
from .results import type_of
from .sites import Site

I8, I32, I64 = ll.IntType(8), ll.IntType(32), ll.IntType(64)
POINTER = I8.as_pointer()
FIND = ll.FunctionType(POINTER, [*[POINTER] * 3, I64])
RUN = ll.FunctionType(I32, [*[POINTER] * 5, I64])
PARALLEL = "__numba_parfor_gufunc"
"""What the names of functions contain that run a part of a parallel loop."""


@dataclass(frozen=True, eq=False)
class Call:
    """A call in numba's types: its site, and what of the results it returns as which type.

    ``targets``: numba's type of the array that the caller has for an output, by number.
    """

    site: Site
    built: Built
    type: types.Type
    targets: dict[int, Any]
    outputs: tuple[ArrayType, ...]


def lower_call(call: Call, context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _Lowering(call, context, builder).lower(sig, args)


@dataclass(frozen=True)
class _Output:
    """Where an output goes: an array's memory, or a number's on the stack (no ``type``).

    ``copy``: memory of the caller's that the kernel may not write to, whether that is so, and how
    many bytes are copied there in the end.
    """

    pointer: ll.Value
    type: Any = None
    value: ll.Value | None = None
    copy: tuple[ll.Value, ll.Value, ll.Value] | None = None


class _Lowering:
    def __init__(self, call: Call, context: Any, builder: Any) -> None:
        self.call = call
        self.context = context
        self.builder = builder
        self.held: list[tuple[Any, ll.Value]] = []
        self.ranges: list[tuple[ll.Value, ll.Value]] = []
        """First and last address of the arrays that the kernel reads, and of those it writes."""

    def lower(self, sig: Any, args: Any) -> Any:
        b, site = self.builder, self.call.site
        words: list[ll.Value] = []
        pointers: list[ll.Value] = []
        for parameter, type, value in zip(site.parameters.parts, sig.args, args, strict=False):
            if isinstance(type, types.Omitted):
                found = [None] * len(parameter.leaves)
            else:
                found = [each for _, each in self._flat(type, value)]
            for leaf, each in zip(parameter.leaves, found, strict=True):
                words += self._argument(leaf, each, pointers)
        key, leaves = self._table(words, I64), self._table(pointers, POINTER)
        native = code.native()
        part = I64(int(PARALLEL in b.function.name))
        place = self._address(site.address, "a site of adjit")
        record = self._native(native.find, FIND, [place, key, leaves, part])
        self._fail_if(b.icmp_unsigned("==", record, POINTER(None)))
        given = list(self._flat(sig.args[-1], args[-1])) if self.call.targets else []
        outputs = self._outputs(record, given)
        table = self._table([output.pointer for output in outputs], POINTER)
        failed = self._native(native.run, RUN, [place, key, leaves, record, table, part])
        for output in outputs:
            if output.copy is not None:
                self._copy_back(output)
        self._fail_if(b.icmp_signed("!=", failed, I32(0)))
        result = self._built(self.call.built, outputs)
        self._release()
        return result

    # --- arguments --------------------------------------------------------------------------

    def _flat(self, type: Any, value: ll.Value) -> Iterator[tuple[Any, ll.Value]]:
        if isinstance(type, types.BaseTuple):
            items: Any = type
            for n, each in enumerate(items):
                yield from self._flat(each, self.builder.extract_value(value, n))
        else:
            yield type, value

    def _argument(
        self, leaf: Leaf, value: ll.Value | None, pointers: list[ll.Value]
    ) -> list[ll.Value]:
        """The words of an argument; its pointer joins the others."""
        b = self.builder
        if leaf.kind == "fixed":
            if leaf.memory is not None:
                pointers.append(self._address(leaf.memory.ctypes.data, "a default"))
            return []
        if leaf.kind == "bool":
            return [b.zext(value, I64)]
        if leaf.kind != "array":
            place = self._room(leaf.type)
            self.context.pack_value(b, leaf.type, value, place)
            pointers.append(b.bitcast(place, POINTER))
            if leaf.kind != "int":
                return []
            # ints that are too large for arithmetic in 64 bits are refused where they are read.
            above = b.add(value, I64(DYNAMIC_INT - 1))
            small = b.icmp_unsigned("<", above, I64(2 * DYNAMIC_INT - 1))
            return [b.select(small, I64(0), value)]
        type = leaf.type
        if type.layout != "C" or not type.aligned:
            plain = types.Array(type.dtype, type.ndim, "C")
            made = self.context.compile_internal(b, _copied, signature(plain, type), [value])
            type, value = plain, made
            self.held.append((type, value))
        array = self.context.make_array(type)(self.context, b, value)
        pointer = b.bitcast(array.data, POINTER)
        pointers.append(pointer)
        self.ranges.append(self._range(array))
        return list(cgutils.unpack_tuple(b, array.shape, type.ndim)) if type.ndim else []

    # --- results ----------------------------------------------------------------------------

    def _outputs(self, record: ll.Value, given: list[tuple[Any, ll.Value]]) -> list[_Output]:
        outputs = []
        at = code.SHAPES
        targets = dict(zip(self.call.targets, given, strict=True))
        arrays = _arrays(self.call.site.result)
        for number, output in enumerate(self.call.outputs):
            rank = len(output.shape)
            dtype = numpy_support.from_dtype(output.dtype)
            shape = [self._field(record, at + n) for n in range(rank)]
            at += rank
            if number in targets:
                outputs.append(self._target(record, *targets[number], shape))
            elif rank or number in arrays:
                type = types.Array(dtype, rank, "C")
                array = _empty_nd_impl(self.context, self.builder, type, shape)
                value = array._getvalue()
                self.held.append((type, value))
                pointer = self.builder.bitcast(array.data, POINTER)
                outputs.append(_Output(pointer, type, value))
            else:
                outputs.append(_Output(self.builder.bitcast(self._room(dtype), POINTER)))
        return outputs

    def _target(
        self, record: ll.Value, type: Any, value: ll.Value, shape: list[ll.Value]
    ) -> _Output:
        """An array of the caller's; where the kernel reads that memory, too, it gets other."""
        b = self.builder
        array = self.context.make_array(type)(self.context, b, value)
        for found, wanted in zip(
            cgutils.unpack_tuple(b, array.shape, type.ndim), shape, strict=True
        ):
            with b.if_then(b.icmp_signed("!=", found, wanted), likely=False):
                self._release()
                text = "out must have the shape of the gradient"
                self.context.call_conv.return_user_exc(b, ValueError, (text,))
        first, behind = self._range(array)
        captures = self._field(record, code.CAPTURES)
        shared = b.icmp_unsigned("!=", captures, I64(0))
        for other, end in self.ranges:
            below, above = b.icmp_unsigned("<", first, end), b.icmp_unsigned("<", other, behind)
            shared = b.or_(shared, b.and_(below, above))
        self.ranges.append((first, behind))
        place = cgutils.alloca_once(b, POINTER)
        pointer = b.bitcast(array.data, POINTER)
        b.store(pointer, place)
        size = b.sub(behind, first)
        with b.if_then(shared, likely=False):
            b.store(self.context.nrt.allocate(b, size), place)
        return _Output(b.load(place), type, value, copy=(pointer, shared, size))

    def _copy_back(self, output: _Output) -> None:
        assert output.copy is not None
        b = self.builder
        target, shared, size = output.copy
        with b.if_then(shared, likely=False):
            cgutils.raw_memcpy(b, target, output.pointer, size, I64(1))
            self.context.nrt.free(b, output.pointer)

    def _built(self, built: Built, outputs: list[_Output]) -> ll.Value:
        """A result, with a new reference to each array."""
        b, context = self.builder, self.context
        type = type_of(built, self.call.outputs)
        if built.kind == "object":
            return context.get_dummy_value() if built.item is None else self._number(type, built)
        if built.kind != "output":
            parts = [self._built(each, outputs) for each in built.parts]
            return context.make_tuple(b, type, parts)
        output = outputs[built.item]
        if output.type is not None:
            context.nrt.incref(b, output.type, output.value)
            return output.value
        stored = numpy_support.from_dtype(self.call.outputs[built.item].dtype)
        place = b.bitcast(output.pointer, context.get_data_type(stored).as_pointer())
        return context.cast(b, context.unpack_value(b, stored, place), stored, type)

    def _number(self, type: types.Type, built: Built) -> ll.Value:
        return self.context.get_constant_generic(self.builder, type, built.item)

    # --- memory and ways out ------------------------------------------------------------------

    def _room(self, type: types.Type) -> ll.Value:
        return cgutils.alloca_once(self.builder, self.context.get_data_type(type))

    def _table(self, values: list[ll.Value], type: ll.Type) -> ll.Value:
        table = cgutils.alloca_once(self.builder, ll.ArrayType(type, max(1, len(values))))
        for number, value in enumerate(values):
            self.builder.store(value, self.builder.gep(table, [I32(0), I32(number)]))
        return self.builder.bitcast(table, POINTER)

    def _field(self, record: ll.Value, number: int) -> ll.Value:
        words = self.builder.bitcast(record, I64.as_pointer())
        return self.builder.load(self.builder.gep(words, [I64(number)]))

    def _range(self, array: Any) -> tuple[ll.Value, ll.Value]:
        first = self.builder.ptrtoint(array.data, I64)
        return first, self.builder.add(first, self.builder.mul(array.nitems, array.itemsize))

    def _address(self, address: int, what: str) -> ll.Value:
        return self.context.add_dynamic_addr(self.builder, address, info=what)

    def _native(self, address: int, type: ll.FunctionType, args: list[ll.Value]) -> ll.Value:
        function = self._address(address, "native code of adjit")
        return self.builder.call(self.builder.bitcast(function, type.as_pointer()), args)

    def _fail_if(self, failed: ll.Value) -> None:
        """Returns from the function with Python's exception that is set."""
        with self.builder.if_then(failed, likely=False):
            self._release()
            self.context.call_conv.return_exc(self.builder)

    def _release(self) -> None:
        for type, value in self.held:
            self.context.nrt.decref(self.builder, type, value)


def _copied(x):  # type: ignore[no-untyped-def]
    return np.ascontiguousarray(x)


def _arrays(built: Built) -> set[int]:
    """The outputs that are seen as arrays."""
    found = {built.item} if built.kind == "output" and built.presented is np.ndarray else set()
    return found.union(*map(_arrays, built.parts))
