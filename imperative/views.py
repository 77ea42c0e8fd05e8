"""Views: arrays of one memory in NumPy are here one array, the base, and ways into it.

A write makes a new value of the base, into which its views then look. The memory of a base is in
C order, so that what is a view and what a copy depends on shapes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.containers import Structure, flatten, rebuild
from ..tracer.errors import error
from . import arrays, marks
from .apply import MOST_OPS, any_family, made, op_of, plain, recorded, static_key
from .indices import Item, is_view, key_of, plain_index, taken_apart
from .node import Node, Op, known
from .types import type_of

if TYPE_CHECKING:
    from .arrays import Array

Way = tuple[Op, tuple[Node, ...]]
"""An Op of an array and of the numbers of an index, that leads to a view of the array."""


class Called:
    """A function that returns views, with its arguments; ``number``: of the view among them."""

    def __init__(
        self, fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any], number: int | None
    ) -> None:
        self.fun = fun
        self.args = args
        self.kwargs = kwargs
        self.number = number

    def __call__(self, x: Any) -> Any:
        found = self.fun(x, *self.args, **self.kwargs)
        return found if self.number is None else flatten(found)[0][self.number]


class Method:
    """A method of arrays, as a function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x, self.__name__)(*args, **kwargs)


RESHAPE: Method = Method("reshape")
RAVEL: Method = Method("ravel")


