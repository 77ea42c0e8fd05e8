"""A derivative in two parts: what is computed beside the value, and what is linear.

``linearize`` and ``vjp`` record a function together with its derivative, and cut what they get
where it begins to depend on tangents (or cotangents). All before the cut runs with the function,
and leaves residuals; what is behind it is a Graph of its own, a :class:`Linear`, which takes the
residuals and can be called again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.graph import Block, Graph, Value, copy_values, inline, symbols
from ..ir.ops import broadcast, zeros
from ..ir.ops.control import COND, LOOP, UNBOUNDED, recomputes
from ..ir.passes.adjoint import adjoint
from ..ir.passes.simplify import simplify
from ..ir.passes.tangent import tangent
from ..ir.types import ArrayType
from .array import Array, wrap
from .closing import closed, outside
from .containers import rebuild
from .derivatives import pullback
from .lift import lift
from .matching import outline_of, per_argument
from .modes import differentiable_outputs
from .nest import (
    Inner,
    as_type,
    dependents,
    differentiable_leaves,
    nested_arguments,
    packed,
    proxy_of,
    seed_of,
)
from .recording import Identity
from .signature import Arguments
from .transforms import Compiled


class Linearized:
    """A function that returns its value, residuals, and its derivative as a :class:`Linear`.

    ``reverse``: the derivative takes cotangents of the result, else tangents of the arguments.
    ``count``: it is by that many arguments; others are defaults.
    """

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any], reverse: bool, count: int) -> None:
        self.fun = fun
        self.reverse = reverse
        self.count = count
        functools.update_wrapper(self, fun, updated=())
        self.inner = Compiled(fun, 0, "value")
        self.compiled = Compiled(self, 0, "value")

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, tuple[Any, ...], Linear]:
        """Recorded; outside of recordings call ``compiled``."""
        arguments = nested_arguments(self.inner.dispatcher.signature, args, kwargs)
        end = sum(structure.leaves for structure in arguments.structures[: self.count])
        wrt = [n for n in differentiable_leaves(arguments) if n < end]
        inner = Inner(self.inner, arguments, wrt)
        cut = _cut(inner, self.reverse)
        value = inner.present(cut.results)
        linear = Linear(cut.linear, inner, arguments, wrt, self.reverse, self.count)
        return value, tuple(wrap(kept, scalar=False) for kept in cut.kept), linear


class Linear:
    """The linear part of a derivative: a function of residuals and tangents or cotangents.

    ``xs`` and ``ys``: the types of the leaves of the arguments and the result that take part.
    """

    __adjit_transform__ = True

    def __init__(
        self,
        graph: Graph,
        inner: Inner,
        arguments: Arguments,
        wrt: Sequence[int],
        reverse: bool,
        count: int,
    ) -> None:
        self.graph = graph
        self.reverse = reverse
        self.result = inner.result
        self.outline = outline_of(arguments)
        self.presented = [_presented(leaf.item) for leaf in arguments.leaves]
        self.count = count
        xs = {n: x.type for n, x in zip(wrt, inner.outer, strict=True)}
        self.xs = [xs.get(n) for n in range(len(arguments.leaves))]
        self.ys = [
            None if isinstance(slot, Identity) else _moving(inner.graph.outputs[slot].type)
            for slot in inner.result.leaves
        ]
        self.compiled = Compiled(self, 0, "value")

    @property
    def seeds(self) -> list[ArrayType | None]:
        return self.ys if self.reverse else self.xs

    @property
    def what(self) -> str:
        return "cotangent" if self.reverse else "tangent"

    def __call__(self, residuals: Sequence[Any], seeds: Sequence[Any]) -> Any:
        """Recorded: ``seeds`` has an array for each leaf; None is zero."""
        given = [lift(item) for item in residuals]
        for leaf, type in zip(seeds, self.seeds, strict=True):
            if type is not None:
                given.append(packed(seed_of(leaf, type, self.what)))
        wanted = [type for type in (self.xs if self.reverse else self.ys) if type is not None]
        outputs = inline(self.graph, given)
        found = iter([as_type(y, type) for y, type in zip(outputs, wanted, strict=True)])
        if not self.reverse:
            leaves = [
                None
                if type is None or isinstance(slot, Identity)
                else proxy_of(next(found), self.result.types[slot])
                for type, slot in zip(self.ys, self.result.leaves, strict=True)
            ]
            return rebuild(self.result.structure, leaves)
        items = [
            None if type is None else proxy_of(next(found), kind)
            for type, kind in zip(self.xs, self.presented, strict=True)
        ]
        return per_argument(self.outline.structures, items)[: self.count]


# --- the cut --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cut:
    """``results`` and what is ``kept`` stand in the enclosing block; ``linear`` takes the latter,
    then the seeds."""

    results: list[Value]
    kept: list[Value]
    linear: Graph


@dataclass(frozen=True, slots=True)
class _Whole:
    """A function and its derivative: ``given`` are the Values of the enclosing block for the
    first inputs of ``graph``, behind which it has the seeds; ``count`` of its outputs are results.
    """

    graph: Graph
    given: list[Value]
    count: int

    @property
    def seeds(self) -> tuple[Value, ...]:
        return self.graph.inputs[len(self.given) :]

    @property
    def derivatives(self) -> tuple[Value, ...]:
        return self.graph.outputs[self.count :]


def _cut(inner: Inner, reverse: bool) -> _Cut:
    whole = _reverse(inner) if reverse else _forward(inner)
    kept, linear = _part(whole) or _all(whole)
    moving = dependents(whole.graph, whole.seeds)
    new = dict(zip(whole.graph.inputs, whole.given, strict=False))
    copy_values([value for value in whole.graph.values if value not in moving], new)
    results = [
        as_type(new.get(y, y), primal.type)
        for y, primal in zip(whole.graph.outputs, inner.graph.outputs, strict=False)
    ]
    inner.keep_guards()
    return _Cut(results, [new[value] for value in kept], linear)


def _whole(inner: Inner, graph: Graph) -> _Whole:
    """``graph`` is made of ``inner.split``, and uses Values of the blocks around."""
    captured = outside(graph)
    given = [*map(packed, inner.outer), *captured]
    found = simplify(closed(graph, captured, len(inner.outer)))
    return _Whole(found, given, len(inner.graph.outputs))


def _reverse(inner: Inner) -> _Whole:
    return _whole(inner, pullback(inner.graph, inner.split, range(len(inner.outer))))


def _forward(inner: Inner) -> _Whole:
    """A loop computes values and tangents at once, so that it cannot be cut. It is transposed
    twice instead: the pullback has residuals, and is linear in the cotangent."""
    primal, wrt = inner.split, range(len(inner.outer))
    pushed = tangent(primal, wrt)  # an error where a rule has none
    values = tuple(dict.fromkeys((*primal.values, *pushed.values)))
    outputs = (*primal.outputs, *pushed.outputs[len(primal.outputs) :])
    direct = _whole(inner, Graph(pushed.inputs, values, outputs))
    moving = dependents(direct.graph, direct.seeds)
    # A loop that is to run again instead of keeping much does so here, too.
    if not any(v.op is COND or (v.op is LOOP and not recomputes(v)) for v in moving):
        return direct
    of = differentiable_outputs(inner.graph)
    pulled = _whole(inner, adjoint(primal, wrt, of))
    part = _part(pulled)
    return direct if part is None else _twice(pulled, *part, wrt)


def _twice(pulled: _Whole, kept: list[Value], linear: Graph, wrt: range) -> _Whole:
    """The transpose of the linear part of a pullback, with the rest of it before."""
    moving = dependents(pulled.graph, pulled.seeds)
    still = [value for value in pulled.graph.values if value not in moving]
    first = len(kept)
    positions = range(first, len(linear.inputs))
    transposed = adjoint(linear, positions, range(len(linear.outputs)))
    block = Block(pulled.graph.inputs[: len(pulled.given)], still)
    with block:
        # Of a linear function the transpose does not depend on where it is taken.
        at = [zeros(value.type) for value in linear.inputs[first:]]
        moves = [block.input(f"t{n}", y.type) for n, y in enumerate(linear.outputs)]
        tangents = inline(transposed, [*kept, *at, *moves])[len(linear.outputs) :]
    results = pulled.graph.outputs[: pulled.count]
    found = simplify(block.graph((*results, *tangents)))
    return _Whole(found, pulled.given, pulled.count)


def _part(whole: _Whole) -> tuple[list[Value], Graph] | None:
    """What is kept, and the Graph of what depends on the seeds; None where what is kept would
    have a size that is known only when it is computed."""
    graph = whole.graph
    varying = dependents(graph, graph.inputs)
    moving = dependents(graph, whole.seeds)
    defined = {value.attr("symbol") for value in graph.values if value.op.name == "index"}
    inside: set[Value] = set(whole.seeds)
    kept: dict[Value, None] = {}
    pending = [*whole.derivatives]
    while pending:
        value = pending.pop()
        if value in inside or value in kept:
            continue
        # Constants are made anew, and what is broadcast is kept as it was before.
        if value in moving or value not in varying or value.op is broadcast:
            inside.add(value)
            pending += value.args
        else:
            kept[value] = None
        if not defined.isdisjoint(symbols(value)) or (value in kept and not _has_size(value.type)):
            return None
    block = Block()
    new = {value: block.input(f"r{n}", value.type) for n, value in enumerate(kept)}
    block.inputs += whole.seeds
    with block:
        copy_values([value for value in graph.values if value in inside], new)
    outputs = [new.get(value, value) for value in whole.derivatives]
    return list(kept), simplify(block.graph(outputs))


def _all(whole: _Whole) -> tuple[list[Value], Graph]:
    """The derivative with all that it needs, which is computed again at each call."""
    graph = whole.graph
    linear = simplify(Graph(graph.inputs, graph.values, whole.derivatives))
    return list(graph.inputs[: len(whole.given)]), linear


def _has_size(type: ArrayType) -> bool:
    return all(not isinstance(size, int) or size < UNBOUNDED for size in type.shape)


# --- what it takes and returns ----------------------------------------------------------------


def _moving(type: ArrayType) -> ArrayType | None:
    return type if type.differentiable else None


def _presented(item: Any) -> type | None:
    """What the gradient by an argument is (see `recording.Result`)."""
    if isinstance(item, Array):
        return item.weak or (None if item.scalar else np.ndarray)
    if isinstance(item, np.ndarray):
        return np.ndarray
    return None if isinstance(item, np.generic) else type(item)
