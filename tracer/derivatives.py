"""Derivatives of recordings as users know them: adjoints of split Graphs, in JAX's convention.

A complex number is a pair of real ones to `adjoint` and `tangent`. What users give and get as
its cotangent is the conjugate of that pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..ir.graph import Block, Graph, copy_values, renamed
from ..ir.passes.adjoint import adjoint
from ..ir.passes.split import conjugated, part_of
from .modes import differentiable_outputs


def gradient(recorded: Graph, graph: Graph, wrt: Sequence[int]) -> Graph:
    """The adjoint of the first output of a Graph that was split; of a complex one: holomorphic.

    The real part alone tells the derivative of a holomorphic function.
    """
    if recorded.outputs[0].type.is_complex:
        block = Block(graph.inputs, graph.values)
        with block:
            first = part_of(graph.outputs[0], 0)
        extended = block.graph((first, *graph.outputs), graph.guards)
        found = adjoint(extended, wrt, [0], unit=True)
        found = replace(found, outputs=found.outputs[1:])
    else:
        found = adjoint(graph, wrt, [0], unit=True)
    return _conjugated(recorded, found, wrt)


def pullback(
    recorded: Graph, graph: Graph, wrt: Sequence[int], of: Sequence[int] | None = None
) -> Graph:
    """The adjoint of a Graph that was split, for cotangents as users give and take them.

    ``of``: the outputs that have cotangents; without it all that can.
    """
    of = differentiable_outputs(recorded) if of is None else of
    found = adjoint(graph, wrt, of)
    seeds = found.inputs[len(graph.inputs) :]
    flipped = [
        seed for n, seed in zip(of, seeds, strict=True) if recorded.outputs[n].type.is_complex
    ]
    if flipped:
        block = Block(found.inputs)
        with block:
            new = {seed: conjugated(seed) for seed in flipped}
            copy_values(found.values, new)
        outputs = [new.get(value, value) for value in found.outputs]
        found = block.graph(outputs, renamed(found.guards, new))
    return _conjugated(recorded, found, wrt)


def _conjugated(recorded: Graph, graph: Graph, wrt: Sequence[int]) -> Graph:
    """The derivatives by complex inputs, which follow the outputs, conjugated."""
    count = len(recorded.outputs)
    if not any(recorded.inputs[n].type.is_complex for n in wrt):
        return graph
    block = Block(graph.inputs, graph.values)
    with block:
        derivatives = [
            conjugated(g) if recorded.inputs[n].type.is_complex else g
            for n, g in zip(wrt, graph.outputs[count:], strict=True)
        ]
    return block.graph((*graph.outputs[:count], *derivatives), graph.guards)
