"""Choices, limits, rounding and comparisons that are not ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer
from ...ir.types import BOOL, F64
from ..apply import call_ufunc
from ..array import Array, wrap
from ..core import ArrayCore
from ..errors import error, unsupported
from ..indexing import assign
from ..lift import lift
from ..promote import promote, weak_of
from ..table import implements
from .common import (
    UNSET,
    as_array,
    as_inexact,
    broadcast_shapes,
    cast,
    check_cast,
    deliver,
    modulus,
    spread,
    weakly,
)

# --- choices --------------------------------------------------------------------------------


def _plain(x: Any) -> Any:
    """An operand whose shape can be asked for: lists become arrays, numbers stay weak."""
    return as_array(x) if isinstance(x, list | tuple) else x


def choose(mask: Value, x: Any, z: Any, name: str = "where") -> Value:
    """``x`` where ``mask``, else ``z``, in their common dtype and shape."""
    x, z = _plain(x), _plain(z)
    dtype = promote(x, z)
    left, right = weakly(x, dtype), weakly(z, dtype)
    shape = broadcast_shapes(name, mask.shape, left.shape, right.shape)
    return spread(ops.where(mask, left, right), shape)


@implements(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        text = "list of cases must be same length as list of conditions"
        raise error("value", text=text)
    if not len(condlist):
        raise error("value", text="select with an empty condition list is not possible")
    masks = [lift(condition) for condition in condlist]
    if any(mask.dtype != BOOL for mask in masks):
        raise error("type", text="invalid entry in condlist: should be boolean ndarray")
    choices = [_plain(x) for x in (*choicelist, default)]
    dtype = promote(*choices)
    values = [weakly(x, dtype) for x in choices]
    shape = broadcast_shapes("select", *[v.shape for v in (*masks, *values)])
    y = values[-1]
    for mask, value in zip(reversed(masks), reversed(values[:-1]), strict=True):
        y = ops.where(mask, value, y)
    return wrap(spread(y, shape), scalar=False)


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function is given all elements, and chosen from; so it must work by elements."""
    array = as_array(x)
    if not isinstance(condlist, list | tuple):
        condlist = list(condlist) if np.ndim(condlist) > 1 else [condlist]
    elif array.ndim and not isinstance(condlist[0], list | ArrayCore | np.ndarray):
        condlist = [condlist]  # one condition, a list of bools
    masks = [cast(lift(condition), BOOL) for condition in condlist]
    if any(mask.shape not in ((), array.shape) for mask in masks):
        hint = "give conditions of its shape"
        raise unsupported("np.piecewise with conditions that have not the shape of x", hint=hint)
    if len(funclist) == len(masks) + 1:
        found = masks[0]
        for mask in masks[1:]:
            found = ops.logical_or(found, mask)
        masks.append(ops.logical_not(found))
    if len(funclist) != len(masks):
        text = f"with {len(masks)} condition(s), either {len(masks)} or {len(masks) + 1}"
        raise error("value", text=f"{text} functions are expected")
    y = ops.zeros(array.value.type)
    for mask, function in zip(masks, funclist, strict=True):
        if not callable(function):
            piece = lift(function)
        else:
            elements = ops.where(mask, array.value, array.value)
            piece = lift(function(wrap(elements, scalar=False), *args, **kw))
            if piece.shape not in ((), array.shape) or not _by_elements(piece, elements):
                hint = "it is given all elements at once; use np.where"
                raise unsupported("np.piecewise of a function that mixes elements", hint=hint)
        y = ops.where(mask, cast(piece, array.dtype), y)
    return wrap(spread(y, array.shape), scalar=False)


def _by_elements(y: Value, x: Value) -> bool:
    """Whether each element of ``y`` is computed from that of ``x`` at the same place."""
    depends = {x: True}
    stack = [y]
    while stack:
        value = stack[-1]
        missing = [arg for arg in value.args if arg not in depends]
        if missing:
            stack += missing
            continue
        stack.pop()
        if value is not x:
            depends[value] = any(depends[arg] for arg in value.args)
            if depends[value] and value.op.kind != "pointwise" and value.op.name != "cast":
                return False
    return True


