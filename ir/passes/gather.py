"""``gather``: the transpose of a stencil, in one pass over memory.

``y[1:-1] = x[:-2] + x[1:-1] + x[2:]`` transposes to three accumulations of one value into
regions that are shifted against each other. Native code would go over the array once for each.
Instead the value is written into an array with a margin of zeros, which is read at all shifts
at once.
"""

from __future__ import annotations

from math import prod

from ..graph import Block, Graph, Value, renamed
from ..ops import accumulate, slice_, update, zeros
from ..sizes import sample
from ..types import ArrayType

FEWEST = 3
"""Accumulations of one value from which on a pass for the margin pays."""
SMALLEST = 32
"""Elements; a smaller value is not worth it."""


def gather(graph: Graph) -> Graph:
    """The Graph with accumulations of one value into shifted regions taken together."""
    uses: dict[Value, int] = {}
    for used in (*graph.outputs, *(arg for value in graph.values for arg in value.args)):
        uses[used] = uses.get(used, 0) + 1
    last = {
        value.args[0]
        for value in graph.values
        if value.op is accumulate and value.args[0].op is accumulate and uses[value.args[0]] == 1
    }
    if not last and not any(value.regions for value in graph.values):
        return graph
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    with block:
        for value in graph.values:
            if value.op is accumulate and value in last:
                continue  # a link of a chain, which is built with its end
            if value.op is accumulate:
                new[value] = _chain(value, last, new)
                continue
            args = tuple(new[arg] for arg in value.args)
            regions = tuple(gather(region) for region in value.regions)
            new[value] = block.add(value.op, args, value.attrs, regions)
    guards = renamed(graph.guards, new)
    return block.graph([new[value] for value in graph.outputs], guards)


def _chain(end: Value, links: set[Value], new: dict[Value, Value]) -> Value:
    """The accumulations that end here, in their order, groups of one value last."""
    chain = [end]
    while chain[-1].args[0] in links:
        chain.append(chain[-1].args[0])
    y = new[chain[-1].args[0]]
    groups: dict[Value, list[Value]] = {}
    for link in reversed(chain):
        groups.setdefault(link.args[1], []).append(link)
    together = {v: group for v, group in groups.items() if _is_worth_it(v, group)}
    for link in reversed(chain):
        if link.args[1] not in together:
            y = accumulate(y, new[link.args[1]], **dict(link.attrs))
    for v, group in together.items():
        y = _gathered(y, new[v], [link.attr("start") for link in group])
    return y


def _is_worth_it(v: Value, group: list[Value]) -> bool:
    if len(group) < FEWEST or v.op.name == "broadcast":
        return False
    starts = [at for link in group for at in link.attr("start")]
    known = all(isinstance(number, int) for number in (*v.shape, *starts))
    by_one = all(step == 1 for link in group for step in link.attr("step"))
    return known and by_one and sample(prod(v.shape)) >= SMALLEST


def _gathered(y: Value, v: Value, starts: list[tuple[int, ...]]) -> Value:
    """Adds ``v`` to the regions of its shape that begin at ``starts``."""
    low = tuple(min(axis) for axis in zip(*starts, strict=True))
    reach = tuple(max(axis) - min(axis) for axis in zip(*starts, strict=True))
    ones = (1,) * len(low)
    shape = tuple(dim + 2 * r for dim, r in zip(v.shape, reach, strict=True))
    padded = update(zeros(ArrayType(v.dtype, shape)), v, start=reach, step=ones)
    size = tuple(dim + r for dim, r in zip(v.shape, reach, strict=True))
    total: Value | None = None
    for start in starts:
        # Where the region begins later, the value is read earlier.
        at = tuple(r - (s - a) for r, s, a in zip(reach, start, low, strict=True))
        part = slice_(padded, start=at, step=ones, size=size)
        total = part if total is None else total + part
    assert total is not None
    return accumulate(y, total, start=low, step=ones)
