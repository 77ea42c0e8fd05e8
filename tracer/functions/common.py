"""What all function families share: operands, axes, sizes and ``out=``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.sizes import integer
from ...ir.types import F64
from ..apply import broadcast_shape
from ..array import Array, wrap
from ..core import ArrayCore
from ..dims import size_of
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import cast_array, lift
from ..promote import check_dtype

broadcast_shapes = broadcast_shape

UNSET: Any = np._NoValue
"""NumPy's own mark of a keyword that was not given."""


def as_array(x: object) -> Array:
    """An Array with a dtype of its own, as ``np.asanyarray`` makes it of any operand."""
    if isinstance(x, Array):
        x._check_alive("operand")
        return x if x.weak is None else wrap(x.value)
    return wrap(lift(x), scalar=isinstance(x, bool | int | float | complex | np.generic))


def as_value(x: object, dtype: Any = None) -> Value:
    """The Value of an operand; with ``dtype`` cast without a check of its range."""
    value = lift(x)
    return value if dtype is None else cast(value, check_dtype(dtype, "dtype="))


def cast(value: Value, dtype: np.dtype) -> Value:
    return value if value.dtype == dtype else ops.cast(value, dtype=dtype)


def weakly(x: object, dtype: np.dtype) -> Value:
    """An operand in the dtype it was promoted to; Python integers must fit into that."""
    return cast_array(x, dtype) if isinstance(x, ArrayCore) else lift(x, dtype)


def as_inexact(value: Value) -> Value:
    """The value in the dtype in which NumPy computes roots of it: integers become float64."""
    return value if value.dtype.kind in "fc" else cast(value, F64)


def modulus(x: Value) -> Value:
    """Absolute values."""
    return ops.hypot(ops.real(x), ops.imag(x)) if x.dtype.kind == "c" else ops.abs_(x)


def conjugate(x: Value) -> Value:
    """Complex conjugates."""
    return ops.complex_(ops.real(x), -ops.imag(x)) if x.dtype.kind == "c" else x


def squared_modulus(x: Value) -> Value:
    """Squares of absolute values."""
    if x.dtype.kind != "c":
        return x * x
    real, imag = ops.real(x), ops.imag(x)
    return real * real + imag * imag


# --- axes and sizes -------------------------------------------------------------------------


def one_axis(axis: Any, ndim: int) -> int:
    """A single axis, counted from the front."""
    at = integer(axis)
    if not -ndim <= at < ndim:
        raise error("axis", axis=at, ndim=ndim)
    return at % ndim


def given_axes(axis: Any, ndim: int, repeated: str = "repeated axis") -> Ints:
    """One axis or several in any sequence, counted from the front, in the order given."""
    try:
        axes = (integer(axis),)
    except TypeError:
        axes = tuple(axis) if isinstance(axis, Iterable) else (axis,)
    found = tuple(one_axis(at, ndim) for at in axes)
    if len(set(found)) != len(found):
        raise error("value", text=repeated)
    return found


def reduced_axes(axis: Any, ndim: int, *, of_scalar: bool = True) -> Ints:
    """The axes of a reduction, ascending; None means all.

    ``of_scalar``: ufuncs let 0 and -1 pass as an axis of a 0-d array.
    """
    if axis is None:
        return tuple(range(ndim))
    if of_scalar and ndim == 0 and not isinstance(axis, tuple) and integer(axis) in (0, -1):
        return ()
    if not isinstance(axis, tuple):
        axis = (axis,)
    return tuple(sorted(given_axes(axis, ndim, "duplicate value in 'axis'")))


def as_shape(shape: Any) -> Any:
    """A shape given as an integer or a sequence of integers."""
    if isinstance(shape, tuple | list) or np.ndim(shape) == 1:
        sizes = tuple(size_of(dim) for dim in shape)
    else:
        sizes = (size_of(shape),)
    if any(isinstance(dim, int) and dim < 0 for dim in sizes):
        raise error("value", text="negative dimensions are not allowed")
    return sizes


def spread(value: Value, shape: Ints) -> Value:
    """The value broadcast to a shape it is known to fit."""
    return value if value.shape == shape else ops.broadcast(value, shape=shape)


# --- moving elements ------------------------------------------------------------------------


def reshape(value: Value, shape: Ints) -> Value:
    return value if value.shape == shape else ops.reshape(value, shape=shape)


def transpose(value: Value, perm: Ints) -> Value:
    return value if perm == tuple(range(len(perm))) else ops.transpose(value, perm=perm)


def cut(value: Value, axis: int, start: int, size: int, step: int = 1) -> Value:
    """The elements ``start, start + step, ...`` along one axis."""
    shape = value.shape
    starts, steps, sizes = [0] * len(shape), [1] * len(shape), list(shape)
    starts[axis], steps[axis], sizes[axis] = start, step, size
    if 0 in sizes:
        return ops.zeros(value.type.with_shape(tuple(sizes)))
    return ops.slice_(value, start=tuple(starts), step=tuple(steps), size=tuple(sizes))


# --- keywords -------------------------------------------------------------------------------


def refuse(name: str, **keywords: Any) -> None:
    """An error for a keyword whose value differs from the supported one, each given as a pair."""
    for keyword, (value, supported) in keywords.items():
        if value is not supported and value != supported:
            raise unsupported(f"np.{name}({keyword}={value!r})")


def deliver(value: Value, out: Any, name: str, casting: Any = "same_kind") -> Array:
    """A fresh result, or the result written into ``out``."""
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if out is None or out is UNSET:
        return wrap(value)
    if isinstance(out, np.ndarray):
        raise error(
            "escape",
            operation=f"np.{name}(out=)",
            shape=out.shape,
            dtype=out.dtype,
            hint="the target is an array that is not recorded; create it in the function",
        )
    if not isinstance(out, Array) or out.scalar:
        raise error("type", text="output must be an array")
    if out.shape != value.shape:
        text = f"output array of np.{name} has shape {out.shape}, the result {value.shape}"
        raise error("value", text=text)
    check_cast(value.dtype, out.dtype, casting)
    out._write(cast(value, out.dtype))
    return out


def check_cast(source: np.dtype, target: np.dtype, casting: Any) -> None:
    if not np.can_cast(source, target, casting):
        text = f"Cannot cast array data from {source!r} to {target!r} according to the rule"
        raise error("type", text=f"{text} {casting!r}")
