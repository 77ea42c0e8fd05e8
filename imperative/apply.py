"""Functions applied to arrays: recorded, or computed at once where nothing is left to record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import index
from types import NoneType
from typing import Any

import numpy as np

from ..tracer.containers import Structure, flatten, rebuild
from ..tracer.errors import AdjitError, error, user_line
from . import arrays
from .evaluate import evaluate
from .modes import Family, records, state
from .node import VOID, Node, Op, known, leaf_of, result_at
from .types import Type

Moving = bool | frozenset[type]
_NUMBERS = frozenset((float, int, complex))

_ops: dict[Hashable, Op] = {}
MOST_OPS = 10_000
"""Ops that are kept; a program that makes ever new ones starts over at this number."""


def op_of(key: Hashable, make: Callable[[], Op]) -> Op:
    """The Op of a key: there is one, so that programs of equal structure are found again."""
    found = _ops.get(key)
    if found is None:
        if len(_ops) >= MOST_OPS:
            _ops.clear()
        found = _ops.setdefault(key, make())
    return found


class Applied:
    """A function with its static arguments in place: called with the arrays alone.

    ``first``: an argument that comes before the others.
    """

    def __init__(
        self, fun: Callable[..., Any], structure: Structure, statics: Any, first: bool = False
    ) -> None:
        self.fun = fun
        self.structure = structure
        self.statics = dict(statics)
        self.first = first

    def __call__(self, *arrays: Any) -> Any:
        rest = iter(arrays)
        before = (next(rest),) if self.first else ()
        leaves = [
            self.statics[n] if n in self.statics else next(rest)
            for n in range(self.structure.leaves)
        ]
        args, kwargs = rebuild(self.structure, leaves)
        return self.fun(*before, *args, **kwargs)


# --- what there is in arguments ---------------------------------------------------------------


def recorded(*items: Any) -> bool:
    """Whether something among the items waits for its value, or is recorded from now."""
    for item in items:
        kind = type(item)
        if kind is Node:
            node = item
        elif isinstance(item, arrays.Array):
            node = item.node
        elif isinstance(item, tuple | list):
            if recorded(*item):
                return True
            continue
        elif kind is dict:
            if recorded(*item.values()):
                return True
            continue
        else:
            continue
        if node.value is None or (node.family is not None and records(node.family)):
            return True
    return False


def plain(item: Any) -> Any:
    """What there is with NumPy's arrays in place of ours, which nobody may write to."""
    if isinstance(item, arrays.Array):
        value = item._value().view()
        value.flags.writeable = False
        return value
    kind = type(item)
    if kind is tuple or kind is list:
        return kind([plain(part) for part in item])
    if kind is dict:
        return {name: plain(part) for name, part in item.items()}
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return kind(*[plain(part) for part in item])
    return item


def apply(
    fun: Callable[..., Any],
    args: tuple,
    kwargs: dict[str, Any],
    eager: bool = True,
    moving: Moving = False,
) -> Any:
    """``fun(*args, **kwargs)``, where arrays may be anywhere in the arguments.

    ``eager``: the function is NumPy's own. ``moving``: numbers of Python (of these types) are
    arguments that may be others at the next call, not a part of what is compiled.
    """
    if eager and not recorded(args, kwargs):
        return wrapped(fun(*plain(args), **plain(kwargs)))
    moving = moving or fun in MOVING
    nodes: list[Node] = []
    parts: list[Hashable] = [fun, *kwargs]
    for item in (*args, *kwargs.values()):
        if isinstance(item, arrays.Array):
            nodes.append(item.node)
            parts.append(len(parts))
        elif type(item) in _PLAIN and not moving:
            parts.append((type(item), item))
        else:
            return _apply(fun, args, kwargs, eager, moving)
    key = tuple(parts)
    op = _ops.get(key)
    if op is None:
        op = op_of(key, lambda: _op(fun, args, kwargs, eager, moving)[0])
    return made(op, nodes)


MOVING: set[Any] = {np.where, np.clip, np.full_like, np.full, np.nan_to_num}
"""Functions of NumPy whose numbers are arguments like arrays."""


_PLAIN = {int, bool, str, NoneType}
"""Types of arguments that are compared by ``==``."""


def _apply(
    fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any], eager: bool, moving: Moving
) -> Any:
    return made(*_op(fun, args, kwargs, eager, moving))


def _op(
    fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any], eager: bool, moving: Moving
) -> tuple[Op, list[Node]]:
    """The Op of a function in these arguments, and the Nodes among them."""
    nodes, statics, keys, structure = collected((args, kwargs), moving)
    label = getattr(fun, "__name__", type(fun).__name__)
    key = (fun, structure, keys)
    return op_of(key, lambda: Op(Applied(fun, structure, statics), label, eager)), nodes


