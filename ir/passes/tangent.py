"""``tangent``: the forward-mode derivative of a Graph, as a Graph over the same ops."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import IRError
from ..graph import Block, Graph, Value
from ..op import Masked
from ..ops import broadcast, where, zeros
from .adjoint import check_captures, scale


def tangent(graph: Graph, wrt: Sequence[int]) -> Graph:
    """Value and tangents.

    Inputs: those of ``graph``, then a tangent for each input listed in ``wrt``. Outputs: those
    of ``graph``, then the tangent of each differentiable one.
    """
    block = Block(graph.inputs, graph.values)
    with block:
        tangents: dict[Value, Value] = {}
        for position in wrt:
            x = graph.inputs[position]
            if not x.type.differentiable:
                raise IRError(f"input {x.attr('name')} has dtype {x.dtype} and no derivative")
            tangents[x] = block.input(f"t_{x.attr('name')}", x.type)
        for y in graph.values:
            check_captures(y, tangents)
            if y.type.differentiable and any(arg in tangents for arg in y.args):
                t = _tangent(y, [tangents.get(arg) for arg in y.args])
                if t is not None:
                    tangents[y] = t if t.shape == y.shape else broadcast(t, shape=y.shape)
        results = [
            tangents[y] if y in tangents else zeros(y.type)
            for y in graph.outputs
            if y.type.differentiable
        ]
    return block.graph((*graph.outputs, *results), graph.guards)


def _tangent(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    if y.op.kind == "linear":
        known = [zeros(x.type) if t is None else t for x, t in zip(y.args, tangents, strict=True)]
        return y.op(*known, **dict(y.attrs))
    if y.op.kind == "general":
        assert y.op.jvp is not None
        return y.op.jvp(y, tangents)
    total: Value | None = None
    for t, partial in zip(tangents, y.op.partials, strict=True):
        if t is None or partial is None:
            continue
        factor = partial(*y.args, y)
        if isinstance(factor, Masked):
            term = where(factor.mask, scale(t, factor.value), 0.0)
        else:
            term = scale(t, factor)
        total = term if total is None else total + term
    return total
