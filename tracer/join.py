"""Values side by side in a new array: what concatenate, stack and lists of arrays are made of."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir import ops
from ..ir.graph import Value


def join(values: Sequence[Value], axis: int) -> Value:
    """Values of one dtype, equal in all other axes, one after the other."""
    parts = _merged([value for value in values if value.shape[axis]] or [values[0]], axis)
    if len(parts) == 1:
        return parts[0]
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    y = ops.zeros(parts[0].type.with_shape(tuple(shape)))
    if 0 in shape:
        return y
    start, step = [0] * len(shape), (1,) * len(shape)
    for part in parts:
        y = ops.update(y, part, start=tuple(start), step=step)
        start[axis] += part.shape[axis]
    return y


def _merged(parts: Sequence[Value], axis: int) -> list[Value]:
    """The parts, with those made one that lie side by side in one array already.

    A list that a loop has filled holds the rows of one array: it is that array again.
    """
    merged: list[Value] = []
    run: list[Value] = []
    for part in [*parts, None]:
        bare = None if part is None else _bare(part)
        if run and bare is not None and _follows(run[-1], bare, axis):
            run.append(bare)
            continue
        if len(run) > 1:
            first = run[0]
            size = list(first.shape)
            size[axis] = sum(row.shape[axis] for row in run)
            attrs = {"start": first.attr("start"), "step": first.attr("step")}
            merged[-1:] = [ops.slice_(first.args[0], **attrs, size=tuple(size))]
        if part is None:
            break
        run = [bare] if bare is not None else []
        merged.append(part)
    return merged


def _bare(part: Value) -> Value | None:
    """The slice that a part is, apart from axes of size one; None: it is another value."""
    value = part
    while value.op.name == "reshape" and _long(value) == _long(value.args[0]):
        value = value.args[0]
    is_slice = value.op.name == "slice" and value.shape == part.shape
    return value if is_slice and all(step == 1 for step in value.attr("step")) else None


def _long(value: Value) -> list[object]:
    return [dim for dim in value.shape if dim != 1]


def _follows(x: Value, z: Value, axis: int) -> bool:
    """Whether ``z`` begins in the same array where ``x`` ends, along one axis."""
    if x.args[0] is not z.args[0]:
        return False
    ends = list(x.attr("start"))
    ends[axis] += x.shape[axis]
    return tuple(ends) == z.attr("start")
