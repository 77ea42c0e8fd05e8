"""Functions applied to arrays: recorded, or computed at once where nothing is left to record."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from types import NoneType
from typing import Any

import numpy as np

from ..tracer.containers import Structure, flatten, rebuild
from ..tracer.errors import AdjitNotImplementedError, error, user_line
from . import arrays
from .evaluate import evaluate
from .modes import Family, records, state
from .node import VOID, Node, Op, known, leaf_of
from .types import Type

Moving = bool | frozenset[type]
_NUMBERS = frozenset((float, int, complex))
_ops: dict[Hashable, Op] = {}


def op_of(key: Hashable, make: Callable[[], Op]) -> Op:
    """The Op of a key: there is one, so that programs of equal structure are found again."""
    found = _ops.get(key)
    if found is None:
        found = _ops.setdefault(key, make())
    return found


class Applied:
    """A function with its static arguments in place: called with the arrays alone."""

    def __init__(self, fun: Callable[..., Any], structure: Structure, statics: Any) -> None:
        self.fun = fun
        self.structure = structure
        self.statics = dict(statics)

    def __call__(self, *arrays: Any) -> Any:
        rest = iter(arrays)
        leaves = [
            self.statics[n] if n in self.statics else next(rest)
            for n in range(self.structure.leaves)
        ]
        args, kwargs = rebuild(self.structure, leaves)
        return self.fun(*args, **kwargs)


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
        op = _ops[key] = _op(fun, args, kwargs, eager, moving)[0]
    return made(op, nodes)


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
    leaves, structure = flatten((args, kwargs))
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
    key = (fun, structure, tuple(keys))
    label = getattr(fun, "__name__", type(fun).__name__)
    return op_of(key, lambda: Op(Applied(fun, structure, statics), label, eager)), nodes


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
        return ("slice", *map(static_key, (item.start, item.stop, item.step)))
    if type(item) is float:
        return (float, item.hex())  # which tells zeros apart, and finds NaN again
    try:
        hash(item)
    except TypeError:
        raise error("autograd_static", type=type(item).__name__) from None
    return (type(item), item)


# --- making ---------------------------------------------------------------------------------


def family_of(nodes: Sequence[Node]) -> Family | None:
    """The rules that what is made of these follows now; None: it is not recorded."""
    family: Family | None = None
    for node in nodes:
        if node.family is not None and node.family is not family:
            family = node.family if family is None else _together(family, node.family)
    return family if family is not None and records(family) else None


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


def made(op: Op, nodes: Sequence[Node]) -> Any:
    """The result of an op: an Array, or a container of Arrays and plain objects."""
    family = family_of(nodes)
    constant = family is None or family is Family.INSIDE
    if constant and op.eager and all(node.value is not None for node in nodes):
        return at_once(op, nodes, family)
    try:
        result = op.result(tuple([node.type for node in nodes]))
    except AdjitNotImplementedError:
        if not constant or not op.eager:
            raise
        # Nothing is differentiated: what adjit cannot record, NumPy can do.
        for node in nodes:
            evaluate(node)
        return at_once(op, nodes, family)
    where = user_line() if state.anomaly else None
    if result.type is not None:
        node = Node(op, nodes, result.type)
        node.where = where
        if result.type.differentiable:
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
