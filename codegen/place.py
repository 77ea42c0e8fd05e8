"""Placement of straight-line code: which step computes what.

Roots (what needs a buffer) are taken in program order; each joins the earliest nest over the
same iteration space that comes after everything it reads, or opens a new one. A root may read,
in its own nest, what a ``store`` of that nest computes at the very same element.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..ir.errors import ENDLESS, NoDerivative
from ..ir.graph import Value, symbols
from ..ir.ops.control import UNBOUNDED
from ..ir.ops.families import EXPENSIVE, LIBRARY, REDUCTIONS, UPDATES
from ..ir.types import Shape, Symbol
from .access import Linear, about, depth, identity, offset, region_index
from .cone import (
    CONTROL,
    LEAVES,
    ROOTS,
    Cone,
    cone,
    home,
    is_splat,
    reads_by_offset,
)
from .hoist import hoisted
from .schedule import Call, Nest, Store, space
from .scope import Flow, Overwrite, Scope, stands

if TYPE_CHECKING:
    from .regions import Regions


class Placement:
    """One attempt; ``problems`` says what to mark for a better one."""

    def __init__(
        self,
        scope: Scope,
        todo: list[Value],
        done: frozenset[Value],
        uses: Mapping[Value, set[Value]],
        regions: Regions,
        marked: Iterable[Value] = (),
        copied: Iterable[Value] = (),
    ) -> None:
        self.scope = scope
        self.todo = todo
        self.done = done
        self.uses = uses
        self.regions = regions
        self.marked = set(marked)
        self.copied = set(copied)
        self.wanted = set(scope.outputs)
        self.places = {carry.place for carry in scope.carries or ()}
        self.steps: list[Nest | Call | Flow] = []
        self.position: dict[Value, int] = {}  # step that completes a stored value
        self.ready: dict[Value, int] = {}  # gap from which on a scalar is known
        self.in_place: dict[Value, Value] = {}  # update -> the version it overwrites
        self.overwritten: dict[Value, Overwrite] = {}
        self.started: dict[Value, int] = {}  # update -> step that copies its base
        self.readers: dict[Value, list[tuple[int, Linear | None]]] = {}
        self.output_of: dict[Value, int] = {}  # stored values that live in an output
        self.turns: list[tuple[Value, Value]] = []  # buffers that change places in the end
        self.copies = 0  # of whole arrays
        self.late: list[Value] = []  # what read a version that was gone
        self.written_back: Value | None = None  # what is being written to where a region ends
        self._symbols = {v.attr("symbol"): v for v in todo if v.op.name == "index"}
        self._cones: list[tuple[int, Cone, Shape]] = []
        self._bad_marks: set[Value] = set()
        self._bad_copies: set[Value] = set()
        self._todo = set(todo)
        self._mark_what_needs_a_buffer()

    # --- which values have buffers ----------------------------------------------------------

    def stored(self, value: Value) -> bool:
        if not value.shape:
            return False
        name = value.op.name
        return (
            name in ROOTS
            or name in ("input", "const")
            or value in self.marked
            or (value in self.done)
        )

    def _mark_what_needs_a_buffer(self) -> None:
        if self.scope.carries is None:
            for value in self.scope.outputs:
                if value.shape and value.op.name not in LEAVES and value in self._todo:
                    self.marked.add(value)
        for value in self.todo:
            if reads_by_offset(value):
                self._mark(value.args[0])
            if value.op.name in LIBRARY:
                for arg in value.args:
                    self._mark(home(arg))
            elif value.op.name in CONTROL:
                for arg in self.regions.read(value):
                    self._mark(arg)

    def _mark(self, value: Value) -> None:
        if value.shape and not self.stored(value):
            self.marked.add(value)

    # --- placing ----------------------------------------------------------------------------

    def run(self) -> None:
        for value in self.todo:
            name = value.op.name
            if name in LEAVES:
                if value in self.marked:
                    self.place(Store("store", value, value))
                elif name == "dim":
                    self._place_scalar(value)
            elif name in REDUCTIONS:
                at = self.place(Store(name, value, value.args[0]))
                self.ready[value] = at + 1
            elif name in UPDATES:
                self._place_update(value)
            elif name in LIBRARY:
                self._place_call(value)
            elif name in CONTROL:
                self._place_flow(value)
            elif name == "get":
                continue
            elif not value.shape:
                self._place_scalar(value)
            elif value in self.marked:
                self.place(Store("store", value, value))
        if self.scope.carries is None:
            self._place_outputs()

    def _place_scalar(self, value: Value) -> None:
        found = cone(value, (), self.stored, defining=True)
        gap = max(
            [
                *(self.position.get(u, -1) + 1 for u, _, _ in found.loads),
                *(self.ready.get(s, 0) for s in self._scalars_of(found)),
            ],
            default=0,
        )
        self.ready[value] = gap
        for u, _, reader in found.loads:
            self._note_read(u, gap - 1, None, reader)

    def _place_call(self, value: Value) -> None:
        self.steps.append(Call(value))
        at = len(self.steps) - 1
        self.position[value] = at
        for arg in value.args:
            self._note_read(home(arg), at, None, value)

    def _place_flow(self, value: Value) -> None:
        """A loop or branch, which takes over the arrays that it starts from where it can."""
        results = self.regions.results(value)
        taken = []
        for result, base in zip(results, self.regions.bases(value), strict=True):
            if base is None or not result.shape:
                continue
            if value.args.count(base) == 1 and self._may_overwrite(base, result, value):
                self.in_place[result] = base
                taken.append((result, base))
            elif base.op.name != "empty":
                self._copy(result, base)
        at = len(self.steps)
        self.steps.append(Flow(value))
        for arg in self.regions.read(value):
            self._note_read(arg, at, None, value)
        for result, base in taken:
            self.overwritten[base] = Overwrite(at, result)
        for result in results:
            if result.shape:
                self.position[result] = at
            else:
                self.ready[result] = at + 1

    def _place_update(self, value: Value) -> None:
        base, content = value.args
        index = region_index(identity(content.shape), value.attr("start"), value.attr("step"))
        target = offset(index, value.shape)
        first = 0
        if self._may_overwrite(base, value, value):
            self.in_place[value] = base
            first = self.after_reads(base, target, content)
        elif base.op.name != "empty":
            first = self._copy(value, base) + 1
        at = self.place(Store(value.op.name, value, content), first)
        if value in self.in_place:
            self.overwritten[base] = Overwrite(at, value, target, space(content))
            self._check_own_reads(value, content, base, target)

    def _copy(self, value: Value, base: Value) -> int:
        """Writes the version that ``value`` starts from to its own buffer; returns the step."""
        self.started[value] = at = self.place(Store("init", value, base))
        if value.op.name == "get" or self.scope.carries is not None:
            given = base.op.name in LEAVES and base not in self.places
            self.copies += self.stored(base) and not given
        else:
            self.copies += value in self.copied
        return at

    def after_reads(self, base: Value, target: Linear, content: Value) -> int:
        """The first step that may overwrite ``base`` with ``content`` at ``target``."""
        first = self.position.get(base, -1) + 1
        write = Overwrite(0, base, target, space(content))
        for reader, form in self.readers.get(base, ()):
            same = write.follows(form, self._space_of(reader))
            first = max(first, reader if same else reader + 1)
        return first

    def _check_own_reads(self, value: Value, content: Value, base: Value, target: Linear) -> None:
        """Marks the content of an update that reads the array it overwrites elsewhere."""
        if space(content) and any(u is base and at != target for u, at, _ in self.reads(content)):
            if self.stored(content):
                self._bad_copies.add(value)
            else:
                self._bad_marks.add(content)

    def reads(self, content: Value) -> list[tuple[Value, Linear, Value]]:
        """What the elements of ``content`` are loaded from."""
        return cone(content, identity(content.shape), self.stored).loads

    def _may_overwrite(self, base: Value, value: Value, user: Value) -> bool:
        if value in self.copied or not self.stored(base):
            return False
        if base.op.name in LEAVES and base not in self.places:
            return False
        if base in self.overwritten or base in self.wanted:
            return False
        return self.scope.final or (base not in self.done and self.uses[base] == {user})

    def _place_outputs(self) -> None:
        turned = self.turned()
        for number, value in enumerate(self.scope.outputs):
            if not value.shape:
                continue
            fresh = value in self.position and value not in self.overwritten
            if fresh and value not in self.output_of and self._own(value, turned):
                self.output_of[value] = number
            else:
                self.place(Store("output", value, value, number))

    def _own(self, value: Value, turned: set[Value]) -> bool:
        """Whether ``value``'s buffer can be an output: it is of this section, and stays."""
        first = self.owner(value)
        return first not in self.done and first not in turned

    def turned(self) -> set[Value]:
        """The owners of buffers that change places, here or in nested regions."""
        found = {value for turn in self.turns for value in turn}
        for step in self.steps:
            if isinstance(step, Flow):
                results = self.regions.results(step.value)
                found |= {self.owner(results[n]) for n in self.regions.turned(step.value)}
        return found

    def place(self, store: Store, first: int = 0) -> int:
        """Puts ``store`` into a nest, at step ``first`` or later; returns the step."""
        over = space(store.expr)
        if UNBOUNDED in over:
            raise NoDerivative(ENDLESS)
        index = identity(store.expr.shape)
        found = cone(store.expr, index, self.stored, store.kind == "store")
        latest = len(self.steps)
        for u, at, reader in found.loads:
            done_at = self.position.get(u, -1)
            first = max(first, done_at if self._forwards(u, at, over) else done_at + 1)
            gone = self.overwritten.get(u)
            if gone is not None and not stands(u, reader, self.overwritten):
                latest = min(latest, gone.step + gone.follows(at, over))
        for scalar in self._scalars_of(found, store.value, store.expr):
            first = max(first, self.ready.get(scalar, 0))
        step = next((j for j in range(first, latest) if self._joins(j, store, over)), -1)
        if step < 0:
            step = len(self.steps)
            self.steps.append(Nest(over))
        nest = self.steps[step]
        assert isinstance(nest, Nest)
        nest.stores.append(store)
        if store.kind not in ("init", "output"):
            self.position[store.value] = step
        for u, at, reader in found.loads:
            self._note_read(u, step, at, reader)
        self._cones.append((step, found, over))
        return step

    def _scalars_of(self, found: Cone, *values: Value) -> list[Value]:
        """The scalars that a cone needs, and those that bind its symbols."""
        if not self._symbols:
            return found.scalars
        mentioned: dict[Symbol, None] = {}
        for value in (*values, *(v for v, _ in found.computed)):
            mentioned |= dict.fromkeys(symbols(value))
        return found.scalars + [self._symbols[s] for s in mentioned if s in self._symbols]

    def _joins(self, step: int, store: Store, over: Shape) -> bool:
        nest = self.steps[step]
        if not isinstance(nest, Nest) or nest.domain != over:
            return False
        if store.kind == "output":
            return True
        return all(other.value is not store.value for other in nest.stores)

    def _forwards(self, u: Value, at: Linear, over: Shape) -> bool:
        """Whether a read of ``u`` is the element that its own nest computes at that moment."""
        step = self.position.get(u, -1)
        if step < 0 or self._space_of(step) != over or at != offset(identity(u.shape), u.shape):
            return False
        nest = self.steps[step]
        return isinstance(nest, Nest) and any(
            store.kind == "store" and store.value is u for store in nest.stores
        )

    def _space_of(self, step: int) -> Shape | None:
        nest = self.steps[step] if 0 <= step < len(self.steps) else None
        return nest.domain if isinstance(nest, Nest) else None

    def _note_read(self, u: Value, step: int, at: Linear | None, reader: Value) -> None:
        self.readers.setdefault(u, []).append((step, at))
        gone = self.overwritten.get(u)
        if gone is None or step < gone.step:
            return
        if stands(u, reader, self.overwritten):
            while u in self.overwritten:
                u = self.overwritten[u].writer
                self.readers.setdefault(u, []).append((step, at))
            return
        if step == gone.step and gone.follows(at, self._space_of(step)):
            return
        # Too late: the version is gone. What was read of it can be kept instead, if that is
        # less than all of it.
        self.late.append(reader)
        if self.written_back is not None:  # can be computed before anything is overwritten
            self._bad_marks.add(self.written_back)
            return
        part = reader.shape and not self.stored(reader) and about(reader.shape) < about(u.shape)
        if part:
            self._bad_marks.add(reader)
        else:
            self._bad_copies.add(gone.writer)

    # --- what to do better ------------------------------------------------------------------

    def mark(self, value: Value) -> None:
        """Asks for a buffer in the next attempt."""
        self._bad_marks.add(value)

    def problems(self) -> tuple[set[Value], set[Value]]:
        """Values to give a buffer, and updates that must copy."""
        marks = set(self._bad_marks)
        count: dict[Value, set] = {}
        for step, found, over in self._cones:
            for value, index in found.computed:
                if value.op.name not in EXPENSIVE or value in self.marked or not value.shape:
                    continue
                count.setdefault(value, set()).add((step, index))
                if about(over[: depth(index)]) > about(value.shape):
                    marks.add(value)
        marks |= {value for value, places in count.items() if len(places) > 1}
        for _, found, over in self._cones:
            marks.update(hoisted(found, over, self.stored))
        return marks, self._bad_copies

    # --- results ----------------------------------------------------------------------------

    def owner(self, value: Value) -> Value:
        """The first version of the buffer that ``value`` is a version of."""
        while value in self.in_place:
            value = self.in_place[value]
        return value

    def gaps(self) -> list[list[Value]]:
        """The scalars to compute before each step, and after the last."""
        gaps: list[list[Value]] = [[] for _ in range(len(self.steps) + 1)]
        for value in self.todo:
            elsewhere = value.op.name in REDUCTIONS or value.op.name == "get"
            if value in self.ready and not elsewhere and not is_splat(value):
                gaps[self.ready[value]].append(value)
        return gaps

    def finished(self) -> set[Value]:
        """Values that later sections find computed."""
        return set(self.position) | set(self.ready)