@implements(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Array):
        raise error("type", text="copyto() argument 1 must be a recorded array")
    if weak_of(src) is None:
        check_cast(lift(src).dtype, dst.dtype, casting)
    elif not np.can_cast(promote(src, dst.dtype), dst.dtype, casting):
        raise error("type", text=f"Cannot cast a Python scalar to {dst.dtype!r}")
    if where is True:
        assign(dst, src)
        return
    mask = cast(lift(where), BOOL)
    value = lift(src, dst.dtype)
    shape = broadcast_shapes("copyto", dst.shape, mask.shape, value.shape)
    if shape != dst.shape:
        raise error("assign", source=shape, target=dst.shape)
    dst._write(spread(ops.where(mask, value, dst.value), dst.shape))


# --- limits ---------------------------------------------------------------------------------


@implements(np.clip)
def clip(
    a: Any,
    a_min: Any = UNSET,
    a_max: Any = UNSET,
    out: Any = None,
    *,
    min: Any = UNSET,
    max: Any = UNSET,
    **keywords: Any,
) -> Any:
    """``minimum(maximum(a, low), high)``: at a limit the derivative is one half."""
    low, high = (a_min, a_max) if min is UNSET and max is UNSET else (min, max)
    low, high = (None if limit is UNSET else _plain(limit) for limit in (low, high))
    x = as_array(a)
    y: Any = x
    steps = [(np.maximum, low), (np.minimum, high)]
    steps = [(ufunc, limit) for ufunc, limit in steps if limit is not None]
    if not steps:
        y = call_ufunc(np.positive, x, out=out, **keywords) if x.dtype != BOOL else x.copy()
    for number, (ufunc, limit) in enumerate(steps):
        limit = _within(ufunc, limit, x.dtype)
        last = number == len(steps) - 1
        y = call_ufunc(ufunc, y, limit, out=out if last else None, **keywords)
    return y


def _within(ufunc: Any, limit: Any, dtype: np.dtype) -> Any:
    """A Python int that no integer of the dtype can pass is the end of the dtype's range."""
    if type(limit) is not int or dtype.kind not in "iu":
        return limit
    ends = np.iinfo(dtype)
    if ufunc is np.maximum:
        return max(int(ends.min), limit)
    return min(int(ends.max), limit)


@implements(np.nan_to_num)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    array = as_array(x)
    if array.dtype.kind not in "fc":
        return wrap(array.value) if copy else array
    y = _finite(array.value, nan, posinf, neginf)
    if copy or array.scalar:
        return wrap(spread(y, array.shape))
    array._write(spread(y, array.shape))
    return array


