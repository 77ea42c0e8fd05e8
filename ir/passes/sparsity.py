"""``sparsity``: which elements of the outputs may depend on which elements of the inputs.

The Graph is run on sets in place of numbers (`index_sets`): an element's set holds the elements
of the inputs that a derivative may reach it from. Ops that move elements move the sets, by their
own reference; arithmetic unites them; of everything else, an element depends on all elements of
all arguments. So a set may be too large, but never too small.

What is independent of the inputs is a number where it is known, so loops run with their indices.
A number that is known and zero lets nothing through a product. Facts like these, of a Graph's
other inputs, are assumptions: those that the result rests on are returned with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Graph, Value, symbols
from ..interpret import checked_index, evaluate
from ..ops import CUSTOM_JVP, CUSTOM_VJP
from ..ops.control import COND, LOOP, STAND_IN_ROWS, UNBOUNDED, get
from ..ops.families import REDUCTIONS, REGIONS, UPDATES
from ..ops.structure import region
from ..types import Affine, evaluate_dim
from .contractions import Factor, contracted
from .index_sets import EMPTY, IndexSets
from .prune import needed_values
from .vanishing import MOVES, spread, zeros_of

STEPS, WORK = 1_000_000, 50_000_000
"""Ops of loops, and elements of them, that are run iteration by iteration; that takes about ten
seconds. In the rest every iteration is any one."""

ROUNDS = 8
"""Tries to find what a loop of unknown length carries, before all of it depends on everything."""

Names = frozenset[int]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a Value.

    ``ids``: the number of the set of each element, or one number for all of them (``int``), which
    is how a Value has them whose shape is unknown. ``number``: its value. ``zero``: elements that
    are surely zero. ``by``: the inputs that this was assumed of.
    """

    ids: np.ndarray | int = EMPTY
    number: Any = None
    zero: np.ndarray | None = None
    by: Names = frozenset()

    @property
    def zeros(self) -> np.ndarray | None:
        return self.zero if self.number is None else np.asarray(self.number) == 0

    @property
    def moves(self) -> bool:
        return not isinstance(self.ids, int) or self.ids != EMPTY


NOTHING = Fact()
_NOBODY: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Sparsity:
    """For each output the numbers of its elements' sets, and the inputs that were assumed of."""

    sets: IndexSets
    outputs: tuple[np.ndarray, ...]
    assumed: tuple[int, ...]


def sparsity(graph: Graph, wrt: Sequence[int], assume: Mapping[int, Fact]) -> Sparsity:
    """The dependence of the outputs on the elements of the inputs ``wrt``, one behind the other.

    ``assume``: facts of other inputs. Sizes of inputs and outputs are known numbers.
    """
    sizes = [graph.inputs[n].type.size for n in wrt]
    sets = IndexSets(sum(sizes))
    run = _Run(sets)
    parts = np.split(sets.singles(), np.cumsum(sizes)[:-1]) if sizes else []
    facts = {n: Fact(number=f.number, zero=f.zero, by=frozenset([n])) for n, f in assume.items()}
    for n, part in zip(wrt, parts, strict=True):
        facts[n] = Fact(part.reshape(graph.inputs[n].type.ints))
    inputs = [facts.get(n, NOTHING) for n in range(len(graph.inputs))]
    found = run.graph(graph, inputs, {})
    ids = [
        np.broadcast_to(fact.ids, y.type.ints) for fact, y in zip(found, graph.outputs, strict=True)
    ]
    return Sparsity(sets, tuple(ids), tuple(sorted(run.used)))


Numbers = dict[str, int]


