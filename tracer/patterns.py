"""Patterns of Jacobians while they are recorded, and what these rest on.

A pattern may rest on arrays that the function is given or captures beside what it is differentiated
by: a matrix has zeros, an array of positions has these numbers. Then a guard asks at each call
whether that still holds, and a call where it does not is another path, with a pattern of its own.
After a few of these, nothing is assumed any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Block, Graph, Value, copy_values
from ..ir.passes.batch import batch
from ..ir.passes.simplify import simplify
from ..ir.passes.sparsity import Fact, Sparsity, sparsity
from ..ir.text import print_graph
from .colour import Colouring, Pattern, colour, colour_symmetric
from .nest import Inner
from .places import Attribute, IdentityOf
from .trace import Trace

MOST = 4
"""Patterns of one Graph that may rest on what it is given."""


class Assumption:
    """An input that had these numbers (of integers), or was zero at these places (of floats)."""

    def __init__(self, place: int, array: np.ndarray) -> None:
        self.place = place
        self.array = array

    def differs(self, trace: Trace, value: Value) -> Value:
        """Whether it does not hold of a Value."""
        source = Attribute(IdentityOf(self), "array")
        known = trace.capture(source, self.array).value
        if value.type.differentiable:
            differs = ops.logical_and(known, ops.ne(value, 0))
        else:
            differs = ops.ne(value, known)
        return ops.any_(differs, axes=tuple(range(len(value.shape))))


class Colours:
    """The colours of one argument's elements (or one result's), which the products read."""

    def __init__(self, colours: np.ndarray) -> None:
        self.colours = colours


class Compression:
    """A pattern, the products that compute it, and where its elements are among them.

    ``take`` are places in the products, a row for each colour, of the elements in their order.
    """

    def __init__(
        self, pattern: Pattern, way: str, colouring: Colouring, assumed: Sequence[Assumption]
    ) -> None:
        self.pattern = pattern
        self.way = way
        self.forward = way != "reverse"
        self.count = colouring.count
        self.colours = colouring.colours
        self.assumed = assumed
        width = pattern.shape[0 if self.forward else 1]
        self.take = self.colours[colouring.columns] * width + colouring.rows
        self._parts: dict[int, Colours] = {}

    def __str__(self) -> str:
        height, width = self.pattern.shape
        plain = width if self.forward else height
        kind = "columns" if self.forward else "rows"
        elements = f"{len(self.take)} of {height * width} elements"
        return f"{self.count} products instead of {plain} ({kind}), {elements}"

    def part(self, number: int, start: int, seed: Value) -> Colours:
        """The colours of one argument or result."""
        if number not in self._parts:
            part = self.colours[start : start + seed.type.size]
            self._parts[number] = Colours(part.reshape(seed.type.ints))
        return self._parts[number]

    def holds(self, trace: Trace, given: Sequence[Value]) -> bool:
        """Whether all that was assumed holds in this recording; a guard says so of its calls."""
        if not self.assumed:
            return True
        differ = [each.differs(trace, given[each.place]) for each in self.assumed]
        anything = differ[0]
        for value in differ[1:]:
            anything = ops.logical_or(anything, value)
        return not trace.decide(anything, "other zeros or positions than the sparse pattern's")


class Patterns:
    """The patterns of one function, by its Graphs."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.known: dict[str, list[Compression]] = {}

    def of(self, inner: Inner, of: Sequence[int]) -> Compression:
        """The pattern of the outputs ``of`` by the arguments, for this recording."""
        graph, given = _closed(inner.split, of)
        known = self.known.setdefault(print_graph(graph), [])
        # Always in the same order, so that recordings of one call's paths ask the same.
        for compression in known:
            if compression.holds(inner.trace, given):
                return compression
        count = len(inner.outer)
        facts = {}
        if len(known) < MOST:
            for place, value in enumerate(given):
                fact = _fact(inner.trace, value)
                if fact is not None:
                    facts[count + place] = fact
        found = sparsity(graph, range(count), facts)
        assumed = []
        for n in found.assumed:
            array = facts[n].zero if facts[n].number is None else facts[n].number
            assert array is not None
            if not inner.trace.is_constant(given[n - count]):
                assumed.append(Assumption(n - count, array))
        way = self._way(inner, of, graph)
        compression = _compression(_pattern(found), way, assumed)
        known.append(compression)
        held = compression.holds(inner.trace, given)
        assert held
        return compression

    def _way(self, inner: Inner, of: Sequence[int], graph: Graph) -> str:
        if self.way in ("either", "symmetric") and _has_rules(graph, ("custom_vjp",)):
            return "reverse"  # it has no tangent
        if self.way == "symmetric":
            shapes = [inner.graph.outputs[slot].shape for slot in of]
            same = shapes == [x.shape for x in inner.outer]
            # A rule of the user's may be the derivative of nothing.
            ruled = _has_rules(inner.graph, ("custom_vjp", "custom_jvp"))
            return "symmetric" if same and not ruled else "forward"
        return self.way


def _closed(graph: Graph, of: Sequence[int]) -> tuple[Graph, list[Value]]:
    """The Graph of some outputs, with an input for each Value of the enclosing recording."""
    inside = {*graph.inputs, *graph.values}
    outputs = [graph.outputs[slot] for slot in of]
    used = (arg for value in graph.values for arg in value.args)
    outer = [value for value in dict.fromkeys((*used, *outputs)) if value not in inside]
    block = Block(graph.inputs)
    with block:
        new = {value: value for value in graph.inputs}
        new |= {value: block.input(f"given{n}", value.type) for n, value in enumerate(outer)}
        copy_values(graph.values, new)
    closed = simplify(block.graph([new[value] for value in outputs]))
    batched = batch(closed)
    return (closed if batched is closed else simplify(batched)), outer


def _fact(trace: Trace, value: Value) -> Fact | None:
    """What this recording sees in a Value that the Jacobian is not taken by."""
    if value.type.is_complex or trace.is_drawn(value):
        return None
    number: Any = trace.concrete(value)
    if not value.type.differentiable:
        return Fact(number=np.array(number))
    zero = np.asarray(number == 0)
    return Fact(zero=zero) if zero.any() else None


def _has_rules(graph: Graph, names: tuple[str, ...]) -> bool:
    return any(
        value.op.name in names or any(_has_rules(region, names) for region in value.regions)
        for value in graph.values
    )


def _pattern(found: Sparsity) -> Pattern:
    ids = np.concatenate([y.ravel() for y in found.outputs]) if found.outputs else np.zeros(0, int)
    starts = np.concatenate([[0], np.cumsum(found.sets.lengths(ids))])
    return Pattern((len(ids), found.sets.size), starts, found.sets.members(ids).astype(np.int64))


def _compression(pattern: Pattern, way: str, assumed: Sequence[Assumption]) -> Compression:
    """The way with the fewest products; forwards, which costs less, where there is a tie."""
    if way == "symmetric":
        common = pattern & pattern.transposed()  # where a symmetric matrix can have elements
        return Compression(common, way, colour_symmetric(common), assumed)
    found = []
    if way != "reverse":
        found.append(Compression(pattern, "forward", colour(pattern), assumed))
    if way != "forward":
        turned = pattern.transposed()
        colouring = colour(turned)
        # Elements of the transposed pattern, in the order of the pattern itself.
        mine = Colouring(colouring.colours, colouring.count, pattern.indices, pattern.rows)
        found.append(Compression(pattern, "reverse", mine, assumed))
    return min(found, key=lambda compression: compression.count)