def _finite(value: Value, nan: Any, posinf: Any, neginf: Any) -> Value:
    """With numbers for what is no number or infinite, in either part."""
    if value.dtype.kind == "c":
        parts = [_finite(op(value), nan, posinf, neginf) for op in (ops.real, ops.imag)]
        return ops.complex_(*parts)
    limits = np.finfo(value.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    infinite = ops.isinf(value)
    y = ops.where(ops.isnan(value), cast(lift(nan), value.dtype), value)
    for condition, limit in ((ops.gt(value, 0.0), high), (ops.lt(value, 0.0), low)):
        y = ops.where(ops.logical_and(infinite, condition), cast(lift(limit), value.dtype), y)
    return y


# --- rounding -------------------------------------------------------------------------------


@implements(np.round, np.around)
def round_(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    x = as_array(a)
    places = integer(decimals)
    if x.dtype == BOOL:
        raise error("dtype", operation="np.round of bool", dtype="float16")
    value = x.value
    if x.dtype.kind == "c":
        parts = [_rounded(op(value), places) for op in (ops.real, ops.imag)]
        return deliver(ops.complex_(*parts), out, "round")
    if x.dtype.kind in "iu":
        if places >= 0:
            return deliver(value, out, "round")
        tens = 10.0**-places
        return deliver(cast(ops.rint(cast(value, F64) / tens) * tens, x.dtype), out, "round")
    return deliver(_rounded(value, places), out, "round")


def _rounded(value: Value, places: int) -> Value:
    if places == 0:
        return ops.rint(value)
    scale = 10.0 ** abs(places)
    return ops.rint(value * scale) / scale if places > 0 else ops.rint(value / scale) * scale


@implements(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    return call_ufunc(np.trunc, as_array(x), out=out)


# --- sinc -----------------------------------------------------------------------------------

_SINC_SERIES = (
    1.0, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800,
    -1 / 1307674368000,
)  # fmt: skip


@implements(np.sinc)
def sinc(x: Any) -> Any:
    """``sin(pi x) / (pi x)``; near 0 its series, which has the right derivatives there."""
    array = as_array(x)
    y = as_inexact(array.value) * np.pi
    near = ops.lt(modulus(y), 0.5)
    square = ops.where(near, y, 0.0) * ops.where(near, y, 0.0)
    series: Value = const(_SINC_SERIES[-1], y.dtype)
    for coefficient in reversed(_SINC_SERIES[:-1]):
        series = series * square + coefficient
    far = ops.where(near, 1.0, y)
    return wrap(ops.where(near, series, ops.sin(far) / far))


# --- closeness ------------------------------------------------------------------------------


def _close(a: Any, b: Any, rtol: Any, atol: Any, equal_nan: bool) -> Value:
    x, z = _plain(a), _plain(b)
    dtype = promote(x, z, 1.0)
    left, right = (cast(lift(operand), dtype) for operand in (x, z))
    shape = broadcast_shapes("isclose", left.shape, right.shape)
    size = modulus(right)
    width = cast(lift(atol), size.dtype) + cast(lift(rtol), size.dtype) * size
    near = ops.logical_and(ops.le(modulus(left - right), width), ops.isfinite(right))
    y = ops.logical_or(near, ops.eq(left, right))
    if equal_nan:
        y = ops.logical_or(y, ops.logical_and(ops.isnan(left), ops.isnan(right)))
    return spread(y, broadcast_shapes("isclose", shape, y.shape))


@implements(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    return wrap(_close(a, b, rtol, atol, equal_nan))


def _all_true(value: Value) -> Array:
    """A recorded Python bool: whether all elements are true."""
    return wrap(ops.all_(value, axes=tuple(range(len(value.shape)))), bool)


@implements(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    return _all_true(_close(a, b, rtol, atol, equal_nan))


@implements(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, z = as_array(a1), as_array(a2)
    return _equal(x, z, equal_nan) if x.shape == z.shape else False


@implements(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> Any:
    x, z = as_array(a1), as_array(a2)
    try:
        np.broadcast_shapes(x.shape, z.shape)
    except ValueError:
        return False
    return _equal(x, z, False)


def _equal(x: Array, z: Array, equal_nan: bool) -> Array:
    y = call_ufunc(np.equal, x, z).value
    if equal_nan and x.dtype.kind in "fc" and z.dtype.kind in "fc":
        y = ops.logical_or(y, ops.logical_and(ops.isnan(x.value), ops.isnan(z.value)))
    return _all_true(y)


# --- polynomials, integrals -----------------------------------------------------------------


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Horner's rule, as NumPy does it."""
    coefficients = as_array(p)
    point = as_array(x)
    y: Any = wrap(ops.zeros(point.value.type))
    for number in range(coefficients.shape[0]):
        y = y * point + coefficients[number]
    return y


def _steps(count: Any) -> Any:
    """How many steps lie between so many points, of which there may be none."""
    return count - 1 if count else 0


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    from .common import cut, one_axis
    from .joins import diff
    from .reductions import sum_

    heights = as_array(y)
    at = one_axis(axis, heights.ndim)
    size = _steps(heights.shape[at])
    pair = [wrap(cut(heights.value, at, n, size)) for n in (1, 0)]
    width: Any = dx
    if x is not None:
        places = as_array(x)
        width = diff(places) if places.ndim == 1 else diff(places, axis=axis)
        if places.ndim == 1:
            shape = [1] * heights.ndim
            shape[at] = _steps(places.size)
            width = width._view_reshape(tuple(shape))
    return sum_(width * (pair[0] + pair[1]) / 2.0, axis)
