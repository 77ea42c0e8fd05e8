"""Order: the place of an extremum, sorting, and what is made of sorted numbers.

Sorting moves elements by a stable permutation, and so does its derivative: of equal elements
each has the derivative of the place that it gets.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer
from ...ir.types import I64, Affine
from ..advanced import Access, read
from ..array import Array, wrap
from ..current import current_trace
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import lift
from ..regions import refuse
from ..table import implements
from .common import (
    UNSET,
    as_array,
    cast,
    cut,
    deliver,
    one_axis,
    reshape,
    spread,
    transpose,
)
from .reductions import flag

# --- rows and places ------------------------------------------------------------------------


def sized(x: Value, what: str) -> Value:
    """``x``, which must have known sizes: a loop with another size at each turn is unrolled."""
    if any(isinstance(dim, Affine) for dim in x.shape):
        trace = current_trace()
        assert trace is not None
        refuse(trace, f"{what} of an array whose size depends on the loop")
    return x


def decided(value: Value, reason: str) -> Any:
    """The outcome of a number that a shape or an error depends on, as a guard."""
    trace = current_trace()
    assert trace is not None
    return trace.decide(value, reason)


def to_last(x: Value, axis: int) -> Value:
    """``x`` with an axis moved behind the others."""
    axes = range(len(x.shape))
    return transpose(x, (*(a for a in axes if a != axis), axis))


def from_last(x: Value, axis: int) -> Value:
    front = list(range(len(x.shape) - 1))
    front.insert(axis, len(front))
    return transpose(x, tuple(front))


def gathered(x: Value, places: Value) -> Value:
    """The elements of a vector at places that are known to be inside."""
    if 0 in places.shape:
        return ops.zeros(x.type.with_shape(places.shape))
    flat = reshape(places, (prod(places.shape),))
    source = wrap(x, scalar=False)
    return read(Access(source, (0,), (flat,), ("",), places.shape, 0))


def gathered_last(x: Value, places: Value) -> Value:
    """``y[..., k] = x[..., places[..., k]]``, the other axes being those of ``x``."""
    *rows, size = x.shape
    count = prod(rows)
    if 0 in places.shape:
        return ops.zeros(x.type.with_shape(places.shape))
    if count > 1:
        first = ops.iota(size=count, dtype=I64) * size
        places = places + reshape(first, (*rows, 1))
    return gathered(reshape(x, (count * size,)), places)


def order_of(x: Value) -> Value:
    """Along the last axis, which element comes first, second, ..."""
    return row_of(ops.argsort(sized(x, "sorting")), 0)


def row_of(y: Value, number: int) -> Value:
    return reshape(cut(y, 0, number, 1), y.shape[1:])


def _flat_or_axis(a: Any, axis: Any, scalar: bool = False) -> tuple[Value, int]:
    """``a`` and the axis to work along; None stands for all elements in C order.

    ``scalar``: axis 0 or -1 of a 0-d array is taken as that of a vector of one element.
    """
    x = lift(a)
    of_scalar = scalar and not x.shape and axis is not None and integer(axis) in (0, -1)
    if axis is None or of_scalar:
        return reshape(x, (prod(x.shape),)), 0
    return x, one_axis(axis, len(x.shape))


# --- the place of an extremum ---------------------------------------------------------------


def first_extreme(x: Value, axis: int, extremum: Callable[..., Value]) -> Value:
    """The first place of the extremum along an axis, which is kept; NaN is any extremum."""
    size = x.shape[axis]
    best = extremum(x, axes=(axis,))
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    hit = ops.eq(x, reshape(best, shape))
    if x.dtype.kind == "f":
        hit = ops.logical_or(hit, ops.isnan(x))
    column = (size,) + (1,) * (len(shape) - 1 - axis)
    places = reshape(ops.iota(size=size, dtype=I64), column)
    found = ops.min_(spread(ops.where(hit, places, const(size, I64)), x.shape), axes=(axis,))
    return reshape(found, shape)


def _place(extremum: Callable[..., Value], name: str) -> Callable[..., Any]:
    def record(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = UNSET) -> Any:
        whole = lift(a)
        x, at = _flat_or_axis(a, axis, scalar=True)
        sized(x, f"np.{name}")
        if not x.shape[at]:
            raise error("value", text=f"attempt to get {name} of an empty sequence")
        y = first_extreme(x, at, extremum)
        if not flag(keepdims):
            y = reshape(y, _without(x.shape, at))
        elif axis is None or not whole.shape:
            y = reshape(y, (1,) * len(whole.shape))
        return deliver(y, out, name)

    return record


def _without(shape: Ints, axis: int) -> Ints:
    return shape[:axis] + shape[axis + 1 :]


argmax = implements(np.argmax)(_place(ops.max_, "argmax"))
argmin = implements(np.argmin)(_place(ops.min_, "argmin"))


def _place_without_nan(function: Any, record: Callable[..., Any], worst: float) -> None:
    @implements(function)
    def skipping(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = UNSET) -> Any:
        x = lift(a)
        if x.dtype.kind != "f":
            return record(wrap(x, scalar=False), axis, out, keepdims=keepdims)
        missing = ops.isnan(x)
        axes = tuple(range(len(x.shape))) if axis is None else (one_axis(axis, len(x.shape)),)
        nothing = ops.all_(missing, axes=axes)
        some = ops.any_(nothing, axes=tuple(range(len(nothing.shape))))
        if decided(some, "every slice has a number that is not NaN"):
            raise error("value", text="All-NaN slice encountered")
        # Of equal elements the first wins, also where the worst number is really there.
        filled = ops.where(missing, worst, x)
        return record(wrap(filled, scalar=False), axis, out, keepdims=keepdims)


_place_without_nan(np.nanargmax, argmax, -np.inf)
_place_without_nan(np.nanargmin, argmin, np.inf)

# --- sorting --------------------------------------------------------------------------------


def _check_kind(kind: Any, order: Any, stable: Any = None) -> None:
    if order is not None:
        raise error("value", text="Cannot specify order when the array has no fields.")
    if kind is not None and stable is not None:
        text = "`kind` and `stable` parameters can't be provided at the same time."
        raise error("value", text=f"{text} Use only one of them.")
    if kind is not None and (not isinstance(kind, str) or kind[:1].lower() not in "qmhs"):
        raise error("value", text=f"sort kind must be one of 'quick', 'heap', or 'stable': {kind}")


def sorted_value(x: Value, axis: int) -> Value:
    rows = to_last(x, axis)
    return from_last(gathered_last(rows, order_of(rows)), axis)


@implements(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    _check_kind(kind, order, stable)
    x, at = _flat_or_axis(a, axis)
    return wrap(sorted_value(x, at), scalar=False)


@implements(np.argsort)
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    """Always stable, which NumPy's default is not."""
    _check_kind(kind, order, stable)
    x, at = _flat_or_axis(a, axis, scalar=True)
    return wrap(from_last(order_of(to_last(x, at)), at), scalar=False)


