"""``tangent``: the forward-mode derivative of a Graph, as a Graph over the same ops."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import IRError
from ..graph import Block, Graph, Value
from ..op import Masked
from ..ops import broadcast, cond, get, loop, where, zeros
from ..ops.control import COND, LOOP, trip_of
from .activity import Activity, activity
from .cotangents import scale


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
        _push(graph, tangents)
        results = [
            tangents[y] if y in tangents else zeros(y.type)
            for y in graph.outputs
            if y.type.differentiable
        ]
    return block.graph((*graph.outputs, *results), graph.guards)


def _push(graph: Graph, tangents: dict[Value, Value]) -> None:
    """Adds the tangents of all values to those of the inputs."""
    known = activity(graph, tangents)
    for y in graph.values:
        if y.op is LOOP or y.op is COND:
            _control(y, tangents, known)
        elif y in known.values and y.op is not get:
            t = _tangent(y, [tangents.get(arg) for arg in y.args])
            if t is not None:
                tangents[y] = t if t.shape == y.shape else broadcast(t, shape=y.shape)


def _control(y: Value, tangents: dict[Value, Value], known: Activity) -> None:
    """A loop or branch over values and tangents; the values are computed along once more."""
    flags, results = known.regions[y], known.results[y]
    if not any(results):
        return
    first = len(y.args) - len(flags)
    args = y.args[first:]
    moved = [p for p, flag in enumerate(flags) if flag]
    active = [k for k, flag in enumerate(results) if flag]
    regions = [_region(region, moved, active, len(results)) for region in y.regions]
    given = [tangents[args[p]] if args[p] in tangents else zeros(args[p].type) for p in moved]
    if y.op is COND:
        found = cond(y.args[0], [*args, *given], *regions)
    else:
        # The tangents of carried values follow these.
        count = len(results)
        (body,) = regions
        state = sum(p < count for p in moved)
        at, end = len(args) + state, len(body.outputs) - state
        inputs = (*body.inputs[:count], *body.inputs[len(args) : at])
        body = Graph(
            (*inputs, *body.inputs[count : len(args)], *body.inputs[at:]),
            body.values,
            (*body.outputs[:count], *body.outputs[end:], *body.outputs[count:end]),
        )
        go = y.args[1] if y.attr("test") else None
        carried = [*args[:count], *given[:state]]
        invariant = [*args[count:], *given[state:]]
        reverse = y.attr("reverse")
        found = loop(trip_of(y), go, carried, invariant, body, y.attr("symbol"), reverse)
    for k, t in zip(active, found[len(results) :], strict=True):
        tangents[get(y, index=k)] = t


def _region(region: Graph, moved: list[int], active: list[int], count: int) -> Graph:
    """Inputs: those of the region, tangents. Outputs: the results, a test, tangents."""
    block = Block(region.inputs, region.values)
    with block:
        tangents = {
            region.inputs[p]: block.input(f"t{p}", region.inputs[p].type) for p in moved
        }
        _push(region, tangents)
        results = []
        for k in active:
            y = region.outputs[k]
            results.append(tangents[y] if y in tangents else zeros(y.type))
    return block.graph((*region.outputs, *results))


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
