"""What one element of a value is computed from: the cone of a loop body.

Walking from a value at an index through views and pointwise ops ends at loads from buffers, at
scalars, and at constants. The scheduler asks this question to place work; code generation
walks the same way to emit it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..ir.graph import Value
from ..ir.ops.families import LIBRARY, REDUCTIONS, UPDATES
from .access import VIEWS, Index, Linear, aligned, offset, same_but_units, through_view

LEAVES = frozenset({"input", "const", "iota", "empty", "dim"})
CONTROL = frozenset({"loop", "cond"})
ROOTS = LIBRARY | REDUCTIONS | UPDATES | {"get"}
"""Ops whose results stand in buffers (or registers, for scalars), never recomputed."""


def is_splat(value: Value) -> bool:
    """A constant scalar, which needs no index."""
    return value.op.name == "const" and not value.shape


@dataclass(slots=True)
class Cone:
    """Loads, scalars, and what is computed at which index.

    A load is the value whose buffer is read, the offset of the element, and the value that it
    was read for.
    """

    loads: list[tuple[Value, Linear, Value]] = field(default_factory=list)
    scalars: list[Value] = field(default_factory=list)
    computed: dict[tuple[Value, Index], None] = field(default_factory=dict)


def arguments(value: Value, index: Index) -> list[tuple[Value, Index]]:
    """The elements that ``value`` at ``index`` is computed from."""
    if value.op.name in VIEWS:
        return [(value.args[0], through_view(value, index))]
    return [(arg, aligned(index, arg.shape)) for arg in value.args]


def reads_by_offset(value: Value) -> bool:
    """Whether ``value`` is a reshape that has no index map, only a buffer behind it."""
    return value.op.name == "reshape" and not same_but_units(value.shape, value.args[0].shape)


def home(value: Value) -> Value:
    """The value whose buffer a chain of reshapes reads."""
    while value.op.name == "reshape":
        value = value.args[0]
    return value


def cone(
    value: Value, index: Index, stored: Callable[[Value], bool], defining: bool = False
) -> Cone:
    """The cone of ``value`` at ``index``; ``defining``: of how it is computed, not loaded."""
    found = Cone()
    top = value if defining else None
    seen: set[tuple[Value, Index]] = set()
    stack = [(value, index, value)]
    while stack:
        v, at, reader = stack.pop()
        item = v, at
        if item in seen:
            continue
        seen.add(item)
        if not v.shape and v is not top:
            if not is_splat(v):
                found.scalars.append(v)
        elif stored(v) and v is not top:
            found.loads.append((v, offset(at, v.shape), reader))
        elif reads_by_offset(v):
            found.loads.append((v.args[0], offset(at, v.shape), v))
        elif v.op.name not in ("iota", "empty"):
            found.computed[item] = None
            stack.extend((*element, v) for element in arguments(v, at))
    return found
