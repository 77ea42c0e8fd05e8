"""Random Graphs with nested loops, branches, and regions and sizes that depend on symbols.

Everything is valid by construction: starts and sizes are kept within bounds with what is known
of the symbols.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from adjit.ir import ops
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.types import (
    BOOL,
    F32,
    F64,
    I64,
    Affine,
    ArrayType,
    Dim,
    Symbol,
    TupleType,
    lower_bound,
    symbols_in,
    upper_bound,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]

SHAPES = [(), (1,), (4,), (5,), (3, 4), (4, 4), (2, 3)]
DEEPEST = 2
"""Loops and branches around a value."""


class _Scope:
    """A Block being filled, and the symbols that are known in it."""

    def __init__(self, draw: Draw, names: itertools.count, symbols: Sequence[Symbol], depth: int):
        self.draw = draw
        self.names = names
        self.symbols = list(symbols)
        self.depth = depth
        self.block = Block()

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def values(self, accept: Callable[[Value], bool]) -> list[Value]:
        known = [*self.block.inputs, *self.block.values]
        return [v for v in known if not isinstance(v.type, TupleType) and accept(v)]

    def floats(self) -> list[Value]:
        return self.values(lambda v: v.dtype == F64) or [ops.const(0.75)]

    def arrays(self) -> list[Value]:
        found = self.values(lambda v: v.dtype == F64 and bool(v.shape))
        return found or [ops.broadcast(ops.const(0.25), shape=(4,))]

    def late(self, options: Sequence[Any]) -> Any:
        """One of the options, the later ones more often, so that chains get long."""
        return self.pick(list(options) + list(options)[-4:])

    # --- dimensions -------------------------------------------------------------------------

    def numbers(self) -> list[Dim]:
        """Some small dimensions: constants and symbols."""
        return [0, 1, 2, *(Affine(0, ((s, 1),)) for s in self.symbols)]

    def part(self, dim: Dim) -> tuple[Dim, int, Dim]:
        """A start, a step and a size of a region of an axis."""
        options: list[tuple[Dim, int, Dim]] = [(0, 1, dim)]
        for at in self.numbers():
            for size in (1, 2, *self.numbers(), dim, dim - at, dim - at - 1):
                low, room = lower_bound(at), lower_bound(dim - at - size)
                least, most = lower_bound(size), upper_bound(size)
                if None in (low, room, least, most) or min(low, room, least) < 0:
                    continue
                options.append((at, 1, size))
                if isinstance(size, int) and size > 0:
                    options.append((at + size - 1, -1, size))
        return self.late(options)

    def region(self, x: Value) -> dict[str, Any]:
        parts = [self.part(dim) for dim in x.shape]
        names = ("start", "step", "size")
        return {name: tuple(part[n] for part in parts) for n, name in enumerate(names)}

    # --- one step each ----------------------------------------------------------------------

    def apply(self) -> None:
        x = self.late(self.floats())
        fits = [v for v in self.floats() if v.shape in ((), x.shape)]
        z = self.late(fits)
        name = self.pick(["add", "sub", "mul", "sin", "tanh", "maximum", "where"])
        if name in ("sin", "tanh"):
            ops_of = {"sin": ops.sin, "tanh": ops.tanh}
            ops_of[name](x)
        elif name == "where":
            ops.where(ops.lt(x, z), x, ops.mul(z, 0.5))
        else:
            y = {"add": ops.add, "sub": ops.sub, "mul": ops.mul, "maximum": ops.maximum}[name](x, z)
            ops.mul(y, 0.5)

    def reduce(self) -> None:
        x = self.late(self.arrays())
        axes = tuple(axis for axis in range(len(x.shape)) if self.draw(st.booleans()))
        ops.sum_(x, axes=axes)

    def move(self) -> None:
        x = self.late(self.arrays())
        name = self.pick(["transpose", "unit", "broadcast", "iota", "element", "dim", "contract"])
        if name == "transpose":
            ops.transpose(x, perm=tuple(reversed(range(len(x.shape)))))
        elif name == "unit":
            ops.reshape(x, shape=(1, *x.shape))
        elif name == "broadcast" and len(x.shape) < 3:
            size = self.pick([dim for y in self.arrays() for dim in y.shape])
            ops.broadcast(x, shape=(size, *x.shape))
        elif name == "iota":
            ops.iota(size=x.shape[0], dtype=F64)
        elif name == "contract" and len(x.shape) == 2:
            ops.contract(x, x, spec="ij,kj->ik")
        elif name == "dim" and self.symbols:
            ops.cast(ops.dim(value=self.pick(self.numbers()[3:]) + 1), dtype=F64)
        else:
            parts = [self.part(dim) for dim in x.shape]
            if all((lower_bound(size) or 0) > 0 for _, _, size in parts):
                start = tuple(at for at, _, _ in parts)
                one = (1,) * len(start)
                ops.reshape(ops.slice_(x, start=start, step=one, size=one), shape=())

    def read(self) -> None:
        x = self.late(self.arrays())
        ops.slice_(x, **self.region(x))

    def write(self) -> None:
        x = self.late(self.arrays())
        where = self.region(x)
        size = where.pop("size")
        fits = [v for v in self.floats() if v.shape in ((), size)]
        v = self.late(fits) if fits else ops.const(0.5)
        if v.shape != size:
            v = ops.broadcast(v, shape=size)
        self.pick([ops.update, ops.update, ops.accumulate])(x, v, **where)

    def number(self) -> None:
        """A symbol whose number is computed."""
        x = self.late([v for v in self.floats() if not v.shape] or [ops.const(1.5)])
        high = self.integer(0, 3)
        v = ops.minimum(ops.maximum(ops.cast(x, dtype=I64), 0), high)
        s = Symbol(f"k{next(self.names)}", 0, high)
        ops.index(v, symbol=s, where=self.pick(["", "f.py:1: index {} is out of bounds"]))
        self.symbols.append(s)

    # --- control flow -----------------------------------------------------------------------

    def inner(self, inputs: Sequence[Value], symbols: Sequence[Symbol]) -> _Scope:
        scope = _Scope(self.draw, self.names, [*self.symbols, *symbols], self.depth + 1)
        for n, value in enumerate(inputs):
            scope.block.input(f"v{n}", value.type)
        with scope.block:
            for _ in range(self.integer(1, 5)):
                scope.step()
        return scope

    def output(self, like: Value, position: int) -> Value:
        """An output of a region, of a type that is given."""
        fits = self.values(lambda v: v.type == like.type)
        fresh = [v for v in fits if v not in self.block.inputs]
        return self.late([self.block.inputs[position], *fresh, *fits[:1]])

    def some(self, count: int) -> list[Value]:
        return [self.late(self.passable()) for _ in range(count)]

    def passable(self) -> list[Value]:
        return self.values(lambda v: v.dtype in (F64, F32, BOOL) or not v.shape) or self.arrays()

    def loop(self) -> None:
        state = self.some(self.integer(1, 3))
        rest = self.some(self.integer(0, 2))
        trip = self.pick([*self.numbers(), 3])
        counts = [v for v in self.block.inputs if v.dtype == I64 and not v.shape]
        if counts and self.draw(st.booleans()):
            count, high = self.pick(counts), 3  # inputs are at most 4
        else:
            count, high = ops.dim(value=trip), trip - 1
        symbol = Symbol(f"i{next(self.names)}", 0, high)
        test = self.draw(st.booleans())
        scope = self.inner([*state, *rest], [symbol])
        with scope.block:
            outputs = [scope.output(value, n) for n, value in enumerate(state)]
            if test:
                scalars = scope.values(lambda v: v.dtype == F64 and not v.shape)
                outputs.append(ops.lt(scope.late(scalars) if scalars else ops.const(0.0), 0.8))
        body = scope.block.graph(outputs)
        go = ops.const(True) if test else None
        ops.loop(count, go, state, rest, body, symbol, reverse=self.draw(st.booleans()))

    def cond(self) -> None:
        args = self.some(self.integer(1, 3))
        scalars = self.values(lambda v: v.dtype == F64 and not v.shape)
        c = ops.lt(self.late(scalars) if scalars else ops.const(0.0), 0.2)
        arms = [self.inner(args, ()) for _ in range(2)]
        count = self.integer(1, len(args))
        graphs = []
        for arm in arms:
            with arm.block:
                graphs.append(arm.block.graph([arm.output(args[n], n) for n in range(count)]))
        ops.cond(c, args, *graphs)

    def step(self) -> None:
        moves = [self.apply] * 3 + [self.reduce, self.move, self.read] + [self.write] * 3
        if self.depth:
            moves.append(self.number)
        if self.depth < DEEPEST:
            moves += [self.loop] * 3 + [self.cond] * 2
        self.pick(moves)()


@st.composite
def loop_graphs(draw: Draw, largest: int = 8) -> tuple[Graph, list[np.ndarray]]:
    """A Graph with control flow and arrays for its inputs."""
    scope = _Scope(draw, itertools.count(), (), 0)
    inputs: list[np.ndarray] = []
    with scope.block:
        for n in range(scope.integer(1, 3)):
            shape = scope.pick(SHAPES)
            dtype = scope.pick([F64, F64, F64, F32, I64, BOOL])
            rng = np.random.default_rng((scope.integer(0, 2**16), n))
            array = rng.uniform(-2, 2, shape)
            if dtype == I64:
                array = rng.integers(0, 5, shape)
            inputs.append(np.asarray(array > 0 if dtype == BOOL else array, dtype))
            scope.block.input(f"x{n}", ArrayType(dtype, shape))
        for _ in range(scope.integer(2, largest)):
            scope.step()
        scope.loop()
        used = {arg for value in scope.block.values for arg in value.args}
        static = scope.values(
            lambda v: v not in used and not any(symbols_in(dim) for dim in v.shape)
        )
    return scope.block.graph(static[-4:] or scope.block.inputs[:1]), inputs
