"""Fourier transforms by NumPy's own loops, the inner functions of its ufuncs."""

from __future__ import annotations

from math import prod

import llvmlite.ir as ll

from .cone import home
from .external import UFUNC
from .external_call import POINTER, ByReference
from .scalar import I64
from .schedule import Call

NULL = ll.Constant(POINTER, None)
LOOP = ll.FunctionType(ll.VoidType(), [POINTER] * 4)
"""``PyUFuncGenericFunction``: arguments, sizes, strides, data (numpy/ufuncobject.h)."""


class Transforms(ByReference):
    """Emits transforms into a function."""

    def emit(self, b: ll.IRBuilder, call: Call) -> None:
        value = call.value
        (x,) = value.args
        size = value.dtype.itemsize
        if value.op.name == "rfft":
            batch, first, last = x.type.ints[:-1], x.type.ints[-1], value.type.ints[-2]
            name, steps = f"rfft_n_{'odd' if first % 2 else 'even'}", (size, 2 * size)
        elif value.op.name == "irfft":
            batch, first, last = x.type.ints[:-2], x.type.ints[-2], value.type.ints[-1]
            name, steps = "irfft", (2 * size, size)
        else:
            batch, first, last = x.type.ints[:-2], x.type.ints[-2], value.type.ints[-2]
            name, steps = "ifft" if value.attr("inverse") else "fft", (2 * size, 2 * size)
        arguments = [self.frame.pointer(b, home(x)), self.number(value.dtype, 1.0)]
        arguments.append(self.frame.pointer(b, value))
        table = self.frame.entry.alloca(ll.ArrayType(POINTER, 3))
        for number, pointer in enumerate(arguments):
            b.store(pointer, b.gep(table, [I64(0), I64(number)]))
        strides = (first * steps[0], 0, last * steps[1], *steps)
        symbol = f"{UFUNC}{name}_{value.dtype.char}"
        data = NULL
        if value.op.name == "fft":  # it is given the direction
            data = b.bitcast(_declared(b.module, f"{symbol}_data"), POINTER)
        b.call(
            _declared(b.module, symbol),
            [
                b.bitcast(table, POINTER),
                self._numbers(prod(batch), first, last),
                self._numbers(*strides),
                data,
            ],
        )

    def _numbers(self, *numbers: int) -> ll.Value:
        return self.slot(ll.Constant(ll.ArrayType(I64, len(numbers)), numbers))


def _declared(module: ll.Module, symbol: str) -> ll.Function:
    known = module.globals.get(symbol)
    return ll.Function(module, LOOP, symbol) if known is None else known
