"""``sink``: views and constants that a region only reads are built inside of it.

An array argument of a region needs a buffer. A view of something that has one anyway is an
index map inside the region, and a buffer outside; so views move in, with everything up to their
source as the new argument.
"""

from __future__ import annotations

from ..ir.graph import Block, Graph, Value, copy_values, renamed
from ..ir.op import CONST
from ..ir.ops.control import LOOP, passed
from ..ir.ops.families import LIBRARY
from .access import VIEWS, about
from .cone import CONTROL, ROOTS, home, reads_by_offset

_NOTHING = frozenset({"const", "iota", "empty", "dim"})
_STORED = ROOTS | _NOTHING | {"input"}


def sink(graph: Graph) -> Graph:
    """The Graph with regions that take as few views and constants as possible."""
    if not any(value.regions for value in graph.values):
        return graph
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    with block:
        for value in graph.values:
            args = tuple(new[arg] for arg in value.args)
            if value.op.name in CONTROL:
                new[value] = _sunk(block, value, args)
            else:
                new[value] = block.add(value.op, args, value.attrs, value.regions)
    return block.graph([new[value] for value in graph.outputs], renamed(graph.guards, new))


def _sunk(block: Block, value: Value, args: tuple[Value, ...]) -> Value:
    first = 1 + (value.attr("carried") + int(value.attr("test")) if value.op is LOOP else 0)
    skipped = first - 1 - int(value.op is LOOP and value.attr("test"))
    moved = []
    kept = list(args[:first])
    for n, arg in enumerate(args[first:], skipped):
        whole = any(region.inputs[n] in _by_library(region) for region in value.regions)
        views, source = ([], arg) if whole else _chain(arg)
        moved.append((views, source))
        if source.op.name not in _NOTHING and source not in kept[first:]:
            kept.append(source)
    regions = []
    for region in value.regions:
        inner = Block(region.inputs[:skipped])
        known = {v: v for v in region.inputs[:skipped]}
        inputs: dict[Value, Value] = {}
        with inner:
            for old, (views, source) in zip(region.inputs[skipped:], moved, strict=True):
                known[old] = _built(inner, old, views, source, inputs)
            copy_values(region.values, known)
        outputs = [known[v] for v in region.outputs]
        regions.append(sink(inner.graph(outputs)))
    return block.add(value.op, kept, value.attrs, tuple(regions))


def _built(
    inner: Block, old: Value, views: list[Value], source: Value, inputs: dict[Value, Value]
) -> Value:
    """An argument of a region, as views of an input or of a constant."""
    if source.op.name in _NOTHING:
        y = inner.add(source.op, (), source.attrs)
    elif source in inputs:
        y = inputs[source]
    elif not views:
        inner.inputs.append(old)
        y = inputs[source] = old
    else:
        y = inputs[source] = inner.input(old.attr("name"), source.type)
    for view in reversed(views):
        y = inner.add(view.op, (y,), view.attrs)
    return y


def _chain(arg: Value) -> tuple[list[Value], Value]:
    """The views to move, outermost first, and the source that remains outside."""
    views: list[Value] = []
    source = arg
    if not arg.shape:  # a register
        return [], arg
    while source.op.name in VIEWS:
        views.append(source)
        by_offset = reads_by_offset(source)
        source = source.args[0]
        if by_offset:
            break
    if source.op is CONST and source.shape and not views:
        return [], source
    # What is computed for the region alone is better computed as far as it is seen there.
    large = source.shape and about(source.shape) > about(arg.shape)
    if large and source.op.name not in _STORED:
        return [], arg
    return views, source


def _by_library(region: Graph) -> set[Value]:
    """The inputs that a library call reads: it wants them as they are."""
    found: set[Value] = set()
    for value in region.values:
        if value.op.name in LIBRARY:
            found.update(home(arg) for arg in value.args)
        elif value.op.name in CONTROL:
            for inside in value.regions:
                wanted = _by_library(inside)
                pairs = zip(inside.inputs, passed(value), strict=True)
                found.update(home(arg) for inner, arg in pairs if inner in wanted)
    return found
