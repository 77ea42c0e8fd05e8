"""``tangent``: the forward-mode derivative of a Graph, as a Graph over the same ops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import ENDLESS, IRError, NoDerivative
from ..graph import Block, Graph, Value, renamed
from ..op import Masked
from ..ops import broadcast, cond, empty, get, loop, where, zeros
from ..ops.control import COND, LOOP, passed, recomputes
from .activity import Activity, activity
from .cotangents import scale
from .prune import needed_values
from .region import fresh_names
from .shadows import is_tape, reads_tape, zero_tape
from .split import is_complex


def tangent(graph: Graph, wrt: Sequence[int]) -> Graph:
    """Value and tangents.

    Inputs: those of ``graph``, then a tangent for each input listed in ``wrt``. Outputs: those
    of ``graph``, then the tangent of each differentiable one.
    """
    if is_complex(graph):
        raise IRError("complex values have to be split into their parts before")
    block = Block(graph.inputs)
    with block:
        push = _Push(block, fresh_names(graph))
        for position in wrt:
            x = graph.inputs[position]
            if not x.type.differentiable:
                raise IRError(f"input {x.attr('name')} has dtype {x.dtype} and no derivative")
            push.tangents[x] = block.input(f"t_{x.attr('name')}", x.type)
        push.values(graph)
        results = [push.tangent(y) for y in graph.outputs if y.type.differentiable]
    outputs = (*map(push.known, graph.outputs), *results)
    return block.graph(outputs, renamed(graph.guards, push.new))


class _Push:
    """Values and tangents of one Graph, in program order.

    A loop or branch computes both at once, so its values are others than before: ``new`` says
    what became of the values of the Graph, and ``tangents`` is by the latter.
    """

    def __init__(self, block: Block, names: Iterator[str]) -> None:
        self.block = block
        self.names = names
        self.new: dict[Value, Value] = {}
        self.tangents: dict[Value, Value] = {}
        self.results: dict[Value, list[Value]] = {}

    def known(self, value: Value) -> Value:
        return self.new.get(value, value)

    def tangent(self, y: Value) -> Value:
        if y in self.tangents:
            return self.tangents[y]
        # What is written before it is read needs no zeros.
        return self.block.add(y.op, (), y.attrs) if y.op is empty else zeros(y.type)

    def _given(self, y: Value, position: int) -> Value:
        """The tangent of what a loop or branch takes."""
        x = passed(y)[position]
        if x in self.tangents or not is_tape(x.type):
            return self.tangent(x)
        if reads_tape(y, position, adding=True):
            return zero_tape(y, position, next(self.names), self.known)
        if x.op is not empty:
            raise NoDerivative(ENDLESS)
        return empty(shape=x.shape, dtype=x.dtype)

    def values(self, graph: Graph) -> None:
        found = activity(graph, self.tangents)
        needed = needed_values(graph)
        for y in graph.values:
            if y not in needed:  # it need not have a derivative
                continue
            if y.op is LOOP or y.op is COND:
                self._control(y, found)
                continue
            if y.op is get:
                self.new[y] = self.results[y.args[0]][y.attr("index")]
                continue
            args = tuple(map(self.known, y.args))
            if args == y.args:
                self.block.adopt([y])
            else:
                self.new[y] = self.block.add(y.op, args, y.attrs, y.regions)
            if y in found.values:
                t = _tangent(self.known(y), [self.tangents.get(arg) for arg in y.args])
                if t is not None:
                    self.tangents[y] = t if t.shape == y.shape else broadcast(t, shape=y.shape)

    def _control(self, y: Value, found: Activity) -> None:
        flags, results = found.regions[y], found.results[y]
        args = [self.known(arg) for arg in passed(y)]
        head = [self.known(arg) for arg in y.args[: len(y.args) - len(args)]]
        moved = [p for p, flag in enumerate(flags) if flag and any(results)]
        active = [k for k, flag in enumerate(results) if flag]
        regions = [_region(region, moved, active, self.names) for region in y.regions]
        given = [self._given(y, p) for p in moved]
        count = len(results)
        if y.op is COND:
            both = cond(head[0], [*args, *given], *regions)
        else:
            # The tangents of carried values follow these.
            (body,) = regions
            state = sum(p < count for p in moved)
            at, end = len(args) + state, len(body.outputs) - len(active)
            inputs = body.inputs
            body = Graph(
                (
                    *inputs[:count],
                    *inputs[len(args) : at],
                    *inputs[count : len(args)],
                    *inputs[at:],
                ),
                body.values,
                (*body.outputs[:count], *body.outputs[end:], *body.outputs[count:end]),
            )
            go = head[1] if y.attr("test") else None
            carried = [*args[:count], *given[:state]]
            invariant = [*args[count:], *given[state:]]
            reverse = y.attr("reverse")
            symbol, again = y.attr("symbol"), recomputes(y)
            both = loop(head[0], go, carried, invariant, body, symbol, reverse, again)
        self.results[y] = both[:count]
        for value in found.values:
            if value.op is get and value.args[0] is y:
                self.tangents[value] = both[count + active.index(value.attr("index"))]


def _region(region: Graph, moved: list[int], active: list[int], names: Iterator[str]) -> Graph:
    """Inputs: those of the region, tangents. Outputs: the results, a test, tangents."""
    block = Block(region.inputs)
    with block:
        push = _Push(block, names)
        for p in moved:
            push.tangents[region.inputs[p]] = block.input(f"t{p}", region.inputs[p].type)
        push.values(region)
        results = [push.tangent(region.outputs[k]) for k in active]
    return block.graph((*map(push.known, region.outputs), *results))


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
