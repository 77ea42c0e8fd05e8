"""``hoist``: expensive work that stands in front of an inner loop.

Each element is computed in the outermost loop in which its index is known, there one by one. What
is expensive has a nest of its own instead, where it is vector code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..ir.graph import Value
from ..ir.ops.families import EXPENSIVE
from ..ir.types import Shape
from .access import VIEWS, Index, about, depth
from .cone import Cone, arguments

WORTH = 16
"""Elements from which on expensive ones have a nest of their own."""

Item = tuple[Value, Index]


def hoisted(found: Cone, over: Shape, stored: Callable[[Value], bool]) -> Iterator[Value]:
    """The expensive values that the innermost loop over ``over`` takes from outer ones."""
    inner = len(over)
    known: dict[Item, bool] = {}
    for value, index in found.computed:
        if depth(index) < inner:
            continue
        for item in arguments(value, index):
            part, at = item
            if item in found.computed and 0 < depth(at) < inner and _expensive(item, found, known):
                while part.op.name in VIEWS:
                    part = part.args[0]
                if part.shape and not stored(part) and about(part.shape) >= WORTH:
                    yield part


def _expensive(top: Item, found: Cone, known: dict[Item, bool]) -> bool:
    """Whether an expensive op is in the cone of ``top``; iterative, as cones can be deep."""
    stack = [top]
    while stack:
        value, index = stack[-1]
        if value.op.name in EXPENSIVE:
            known[value, index] = True
            stack.pop()
            continue
        below = [part for part in arguments(value, index) if part in found.computed]
        missing = [part for part in below if part not in known]
        if not missing:
            known[value, index] = any(known[part] for part in below)
            stack.pop()
        stack += missing
    return known[top]
