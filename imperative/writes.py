"""Writes to arrays: in place where NumPy's memory is known and nobody else holds it, else a new
value, recorded where the old one or what is written is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.errors import error
from . import arrays, captures, marks
from .apply import Applied, collected, made, node_of, op_of, plain, recorded, result_of
from .indices import Item, SetItem, key_of, plain_index, taken_apart
from .node import Node, Op, known

if TYPE_CHECKING:
    from .arrays import Array


class Written:
    """A copy of an array after a function has written to a view of it."""

    def __init__(self, ways: Sequence[tuple[Op, int]], fun: Callable[..., Any]) -> None:
        self.ways = ways
        self.fun = fun

    def __call__(self, x: Any, *args: Any) -> Any:
        y = x.copy() if x.shape else np.copy(x)  # the method would leave a number a number
        part, at = y, 0
        for op, count in self.ways:
            part = op.fun(part, *args[at : at + count])
            at += count
        self.fun(part, *args[at:])
        return y


# --- known memory ---------------------------------------------------------------------------


def _references(x: Array) -> tuple[int, int]:
    """How many there are to what ``x`` holds, and to its memory."""
    return sys.getrefcount(x._node), sys.getrefcount(x._node.value)


_alone: list[tuple[int, int]] = []


def memory_of(x: Array) -> np.ndarray:
    """The memory of ``x``, for writing: that of its base, of its own from now on.

    A node or value that somebody else holds, be it recorded, is left as it is; a copy takes its
    place. No value may be taken from ``x`` between this and the write.
    """
    root = x if x.base is None else x.base
    captures.writes(root)
    if not _alone:
        _alone.append(_references(arrays.Array(known(np.empty(1)))))
    if _references(root) != _alone[0] or not _is_plain(root._node.value):
        node = known(np.array(root._node.value, order="C"))
        root._node = node if root._mark is None else marks.marked(root._mark, node)
    found = root._node.value
    for op, given in x._steps:
        found = op.fun(found, *[node.value for node in given])
    return found


def _is_plain(value: Any) -> bool:
    return type(value) is np.ndarray and value.base is None and value.flags.c_contiguous


def check(x: Array) -> None:
    """Whether ``x`` can be written to."""
    marks.check_write(x)
    if x._readonly:
        raise error("value", text="assignment destination is read-only")


def _shown(x: Array) -> None:
    root = x if x.base is None else x.base
    if root._exposed is not None:
        marks.show(root)


# --- writing --------------------------------------------------------------------------------


def write(x: Array, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    check(x)
    if isinstance(value, arrays.Array) and value.base is not None and _is_same(x, index, value):
        return  # as the last part of `x[index] += ...`
    root = x if x.base is None else x.base
    if not recorded(root.node, value, index):
        at, source = plain_index(index), plain(value)
        memory_of(x)[at] = source
        _shown(x)
        return
    source = node_of(value, True)
    if source is None:
        source = arrays.array(value).node
    whole = index is Ellipsis or (isinstance(index, slice) and index == slice(None))
    if whole and x.base is None and source.type is x.node.type:
        assign(x, marks.again(source))
        return
    template, given = taken_apart(x.shape, index)
    ways = tuple([(op, len(numbers)) for op, numbers in x._steps])
    key = ("setitem", ways, key_of(template))
    op = op_of(key, lambda: Op(Written(ways, SetItem(template)), "setitem", True))
    _put(x, op, [source, *given])


def _is_same(x: Array, index: Any, value: Array) -> bool:
    """Whether ``value`` is the view ``x[index]`` itself."""
    root = x if x.base is None else x.base
    if value.base is not root or len(value._steps) != len(x._steps) + 1:
        return False
    *before, (op, numbers) = value._steps
    if not isinstance(op.fun, Item) or before != list(x._steps):
        return False
    try:
        template, given = taken_apart(x.shape, index)
    except Exception:
        return False
    same = key_of(template) == key_of(op.fun.template)
    return same and all(
        np.array_equal(a.value, b.value) for a, b in zip(given, numbers, strict=True)
    )


def _put(x: Array, op: Op, nodes: Sequence[Node]) -> None:
    root = x if x.base is None else x.base
    numbers = [node for _, given in x._steps for node in given]
    assign(root, made(op, [root.node, *numbers, *nodes]).node)


def assign(x: Array, node: Node, visible: bool = True) -> None:
    """``x``, which owns its memory, holds ``node`` from now on.

    ``visible``: at once for those who look at its memory.
    """
    captures.writes(x)
    if x._mark is not None:
        node = marks.marked(x._mark, node)
    elif x._node.hooks:
        marks.follow(x, x._node, node)
    x._node = node
    if node.value is None:
        arrays.wait_for(x)
    if visible and x._exposed is not None:
        marks.show(x)


def mutate(x: Array, fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> None:
    """``fun(x, *args, **kwargs)``, which writes to ``x``."""
    check(x)
    root = x if x.base is None else x.base
    if not recorded(root.node, args, kwargs):
        values, names = plain(args), plain(kwargs)
        fun(memory_of(x), *values, **names)
        _shown(x)
        return
    nodes, statics, keys, structure = collected((args, kwargs), True)
    ways = tuple([(op, len(numbers)) for op, numbers in x._steps])
    key = ("mutate", fun, ways, structure, keys)
    label = getattr(fun, "__name__", "write")
    applied = Applied(fun, structure, statics, first=True)
    _put(x, op_of(key, lambda: Op(Written(ways, applied), label, True)), nodes)


class InPlace:
    """``ufunc(x, *others, out=x)``."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self.ufunc = ufunc
        self.__name__ = ufunc.__name__

    def __call__(self, x: Any, *others: Any) -> None:
        self.ufunc(x, *others, out=x)


