"""Views and writes: arrays of one memory in NumPy are here one array and ways into it.

A write makes a new value of the array that owns the memory, which its views then look into.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.errors import error
from . import arrays, marks
from .apply import apply, made, node_of, op_of, static_key
from .evaluate import wait_for
from .modes import Family, records
from .node import Node, Op, known

if TYPE_CHECKING:
    from .arrays import Array

Way = tuple[Op, tuple[Node, ...]]
"""An Op of an array and of the numbers of an index, that leads to a view of the array."""


class Item:
    """``x[index]`` with the numbers and arrays of the index given apart."""

    def __init__(self, template: Any) -> None:
        self.template = template

    def index(self, given: Sequence[Any]) -> Any:
        rest = iter(given)
        entries = [next(rest) if entry is GIVEN else entry for entry in self.template]
        return tuple(entries)

    def __call__(self, x: Any, *given: Any) -> Any:
        return x[self.index(given)]


class Given:
    """Stands in an index for what is given apart."""


GIVEN = Given()


class Moved:
    """A method that returns a view."""

    def __init__(self, name: str, args: tuple, kwargs: dict[str, Any]) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs

    def __call__(self, x: Any) -> Any:
        return getattr(x, self.name)(*self.args, **self.kwargs)


class Put:
    """The array with ``value`` written to a view of it, at an index."""

    def __init__(self, ways: Sequence[tuple[Op, int]], item: Item, given: int) -> None:
        self.ways = ways
        self.item = item
        self.given = given

    def __call__(self, x: Any, value: Any, *numbers: Any) -> Any:
        y = x.copy()
        part, at = y, 0
        for op, count in self.ways:
            part = op.fun(part, *numbers[at : at + count])
            at += count
        part[self.item.index(numbers[at:])] = value
        return y


# --- reading --------------------------------------------------------------------------------


def read(x: Array, index: Any) -> Any:
    entries, given = taken_apart(x, index)
    op = op_of(("item", entry_keys(entries)), lambda: Op(Item(entries), "getitem", True))
    if any(node.type.shape for node in given):
        return made(op, [x.node, *given])
    return _view(x, (op, tuple(given)))


def view(x: Array, name: str, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
    """A method of ``x`` that returns a view where NumPy makes one."""
    kwargs = kwargs or {}
    key = (name, _key(args), *((k, _key(v)) for k, v in kwargs.items()))
    way = (op_of(key, lambda: Op(Moved(name, args, kwargs), name, True)), ())
    if _is_view(x, way):
        return _view(x, way)
    return made(way[0], [x.node])


def _key(item: Any) -> Hashable:
    return tuple(map(_key, item)) if isinstance(item, tuple | list) else static_key(item)


def _view(x: Array, way: Way) -> Array:
    found = arrays.Array(x.node)
    found.base = x if x.base is None else x.base
    found._steps = (*x._steps, way)
    family = x.node.family
    found._constant = x._constant or (family is not None and not records(family))
    if found.node.value is None:
        wait_for(found)
    return found


def current(x: Array) -> Node:
    """What a view holds now."""
    assert x.base is not None
    of = x.base.node
    if x._of is not of:
        node = of
        for op, given in x._steps:
            node = _through(op, (node, *given), None if x._constant else of.family)
        x._node, x._of = node, of
    return x._node


def _through(op: Op, nodes: tuple[Node, ...], family: Family | None) -> Node:
    if family is None and all(node.value is not None for node in nodes):
        return known(np.asarray(op.fun(*[node.value for node in nodes])))
    type = op.result(tuple([node.type for node in nodes])).type
    assert type is not None
    node = Node(op, nodes, type)
    node.family = family
    return node


def _is_view(x: Array, way: Way) -> bool:
    """Whether NumPy would make a view, which depends on the memory order only."""
    root = x if x.base is None else x.base
    shape, size = root.shape, root.itemsize
    steps = tuple(size * int(np.prod(shape[n + 1 :])) for n in range(len(shape)))
    nowhere = np.zeros(1, root.dtype)
    found = np.lib.stride_tricks.as_strided(nowhere, shape, steps, writeable=False)
    for op, given in x._steps:
        found = op.fun(found, *[node.value for node in given])
    moved: Moved = way[0].fun  # type: ignore[assignment]
    if moved.name not in ("reshape", "ravel"):
        return True
    return _reshapes(found, moved)


def _reshapes(x: np.ndarray, moved: Moved) -> bool:
    """Whether a reshape copies nothing. ``x`` has no memory behind it, so none may be read."""
    if moved.name == "ravel":
        return bool(x.flags.c_contiguous)
    shape = moved.args[0] if len(moved.args) == 1 else moved.args
    try:
        np.reshape(x, shape, copy=False, **moved.kwargs)
    except ValueError:
        return False
    return True


# --- writing --------------------------------------------------------------------------------


def write(x: Array, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    marks.check_write(x)
    source = node_of(value, True)
    if source is None:
        source = known(np.asarray(value))
    whole = index is Ellipsis or (isinstance(index, slice) and index == slice(None))
    if whole and x.base is None:
        if source.type is x.node.type:
            assign(x, marks.again(source))
            return
        if source.value is not None and source.family is x.node.family is None:
            found = np.empty(x.shape, x.dtype)
            found[...] = source.value
            assign(x, known(found))
            return
    entries, given = taken_apart(x, index)
    _put(x, source, entries, given)


def _put(x: Array, source: Node, entries: tuple, given: Sequence[Node]) -> None:
    root = x if x.base is None else x.base
    ways = tuple((op, len(numbers)) for op, numbers in x._steps)
    key = ("put", ways, entry_keys(entries))
    op = op_of(key, lambda: Op(Put(ways, Item(entries), len(given)), "setitem", True))
    numbers = [node for _, nodes in x._steps for node in nodes]
    assign(root, made(op, [root.node, source, *numbers, *given]).node)


def assign(x: Array, node: Node, visible: bool = True) -> None:
    """``x``, which owns its memory, holds ``node`` from now on.

    ``visible``: at once for those who look at its memory.
    """
    if x._mark is not None:
        node = marks.marked(x._mark, node)
    elif x._node.hooks:
        marks.follow(x, x._node, node)
    x._node = node
    if node.value is None:
        wait_for(x)
    if visible and x._exposed is not None:
        marks.show(x)


def update(x: Array, ufunc: np.ufunc, other: Any) -> Array:
    """``x`` after ``ufunc(x, other, out=x)``."""
    marks.check_write(x)
    node = node_of(other, True) or known(np.asarray(other))
    result = op_of(ufunc, lambda: Op(ufunc, ufunc.__name__, True)).result((x.node.type, node.type))
    if result.type is x.node.type:
        found = arrays.elementwise(ufunc, (x, other))
    else:  # another dtype or shape: as NumPy writes it, or refuses to
        op = op_of(("in place", ufunc), lambda: Op(InPlace(ufunc), ufunc.__name__, True))
        found = made(op, [x.node, node])
    assign_to(x, found)
    return x


class InPlace:
    """A copy of an array after a ufunc has written to it."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self.ufunc = ufunc

    def __call__(self, x: Any, other: Any) -> Any:
        y = x.copy()
        self.ufunc(y, other, out=y)
        return y


