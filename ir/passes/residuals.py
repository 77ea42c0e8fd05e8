"""Residuals: how the reverse part of a region gets the forward values that it needs.

An array that is updated in place is followed backwards: its last version is at hand, and each
update is undone by putting back what it overwrote, so that every older version stands in the
array at its time (`Link`). What is overwritten is kept, not what is read: the triangle
``A[i, :i]`` is read anew, and only the one element that was replaced is remembered.

Other values are computed again where that is cheap, else kept on a tape. The source of the
choice is a weight in elements: what must be taped so that a value can be computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from ..errors import IRError
from ..graph import Graph, Value, symbols
from ..op import constant_of
from ..ops.control import LOOP, get, state_of
from ..ops.families import EXPENSIVE, LIBRARY, REDUCTIONS, UPDATES
from ..sizes import sample
from ..types import Symbol, TupleType, capacity

KEPT = EXPENSIVE | REDUCTIONS | LIBRARY
"""Ops whose result is rather kept than computed again."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of an array that changes in place: ``op`` is the version after it."""

    op: Value
    base: Value


def chain(graph: Graph, first: Value, last: Value) -> list[Link] | None:
    """The in-place steps from ``first`` to ``last``, the last step first; None if it is none."""
    links: list[Link] = []
    at = last
    while at is not first:
        base = _base(at)
        if base is None:
            return None
        links.append(Link(at, base))
        at = base
    return links


def _base(value: Value) -> Value | None:
    """The version of an array that ``value`` changes in place."""
    if value.op.name in UPDATES:
        return value.args[0]
    if value.op is not get:
        return None
    y, index = value.args[0], value.attr("index")
    if y.op is LOOP:
        body = y.regions[0]
        in_place = chain(body, body.inputs[index], body.outputs[index]) is not None
        return state_of(y)[index] if in_place else None
    found = {_input_of(region, region.outputs[index]) for region in y.regions}
    position = found.pop()
    return None if found or position is None else y.args[1 + position]


def _input_of(region: Graph, output: Value) -> int | None:
    """The input of a region that an output is a later version of."""
    at: Value | None = output
    while at is not None:
        if at in region.inputs:
            return region.inputs.index(at)
        at = _base(at)
    return None


def pairs_of_cond(y: Value) -> dict[int, int]:
    """The arguments of a branch that it changes in place, and as which results."""
    pairs: dict[int, int] = {}
    for index in range(len(y.type.items)):  # type: ignore[attr-defined]
        found = {_input_of(region, region.outputs[index]) for region in y.regions}
        position = found.pop()
        if found or position is None or position in pairs:
            continue
        if y.regions[0].inputs[position].shape:
            pairs[position] = index
    return pairs


def size_of(value: Value) -> int:
    if isinstance(value.type, TupleType):
        return 0
    try:
        return sample(prod(capacity(value.type.shape)))
    except IRError:  # a size that nothing bounds
        return 1 << 40


