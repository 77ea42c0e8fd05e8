"""Strides, counted in elements: they decide whether NumPy's reshape is a view or a copy.

A layout is a tuple of strides or None for "unknown". Only the order of axes matters here, so
a layout may be off by a common factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..ir.types import Affine, capacity

Layout = tuple[int, ...] | None
Ints = tuple[int, ...]


def contiguous(shape: Ints) -> Ints:
    """The strides of a C-contiguous array."""
    strides = [1] * len(shape)
    sizes = capacity(shape) if any(isinstance(dim, Affine) for dim in shape) else shape
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * max(sizes[axis + 1], 1)
    return tuple(strides)


def known(shape: Ints, layout: Layout) -> Layout:
    """The layout, with what is known whatever the memory: at most one axis has any length."""
    if layout is None and sum(dim != 1 for dim in shape) <= 1:
        return contiguous(shape)
    return layout


def is_contiguous(shape: Ints, layout: Layout) -> bool:
    """Whether the layout is C order up to a common factor."""
    if layout is None:
        return False
    if 0 in shape:
        return True
    long = [(dim, stride) for dim, stride in zip(shape, layout, strict=True) if dim != 1]
    return all(outer == inner * dim for (_, outer), (dim, inner) in pairwise(long))


def is_packed(shape: Ints, layout: Layout) -> bool:
    """Whether the layout is C order without gaps, as far as it is known."""
    if not is_contiguous(shape, layout):
        return False
    assert layout is not None
    long = [stride for dim, stride in zip(shape, layout, strict=True) if dim != 1]
    return not long or long[-1] == 1 or 0 in shape


def reshaped(shape: Ints, layout: Layout, new: Ints) -> tuple[bool | None, Layout]:
    """Whether a reshape is a view (None: cannot be known), and the layout of its result."""
    if 0 in shape:
        return True, contiguous(new)
    old = [dim for dim in shape if dim != 1]
    if layout is None:
        if old == [dim for dim in new if dim != 1]:
            return True, None
        return None, contiguous(new)
    strides = [stride for dim, stride in zip(shape, layout, strict=True) if dim != 1]
    found = _split_and_merge(old, strides, [dim for dim in new if dim != 1])
    if found is None:
        return False, contiguous(new)
    result, following = [], iter(found)
    for dim in new:
        result.append(1 if dim == 1 else next(following))
    return True, tuple(result)


def _split_and_merge(old: list[int], strides: list[int], new: list[int]) -> list[int] | None:
    """Strides of the new axes, or None where an axis would need two strides.

    Axes are taken from both shapes until their products agree; the old ones must then lie in
    memory like one axis.
    """
    result: list[int] = []
    at, to = 0, 0
    while at < len(old) and to < len(new):
        end, until = at + 1, to + 1
        here, there = old[at], new[to]
        while here != there:
            if here < there:
                here *= old[end]
                end += 1
            else:
                there *= new[until]
                until += 1
        for axis in range(at, end - 1):
            if strides[axis] != strides[axis + 1] * old[axis + 1]:
                return None
        group = [strides[end - 1]] * (until - to)
        for axis in range(until - to - 2, -1, -1):
            group[axis] = group[axis + 1] * new[to + axis + 1]
        result += group
        at, to = end, until
    return result


def elementwise(shape: Ints, operands: Sequence[tuple[Ints, Layout]]) -> Layout:
    """The layout of a ufunc's fresh result: NumPy keeps the order of axes of the operands."""
    orders: list[Ints] = []
    for dims, layout in operands:
        if layout is None:
            return known(shape, None)
        missing = len(shape) - len(dims)
        padded = [0] * missing + [
            0 if dim == 1 else stride for dim, stride in zip(dims, layout, strict=True)
        ]
        if any(stride < 0 for stride in padded):
            return known(shape, None)
        orders.append(tuple(padded))
    if all(_descends([s for s in order if s]) for order in orders):
        return contiguous(shape)
    long = [axis for axis, dim in enumerate(shape) if dim != 1]
    ranks = {tuple(sorted(long, key=lambda axis: -order[axis])) for order in orders}
    if len(ranks) > 1 or any(order[axis] == 0 for order in orders for axis in long):
        return known(shape, None)
    result, size = [1] * len(shape), 1
    for axis in reversed(ranks.pop()):
        result[axis] = size
        size *= shape[axis]
    return tuple(result)


def _descends(strides: list[int]) -> bool:
    return all(a >= b for a, b in pairwise(strides))