_in_place: dict[np.ufunc, InPlace] = {}


def update(x: Array, ufunc: np.ufunc, other: Any) -> Array:
    """``x`` after ``ufunc(x, other, out=x)``."""
    root = x if x.base is None else x.base
    if ufunc is np.matmul and (not x.ndim or np.ndim(other) < 2):
        text = (
            "inplace matrix multiplication requires the first operand to have at least one and"
            " the second at least two dimensions."
        )
        raise error("value", text=text)
    if recorded(root.node, other):
        check(x)
        node = node_of(other, True)
        if node is None:
            node = arrays.array(other).node
        op = op_of(ufunc, lambda: Op(ufunc, ufunc.__name__, True))
        if result_of(op, (x.node, node)) is x.node.type:
            found = made(op, [x.node, node])
            if x.base is None:
                assign(x, found.node)
            else:
                write(x, Ellipsis, found)
            return x
    fun = _in_place.get(ufunc)
    if fun is None:
        fun = _in_place.setdefault(ufunc, InPlace(ufunc))
    mutate(x, fun, (other,), {})
    return x


# --- out= -----------------------------------------------------------------------------------


def written(out: Any, found: Any, where: Any = True) -> Any:
    """Writes results to the arrays that ``out=`` names, with NumPy's checks."""
    targets = out if isinstance(out, tuple) else (out,)
    results = found if isinstance(found, tuple | list) else (found,)
    for target, y in zip(targets, results, strict=True):
        if target is None:
            continue
        if not isinstance(target, arrays.Array):
            text = f"out= needs an adjit.Array for what is recorded, not a {type(target).__name__}"
            raise error("type", text=text)
        if y.shape != target.shape:
            text = f"non-broadcastable output operand with shape {target.shape} for {y.shape}"
            raise error("value", text=text)
        if not np.can_cast(y.dtype, target.dtype, "same_kind"):
            text = f"cannot cast output from {y.dtype!r} to {target.dtype!r} with casting rule"
            raise error("type", text=f"{text} 'same_kind'")
        target[...] = y if where is True else np.where(where, y, target)
    return targets[0] if len(targets) == 1 else targets
