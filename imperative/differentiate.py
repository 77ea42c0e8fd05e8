"""``backward`` and ``grad``: gradients of recorded arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tracer.errors import error
from . import direct
from .arrays import Array, array, wrap
from .backward import Reverse, common_family, fitting, free
from .evaluate import MOST_PENDING, flush, pending
from .marks import Mark, receive
from .modes import Family, state
from .node import Node, known
from .types import Type


def backward(
    heads: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Computes the gradients of ``heads`` by all marked arrays that they were made of.

    ``head_grads``: the gradient of something by each head, of its shape; None: ones, so that
    the gradient of a head that is no scalar is that of its sum. By the rules of PyTorch such a
    head needs one. What is recorded is forgotten then, unless ``retain_graph``.
    ``create_graph``: the gradients are recorded themselves.
    """
    simple = head_grads is None and not create_graph and type(heads) is Array
    if not simple or state.anomaly or not direct.backward(heads.node, bool(retain_graph)):
        backward_to(heads, head_grads, retain_graph, create_graph)


def backward_to(
    heads: Any, head_grads: Any, retain_graph: bool | None, create_graph: bool
) -> list[Mark]:
    """The marks that received a gradient."""
    nodes, seeds = _heads(heads, head_grads)
    reverse = Reverse(None, create_graph)
    _run(reverse, nodes, seeds)
    marks: dict[Mark, Node] = {}
    for leaf, g in reverse.found.items():
        if leaf.mark is not None:
            marks[leaf.mark] = g
    for mark, g in marks.items():
        receive(mark, g)
    if not (create_graph if retain_graph is None else retain_graph):
        free(reverse.visited)
    if len(pending.arrays) > MOST_PENDING:
        flush()
    return list(marks)


def grad(
    heads: Any,
    variables: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> Any:
    """The gradients of ``heads`` by ``variables``, which may be any recorded arrays.

    By the rules of PyTorch a tuple; by those of MXNet a list, or the only one alone if
    ``variables`` is an array. ``.grad`` stays as it is. A variable that the heads do not depend
    on is an error, or None with ``allow_unused``. See :func:`backward` for the rest.
    """
    nodes, seeds = _heads(heads, head_grads)
    alone = isinstance(variables, Array)
    wanted = [variables] if alone else list(variables)
    targets = [x.node for x in wanted]
    reverse = Reverse(targets, create_graph)
    _run(reverse, nodes, seeds)
    if not (create_graph if retain_graph is None else retain_graph):
        free(reverse.visited)
    found: list[Array | None] = []
    for n, target in enumerate(targets):
        if target not in reverse.found:
            if not allow_unused:
                raise error("autograd_unused", number=n)
            found.append(None)
        else:
            found.append(wrap(reverse.found[target]))
    if common_family(nodes) is Family.REQUIRED:
        return tuple(found)
    return found[0] if alone else found


def _run(reverse: Reverse, heads: Sequence[Node], seeds: Sequence[Node]) -> None:
    if state.anomaly:
        from .anomaly import find

        find(reverse, heads, seeds)
    else:
        reverse.run(heads, seeds)


def _heads(heads: Any, head_grads: Any) -> tuple[list[Node], list[Node]]:
    listed = [heads] if isinstance(heads, Array) else list(heads)
    if head_grads is None or isinstance(heads, Array):
        given = [head_grads] * len(listed)
    else:
        given = list(head_grads)
    if len(given) != len(listed):
        raise error("value", text=f"{len(given)} head gradients for {len(listed)} heads")
    nodes = [x.node for x in listed]
    family = common_family(nodes)
    for node in nodes:
        if node.family is None:
            raise error("autograd_constant")
    return nodes, [_seed(node, g, family) for node, g in zip(nodes, given, strict=True)]


def _seed(node: Node, g: Any, family: Family | None) -> Node:
    if g is None:
        if family is Family.REQUIRED and node.type.size != 1:
            raise error("autograd_scalar", shape=node.type.shape)
        return ones(node.type)
    return fitting((g if isinstance(g, Array) else array(g)).node, node)


_ones: dict[Type, Any] = {}


def ones(type: Type) -> Node:
    found = _ones.get(type)
    if found is None:
        found = _ones[type] = np.ones(type.shape, type.dtype)
    return known(found)


def mark_variables(variables: Any, gradients: Any, grad_reqs: Any = "write") -> None:
    """Marks arrays as `attach_grad` does, with arrays of yours for the gradients.

    ``grad_reqs``: one of "write", "add" and "null" for all, or one for each.
    """
    if isinstance(variables, Array):
        variables, gradients = [variables], [gradients]
    requests = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    for x, g, req in zip(variables, gradients, requests, strict=True):
        x.attach_grad(req)
        if req != "null":
            x.grad = g
