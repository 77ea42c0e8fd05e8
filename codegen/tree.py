"""The decision tree: all recorded paths of a function as one program.

Each path is a straight-line Graph with guards. Paths share the Values of their common prefix,
because all are built again in one interning Block; they part at the first guard that had
another outcome.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from ..ir.errors import IRError
from ..ir.graph import Block, Graph, Outcome, Value
from ..ir.op import INPUT
from ..ir.passes.prune import checks
from .sink import sink


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of path number ``path``; ``checks`` can raise an error before it is reached."""

    path: int
    outputs: tuple[Value, ...]
    checks: tuple[Value, ...] = ()


@dataclass(slots=True)
class Branch:
    """A guard: continues at the arm of the outcome; an outcome without arm leaves the tree.

    ``trail``: the outcomes of the guards before this one.
    """

    number: int
    value: Value
    where: str
    reason: str
    trail: tuple[Outcome, ...]
    arms: dict[tuple[type, Outcome], Node]


Node = Leaf | Branch


@dataclass(frozen=True, slots=True)
class Program:
    """A decision tree over shared inputs; ``keys`` name the inputs to the caller."""

    keys: tuple[Hashable, ...]
    inputs: tuple[Value, ...]
    values: tuple[Value, ...]
    root: Node
    branches: tuple[Branch, ...]
    leaves: tuple[Leaf, ...]


def merge(paths: Sequence[Graph], keys: Sequence[Sequence[Hashable]]) -> Program:
    """One Program from paths; ``keys[p]`` names the inputs of path p, equal keys are one input."""
    block = Block()
    inputs: dict[Hashable, Value] = {}
    branches: list[Branch] = []
    leaves: list[Leaf] = []
    root: Node | None = None
    for number, (graph, names) in enumerate(zip(paths, keys, strict=True)):
        graph = sink(graph)
        new: dict[Value, Value] = {}
        for key, value in zip(names, graph.inputs, strict=True):
            if key not in inputs:
                inputs[key] = Value(INPUT, (), value.attrs, value.type)
            new[value] = inputs[key]
        for value in graph.values:
            args = tuple(new[arg] for arg in value.args)
            new[value] = block.add(value.op, args, value.attrs, value.regions)
        found = tuple(new[value] for value in checks(graph))
        leaf = Leaf(number, tuple(new[value] for value in graph.outputs), found)
        leaves.append(leaf)
        root = _insert(root, graph, new, leaf, branches)
    if root is None:
        raise IRError("a program needs a path")
    return Program(
        tuple(inputs),
        tuple(inputs.values()),
        tuple(block.values),
        root,
        tuple(branches),
        tuple(leaves),
    )


def _insert(
    root: Node | None, graph: Graph, new: dict[Value, Value], leaf: Leaf, branches: list[Branch]
) -> Node:
    """Adds a path below ``root``; the guards it shares with others are walked along."""
    top: Node | None = root
    at: Branch | None = None
    arm: tuple[type, Outcome] | None = None
    trail: list[Outcome] = []
    node = root
    for guard in graph.guards:
        value = new[guard.value]
        if node is None:
            node = Branch(len(branches), value, guard.where, guard.reason, tuple(trail), {})
            branches.append(node)
            if at is None:
                top = node
            else:
                assert arm is not None
                at.arms[arm] = node
        # Two recordings of one guard may have loops that are pruned or extended in other ways,
        # as what follows needs them: the place of the guard tells that it is the same.
        same = isinstance(node, Branch) and (node.where, node.reason) == (guard.where, guard.reason)
        if not isinstance(node, Branch) or not (same or node.value is value):
            raise IRError(f"{guard.where}: the function took the same branches to another point")
        at, arm = node, (type(guard.expected), guard.expected)
        trail.append(guard.expected)
        node = at.arms.get(arm)
    if node is not None:
        raise IRError("a path is recorded twice")
    if at is None:
        return leaf
    assert arm is not None
    at.arms[arm] = leaf
    assert top is not None
    return top
