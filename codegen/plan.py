"""``plan``: a Program becomes a Schedule.

Values are computed where they are used (virtual) unless they need a buffer: results of
reductions, updates and library calls, outputs, and what would be computed twice at a price.
Which those are is found by trying: a section is placed, what went wrong is marked, and it is
placed again, until nothing is marked. The regions of loops and branches are placed in the same
way.

Updates happen in place wherever every read of the old version comes before; else the old
version is copied first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..ir.graph import Value, symbols
from ..ir.passes.prune import check_of
from .memory import Arena, Memory, assign
from .place import Scope
from .regions import Regions, attempt, users
from .schedule import Buffer, Check, Schedule, Section
from .tree import Branch, Leaf, Node, Program


def plan(program: Program, alone: bool = False) -> Schedule:
    """``alone``: for native code that has nobody to call, so that it runs on one thread."""
    order = {value: position for position, value in enumerate(program.values)}
    uses = users(program.values)
    for leaf in program.leaves:
        for value in leaf.outputs:  # an output is used by the end of its path
            uses.setdefault(value, set()).add(value)
    definitions = {v.attr("symbol"): v for v in program.values if v.op.name == "index"}
    regions = Regions()
    regions.enter(program.values)
    literals = list(dict.fromkeys(_literals(program.values)))
    consts = {value: Buffer("const", n) for n, value in enumerate(literals)}
    given = {value: Buffer("input", n) for n, value in enumerate(program.inputs)}
    memory = Memory(consts, regions, Arena(not alone))
    root: Section | None = None
    stack: list[tuple[Node, frozenset[Value], Memory, Section | None, tuple | None]] = [
        (program.root, frozenset(program.inputs), memory, None, None)
    ]
    while stack:
        node, done, memory, parent, arm = stack.pop()
        leaf_outputs = node.outputs if isinstance(node, Leaf) else ()
        todo = sorted(_needed(node, done, definitions), key=order.__getitem__)
        scope = Scope(leaf_outputs, isinstance(node, Leaf))
        placement = attempt(scope, todo, done, uses, regions)
        buffers = dict(parent.buffers if parent else given | consts)
        memory = memory.branch()
        steps = assign(placement, buffers, memory)
        section = Section(*memory.arena.divided(steps, placement.gaps(), buffers), buffers, node)
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
    arena = memory.arena
    checks = list(dict.fromkeys(_checks(program.values)))
    sizes = arena.finish()
    schedule = Schedule(program, root, sizes, arena.tapes, arena.copies, literals, checks)
    partial = max((step.places()[1] for step in schedule.bands), default=0)
    if schedule.bands:
        schedule.slots.append(partial)
    return schedule


def _needed(node: Node, done: frozenset[Value], definitions: dict) -> set[Value]:
    """What must be computed for ``node`` beyond what ``done`` holds, by arguments and symbols."""
    needed: set[Value] = set()
    stack = [node.value] if isinstance(node, Branch) else [*node.outputs, *node.checks]
    while stack:
        value = stack.pop()
        if value in needed or value in done:
            continue
        needed.add(value)
        stack.extend(value.args)
        if definitions:
            stack.extend(definitions[s] for s in symbols(value) if s in definitions)
    return needed


def _literals(values: Iterable[Value]) -> Iterator[Value]:
    """The constant arrays, those in regions included."""
    for value in values:
        if value.op.name == "const" and value.shape:
            yield value
        for region in value.regions:
            yield from _literals(region.values)


def _checks(values: Iterable[Value]) -> Iterator[Check]:
    for value in values:
        found = check_of(value)
        if found is not None:
            yield found
        for region in value.regions:
            yield from _checks(region.values)
