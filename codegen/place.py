"""Placement of one section: which step computes what.

Roots (what needs a buffer) are taken in program order; each joins the earliest nest over the
same iteration space that comes after everything it reads, or opens a new one. A root may read,
in its own nest, what a ``store`` of that nest computes at the very same element.
"""

from __future__ import annotations

from math import prod

from ..ir.graph import Value
from .access import Linear, depth, identity, offset, region_index
from .cone import (
    EXPENSIVE,
    LIBRARY,
    REDUCTIONS,
    ROOTS,
    UPDATES,
    Cone,
    cone,
    is_splat,
    reads_by_offset,
)
from .schedule import Call, Nest, Step, Store, space
from .tree import Branch, Node

_LEAVES = frozenset({"input", "const", "iota"})


class Placement:
    """One attempt; ``problems`` says what to mark for a better one."""

    def __init__(
        self,
        node: Node,
        todo: list[Value],
        done: frozenset[Value],
        uses: dict[Value, set[Value]],
        marked: set[Value],
        copied: set[Value],
    ) -> None:
        self.node = node
        self.todo = todo
        self.done = done
        self.uses = uses
        self.outputs = () if isinstance(node, Branch) else node.outputs
        self.marked = set(marked)
        self.copied = copied
        self.steps: list[Step] = []
        self.position: dict[Value, int] = {}  # step that completes a stored value
        self.ready: dict[Value, int] = {}  # gap from which on a scalar is known
        self.in_place: dict[Value, Value] = {}  # update -> the version it overwrites
        self.overwritten: dict[Value, int] = {}  # version -> step that overwrites it
        self.started: dict[Value, int] = {}  # update -> step that copies its base
        self.readers: dict[Value, list[tuple[int, Linear | None]]] = {}
        self.output_of: dict[Value, int] = {}  # stored values that live in an output
        self._cones: list[tuple[int, Cone, tuple[int, ...]]] = []
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
        for value in self.outputs:
            if value.shape and value.op.name not in _LEAVES and value in self._todo:
                self.marked.add(value)
        for value in self.todo:
            if reads_by_offset(value):
                self._mark(value.args[0])
            if value.op.name in LIBRARY:
                for arg in value.args:
                    self._mark(home(arg))

    def _mark(self, value: Value) -> None:
        if value.shape and not self.stored(value):
            self.marked.add(value)

    # --- placing ----------------------------------------------------------------------------

    def run(self) -> None:
        for value in self.todo:
            name = value.op.name
            if name in _LEAVES:
                if name == "iota" and value in self.marked:
                    self._place(Store("store", value, value))
                continue
            if name in REDUCTIONS:
                at = self._place(Store(name, value, value.args[0]))
                self.ready[value] = at + 1
            elif name in UPDATES:
                self._place_update(value)
            elif name in LIBRARY:
                self._place_call(value)
            elif not value.shape:
                self._place_scalar(value)
            elif value in self.marked:
                self._place(Store("store", value, value))
        self._place_outputs()

    def _place_scalar(self, value: Value) -> None:
        found = cone(value, (), self.stored, defining=True)
        gap = max(
            [
                *(self.position.get(u, -1) + 1 for u, _, _ in found.loads),
                *(self.ready.get(s, 0) for s in found.scalars),
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

    def _place_update(self, value: Value) -> None:
        base, content = value.args
        index = region_index(identity(content.shape), value.attr("start"), value.attr("step"))
        target = offset(index, value.shape)
        first = 0
        if self._may_overwrite(base, value):
            self.in_place[value] = base
            first = self.position.get(base, -1) + 1
            for reader, form in self.readers.get(base, ()):
                same = form == target and self._space_of(reader) == space(content)
                first = max(first, reader if same else reader + 1)
        else:
            self.started[value] = self._place(Store("init", value, base))
            first = self.started[value] + 1
        at = self._place(Store(value.op.name, value, content), first)
        if value in self.in_place:
            self.overwritten[base] = at
            self._check_own_reads(value, content, base, target)

    def _check_own_reads(self, value: Value, content: Value, base: Value, target: Linear) -> None:
        """Marks the content of an update that reads the array it overwrites elsewhere."""
        found = cone(content, identity(content.shape), self.stored)
        if any(u is base and at != target for u, at, _ in found.loads):
            if self.stored(content):
                self._bad_copies.add(value)
            else:
                self._bad_marks.add(content)

    def _may_overwrite(self, base: Value, value: Value) -> bool:
        if value in self.copied or base.op.name in _LEAVES or not self.stored(base):
            return False
        if base in self.overwritten or base in self.outputs:
            return False
        if isinstance(self.node, Branch):
            return base not in self.done and self.uses[base] == {value}
        return True

    def _place_outputs(self) -> None:
        for number, value in enumerate(self.outputs):
            if not value.shape:
                continue
            fresh = value in self.position and value not in self.overwritten
            if fresh and value not in self.output_of and self._own(value):
                self.output_of[value] = number
            else:
                self._place(Store("output", value, value, number))

    def _own(self, value: Value) -> bool:
        """Whether no version of ``value``'s buffer comes from an earlier section."""
        while value in self.in_place:
            value = self.in_place[value]
        return value not in self.done

    def _place(self, store: Store, first: int = 0) -> int:
        """Puts ``store`` into a nest, at step ``first`` or later; returns the step."""
        shape = store.expr.type.ints
        over = space(store.expr)
        found = cone(store.expr, identity(shape), self.stored, store.kind == "store")
        latest = len(self.steps)
        for u, at, _ in found.loads:
            done_at = self.position.get(u, -1)
            first = max(first, done_at if self._forwards(u, at, over) else done_at + 1)
            latest = min(latest, self.overwritten.get(u, latest))
        for scalar in found.scalars:
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

    def _joins(self, step: int, store: Store, over: tuple[int, ...]) -> bool:
        nest = self.steps[step]
        if not isinstance(nest, Nest) or nest.domain != over:
            return False
        if store.kind == "output":
            return True
        return all(other.value is not store.value for other in nest.stores)

    def _forwards(self, u: Value, at: Linear, over: tuple[int, ...]) -> bool:
        """Whether a read of ``u`` is the element that its own nest computes at that moment."""
        step = self.position.get(u, -1)
        if step < 0 or self._space_of(step) != over or at != offset(identity(u.shape), u.shape):
            return False
        nest = self.steps[step]
        return isinstance(nest, Nest) and any(
            store.kind == "store" and store.value is u for store in nest.stores
        )

    def _space_of(self, step: int) -> tuple[int, ...] | None:
        nest = self.steps[step] if 0 <= step < len(self.steps) else None
        return nest.domain if isinstance(nest, Nest) else None

    def _note_read(self, u: Value, step: int, at: Linear | None, reader: Value) -> None:
        self.readers.setdefault(u, []).append((step, at))
        if u not in self.overwritten or step < self.overwritten[u]:
            return
        # Too late: the version is gone. What was read of it can be kept instead, if that is
        # less than all of it.
        part = reader.shape and not self.stored(reader) and reader.type.size < u.type.size
        if part:
            self._bad_marks.add(reader)
        else:
            writer = next(w for w, base in self.in_place.items() if base is u)
            self._bad_copies.add(writer)

    # --- what to do better ------------------------------------------------------------------

    def problems(self) -> tuple[set[Value], set[Value]]:
        """Values to give a buffer, and updates that must copy."""
        marks = set(self._bad_marks)
        count: dict[Value, set] = {}
        for step, found, over in self._cones:
            for value, index in found.computed:
                if value.op.name not in EXPENSIVE or value in self.marked or not value.shape:
                    continue
                count.setdefault(value, set()).add((step, index))
                if prod(over[: depth(index)]) > value.type.size:
                    marks.add(value)
        marks |= {value for value, places in count.items() if len(places) > 1}
        return marks, self._bad_copies

    # --- results ----------------------------------------------------------------------------

    def gaps(self) -> list[list[Value]]:
        """The scalars to compute before each step, and after the last."""
        gaps: list[list[Value]] = [[] for _ in range(len(self.steps) + 1)]
        for value in self.todo:
            if value in self.ready and value.op.name not in REDUCTIONS and not is_splat(value):
                gaps[self.ready[value]].append(value)
        return gaps

    def finished(self) -> set[Value]:
        """Values that later sections find computed."""
        return set(self.position) | set(self.ready)


def home(value: Value) -> Value:
    """The value whose buffer a chain of reshapes reads."""
    while value.op.name == "reshape":
        value = value.args[0]
    return value
