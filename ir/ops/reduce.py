"""Reductions over a tuple of axes, which are dropped from the shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import IRError, NoDerivative
from ..graph import Value
from ..op import Masked, Op, const, general, linear, register
from ..sizes import Size
from ..types import BOOL, ArrayType, Shape
from .logic import eq, isnan, logical_or, where
from .pointwise import cast
from .structure import broadcast, reshape, slice_, transpose, update, zeros


def _reduce_type(x: ArrayType, axes: tuple[int, ...]) -> ArrayType:
    if list(axes) != sorted(set(axes)) or any(not 0 <= axis < x.rank for axis in axes):
        raise IRError(f"{axes} are no ascending axes of {x}")
    return x.with_shape(tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes))


def _numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: Any, axes: tuple[int, ...]) -> Any:
        x = np.asarray(x)
        with np.errstate(all="ignore"):
            return np.asarray(function(x, axis=axes)).astype(x.dtype)

    return reference


def kept_shape(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """The shape of a reduction with its axes kept as 1."""
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))


def spread(y: Value, x: Value, axes: tuple[int, ...]) -> Value:
    """A reduction's result broadcast back to the shape of what was reduced."""
    return broadcast(reshape(y, shape=kept_shape(x.shape, axes)), shape=x.shape)


def _spread_mask(y: Value, mask: Value) -> tuple[Value]:
    return (spread(mask, y.args[0], y.attr("axes")),)


sum_ = linear(
    "sum",
    _numpy(np.sum),
    _reduce_type,
    lambda g, x, axes: (spread(g, x, axes),),
)

# --- products -------------------------------------------------------------------------------


def _as_rows(x: Value, axes: tuple[int, ...]) -> Value:
    """``x`` with the reduced axes merged into a leading one."""
    rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    kept = tuple(x.shape[axis] for axis in rest)
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return reshape(transpose(x, perm=axes + rest), shape=(count, *kept))


def _from_rows(rows: Value, x: Value, axes: tuple[int, ...]) -> Value:
    rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    order = axes + rest
    unmerged = reshape(rows, shape=tuple(x.shape[axis] for axis in order))
    return transpose(unmerged, perm=tuple(order.index(axis) for axis in range(len(order))))


def _first(rows: Value, start: int, size: int) -> Value:
    rest = rows.shape[1:]
    return slice_(
        rows, start=(start, *[0] * len(rest)), step=(1,) * (len(rest) + 1), size=(size, *rest)
    )


def products_of_others(x: Value, axes: tuple[int, ...]) -> Value:
    """For each element the product of the others that ``prod`` reduces it with.

    A tree of halves, so that no division is needed and zeros are right at every order.
    """
    rows = _as_rows(x, axes)
    if isinstance(rows.shape[0], Size):
        raise NoDerivative("np.prod over axes whose sizes are not known has no derivative")
    levels = [rows]
    while levels[-1].shape[0] > 1:
        top = levels[-1]
        half, odd = divmod(top.shape[0], 2)
        merged = _first(top, 0, half) * _first(top, half, half)
        levels.append(_join(merged, _first(top, 2 * half, 1)) if odd else merged)
    others = broadcast(const(1.0, x.dtype), shape=levels[-1].shape)
    for level in reversed(levels[:-1]):
        half, odd = divmod(level.shape[0], 2)
        above = _first(others, 0, half)
        left, right = _first(level, 0, half), _first(level, half, half)
        below = _join(above * right, above * left)
        others = _join(below, _first(others, half, 1)) if odd else below
    return _from_rows(others, x, axes)


def _join(top: Value, bottom: Value) -> Value:
    rows = top.shape[0] + bottom.shape[0]
    rest = top.shape[1:]
    empty = zeros(ArrayType(top.dtype, (rows, *rest)))
    step = (1,) * (len(rest) + 1)
    y = update(empty, top, start=(0,) * len(step), step=step)
    return update(y, bottom, start=(top.shape[0], *[0] * len(rest)), step=step)


def _prod_vjp(y: Value, g: Value) -> tuple[Value]:
    (x,), axes = y.args, y.attr("axes")
    return (spread(g, x, axes) * products_of_others(x, axes),)


def _prod_jvp(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    (x,), axes, (t,) = y.args, y.attr("axes"), tangents
    return None if t is None else sum_(t * products_of_others(x, axes), axes=axes)


prod = general("prod", _numpy(np.prod), _reduce_type, _prod_vjp, _prod_jvp, _spread_mask)

# --- extrema --------------------------------------------------------------------------------


def _ties(y: Value) -> tuple[Value, Value]:
    """Where the extremum is reached, and by how many elements."""
    (x,), axes = y.args, y.attr("axes")
    # A NaN is the extremum, and equals nothing: without it the derivative would be a quiet 0.
    reached = logical_or(eq(x, spread(y, x, axes)), isnan(x))
    return reached, sum_(cast(reached, dtype=x.dtype), axes=axes)


def _extremum_vjp(y: Value, g: Value) -> tuple[Masked]:
    (x,), axes = y.args, y.attr("axes")
    reached, count = _ties(y)
    return (Masked(spread(g / count, x, axes), reached),)


def _extremum_jvp(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    (t,) = tangents
    if t is None:
        return None
    reached, count = _ties(y)
    return sum_(where(reached, t, 0.0), axes=y.attr("axes")) / count


def _extremum_type(x: ArrayType, axes: tuple[int, ...]) -> ArrayType:
    if x.is_complex:
        raise IRError(f"complex numbers have no order: {x}")
    return _reduce_type(x, axes)


max_ = general("max", _numpy(np.max), _extremum_type, _extremum_vjp, _extremum_jvp, _spread_mask)
min_ = general("min", _numpy(np.min), _extremum_type, _extremum_vjp, _extremum_jvp, _spread_mask)


def _logical_type(x: ArrayType, axes: tuple[int, ...]) -> ArrayType:
    if x.dtype != BOOL:
        raise IRError(f"any and all take a bool, not {x}")
    return _reduce_type(x, axes)


any_ = register(Op("any", "leaf", _logical_type, _numpy(np.any)))
all_ = register(Op("all", "leaf", _logical_type, _numpy(np.all)))
