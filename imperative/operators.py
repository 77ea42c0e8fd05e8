"""Operators and methods of arrays: ufuncs and NumPy's own methods, applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.current import current_trace
from ..tracer.errors import error
from . import arrays, views, writes
from .apply import apply, made, node_of, op_of
from .node import Op, known

if TYPE_CHECKING:
    from .arrays import Array

Operator = Callable[..., Any]


def elementwise(ufunc: np.ufunc, items: tuple[Any, ...]) -> Any:
    """A ufunc of arrays and numbers, which are no part of what is compiled."""
    nodes = []
    for item in items:
        if isinstance(item, arrays.Array):
            nodes.append(item._node if item.base is None else item.node)
        else:
            node = node_of(item, True)
            if node is None:
                node = arrays.array(item).node if type(item) in _LISTS else known(np.asarray(item))
            nodes.append(node)
    op = _elementwise.get(ufunc)
    if op is None:
        op = _elementwise[ufunc] = op_of(ufunc, lambda: Op(ufunc, ufunc.__name__, True))
    return made(op, nodes)


_LISTS = (list, tuple)
_elementwise: dict[np.ufunc, Op] = {}


def _defers(other: Any) -> bool:
    """Whether an operator leaves it to the other operand, as those of NumPy's arrays do."""
    if isinstance(other, _OPERANDS):
        return False
    kind = type(other)
    if hasattr(kind, "__array_ufunc__"):
        if current_trace() is not None:
            raise error("autograd_captured")
        return True
    return hasattr(kind, "__array_priority__")


_OPERANDS = (int, float, complex, np.ndarray, np.generic, list, tuple)


def binary(ufunc: np.ufunc) -> tuple[Operator, Operator, Operator]:
    """The operator, the reflected one and the one in place."""

    def operator(self: Array, other: Any) -> Any:
        if not isinstance(other, arrays.Array) and _defers(other):
            return NotImplemented
        return elementwise(ufunc, (self, other))

    def reflected(self: Array, other: Any) -> Any:
        if _defers(other):
            return NotImplemented
        return elementwise(ufunc, (other, self))

    def in_place(self: Array, other: Any) -> Any:
        return writes.update(self, ufunc, other)

    return operator, reflected, in_place


def equality(ufunc: np.ufunc, otherwise: bool) -> Operator:
    """``==`` or ``!=``; with what cannot be compared it is as for NumPy's arrays."""
    compare = binary(ufunc)[0]

    def operator(self: Array, other: Any) -> Any:
        try:
            return compare(self, other)
        except TypeError:
            if isinstance(other, (arrays.Array, *_OPERANDS)):
                raise
            return arrays.Array(known(np.full(self.shape, otherwise)))

    return operator


_POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
MOST_STATIC = 64
"""Integer exponents up to this are a part of what is compiled, as products."""


def power(self: Array, other: Any) -> Any:
    """``x ** other``, with the ufuncs that NumPy takes for some exponents."""
    kind = type(other)
    if kind is int or kind is float:
        ufunc = _POWERS.get(other)
        if ufunc is np.square or (ufunc is not None and self.node.type.differentiable):
            return elementwise(ufunc, (self,))
        if kind is int and abs(other) <= MOST_STATIC:
            return apply(np.power, (self, other), {})
    return _power(self, other)


_power = binary(np.power)[0]


def unary(ufunc: np.ufunc) -> Operator:
    return lambda self: elementwise(ufunc, (self,))


_methods: dict[str, views.Method] = {"reshape": views.RESHAPE, "ravel": views.RAVEL}


def method_of(name: str) -> views.Method:
    return _methods.setdefault(name, views.Method(name))


def method(name: str) -> Operator:
    """A method that returns new arrays."""
    fun = method_of(name)

    def call(self: Array, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        found = apply(fun, (self, *args), kwargs)
        return found if out is None else writes.written(out, found)

    return _described(call, name, "")


def viewing(name: str) -> Operator:
    """A method that returns a view."""
    fun = method_of(name)

    def call(self: Array, *args: Any, **kwargs: Any) -> Any:
        return views.view(self, fun, args, kwargs)

    return _described(call, name, ": a view where NumPy makes one")


def writing(name: str) -> Operator:
    """A method that writes to the array."""
    fun = method_of(name)

    def call(self: Array, *args: Any, **kwargs: Any) -> None:
        writes.mutate(self, fun, args, kwargs)

    return _described(call, name, "")


def looking(name: str) -> Operator:
    """A method that needs the value."""

    def call(self: Array, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._value(), name)(*args, **kwargs)

    return _described(call, name, ", which looks at the value")


def _described(call: Operator, name: str, more: str) -> Operator:
    call.__name__ = name
    call.__qualname__ = f"Array.{name}"
    call.__doc__ = f"As ``numpy.ndarray.{name}``{more}."
    return call
