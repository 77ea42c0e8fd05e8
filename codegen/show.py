"""The text form of a Schedule."""

from __future__ import annotations

from ..ir.graph import Value
from ..ir.ops.control import invariants_of, state_of, trip_of
from ..ir.types import format_shape
from .schedule import Band, Call, Choice, Code, Loop, Nest, Schedule, Section
from .tree import Branch


class _Names(dict[Value, str]):
    """Numbers values as they are met; those of a region may be shared by several."""

    def __missing__(self, value: Value) -> str:
        name = self[value] = f"%{len(self)}"
        return name


def show(schedule: Schedule) -> str:
    names = _Names()
    for value in (*schedule.program.inputs, *schedule.program.values):
        names[value] = f"%{len(names)}"
    lines = [f"slots: {', '.join(f'{size} bytes' for size in schedule.slots) or 'none'}"]
    stack: list[tuple[str, str, Section]] = [("", "", schedule.root)]
    while stack:
        indent, outcome, section = stack.pop()
        if outcome:
            lines.append(f"{indent[2:]}if {outcome}:")
        lines += _section(section, names, indent)
        for (_, expected), arm in reversed(section.arms.items()):
            stack.append((indent + "  ", repr(expected), arm))
    return "\n".join(lines) + "\n"


def _section(section: Section, names: _Names, indent: str) -> list[str]:
    lines = _code(section, names, indent)
    if isinstance(section.end, Branch):
        branch = section.end
        lines.append(f"{indent}branch on {names[branch.value]} at {branch.where}")
    else:
        outputs = ", ".join(names[v] for v in section.end.outputs)
        lines.append(f"{indent}leaf {section.end.path}: {outputs}")
    return lines


def _code(code: Code, names: _Names, indent: str) -> list[str]:
    lines = []
    for gap, step in zip(code.scalars, [*code.steps, None], strict=True):
        if gap:
            inside = ", ".join(f"{names[v]} = {v.op.name}" for v in gap)
            lines.append(f"{indent}scalars: {inside}")
        if isinstance(step, Call):
            lines.append(_call(step, names, indent))
        elif isinstance(step, Loop):
            lines += _loop(step, code, names, indent)
        elif isinstance(step, Choice):
            lines.append(f"{indent}if {names[step.value.args[0]]}:{_places(step, code, names)}")
            lines += _code(step.then, names, indent + "  ")
            lines.append(f"{indent}else:")
            lines += _code(step.other, names, indent + "  ")
        elif isinstance(step, Band):
            lines.append(f"{indent}band of {step.count} chunks of {step.size} rows:")
            for nest in step.nests:
                if isinstance(nest, Call):
                    lines.append(_call(nest, names, indent + "  "))
                else:
                    lines += _nest(nest, code, names, indent + "  ")
        elif step is not None:
            lines += _nest(step, code, names, indent)
    return lines


def _call(step: Call, names: _Names, indent: str) -> str:
    return f"{indent}call {names[step.value]} = {step.value.op.name}"


def _loop(step: Loop, code: Code, names: _Names, indent: str) -> list[str]:
    loop = step.value
    invariants = invariants_of(loop)
    inputs = step.body.graph.inputs[len(state_of(loop)) :]
    for inner, outer in zip(inputs, invariants, strict=True):
        names[inner] = names[outer]
    order = "down from" if loop.attr("reverse") else "up to"
    line = f"{indent}loop {loop.attr('symbol').name} {order} {names[trip_of(loop)]}"
    test = f" while {names[loop.args[1]]}" if loop.attr("test") else ""
    lines = [f"{line}{test}:{_places(step, code, names)}"]
    lines += _code(step.body, names, indent + "  ")
    returned = ", ".join(names[v] for v in step.body.graph.outputs)
    lines.append(f"{indent}  next {returned}")
    lines += [f"{indent}  turn {source} into {target}" for source, target in step.body.turns]
    return lines


def _places(step: Loop | Choice, code: Code, names: _Names) -> str:
    """The results of control flow with the buffers of arrays."""
    found = [
        f"{names[value]} in {code.buffers[value]}" if value.shape else names[value]
        for value in step.results
    ]
    return f" {', '.join(found)}"


def _nest(step: Nest, code: Code, names: _Names, indent: str) -> list[str]:
    lines = [f"{indent}nest {format_shape(step.domain)}:"]
    for store in step.stores:
        target = f"output{store.output}" if store.kind == "output" else names[store.value]
        where = code.buffers.get(store.value)
        place = f" in {where}" if where and store.kind != "output" else ""
        lines.append(f"{indent}  {store.kind} {target}{place} <- {names[store.expr]}")
    return lines
