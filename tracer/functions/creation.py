"""Arrays from nothing, from numbers and from lists; constructors of NumPy's scalar types.

They return fresh arrays also where all arguments are plain numbers, so that what is written
into the array later is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer
from ...ir.types import NAME_OF_DTYPE, ArrayType
from ..array import Array, wrap
from ..core import ArrayCore
from ..errors import error, user_line
from ..indexing import assign
from ..join import join
from ..layout import Ints
from ..lift import has_proxy, lift
from ..promote import check_dtype, weak_of
from ..table import implements
from .common import (
    as_array,
    as_shape,
    cast,
    refuse,
    reshape,
    spread,
    weakly,
)
from .diagonals import diagonal_view, lower_mask

# --- filled arrays --------------------------------------------------------------------------


def _filled(shape: Ints, dtype: Any, number: Any, name: str) -> Array:
    value = const(number, check_dtype(float if dtype is None else dtype, f"np.{name}"))
    return wrap(ops.broadcast(value, shape=shape), scalar=False)


def _filler(function: Any, number: int) -> Any:
    name = function.__name__

    @implements(function)
    def record(
        shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
    ) -> Any:
        refuse(name, order=(order, "C"), like=(like, None))
        return _filled(as_shape(shape), dtype, number, name)

    return record


def _filler_like(function: Any, number: int) -> Any:
    name = function.__name__

    @implements(function)
    def record(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> Any:
        refuse(name, order=(order if order != "C" else "K", "K"))
        x = as_array(a)
        wanted = x.shape if shape is None else as_shape(shape)
        return _filled_like(x, wanted, x.dtype if dtype is None else dtype, number, name)

    return record


def _filled_like(x: Array, shape: Ints, dtype: Any, number: Any, name: str) -> Array:
    y = _filled(shape, dtype, number, name)
    if len(shape) > 1 and not x.is_contiguous:
        # NumPy keeps the memory order of the prototype.
        y.layout, y.assumed = None, False
    return y


zeros = _filler(np.zeros, 0)
ones = _filler(np.ones, 1)
empty = _filler(np.empty, 0)
zeros_like = _filler_like(np.zeros_like, 0)
ones_like = _filler_like(np.ones_like, 1)
empty_like = _filler_like(np.empty_like, 0)


@implements(np.full)
def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    refuse("full", order=(order, "C"), like=(like, None))
    y = _filled(as_shape(shape), lift(fill_value).dtype if dtype is None else dtype, 0, "full")
    assign(y, as_array(fill_value))
    return y


@implements(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    x = as_array(a)
    wanted = x.shape if shape is None else as_shape(shape)
    y = _filled_like(x, wanted, x.dtype if dtype is None else dtype, 0, "full_like")
    assign(y, fill_value)
    return y


@implements(np.eye)
def eye(
    N: Any,
    M: Any = None,
    k: Any = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Any:
    refuse("eye", order=(order, "C"), like=(like, None))
    rows = integer(N)
    y = _filled((rows, rows if M is None else integer(M)), dtype, 0, "eye")
    diagonal = diagonal_view(y, integer(k), 0, 1)
    diagonal._write(spread(const(1, y.dtype), diagonal.shape))
    return y


@implements(np.identity)
def identity(n: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return eye(n, dtype=float if dtype is None else dtype, like=like)


@implements(np.tri)
def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, *, like: Any = None) -> Any:
    rows = integer(N)
    columns = rows if M is None else integer(M)
    mask = lower_mask(rows, columns, integer(k))
    return wrap(cast(mask, check_dtype(dtype, "np.tri")))


# --- arrays from what there is --------------------------------------------------------------


@implements(np.array)
def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Any:
    refuse("array", order=(order if order not in "CA" else "K", "K"), like=(like, None))
    kind = None if dtype is None else check_dtype(dtype, "np.array")
    if isinstance(object, Array):
        object._check_alive("np.array")
        same = kind in (None, object.dtype) and not object.scalar
        if same and not copy:
            y = object
        elif copy is False:
            text = "Unable to avoid copy while creating an array as requested."
            raise error("value", text=text)
        else:
            y = wrap(lift(object, kind), scalar=False)
    else:
        y = wrap(_from_object(object, kind), scalar=False)
    if y.ndim < ndmin:
        y = y._view_reshape((1,) * (ndmin - y.ndim) + y.shape)
    return y


def _from_object(items: Any, dtype: np.dtype | None) -> Value:
    if not isinstance(items, list | tuple | np.ndarray) and hasattr(items, "__iter__"):
        items = np.asarray(items)
    try:
        return lift(items, dtype)
    except (ValueError, TypeError) as problem:
        if has_proxy(items) or not isinstance(items, list | tuple):
            raise
        raise error("value", text=problem) from None


@implements(np.asarray, np.asanyarray)
def asarray(a: Any, dtype: Any = None, order: Any = None, **keywords: Any) -> Any:
    keywords.pop("device", None)
    copy = keywords.pop("copy", None)
    return array(a, dtype, copy=copy, order=order or "K", **keywords)


@implements(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    x = asarray(a, dtype)
    if not x.ndim:
        return x._view_reshape((1,))
    if x.is_packed:
        return x
    copied = x.copy()
    if x.layout is None:
        # NumPy may return the array itself: a write that would tell is an error.
        copied.storage.doubt = x.storage.doubt = user_line()
    return copied


@implements(np.asarray_chkfinite)
def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    x = asarray(a, dtype, order)
    if x.dtype.kind in "fc":
        finite = ops.all_(ops.isfinite(x.value), axes=tuple(range(x.ndim)))
        if not x.storage.trace.decide(finite, "np.asarray_chkfinite"):
            raise error("value", text="array must not contain infs or NaNs")
    return x


@implements(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return array(a, order=order)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise error("value", text="Valid values for `indexing` are 'xy' and 'ij'.")
    arrays = [as_array(x) for x in xi]
    rank = len(arrays)
    sizes = [x.size for x in arrays]
    places = list(range(rank))
    if indexing == "xy" and rank > 1:
        places[0], places[1] = 1, 0
        sizes[0], sizes[1] = sizes[1], sizes[0]
    grids = []
    for x, place in zip(arrays, places, strict=True):
        shape = tuple(x.size if axis == place else 1 for axis in range(rank))
        grid = x._view_reshape(shape)
        if not sparse:
            grid = grid._view_broadcast(tuple(sizes))
        grids.append(wrap(grid.value, scalar=False) if copy else grid)
    return tuple(grids)


@implements(np.indices)
def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    refuse("indices", sparse=(sparse, False))
    shape = as_shape(dimensions)
    kind = check_dtype(dtype, "np.indices")
    rows = []
    for axis, dim in enumerate(shape):
        along = tuple(dim if at == axis else 1 for at in range(len(shape)))
        grid = spread(reshape(ops.iota(size=dim, dtype=kind), along), shape)
        rows.append(reshape(grid, (1, *shape)))
    if not rows:
        return wrap(ops.zeros(ArrayType(kind, (0,))))
    return wrap(join(rows, 0))


# --- scalar types ---------------------------------------------------------------------------


def _constructor(dtype: np.dtype) -> None:
    @implements(dtype.type)
    def record(x: Any = 0, /) -> Any:
        if not isinstance(x, ArrayCore) and not has_proxy(x):
            return wrap(lift(dtype.type(x)), scalar=np.ndim(x) == 0)
        if dtype.kind != "c" and lift(x).dtype.kind == "c":
            text = f"{dtype.name}() argument must be a real number, not {lift(x).dtype}"
            raise error("type", text=text)
        value = weakly(x, dtype) if weak_of(x) is int else cast(lift(x), dtype)
        return wrap(value)


for _dtype in NAME_OF_DTYPE:
    _constructor(_dtype)