def assign_to(x: Any, found: Any) -> Any:
    """Writes a result to the ``out`` that was given for it."""
    target = x[0] if isinstance(x, tuple) and len(x) == 1 else x
    target[...] = found
    return target


def in_place(fun: Callable[..., Any], x: Array, args: tuple, kwargs: dict[str, Any]) -> None:
    """``fun(x, *args)``, which writes to ``x`` and returns nothing."""
    marks.check_write(x)
    write(x, Ellipsis, apply(_written(fun), (x, *args), kwargs))


class Written:
    """A copy of an array after a function has written to it."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun = fun

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        y = x.copy()
        self.fun(y, *args, **kwargs)
        return y


_writers: dict[Any, Written] = {}


def _written(fun: Callable[..., Any]) -> Written:
    return _writers.setdefault(fun, Written(fun))


# --- indices --------------------------------------------------------------------------------


def taken_apart(x: Array, index: Any) -> tuple[tuple, list[Node]]:
    """An index with its numbers and arrays apart: they may be others at the next call.

    Numbers are checked here, so that the error comes at the line that is wrong.
    """
    entries: list[Any] = []
    given: list[Node] = []
    shape = x.shape
    wanted = index if isinstance(index, tuple) else (index,)
    expanded: list[Any] = []
    for entry in wanted:
        if isinstance(entry, list | np.ndarray | arrays.Array | bool | np.bool_):
            expanded += _positions(entry)
        else:
            expanded.append(entry)
    taken = sum(1 for entry in expanded if entry is not None and entry is not Ellipsis)
    axis = 0
    for entry in expanded:
        if entry is Ellipsis:
            axis += len(shape) - taken
            entries.append(entry)
        elif entry is None:
            entries.append(entry)
        elif isinstance(entry, slice):
            entries.append(entry)
            axis += 1
        elif isinstance(entry, Node):
            entries.append(GIVEN)
            given.append(entry)
            axis += 1
        elif isinstance(entry, int | np.integer):
            entries.append(GIVEN)
            given.append(known(_checked(int(entry), axis, shape)))
            axis += 1
        else:
            raise error("index", text=f"an index cannot be a {type(entry).__name__}")
    return tuple(entries), given


def _positions(entry: Any) -> list[Any]:
    """An array in an index; a mask is where it is true, as the result's shape is."""
    if isinstance(entry, arrays.Array) and entry.dtype.kind != "b":
        return [int(entry) if not entry.shape else entry.node]
    value = np.asarray(entry)
    if isinstance(entry, list) and not entry:
        value = value.astype(np.intp)
    if value.dtype.kind != "b":
        return [known(value.copy())]
    if not value.ndim:
        raise error("unsupported", name="a bool as an index")
    return [known(places) for places in value.nonzero()]


def _checked(i: int, axis: int, shape: tuple[int, ...]) -> int:
    if axis >= len(shape):
        raise error(
            "index",
            text=f"too many indices for array: array is {len(shape)}-dimensional",
        )
    size = shape[axis]
    if not -size <= i < size:
        raise error("index", text=f"index {i} is out of bounds for axis {axis} with size {size}")
    return i + size if i < 0 else i


def entry_keys(entries: tuple) -> Hashable:
    return tuple([entry if entry is GIVEN else static_key(entry) for entry in entries])