def _check_kth(kth: Any, size: int) -> None:
    if isinstance(kth, Array):
        raise unsupported("np.partition with a recorded kth", hint="use np.sort")
    given = np.asarray(kth)
    if given.dtype.kind not in "iu":
        raise error("type", text="Partition index must be integer")
    for place in given.reshape(-1).tolist():
        if size and not -size <= place < size:
            raise error("value", text=f"kth(={place}) out of bounds ({size})")


@implements(np.partition)
def partition(
    a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """All elements sorted, which is one of the partitions that NumPy promises."""
    x, at = _flat_or_axis(a, axis)
    _check_kth(kth, x.shape[at])
    return sort(a, axis, order=order)


@implements(np.argpartition)
def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """The places of all elements sorted."""
    x, at = _flat_or_axis(a, axis, scalar=True)
    _check_kth(kth, x.shape[at])
    return argsort(a, axis, order=order)


@implements(np.lexsort)
def lexsort(keys: Any, axis: Any = -1) -> Any:
    parts = [lift(key) for key in keys]
    if not parts:
        raise error("type", text="need sequence of keys with len > 0 in lexsort")
    if any(part.shape != parts[0].shape for part in parts):
        raise error("value", text="all keys need to be the same shape")
    if not parts[0].shape:
        return wrap(const(0, I64), scalar=True)
    at = one_axis(axis, len(parts[0].shape))
    rows = [to_last(part, at) for part in parts]
    found = order_of(rows[0])
    for row in rows[1:]:
        found = gathered_last(found, order_of(gathered_last(row, found)))
    return wrap(from_last(found, at), scalar=False)


# --- searching ------------------------------------------------------------------------------


def places_in(x: Value, v: Value, side: str) -> Value:
    """The places of numbers in a sorted vector."""
    sized(x, "a search"), sized(v, "a search")
    count = prod(v.shape)
    if not count:
        return ops.zeros(v.type.with_dtype(I64))
    return reshape(ops.searchsorted(x, reshape(v, (count,)), side=side), v.shape)


@implements(np.searchsorted)
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    from ..indexing import read as read_at

    x, numbers = as_array(a), as_array(v)
    if x.ndim != 1:
        raise error("value", text="object of too small depth for desired array")
    if side not in ("left", "right"):
        raise error("value", text=f"search side must be one of 'left' or 'right' (got '{side}')")
    if sorter is not None:
        places = as_array(sorter)
        if places.dtype.kind not in "iu":
            raise error("type", text="sorter must only contain integers")
        if places.shape != x.shape:
            raise error("value", text="sorter.size must equal len(a)")
        x = read_at(x, places)
    common = np.promote_types(x.dtype, numbers.dtype)
    return wrap(places_in(cast(x.value, common), cast(numbers.value, common), side))


def direction(edges: Value) -> int:
    """1 where the edges ascend, -1 where they descend, 0 where neither; a guard if recorded."""
    size = edges.shape[0]
    if size < 2:
        return 1
    above, below = cut(edges, 0, 1, size - 1), cut(edges, 0, 0, size - 1)
    falls, rises = (ops.any_(c(above, below), axes=(0,)) for c in (ops.lt, ops.gt))
    same = ops.all_(ops.eq(above, below), axes=(0,))
    if not decided(falls, "bins fall") and decided(ops.logical_or(rises, same), "bins ascend"):
        return 1
    return 0 if decided(rises, "bins rise") else -1


@implements(np.digitize)
def digitize(x: Any, bins: Any, right: Any = False) -> Any:
    numbers, edges = as_array(x), as_array(bins)
    if numbers.dtype.kind == "c":
        raise error("type", text="x may not be complex")
    if edges.ndim != 1:
        raise error("value", text="object of too small depth for desired array")
    way = direction(edges.value)
    if way == 0:
        raise error("value", text="bins must be monotonically increasing or decreasing")
    side = "left" if right else "right"
    common = np.promote_types(edges.dtype, numbers.dtype)
    limits, values = cast(edges.value, common), cast(numbers.value, common)
    if way > 0:
        return wrap(places_in(limits, values, side))
    size = limits.shape[0]
    turned = ops.slice_(limits, start=(size - 1,), step=(-1,), size=(size,))
    return wrap(size - places_in(turned, values, side))
