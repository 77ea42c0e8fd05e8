"""What stands between the brackets of an array: its static form, and the numbers in it apart."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import index as index_of
from typing import Any

import numpy as np

from ..tracer.dims import moving
from ..tracer.errors import error
from . import arrays
from .apply import plain, static_key
from .node import Node, known

Template = tuple[Any, ...]
"""The entries of an index, with `GIVEN` for numbers and arrays."""


class Given:
    """Stands in an index for what is given apart."""


GIVEN = Given()


class Item:
    """``x[index]`` with the numbers and arrays of the index given apart."""

    def __init__(self, template: Template) -> None:
        self.template = template

    def index(self, given: Sequence[Any]) -> tuple:
        rest = map(moving, given)
        return tuple([next(rest) if entry is GIVEN else entry for entry in self.template])

    def __call__(self, x: Any, *given: Any) -> Any:
        return x[self.index(given)]


class SetItem:
    """``x[index] = value`` likewise."""

    def __init__(self, template: Template) -> None:
        self.item = Item(template)
        self.__name__ = "setitem"

    def __call__(self, x: Any, value: Any, *given: Any) -> None:
        x[self.item.index(given)] = value


def key_of(template: Template) -> Hashable:
    return tuple([entry if entry is GIVEN else static_key(entry) for entry in template])


def plain_index(index: Any) -> Any:
    """An index as NumPy takes it, to known arrays."""
    if isinstance(index, tuple):
        return tuple([plain_index(entry) for entry in index])
    if isinstance(index, slice):
        return _slice(index)
    return plain(index)


def taken_apart(shape: tuple[int, ...], index: Any) -> tuple[Template, list[Node]]:
    """An index with its numbers and arrays apart: they may be others at the next call.

    Numbers are checked here, so that the error comes at the line that is wrong.
    """
    template: list[Any] = []
    given: list[Node] = []
    entries = _entries(index)
    taken = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if taken > len(shape):
        text = (
            f"too many indices for array: array is {len(shape)}-dimensional,"
            f" but {taken} were indexed"
        )
        raise error("index", text=text)
    axis = 0
    for entry in entries:
        if entry is Ellipsis:
            if Ellipsis in template:
                text = "an index can only have a single ellipsis ('...')"
                raise error("index", text=text)
            axis += len(shape) - taken
            template.append(entry)
            continue
        if entry is None:
            template.append(None)
            continue
        if isinstance(entry, slice):
            template.append(_slice(entry))
        else:
            template.append(GIVEN)
            if isinstance(entry, Mask):
                given.append(entry.places(shape, axis))
            elif isinstance(entry, Node):
                given.append(_checked_array(entry, axis, shape))
            else:
                given.append(known(_checked(entry, axis, shape)))
        axis += 1
    return tuple(template), given


def is_view(template: Template, given: Sequence[Node], ndim: int) -> bool:
    """Whether NumPy's result is a view: nothing but numbers and slices, and no single element."""
    if any(node.type.shape for node in given):
        return False
    return len(given) < ndim or Ellipsis in template or None in template


def _slice(entry: slice) -> slice:
    return slice(*[n if n is None else index_of(n) for n in (entry.start, entry.stop, entry.step)])


class Mask:
    """The places along one of the axes of a mask."""

    def __init__(self, mask: np.ndarray, axis: int, places: np.ndarray) -> None:
        self.mask = mask
        self.axis = axis
        self.where = places

    def places(self, shape: tuple[int, ...], axis: int) -> Node:
        size = shape[axis]
        if self.mask.shape[self.axis] != size:
            text = (
                "boolean index did not match indexed array along axis"
                f" {axis}; size of axis is {size} but size of corresponding boolean axis is"
                f" {self.mask.shape[self.axis]}"
            )
            raise error("index", text=text)
        return known(self.where)


def _entries(index: Any) -> list[Any]:
    """Slices, None, Ellipsis, ints, the Nodes of arrays, and Masks for each axis of a mask."""
    found: list[Any] = []
    for entry in index if isinstance(index, tuple) else (index,):
        if entry is None or entry is Ellipsis or isinstance(entry, slice):
            found.append(entry)
        elif isinstance(entry, int | np.integer) and not isinstance(entry, bool):
            found.append(int(entry))
        else:
            found += _positions(entry)
    return found


def _positions(entry: Any) -> list[Any]:
    """An array in an index; a mask is where it is true, as the result's shape is."""
    if isinstance(entry, arrays.Array) and entry.dtype.kind in "iu":
        return [int(entry) if not entry.shape else entry.node]
    try:
        value = np.asarray(arrays.array(entry) if isinstance(entry, list | tuple) else entry)
    except ValueError:
        value = np.empty((), object)
    if isinstance(entry, list | tuple) and not value.size:
        value = value.astype(np.intp)
    if value.dtype.kind in "iu":
        return [known(value.copy())]
    if value.dtype.kind != "b" or not isinstance(entry, (arrays.Array, *_INDICES)):
        text = (
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or"
            " boolean arrays are valid indices"
        )
        raise error("index", text=text)
    if not value.ndim:
        raise error("unsupported", name="a bool as an index of a recorded array")
    return [Mask(value, n, places) for n, places in enumerate(value.nonzero())]


_INDICES = (list, tuple, bool, np.ndarray, np.generic)


def _checked(i: int, axis: int, shape: tuple[int, ...]) -> int:
    size = shape[axis]
    if not -size <= i < size:
        raise error("index", text=f"index {i} is out of bounds for axis {axis} with size {size}")
    return i + size if i < 0 else i


def _checked_array(node: Node, axis: int, shape: tuple[int, ...]) -> Node:
    value, size = node.value, shape[axis]
    if value is not None and value.size:
        for i in (value.min(), value.max()):
            if not -size <= i < size:
                text = f"index {i} is out of bounds for axis {axis} with size {size}"
                raise error("index", text=text)
    return node
