"""The Schedule: what runs in which order, in which loop nest, into which buffer.

A :class:`Nest` is a perfect loop nest over an iteration space with several :class:`Store`\\ s
fused in its body; a :class:`Call` is a library call. Scalars live in registers and are
computed in the gaps between steps. A :class:`Section` is the straight-line piece of a decision
tree up to a branch or a leaf.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ir.graph import Value
from .access import domain
from .tree import Branch, Leaf, Program


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory: ``kind`` is input, output, const or slot; ``number`` is the position in its kind."""

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

    domain: tuple[int, ...]
    stores: list[Store] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """A matrix product by BLAS."""

    value: Value


Step = Nest | Call


@dataclass(slots=True)
class Section:
    """Steps with the scalars of the gap before each step (and after the last), then the end.

    ``buffers`` are those that can be read here: its own and those of the sections above. A
    value may be computed again in an arm, and have another buffer in each.
    """

    steps: list[Step]
    scalars: list[list[Value]]
    end: Branch | Leaf
    buffers: dict[Value, Buffer]
    arms: dict[tuple[type, object], Section] = field(default_factory=dict)


@dataclass(slots=True)
class Schedule:
    """A Program with its sections and the sizes of its slots in bytes."""

    program: Program
    root: Section
    slots: list[int]
    copies: int
    literals: list[Value] = field(default_factory=list)

    def sections(self) -> list[Section]:
        found, stack = [], [self.root]
        while stack:
            section = stack.pop()
            found.append(section)
            stack.extend(section.arms.values())
        return found

    @property
    def nests(self) -> list[Nest]:
        """All loop nests that really loop, in all sections."""
        return [
            step
            for section in self.sections()
            for step in section.steps
            if isinstance(step, Nest) and step.domain
        ]

    @property
    def calls(self) -> list[Call]:
        return [s for section in self.sections() for s in section.steps if isinstance(s, Call)]

    def __str__(self) -> str:
        names: dict[Value, str] = {}
        for value in (*self.program.inputs, *self.program.values):
            names[value] = f"%{len(names)}"
        lines = [f"slots: {', '.join(f'{size} bytes' for size in self.slots) or 'none'}"]
        stack: list[tuple[str, str, Section]] = [("", "", self.root)]
        while stack:
            indent, outcome, section = stack.pop()
            if outcome:
                lines.append(f"{indent[2:]}if {outcome}:")
            lines += _print_section(section, names, indent)
            for (_, expected), arm in reversed(section.arms.items()):
                stack.append((indent + "  ", repr(expected), arm))
        return "\n".join(lines) + "\n"


def _print_section(section: Section, names: dict[Value, str], indent: str) -> list[str]:
    lines = []
    for gap, step in zip(section.scalars, [*section.steps, None], strict=True):
        if gap:
            inside = ", ".join(f"{names[v]} = {v.op.name}" for v in gap)
            lines.append(f"{indent}scalars: {inside}")
        if isinstance(step, Call):
            lines.append(f"{indent}call {names[step.value]} = {step.value.op.name}")
        elif step is not None:
            lines.append(f"{indent}nest {step.domain}:")
            for store in step.stores:
                target = f"output{store.output}" if store.kind == "output" else names[store.value]
                where = section.buffers.get(store.value)
                place = f" in {where}" if where and store.kind != "output" else ""
                lines.append(f"{indent}  {store.kind} {target}{place} <- {names[store.expr]}")
    if isinstance(section.end, Branch):
        branch = section.end
        lines.append(f"{indent}branch on {names[branch.value]} at {branch.where}")
    else:
        outputs = ", ".join(names[v] for v in section.end.outputs)
        lines.append(f"{indent}leaf {section.end.path}: {outputs}")
    return lines


def space(value: Value) -> tuple[int, ...]:
    return domain(value.type.ints)