class _Run:
    """Runs Graphs on Facts. ``used``: the inputs whose assumptions made a set smaller."""

    def __init__(self, sets: IndexSets) -> None:
        self.sets = sets
        self.used: set[int] = set()
        self.steps = STEPS
        self.needed: dict[Graph, list[Value]] = {}
        self.fixed: dict[Value, tuple | None] = {}  # None: not the same each time

    def graph(self, graph: Graph, inputs: Sequence[Fact], numbers: Numbers) -> list[Fact]:
        if graph not in self.needed:
            needed = needed_values(graph)
            self.needed[graph] = [value for value in graph.values if value in needed]
        env: dict[Value, Any] = dict(zip(graph.inputs, inputs, strict=True))
        known = dict(numbers)
        for value in self.needed[graph]:
            args = [env[arg] for arg in value.args]
            if value.op is get:
                env[value] = args[0][value.attr("index")]
            elif value.op is LOOP:
                env[value] = self.loop(value, args, known)
            elif value.op is COND:
                env[value] = self.cond(value, args, known)
            else:
                env[value] = self.value(value, args, known)
        return [env[value] for value in graph.outputs]

    def use(self, fact: Fact) -> None:
        self.used |= fact.by

    # --- control flow -----------------------------------------------------------------------------

    def cond(self, value: Value, args: list[Fact], numbers: Numbers) -> list[Fact]:
        c, *rest = args
        if c.number is not None:
            self.use(c)
            return self.graph(value.regions[0 if c.number else 1], rest, numbers)
        then, other = (self.graph(region, rest, numbers) for region in value.regions)
        return [self.joined(x, z) for x, z in zip(then, other, strict=True)]

    def joined(self, x: Fact, z: Fact) -> Fact:
        """What holds of a Value that is one of two."""
        same = x.number is not None and z.number is not None
        number = x.number if same and np.array_equal(x.number, z.number) else None
        zero = None
        if x.zeros is not None and z.zeros is not None and x.zeros.shape == z.zeros.shape:
            zero = x.zeros & z.zeros
        ids = [fact.ids for fact in (x, z) if fact.moves]
        shapes = {np.shape(numbers) for numbers in ids}
        # One number for all elements may stand for a shape that is not known.
        both = self._all([x, z]) if len(shapes) > 1 else self.united([x, z], *shapes or [()])
        return Fact(both, number, zero, x.by | z.by)

    def loop(self, value: Value, args: list[Fact], numbers: Numbers) -> list[Fact]:
        trip, *rest = args
        test, count = value.attr("test"), value.attr("carried")
        go = rest.pop(0) if test else Fact(number=True)
        state, invariant = rest[:count], rest[count:]
        body, name = value.regions[0], value.attr("symbol").name
        at, size = 0, None if trip.number is None else int(trip.number)
        self.use(trip)
        while go.number is not None:
            self.use(go)
            if not go.number or at == size:
                return state
            self.steps -= len(body.values)
            if size is None or self.steps < 0 or self.sets.work > WORK:
                break
            number = size - 1 - at if value.attr("reverse") else at
            state = self.graph(body, [*state, *invariant], {**numbers, name: number})
            go = state.pop() if test else go
            at += 1
        return self.any_iterations(value, state, invariant, numbers)

    def any_iterations(
        self, loop: Value, state: list[Fact], invariant: list[Fact], numbers: Numbers
    ) -> list[Fact]:
        """What a loop carries, after any number of iterations in any order."""
        around = {k: v for k, v in numbers.items() if k != loop.attr("symbol").name}
        for _ in range(ROUNDS):
            found = self.graph(loop.regions[0], [*state, *invariant], around)
            new = [self.joined(x, z) for x, z in zip(state, found[: len(state)], strict=True)]
            if all(_is_same(x, z) for x, z in zip(state, new, strict=True)):
                return new
            state = new
        everything = self._all([*state, *invariant])
        kinds = loop.type.items  # type: ignore[attr-defined]
        return [Fact(everything) if kind.differentiable else NOTHING for kind in kinds]

    # --- ops --------------------------------------------------------------------------------------

    def value(self, value: Value, args: list[Fact], numbers: Numbers) -> Fact:
        number = None
        if all(fact.number is not None for fact in args):
            number = self._number(value, args, numbers)
        by = _NOBODY.union(*[fact.by for fact in args])
        if value.op.name == "index":
            self._name(value.attr("symbol").name, number, by, numbers)
        if number is not None:
            return Fact(EMPTY, number, None, by)
        shape, shapes, attrs, known = self._resolution(value, numbers)
        zero = None
        if known:
            zero = zeros_of(
                value, [x.zeros for x in args], args[0].number if args else None, shapes, attrs
            )
        moves = value.type.differentiable and any(fact.moves for fact in args)
        if not moves:
            return Fact(EMPTY, None, zero, by)
        if not known:
            return Fact(self._anywhere(value, args, shape))
        if value.op in (CUSTOM_JVP, CUSTOM_VJP):
            return Fact(self._by_rule(value, args, shapes, numbers))
        return Fact(self._ids(value, args, shapes, attrs, shape), None, zero, by)

    def _name(self, symbol: str, number: Any, by: Names, numbers: Numbers) -> None:
        """Notes the number of an ``index``."""
        if number is None:
            numbers.pop(symbol, None)
        else:
            self.used |= by
            numbers[symbol] = int(number)

    def _number(self, value: Value, args: list[Fact], numbers: Numbers) -> Any:
        """The value of what is known, if it is to be had."""
        if not self._resolution(value, numbers)[-1]:
            return None
        try:
            y = evaluate(value, [fact.number for fact in args], numbers)
            if value.op.name == "index":
                checked_index(value, int(y), numbers)
        except (IndexError, ValueError, ArithmeticError, KeyError, IRError):
            return None
        return y

    def _resolution(
        self, value: Value, numbers: Numbers
    ) -> tuple[Any, list[Any], dict[str, Any], bool]:
        """The shape of a Value, those of its arguments, its attributes, and if all are known."""
        found = self.fixed.get(value)
        if found is not None:
            return found
        shape = _resolved(value.type.shape, numbers)
        shapes = [_resolved(arg.type.shape, numbers) for arg in value.args]
        attrs = {key: _resolved(item, numbers) for key, item in value.attrs}
        known = not any(item is UNKNOWN for item in (shape, *shapes, *attrs.values()))
        if known and value.op.name in REGIONS and UNBOUNDED in value.args[0].shape:
            size = shapes[1] if value.op.name in UPDATES else shape
            known = all(map(_inside, attrs["start"], attrs["step"], size, shapes[0]))
        if value not in self.fixed:
            moving = any(symbols(each) for each in (value, *value.args))
            self.fixed[value] = None if moving else (shape, shapes, attrs, known)
        return shape, shapes, attrs, known

    def _anywhere(self, value: Value, args: list[Fact], shape: Any) -> Any:
        """The sets of a Value that reads or writes nobody knows where."""
        if value.op.name in UPDATES and shape is not UNKNOWN:
            x, v = args
            return self.united([x, Fact(self._all([v]))], shape)
        return self._all(args)

    def _all(self, facts: Sequence[Fact]) -> int:
        """The union of all sets."""
        parts = [np.ravel(fact.ids) for fact in facts if fact.moves]
        return self.sets.union(np.concatenate(parts)) if parts else EMPTY

    def united(self, facts: Sequence[Fact], shape: Any) -> Any:
        """The union of sets at the same place, for a Value of this shape."""
        parts = [fact.ids for fact in facts if fact.moves]
        return spread(self.sets.pairwise(parts), shape) if parts else EMPTY

    def _ids(
        self, value: Value, args: list[Fact], shapes: list, attrs: Mapping[str, Any], shape: tuple
    ) -> Any:
        if value.op.kind == "pointwise":
            return self._pointwise(value, args, shape)
        name = value.op.name
        given = [spread(x.ids, s) for x, s in zip(args, shapes, strict=True)]
        if name == "cast":
            return args[0].ids
        if name in MOVES:
            return value.op.reference(*given, **attrs)
        if name == "accumulate":
            x, v = given
            there = region(attrs["start"], attrs["step"], v.shape)
            y = np.array(x)
            y[there] = self.sets.pairwise([x[there], v])
            return y
        if name in REDUCTIONS:
            return self.sets.over(given[0], attrs["axes"])
        if name == "contract":
            factors = [Factor(ids, x.moves, x.zeros) for ids, x in zip(given, args, strict=True)]
            found, seen = contracted(self.sets, factors, attrs["spec"], shape)
            for n in seen:
                self.use(args[n])
            return found
        return self._all(args)

    def _by_rule(
        self, value: Value, args: list[Fact], shapes: Sequence[tuple], numbers: Numbers
    ) -> np.ndarray:
        """The sets of a Value with a rule of the user's: what the rule, which is linear, brings
        from tangents to the tangent, or from the cotangent to cotangents, turned around."""
        first = len(args) - value.attr("count")
        used = [Fact(number=x.number, zero=x.zero, by=x.by) for x in args[1:first]]
        xs = [spread(x.ids, s) for x, s in zip(args[first:], shapes[first:], strict=True)]
        (rule,), shape = value.regions, shapes[0]
        if value.op is CUSTOM_JVP:
            (found,) = self.graph(rule, [*used, *map(Fact, xs)], numbers)
            return spread(found.ids, shape)
        inner = _Run(IndexSets(math.prod(shape)))
        g = Fact(inner.sets.singles().reshape(shape))
        groups, members = [], []
        for x, back in zip(xs, inner.graph(rule, [*used, g], numbers), strict=True):
            reached = spread(back.ids, x.shape).ravel()
            groups.append(inner.sets.members(reached))
            members.append(np.repeat(x.ravel(), inner.sets.lengths(reached)))
        self.used |= inner.used
        found_ids = self.sets.grouped(
            np.concatenate(groups), np.concatenate(members), inner.sets.size
        )
        return found_ids.reshape(shape)

    def _pointwise(self, value: Value, args: list[Fact], shape: tuple) -> Any:
        if value.op.name == "where" and args[0].number is not None:
            c, x, z = args
            self.use(c)
            return np.broadcast_to(np.where(c.number, x.ids, z.ids), shape)
        if value.op.name == "mul":
            args = [self._through(x, z) for x, z in (args, args[::-1])]
        partials = value.op.partials
        active = [x for x, partial in zip(args, partials, strict=True) if partial is not None]
        return self.united(active, shape)

    def _through(self, x: Fact, factor: Fact) -> Fact:
        """What of ``x`` a product with ``factor`` depends on."""
        zeros = factor.zeros
        if not x.moves or zeros is None or not zeros.any():
            return x
        self.use(factor)
        return Fact(np.where(zeros, EMPTY, x.ids))


UNKNOWN = Affine(0, ())
"""In the place of a number that depends on unknown symbols, and of a tuple with such a number."""


def _resolved(item: Any, numbers: Numbers) -> Any:
    if isinstance(item, Affine):
        known = all(symbol.name in numbers for symbol, _ in item.terms)
        return evaluate_dim(item, numbers) if known else UNKNOWN
    if isinstance(item, tuple):
        parts = tuple(_resolved(part, numbers) for part in item)
        return UNKNOWN if any(part is UNKNOWN for part in parts) else parts
    return STAND_IN_ROWS if isinstance(item, int) and item == UNBOUNDED else item


def _inside(start: int, step: int, count: int, size: int) -> bool:
    """Whether a region stays in the rows that stand in for any number of rows."""
    return not count or (0 <= start < size and 0 <= start + step * (count - 1) < size)


def _is_same(x: Fact, z: Fact) -> bool:
    """Whether two Facts of one Value tell the same."""
    pairs: list[tuple[Any, Any]] = [(x.ids, z.ids), (x.number, z.number), (x.zero, z.zero)]
    return all((a is None) == (b is None) and np.array_equal(a, b) for a, b in pairs)
