"""Cotangents of the values of a Graph: how they are collected and handed on to arguments.

Cotangents carry masks. Behind a ``where`` the cotangent is the pair (number, mask): the number
is only valid where the mask holds, and the select that makes the rest zero comes after the
chain of products, so an infinite derivative in a branch not taken never meets the zero. What
is zero because an element was never read (``sqrt(x)[1:]``) is masked in the same way, but only
where a value or a derivative can be infinite, so that plain slicing costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import Graph, Value
from ..op import CONST, Masked, const, constant_of
from ..ops import (
    accumulate,
    any_,
    broadcast,
    contract,
    logical_and,
    logical_or,
    reshape,
    sum_to,
    where,
    zeros,
)
from ..ops.contract import contract_vjp
from ..types import BOOL, ArrayType


def unbounded(graph: Graph) -> set[Value]:
    """The values that can be infinite or NaN, or have such a derivative, at finite inputs."""
    found: set[Value] = set()
    for value in graph.values:
        if value.regions:
            if any(arg in found for arg in value.args) or any(map(unbounded, value.regions)):
                found.add(value)
        elif value.type.differentiable and (
            not _is_finite(value) or any(arg in found for arg in value.args)
        ):
            found.add(value)
    return found


def _is_finite(value: Value) -> bool:
    """Whether an op application is finite, with finite derivatives, at finite arguments."""
    if value.op is CONST:
        return bool(np.isfinite(value.attr("value").array).all())
    if value.op.name == "div":
        divisor = constant_of(value.args[1])
        return divisor is not None and bool((divisor != 0).all())
    return not value.op.singular


@dataclass(frozen=True, slots=True)
class Cotangent:
    """``value``, and where it can be non-zero (``mask``; None: anywhere).

    ``hard``: outside the mask ``value`` is not valid, else it is zero there. ``regional``: the
    mask tells only what was read, not what a ``where`` took.
    """

    value: Value
    mask: Value | None = None
    hard: bool = False
    regional: bool = False

    def settled(self) -> Value:
        if not self.hard:
            return self.value
        assert self.mask is not None
        return where(self.mask, self.value, 0.0)


class Cotangents:
    """The cotangents found so far, by value."""

    def __init__(self, active: set[Value], unbounded: set[Value]) -> None:
        self.active = active
        self.unbounded = unbounded
        self.table: dict[Value, Cotangent] = {}

    def take(self, x: Value) -> Cotangent | None:
        return self.table.pop(x, None)

    def add(
        self,
        x: Value,
        g: Value,
        mask: Value | None = None,
        hard: bool = False,
        regional: bool = False,
    ) -> None:
        new = Cotangent(g, mask, hard, regional)
        if g.shape != x.shape:
            new = _unbroadcast(new, x)
        old = self.table.get(x)
        if old is not None:
            both = _either(old.mask, new.mask)
            value = old.settled() + new.settled()
            new = Cotangent(value, both, False, old.regional and new.regional)
        self.table[x] = new

    def propagate(self, y: Value) -> None:
        """Adds what the cotangent of ``y`` contributes to those of its arguments."""
        found = self.take(y)
        if found is None:
            return
        if found.regional and not found.hard and y not in self.unbounded:
            # Nothing that y was computed from can be infinite either: zeros need no mask.
            found = Cotangent(found.value)
        if y.op.kind == "pointwise":
            self._pointwise(y, found)
        elif y.op.kind == "linear":
            self._linear(y, found)
        else:
            self._general(y, found)

    def _pointwise(self, y: Value, g: Cotangent) -> None:
        for x, partial in zip(y.args, y.op.partials, strict=True):
            if x not in self.active or partial is None:
                continue
            factor = partial(*y.args, y)
            if isinstance(factor, Masked):
                mask = factor.mask if g.mask is None else logical_and(g.mask, factor.mask)
                self.add(x, scale(g.value, factor.value), mask, True)
            else:
                hard = g.hard or (g.mask is not None and not _is_finite_number(factor))
                self.add(x, scale(g.value, factor), g.mask, hard, g.regional)

    def _linear(self, y: Value, g: Cotangent) -> None:
        assert y.op.transpose is not None
        attrs = dict(y.attrs)
        value = g.settled()
        if y.op.name == "slice" and y.args[0] in self.active:
            self._read_region(y, Cotangent(value, g.mask, False, g.regional))
            return
        contributions = y.op.transpose(value, *y.args, **attrs)
        masks = self._transposed_mask(y, g)
        for x, contribution, mask in zip(y.args, contributions, masks, strict=True):
            if x in self.active and contribution is not None:
                regional = mask is not None and (g.mask is None or g.regional)
                self.add(x, contribution, mask, False, regional)

    def _general(self, y: Value, g: Cotangent) -> None:
        assert y.op.vjp is not None
        assert y.op.reach is not None
        masks: Sequence[Value | None] = [None] * len(y.args)
        contributions: Sequence[Value | Masked | None]
        if g.mask is not None:
            masks = reached = y.op.reach(y, indicator(g.mask, y))
        if y.op is contract and g.mask is not None:
            # Each cotangent sums over elements of y, of which some are masked: what would
            # multiply only those zeros is made zero itself.
            x, z = (
                arg if mask is None else where(mask, arg, 0.0)
                for arg, mask in zip(y.args, reached, strict=True)
            )
            contributions = contract_vjp(y.attr("spec"), x, z, g.settled())
        else:
            contributions = y.op.vjp(y, g.settled())
        for x, contribution, mask in zip(y.args, contributions, masks, strict=True):
            if x not in self.active or contribution is None:
                continue
            if isinstance(contribution, Masked):
                both = contribution.mask if mask is None else logical_and(mask, contribution.mask)
                self.add(x, _as_value(contribution.value, x), both, hard=True)
            else:
                self.add(x, contribution, mask, mask is not None, g.regional)

    def _transposed_mask(self, y: Value, g: Cotangent) -> tuple[Value | None, ...]:
        if y.op.name == "cast":
            return (g.mask,)
        assert y.op.transpose is not None
        if g.mask is None and y.op.name != "update":
            return (None,) * len(y.args)
        masks = y.op.transpose(indicator(g.mask, y), *y.args, **dict(y.attrs))
        return (masks[0], None) if g.mask is None else masks

    def _read_region(self, y: Value, g: Cotangent) -> None:
        x, start, step = y.args[0], y.attr("start"), y.attr("step")
        old = self.take(x)
        shadow = zeros(x.type) if old is None else old.settled()
        value = accumulate(shadow, g.value, start=start, step=step)
        if old is not None and old.mask is None:
            self.table[x] = Cotangent(value)
            return
        nothing = zeros(ArrayType(BOOL, x.shape))
        known = nothing if old is None else indicator(old.mask, x)
        mask = accumulate(known, indicator(g.mask, y), start=start, step=step)
        regional = (g.mask is None or g.regional) and (old is None or old.regional)
        self.table[x] = Cotangent(value, mask, False, regional)


def scale(g: Value, factor: Value | float) -> Value:
    """``g * factor``, without arithmetic for one and minus one."""
    if isinstance(factor, Value):
        return g * factor
    return g if factor == 1.0 else -g if factor == -1.0 else g * factor


def _is_finite_number(factor: Value | float) -> bool:
    known = constant_of(factor) if isinstance(factor, Value) else factor
    return known is not None and bool(np.isfinite(known).all())


def _as_value(number: Value | float, like: Value) -> Value:
    return number if isinstance(number, Value) else const(number, like.dtype)


def indicator(mask: Value | None, like: Value) -> Value:
    flag = const(True) if mask is None else mask
    return flag if flag.shape == like.shape else broadcast(flag, shape=like.shape)


def _either(x: Value | None, y: Value | None) -> Value | None:
    return None if x is None or y is None else logical_or(x, y)


def _unbroadcast(g: Cotangent, x: Value) -> Cotangent:
    value = sum_to(g.settled(), x.shape)
    if g.mask is None:
        return Cotangent(value)
    mask = indicator(g.mask, g.value)
    extra = len(mask.shape) - len(x.shape)
    axes = tuple(
        axis
        for axis, dim in enumerate(mask.shape)
        if axis < extra or (x.shape[axis - extra] == 1 and dim != 1)
    )
    reduced = any_(mask, axes=axes)
    if reduced.shape != x.shape:
        reduced = reshape(reduced, shape=x.shape)
    return Cotangent(value, reduced, False, g.regional)
