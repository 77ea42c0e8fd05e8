"""Recorded values: a Node is an Op applied to Nodes, or a value that is known.

Nodes never change what they stand for. A program in place writes to a new Node, which its array
then refers to; so what was recorded before goes on with what the array was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tracer.containers import Structure, flatten
from ..tracer.errors import error
from ..tracer.record import record
from ..tracer.recording import Identity
from ..tracer.signature import Signature
from .types import Type, type_of


class Op:
    """A function of arrays, one object for each function and set of static arguments.

    ``fun`` takes arrays only. What it returns for arguments of some types is found once, by
    recording it. ``label`` is for people. ``eager``: it is NumPy's own, which may run at once
    where nothing is left to record. ``weight``: how many operations it stands for.
    """

    __slots__ = ("eager", "fun", "label", "results", "weight")

    def __init__(
        self, fun: Callable[..., Any], label: str, eager: bool = False, weight: int = 1
    ) -> None:
        self.weight = weight
        self.fun = fun
        self.label = label
        self.eager = eager
        self.results: dict[tuple[Type, ...], Result] = {}

    def __repr__(self) -> str:
        return self.label

    def result(self, types: tuple[Type, ...]) -> Result:
        """The structure and types of the result; errors are those of recording."""
        found = self.results.get(types)
        if found is None:
            samples = tuple([type.sample() for type in types])
            found = self.results[types] = result_at(self.fun, samples)
        return found


class Result:
    """``type``: that of the only array; else ``leaves`` of ``structure``: Types or objects.

    ``guarded``: it may be another for other values, as the function looks at them.
    """

    __slots__ = ("guarded", "leaves", "structure", "type")

    def __init__(self, structure: Structure, leaves: list[Any], guarded: bool) -> None:
        self.structure = structure
        self.leaves = leaves
        self.guarded = guarded
        alone = structure.type is None and isinstance(leaves[0], Type)
        self.type: Type | None = leaves[0] if alone else None


def result_at(fun: Callable[..., Any], values: tuple[Any, ...]) -> Result:
    """The Result of a function, by recording it with these values."""
    arguments = Signature(fun).arguments(values, {})
    recording, _ = record(fun, arguments)
    if recording.draws:
        raise error("random", name="a draw", hint="draw before, and pass the numbers as an array")
    outputs = recording.graph.outputs
    leaves = [
        leaf.item if isinstance(leaf, Identity) else _type(outputs[leaf], kind)
        for leaf, kind in _leaves(recording.result)
    ]
    return Result(recording.result.structure, leaves, bool(recording.graph.guards))


def _leaves(result: Any) -> list[tuple[Any, type | None]]:
    return [
        (leaf, None if isinstance(leaf, Identity) else result.types[leaf]) for leaf in result.leaves
    ]


def _type(value: Any, kind: type | None) -> Type:
    weak = kind if kind in (int, float, complex) else None
    return type_of(np.dtype(value.dtype), tuple(value.shape), weak)


class Node:
    """``value``: what it is once it is known, an array that is never written to.

    ``family``: the rules of the marked leaves that it was recorded from, None if a derivative
    does not reach back through it. ``mark``: of a leaf by which is differentiated. ``freed``: a
    backward has gone through it. ``hooks`` and ``rule``: of the user, for the gradient by it.
    ``where``: the user's line, if somebody wants to know.
    """

    family: Any = None
    mark: Any = None
    freed = False
    hooks: Any = None
    rule: Any = None
    where: str | None = None

    def __init__(self, op: Op | None, args: Sequence[Node], type: Type, value: Any = None) -> None:
        self.op = op
        self.args = args
        self.type = type
        self.value = value


def known(value: Any) -> Node:
    """The Node of a number of Python, or of an array that nobody writes to."""
    kind = type(value)
    if kind is float or kind is int or kind is complex:
        return Node(None, (), _WEAK[kind], value)
    return Node(None, (), type_of(value.dtype, value.shape), value)


_WEAK = {
    int: type_of(np.dtype(np.int64), (), int),
    float: type_of(np.dtype(np.float64), (), float),
    complex: type_of(np.dtype(np.complex128), (), complex),
}


class _Leaf:
    """An op that takes the ``number``-th leaf of what another returns."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, whole: Any) -> Any:
        return flatten(whole)[0][self.number]


_leaf_ops: dict[int, Op] = {}


def leaf_op(number: int) -> Op:
    op = _leaf_ops.get(number)
    if op is None:
        op = _leaf_ops.setdefault(number, Op(_Leaf(number), f"leaf {number}"))
    return op


def leaf_of(whole: Node, number: int, type: Type) -> Node:
    node = Node(leaf_op(number), (whole,), type)
    node.family = whole.family
    return node


def _unknown() -> Any:
    raise error("runtime", text="the value is not known while a block is captured (hybridize)")


PLACEHOLDER = Op(_unknown, "placeholder")
"""The op of Nodes without a value, for which others are put in later."""

VOID = type_of(np.dtype("V"), ())
"""The Type of a Node that stands for several arrays."""
