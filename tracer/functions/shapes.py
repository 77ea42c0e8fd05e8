"""Views and rearrangements: the same elements in another shape or order of axes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ...ir.sizes import integer
from ..array import Array, wrap
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import has_proxy
from ..table import implements
from .common import (
    UNSET,
    as_array,
    as_shape,
    broadcast_shapes,
    given_axes,
    one_axis,
    refuse,
)

# --- shape ----------------------------------------------------------------------------------


def _reversed_axes(x: Array) -> Array:
    return x._view_transpose(tuple(reversed(range(x.ndim))))


@implements(np.reshape)
def reshape(a: Any, /, shape: Any = UNSET, order: str = "C", *, copy: bool | None = None) -> Any:
    if shape is UNSET:
        raise error("type", text="reshape() missing 1 required positional argument: 'shape'")
    x = as_array(a)
    sizes = shape if isinstance(shape, tuple | list) else (shape,)
    sizes = tuple(integer(dim) for dim in sizes)
    if copy:
        x = x.copy()
    if x.scalar and not sizes and (isinstance(a, np.generic) or x is a):
        return x  # a NumPy scalar stays one, a Python number becomes an array
    if order == "F":
        return _reversed_axes(_reversed_axes(x)._view_reshape(sizes[::-1]))
    if order == "A":
        raise unsupported("np.reshape(order='A')", hint="use order='C' or order='F'")
    refuse("reshape", order=(order, "C"))
    y = x._view_reshape(sizes)
    if copy is False and y.storage is not x.storage and not x.scalar:
        raise error("value", text="Unable to avoid creating a copy while reshaping.")
    return y


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    x = as_array(a)
    if order == "F":
        x = _reversed_axes(x)
    elif order != "C" and x.ndim > 1 and not x.is_contiguous:
        raise unsupported(f"np.ravel(order={order!r})", hint="use order='C' or order='F'")
    if x.layout is not None and not x.is_packed:
        x = x.copy()
    return x._view_reshape((x.size,))


@implements(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Any:
    x = as_array(a)
    if axes is None:
        return x if x.scalar else _reversed_axes(x)
    given = axes if isinstance(axes, tuple | list) else (axes,)
    if len(given) != x.ndim:
        raise error("value", text="axes don't match array")
    return x._view_transpose(given_axes(given, x.ndim, "repeated axis in transpose"))


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    array = as_array(x)
    if array.ndim < 2:
        text = f"Input array must be at least 2-dimensional, but it is {array.ndim}"
        raise error("value", text=text)
    return array.mT


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    x = as_array(a)
    perm = list(range(x.ndim))
    first, second = one_axis(axis1, x.ndim), one_axis(axis2, x.ndim)
    perm[first], perm[second] = second, first
    return x._view_transpose(tuple(perm))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    x = as_array(a)
    origins = given_axes(source, x.ndim, "repeated axis in `source` argument")
    targets = given_axes(destination, x.ndim, "repeated axis in `destination` argument")
    if len(origins) != len(targets):
        text = "`source` and `destination` arguments must have the same number of elements"
        raise error("value", text=text)
    order = [axis for axis in range(x.ndim) if axis not in origins]
    for target, origin in sorted(zip(targets, origins, strict=True)):
        order.insert(target, origin)
    return x._view_transpose(tuple(order))


@implements(np.rollaxis)
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    x = as_array(a)
    origin, at = one_axis(axis, x.ndim), integer(start)
    if not -x.ndim <= at <= x.ndim:
        raise error("axis", axis=at, ndim=x.ndim + 1)
    at = at + x.ndim if at < 0 else at
    order = [entry for entry in range(x.ndim) if entry != origin]
    order.insert(at - 1 if origin < at else at, origin)
    return x._view_transpose(tuple(order))


@implements(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    x = as_array(a)
    rank = x.ndim + (len(axis) if isinstance(axis, tuple | list) else 1)
    axes = given_axes(axis, rank)
    rest = iter(x.shape)
    return x._view_reshape(tuple(1 if at in axes else next(rest) for at in range(rank)))


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    if axis is None:
        shape = tuple(dim for dim in x.shape if dim != 1)
        return x if x.scalar else x._view_reshape(shape)
    if not x.ndim and not isinstance(axis, tuple) and integer(axis) in (0, -1):
        return x
    axes = given_axes(axis, x.ndim, "duplicate value in 'axis'")
    if any(x.shape[at] != 1 for at in axes):
        text = "cannot select an axis to squeeze out which has size not equal to one"
        raise error("value", text=text)
    return x._view_reshape(tuple(dim for at, dim in enumerate(x.shape) if at not in axes))


# --- broadcasting ---------------------------------------------------------------------------


@implements(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    x = as_array(array)
    wanted = as_shape(shape)
    if len(wanted) < x.ndim or broadcast_shapes("broadcast_to", x.shape, wanted) != wanted:
        raise error("broadcast", operation="broadcast_to", shapes=f"{x.shape} {wanted}")
    return x._view_broadcast(wanted)


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    arrays = [as_array(x) for x in args]
    shape = broadcast_shapes("broadcast_arrays", *[x.shape for x in arrays])
    return tuple(x if x.shape == shape else x._view_broadcast(shape) for x in arrays)


def _at_least(function: Any, rank: int) -> Any:
    @implements(function)
    def record(*arys: Any) -> Any:
        results = tuple(_with_rank(as_array(x), rank) for x in arys)
        return results[0] if len(results) == 1 else results

    return record


def _with_rank(x: Array, rank: int) -> Array:
    if x.ndim >= rank:
        return x
    if rank < 3:
        return x._view_reshape((1,) * (rank - x.ndim) + x.shape)
    return x._view_reshape({0: (1, 1, 1), 1: (1, *x.shape, 1), 2: (*x.shape, 1)}[x.ndim])


atleast_1d = _at_least(np.atleast_1d, 1)
atleast_2d = _at_least(np.atleast_2d, 2)
atleast_3d = _at_least(np.atleast_3d, 3)

# --- order of elements ----------------------------------------------------------------------


def _flipped(x: Array, axes: Ints) -> Array:
    start = tuple(dim - 1 if at in axes and dim else 0 for at, dim in enumerate(x.shape))
    step = tuple(-1 if at in axes else 1 for at in range(x.ndim))
    return x._view_slice(start, step, x.shape)


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    x = as_array(m)
    if axis is None and not x.ndim:
        return wrap(x.value)
    return _flipped(x, tuple(range(x.ndim)) if axis is None else given_axes(axis, x.ndim))


@implements(np.fliplr)
def fliplr(m: Any) -> Any:
    x = as_array(m)
    if x.ndim < 2:
        raise error("value", text="Input must be >= 2-d.")
    return _flipped(x, (1,))


@implements(np.flipud)
def flipud(m: Any) -> Any:
    x = as_array(m)
    if x.ndim < 1:
        raise error("value", text="Input must be >= 1-d.")
    return _flipped(x, (0,))


@implements(np.rot90)
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    x = as_array(m)
    if len(axes) != 2:
        raise error("value", text="len(axes) must be 2.")
    first, second = given_axes(axes, x.ndim, f"Axes={axes} must be different.")
    turns = integer(k) % 4
    if turns == 0:
        return _flipped(x, ())
    if turns == 2:
        return _flipped(x, (first, second))
    if turns == 1:
        return swapaxes(_flipped(x, (second,)), first, second)
    return _flipped(swapaxes(x, first, second), (second,))


# --- parts ----------------------------------------------------------------------------------


def _bounds(size: int, sections: Any) -> list[tuple[int, int]]:
    """First and one-past-last position of every section."""
    if isinstance(sections, tuple | list | np.ndarray):
        cuts = [integer(at) for at in sections]
        pairs = zip([0, *cuts], [*cuts, size], strict=True)
        return [slice(first, last).indices(size)[:2] for first, last in pairs]
    count = integer(sections)
    if count <= 0:
        raise error("value", text="number sections must be larger than 0.")
    small, extra = divmod(size, count)
    ends = [(small + 1) * min(n, extra) + small * max(n - extra, 0) for n in range(count + 1)]
    return list(itertools.pairwise(ends))


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    x = as_array(ary)
    at = one_axis(axis, x.ndim)
    parts = []
    for first, last in _bounds(x.shape[at], indices_or_sections):
        start, size = [0] * x.ndim, list(x.shape)
        start[at], size[at] = first, max(last - first, 0)
        parts.append(x._view_slice(tuple(start), (1,) * x.ndim, tuple(size)))
    return parts


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    x = as_array(ary)
    if not isinstance(indices_or_sections, tuple | list | np.ndarray):
        at, count = one_axis(axis, x.ndim), integer(indices_or_sections)
        if count > 0 and x.shape[at] % count:
            raise error("value", text="array split does not result in an equal division")
    return array_split(x, indices_or_sections, axis)


def _split_along(function: Any, axis: int) -> None:
    @implements(function)
    def record(ary: Any, indices_or_sections: Any) -> Any:
        x = as_array(ary)
        needed = 1 if function is np.hsplit else axis + 1
        if x.ndim < max(needed, 2 if function is np.vsplit else 1):
            text = f"{function.__name__} only works on arrays of more dimensions than {x.ndim}"
            raise error("value", text=text)
        return split(x, indices_or_sections, min(axis, x.ndim - 1))


_split_along(np.hsplit, 1)
_split_along(np.vsplit, 0)
_split_along(np.dsplit, 2)

# --- what an array is -----------------------------------------------------------------------


@implements(np.shape)
def shape_of(a: Any) -> Any:
    return as_array(a).shape if has_proxy(a) else np.shape(a)


@implements(np.ndim)
def ndim_of(a: Any) -> Any:
    return as_array(a).ndim if has_proxy(a) else np.ndim(a)


@implements(np.isscalar)
def isscalar(element: Any) -> Any:
    return element.scalar if isinstance(element, Array) else np.isscalar(element)


@implements(np.size)
def size_of(a: Any, axis: Any = UNSET) -> Any:
    x = as_array(a)
    if axis is UNSET or axis is None:
        return x.size
    size = 1
    for at in given_axes(axis, x.ndim):
        size *= x.shape[at]
    return size
