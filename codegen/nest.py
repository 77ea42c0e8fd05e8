"""Emission of one loop nest with its stores, reductions included."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import llvmlite.ir as ll
import numpy as np

from ..ir.graph import Value
from ..ir.ops.families import REDUCTIONS
from ..ir.sizes import least
from ..ir.types import Dim, lower_bound
from .access import Index, Linear, depth, identity, offset, region_index
from .body import Body
from .frame import Frame
from .scalar import I64, Scalar, constant, from_memory, register_type
from .schedule import Buffer, Nest, Store, space
from .tile import BLOCK, tile


@dataclass(slots=True)
class _Reduction:
    """Where a reduction accumulates: a register for inner axes, else the result's buffer."""

    store: Store
    target: Linear
    level: int
    register: ll.Value | None


@dataclass(slots=True)
class _Level:
    """One open loop: its index, where it ends, its blocks."""

    index: ll.Value
    end: ll.Value
    head: ll.Block
    after: ll.Block
    step: int


class NestEmitter:
    """Emits the nests of one section or region; ``rows``: the part of the outermost loop to run."""

    def __init__(self, frame: Frame, rows: tuple[ll.Value, ll.Value] | None = None) -> None:
        self.frame = frame
        self.rows = rows

    def emit(self, b: ll.IRBuilder, nest: Nest) -> None:
        reductions = [self._reduction(s) for s in nest.stores if s.kind in REDUCTIONS]
        for reduction in reductions:
            if reduction.register is None:
                of_rows = self.rows is not None and reduction.target[1][0]
                self._fill(b, reduction.store, self.rows if of_rows else None)
        if 0 in nest.domain:
            for reduction in reductions:
                if reduction.register is not None:
                    self._fill(b, reduction.store)
            return
        for store in nest.stores:
            self._reserve(b, store)
        inline = {store.value for store in nest.stores if store.kind == "store"}
        blocks = None
        if all(r.register is None or r.level == 0 for r in reductions):
            targets = [r.target for r in reductions if r.register is None]
            blocks = tile(nest, lambda v: self.frame.stored(v) and v not in inline, targets)
        body, levels = self._open(b, nest, self.rows, blocks)
        for reduction in reductions:
            if reduction.register is not None:
                start = constant(reduction.store.value.dtype, _start(reduction.store))
                body.builders[reduction.level].store(start, reduction.register)
        self._stores(body, nest, {id(r.store): r for r in reductions})
        self._close(b, body, levels, reductions)

    # --- loops ------------------------------------------------------------------------------

    def _open(
        self,
        b: ll.IRBuilder,
        nest: Nest,
        rows: tuple[ll.Value, ll.Value] | None = None,
        blocks: int | None = None,
    ) -> tuple[Body, list[_Level]]:
        """The loops; ``blocks``: this one and the last are cut into blocks."""
        bounds = [(ll.Constant(I64, 0), self.frame.dim(b, size)) for size in nest.domain]
        if rows is not None:
            bounds[0] = rows
        builders, levels = [], []
        if blocks is not None:
            cut = (blocks, len(bounds) - 1)
            outer, tiles = self._enter(b, [(1, bounds[axis]) for axis in cut], BLOCK)
            builders.append(outer[0])
            for axis, level in zip(cut, tiles, strict=True):
                after = b.add(level.index, ll.Constant(I64, BLOCK), flags=("nsw",))
                end = b.select(b.icmp_signed("<", after, level.end), after, level.end)
                bounds[axis] = (level.index, end)
            levels += tiles
        outer, inner = self._enter(b, list(zip(nest.domain, bounds, strict=True)))
        builders += outer[1:] if blocks is not None else outer
        levels += inner
        builders.append(b)
        inline = {store.value for store in nest.stores if store.kind == "store"}
        body = Body(
            builders,
            [level.index for level in inner],
            self.frame,
            lambda value: self.frame.stored(value) and value not in inline,
        )
        return body, levels

    def _enter(
        self, b: ll.IRBuilder, loops: list[tuple[Dim, tuple[ll.Value, ll.Value]]], step: int = 1
    ) -> tuple[list[ll.IRBuilder], list[_Level]]:
        """Begins loops, each given as its size and bounds; a builder in front of each."""
        builders, levels = [], []
        for dim, (begin, end) in loops:
            head, after = b.append_basic_block("loop"), b.append_basic_block("after")
            before = b.block
            if least(lower_bound(dim) or 0) > 0:
                jump = b.branch(head)
            else:
                jump = b.cbranch(b.icmp_signed("<", begin, end), head, after)
            outer = ll.IRBuilder()
            outer.position_before(jump)
            builders.append(outer)
            b.position_at_end(head)
            index = b.phi(I64)
            index.add_incoming(begin, before)
            levels.append(_Level(index, end, head, after, step))
        return builders, levels

    def _close(
        self, b: ll.IRBuilder, body: Body, levels: list[_Level], reductions: list[_Reduction]
    ) -> None:
        left = list(levels)
        for depth_of in range(len(body.loops), -1, -1):
            while len(left) > (depth_of and depth_of + len(levels) - len(body.loops)):
                level = left.pop()
                step = ll.Constant(I64, level.step)
                following = b.add(level.index, step, flags=("nsw", "nuw"))
                level.index.add_incoming(following, b.block)
                b.cbranch(b.icmp_signed("<", following, level.end), level.head, level.after)
                b.position_at_end(level.after)
                body.builders[depth_of] = b
            for reduction in reductions:
                if reduction.level == depth_of and reduction.register is not None:
                    value = reduction.store.value
                    total = b.load(reduction.register)
                    if value.shape:
                        body.store(total, value, reduction.target, depth_of)
                    else:
                        self.frame.registers[value] = total

    # --- stores -----------------------------------------------------------------------------

    def _stores(self, body: Body, nest: Nest, reductions: dict[int, _Reduction]) -> None:
        inner = len(nest.domain)
        b = body.builders[inner]
        elements = []
        for store in nest.stores:
            index = identity(store.expr.shape)
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

    def _reserve(self, b: ll.IRBuilder, store: Store) -> None:
        buffer = self.frame.buffers.get(store.value)
        if store.kind == "update" and buffer is not None and buffer.kind == "tape":
            row = self.frame.dim(b, store.value.attr("start")[0])
            self.frame.memory.reserve(b, buffer, store.value, row)

    def _load_at(self, body: Body, value: Value, form: Linear, level: int) -> ll.Value:
        b = body.builders[level]
        return from_memory(b, value.dtype, b.load(body.address(value, form, level)))

    def _store_output(
        self, body: Body, store: Store, index: Index, number: ll.Value, level: int
    ) -> None:
        pointer = self.frame.memory.pointer(body.builders[level], Buffer("output", store.output))
        body.store(number, store.expr, offset(index, store.expr.shape), level, pointer)

    # --- reductions -------------------------------------------------------------------------

    def _reduction(self, store: Store) -> _Reduction:
        """The result's place and, where the reduced loops are the inner ones, a register."""
        value, expr = store.value, store.expr
        reduced = value.attr("axes")
        index = identity(expr.shape)
        kept = tuple(at for axis, at in enumerate(index) if axis not in reduced)
        target = offset(kept, value.shape) if kept else (0, ())
        level = depth(kept)
        loops = len(index[0][1]) if index else 0
        outer = sum(1 for _, c in kept if any(c))
        if level == outer:  # the kept loops are the outer ones
            name = self.frame.entry.alloca(register_type(value.dtype))
            return _Reduction(store, target, level, name)
        return _Reduction(store, target, loops, None)

    def _fill(
        self, b: ll.IRBuilder, store: Store, rows: tuple[ll.Value, ll.Value] | None = None
    ) -> None:
        """Gives a reduction its start; ``rows``: only where these rows are reduced to."""
        value = store.value
        start = constant(value.dtype, _start(store))
        if not value.shape:
            self.frame.registers[value] = start
            return
        dims = space(value)
        if 0 in dims:
            return
        outer, inner = (dims[:1], dims[1:]) if rows is not None else ((), dims)
        over = dims
        target = offset(identity(value.shape), value.shape)
        if all(isinstance(dim, int) for dim in inner):  # one loop over all that lies together
            size = math.prod(dim for dim in inner if isinstance(dim, int))
            over = (*outer, size)
            target = (0, (size, 1) if outer else (1,))
        body, levels = self._open(b, Nest(over), rows)
        body.store(start, value, target, len(levels))
        self._close(b, body, levels, [])

    def combine(self, b: ll.IRBuilder, store: Store, partial: ll.Value, count: int) -> None:
        """The result of a reduction from those of ``count`` chunks, behind ``partial``."""
        value = store.value
        self._fill(b, store)
        size = math.prod(value.type.ints)
        total: ll.Value | None = None
        if not value.shape:
            total = self.frame.entry.alloca(register_type(value.dtype))
            b.store(self.frame.registers[value], total)
        body, levels = self._open(b, Nest((count, size)))
        level = len(levels)
        scalar = Scalar(body.builders[level], value.dtype)
        at = body.address(value, (0, (size, 1)), level, partial)
        number = from_memory(scalar.b, value.dtype, scalar.b.load(at))
        if total is None:
            old = self._load_at(body, value, (0, (0, 1)), level)
            body.store(_combine(scalar, store.kind, old, number), value, (0, (0, 1)), level)
        else:
            old = scalar.b.load(total)
            scalar.b.store(_combine(scalar, store.kind, old, number), total)
        self._close(b, body, levels, [])
        if total is not None:
            self.frame.registers[value] = b.load(total)


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
