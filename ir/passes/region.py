"""The derivative of one region: the body of a loop, or one way of a branch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ..graph import Block, Graph, Value, symbols
from ..op import const, placeholder
from ..ops import dim, get, index, slice_, zeros
from ..ops.control import UNBOUNDED, passed
from ..sizes import largest, sample
from ..types import (
    BOOL,
    I64,
    ArrayType,
    Symbol,
    TupleType,
    capacity,
    upper_bound,
)
from .backward import Backward, Key, Tapes, TooEarlyError
from .cotangents import Cotangent, indicator
from .forward import Extra, Forward
from .residuals import Residuals, chain, choose

TAPE_LIMIT = 1 << 31
"""Elements; a tape that could be larger grows as it is written."""


@dataclass(frozen=True, slots=True)
class Context:
    """The symbols of the loops around a region, and names for new ones."""

    loops: tuple[Symbol, ...]
    names: Iterator[str]

    def inside(self, loop: Symbol) -> Context:
        return Context((*self.loops, loop), self.names)

    def tapes(self) -> Tapes:
        bounds = [None if s.high is None else upper_bound(s.high) for s in self.loops]
        sizes = [None if bound is None else largest(bound + 1, 1) for bound in bounds]
        at = tuple(s.dim for s in self.loops)
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes) and sample(prod(known)) < TAPE_LIMIT:
            return Tapes(tuple(known), at, None)
        if len(sizes) == 1:
            return Tapes((UNBOUNDED,), at, None)
        number = Symbol(next(self.names))
        return Tapes((UNBOUNDED,), (number.dim,), number)


@dataclass
class Region:
    """``flags``: the active inputs; ``pairs``: inputs that stand in the place of an output.

    ``seeded``: the outputs (of the first ``results``) that have cotangents. Afterwards
    ``masked``: the inputs whose cotangents have a mask, of what they can be non-zero in. Afterwards
    ``added`` are the inputs whose shadows are added to, ``restored`` the arrays that the
    reverse part takes back to what they were, ``outer`` the inputs that it reads.
    """

    graph: Graph
    flags: Sequence[bool]
    pairs: dict[int, int]
    seeded: Sequence[int]
    results: int
    is_loop: bool
    context: Context
    make_sweep: Callable[..., Any]
    masked: Sequence[int] = ()
    added: list[int] = field(init=False)
    direct: list[int] = field(init=False)
    restored: list[int] = field(init=False, default_factory=list)
    outer: list[int] = field(init=False, default_factory=list)
    extras: tuple[Extra, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self.graph = _with_results(self.graph)
        self.direct = [p for p in self.pairs if self.flags[p]]
        self.added = [p for p, flag in enumerate(self.flags) if flag and p not in self.pairs]
        inputs, outputs = self.graph.inputs, self.graph.outputs
        self._links = found = {
            p: chain(self.graph, inputs[p], outputs[k]) for p, k in self.pairs.items()
        }
        self.chains = {p: links for p, links in found.items() if links and inputs[p].shape}
        # Arguments of a branch stand outside as they were; carried values do not, unless they
        # never change.
        self.fixed = [
            x
            for p, x in enumerate(inputs)
            if p not in self.chains and (not self.is_loop or p not in self.pairs or found[p] == [])
        ]

    # --- differentiation ----------------------------------------------------------------------

    def differentiate(self, force: set[int]) -> None:
        """``force``: the arrays that must be given back."""
        self.force = force
        inner_force: dict[Value, set[int]] = {}
        forced: frozenset[Value] = frozenset()
        while True:
            self._sweep(inner_force)
            residuals = self._choose(force & set(self.chains), forced)
            missing = self._missing(residuals)
            if missing:
                for y, positions in missing.items():
                    inner_force.setdefault(y, set()).update(positions)
                continue
            try:
                self._emit(residuals)
                return
            except TooEarlyError as problem:
                forced |= {problem.value}

    def _sweep(self, force: dict[Value, set[int]]) -> None:
        graph = self.graph
        wrt = [x for x, flag in zip(graph.inputs, self.flags, strict=True) if flag]
        self.sweep = sweep = self.make_sweep(graph, wrt, self._inner_context(), force)
        block = Block(graph.inputs, graph.values)
        with block:
            self.seeds = {k: placeholder(f"g{k}", graph.outputs[k].type) for k in self.seeded}
            self.masks = {p: placeholder(f"m{p}", self._mask_type(p)) for p in self.masked}
            at = {k: self.masks[p] for p, k in self.pairs.items() if p in self.masks}
            for k, g in self.seeds.items():
                sweep.add(graph.outputs[k], g, at.get(k), False, k in at)
            self.shadows = {p: placeholder(f"s{p}", graph.inputs[p].type) for p in self.added}
            for p, s in self.shadows.items():
                old = sweep.table.get(graph.inputs[p])
                total = s if old is None else s + old.settled()
                mask = self.masks.get(p) if old is None else None
                sweep.table[graph.inputs[p]] = Cotangent(total, mask, False, mask is not None)
            sweep.run()
            self.targets = []
            for p in (*self.direct, *self.added):
                found = sweep.table.get(graph.inputs[p])
                self.targets.append(
                    zeros(graph.inputs[p].type) if found is None else found.settled()
                )
            for p in self.masked:
                found = sweep.table.get(graph.inputs[p])
                nowhere = zeros(self._mask_type(p))
                x = graph.inputs[p]
                self.targets.append(nowhere if found is None else indicator(found.mask, x))
        self.values = block.values[len(graph.values) :]

    def _mask_type(self, position: int) -> ArrayType:
        return self.graph.inputs[position].type.with_dtype(BOOL)

    def _inner_context(self) -> Context:
        """The loops around what stands in the region."""
        return self.context

    def _choose(self, force: set[int], forced: frozenset[Value]) -> Residuals:
        own = {*self.values, *self.given}
        inner = [e for found in self.sweep.replaced.values() for e in found.extras]
        counts = [e.final for e in inner if e.kind == "count"]
        own |= {e.final for e in inner if e.kind != "count"}
        used = [arg for value in self.values for arg in value.args] + self.targets
        definitions = {v.attr("symbol"): v for v in self.graph.values if v.op is index}
        mentioned = (
            dict.fromkeys(s for value in self.values for s in symbols(value)) if definitions else ()
        )
        used += [definitions[s] for s in mentioned if s in definitions]
        needed = list(dict.fromkeys(value for value in used if value not in own))
        return choose(self.graph, self.chains, self.fixed, needed, force, forced, counts)

    def _missing(self, residuals: Residuals) -> dict[Value, set[int]]:
        """The inner loops and branches that must give an array back and do not."""
        missing: dict[Value, set[int]] = {}
        for links in residuals.chains.values():
            for link in links:
                if link.op.op is get and link.base not in self.sweep.restored:
                    y = link.op.args[0]
                    missing.setdefault(y, set()).add(passed(y).index(link.base))
        return missing

    def _emit(self, residuals: Residuals) -> None:
        graph = self.graph
        self.tapes_of = self.context.tapes()
        self.threaded = {
            e: Extra(e.kind, e.type)
            for found in self.sweep.replaced.values()
            for e in found.extras
            if e.kind != "count"
        }
        back = Backward(graph, residuals, self.tapes_of, sizes)
        self.back = back
        for v in self.given:
            back.new[v] = v
        for e, own in self.threaded.items():
            back.new[e.final] = back.tape(own) if e.kind == "tape" else back.counter(own)
        # An array that only the other way of a branch changes is given back as it is.
        still = {p for p in self.force if self._links[p] == [] and p not in residuals.chains}
        self.restored = sorted({*residuals.chains, *still})
        self.last = {p: placeholder(f"r{p}", graph.inputs[p].type) for p in self.restored}
        for p, value in self.last.items():
            back.new[graph.outputs[self.pairs[p]]] = value
            if p in still:
                back.new[graph.inputs[p]] = value
        for version, value in self.sweep.restored.items():
            back.given_back.setdefault(value, []).append(version)
        back.emit(self.values)
        self.outputs = [back.need(target) for target in self.targets]
        self.outputs += [back.need(graph.inputs[p]) for p in self.restored]
        self.outer = list(back.outer)
        tapes = self.tapes_of
        counter = () if tapes.counter is None else (tapes.counter,)
        self.extras = (*tapes.extras.values(), *counter, *self.threaded.values())

    @property
    def given(self) -> list[Value]:
        """What the reverse part is given of cotangents."""
        return [*self.seeds.values(), *self.shadows.values(), *self.masks.values()]

    @property
    def tapes(self) -> list[Extra]:
        return [extra for extra in self.extras if extra.kind == "tape"]

    @property
    def counters(self) -> list[Extra]:
        return [extra for extra in self.extras if extra.kind == "counter"]

    def join(self, other: Region) -> None:
        """Gives two ways of a branch the same inputs and extras."""
        self.extras = other.extras = (*self.extras, *other.extras)
        self.outer = other.outer = list(dict.fromkeys([*self.outer, *other.outer]))

    # --- results ------------------------------------------------------------------------------

    def backward(self) -> Graph:
        """Inputs: seeds, shadows, arrays to restore, counters; then what is only read, tapes."""
        back = self.back
        carried = [*self.given, *self.last.values()]
        counters = [back.counter(extra) for extra in self.counters]
        rest = [back._input(p) for p in self.outer] + [back.tape(extra) for extra in self.tapes]
        outputs = list(self.outputs)
        done = {
            own: back.new[self.sweep.counters[e]]
            for e, own in self.threaded.items()
            if e in self.sweep.counters
        }
        for extra, start in zip(self.counters, counters, strict=True):
            if extra is self.tapes_of.counter:
                outputs.append(back.new[extra.final])
            else:
                outputs.append(done.get(extra, start))
        return Graph((*carried, *counters, *rest), tuple(back.block.values), tuple(outputs))

    def forward(self) -> Graph:
        """The region with its extras: more inputs behind the first ``results``, and outputs."""
        graph, tapes = self.graph, self.tapes_of
        given = {extra: placeholder(extra.kind, extra.type) for extra in self.extras}
        now = dict(given)
        block = Block()
        with block:
            if tapes.counter is not None:
                index(given[tapes.counter], symbol=tapes.numbered, where="")
            builder = Forward(self.sweep.replaced, lambda e: self._first(e, given))
            new = builder.new

            def push(key: Key, v: Value) -> None:
                extra = tapes.extras.get(key)
                if extra is not None:
                    now[extra] = tapes.push(now[extra], v)

            for x in graph.inputs:
                push(("value", x), x)
            for value in graph.values:
                if ("old", value) in tapes.extras:
                    base, content = (new.get(arg, arg) for arg in value.args)
                    attrs = {"start": value.attr("start"), "step": value.attr("step")}
                    push(("old", value), slice_(base, **attrs, size=content.shape))
                builder.step(value)
                push(("value", value), new[value])
                for e in getattr(self.sweep.replaced.get(value), "extras", ()):
                    push(("value", e.final), new[e.final])
            for e, own in self.threaded.items():
                now[own] = new[e.final]
            if tapes.counter is not None:
                now[tapes.counter] = given[tapes.counter] + 1
        outputs = [new.get(v, v) for v in graph.outputs]
        first, rest = graph.inputs[: self.split], graph.inputs[self.split :]
        results, test = outputs[: self.results], outputs[self.results :]
        return Graph(
            (*first, *given.values(), *rest),
            tuple(block.values),
            (*results, *now.values(), *test),
        )

    @property
    def split(self) -> int:
        """Where extras stand among the inputs: behind the carried values of a loop."""
        return self.results if self.is_loop else len(self.graph.inputs)

    def _first(self, extra: Extra, given: dict[Extra, Value]) -> Value:
        return const(0, I64) if extra.kind == "count" else given[self.threaded[extra]]


def _with_results(graph: Graph) -> Graph:
    """The Graph with a ``get`` for each result of its loops and branches, used or not."""
    block = Block(graph.inputs)
    with block:
        for value in graph.values:
            block.adopt([value])
            for n in range(len(value.type.items) if isinstance(value.type, TupleType) else 0):
                found = next(
                    (
                        v
                        for v in graph.values
                        if v.op is get and v.args[0] is value and v.attr("index") == n
                    ),
                    None,
                )
                if found is None:
                    get(value, index=n)
    return Graph(graph.inputs, tuple(block.values), graph.outputs)


def sizes(value: Value) -> tuple[int, ...]:
    return capacity(value.type.shape)


def counted(
    body: Graph, results: int, extras: tuple[Extra, ...], loop: Symbol
) -> tuple[tuple[Extra, ...], Graph, Value]:
    """A loop that a test ends, with the number of its iterations as one more extra."""
    count = Extra("count", ArrayType(I64, ()))
    at = results + len(extras)
    block = Block((), body.values)
    with block:
        number = dim(value=loop.dim + 1)
    inputs = (*body.inputs[:at], placeholder("count", count.type), *body.inputs[at:])
    outputs = (*body.outputs[:at], number, *body.outputs[at:])
    return (*extras, count), Graph(inputs, tuple(block.values), outputs), count.final


def fresh_names(graph: Graph) -> Iterator[str]:
    """Names that no symbol of the Graph has."""
    taken = _symbol_names(graph)
    return (name for name in map("p{}".format, itertools.count()) if name not in taken)


def _symbol_names(graph: Graph) -> set[str]:
    found: set[str] = set()
    for value in graph.values:
        if value.op.name in ("loop", "index"):
            found.add(value.attr("symbol").name)
        for region in value.regions:
            found |= _symbol_names(region)
    return found
