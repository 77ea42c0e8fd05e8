"""Convolution and correlation of NumPy, `scipy.signal` and `scipy.ndimage`.

A loop over the places of the smaller array, each of which adds a multiple of the larger one: no
more memory than the result, and so for the derivatives. A few places are written out instead,
which then run in one pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.types import BOOL, F64, I64, Dim
from ..apply import call_ufunc
from ..array import wrap
from ..counted import repeat
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import lift
from ..promote import check_dtype
from ..table import implements
from .common import cast, one_axis, reshape
from .order import sized
from .padding import padded
from .scipy_functions import records

WRITTEN_OUT = 16
"""Products that are written out rather than made by a loop."""

# --- loops ----------------------------------------------------------------------------------


def _every_place(
    counts: Sequence[int], y: Value, arrays: Sequence[Value], step: Callable[..., Value]
) -> Value:
    """``y = step(place, y, *arrays)`` for every place, with one loop for each axis."""
    if prod(counts) <= WRITTEN_OUT:
        for place in itertools.product(*map(range, counts)):
            y = step(place, y, *arrays)
        return y

    def along(axis: int, before: tuple[Dim, ...], y: Value, arrays: Sequence[Value]) -> Value:
        if axis == len(counts):
            return step(before, y, *arrays)

        def body(i: Dim, y: Value, *arrays: Value) -> list[Value]:
            return [along(axis + 1, (*before, i), y, arrays)]

        return repeat(counts[axis], [y], arrays, body)[0]

    return along(0, (), y, arrays)


def _part(x: Value, start: Sequence[Dim], size: Sequence[int]) -> Value:
    one = (1,) * len(size)
    return ops.slice_(x, start=tuple(start), step=one, size=tuple(size))


def full(x: Value, z: Value) -> Value:
    """``y[i + j] += x[i] z[j]`` for arrays of one rank."""
    if z.type.size > x.type.size:
        x, z = z, x
    one = (1,) * len(z.shape)

    def step(place: Sequence[Dim], y: Value, x: Value, z: Value) -> Value:
        return ops.accumulate(y, x * _part(z, place, one), start=tuple(place), step=one)

    shape = tuple(n + m - 1 for n, m in zip(x.shape, z.shape, strict=True))
    return _every_place(z.shape, ops.zeros(x.type.with_shape(shape)), [x, z], step)


def inside(x: Value, z: Value) -> Value:
    """``y[i] = sum_j x[i + j] z[j]`` wherever all of that is in ``x``."""
    shape = tuple(n - m + 1 for n, m in zip(x.shape, z.shape, strict=True))
    one = (1,) * len(z.shape)
    empty = ops.zeros(x.type.with_shape(shape))

    def by_weight(place: Sequence[Dim], y: Value, x: Value, z: Value) -> Value:
        return y + _part(x, place, shape) * _part(z, place, one)

    def by_result(place: Sequence[Dim], y: Value, x: Value, z: Value) -> Value:
        total = ops.sum_(_part(x, place, z.shape) * z, axes=tuple(range(len(one))))
        return ops.update(y, reshape(total, one), start=tuple(place), step=one)

    if prod(shape) < z.type.size:
        return _every_place(shape, empty, [x, z], by_result)
    return _every_place(z.shape, empty, [x, z], by_weight)


def _turned(x: Value) -> Value:
    """All axes from back to front."""
    if 0 in x.shape:
        return x
    start = tuple(dim - 1 for dim in x.shape)
    return ops.slice_(x, start=start, step=(-1,) * len(start), size=x.shape)


def _conjugate(x: Value) -> Value:
    if x.dtype == BOOL:
        return x
    y: Value = call_ufunc(np.conjugate, wrap(x, scalar=False)).value
    return y


def _in_numbers(
    compute: Callable[[Value, Value], Value], x: Value, z: Value, dtype: np.dtype
) -> Value:
    """In one dtype; of bools the result is whether there is any product."""
    if dtype == BOOL:
        return cast(compute(cast(x, I64), cast(z, I64)), BOOL)
    return compute(cast(x, dtype), cast(z, dtype))


# --- numpy ----------------------------------------------------------------------------------

_MODES = ("valid", "same", "full")


def _mode(mode: Any) -> str:
    if mode in (0, 1, 2):
        return _MODES[mode]
    if mode not in _MODES:
        text = f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})"
        raise error("value", text=text)
    return str(mode)


def _vector(x: Any, name: str) -> Value:
    value = sized(lift(x), f"np.{name}")
    if len(value.shape) > 1:
        raise error("value", text="object too deep for desired array")
    return reshape(value, (prod(value.shape),))


def _correlated(x: Value, z: Value, mode: str) -> Value:
    """The correlation with ``z``, which is not longer than ``x``."""
    (n,), (m,) = x.shape, z.shape
    if mode == "valid":
        return inside(x, z)
    y = full(x, _turned(z))
    return y if mode == "full" else _part(y, (m - 1 - m // 2,), (n,))


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    x, z = _vector(a, "convolve"), _vector(v, "convolve")
    for value, name in ((x, "a"), (z, "v")):
        if not value.shape[0]:
            raise error("value", text=f"{name} cannot be empty")
    if z.shape[0] > x.shape[0]:
        x, z = z, x
    how, dtype = _mode(mode), np.promote_types(x.dtype, z.dtype)

    def compute(x: Value, z: Value) -> Value:
        return _correlated(x, _turned(z), how)

    return wrap(_in_numbers(compute, x, z, dtype), scalar=False)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    x, z = _vector(a, "correlate"), _conjugate(_vector(v, "correlate"))
    for value, name in ((x, "first"), (z, "second")):
        if not value.shape[0]:
            raise error("value", text=f"{name} array argument cannot be empty")
    how, dtype = _mode(mode), np.promote_types(x.dtype, z.dtype)

    def compute(x: Value, z: Value) -> Value:
        if z.shape[0] > x.shape[0]:
            return _turned(_correlated(z, x, how))
        return _correlated(x, z, how)

    return wrap(_in_numbers(compute, x, z, dtype), scalar=False)


# --- scipy.signal ---------------------------------------------------------------------------


def _centered(y: Value, shape: Ints) -> Value:
    start = tuple((n - m) // 2 for n, m in zip(y.shape, shape, strict=True))
    return _part(y, start, shape)


def _signal_mode(mode: Any, method: Any) -> str:
    if mode not in _MODES:
        text = "Acceptable mode flags are 'valid', 'same', or 'full'."
        raise error("value", text=text)
    if method not in ("auto", "direct", "fft"):
        text = "Acceptable method flags are 'auto', 'direct', or 'fft'."
        raise error("value", text=text)
    return str(mode)


def _both(in1: Any, in2: Any, name: str) -> tuple[Value, Value, np.dtype]:
    x, z = (sized(lift(v), f"scipy.signal.{name}") for v in (in1, in2))
    if len(x.shape) != len(z.shape):
        raise error("value", text="in1 and in2 should have the same dimensionality")
    return x, z, np.promote_types(x.dtype, z.dtype)


def _must_swap(x: Value, z: Value) -> bool:
    """Whether the second array is the larger one, along all axes."""
    pairs = list(zip(x.shape, z.shape, strict=True))
    if all(n >= m for n, m in pairs):
        return False
    if all(m >= n for n, m in pairs):
        return True
    text = "For 'valid' mode, one must be at least as large as the other in every dimension"
    raise error("value", text=text)


@records("scipy.signal", "convolve")
def signal_convolve(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    """``scipy.signal.convolve``, directly whatever the method."""
    x, z, dtype = _both(in1, in2, "convolve")
    how = _signal_mode(mode, method)
    if not x.shape:
        return wrap(cast(x, dtype) * cast(z, dtype))
    if 0 in (*x.shape, *z.shape):
        raise unsupported("scipy.signal.convolve of empty arrays")

    def compute(x: Value, z: Value) -> Value:
        if how == "valid":
            x, z = (z, x) if _must_swap(x, z) else (x, z)
            return inside(x, _turned(z))
        y = full(x, z)
        return y if how == "full" else _centered(y, x.shape)

    return wrap(_in_numbers(compute, x, z, dtype), scalar=False)


@records("scipy.signal", "correlate")
def signal_correlate(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    """``scipy.signal.correlate``, directly whatever the method."""
    x, z, dtype = _both(in1, in2, "correlate")
    how = _signal_mode(mode, method)
    z = _conjugate(z)
    if not x.shape:
        return wrap(cast(x, dtype) * cast(z, dtype))
    if 0 in (*x.shape, *z.shape):
        raise unsupported("scipy.signal.correlate of empty arrays")

    def compute(x: Value, z: Value) -> Value:
        if how == "valid":
            return _turned(inside(z, x)) if _must_swap(x, z) else inside(x, z)
        y = full(x, _turned(z))
        return y if how == "full" else _centered(y, x.shape)

    return wrap(_in_numbers(compute, x, z, dtype), scalar=False)


# --- scipy.ndimage --------------------------------------------------------------------------

_BORDERS = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "constant": "constant",
    "wrap": "wrap",
}
"""Mode of a border -> what ``np.pad`` calls it."""


def _filtered(
    name: str,
    input: Any,
    weights: Value,
    axis: Any,
    output: Any,
    mode: Any,
    cval: Any,
    origin: int,
) -> Any:
    x = sized(lift(input), f"scipy.ndimage.{name}")
    if output is not None and not isinstance(output, type | np.dtype | str):
        raise unsupported(f"scipy.ndimage.{name}(output=)", hint="take what it returns")
    dtype = x.dtype if output is None else check_dtype(output, name)
    at = one_axis(axis, len(x.shape))
    (size,) = weights.shape
    if not -(size // 2) <= origin <= (size - 1) // 2:
        text = (
            "Invalid origin; origin must satisfy -(len(weights) // 2) <= origin <="
            " (len(weights)-1) // 2"
        )
        raise error("value", text=text)
    if mode not in _BORDERS:
        raise error("runtime", text="boundary mode not supported")
    if 0 in x.shape:
        return wrap(ops.zeros(x.type.with_dtype(dtype)), scalar=False)
    before = size // 2 + origin
    wide = padded(cast(x, F64), at, (before, size - 1 - before), _BORDERS[mode], (cval, cval))
    shape = tuple(size if k == at else 1 for k in range(len(x.shape)))
    y = inside(wide, reshape(cast(weights, F64), shape))
    return wrap(cast(y, dtype), scalar=False)


def _weights(weights: Any) -> Value:
    value = lift(weights)
    if len(value.shape) != 1 or not value.shape[0]:
        raise error("runtime", text="no filter weights given")
    return value


@records("scipy.ndimage")
def correlate1d(
    input: Any,
    weights: Any,
    axis: Any = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """``scipy.ndimage.correlate1d``, computed in f64 as SciPy does."""
    factors = _weights(weights)
    return _filtered("correlate1d", input, factors, axis, output, mode, cval, origin)


@records("scipy.ndimage")
def convolve1d(
    input: Any,
    weights: Any,
    axis: Any = -1,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
) -> Any:
    """``scipy.ndimage.convolve1d``: the correlation with the weights from back to front."""
    factors = _turned(_weights(weights))
    shift = -origin - (factors.shape[0] + 1) % 2
    return _filtered("convolve1d", input, factors, axis, output, mode, cval, shift)
