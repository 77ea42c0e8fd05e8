"""The reverse sweep over the values of one Graph, loops and branches included.

A loop becomes two: one that runs forward and keeps what is needed (``forward``), and one that
runs backward with the cotangents as carried values. Arrays that the loop changes in place have
shadows that are changed in place; what it only reads has a shadow that it adds to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..graph import Graph, Value
from ..ops import cond, get, loop, zeros
from ..ops.control import COND, LOOP, passed, recomputes, state_of, trip_of
from ..types import BOOL
from .activity import activity
from .cotangents import Cotangent, Cotangents, indicator, unbounded
from .forward import Extra, Replaced
from .recomputed import Recomputed
from .region import Context, Region, counted
from .residuals import pairs_of_cond
from .shadows import is_tape, reads_tape, zero_tape


class Sweep(Cotangents):
    """``context``: the symbols of the loops around the Graph.

    ``force``: the arrays (by input of its region) that the reverse part of a loop or branch
    must give back as they were before it.
    """

    def __init__(
        self,
        graph: Graph,
        wrt: Iterable[Value],
        context: Context,
        force: dict[Value, set[int]] | None = None,
    ) -> None:
        self.activity = activity(graph, wrt)
        super().__init__(self.activity.values, unbounded(graph))
        self.graph = graph
        self.context = context
        self.force = force or {}
        self.replaced: dict[Value, Replaced] = {}
        self.restored: dict[Value, Value] = {}  # version before a loop or branch -> given back
        self.counters: dict[Extra, Value] = {}  # counters of inner regions, given back
        self._results: dict[Value, dict[int, Cotangent]] = {}

    def run(self) -> None:
        """Hands the cotangents of all values on, from the last to the first."""
        for y in reversed(self.graph.values):
            if y.op is get:
                found = self.take(y)
                if found is not None:
                    self._results.setdefault(y.args[0], {})[y.attr("index")] = found
            elif y.op is LOOP or y.op is COND:
                results, force = self._results.pop(y, {}), self.force.get(y, set())
                if results or force:
                    (self._loop if y.op is LOOP else self._cond)(y, results, force)
            elif y in self.active:
                self.propagate(y)

    def _shadow(self, y: Value, position: int) -> Cotangent:
        """The cotangent so far of what a region takes, to be added to."""
        x = passed(y)[position]
        old = self.take(x)
        if old is not None:
            return Cotangent(old.settled(), old.mask)
        if is_tape(x.type):
            return Cotangent(zero_tape(y, position, next(self.context.names)))
        return self._nothing(x)

    def _comes_back(self, y: Value, position: int) -> bool:
        """Whether what nobody reads after a loop or branch has a cotangent before it."""
        return not is_tape(passed(y)[position].type) or reads_tape(y, position)

    def _still(self, y: Value, position: int) -> Cotangent:
        """The cotangent of what nobody reads after a loop or branch."""
        x = passed(y)[position]
        if is_tape(x.type):
            return Cotangent(zero_tape(y, position, next(self.context.names)))
        return self._nothing(x)

    def _nothing(self, x: Value) -> Cotangent:
        """Zeros; with a mask of what is read where a derivative may be infinite elsewhere.

        Inside of loops only such masks are carried on: one of its own would be as much work as
        the whole array in each iteration.
        """
        nowhere = zeros(x.type.with_dtype(BOOL)) if self._is_suspect(x) else None
        return Cotangent(zeros(x.type), nowhere)

    def _is_suspect(self, x: Value) -> bool:
        return x in self.unbounded and not self.context.loops and bool(x.shape)

    def _replaced(self, x: Value, g: Cotangent) -> Cotangent:
        """The cotangent of what an array becomes, which may write over places of it."""
        if g.mask is not None or not self._is_suspect(x):
            return g
        return Cotangent(g.value, indicator(None, x))

    def _masks(self, before: Mapping[int, Cotangent], args: Sequence[Value]) -> dict[int, Value]:
        """The masks that a region goes on with, by input position."""
        return {p: indicator(g.mask, args[p]) for p, g in before.items() if g.mask is not None}

    def _loop(self, y: Value, results: dict[int, Cotangent], force: set[int]) -> None:
        body, state, symbol = y.regions[0], state_of(y), y.attr("symbol")
        count = len(state)
        args = passed(y)
        flags = list(self.activity.regions[y]) if results else [False] * len(args)
        for p in range(count):
            flags[p] = flags[p] and (p in results or self._comes_back(y, p))
        seeded = [p for p in range(count) if flags[p]]
        pairs = {p: p for p in range(count)}
        added = [p for p, flag in enumerate(flags) if flag and p >= count]
        before = {
            p: self._replaced(state[p], results[p]) if p in results else self._still(y, p)
            for p in seeded
        }
        before |= {p: self._shadow(y, p) for p in added}
        masks = self._masks(before, args)
        inside = self.context.inside(symbol)
        kind = Recomputed if recomputes(y) else Region
        region = kind(body, flags, pairs, seeded, count, True, inside, Sweep, tuple(masks))
        region.differentiate(force)
        extras, forward = region.extras, region.forward()
        trip = trip_of(y)
        if y.attr("test"):
            extras, forward, trip = counted(forward, count, extras, symbol)
        if extras:
            self.replaced[y] = Replaced((forward,), extras)
        first = [g.settled() for g in before.values()] + list(masks.values())
        first += [get(y, index=p) for p in region.restored]
        first += [extra.final for extra in region.counters]
        rest = [args[p] for p in region.outer] + [extra.final for extra in region.tapes]
        backward = region.backward()
        found = loop(trip, None, first, rest, backward, symbol, not y.attr("reverse"))
        self._distribute(region, args, found, seeded)

    def _distribute(
        self, region: Region, args: Sequence[Value], found: Sequence[Value], direct: Sequence[int]
    ) -> None:
        """Hands on what the reverse loop or branch has computed."""
        results = iter(found)
        values = {p: next(results) for p in (*direct, *region.added)}
        masks = {p: next(results) for p in region.masked}
        for p, g in values.items():
            self.add(args[p], g, masks.get(p), False, p in masks)
        for p in region.restored:
            self.restored[args[p]] = next(results)
        for extra in region.counters:
            self.counters[extra] = next(results)

    def _cond(self, y: Value, results: dict[int, Cotangent], force: set[int]) -> None:
        c, args = y.args[0], passed(y)
        flags = self.activity.regions[y] if results else [False] * len(args)
        pairs = pairs_of_cond(y)
        active = self.activity.results[y] if results else [False] * len(y.regions[0].outputs)
        place = {k: p for p, k in pairs.items()}
        items = y.type.items  # type: ignore[attr-defined]
        seeded = [
            k
            for k, flag in enumerate(active)
            if flag
            and (
                k in results
                or (self._comes_back(y, place[k]) if k in place else not is_tape(items[k]))
            )
        ]
        flags = [
            flag and not (is_tape(arg.type) and p in pairs and pairs[p] not in seeded)
            for p, (arg, flag) in enumerate(zip(args, flags, strict=True))
        ]
        direct = [p for p in pairs if flags[p]]
        seeds = {
            k: results[k]
            if k in results
            else self._still(y, place[k])
            if is_tape(items[k])
            else Cotangent(zeros(items[k]))
            for k in seeded
        }
        added = [p for p, flag in enumerate(flags) if flag and p not in pairs]
        before = {p: seeds[pairs[p]] for p in direct if pairs[p] in seeds}
        before |= {p: self._shadow(y, p) for p in added}
        masks = self._masks(before, args)
        regions: list[Region] = []
        wanted = set(force)
        while True:
            regions = [
                Region(
                    part,
                    flags,
                    pairs,
                    seeded,
                    len(active),
                    False,
                    self.context,
                    Sweep,
                    tuple(masks),
                )
                for part in y.regions
            ]
            for region in regions:
                region.differentiate(wanted)
            more = {p for region in regions for p in region.restored}
            if more == wanted or all(set(region.restored) == more for region in regions):
                break
            wanted = more
        then, other = regions
        then.join(other)
        if then.extras:
            self.replaced[y] = Replaced((then.forward(), other.forward()), then.extras)
        first = [g.settled() for g in seeds.values()]
        first += [before[p].settled() for p in added] + list(masks.values())
        first += [get(y, index=pairs[p]) for p in then.restored]
        first += [extra.final for extra in then.counters]
        rest = [args[p] for p in then.outer] + [extra.final for extra in then.tapes]
        parts = [region.backward() for region in regions]
        found = cond(c, [*first, *rest], *parts)
        self._distribute(then, args, found, direct)
