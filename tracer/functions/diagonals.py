"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer, largest, smallest
from ...ir.types import I64
from ..array import Array, wrap
from ..errors import error, unsupported
from ..indexing import assign
from ..table import implements
from ..views import Reshaped
from .common import as_array, broadcast_shapes, one_axis, refuse, spread
from .reductions import sum_
from .shapes import ravel

# --- diagonals ------------------------------------------------------------------------------


def diagonal_view(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """A writable view of a diagonal of two axes, which becomes the last axis.

    Two axes as one in C order are stepped through by one row and one column at a time. The
    reshape in between is no NumPy reshape, so it is a view whatever the strides.
    """
    rest = tuple(axis for axis in range(x.ndim) if axis not in (axis1, axis2))
    moved = x._view_transpose((*rest, axis1, axis2))
    *outer, rows, columns = moved.shape
    row, column = largest(-offset, 0), largest(offset, 0)
    length = largest(smallest(rows - row, columns - column), 0)
    flat = (*outer, rows * columns)
    merged = moved._view(Reshaped(moved.shape, flat), flat, None)
    size = (*outer, length)
    start = (0,) * len(outer) + (row * columns + column,)
    y = merged._view_slice(start, (1,) * len(outer) + (columns + 1,), size)
    y.layout = None if outer else (1,)
    return y


def _diagonal_of(x: Array, offset: Any, axis1: Any, axis2: Any) -> Array:
    if x.ndim < 2:
        raise error("value", text="diag requires an array of at least two dimensions")
    first, second = one_axis(axis1, x.ndim), one_axis(axis2, x.ndim)
    if first == second:
        raise error("value", text="axis1 and axis2 cannot be the same")
    return diagonal_view(x, integer(offset), first, second)


@implements(np.diagonal)
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """A read-only view, as NumPy's."""
    y = _diagonal_of(as_array(a), offset, axis1, axis2)
    return y._view_broadcast(y.shape)


@implements(np.linalg.diagonal)
def linalg_diagonal(x: Any, /, *, offset: Any = 0) -> Any:
    return diagonal(x, offset, -2, -1)


@implements(np.trace)
def trace(
    a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None
) -> Any:
    return sum_(_diagonal_of(as_array(a), offset, axis1, axis2), -1, dtype, out)


@implements(np.linalg.trace)
def linalg_trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


@implements(np.diag)
def diag(v: Any, k: Any = 0) -> Any:
    x = as_array(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise error("value", text="Input must be 1- or 2-d.")
    size = x.size + abs(integer(k))
    y = wrap(ops.zeros(x.value.type.with_shape((size, size))))
    diagonal_view(y, integer(k), 0, 1)._write(x.value)
    return y


@implements(np.diagflat)
def diagflat(v: Any, k: Any = 0) -> Any:
    return diag(ravel(v), k)


@implements(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if a.ndim < 2:
        raise error("value", text="array must be at least 2-d")
    refuse("fill_diagonal", wrap=(wrap, False))
    if a.ndim > 2:
        raise unsupported("np.fill_diagonal of more than two dimensions")
    target = diagonal_view(a, 0, 0, 1)
    value = as_array(val)
    if value.ndim:
        # NumPy walks through the values in C order and repeats them as often as needed.
        if value.size < target.size:
            raise unsupported("np.fill_diagonal with fewer values than the diagonal has")
        value = ravel(value)._view_slice((0,), (1,), target.shape)
    assign(target, val if not value.ndim else value)


# --- triangles ------------------------------------------------------------------------------


def lower_mask(rows: int, columns: int, k: int) -> Value:
    """True at and below diagonal ``k``."""
    row = ops.reshape(ops.iota(size=rows, dtype=I64), shape=(rows, 1))
    return ops.ge(row + k, ops.iota(size=columns, dtype=I64))


def _triangle(lower: bool, m: Any, k: Any) -> Array:
    x = as_array(m)
    if x.ndim == 0:
        raise error("type", text="the triangle of an array needs at least one dimension")
    rows, columns = x.shape[-2:] if x.ndim > 1 else x.shape * 2
    mask = lower_mask(rows, columns, integer(k) - (0 if lower else 1))
    zero = const(0, x.dtype)
    y = ops.where(mask, x.value, zero) if lower else ops.where(mask, zero, x.value)
    return wrap(spread(y, broadcast_shapes("tril", x.shape, (rows, columns))))


@implements(np.tril)
def tril(m: Any, k: Any = 0) -> Any:
    return _triangle(True, m, k)


@implements(np.triu)
def triu(m: Any, k: Any = 0) -> Any:
    return _triangle(False, m, k)
