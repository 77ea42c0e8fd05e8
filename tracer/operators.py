"""The operators of Array: ufuncs for arrays, Python's own rules between Python scalars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .apply import call_method, call_ufunc, is_operand
from .core import ArrayCore
from .errors import error, unsupported
from .promote import weak_of
from .table import FUNCTIONS, numpy_name
from .weak import python_operator


def _binary(ufunc: np.ufunc, x: Any, z: Any) -> Any:
    if not is_operand(x) or not is_operand(z):
        return NotImplemented
    sides = (x, z)
    scalars = [y for y in sides if weak_of(y) is not None]
    if len(scalars) == 2:
        return python_operator(ufunc, x, z)
    if any(isinstance(y, list | tuple) for y in sides):
        # Sequences take Python scalars, and integers repeat them: the sequence decides that.
        array = x if isinstance(x, ArrayCore) else z
        repeats = ufunc is np.multiply and array.scalar and array.dtype.kind in "iu"
        if array.weak is not None or repeats:
            return NotImplemented
    return call_ufunc(ufunc, x, z)


def _forward(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    return lambda self, other: _binary(ufunc, self, other)


def _reflected(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    return lambda self, other: _binary(ufunc, other, self)


def _in_place(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        if self.scalar or not is_operand(other):
            return _binary(ufunc, self, other)
        return call_ufunc(ufunc, self, other, out=self)

    return operator


def _unary(ufunc: np.ufunc) -> Callable[[Any], Any]:
    def operator(self: Any) -> Any:
        if self.weak is not None:
            return python_operator(ufunc, self)
        return call_ufunc(ufunc, self)

    return operator


def _comparison(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        y = _binary(ufunc, self, other)
        if y is NotImplemented and not self.scalar:
            # Python's fallback would compare identities and hide that NumPy compares elements.
            raise error("not_array", operation=ufunc.__name__, type=type(other).__name__)
        return y

    return operator


def _power(x: Any, z: Any) -> Any:
    """``x ** z``: for arrays NumPy takes cheaper ufuncs where a scalar exponent allows."""
    is_float_array = isinstance(x, ArrayCore) and not x.scalar and x.dtype.kind in "fc"
    if is_float_array and type(z) is float and z == 0.5:
        return call_ufunc(np.sqrt, x)
    is_bool_array = isinstance(x, ArrayCore) and not x.scalar and x.dtype.kind == "b"
    if is_bool_array and type(z) is int and z == 2:
        return call_ufunc(np.square, x)  # of dtype int8, where np.power gives int64
    return _binary(np.power, x, z)


class Operators(ArrayCore):
    """Operators, and the two protocols by which NumPy hands its own calls to us."""

    __slots__ = ()
    __array_priority__ = 1000.0

    __add__, __radd__, __iadd__ = _forward(np.add), _reflected(np.add), _in_place(np.add)
    __sub__, __rsub__, __isub__ = (
        _forward(np.subtract),
        _reflected(np.subtract),
        _in_place(np.subtract),
    )
    __mul__, __rmul__, __imul__ = (
        _forward(np.multiply),
        _reflected(np.multiply),
        _in_place(np.multiply),
    )
    __truediv__, __rtruediv__, __itruediv__ = (
        _forward(np.true_divide),
        _reflected(np.true_divide),
        _in_place(np.true_divide),
    )
    __floordiv__, __rfloordiv__, __ifloordiv__ = (
        _forward(np.floor_divide),
        _reflected(np.floor_divide),
        _in_place(np.floor_divide),
    )
    __mod__, __rmod__, __imod__ = (
        _forward(np.remainder),
        _reflected(np.remainder),
        _in_place(np.remainder),
    )
    __divmod__, __rdivmod__ = _forward(np.divmod), _reflected(np.divmod)
    __and__, __rand__, __iand__ = (
        _forward(np.bitwise_and),
        _reflected(np.bitwise_and),
        _in_place(np.bitwise_and),
    )
    __or__, __ror__, __ior__ = (
        _forward(np.bitwise_or),
        _reflected(np.bitwise_or),
        _in_place(np.bitwise_or),
    )
    __xor__, __rxor__, __ixor__ = (
        _forward(np.bitwise_xor),
        _reflected(np.bitwise_xor),
        _in_place(np.bitwise_xor),
    )
    __lshift__, __rlshift__, __ilshift__ = (
        _forward(np.left_shift),
        _reflected(np.left_shift),
        _in_place(np.left_shift),
    )
    __rshift__, __rrshift__, __irshift__ = (
        _forward(np.right_shift),
        _reflected(np.right_shift),
        _in_place(np.right_shift),
    )
    __ipow__ = _in_place(np.power)
    __neg__, __pos__ = _unary(np.negative), _unary(np.positive)
    __abs__, __invert__ = _unary(np.absolute), _unary(np.invert)
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)

    def __hash__(self) -> int:
        """Of a Python int or bool its value, which becomes a guard; else an error."""
        if self.weak in (int, bool):
            trace = self._check_alive("hash()")
            return hash(trace.decide(self.value, "hash() needs the number"))
        if not self.scalar:
            raise error("type", text="unhashable type: 'numpy.ndarray'")
        raise error("hash", dtype=self.dtype)

    def __pow__(self, other: Any, modulo: None = None) -> Any:
        if modulo is not None:
            raise unsupported("pow() with three arguments")
        return _power(self, other)

    def __rpow__(self, other: Any, modulo: None = None) -> Any:
        return _binary(np.power, other, self)

    def __matmul__(self, other: Any) -> Any:
        return FUNCTIONS[np.matmul](self, other) if is_operand(other) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return FUNCTIONS[np.matmul](other, self) if is_operand(other) else NotImplemented

    def __imatmul__(self, other: Any) -> Any:
        return FUNCTIONS[np.matmul](self, other, out=self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return call_method(ufunc, method, *inputs, **kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        record = FUNCTIONS.get(function)
        if record is None:
            name, known = numpy_name(function), map(numpy_name, FUNCTIONS)
            raise unsupported(name, known)
        return record(*args, **kwargs)
