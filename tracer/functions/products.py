"""Products of matrices and vectors, all through contractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.sizes import integer
from ..array import Array, wrap
from ..errors import error
from ..promote import promote
from ..table import implements
from .common import (
    as_array,
    broadcast_shapes,
    cast,
    conjugate,
    cut,
    deliver,
    given_axes,
    one_axis,
    refuse,
    reshape,
    transpose,
)
from .einsum import LETTERS, contract_pair, outer_product


def _operands(*items: Any) -> tuple[list[Array], list[Value]]:
    """Arrays, and their values in the dtype common to all."""
    arrays = [as_array(item) for item in items]
    dtype = promote(*[x.dtype for x in arrays])
    return arrays, [cast(x.value, dtype) for x in arrays]


# --- matmul and dot -------------------------------------------------------------------------

_SIGNATURE = "(n?,k),(k,m?)->(n?,m?)"


@implements(np.matmul, np.linalg.matmul)
def matmul(x1: Any, x2: Any, /, out: Any = None, **keywords: Any) -> Any:
    refuse("matmul", **{name: (value, None) for name, value in keywords.items()})
    (x, z), (left, right) = _operands(x1, x2)
    for number, operand in enumerate((x, z)):
        if operand.ndim == 0:
            text = (
                f"matmul: Input operand {number} does not have enough dimensions"
                f" (has 0, gufunc core with signature {_SIGNATURE} requires 1)"
            )
            raise error("value", text=text)
    inner = z.shape[-2] if z.ndim > 1 else z.shape[0]
    if x.shape[-1] != inner:
        text = (
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc"
            f" signature {_SIGNATURE} (size {inner} is different from {x.shape[-1]})"
        )
        raise error("value", text=text)
    broadcast_shapes("matmul", x.shape[:-2], z.shape[:-2])
    batch = LETTERS[3 : 3 + max(x.ndim - 2, z.ndim - 2, 0)]
    row, column = "a" if x.ndim > 1 else "", "c" if z.ndim > 1 else ""
    first = batch[len(batch) - max(x.ndim - 2, 0) :] + row + "b"
    second = batch[len(batch) - max(z.ndim - 2, 0) :] + "b" + column
    y = contract_pair(left, first, right, second, batch + row + column)
    return deliver(y, out, "matmul")


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    (x, z), (left, right) = _operands(a, b)
    if x.ndim == 0 or z.ndim == 0:
        return deliver(left * right, out, "dot", "no")
    at = max(z.ndim - 2, 0)
    _check_aligned(x, x.ndim - 1, z, at)
    return deliver(_summed(left, (x.ndim - 1,), right, (at,)), out, "dot", "no")


def _check_aligned(x: Array, first: int, z: Array, second: int) -> None:
    if x.shape[first] != z.shape[second]:
        text = (
            f"shapes {x.shape} and {z.shape} not aligned: {x.shape[first]} (dim {first}) !="
            f" {z.shape[second]} (dim {second})"
        )
        raise error("value", text=text)


def _summed(x: Value, first: tuple[int, ...], z: Value, second: tuple[int, ...]) -> Value:
    """The sum of products over pairs of axes: the rest of ``x``, then the rest of ``z``."""
    left = LETTERS[: len(x.shape)]
    right = list(LETTERS[len(left) : len(left) + len(z.shape)])
    for one, other in zip(first, second, strict=True):
        right[other] = left[one]
    kept = [name for axis, name in enumerate(left) if axis not in first]
    kept += [name for axis, name in enumerate(right) if axis not in second]
    return contract_pair(x, left, z, "".join(right), "".join(kept))


@implements(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    (x, z), (left, right) = _operands(a, b)
    if x.ndim == 0 or z.ndim == 0:
        return wrap(left * right)
    _check_aligned(x, x.ndim - 1, z, z.ndim - 1)
    return wrap(_summed(left, (x.ndim - 1,), right, (z.ndim - 1,)))


@implements(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    (x, z), (left, right) = _operands(a, b)
    if x.size != z.size:
        raise error("size_mismatch", size=z.size, shape=(x.size,))
    flat = [reshape(value, (x.size,)) for value in (conjugate(left), right)]
    return wrap(contract_pair(flat[0], "a", flat[1], "a", ""))


@implements(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, out: Any = None, *, axis: int = -1) -> Any:
    (x, z), (left, right) = _operands(x1, x2)
    rows = []
    for operand, value in ((x, conjugate(left)), (z, right)):
        at = one_axis(axis, operand.ndim)
        rest = tuple(n for n in range(operand.ndim) if n != at)
        rows.append(transpose(value, (*rest, at)))
    shapes = [row.shape for row in rows]
    if shapes[0][-1] != shapes[1][-1]:
        raise error("broadcast", operation="vecdot", shapes=f"{x.shape} {z.shape}")
    broadcast_shapes("vecdot", shapes[0][:-1], shapes[1][:-1])
    batch = LETTERS[: max(map(len, shapes)) - 1]
    names = [batch[len(batch) - len(shape) + 1 :] + "z" for shape in shapes]
    return deliver(contract_pair(rows[0], names[0], rows[1], names[1], batch), out, "vecdot")


# --- outer products -------------------------------------------------------------------------


@implements(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    (x, z), (left, right) = _operands(a, b)
    y = outer_product(reshape(left, (x.size,)), reshape(right, (z.size,)))
    return deliver(y, out, "outer")


@implements(np.linalg.outer)
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    arrays, values = _operands(x1, x2)
    if any(x.ndim != 1 for x in arrays):
        text = "Input arrays must be one-dimensional, but they are"
        raise error("value", text=f"{text} x1.ndim={arrays[0].ndim} and x2.ndim={arrays[1].ndim}.")
    return wrap(outer_product(*values))


@implements(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    (x, z), (left, right) = _operands(a, b)
    if isinstance(axes, tuple | list):
        first, second = (
            tuple(given) if isinstance(given, tuple | list) else (integer(given),) for given in axes
        )
    else:
        count = integer(axes)
        first, second = tuple(range(-count, 0)), tuple(range(count))
    matching = len(first) == len(second)
    for one, other in zip(first, second, strict=False):
        if not matching:
            break
        if not (-x.ndim <= one < x.ndim and -z.ndim <= other < z.ndim):
            raise error("index", text=f"np.tensordot: {axes=} of {x.shape} and {z.shape}")
        matching = x.shape[one] == z.shape[other]
    if not matching:
        raise error("value", text=f"shape-mismatch for sum: {x.shape} and {z.shape}, {axes=}")
    paired = (given_axes(first, x.ndim), given_axes(second, z.ndim))
    return wrap(_summed(left, paired[0], right, paired[1]), scalar=False)


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    (x, z), (left, right) = _operands(a, b)
    rank = max(x.ndim, z.ndim)
    first = (1,) * (rank - x.ndim) + x.shape
    second = (1,) * (rank - z.ndim) + z.shape
    wide = tuple(size for dim in first for size in (dim, 1))
    apart = tuple(size for dim in second for size in (1, dim))
    y = reshape(left, wide) * reshape(right, apart)
    shape = tuple(one * other for one, other in zip(first, second, strict=True))
    return wrap(reshape(y, shape))


@implements(np.cross)
def cross(
    a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    (x, z), values = _operands(a, b)
    if x.ndim < 1 or z.ndim < 1:
        raise error("value", text="At least one array has zero dimension")
    vectors = []
    for operand, value, at in ((x, values[0], axisa), (z, values[1], axisb)):
        last = one_axis(at, operand.ndim)
        rest = tuple(n for n in range(operand.ndim) if n != last)
        vectors.append(transpose(value, (*rest, last)))
    sizes = [vector.shape[-1] for vector in vectors]
    if any(size not in (2, 3) for size in sizes):
        text = "incompatible dimensions for cross product\n(dimension must be 2 or 3)"
        raise error("value", text=text)
    shape = broadcast_shapes("cross", *[vector.shape[:-1] for vector in vectors])
    p, q = (_components(vector) for vector in vectors)
    last_component = p[0] * q[1] - p[1] * q[0]
    if sizes == [2, 2]:
        return wrap(last_component, scalar=False)
    parts = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], last_component]
    if sizes == [2, 3]:
        parts[:2] = [p[1] * q[2], -(p[0] * q[2])]
    elif sizes == [3, 2]:
        parts[:2] = [-(p[2] * q[1]), p[2] * q[0]]
    y = ops.zeros(parts[0].type.with_shape((*shape, 3)))
    step = (1,) * (len(shape) + 1)
    for component, part in enumerate(parts):
        row = reshape(part, (*shape, 1))
        if 0 not in shape:
            y = ops.update(y, row, start=(*[0] * len(shape), component), step=step)
    at = one_axis(axisc, len(shape) + 1)
    perm = list(range(len(shape)))
    perm.insert(at, len(shape))
    return wrap(y)._view_transpose(tuple(perm))


def _components(vector: Value) -> list[Value]:
    """The components along the last axis; a missing third one repeats the second, unused."""
    shape = vector.shape
    axis = len(shape) - 1
    found = [reshape(cut(vector, axis, n, 1), shape[:-1]) for n in range(shape[-1])]
    return found if len(found) == 3 else [*found, found[1]]


@implements(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    for operand in (x1, x2):
        x = as_array(operand)
        if x.shape[one_axis(axis, x.ndim)] != 3:
            text = "Both input arrays must be (arrays of) 3-dimensional vectors"
            raise error("value", text=text)
    return cross(x1, x2, axis=axis)


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    items = [as_array(item) for item in arrays]
    if len(items) < 2:
        raise error("value", text="Expecting at least two arrays.")
    y = items[0]
    for number, x in enumerate(items[1:], 1):
        y = dot(y, x, out if number == len(items) - 1 else None)
    return y
