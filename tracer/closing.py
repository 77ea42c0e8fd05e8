"""Graphs that use Values of the blocks around them, and how they are closed."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.graph import Block, Graph, Value, copy_values


def outside(graph: Graph) -> list[Value]:
    """The Values of enclosing blocks that a Graph uses, without constants."""
    own = {*graph.inputs, *graph.values}
    used = [arg for value in graph.values for arg in value.args]
    return list(dict.fromkeys(v for v in (*used, *graph.outputs) if v not in own))


def closed(graph: Graph, captured: Sequence[Value], at: int) -> Graph:
    """The Graph with inputs for what it captures, behind its first ``at`` inputs."""
    block = Block(graph.inputs[:at])
    new = {value: block.input(f"c{n}", value.type) for n, value in enumerate(captured)}
    block.inputs += graph.inputs[at:]
    with block:
        copy_values(graph.values, new)
    return block.graph([new.get(value, value) for value in graph.outputs])
