"""The Schedule: what runs in which order, in which loop nest, into which buffer.

A :class:`Nest` is a perfect loop nest over an iteration space with several :class:`Store`\\ s
fused in its body; a :class:`Band` divides nests into chunks; a :class:`Call` is a library call; a
:class:`Loop` and a :class:`Choice` are control flow around planned :class:`Region`\\ s. Scalars
live in registers and are computed in the gaps between steps. A :class:`Section` is the
straight-line piece of a decision tree up to a branch or a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..ir.graph import Graph, Value
from ..ir.types import Shape
from .access import domain
from .tree import Branch, Leaf, Program

ALIGNMENT = 64
"""Bytes; a cache line."""

Check = tuple[str, str]
"""An error that a call can end with: the kind (``index``, ``linalg``) and its message."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory: ``kind`` is input, output, const, slot or tape; ``number`` the position in its kind.

    The memory of a tape grows at run time.
    """

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}{self.number}"


@dataclass(frozen=True, slots=True)
class Store:
    """One effect in the body of a nest.

    ``kind``: ``store`` writes ``expr`` to the buffer of ``value``, ``init`` writes the base of
    an update before its region is written, ``output`` copies to output ``output``; a reduction's
    name combines ``expr`` into ``value``; ``update`` and ``accumulate`` write ``expr`` to the
    region of ``value``.
    """

    kind: str
    value: Value
    expr: Value
    output: int = -1


@dataclass(slots=True)
class Nest:
    """Loops over ``domain`` (sizes other than one) around all ``stores``."""

    domain: Shape
    stores: list[Store] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """A function that is called, with its ``scratch`` memory: BLAS, LAPACK, sorting, searching."""

    value: Value
    scratch: Buffer | None = None


@dataclass(slots=True)
class Band:
    """Nests that run together on chunks of rows: values of their outermost loop.

    Batched products are among them; their rows are the items of the batch.

    There are ``rows``, in chunks of ``size``; ``partial`` are the reductions over rows, of which
    each chunk has its own result.
    """

    nests: list[Nest | Call]
    rows: int
    size: int
    partial: list[Store]

    @property
    def count(self) -> int:
        """How many chunks."""
        return -(-self.rows // self.size)

    def places(self) -> tuple[list[int], int]:
        """Where the partial results of each reduction begin, and their room, in bytes."""
        begins, total = [], 0
        for store in self.partial:
            begins.append(total)
            total += -(-self.count * store.value.type.bytes // ALIGNMENT) * ALIGNMENT
        return begins, total


@dataclass(frozen=True, slots=True)
class Loop:
    """A ``loop``: ``results`` are its ``get``s, by position; arrays stay in their buffers."""

    value: Value
    results: tuple[Value, ...]
    body: Region


@dataclass(frozen=True, slots=True)
class Choice:
    """A ``cond``: runs one of two regions, which leave array results in the same buffers."""

    value: Value
    results: tuple[Value, ...]
    then: Region
    other: Region


Step = Nest | Band | Call | Loop | Choice


@dataclass(slots=True)
class Code:
    """Steps with the scalars of the gap before each step, and after the last.

    ``buffers`` are those that can be read here.
    """

    steps: list[Step]
    scalars: list[list[Value]]
    buffers: dict[Value, Buffer]

    def inside(self) -> Iterator[Step]:
        """All steps, those of bands and nested regions included."""
        for step in self.steps:
            yield step
            if isinstance(step, Band):
                yield from step.nests
            for region in regions_of(step):
                yield from region.inside()


@dataclass(slots=True)
class Region(Code):
    """The body of a loop, or an arm of a choice.

    ``turns``: at its end, what lay in the first slot is found in the second.
    """

    graph: Graph
    turns: list[tuple[Buffer, Buffer]] = field(default_factory=list)


@dataclass(slots=True)
class Section(Code):
    """A piece of the decision tree; its buffers are its own and those of the sections above.

    A value may be computed again in an arm, and have another buffer in each.
    """

    end: Branch | Leaf
    arms: dict[tuple[type, object], Section] = field(default_factory=dict)


def regions_of(step: Step) -> tuple[Region, ...]:
    if isinstance(step, Loop):
        return (step.body,)
    return (step.then, step.other) if isinstance(step, Choice) else ()


@dataclass(slots=True)
class Schedule:
    """A Program with its sections, the sizes of its slots in bytes, and the number of tapes.

    The last slot holds the partial results of bands, if there are any.
    ``copies``: of whole arrays, before loops and in each of their iterations; ``checks``: what
    can go wrong in a call.
    """

    program: Program
    root: Section
    slots: list[int]
    tapes: int
    copies: int
    literals: list[Value] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def sections(self) -> list[Section]:
        found, stack = [], [self.root]
        while stack:
            section = stack.pop()
            found.append(section)
            stack.extend(section.arms.values())
        return found

    def _steps(self) -> Iterator[Step]:
        for section in self.sections():
            yield from section.inside()

    @property
    def nests(self) -> list[Nest]:
        """All loop nests that really loop, in all sections and regions."""
        return [step for step in self._steps() if isinstance(step, Nest) and step.domain]

    @property
    def bands(self) -> list[Band]:
        return [step for step in self._steps() if isinstance(step, Band)]

    @property
    def calls(self) -> list[Call]:
        return [step for step in self._steps() if isinstance(step, Call)]

    @property
    def loops(self) -> list[Loop]:
        return [step for step in self._steps() if isinstance(step, Loop)]

    @property
    def turning(self) -> set[int]:
        """The slots that change places."""
        regions = [region for step in self._steps() for region in regions_of(step)]
        return {b.number for region in regions for pair in region.turns for b in pair}

    def __str__(self) -> str:
        from .show import show

        return show(self)


def space(value: Value) -> Shape:
    return domain(value.type.shape)
