"""The reverse pass over what is recorded: gradients as further Nodes.

Where nobody interferes, the whole pass is one Op: it records what leads from the leaves to the
heads again, takes the pullback and is compiled along with everything else. Hooks, rules of the
user (`Function`) and arrays whose gradient is asked for cut the pass in such pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np

from ..tracer.errors import error
from ..tracer.products import vjp
from . import arrays
from .apply import op_of
from .evaluate import Step, run
from .marks import heard
from .modes import Family
from .node import VOID, Node, Op, leaf_of
from .pieces import pieces


class Path:
    """Steps from some leaves to the heads, as a function of those that are differentiated by."""

    __adjit_transform__ = True
    __name__ = "recorded"

    def __init__(self, steps: Sequence[Step], heads: Sequence[int], rest: Sequence[Any]) -> None:
        self.steps = steps
        self.heads = heads
        self.rest = rest

    def __call__(self, *targets: Any) -> list[Any]:
        return run(self.steps, self.heads, [*targets, *self.rest])


class Pull:
    """The gradients by the first arguments, for the cotangents that come last."""

    def __init__(self, steps: Sequence[Step], heads: Sequence[int], targets: int) -> None:
        self.steps = steps
        self.heads = heads
        self.targets = targets

    def __call__(self, *arrays: Any) -> list[Any]:
        split = len(arrays) - len(self.heads)
        rest, seeds = arrays[self.targets : split], arrays[split:]
        path = Path(self.steps, self.heads, rest)
        _, pullback = vjp(path, *arrays[: self.targets])
        return list(pullback(list(seeds)))


class Reverse:
    """One reverse pass: ``found`` holds the gradients by Node, ``visited`` what it went through.

    ``targets``: by what to differentiate; None: by all marked leaves.
    """

    def __init__(self, targets: Sequence[Node] | None, create_graph: bool) -> None:
        self.create_graph = create_graph
        self.targets = targets
        self.found: dict[Node, Node] = {}
        self.visited: list[Node] = []
        self.stops: set[Node] = set()
        self.leaf: dict[Any, Node] = {}
        self.answers: dict[Any, Sequence[Node | None]] = {}

    def run(self, heads: Sequence[Node], seeds: Sequence[Node], every: bool = False) -> None:
        """``every``: cuts at all Nodes, so that there is a gradient by each."""
        self.visited, leaves = walk(heads, None)
        # A marked array that was written to has had several Nodes: its gradient is by all of them.
        for leaf in (*(self.targets or ()), *leaves):
            if leaf.mark is not None:
                self.leaf.setdefault(leaf.mark, leaf)
        if self.targets is None:
            targets = set(leaves)
        else:
            marks = {target.mark for target in self.targets} - {None}
            targets = {*self.targets, *[leaf for leaf in leaves if leaf.mark in marks]}
        cuts = [
            node
            for node in self.visited
            if node in targets or node.rule is not None or node.hooks
            or (every and node.type is not VOID)
        ]  # fmt: skip
        self.stops = targets.union(cuts)
        if not cuts and self.targets is None and not any(head.mark for head in heads):
            if sum(map(_weight, self.visited)) > LONGEST:
                self._by_pieces(heads, seeds)
            else:
                self.pull(heads, seeds, (self.visited, leaves))
            self._hear_leaves()
            return
        self._piece(heads, seeds)
        waiting = Counter(node.rule for node in cuts)
        for node in reversed(cuts):
            waiting[node.rule] -= 1
            if node in self.found:
                self._hear(node)
            if node.rule is None:
                if node in self.found and node.mark is None:
                    self._piece([node], [self.found[node]], within=True)
            elif not waiting[node.rule]:  # all results of the Function have their gradients
                self._by_rule(node.rule)
        self._hear_leaves()

    def _by_pieces(self, heads: Sequence[Node], seeds: Sequence[Node]) -> None:
        """The pass over what is long, where nothing interferes: each piece starts from the values
        that cross into it."""
        order = self.visited
        place = {node: n for n, node in enumerate(order)}
        args = [[place[arg] for arg in node.args if arg in place] for node in order]
        voids = {n for n, node in enumerate(order) if node.type is VOID}
        ranges = pieces(list(map(_weight, order)), args, voids)
        number = [piece for piece, (start, end) in enumerate(ranges) for _ in range(start, end)]
        starts: list[dict[Node, None]] = [{} for _ in ranges]  # of each piece: what it hands on
        for n, used in enumerate(args):
            for arg in used:
                if number[arg] != number[n]:
                    starts[number[arg]][order[arg]] = None
        for head, seed in zip(heads, seeds, strict=True):
            starts[number[place[head]]][head] = None
            self._add(head, seed)
        leaves = self.stops
        crossing = leaves.union(*starts)
        for own in reversed(starts):
            self.stops = crossing.difference(own)
            reached = [node for node in own if node in self.found]
            if reached:
                self.pull(reached, [self.found[node] for node in reached])
        self.stops = leaves

    def _hear(self, node: Node) -> None:
        """The hooks of a cut or a leaf, which may change its gradient."""
        self.found[node] = fitting(heard(node, arrays.wrap(self.found[node])).node, node)

    def _hear_leaves(self) -> None:
        for leaf in self.leaf.values():
            if leaf in self.found and leaf.mark.hooks:
                self._hear(leaf)

    def _by_rule(self, rule: Any) -> None:
        if not any(y in self.found for y in rule.results):
            return
        found = rule.gradients(self.found, self.create_graph)
        self.answers[rule] = found
        for arg, g in zip(rule.inputs, found, strict=True):
            if g is not None and arg.family is not None:
                self._piece([arg], [fitting(g, arg)])

    def _piece(self, heads: Sequence[Node], seeds: Sequence[Node], within: bool = False) -> None:
        """Adds what these heads contribute, back to the next cuts."""
        inner: list[tuple[Node, Node]] = []
        for head, seed in zip(heads, seeds, strict=True):
            if head in self.stops and not within:
                self._add(head, seed)
            else:
                inner.append((head, seed))
        if inner:
            self.pull([head for head, _ in inner], [seed for _, seed in inner])

    def pull(
        self,
        heads: Sequence[Node],
        seeds: Sequence[Node],
        walked: tuple[list[Node], list[Node]] | None = None,
    ) -> None:
        plan = Plan(heads, *(walked or walk(heads, self.stops)))
        if not plan.targets:
            return
        key = ("pull", tuple(plan.steps), tuple(plan.heads), len(plan.targets))
        op = op_of(key, lambda: _pull_op(plan))
        whole = Node(op, (*plan.targets, *plan.rest, *seeds), VOID)
        if self.create_graph:
            whole.family = common_family(whole.args)
        for n, target in enumerate(plan.targets):
            self._add(target, leaf_of(whole, n, target.type))

    def _add(self, node: Node, g: Node) -> None:
        if node.mark is not None:
            node = self.leaf.get(node.mark, node)
        old = self.found.get(node)
        if old is not None:
            total = Node(op_of(np.add, lambda: Op(np.add, "add", True)), (old, g), g.type)
            total.family = old.family or g.family
            g = total
        self.found[node] = g


def _weight(node: Node) -> int:
    return 1 if node.op is None else node.op.weight


def _pull_op(plan: Plan) -> Op:
    weight = 3 * sum(step[0].weight for step in plan.steps)
    return Op(Pull(plan.steps, plan.heads, len(plan.targets)), "pullback", weight=weight)


LONGEST = 500
"""Operations that are differentiated at once; more are in pieces."""


class Plan:
    """What leads from the ``targets`` among ``stops`` to the heads, in canonical numbers.

    ``rest``: what it needs besides, through which nothing is differentiated.
    """

    def __init__(
        self, heads: Sequence[Node], order: Sequence[Node], targets: Sequence[Node]
    ) -> None:
        self.targets = targets
        self.rest: list[Node] = []
        moving = set(targets)
        for node in order:
            if any(arg in moving for arg in node.args):
                moving.add(node)
        number: dict[Node, int] = {node: ~n for n, node in enumerate(self.targets)}
        self.steps: list[Step] = []
        for node in order:
            if node not in moving:
                continue
            for arg in node.args:
                if arg not in number:
                    number[arg] = ~(len(self.targets) + len(self.rest))
                    self.rest.append(arg)
            number[node] = len(self.steps)
            self.steps.append((node.op, *[number[arg] for arg in node.args]))
        for head in heads:
            if head not in number:
                number[head] = ~(len(self.targets) + len(self.rest))
                self.rest.append(head)
        self.heads = [number[head] for head in heads]


def walk(heads: Sequence[Node], stops: Container[Node] | None) -> tuple[list[Node], list[Node]]:
    """The recorded Nodes back to the ``stops``, arguments first, and the stops that are met.

    The heads themselves are gone through. ``stops`` None: all marked leaves, heads among them;
    what a backward has gone through before is an error then.
    """
    seen: set[Node] = set()
    order: list[Node] = []
    met: list[Node] = []
    stack = [(head, False) for head in reversed(heads)]
    top = set(heads) if stops is not None else ()
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
            continue
        if node in seen or node.family is None:
            continue
        seen.add(node)
        if node not in top:
            if node.mark is not None if stops is None else node in stops:
                met.append(node)
                continue
            if node.mark is not None:
                continue
        if stops is None and node.freed:
            raise error("autograd_freed")
        stack.append((node, True))
        args = node.args if node.rule is None else node.rule.inputs
        stack += [(arg, False) for arg in reversed(args)]
    return order, met


def free(nodes: Iterable[Node]) -> None:
    """Forgets how these were made: a second backward through them is an error."""
    for node in nodes:
        node.freed = True
        node.rule = None
        if node.value is not None:
            node.args = ()


def fitting(g: Node, node: Node) -> Node:
    """A cotangent that somebody gave for ``node``, checked, in its dtype."""
    if g.type is node.type:
        return g
    if g.type.shape != node.type.shape:
        raise error("tangent_shape", what="gradient", got=g.type.shape, wanted=node.type.shape)
    if g.type.dtype.kind == "c" and node.type.dtype.kind != "c":
        raise error("complex_seed", what="gradient", dtype=node.type.dtype)
    found: Node = arrays.wrap(g).astype(node.type.dtype).node
    return found


def common_family(nodes: Sequence[Node]) -> Family | None:
    found = {node.family for node in nodes if node.family is not None}
    if len(found) > 1:
        raise error("autograd_mixed")
    return next(iter(found), None)