@dataclass(slots=True)
class Residuals:
    """``how`` each forward value of a region is had; ``restored``: arrays by input position."""

    graph: Graph
    chains: Mapping[int, Sequence[Link]]
    forced: frozenset[Value]
    counts: Sequence[Value] = ()
    how: dict[Value, str] = field(default_factory=dict)
    taped: dict[Value, frozenset[Value]] = field(default_factory=dict)
    link_of: dict[Value, Link] = field(default_factory=dict)  # by the version before it
    content_of: dict[Value, Link] = field(default_factory=dict)  # by what an update wrote
    definitions: dict[Symbol, Value] = field(default_factory=dict)
    _source: dict[Value, int] = field(default_factory=dict)
    _passing: set[Value] = field(default_factory=set)  # computed from versions, which pass

    def decide(self, invariant: Iterable[Value]) -> None:
        """Fills ``how``: invariant, version, content, recompute or tape, for every value."""
        versions: set[Value] = set()
        for links in self.chains.values():
            for link in links:
                self.link_of[link.base] = link
                versions |= {link.op, link.base}
                if link.op.op.name == "update":
                    self.content_of.setdefault(link.op.args[1], link)
        for position in self.chains:
            versions.add(self.graph.inputs[position])
        free = set(invariant)
        for value in self.graph.inputs:
            if value in versions:
                self._note(value, "version")
            elif value in free:
                self._note(value, "invariant")
            else:
                self._note(value, "tape")
        for value in self.counts:
            self._note(value, "tape")
        for value in self.graph.values:
            if value.op.name == "index":
                self.definitions[value.attr("symbol")] = value
            if value in versions:
                self._note(value, "version")
            elif not isinstance(value.type, TupleType):
                self._decide_value(value)

    def _note(self, value: Value, how: str, source: int | None = None) -> None:
        if value in self.forced:
            how = "tape"
        if how in ("version", "content"):
            self._passing.add(value)
        self.how[value] = how
        self.taped[value] = frozenset({value}) if how == "tape" else frozenset()
        self._source[value] = size_of(value) if source is None else source

    def _decide_value(self, value: Value) -> None:
        needs = [*value.args, *(self.definitions[s] for s in self._bound(value))]
        constant = not value.args or constant_of(value) is not None
        passing = any(need in self._passing for need in needs)
        # Where an array was updated must be known before an older version of it is.
        where = value.op.name == "index" and passing
        if value.op is get or where or (value in self.forced and not constant):
            self._note(value, "tape")
            return
        frontier = frozenset().union(*(self.taped[arg] for arg in needs))
        size = size_of(value)
        source = sum(min(size_of(arg), self._source[arg]) for arg in value.args)
        kept = value.op.name in KEPT or value.op.expand is not None
        expensive = kept and not constant
        if value in self.content_of and (expensive or frontier):
            self._note(value, "content")
        elif (expensive and (frontier or size <= source)) or (
            frontier and sum(map(size_of, frontier)) > size and value.op.name != "index"
        ):
            self._note(value, "tape")
        else:
            self._note(value, "recompute", source)
            self.taped[value] = frontier
            if passing:
                self._passing.add(value)

    def _bound(self, value: Value) -> list[Symbol]:
        return [s for s in symbols(value) if s in self.definitions]

    def dependencies(self, value: Value) -> list[Value]:
        """The forward values that ``value`` is had from, directly."""
        how = self.how[value]
        needs = [self.definitions[s] for s in self._bound(value)]
        if how == "recompute":
            needs += value.args
        elif how == "content":
            needs.append(self.content_of[value].op)
        elif how == "version" and value in self.link_of:
            link = self.link_of[value]
            needs.append(link.op)
            needs += [self.definitions[s] for s in self._bound(link.op)]
        return [need for need in needs if need is not value]

    def closure(self, needed: Iterable[Value]) -> set[Value]:
        """Everything that must be had so that ``needed`` is."""
        found: set[Value] = set()
        stack = list(needed)
        while stack:
            value = stack.pop()
            if value not in found and value in self.how:
                found.add(value)
                stack += self.dependencies(value)
        return found

    def weight(self, needed: Iterable[Value]) -> int:
        """The elements that are kept for ``needed``, those of undone updates included."""
        closure = self.closure(needed)
        total = sum(size_of(value) for value in closure if self.how[value] == "tape")
        for links in self.chains.values():
            if any(link.op in closure or link.base in closure for link in links):
                total += sum(size_of(k.op.args[1]) for k in links if k.op.op is not get)
        return total


def choose(
    graph: Graph,
    chains: Mapping[int, Sequence[Link]],
    invariant: Sequence[Value],
    needed: Iterable[Value],
    force: Iterable[int],
    forced: frozenset[Value],
    counts: Sequence[Value],
) -> Residuals:
    """The cheaper way to each array that changes in place: follow it back, or tape what is read."""
    needed = list(needed)

    def attempt(positions: Iterable[int]) -> Residuals:
        found = Residuals(graph, {p: chains[p] for p in positions}, forced, counts)
        found.decide(invariant)
        return found

    kept = attempt(chains)
    closure = kept.closure(needed)
    used = [
        p
        for p, links in chains.items()
        if p in force
        or graph.inputs[p] in closure
        or any(link.op in closure or link.base in closure for link in links)
    ]
    best = attempt(used)
    for p in used:
        whole = any(link.op in needed or link.base in needed for link in chains[p])
        if p in force or whole or not chains[p]:
            continue
        other = attempt([q for q in best.chains if q != p])
        if other.weight(needed) < best.weight(needed):
            best = other
    return best
