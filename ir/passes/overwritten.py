"""Updates that are overwritten before anything reads them."""

from __future__ import annotations

from ..graph import Block, Graph, Value, renamed
from ..ops import update
from .prune import remove_dead


def drop_overwritten(graph: Graph) -> Graph:
    """Without updates that nothing reads before the same region is written again."""
    uses: dict[Value, int] = {}
    for used in (*graph.outputs, *(arg for value in graph.values for arg in value.args)):
        uses[used] = uses.get(used, 0) + 1
    dropped = {
        value
        for value in graph.values
        if value.op is update
        and value.args[0].op is update
        and uses[value.args[0]] == 1
        and region_of(value) == region_of(value.args[0])
    }
    if not dropped:
        return graph
    block, new = Block(graph.inputs), {value: value for value in graph.inputs}
    with block:
        for value in graph.values:
            args = tuple(new[arg] for arg in value.args)
            if value in dropped:
                args = (args[0].args[0], args[1])
            new[value] = block.add(value.op, args, value.attrs, value.regions)
    guards = renamed(graph.guards, new)
    return remove_dead(block.graph([new[value] for value in graph.outputs], guards))


def region_of(value: Value) -> tuple:
    """Start, step and size of what an update writes."""
    return value.attr("start"), value.attr("step"), value.args[1].shape