class Attribute:
    """An attribute of arrays, as a function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, x: Any) -> Any:
        return getattr(x, self.__name__)


REAL, IMAG = Attribute("real"), Attribute("imag")


# --- reading --------------------------------------------------------------------------------


def read(x: Array, index: Any) -> Any:
    """``x[index]``: a view where NumPy makes one; a single element is a copy as there."""
    node = x.node
    if not (_is_basic(index) or recorded(node, index)):
        return arrays.wrap(known(np.asarray(node.value[plain_index(index)])))
    template, given = taken_apart(node.type.shape, index)
    op = op_of(("item", key_of(template)), lambda: Op(Item(template), "getitem", True))
    if is_view(template, given, len(node.type.shape)):
        return view_of(x, (op, tuple(given)))
    return made(op, [node, *given])


def _is_basic(index: Any) -> bool:
    entries = index if type(index) is tuple else (index,)
    return all(
        entry is None or entry is Ellipsis or type(entry) in (int, slice) for entry in entries
    )


def view(x: Array, fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """``fun(x, ...)``, which returns a view, or a container of views; a copy only where a reshape
    must be one."""
    args = tuple(map(plain, args))
    kwargs = {name: plain(item) for name, item in kwargs.items()}
    asked = (fun, _key(args), *[(name, _key(item)) for name, item in kwargs.items()])
    if x.base is not None:
        return _viewed(x, _ways(x, fun, args, kwargs, asked))
    key = (x.node.type, asked)
    ways = _known_ways.get(key)
    if ways is None:
        if len(_known_ways) >= MOST_OPS:
            _known_ways.clear()
        ways = _known_ways[key] = _ways(x, fun, args, kwargs, asked)
    return _viewed(x, ways)


Ways = tuple[Structure, list[tuple[Op, bool]]] | Op
"""Each view of a result, and whether it is read-only; an Op: the result is a copy."""

_known_ways: dict[Hashable, Ways] = {}


def _ways(
    x: Array, fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any], asked: tuple
) -> Ways:
    label = getattr(fun, "__name__", "view")

    def way(number: int | None) -> Op:
        key = ("view", number, asked)
        return op_of(key, lambda: Op(Called(fun, args, kwargs, number), label, True))

    layout = layout_of(x)
    with_order = {**kwargs, "order": args[0]} if fun in (np.ravel, RAVEL) and args else kwargs
    if fun in (np.reshape, RESHAPE) and not _reshapes(layout, args, kwargs):
        return way(None)
    if fun in (np.ravel, RAVEL) and not _ravels(layout, with_order.get("order") or "C"):
        return way(None)
    leaves, structure = flatten(fun(layout, *args, **kwargs))
    return structure, [
        (way(None if structure.type is None else n), not leaf.flags.writeable)
        for n, leaf in enumerate(leaves)
    ]


def _viewed(x: Array, ways: Ways) -> Any:
    if isinstance(ways, Op):
        return made(ways, [x.node])
    structure, found = ways
    return rebuild(structure, [view_of(x, (op, ()), readonly) for op, readonly in found])


def _key(item: Any) -> Hashable:
    if isinstance(item, np.ndarray):
        item = item.tolist()
    return tuple(map(_key, item)) if isinstance(item, tuple | list) else static_key(item)


def view_of(x: Array, way: Way, readonly: bool = False) -> Array:
    root = x if x.base is None else x.base
    found = arrays.Array.__new__(arrays.Array)
    found.base = root
    found._steps = (*x._steps, way)
    found._readonly = readonly or x._readonly
    # What was made while nothing is recorded stays a constant for derivatives.
    family = root.node.family
    found._constant = x._constant or (family is not None and not recorded(root.node))
    return found


def current(x: Array) -> Node:
    """What a view holds now."""
    assert x.base is not None
    of = x.base.node
    node = x._node
    if x._of is not of or node.freed:
        node = of
        if x._constant and of.family is not None:
            node = marks.apart(of)
        for op, given in x._steps:
            node = _through(op, (node, *given))
        if node.op is not None:  # else the memory is found as quickly, and nobody else holds it
            x._node, x._of = node, of
    elif node.value is None and of.value is not None:
        value = of.value
        for op, given in x._steps:
            value = op.fun(value, *[n.value for n in given])
        node.value = np.asarray(value)
    return node


def _through(op: Op, nodes: tuple[Node, ...]) -> Node:
    family = any_family(nodes)
    values = [node.value for node in nodes]
    if any(value is None for value in values):
        type = op.result(tuple([node.type for node in nodes])).type
        assert type is not None
        node = Node(op, nodes, type)
    else:
        value = np.asarray(op.fun(*values))
        if family is None:
            return known(value)
        node = Node(op, nodes, type_of(value.dtype, value.shape), value)
    node.family = family
    return node


def layout_of(x: Array) -> np.ndarray:
    """An array with the strides that ``x`` has in NumPy. It has no memory: none may be read."""
    root = x if x.base is None else x.base
    type = root.node.type
    strides, step = [], type.dtype.itemsize
    for n in reversed(type.shape):
        strides.append(step)
        step *= max(n, 1)
    nowhere = np.zeros(1, type.dtype)
    found = np.lib.stride_tricks.as_strided(nowhere, type.shape, strides[::-1])
    for op, given in x._steps:
        found = op.fun(found, *[node.value for node in given])
    return found


def _reshapes(x: np.ndarray, args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether a reshape copies nothing; a wrong shape is an error."""
    kwargs = {"order": "C"} | kwargs
    wanted = args[0] if len(args) == 1 else args
    if kwargs.pop("copy", None):
        return False
    if "newshape" in kwargs:
        wanted = kwargs.pop("newshape")
    elif "shape" in kwargs:
        wanted = kwargs.pop("shape")
    elif len(args) == 2 and isinstance(args[0], tuple | list):
        wanted, kwargs["order"] = args
    try:
        x.reshape(wanted, copy=False, **kwargs)
    except ValueError as problem:
        if "copy" not in str(problem):
            raise error("value", text=problem) from None
        return False
    return True


def _ravels(x: np.ndarray, order: str) -> bool:
    if order == "C" or x.flags.c_contiguous:
        return bool(x.flags.c_contiguous) and (order != "F" or x.flags.f_contiguous)
    if order == "F":
        return bool(x.flags.f_contiguous)
    raise error("unsupported", name=f"ravel by order={order!r} of an array in another order")
