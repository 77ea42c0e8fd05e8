"""Loops that adjit itself records: a number of steps over parts of arrays, recorded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir import ops
from ..ir.graph import Block, Value
from ..ir.ops.control import loop
from ..ir.passes.prune import is_fixed, made_anew
from ..ir.types import Dim
from .dims import _trace
from .regions import number_of


def repeat(
    count: Dim,
    carried: Sequence[Value],
    invariant: Sequence[Value],
    step: Callable[..., list[Value]],
) -> list[Value]:
    """A loop over ``step(i, *carried, *invariant)``, which returns what is carried on.

    Constants among the invariants are made inside, and so is memory that is written there.
    """
    if type(count) is int and count == 0:
        return list(carried)
    symbol = _trace().symbol(count - 1)
    passed = dict.fromkeys(v for v in invariant if not is_fixed(v))
    with Block() as block:
        state = [block.input(f"v{n}", v.type) for n, v in enumerate(carried)]
        own = {v: block.input(f"v{n}", v.type) for n, v in enumerate(passed, len(carried))}
        given = [made_anew(v) if is_fixed(v) else own[v] for v in invariant]
        body = block.graph(step(symbol.dim, *state, *given))
    return loop(number_of(count), None, carried, list(own), body, symbol)


def part_at(x: Value, axis: int, i: Dim) -> Value:
    """``x[i:i + 1]`` along an axis."""
    size = list(x.shape)
    size[axis] = 1
    return ops.slice_(x, start=_start(x, axis, i), step=(1,) * len(size), size=tuple(size))


def put_at(x: Value, part: Value, axis: int, i: Dim) -> Value:
    """``x`` with ``part`` for ``x[i:i + 1]`` along an axis."""
    return ops.update(x, part, start=_start(x, axis, i), step=(1,) * len(x.shape))


def _start(x: Value, axis: int, i: Dim) -> tuple[Dim, ...]:
    return tuple(i if n == axis else 0 for n in range(len(x.shape)))
