"""``unlink``: once all derivatives are taken, values do not need rules for them."""

from __future__ import annotations

from ..graph import Block, Graph, Value, renamed
from ..ops.custom import CUSTOM_JVP, CUSTOM_VJP

_LINKS = (CUSTOM_VJP, CUSTOM_JVP)


def unlink(graph: Graph) -> Graph:
    """The Graph with each value in the place of the one that has a rule for its derivative."""
    if not any(value.regions for value in graph.values):
        return graph
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    with block:
        for value in graph.values:
            args = tuple(new[arg] for arg in value.args)
            if value.op in _LINKS:
                new[value] = args[0]
                continue
            regions = tuple(unlink(region) for region in value.regions)
            new[value] = block.add(value.op, args, value.attrs, regions)
    outputs = [new[value] for value in graph.outputs]
    return block.graph(outputs, renamed(graph.guards, new))
