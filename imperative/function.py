"""``Function``: operations whose backward the user writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..tracer.errors import error
from .apply import family_of
from .arrays import Array, array, wrap, zeros_of
from .evaluate import wait_for
from .marks import apart
from .modes import Family, Scope
from .node import Node


class Function:
    """An operation with a backward of its own; as ``mxnet.autograd.Function``.

    A subclass defines ``forward(self, *inputs)`` and ``backward(self, *gradients)``, which takes
    a gradient for each result and returns one for each input, None for zero. Neither is recorded
    for derivatives, except that ``backward`` is with ``create_graph=True``: it may use inputs and
    results of forward then, and what it computes of them; what else forward computed has no
    derivative, so its use is an error. One object is called once; ``save_for_backward`` keeps
    arrays in ``saved_tensors``.
    """

    _used = False
    saved_tensors: tuple[Any, ...] = ()

    def forward(self, *inputs: Any) -> Any:
        """The results for the inputs."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self, *gradients: Any) -> Any:
        """The gradients by the inputs, for those by the results."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def save_for_backward(self, *arrays: Any) -> None:
        """Keeps arrays for ``backward``."""
        self.saved_tensors = arrays

    def __call__(self, *inputs: Any) -> Any:
        if self._used:
            raise error("runtime", text="a Function is called once: make another object")
        self._used = True
        given = [x if isinstance(x, Array) else array(x) for x in inputs]
        family = family_of([x.node for x in given])
        shown = [_inside(x, family) for x in given]
        with Scope(recording=False, enabled=False):
            found = self.forward(*shown)
        alone = not isinstance(found, tuple | list)
        results = [found] if alone else list(found)
        for y in results:
            if not isinstance(y, Array):
                raise error("type", text=f"forward returned a {type(y).__name__}, not an Array")
        if family is None:
            return found
        made = self._results(family, given, shown, results)
        # From now on these are what they were made of: a backward may use them.
        for x, y in zip(shown, given, strict=True):
            x._node = y.node
        return made[0] if alone else tuple(made)

    def _results(
        self,
        family: Family,
        given: Sequence[Array],
        shown: Sequence[Array],
        results: Sequence[Array],
    ) -> list[Array]:
        nodes = [apart(y.node) for y in results]
        rule = Rule(self, tuple([x.node for x in given]), nodes)
        made: list[Array] = []
        for y, node in zip(results, nodes, strict=True):
            if node.type.differentiable:
                node.family = family
                node.rule = rule
            own = y.node.family is Family.INSIDE and y.base is None
            if own and not any(y is other for other in (*made, *shown)):
                y._node = node
                made.append(y)
                if node.value is None:
                    wait_for(y)
            else:
                made.append(wrap(node))
        saved = {id(y): x for y, x in zip(results, made, strict=True)}
        self.saved_tensors = tuple([saved.get(id(y), y) for y in self.saved_tensors])
        return made


def _inside(x: Array, family: Family | None) -> Array:
    """An input as forward sees it, which tells what is made of it."""
    found = x.detach()
    if family is not None and x.requires_grad:
        found._node.family = Family.INSIDE
    return found


@dataclass(eq=False)
class Rule:
    """How a reverse pass gets from the results of a Function to its inputs."""

    function: Function
    inputs: tuple[Node, ...]
    results: Sequence[Node]

    def gradients(self, found: dict[Node, Node], create_graph: bool) -> list[Node | None]:
        """The gradients by the inputs; ``found``: those by the results, zero where missing."""
        given = [_gradient(y, found) for y in self.results]
        with Scope(recording=create_graph, enabled=create_graph):
            answer = self.function.backward(*given)
        answers = list(answer) if isinstance(answer, tuple | list) else [answer]
        if len(answers) != len(self.inputs):
            name = type(self.function).__name__
            raise error(
                "value",
                text=f"{name}.backward returned {len(answers)} gradients for"
                f" {len(self.inputs)} inputs: return one for each, None for zero",
            )
        return [None if g is None else _answer(g, create_graph) for g in answers]


def _gradient(y: Node, found: dict[Node, Node]) -> Array:
    return wrap(found[y]) if y in found else zeros_of(y.type)


def _answer(g: Any, create_graph: bool) -> Node:
    node = (g if isinstance(g, Array) else array(g)).node
    if node.family is Family.INSIDE:
        if create_graph:
            raise error("autograd_inside")
        return apart(node)
    return node
