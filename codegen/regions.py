"""Regions of loops and branches: what their results start from, and the placement of each.

A region does not depend on what is around it, so each is placed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ir.errors import IRError
from ..ir.graph import Graph, Value
from ..ir.op import INPUT
from ..ir.ops.control import COND, LOOP, get, invariants_of, state_of
from ..ir.ops.families import UPDATES
from ..ir.ops.structure import broadcast, update
from ..ir.passes.prune import needed_values
from .cone import ROOTS
from .place import Placement
from .scope import Carry, Scope
from .settle import settle


class Regions:
    """Knows the loops and branches of one Program."""

    def __init__(self) -> None:
        self._results: dict[Value, tuple[Value, ...]] = {}
        self._bases: dict[Value, tuple[int | None, ...]] = {}
        self._placed: dict[Value, tuple[Placement, ...]] = {}

    def enter(self, values: Iterable[Value]) -> None:
        """Makes the results of loops and branches among the values of one Graph known."""
        taken = {(v.args[0], v.attr("index")): v for v in values if v.op is get}
        for value in values:
            if value.op in (LOOP, COND) and value not in self._results:
                self._results[value] = tuple(
                    taken.get((value, n)) or Value(get, (value,), (("index", n),), type)
                    for n, type in enumerate(value.type.items)  # type: ignore[attr-defined]
                )

    def results(self, value: Value) -> tuple[Value, ...]:
        """The ``get`` of each result, in the Graph or not."""
        return self._results[value]

    def bases(self, value: Value) -> tuple[Value | None, ...]:
        """For each result the argument that it is a later version of."""
        if value.op is LOOP:
            return state_of(value)
        return tuple(None if n is None else value.args[1 + n] for n in self._inputs(value))

    def read(self, value: Value) -> list[Value]:
        """The array arguments that are only read."""
        if value.op is LOOP:
            return [arg for arg in invariants_of(value) if arg.shape]
        based = set(self._inputs(value))
        return [arg for n, arg in enumerate(value.args[1:]) if arg.shape and n not in based]

    def _inputs(self, value: Value) -> tuple[int | None, ...]:
        """For each result of a branch the position of the input that it is a version of."""
        if value not in self._bases:
            found: list[int | None] = []
            for n, type in enumerate(value.type.items):  # type: ignore[attr-defined]
                candidates = [_source(region, n) for region in value.regions]
                # One that is written comes first: the other arm may leave it as it is.
                candidates.sort(key=lambda item: not item[1])
                usable = [
                    at
                    for at, _ in candidates
                    if at is not None and at not in found and value.args[1 + at].type == type
                ]
                found.append(usable[0] if type.shape and usable else None)
            self._bases[value] = tuple(found)
        return self._bases[value]

    # --- placement --------------------------------------------------------------------------

    def placements(self, value: Value) -> tuple[Placement, ...]:
        """The placed regions of a loop or branch."""
        if value not in self._placed:
            self._placed[value] = tuple(self._place(value, region) for region in value.regions)
        return self._placed[value]

    def turned(self, value: Value) -> set[int]:
        """The results whose buffers change places in the regions."""
        arrays = [n for n, result in enumerate(self.results(value)) if result.shape]
        found: set[int] = set()
        for placement in self.placements(value):
            turned = placement.turned()
            carries = placement.scope.carries or ()
            found |= {n for n, c in zip(arrays, carries, strict=True) if c.place in turned}
        return found

    def _place(self, value: Value, region: Graph) -> Placement:
        if value.op is LOOP:
            places: list[Value | None] = list(region.inputs[: value.attr("carried")])
        else:
            places = [None if n is None else region.inputs[n] for n in self._inputs(value)]
        moved = {output: _content(output) for output in region.outputs}
        carries = []
        for place, output in zip(places, region.outputs, strict=False):
            if output.shape:
                # A result that starts from nothing has a place that nobody reads.
                place = place or Value(INPUT, (), (), output.type)
                carries.append(_carry(place, output, moved[output]))
        needed = needed_values(region)
        todo = [moved[v] for v in region.inputs if v in moved and moved[v] is not v]
        for item in region.values:
            if item in needed:
                todo.append(item)
                if moved.get(item, item) is not item:
                    todo.append(moved[item])
        uses = users(region.values)
        self.enter(region.values)
        scope = Scope(region.outputs, carries=tuple(carries))
        return attempt(scope, todo, frozenset(region.inputs), uses, self)


def _content(output: Value) -> Value:
    """An output, or a view of it, which can get a buffer where what it shows will be gone."""
    if output.shape and (output.op.name in ROOTS or output.op.name in ("input", "const")):
        return Value(broadcast, (output,), (("shape", output.shape),), output.type)
    return output


def _carry(place: Value, output: Value, content: Value) -> Carry:
    rank = len(place.shape)
    attrs = (("start", (0,) * rank), ("step", (1,) * rank))
    return Carry(place, output, content, Value(update, (place, content), attrs, place.type))


def _source(region: Graph, n: int) -> tuple[int | None, bool]:
    """The input that an output is a version of, and whether anything is written on the way."""
    value, written = region.outputs[n], False
    regions = Regions()
    while True:
        if value.op.name in UPDATES:
            value, written = value.args[0], True
        elif value.op is get:
            base = regions.bases(value.args[0])[value.attr("index")]
            if base is None:
                return None, False
            value, written = base, True
        else:
            break
    return (region.inputs.index(value), written) if value in region.inputs else (None, False)


def users(values: Iterable[Value]) -> dict[Value, set[Value]]:
    found: dict[Value, set[Value]] = {}
    for value in values:
        for arg in value.args:
            found.setdefault(arg, set()).add(value)
    return found


def attempt(
    scope: Scope,
    todo: list[Value],
    done: frozenset[Value],
    uses: Mapping[Value, set[Value]],
    regions: Regions,
) -> Placement:
    """Places code again and again, with what went wrong marked, until nothing does."""
    marked: set[Value] = set()
    copied: set[Value] = set()
    while True:
        placement = Placement(scope, todo, done, uses, regions, marked, copied)
        placement.run()
        if scope.carries is not None:
            settle(placement)
        more_marked, more_copied = placement.problems()
        if more_marked <= marked and more_copied <= copied:
            break
        marked |= more_marked
        copied |= more_copied
    if placement.late:
        names = ", ".join(sorted({value.op.name for value in placement.late}))
        raise IRError(f"an array is overwritten before it is read by {names}")
    return placement
