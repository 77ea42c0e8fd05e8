"""``Function``: operations whose backward the user writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..tracer.errors import error
from .apply import family_of
from .arrays import Array, array, wrap, zeros_of
from .marks import apart
from .modes import Scope
from .node import Node


class Function:
    """An operation with a backward of its own; as ``mxnet.autograd.Function``.

    A subclass defines ``forward(self, *inputs)`` and ``backward(self, *gradients)``, which takes
    a gradient for each result and returns one for each input, None for zero. Neither is recorded
    for derivatives, except that ``backward`` is with ``create_graph=True``. One object is called
    once; ``save_for_backward`` keeps arrays in ``saved_tensors``.
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
        with Scope(recording=False, enabled=False):
            found = self.forward(*[x.detach() for x in given])
        alone = not isinstance(found, tuple | list)
        results = [found] if alone else list(found)
        for y in results:
            if not isinstance(y, Array):
                raise error("type", text=f"forward returned a {type(y).__name__}, not an Array")
        nodes = [apart(y.node) for y in results]
        if family is not None:
            rule = Rule(self, tuple(x.node for x in given), nodes)
            for node in nodes:
                if node.type.differentiable:
                    node.family = family
                    node.rule = rule
        made = [wrap(node) for node in nodes]
        return made[0] if alone else tuple(made)


@dataclass(eq=False)
class Rule:
    """How a reverse pass gets from the results of a Function to its inputs."""

    function: Function
    inputs: tuple[Node, ...]
    results: Sequence[Node]

    def gradients(self, found: dict[Node, Node], create_graph: bool) -> list[Node | None]:
        """The gradients by the inputs; ``found``: those by the results, zero where missing."""
        given = [_gradient(y, found) for y in self.results]
        if create_graph:
            answer = self.function.backward(*given)
        else:
            with Scope(recording=False, enabled=False):
                answer = self.function.backward(*given)
        answers = list(answer) if isinstance(answer, tuple | list) else [answer]
        if len(answers) != len(self.inputs):
            raise error("rule_count", rules=len(answers), arguments=len(self.inputs))
        return [
            None if g is None else (g if isinstance(g, Array) else array(g)).node for g in answers
        ]


def _gradient(y: Node, found: dict[Node, Node]) -> Array:
    return wrap(found[y]) if y in found else zeros_of(y.type)
