"""Operators between Python scalars: Python's rules, not NumPy's.

``n / 2`` of ints is a float, ``True + True`` is 2, integers do not wrap. Ints are computed in
int64 while their bound shows that nothing can overflow; beyond that their values are decided
and Python computes them. A float divided by zero is an infinity, as in NumPy.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.types import BOOL, C128, F64, I64
from .core import ArrayCore
from .errors import error
from .lift import cast_array, lift
from .promote import weak_of
from .ufuncs import COMPARISONS, UFUNCS

_PYTHON: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.divmod: divmod,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: abs,
    np.invert: operator.invert,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.left_shift: operator.lshift,
    np.right_shift: operator.rshift,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
}
_LOGIC = frozenset({np.bitwise_and, np.bitwise_or, np.bitwise_xor})
_DIVISIONS = frozenset({np.true_divide, np.floor_divide, np.remainder, np.divmod})
_INT_LIMIT = 2**62
_BOUNDS: dict[Any, Callable[..., int]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a + b,
    np.multiply: lambda a, b: a * b,
    np.floor_divide: lambda a, b: a + 1,
    np.remainder: lambda a, b: b,
    np.negative: lambda a: a,
    np.positive: lambda a: a,
    np.absolute: lambda a: a,
}
"""The bound of an int result from the bounds of its operands."""


def python_operator(ufunc: np.ufunc, *operands: Any) -> Any:
    """The operator that ``ufunc`` names, applied to Python scalars, some of them recorded."""
    kinds = [weak_of(x) for x in operands]
    if ufunc in _LOGIC and kinds == [bool, bool]:
        return _wrap(UFUNCS[ufunc](*[lift(x) for x in operands]), bool)
    if complex in kinds:
        return _on_complex(ufunc, operands, kinds)
    if float in kinds:
        return _on_floats(ufunc, operands, kinds)
    if ufunc in _DIVISIONS:
        _check_divisor(operands[1])
    bounds = [_bound(x) for x in operands]
    if ufunc is np.power:
        return _int_power(*operands)
    known = [b for b in bounds if b is not None and b < _INT_LIMIT]
    if len(known) == len(bounds):
        if ufunc in COMPARISONS:
            return _wrap(UFUNCS[ufunc](*map(_int, operands)), bool)
        if ufunc is np.true_divide and max(known) < 2**53:
            return _wrap(UFUNCS[ufunc](*map(_float, operands)), float)
        if ufunc is np.divmod:
            return tuple(python_operator(f, *operands) for f in (np.floor_divide, np.remainder))
        bound = _BOUNDS[ufunc](*known) if ufunc in _BOUNDS else _INT_LIMIT
        if bound < _INT_LIMIT:
            return _wrap(UFUNCS[ufunc](*map(_int, operands)), int, bound)
    return _PYTHON[ufunc](*[decided(x) for x in operands])


def decided(x: Any) -> Any:
    """A Python scalar as a number: a recorded one is decided and guarded."""
    if not isinstance(x, ArrayCore):
        return x
    reason = f"the value of a Python {x.weak.__name__ if x.weak else x.dtype} was needed"
    return x.storage.trace.decide(x.value, reason)


def _unsupported(ufunc: np.ufunc, kinds: list[type | None]) -> Exception:
    names = " and ".join(repr(kind.__name__) for kind in kinds if kind)
    return error("type", text=f"unsupported operand type(s) for {ufunc.__name__}: {names}")


_ON_COMPLEX = frozenset(
    {
        np.add,
        np.subtract,
        np.multiply,
        np.true_divide,
        np.power,
        np.negative,
        np.positive,
        np.absolute,
        np.equal,
        np.not_equal,
    }
)


def _on_complex(ufunc: np.ufunc, operands: Any, kinds: list[type | None]) -> Any:
    if ufunc not in _ON_COMPLEX:
        raise _unsupported(ufunc, kinds)
    y = UFUNCS[ufunc](*[_complex(x) for x in operands])
    assert isinstance(y, Value)
    return _wrap(y, {BOOL: bool, F64: float}.get(y.dtype, complex))


def _complex(x: Any) -> Value:
    return cast_array(x, C128) if isinstance(x, ArrayCore) else lift(complex(x), C128)


def _on_floats(ufunc: np.ufunc, operands: Any, kinds: list[type | None]) -> Any:
    if ufunc not in UFUNCS or ufunc in _LOGIC or ufunc is np.invert:
        raise _unsupported(ufunc, kinds)
    values = [_float(x) for x in operands]
    y = UFUNCS[ufunc](*values)
    if isinstance(y, tuple):
        return tuple(_wrap(part, float) for part in y)
    return _wrap(y, bool if ufunc in COMPARISONS else float)


def _int_power(x: Any, z: Any) -> Any:
    exponent = decided(z)
    bound = _bound(x)
    if exponent < 0 and isinstance(x, ArrayCore):
        _check_divisor(x)
        return _wrap(UFUNCS[np.power](_float(x), lift(float(exponent))), float)
    # The bound of the exponent comes first: a bound to a huge power is a huge number.
    if isinstance(x, ArrayCore) and bound is not None and exponent < 62:
        limit = max(bound, 1) ** exponent
        if limit < _INT_LIMIT:
            return _wrap(UFUNCS[np.power](_int(x), lift(exponent)), int, limit)
    return decided(x) ** exponent


def _check_divisor(x: Any) -> None:
    """Python's ints raise on division by zero; another call may bring one, so it is guarded."""
    if isinstance(x, ArrayCore):
        trace = x.storage.trace
        is_zero = trace.decide(ops.eq(_int(x), 0), "a Python integer divisor is not zero")
    else:
        is_zero = x == 0
    if is_zero:
        raise error("zero_division", text="division by zero")


def _bound(x: Any) -> int | None:
    return x.bound if isinstance(x, ArrayCore) else abs(x)


def _int(x: Any) -> Value:
    return cast_array(x, I64) if isinstance(x, ArrayCore) else lift(int(x), I64)


def _float(x: Any) -> Value:
    return cast_array(x, F64) if isinstance(x, ArrayCore) else lift(float(x), F64)


def _wrap(y: Any, weak: type, bound: int | None = None) -> Any:
    from .array import wrap

    assert y.dtype == {bool: BOOL, int: I64, float: F64, complex: C128}[weak]
    return wrap(y, weak, bound=bound)
