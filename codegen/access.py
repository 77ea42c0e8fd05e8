"""Index maps: where an element of a value comes from, as linear forms over loop axes.

A :class:`Linear` form is ``const + sum(coefficient[k] * i_k)`` over the axes of a loop nest;
``const`` may depend on symbols. Views (broadcast, transpose, slice, reshape) only change forms;
they never move data.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

from ..ir.graph import Value
from ..ir.sizes import sample
from ..ir.types import Dim, Shape, capacity, upper_bound

Linear = tuple[Dim, tuple[int, ...]]
Index = tuple[Linear, ...]

VIEWS = frozenset({"broadcast", "transpose", "slice", "reshape"})


@lru_cache(maxsize=4096)
def strides(shape: Shape) -> tuple[int, ...]:
    """Element strides of a stored array: those of the largest array that its shape can be."""
    result: list[int] = []
    step = 1
    for size in reversed(capacity(shape[1:])):
        result.append(step)
        step *= size
    return (step, *reversed(result)) if shape else ()


def most(dims: Shape) -> int:
    """How many elements a shape has at most; a huge number where nothing bounds it."""
    bounds = [upper_bound(dim) for dim in dims]
    return prod(1 << 62 if bound is None else max(bound, 0) for bound in bounds)


def about(dims: Shape) -> int:
    """As `most`, for estimates: of sizes that are known at run time the sample."""
    return sample(most(dims))


def identity(shape: Shape) -> Index:
    """The index of the element that an iteration over ``shape`` stands at.

    Axes of size one are no loops, so ``(5, 1)`` and ``(5,)`` have one iteration space.
    """
    axes = [axis for axis, dim in enumerate(shape) if dim != 1]
    index: list[Linear] = []
    for axis in range(len(shape)):
        index.append((0, tuple(int(axis == other) for other in axes)))
    return tuple(index)


def domain(shape: Shape) -> Shape:
    """The iteration space of ``shape``: its sizes other than one."""
    return tuple(dim for dim in shape if dim != 1)


def offset(index: Index, shape: Shape) -> Linear:
    """The position in the buffer of an array of ``shape``."""
    const: Dim = 0
    total = [0] * (len(index[0][1]) if index else 0)
    for (at, coefficients), stride in zip(index, strides(shape), strict=True):
        const += at * stride
        for axis, coefficient in enumerate(coefficients):
            total[axis] += coefficient * stride
    return const, tuple(total)


def aligned(index: Index, shape: Shape) -> Index:
    """The index into an argument of ``shape`` that was broadcast to the result at ``index``."""
    if not shape:
        return ()
    kept = index[len(index) - len(shape) :]
    return tuple(
        (0, (0,) * len(at[1])) if dim == 1 else at for at, dim in zip(kept, shape, strict=True)
    )


def same_but_units(shape: Shape, other: Shape) -> bool:
    return domain(shape) == domain(other)


def through_units(index: Index, shape: Shape, source: Shape) -> Index:
    """The index into ``source`` of a reshape that only adds or drops axes of size one."""
    width = len(index[0][1]) if index else 0
    left = [at for at, dim in zip(index, shape, strict=True) if dim != 1]
    return tuple((0, (0,) * width) if dim == 1 else left.pop(0) for dim in source)


def through_view(view: Value, index: Index) -> Index:
    """The index into a view's source of the view's element at ``index``.

    A reshape must be one of :func:`same_but_units`; any other is read by its offset.
    """
    source = view.args[0].shape
    if view.op.name == "broadcast":
        return aligned(index, source)
    if view.op.name == "transpose":
        result: list[Linear] = [index[0]] * len(source)
        for axis, at in zip(view.attr("perm"), index, strict=True):
            result[axis] = at
        return tuple(result)
    if view.op.name == "slice":
        starts, steps = view.attr("start"), view.attr("step")
        return tuple(
            (start + step * at, tuple(step * c for c in coefficients))
            for (at, coefficients), start, step in zip(index, starts, steps, strict=True)
        )
    return through_units(index, view.shape, source)


def depth(index: Index) -> int:
    """How many loops must be entered before the index is known."""
    return max(
        (axis + 1 for _, coefficients in index for axis, c in enumerate(coefficients) if c),
        default=0,
    )


def region_index(index: Index, start: Shape, step: tuple[int, ...]) -> Index:
    """The index in the array of an element of a region."""
    return tuple(
        (at + by * const, tuple(by * c for c in coefficients))
        for (const, coefficients), at, by in zip(index, start, step, strict=True)
    )
