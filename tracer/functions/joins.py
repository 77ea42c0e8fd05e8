"""Arrays put together from arrays: joining, repeating, shifting, padding."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.sizes import integer
from ...ir.types import BOOL
from ..array import Array, wrap
from ..errors import error
from ..join import join
from ..layout import Ints
from ..lift import lift
from ..promote import check_dtype, promote
from ..table import implements
from .common import (
    UNSET,
    as_array,
    as_shape,
    cast,
    check_cast,
    cut,
    deliver,
    one_axis,
    reshape,
    spread,
)
from .shapes import atleast_1d, atleast_2d, atleast_3d, ravel


def _arrays(items: Any) -> list[Array]:
    """The operands of a function that takes a sequence of arrays (or one, along its rows)."""
    return [as_array(item) for item in items]


@implements(np.concatenate, np.concat)
def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    parts = _arrays(arrays)
    if not parts:
        raise error("value", text="need at least one array to concatenate")
    if axis is None:
        parts, axis = [ravel(x) for x in parts], 0
    if any(x.ndim == 0 for x in parts):
        raise error("value", text="zero-dimensional arrays cannot be concatenated")
    rank = parts[0].ndim
    at = one_axis(axis, rank)
    for number, x in enumerate(parts):
        if x.ndim != rank:
            text = (
                "all the input array dimensions except for the concatenation axis must match"
                f" exactly: array 0 has {rank} dimension(s), array {number} has {x.ndim}"
            )
            raise error("value", text=text)
        if _without(x.shape, at) != _without(parts[0].shape, at):
            text = (
                "all the input array dimensions except for the concatenation axis must match"
                f" exactly, but array 0 has shape {parts[0].shape}, array {number} {x.shape}"
            )
            raise error("value", text=text)
    common = promote(*[x.dtype for x in parts])
    if dtype is not None:
        common = check_dtype(dtype, "np.concatenate")
        for x in parts:
            check_cast(x.dtype, common, casting)
    y = join([cast(x.value, common) for x in parts], at)
    return deliver(y, out, "concatenate", casting)


def _without(shape: Ints, axis: int) -> Ints:
    return shape[:axis] + shape[axis + 1 :]


@implements(np.stack)
def stack(
    arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    parts = _arrays(arrays)
    if not parts:
        raise error("value", text="need at least one array to stack")
    shape = parts[0].shape
    if any(x.shape != shape for x in parts):
        raise error("value", text="all input arrays must have the same shape")
    at = one_axis(axis, len(shape) + 1)
    rows = [x._view_reshape((*shape[:at], 1, *shape[at:])) for x in parts]
    return concatenate(rows, at, out, dtype=dtype, casting=casting)


def _stacking(function: Any, widen: Callable[[Array], Array], axis: int) -> None:
    @implements(function)
    def record(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
        parts = [widen(x) for x in _arrays(tup)]
        along = 0 if function is np.hstack and parts and parts[0].ndim == 1 else axis
        return concatenate(parts, along, dtype=dtype, casting=casting)


_stacking(np.vstack, atleast_2d, 0)
_stacking(np.hstack, atleast_1d, 1)
_stacking(np.dstack, atleast_3d, 2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    columns = [x if x.ndim > 1 else x._view_reshape((x.size, 1)) for x in _arrays(tup)]
    return concatenate(columns, 1)


@implements(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return concatenate((ravel(arr), ravel(values)), 0)
    return concatenate((arr, values), axis)


# --- repetition -----------------------------------------------------------------------------


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    value = as_array(A).value
    counts = as_shape(reps)
    rank = max(len(counts), len(value.shape))
    counts = (1,) * (rank - len(counts)) + counts
    shape = (1,) * (rank - len(value.shape)) + value.shape
    apart = tuple(dim for size in shape for dim in (1, size))
    repeated = tuple(dim for pair in zip(counts, shape, strict=True) for dim in pair)
    y = spread(reshape(value, apart), repeated)
    whole = tuple(count * size for count, size in zip(counts, shape, strict=True))
    return wrap(reshape(y, whole), scalar=False)


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    x = as_array(a)
    x = ravel(x) if axis is None or not x.ndim else x
    at = one_axis(0 if axis is None else axis, x.ndim)
    counts = [integer(n) for n in np.ravel(repeats)] if np.ndim(repeats) else [integer(repeats)]
    if any(count < 0 for count in counts):
        raise error("value", text="repeats may not contain negative values.")
    size = x.shape[at]
    if len(counts) not in (1, size):
        text = f"operands could not be broadcast together with shape ({size},) ({len(counts)},)"
        raise error("value", text=text)
    if len(set(counts)) <= 1:
        return wrap(_repeated(x.value, at, counts[0] if counts else 0))
    pieces = [_repeated(cut(x.value, at, n, 1), at, count) for n, count in enumerate(counts)]
    return wrap(join(pieces, at))


def _repeated(x: Value, axis: int, count: int) -> Value:
    shape = x.shape
    apart = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    wide = (*shape[: axis + 1], count, *shape[axis + 1 :])
    merged = (*shape[:axis], shape[axis] * count, *shape[axis + 1 :])
    return reshape(spread(reshape(x, apart), wide), merged)


# --- shifts and differences -----------------------------------------------------------------


@implements(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    x = as_array(a)
    if axis is None:
        if np.ndim(shift) == 1:
            shift = sum(integer(n) for n in shift)
        flat = _rolled(reshape(x.value, (x.size,)), integer(shift), 0)
        return wrap(reshape(flat, x.shape), scalar=False)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,)
    if len(shifts) == 1:
        shifts = tuple(shifts) * len(axes)
    if len(axes) == 1:
        axes = tuple(axes) * len(shifts)
    if len(axes) != len(shifts):
        raise error("value", text="'shift' and 'axis' should be scalars or 1D sequences")
    value = x.value
    for by, at in zip(shifts, axes, strict=True):
        value = _rolled(value, integer(by), one_axis(at, x.ndim))
    return wrap(value, scalar=False)


def _rolled(x: Value, shift: int, axis: int) -> Value:
    size = x.shape[axis]
    at = shift % size if size else 0
    if not at:
        return x
    return join([cut(x, axis, size - at, at), cut(x, axis, 0, size - at)], axis)


@implements(np.diff)
def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = UNSET, append: Any = UNSET) -> Any:
    x = as_array(a)
    times = integer(n)
    if times == 0:
        return a
    if times < 0:
        raise error("value", text=f"order must be non-negative but got {times}")
    if x.ndim == 0:
        raise error("value", text="diff requires input that is at least one dimensional")
    at = one_axis(axis, x.ndim)
    parts = [x]
    if prepend is not UNSET:
        parts.insert(0, _edge(prepend, x.shape, at))
    if append is not UNSET:
        parts.append(_edge(append, x.shape, at))
    y = (x if len(parts) == 1 else concatenate(parts, at)).value
    for _ in range(times):
        size = max(y.shape[at] - 1, 0)
        above, below = cut(y, at, min(1, size), size), cut(y, at, 0, size)
        y = ops.ne(above, below) if y.dtype == BOOL else above - below
    return wrap(y)


def _edge(value: Any, shape: Ints, axis: int) -> Array:
    x = as_array(value)
    if x.ndim:
        return x
    return x._view_broadcast((*shape[:axis], 1, *shape[axis + 1 :]))


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    x = ravel(ary)
    if x.dtype == BOOL:
        raise error("type", text="numpy boolean subtract, the `-` operator, is not supported")
    parts = [diff(x)]
    for name, given in (("to_begin", to_begin), ("to_end", to_end)):
        if given is None:
            continue
        edge = ravel(given)
        if not np.can_cast(edge.dtype, x.dtype, "same_kind"):
            text = f"dtype of `{name}` must be compatible with input `ary` under the `same_kind`"
            raise error("type", text=f"{text} rule.")
        parts.insert(0 if name == "to_begin" else len(parts), wrap(lift(edge, x.dtype)))
    return concatenate(parts)


# --- blocks ---------------------------------------------------------------------------------


@implements(np.block)
def block(arrays: Any) -> Any:
    depths: set[int] = set()
    rank = _nesting(arrays, 0, depths)
    if len(depths) > 1:
        text = "List depths are mismatched: all lists of np.block must be as deeply nested"
        raise error("value", text=text)
    (depth,) = depths
    return _block(arrays, depth, max(rank, depth))


def _nesting(arrays: Any, depth: int, depths: set[int]) -> int:
    """Notes how deep the arrays stand; returns their largest number of axes."""
    if isinstance(arrays, tuple):
        raise error("type", text="arrays is a tuple. Only lists can be used to arrange blocks")
    if not isinstance(arrays, list):
        depths.add(depth)
        return as_array(arrays).ndim
    if not arrays:
        raise error("value", text="List at arrays cannot be empty")
    return max(_nesting(item, depth + 1, depths) for item in arrays)


def _block(arrays: Any, depth: int, rank: int) -> Array:
    if not isinstance(arrays, list):
        x = as_array(arrays)
        x = wrap(x.value, scalar=False)
        return x._view_reshape((1,) * (rank - x.ndim) + x.shape)
    joined: Array = concatenate([_block(item, depth - 1, rank) for item in arrays], rank - depth)
    return joined


@implements(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements in C order, again and again."""
    x = ravel(a)
    shape = as_shape(new_shape)
    count = prod(shape)
    if x.size == 0 or count == 0:
        return wrap(ops.zeros(x.value.type.with_shape(shape)), scalar=False)
    times = -(-count // x.size)
    long = reshape(spread(reshape(x.value, (1, x.size)), (times, x.size)), (times * x.size,))
    return wrap(reshape(cut(long, 0, 0, count), shape), scalar=False)
