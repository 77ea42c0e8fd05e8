"""Ops that move elements: views, updates, and what makes arrays from nothing.

A region of an array is given per axis by ``start`` and ``step`` (which may be negative); its
size is the shape of what is read or written. ``update`` and ``accumulate`` are how in-place
writes look in SSA; code generation performs them in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, const, linear, register
from ..types import (
    Affine,
    ArrayType,
    Dim,
    Shape,
    broadcast_shapes,
    format_shape,
    lower_bound,
)

# --- views ----------------------------------------------------------------------------------


def _broadcast_type(x: ArrayType, shape: Shape) -> ArrayType:
    if broadcast_shapes(x.shape, shape) != shape:
        raise IRError(f"{x} does not broadcast to {format_shape(shape)}")
    return x.with_shape(shape)


broadcast = linear(
    "broadcast",
    lambda x, shape: np.broadcast_to(x, shape),
    _broadcast_type,
    lambda g, x, shape: (sum_to(g, x.shape),),
)


def _count(shape: Shape) -> tuple[int, list[Dim]]:
    """Known part and sorted unknown dimensions of a shape's number of elements."""
    known, unknown = 1, []
    for dim in shape:
        if isinstance(dim, int):
            known *= dim
        else:
            unknown.append(dim)
    return known, sorted(unknown, key=str)


def _reshape_type(x: ArrayType, shape: Shape) -> ArrayType:
    if _count(x.shape) != _count(shape):
        raise IRError(f"{x} has not the elements of {format_shape(shape)}")
    return x.with_shape(shape)


reshape: Op = linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    _reshape_type,
    lambda g, x, shape: (reshape(g, shape=x.shape),),
)


def _transpose_type(x: ArrayType, perm: tuple[int, ...]) -> ArrayType:
    if sorted(perm) != list(range(x.rank)):
        raise IRError(f"{perm} is no permutation of the axes of {x}")
    return x.with_shape(tuple(x.shape[axis] for axis in perm))


transpose: Op = linear(
    "transpose",
    lambda x, perm: np.transpose(x, perm),
    _transpose_type,
    lambda g, x, perm: (transpose(g, perm=tuple(int(a) for a in np.argsort(perm))),),
)


# --- regions --------------------------------------------------------------------------------


def region(start: tuple[int, ...], step: tuple[int, ...], size: tuple[int, ...]) -> Any:
    """The NumPy index of a region."""

    def one(at: int, by: int, count: int) -> slice:
        if not count:
            return slice(0, 0)
        stop = at + by * count
        return slice(at, None if stop < 0 else stop, by)

    return tuple(one(*axis) for axis in zip(start, step, size, strict=True))


def _check_region(x: ArrayType, start: tuple, step: tuple, size: Shape) -> None:
    if not len(start) == len(step) == len(size) == x.rank:
        raise IRError(f"a region of {x} needs one start, step and size for each axis")
    for dim, at, by, count in zip(x.shape, start, step, size, strict=True):
        if by == 0:
            raise IRError(f"the step of a region of {x} is 0")
        # What depends on symbols was checked or clipped where the numbers come from.
        if any(isinstance(number, Affine) for number in (dim, at, count)):
            continue
        if count and not (0 <= at < dim and 0 <= at + by * (count - 1) < dim):
            raise IRError(f"region {start}:{step}:{format_shape(size)} leaves {x}")


def are_disjoint(x: tuple[tuple, tuple, Shape], z: tuple[tuple, tuple, Shape]) -> bool:
    """Whether two regions, each given by start, step and size, surely share no element."""
    return any(
        _lies_before(one, other) or _lies_before(other, one)
        for one, other in zip(zip(*x, strict=True), zip(*z, strict=True), strict=True)
    )


def _lies_before(x: tuple[Dim, int, Dim], z: tuple[Dim, int, Dim]) -> bool:
    (first, by, count), (start, step, size) = x, z
    last = first if by < 0 else first + (count - 1) * by
    begin = start if step > 0 else start + (size - 1) * step
    gap = lower_bound(begin - last)
    return gap is not None and gap > 0


def _slice_type(x: ArrayType, start: tuple, step: tuple, size: Shape) -> ArrayType:
    _check_region(x, start, step, size)
    return x.with_shape(size)


slice_ = linear(
    "slice",
    lambda x, start, step, size: x[region(start, step, size)],
    _slice_type,
    lambda g, x, start, step, size: (
        accumulate(zeros(x.type.with_dtype(g.dtype)), g, start=start, step=step),
    ),
    doc="The transpose is an accumulation; `adjoint` merges those of one array in place.",
)


def _update_type(x: ArrayType, v: ArrayType, start: tuple, step: tuple) -> ArrayType:
    if x.dtype != v.dtype:
        raise IRError(f"a region of {x} cannot hold {v}")
    _check_region(x, start, step, v.shape)
    return x


def _update_reference(x: Any, v: Any, start: tuple, step: tuple) -> Any:
    y = np.array(x)
    y[region(start, step, np.shape(v))] = v
    return y


def _update_transpose(g: Value, x: Value, v: Value, start: tuple, step: tuple) -> tuple:
    # Read, then clear: in this order the update can be made in place.
    read = slice_(g, start=start, step=step, size=v.shape)
    hole = broadcast(const(0.0, g.dtype), shape=v.shape)
    return update(g, hole, start=start, step=step), read


update = linear("update", _update_reference, _update_type, _update_transpose)


def _accumulate_reference(x: Any, v: Any, start: tuple, step: tuple) -> Any:
    y = np.array(x)
    with np.errstate(all="ignore"):
        y[region(start, step, np.shape(v))] += v
    return y


accumulate: Op = linear(
    "accumulate",
    _accumulate_reference,
    _update_type,
    lambda g, x, v, start, step: (g, slice_(g, start=start, step=step, size=v.shape)),
)

# --- arrays from nothing --------------------------------------------------------------------


def zeros(type: ArrayType) -> Value:
    return broadcast(const(0, type.dtype), shape=type.shape)


def _iota_reference(size: int, dtype: np.dtype) -> Any:
    return np.arange(size, dtype=dtype)


iota: Op = register(
    Op(
        "iota",
        "leaf",
        lambda size, dtype: ArrayType(dtype, (size,)),
        _iota_reference,
        doc="0, 1, ..., size - 1.",
    )
)


def sum_to(g: Value, shape: Shape) -> Value:
    """Sums ``g`` over the axes along which ``shape`` was broadcast: un-broadcasting."""
    from .reduce import sum_

    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        axis + extra for axis, dim in enumerate(shape) if dim == 1 and g.shape[axis + extra] != 1
    )
    summed = sum_(g, axes=axes) if axes else g
    return summed if summed.shape == shape else reshape(summed, shape=shape)
