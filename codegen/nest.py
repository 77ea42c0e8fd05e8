"""Emission of one loop nest with its stores, reductions included."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import llvmlite.ir as ll
import numpy as np

from ..ir.graph import Value
from .access import Index, Linear, depth, identity, offset, region_index
from .body import Body, Place, from_memory
from .cone import REDUCTIONS
from .scalar import I64, Scalar, constant, register_type
from .schedule import Nest, Store


@dataclass(slots=True)
class _Reduction:
    """Where a reduction accumulates: a register for inner axes, else the result's buffer."""

    store: Store
    target: Linear
    level: int
    register: ll.Value | None


class NestEmitter:
    """Emits nests into a function; ``entry`` is where stack slots are made."""

    def __init__(
        self,
        entry: ll.IRBuilder,
        pointer: Place,
        output: Callable[[int], ll.Value],
        stored: Callable[[Value], bool],
        registers: dict[Value, ll.Value],
    ) -> None:
        self.entry = entry
        self.pointer = pointer
        self.output = output
        self.stored = stored
        self.registers = registers

    def emit(self, b: ll.IRBuilder, nest: Nest) -> None:
        reductions = [self._reduction(s) for s in nest.stores if s.kind in REDUCTIONS]
        for reduction in reductions:
            if reduction.register is None:
                self._fill(b, reduction.store)
        if 0 in nest.domain:
            for reduction in reductions:
                if reduction.register is not None:
                    self._fill(b, reduction.store)
            return
        body, heads = self._open(b, nest)
        for reduction in reductions:
            if reduction.register is not None:
                start = constant(reduction.store.value.dtype, _start(reduction.store))
                body.builders[reduction.level].store(start, reduction.register)
        self._stores(body, nest, {id(r.store): r for r in reductions})
        self._close(b, body, nest, heads, reductions)

    # --- loops ------------------------------------------------------------------------------

    def _open(self, b: ll.IRBuilder, nest: Nest) -> tuple[Body, list[ll.Block]]:
        builders, loops, heads = [], [], []
        for _ in nest.domain:
            head = b.append_basic_block("loop")
            before = b.block
            jump = b.branch(head)
            outer = ll.IRBuilder()
            outer.position_before(jump)
            builders.append(outer)
            b.position_at_end(head)
            index = b.phi(I64)
            index.add_incoming(ll.Constant(I64, 0), before)
            loops.append(index)
            heads.append(head)
        builders.append(b)
        inline = {store.value for store in nest.stores if store.kind == "store"}
        body = Body(
            builders,
            loops,
            self.pointer,
            lambda value: self.stored(value) and value not in inline,
            self.registers,
        )
        return body, heads

    def _close(
        self,
        b: ll.IRBuilder,
        body: Body,
        nest: Nest,
        heads: list[ll.Block],
        reductions: list[_Reduction],
    ) -> None:
        for level in range(len(nest.domain), -1, -1):
            if level < len(nest.domain):
                index, size = body.loops[level], nest.domain[level]
                following = b.add(index, ll.Constant(I64, 1), flags=("nsw", "nuw"))
                index.add_incoming(following, b.block)
                after = b.append_basic_block("after")
                more = b.icmp_signed("<", following, ll.Constant(I64, size))
                b.cbranch(more, heads[level], after)
                b.position_at_end(after)
                body.builders[level] = b
            for reduction in reductions:
                if reduction.level == level and reduction.register is not None:
                    value = reduction.store.value
                    total = b.load(reduction.register)
                    if value.shape:
                        body.store(total, value, reduction.target, level)
                    else:
                        self.registers[value] = total

    # --- stores -----------------------------------------------------------------------------

    def _stores(self, body: Body, nest: Nest, reductions: dict[int, _Reduction]) -> None:
        inner = len(nest.domain)
        b = body.builders[inner]
        elements = []
        for store in nest.stores:
            index = identity(store.expr.type.ints)
            elements.append((store, index, body.element(store.expr, index, store.kind == "store")))
        for store, index, number in elements:
            if store.kind in REDUCTIONS:
                reduction = reductions[id(store)]
                scalar = Scalar(b, store.value.dtype)
                if reduction.register is not None:
                    total = _combine(scalar, store.kind, b.load(reduction.register), number)
                    b.store(total, reduction.register)
                else:
                    old = self._load_at(body, store.value, reduction.target, inner)
                    total = _combine(scalar, store.kind, old, number)
                    body.store(total, store.value, reduction.target, inner)
            elif store.kind == "output":
                self._store_output(body, store, index, number, inner)
            else:
                self._store_region(body, store, index, number, inner)

    def _store_region(
        self, body: Body, store: Store, index: Index, number: ll.Value, level: int
    ) -> None:
        value = store.value
        if store.kind in ("update", "accumulate"):
            index = region_index(index, value.attr("start"), value.attr("step"))
        target = offset(index, value.shape)
        if store.kind == "accumulate":
            scalar = Scalar(body.builders[level], value.dtype)
            old = self._load_at(body, value, target, level)
            number = _combine(scalar, "sum", old, number, ordered=True)
        body.store(number, value, target, level)

    def _load_at(self, body: Body, value: Value, form: Linear, level: int) -> ll.Value:
        b = body.builders[level]
        return from_memory(b, value, b.load(body.address(value, form, level)))

    def _store_output(
        self, body: Body, store: Store, index: Index, number: ll.Value, level: int
    ) -> None:
        pointer = body.pointer
        body.pointer = lambda _: self.output(store.output)
        body.store(number, store.expr, offset(index, store.expr.shape), level)
        body.pointer = pointer

    # --- reductions -------------------------------------------------------------------------

    def _reduction(self, store: Store) -> _Reduction:
        """The result's place and, where the reduced loops are the inner ones, a register."""
        value, expr = store.value, store.expr
        reduced = value.attr("axes")
        index = identity(expr.type.ints)
        kept = tuple(at for axis, at in enumerate(index) if axis not in reduced)
        target = offset(kept, value.shape) if kept else (0, ())
        level = depth(kept)
        loops = len(index[0][1]) if index else 0
        outer = sum(1 for _, c in kept if any(c))
        if level == outer:  # the kept loops are the outer ones
            name = self.entry.alloca(register_type(value.dtype))
            return _Reduction(store, target, level, name)
        return _Reduction(store, target, loops, None)

    def _fill(self, b: ll.IRBuilder, store: Store) -> None:
        value = store.value
        start = constant(value.dtype, _start(store))
        if not value.shape:
            self.registers[value] = start
            return
        size = value.type.size
        if size == 0:
            return
        flat = Nest((size,))
        body, heads = self._open(b, flat)
        body.store(start, value, (0, (1,)), 1)
        self._close(b, body, flat, heads, [])


def _start(store: Store) -> Any:
    """The number that a reduction starts from."""
    dtype = store.value.dtype
    if store.kind in ("sum", "any"):
        return 0
    if store.kind in ("prod", "all"):
        return 1
    lowest = store.kind == "max"
    if dtype.kind == "f":
        return -math.inf if lowest else math.inf
    if dtype.kind == "b":
        return 0 if lowest else 1
    limits = np.iinfo(dtype)
    return limits.min if lowest else limits.max


def _combine(
    scalar: Scalar, kind: str, x: ll.Value, y: ll.Value, ordered: bool = False
) -> ll.Value:
    """One step of a reduction; floating-point sums may be reordered into vector lanes."""
    b = scalar.b
    flags = () if ordered else ("reassoc",)
    if kind in ("max", "min"):
        return scalar.extremum(kind, x, y, nan=True)
    if scalar.kind == "b":
        return b.and_(x, y) if kind in ("all", "prod") else b.or_(x, y)
    if scalar.kind == "f":
        return b.fadd(x, y, flags=flags) if kind == "sum" else b.fmul(x, y, flags=flags)
    return b.add(x, y) if kind == "sum" else b.mul(x, y)
