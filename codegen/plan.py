"""``plan``: a Program becomes a Schedule.

Values are computed where they are used (virtual) unless they need a buffer: results of
reductions, updates and library calls, outputs, and what would be computed twice at a price.
Which those are is found by trying: a section is placed, what went wrong is marked, and it is
placed again, until nothing is marked.

Updates happen in place wherever every read of the old version comes before; else the old
version is copied first.
"""

from __future__ import annotations

from ..ir.graph import Value
from .memory import Memory, assign_buffers
from .place import Placement
from .schedule import Buffer, Schedule, Section
from .tree import Branch, Leaf, Node, Program


def plan(program: Program) -> Schedule:
    order = {value: position for position, value in enumerate(program.values)}
    uses: dict[Value, set[Value]] = {}
    for value in program.values:
        for arg in value.args:
            uses.setdefault(arg, set()).add(value)
    given = {value: Buffer("input", n) for n, value in enumerate(program.inputs)}
    literals = [v for v in program.values if v.op.name == "const" and v.shape]
    given |= {value: Buffer("const", n) for n, value in enumerate(literals)}
    memory = Memory()
    copies = 0
    root: Section | None = None
    stack: list[tuple[Node, frozenset[Value], Memory, Section | None, tuple | None]] = [
        (program.root, frozenset(program.inputs), memory, None, None)
    ]
    while stack:
        node, done, memory, parent, arm = stack.pop()
        todo = sorted(_needed(node, done), key=order.__getitem__)
        placement = _place(node, todo, done, uses)
        copies += len(placement.copied)
        buffers = dict(parent.buffers if parent else given)
        section = Section(placement.steps, placement.gaps(), node, buffers)
        memory = assign_buffers(placement, buffers, memory.branch(), isinstance(node, Leaf))
        if parent is None:
            root = section
        else:
            assert arm is not None
            parent.arms[arm] = section
        if isinstance(node, Branch):
            known = done | placement.finished()
            for outcome, child in node.arms.items():
                stack.append((child, known, memory, section, outcome))
    assert root is not None
    return Schedule(program, root, memory.sizes, copies, literals)


def _needed(node: Node, done: frozenset[Value]) -> set[Value]:
    """What must be computed for ``node`` beyond what ``done`` holds."""
    needed: set[Value] = set()
    stack = [node.value] if isinstance(node, Branch) else list(node.outputs)
    while stack:
        value = stack.pop()
        if value not in needed and value not in done:
            needed.add(value)
            stack.extend(value.args)
    return needed


def _place(
    node: Node, todo: list[Value], done: frozenset[Value], uses: dict[Value, set[Value]]
) -> Placement:
    marked: set[Value] = set()
    copied: set[Value] = set()
    while True:
        placement = Placement(node, todo, done, uses, marked, copied)
        placement.run()
        more_marked, more_copied = placement.problems()
        if not (more_marked - marked or more_copied - copied):
            return placement
        marked |= more_marked
        copied |= more_copied