def collected(
    item: Any, moving: Moving
) -> tuple[list[Node], list[tuple[int, Any]], Hashable, Structure]:
    """The Nodes in a container, the static leaves with their numbers, their key, the structure."""
    leaves, structure = flatten(item)
    nodes: list[Node] = []
    statics: list[tuple[int, Any]] = []
    keys: list[Hashable] = []
    for n, leaf in enumerate(leaves):
        node = node_of(leaf, moving)
        if node is None:
            statics.append((n, leaf))
            keys.append((n, static_key(leaf)))
        else:
            nodes.append(node)
    return nodes, statics, tuple(keys), structure


def node_of(item: Any, moving: Moving) -> Node | None:
    """The Node of an array or number; None for what is static."""
    if isinstance(item, arrays.Array):
        return item.node
    kind = type(item)
    if moving and kind in (_NUMBERS if moving is True else moving):
        return known(item)
    if isinstance(item, np.ndarray):
        return known(snapshot(item))
    if moving and isinstance(item, np.generic):
        return known(np.asarray(item))
    return None


def snapshot(array: np.ndarray) -> np.ndarray:
    """What the array holds now, whatever becomes of it."""
    return np.array(array)


def static_key(item: Any) -> Hashable:
    if isinstance(item, slice):
        item = slice(*[n if n is None else index(n) for n in (item.start, item.stop, item.step)])
        return ("slice", *map(static_key, (item.start, item.stop, item.step)))
    if type(item) is float:
        return (float, item.hex())  # which tells zeros apart, and finds NaN again
    try:
        hash(item)
    except TypeError:
        raise error("autograd_static", type=type(item).__name__) from None
    return (type(item), item)


# --- making ---------------------------------------------------------------------------------


def any_family(nodes: Sequence[Node]) -> Family | None:
    """The rules of the marked leaves that these were made of."""
    family: Family | None = None
    for node in nodes:
        if node.family is not None and node.family is not family:
            family = node.family if family is None else _together(family, node.family)
    return family


def _together(one: Family, other: Family) -> Family:
    """The rules where arrays of two families meet: an error, if any of the two is recorded."""
    if Family.INSIDE not in (one, other):
        if records(one) or records(other):
            raise error("autograd_mixed")
        return one
    outside = other if one is Family.INSIDE else one
    if records(outside):
        raise error("autograd_inside")
    return Family.INSIDE


def family_of(nodes: Sequence[Node]) -> Family | None:
    """The rules that what is made of these follows now; None: it is not recorded."""
    family = any_family(nodes)
    return family if family is not None and records(family) else None


def result_of(op: Op, nodes: Sequence[Node]) -> Type | None:
    """The type of the only array that an op makes of these; None where it cannot."""
    try:
        return op.result(tuple([node.type for node in nodes])).type
    except AdjitError:
        return None


def made(op: Op, nodes: Sequence[Node]) -> Any:
    """The result of an op: an Array, or a container of Arrays and plain objects."""
    family = None
    waiting = not op.eager
    types = []
    for node in nodes:
        types.append(node.type)
        if node.value is None:
            waiting = True
        if node.family is not family and node.family is not None:
            family = any_family(nodes)
    if family is not None and not records(family):
        family = None
    constant = family is None or family is Family.INSIDE
    if constant and not waiting:
        return at_once(op, nodes, family)
    try:
        key = tuple(types)
        result = op.results.get(key) or op.result(key)
        if result.guarded:
            result = result_at(op.fun, tuple([evaluate(node) for node in nodes]))
    except AdjitError:
        if not constant or not op.eager:
            raise
        # Nothing is differentiated: what adjit cannot record, NumPy can do, or refuses itself.
        for node in nodes:
            evaluate(node)
        return at_once(op, nodes, family)
    where = user_line() if state.anomaly else None
    type_ = result.type
    if type_ is not None:
        node = Node(op, nodes, type_)
        if where is not None:
            node.where = where
        if family is not None and type_.differentiable:
            node.family = family
        return arrays.wrap(node)
    whole = Node(op, nodes, VOID)
    whole.family = family
    whole.where = where
    leaves = [
        arrays.wrap(leaf_of(whole, n, leaf)) if isinstance(leaf, Type) else leaf
        for n, leaf in enumerate(result.leaves)
    ]
    return rebuild(result.structure, leaves)


def at_once(op: Op, nodes: Sequence[Node], family: Family | None) -> Any:
    """What NumPy returns, its arrays as ours."""
    found = wrapped(op.fun(*[node.value for node in nodes]))
    if family is not None:
        for leaf in flatten(found)[0]:
            if isinstance(leaf, arrays.Array):
                leaf.node.family = family
    return found


def wrapped(found: Any) -> Any:
    if isinstance(found, np.ndarray | np.generic):
        return arrays.wrap(known(np.asarray(found)))
    leaves, structure = flatten(found)
    if structure.type is None:
        return found
    return rebuild(structure, [wrapped(leaf) for leaf in leaves])
