"""``backward`` and ``grad``: gradients of recorded arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..tracer.errors import error
from . import direct
from .arrays import Array, array, wrap, zeros_of
from .backward import Reverse, common_family, fitting, free
from .evaluate import MOST_PENDING, flush, pending
from .marks import receive, show_gradients
from .modes import Family, Scope, state
from .node import Node, known
from .types import Type


def backward(
    heads: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
    *,
    train_mode: bool = True,
    grad_tensors: Any = None,
) -> None:
    """Computes the gradients of ``heads`` by all marked arrays that they were made of.

    ``head_grads`` (or ``grad_tensors``): the gradient of something by each head, of its shape;
    None: ones, so that the gradient of a head that is no scalar is that of its sum. By the rules
    of PyTorch such a head needs one. What is recorded is forgotten then, unless
    ``retain_graph``. ``create_graph``: the gradients are recorded themselves. ``inputs``: marked
    arrays, which alone receive gradients. ``train_mode`` is accepted as MXNet has it: what was
    recorded knows in which mode it was.
    """
    simple = head_grads is None and grad_tensors is None and inputs is None and not create_graph
    simple = simple and type(heads) is Array and not state.anomaly
    if not simple or not direct.backward(heads.node, bool(retain_graph)):
        given = either("head_grads", head_grads, "grad_tensors", grad_tensors)
        backward_to(heads, given, retain_graph, create_graph, inputs)


def backward_to(
    heads: Any,
    head_grads: Any,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Any = None,
) -> None:
    targets = None if inputs is None else [x.node for x in _listed(inputs)]
    if targets is not None and any(target.mark is None for target in targets):
        raise error("value", text="inputs= of a backward are marked arrays: see grad() for others")
    with Scope(recording=create_graph, enabled=create_graph):
        nodes, seeds = _heads(heads, head_grads)
        reverse = Reverse(targets, create_graph)
        _run(reverse, nodes, seeds)
        marks = {leaf.mark: g for leaf, g in reverse.found.items() if leaf.mark is not None}
        for mark, g in marks.items():
            receive(mark, g)
        show_gradients(marks)
    _forget(reverse, retain_graph, create_graph)
    if len(pending.arrays) > MOST_PENDING:
        flush()


def grad(
    heads: Any = None,
    variables: Any = None,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
    *,
    train_mode: bool = True,
    outputs: Any = None,
    inputs: Any = None,
    grad_outputs: Any = None,
) -> Any:
    """The gradients of ``heads`` by ``variables``, which may be any recorded arrays.

    By the rules of PyTorch a tuple; by those of MXNet a list, or the only one alone if
    ``variables`` is an array. ``.grad`` stays as it is. A variable that the heads do not depend
    on is an error, None with ``allow_unused``, zeros with ``materialize_grads``. ``outputs``,
    ``inputs`` and ``grad_outputs`` are PyTorch's names of the first three. See :func:`backward`
    for the rest.
    """
    heads = either("heads", heads, "outputs", outputs)
    variables = either("variables", variables, "inputs", inputs)
    given = either("head_grads", head_grads, "grad_outputs", grad_outputs)
    wanted = _listed(variables)
    targets = [x.node for x in wanted]
    with Scope(recording=create_graph, enabled=create_graph):
        nodes, seeds = _heads(heads, given)
        family = common_family([*nodes, *targets])
        reverse = Reverse(targets, create_graph)
        _run(reverse, nodes, seeds)
        found = [
            _found(reverse, n, target, allow_unused, materialize_grads)
            for n, target in enumerate(targets)
        ]
    _forget(reverse, retain_graph, create_graph)
    if family is Family.REQUIRED:
        return tuple(found)
    return found[0] if isinstance(variables, Array) else found


def _found(
    reverse: Reverse, n: int, target: Node, allow_unused: bool | None, zeros: bool
) -> Array | None:
    if target in reverse.found:
        return wrap(reverse.found[target])
    if zeros:
        return zeros_of(target.type)
    if allow_unused:
        return None
    unmarked = target.family is None
    raise error("autograd_unmarked_variable" if unmarked else "autograd_unused", number=n)


def _forget(reverse: Reverse, retain_graph: bool | None, create_graph: bool) -> None:
    if not (create_graph if retain_graph is None else retain_graph):
        free(reverse.visited)


def either(one: str, x: Any, other: str, y: Any) -> Any:
    if x is not None and y is not None:
        raise error("autograd_both", one=one, other=other)
    return y if x is None else x


def _listed(items: Any) -> list[Array]:
    alone = isinstance(items, Array) or not isinstance(items, Iterable | None)
    found = [items] if alone else list(items or ())
    for x in found:
        if not isinstance(x, Array):
            kind = type(x).__name__
            raise error("type", text=f"gradients are of and by an adjit.Array, not a {kind}")
    if not found:
        raise error("value", text="there is nothing to differentiate, or nothing to do it by")
    return found


def _run(reverse: Reverse, heads: Sequence[Node], seeds: Sequence[Node]) -> None:
    if state.anomaly:
        from .anomaly import find

        find(reverse, heads, seeds)
    else:
        reverse.run(heads, seeds)


def _heads(heads: Any, head_grads: Any) -> tuple[list[Node], list[Node]]:
    listed = _listed(heads)
    if head_grads is None:
        given: list[Any] = [None] * len(listed)
    elif isinstance(heads, Array) and not _of_heads(head_grads):
        given = [head_grads]
    else:
        given = [head_grads] if isinstance(head_grads, Array) else list(head_grads)
    if len(given) != len(listed):
        raise error("value", text=f"{len(given)} head gradients for {len(listed)} heads")
    nodes = [x.node for x in listed]
    family = common_family(nodes)
    for node in nodes:
        if node.family is None:
            raise error("autograd_constant")
    return nodes, [_seed(node, g, family) for node, g in zip(nodes, given, strict=True)]


def _of_heads(given: Any) -> bool:
    """Whether these are head gradients, and not the numbers of one."""
    return isinstance(given, list | tuple) and any(isinstance(g, Array) for g in given)


def _seed(node: Node, g: Any, family: Family | None) -> Node:
    if g is None:
        if family is Family.REQUIRED and node.type.size != 1:
            raise error("autograd_scalar", shape=node.type.shape)
        if node.type.dtype.kind == "c":
            raise error("autograd_complex")
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
