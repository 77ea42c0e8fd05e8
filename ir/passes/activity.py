"""Activity: through which values a derivative flows from some inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..graph import Graph, Value
from ..ops.control import COND, LOOP, get, passed


@dataclass(slots=True)
class Activity:
    """``values``: the active ones; ``regions``: which inputs of a loop or branch are active."""

    values: set[Value] = field(default_factory=set)
    regions: dict[Value, list[bool]] = field(default_factory=dict)
    results: dict[Value, list[bool]] = field(default_factory=dict)


def activity(graph: Graph, wrt: Iterable[Value]) -> Activity:
    """What depends on the inputs ``wrt`` by a derivative; carried values are a fixed point."""
    found = Activity(set(wrt))
    active = found.values
    for value in graph.values:
        if value.op is LOOP:
            _loop(value, found)
        elif value.op is COND:
            flags = [arg in active for arg in passed(value)]
            found.regions[value] = flags
            parts = [_outputs(region, flags) for region in value.regions]
            found.results[value] = [any(pair) for pair in zip(*parts, strict=True)]
        elif value.op is get:
            if found.results[value.args[0]][value.attr("index")]:
                active.add(value)
        elif value.type.differentiable and any(
            arg in active and has_derivative(value, i) for i, arg in enumerate(value.args)
        ):
            active.add(value)
    return found


def has_derivative(value: Value, position: int) -> bool:
    if value.op.kind == "pointwise":
        return value.op.partials[position] is not None
    return value.op.kind in ("linear", "general")


def _outputs(region: Graph, flags: list[bool]) -> list[bool]:
    wrt = [x for x, flag in zip(region.inputs, flags, strict=True) if flag]
    inner = activity(region, wrt).values
    return [y in inner for y in region.outputs]


def _loop(loop: Value, found: Activity) -> None:
    count = loop.attr("carried")
    flags = [arg in found.values for arg in passed(loop)]
    while any(flags):
        outputs = _outputs(loop.regions[0], flags)
        new = [n for n in range(count) if outputs[n] and not flags[n]]
        if not new:
            break
        for n in new:
            flags[n] = True
    found.regions[loop] = flags
    found.results[loop] = flags[:count]
