"""Python's builtins on recorded numbers: what the rewriter calls instead of them.

A builtin that is not here (``range``, ``abs``, ``divmod``, ``bool``, ``print``, ...) is
called as it is: it asks the array by a method, which records or decides.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.sizes import Size, largest, smallest
from ...ir.types import BOOL, C128, I64
from ..array import Array, wrap
from ..core import ArrayCore
from ..errors import error, unsupported
from ..lift import lift
from ..promote import promote, weak_of
from .common import cast, weakly
from .python_math import CALLS, as_int, number, records
from .reductions import all_, any_, sum_

# --- conversions ----------------------------------------------------------------------------


@records(float)
def _float(x: Any = 0.0, /) -> Any:
    """A Python float that stays recorded."""
    return wrap(number(x), float)


@records(complex)
def _complex(real: Any = 0.0, imag: Any = 0.0) -> Any:
    """A Python complex number that stays recorded: ``real + 1j * imag``."""
    (x, x_imag), (z, z_imag) = _parts(real), _parts(imag)
    y = x if z_imag is None else x - z_imag
    return wrap(ops.complex_(y, z if x_imag is None else x_imag + z), complex)


def _parts(x: Any) -> tuple[Value, Value | None]:
    """The parts of a number; no imaginary one of what is real."""
    if isinstance(x, complex):
        return lift(x.real), lift(x.imag)
    if not isinstance(x, ArrayCore) or x.dtype.kind != "c":
        return number(x), None
    x._check_alive("complex()")
    if x.shape:
        text = "only 0-dimensional arrays can be converted to Python scalars"
        raise error("type", text=text)
    value = cast(x.value, C128)
    return ops.real(value), ops.imag(value)


@records(int)
def _int(x: Any = 0, /, base: Any = None) -> Any:
    """A Python int that stays recorded; fractions are cut off."""
    if base is not None:
        raise error("type", text="int() can't convert non-string with explicit base")
    if isinstance(x, Size):
        return x
    return _to_int(x, ops.trunc, "the result of int()")


def _to_int(x: Any, rounding: Callable[[Value], Value], what: str) -> Array:
    value = number(x)
    if x.dtype.kind == "f":
        return as_int(rounding(value), what)
    if x.dtype == np.uint64:
        raise error("dtype", operation="conversion to a Python int", dtype=x.dtype)
    bound = x.bound
    if x.weak is None and x.dtype != I64:
        bound = 1 if x.dtype == BOOL else 2 ** (8 * x.dtype.itemsize)
    return wrap(cast(x.value, I64), int, bound=bound)


@records(len)
def _len(x: Any, /) -> Any:
    """The number of rows: ``len`` itself would make a plain number of a size."""
    return x.shape[0] if isinstance(x, Array) and x.shape else builtins.len(x)


@records(round)
def _round(number: Any, ndigits: Any = None) -> Any:
    x = number
    if x.shape:
        raise error("type", text="type numpy.ndarray doesn't define __round__ method")
    if ndigits is None:
        return _to_int(x, ops.rint, "the result of round()")
    if x.weak is not float:
        return builtins.round(x, ndigits)
    hint = "Python rounds the exact decimal expansion; use np.round(x, ndigits)"
    raise unsupported("round(x, ndigits) of a Python float", hint=hint)


@records(pow)
def _pow(base: Any, exp: Any, mod: Any = None) -> Any:
    if mod is None:
        return base**exp
    raise unsupported("pow() with three arguments")


# --- extrema --------------------------------------------------------------------------------


def _extremum(builtin: Any, better: Callable[..., Value], shared: Callable[..., Value]) -> None:
    @records(builtin, reads_all=True)
    def record(*args: Any, **keywords: Any) -> Any:
        items = list(args[0]) if len(args) == 1 else list(args)
        if not keywords and all(isinstance(item, builtins.int) for item in items):  # sizes
            return functools.reduce(largest if builtin is builtins.max else smallest, items)
        if keywords or not items or not all(map(_is_number, items)):
            return builtin(*args, **keywords)
        return functools.reduce(functools.partial(_pick, better, shared), items)


def _is_number(x: Any) -> bool:
    return weak_of(x) is not None or (isinstance(x, ArrayCore | np.generic) and not x.shape)


def _pick(better: Callable[..., Value], shared: Callable[..., Value], x: Any, z: Any) -> Any:
    """Python's choice of two: the second only if it compares as better, so NaN stays first.

    A tie shares the derivative evenly, as it does for arrays.
    """
    dtype = promote(x, z)
    if dtype.kind == "c":
        raise unsupported("max() and min() of complex numbers", hint="compare their parts")
    left, right = weakly(x, dtype), weakly(z, dtype)
    y = ops.where(better(right, left), right, left)
    if dtype.kind == "f":
        y = ops.where(ops.eq(left, right), shared(left, right), y)
    kinds = {weak_of(x), weak_of(z)}
    if None in kinds:
        return wrap(y)
    weak = next(kind for kind in (float, int, bool) if kind in kinds)
    bounds = [_bound(x), _bound(z)] if weak is int else [None]
    known = [bound for bound in bounds if bound is not None]
    return wrap(y, weak, bound=builtins.max(known) if len(known) == 2 else None)


def _bound(x: Any) -> int | None:
    return x.bound if isinstance(x, ArrayCore) else builtins.abs(x)


_extremum(max, ops.gt, ops.maximum)
_extremum(min, ops.lt, ops.minimum)

# --- over sequences -------------------------------------------------------------------------


@records(sum)
def _sum(iterable: Any, /, start: Any = 0) -> Any:
    """Python's sum; that of an array adds its rows at once."""
    if not isinstance(iterable, Array) or not iterable.shape or not len(iterable):
        return builtins.sum(iterable, start)
    dtype = promote(iterable.dtype, I64) if iterable.dtype == BOOL else iterable.dtype
    total = sum_(iterable, axis=0, dtype=dtype)
    return total if type(start) is int and start == 0 else start + total


def _truth_of_all(builtin: Any, reduction: Callable[..., Any]) -> None:
    @records(builtin)
    def record(iterable: Any, /) -> Any:
        if isinstance(iterable, Array) and iterable.ndim == 1:
            return bool(reduction(iterable))
        return builtin(iterable)


_truth_of_all(any, any_)
_truth_of_all(all, all_)


@records(sorted)
def _sorted(iterable: Any, /, **keywords: Any) -> Any:
    hint = "every comparison would be a branch; sort outside of the function"
    raise unsupported("sorted() of recorded numbers", hint=hint)


# --- types ----------------------------------------------------------------------------------


def face(x: Array) -> type:
    """The type that the object would have without recording."""
    if x.weak is not None:
        return x.weak
    return x.dtype.type if x.scalar else np.ndarray


@records(isinstance)
def _isinstance(obj: Any, class_or_tuple: Any, /) -> bool:
    if not isinstance(obj, Array) or class_or_tuple is Array:
        return isinstance(obj, class_or_tuple)
    return issubclass(face(obj), class_or_tuple)


@records(type)
def _type(*args: Any) -> Any:
    return face(args[0]) if len(args) == 1 and isinstance(args[0], Array) else type(*args)


__all__ = ["CALLS", "face"]
