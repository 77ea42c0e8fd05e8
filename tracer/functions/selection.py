"""Elements chosen by positions or masks: what NumPy's functions do with arrays of indices."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...ir import ops, types
from ...ir.errors import IRError
from ...ir.graph import Value
from ...ir.types import BOOL, I64
from .. import advanced
from ..advanced import Access
from ..array import Array, wrap
from ..core import ArrayCore
from ..dims import size_of
from ..errors import error, unsupported
from ..indexing import fitting
from ..layout import Ints
from ..lift import has_proxy, lift
from ..promote import promote
from ..table import implements
from .choices import choose as choose_between
from .common import (
    UNSET,
    as_array,
    as_shape,
    broadcast_shapes,
    cast,
    deliver,
    one_axis,
    reshape,
    spread,
    transpose,
)
from .joins import concatenate, stack

# --- positions ------------------------------------------------------------------------------


def _integers(indices: Any, name: str = "indices") -> Value:
    """Positions as NumPy takes them from its functions: bools count as 0 and 1."""
    if isinstance(indices, list | tuple) and not has_proxy(indices):
        return lift(np.array(indices, np.int64))
    value = lift(indices)
    if value.dtype.kind not in "iub" or value.dtype == np.uint64:
        text = f"Cannot cast array data from {value.dtype!r} to dtype('int64')"
        raise error("type", text=f"{text} according to the rule 'safe'")
    return cast(value, I64)


def _settled(indices: Value, mode: str, size: Any) -> Value:
    """Positions that are inside where the mode makes them so; else they are checked later."""
    if mode == "raise":
        return indices
    if not size and _count(indices.shape):
        raise error("index", text="cannot do a non-empty take from an empty axes.")
    if mode == "wrap":
        return ops.mod(indices, size) if size else indices
    if mode == "clip":
        return ops.maximum(ops.minimum(indices, size - 1), 0) if size else indices
    raise error("value", text=f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


def _count(shape: Ints) -> int:
    return prod(shape)


def _flat(value: Value) -> Value:
    return reshape(value, (_count(value.shape),))


def along(x: Array, axis: int, indices: Value) -> Access:
    """The elements of ``x`` at ``indices`` on one axis, and at its own place on the others."""
    rank = len(x.shape)
    sizes = [dim for at, dim in enumerate(x.shape) if at != axis]
    sizes.insert(axis, indices.shape[axis])
    try:
        shape: Any = types.broadcast_shapes(tuple(sizes), indices.shape)
    except IRError:
        text = f"shape mismatch: shapes {x.shape} and {indices.shape} do not fit along axis {axis}"
        raise error("index", text=text) from None
    found, wheres = [], []
    for at in range(rank):
        if at == axis:
            flat, where = advanced.normalised(indices, axis, x.shape[axis], shape)
        else:
            size = x.shape[at]
            value = ops.iota(size=size, dtype=I64)
            value = reshape(value, tuple(size if k == at else 1 for k in range(rank)))
            flat, where = _flat(spread(value, shape)), ""
        found.append(flat)
        wheres.append(where)
    return Access(x, tuple(range(rank)), tuple(found), tuple(wheres), shape, 0)


def at_flat(x: Array, positions: Value) -> Access:
    """The elements of ``x`` at positions in its C order."""
    shape = tuple(positions.shape)
    value, where = advanced.normalised(positions, 0, x.size, shape)
    if not x.shape:
        x = x._view_reshape((1,))
    found: list[Value] = []
    for dim in reversed(x.shape[1:]):
        rows = ops.floor_divide(value, max(dim, 1))
        found.append(value - rows * max(dim, 1))
        value = rows
    found.append(value)
    # The first axis is outside exactly where the position is; the others cannot be.
    wheres = (where, *[""] * (len(x.shape) - 1))
    return Access(x, tuple(range(len(x.shape))), tuple(reversed(found)), wheres, shape, 0)


# --- reading --------------------------------------------------------------------------------


@implements(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Array:
    x = as_array(a)
    wanted = _integers(indices)
    if axis is None:
        x, at = x._view_reshape(-1), 0
    else:
        at = one_axis(axis, x.ndim)
        x = x._view_reshape((1,)) if not x.shape else x
    wanted = _settled(wanted, mode, x.shape[at])
    found = advanced.along_axis(x, at, wanted)
    return deliver(advanced.read(found), out, "take")


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    x, wanted, at = _along_operands(arr, indices, axis)
    return wrap(advanced.read(along(x, at, wanted)), scalar=False)


@implements(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    x, wanted, at = _along_operands(arr, indices, axis)
    target = _target(arr)
    found = at_flat(target, wanted) if axis is None else along(target, at, wanted)
    advanced.write(found, fitting(lift(values, x.dtype), advanced.result_shape(found)))


def _along_operands(arr: Any, indices: Any, axis: Any) -> tuple[Array, Value, int]:
    x = as_array(arr)
    wanted = lift(indices)
    if wanted.dtype.kind not in "iu":
        raise error("index", text="`indices` must be an integer array")
    if axis is None:
        if len(wanted.shape) != 1:
            raise error("value", text="when axis=None, `indices` must have a single dimension.")
        return x._view_reshape(-1), cast(wanted, I64), 0
    at = one_axis(axis, x.ndim)
    if len(wanted.shape) != x.ndim:
        raise error("value", text="`indices` and `arr` must have the same number of dimensions")
    return x, cast(wanted, I64), at


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Array:
    """The elements of several arrays, each place from the one that ``a`` numbers."""
    wanted = _integers(a)
    items = [choices[n] for n in range(len(choices))]
    arrays = [as_array(item) for item in items]
    if not arrays:
        raise error("value", text="choose needs at least one array to choose from")
    shape = broadcast_shapes("choose", wanted.shape, *[item.shape for item in arrays])
    dtype = promote(*items)
    rows = [
        as_array(wrap(spread(cast(item.value, dtype), shape)))._view_reshape((1, *shape))
        for item in arrays
    ]
    stacked = concatenate(rows)
    wanted = spread(_settled(wanted, mode, len(arrays)), shape)
    found = along(stacked, 0, reshape(wanted, (1, *shape)))
    return deliver(reshape(advanced.read(found), shape), out, "choose")


@implements(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Array:
    mask = lift(condition)
    if len(mask.shape) != 1:
        raise error("value", text="condition must be a 1-d array")
    (wanted,) = advanced.nonzero(_truth(mask))
    return take(a, wrap(wanted), axis, out)


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Array:
    (wanted,) = advanced.nonzero(_truth(_flat(lift(condition))))
    return take(arr, wrap(wanted))


# --- where elements are -----------------------------------------------------------------------


def _truth(value: Value) -> Value:
    return value if value.dtype == BOOL else ops.ne(value, 0)


@implements(np.nonzero)
def nonzero(a: Any) -> tuple[Array, ...]:
    mask = lift(a)
    if not mask.shape:
        text = "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero()"
        raise error("value", text=text + " instead.")
    return tuple(wrap(found) for found in advanced.nonzero(_truth(mask)))


@implements(np.flatnonzero)
def flatnonzero(a: Any) -> Array:
    (found,) = advanced.nonzero(_truth(_flat(lift(a))))
    return wrap(found)


@implements(np.argwhere)
def argwhere(a: Any) -> Array:
    mask = _truth(lift(a))
    if not mask.shape:
        count = advanced.nonzero(reshape(mask, (1,)))[0].shape[0]
        return wrap(lift(np.zeros((count, 0), np.int64)))
    found = advanced.nonzero(mask)
    return stack([wrap(axis) for axis in found])._view_transpose((1, 0))


@implements(np.where)
def where(condition: Any, x: Any = UNSET, y: Any = UNSET, /) -> Any:
    if x is UNSET and y is UNSET:
        return nonzero(condition)
    if x is UNSET or y is UNSET:
        raise error("value", text="either both or neither of x and y should be given")
    return wrap(choose_between(cast(lift(condition), BOOL), x, y), scalar=False)


@implements(np.ix_)
def ix_(*args: Any) -> tuple[Array, ...]:
    found = []
    for at, given in enumerate(args):
        empty = isinstance(given, list | tuple) and not len(given)
        value = lift(np.zeros(0, np.int64) if empty else given)
        if len(value.shape) != 1:
            raise error("value", text="Cross index must be 1 dimensional")
        if value.dtype == BOOL:
            (value,) = advanced.nonzero(value)
        shape = tuple(value.shape[0] if k == at else 1 for k in range(len(args)))
        found.append(wrap(reshape(value, shape)))
    return tuple(found)


@implements(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """Positions on each axis; those outside are not refused before they are used."""
    value, dims = _integers(indices), as_shape(shape)
    places: list[Array] = []
    for dim in reversed(dims) if order == "C" else dims:
        rows = ops.floor_divide(value, dim)
        places.append(wrap(value - rows * dim))
        value = rows
    return tuple(reversed(places)) if order == "C" else tuple(places)


# --- writing --------------------------------------------------------------------------------


def _target(a: Any) -> Array:
    if not isinstance(a, Array) or a.scalar:
        raise error("type", text=f"argument 1 must be numpy.ndarray, not {type(a).__name__}")
    return a


def repeated(values: Value, count: int) -> Value:
    """The values one after the other, again from the first where there are too few."""
    value = _flat(values)
    (size,) = value.shape
    if size == 0 and count:
        raise error("value", text="Cannot insert from an empty array!")
    if size < count:
        rounds = -(-count // size)
        value = _flat(ops.broadcast(reshape(value, (1, size)), shape=(rounds, size)))
    if value.shape == (count,):
        return value
    return ops.slice_(value, start=(0,), step=(1,), size=(count,))


@implements(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    x, wanted = _target(a), _flat(_integers(ind))
    if _count(wanted.shape) == 0 or _count(lift(v).shape) == 0:
        return
    source = repeated(lift(v, x.dtype), wanted.shape[0])
    advanced.write(at_flat(x, _settled(wanted, mode, x.size)), source)


@implements(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    x = _target(arr)
    chosen = _truth(_flat(lift(mask)))
    if chosen.shape != (x.size,):
        raise error("value", text="place: mask and data must be the same size")
    (wanted,) = advanced.nonzero(chosen)
    advanced.write(at_flat(x, wanted), repeated(lift(vals, x.dtype), wanted.shape[0]))


@implements(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    x = _target(a)
    chosen = _truth(lift(mask))
    if _count(chosen.shape) != x.size:
        raise error("value", text="putmask: mask and data must be the same size")
    if _count(lift(values).shape) == 0:
        return
    source = reshape(repeated(lift(values, x.dtype), x.size), x.shape)
    x._write(ops.where(reshape(chosen, x.shape), source, x.value))


# --- joining and leaving out ------------------------------------------------------------------


def _known(obj: Any, name: str) -> Any:
    """Positions as NumPy has them: those that are recorded must be numbers, which are guarded."""
    if isinstance(obj, slice):
        return slice(*[None if part is None else size_of(part) for part in _parts(obj)])
    if isinstance(obj, ArrayCore) and not obj.shape and obj.dtype.kind in "iu":
        return int(obj)
    if isinstance(obj, list | tuple):
        return [_known(item, name) for item in obj]
    if isinstance(obj, ArrayCore):
        trace = obj._check_alive(name)
        if not trace.is_constant(obj.value):
            hint = "the positions depend on the arguments; use a mask, or join the parts"
            raise unsupported(f"np.{name} with an array of positions", hint=hint)
        return trace.concrete(obj.value)
    return obj


def _parts(given: slice) -> tuple[Any, Any, Any]:
    return given.start, given.stop, given.step


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Array:
    x = as_array(arr)
    x, at = (x._view_reshape(-1), 0) if axis is None else (x, one_axis(axis, x.ndim))
    if isinstance(obj, ArrayCore) and obj.dtype == BOOL:
        if obj.shape != (x.shape[at],):
            text = "boolean array argument `obj` to delete must be one dimensional and match the"
            raise error("value", text=f"{text} axis length of {x.shape[at]}")
        return compress(wrap(ops.logical_not(obj.value)), x, at)
    try:
        kept = np.delete(np.arange(x.shape[at]), _known(obj, "delete"))
    except IndexError as problem:
        raise error("index", text=str(problem)) from None
    except ValueError as problem:
        raise error("value", text=str(problem)) from None
    found = advanced.along_axis(x, at, lift(kept))
    return wrap(advanced.read(found), layout="C" if found.in_order else None)


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Array:
    x = as_array(arr)
    x, at = (x._view_reshape(-1), 0) if axis is None else (x, one_axis(axis, x.ndim))
    known, rank = _known(obj, "insert"), x.ndim
    if isinstance(known, slice):
        known = np.arange(*known.indices(x.shape[at]))
    positions = np.asarray(known)
    if positions.dtype == np.bool_:
        positions = np.flatnonzero(positions)
    if positions.ndim > 1:
        text = "index array argument obj to insert must be one dimensional or scalar"
        raise error("value", text=text)
    source = lift(values, x.dtype)
    if positions.size == 1:
        source = reshape(source, (1,) * (rank - len(source.shape)) + tuple(source.shape))
        if positions.ndim == 0:  # the first axis of the values counts what is inserted
            perm = list(range(1, len(source.shape)))
            perm.insert(at, 0)
            source = transpose(source, tuple(perm))
        count = source.shape[at]
    else:
        positions = positions.astype(np.int64) if not positions.size else positions
        count = positions.size
    # Where NumPy puts the new rows among the old ones, as it would number them.
    news = np.arange(x.shape[at], x.shape[at] + count)
    try:
        spots = np.repeat(positions.reshape(-1), count) if positions.size == 1 else positions
        order = np.insert(np.arange(x.shape[at]), spots, news)
    except IndexError as problem:
        raise error("index", text=str(problem)) from None
    shape = (*x.shape[:at], count, *x.shape[at + 1 :])
    new = wrap(fitting(source, shape))
    both = concatenate([x, new], axis=at)
    return take(both, order, at)
