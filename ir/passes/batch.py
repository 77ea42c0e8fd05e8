"""``batch``: loops over single elements become operations on arrays.

Where the iterations of a loop are independent, ``for j: B[i, j] += A[:, i] @ B[:, j]``, all of
them can be done at once: each value of the body gets a leading axis, one place for each
iteration. That is worth it where the loop runs along the last axis of what it reads and writes:
then the elements of several iterations lie side by side, and native code works on vectors. A
loop over rows stays as it is, since its iterations do so already, and find their rows in cache.

Iterations are independent if every access to an array that the loop changes is at the same
place of one axis, which is another place in each iteration.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Block, Graph, Value, current_block, renamed
from ..ops import (
    add,
    broadcast,
    cast,
    contract,
    dim,
    dim_of,
    get,
    iota,
    mul,
    reshape,
    slice_,
    transpose,
)
from ..ops.contract import split_spec
from ..ops.control import LOOP, invariants_of, state_of, trip_of
from ..ops.families import REDUCTIONS, REGIONS, UPDATES
from ..types import I64, Affine, Dim, Symbol, lower_bound, substitute, symbols_in

_SIMPLE = frozenset({"pointwise", "linear", "leaf", "general"})


def batch(graph: Graph) -> Graph:
    """The Graph with every loop batched that can be, the innermost first."""
    if not any(value.regions for value in graph.values):
        return graph
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    results: dict[Value, list[Value]] = {}
    with block:
        for value in graph.values:
            args = tuple(new.get(arg, arg) for arg in value.args)
            if value.op is get and value.args[0] in results:
                new[value] = results[value.args[0]][value.attr("index")]
                continue
            regions = tuple(batch(region) for region in value.regions)
            if value.op is LOOP:
                y = Value(value.op, args, value.attrs, value.type, regions)
                found = _Batch(y)
                if found.is_possible():
                    results[value] = found.run()
                    continue
            new[value] = block.add(value.op, args, value.attrs, regions)
    guards = renamed(graph.guards, new)
    return block.graph([new[value] for value in graph.outputs], guards)


class _Batch:
    """One loop; ``new`` and ``batched`` say what became of the values of its body."""

    def __init__(self, loop: Value) -> None:
        self.loop = loop
        self.body = loop.regions[0]
        self.symbol: Symbol = loop.attr("symbol")
        self.size = dim_of(trip_of(loop))
        self.new: dict[Value, Value] = {}
        self.batched: set[Value] = set()

    # --- whether --------------------------------------------------------------------------------

    def is_possible(self) -> bool:
        least = None if self.size is None else lower_bound(self.size)
        if self.loop.attr("test") or least is None or least < 0:
            return False
        if not all(self._is_simple(value) for value in self.body.values):
            return False
        along = [self._axis(value) for value in self.body.values if value.op.name in REGIONS]
        if -2 in along or not self._is_worth_it():
            return False
        return self._is_independent()

    def _is_simple(self, value: Value) -> bool:
        name = value.op.name
        if value.op.kind not in _SIMPLE or value.regions or name in ("index", "empty"):
            return False
        if value.op.kind in ("general", "leaf") and value.args:
            if name != "contract" and name not in REDUCTIONS:
                return False
        if value.op.name in REGIONS or value.op.name == "dim":
            return value.op.name != "slice" or not self._mentions(value.shape)
        mentioned = [item for _, item in value.attrs if isinstance(item, tuple)]
        return not any(self._mentions(item) for item in (*mentioned, value.shape))

    def _mentions(self, dims: Sequence[object]) -> bool:
        return any(isinstance(item, Affine) and self.symbol in symbols_in(item) for item in dims)

    def _axis(self, value: Value) -> int:
        """The axis along which the iterations of an access stand; -1: none; -2: none that fits."""
        start = value.attr("start")
        axes = [n for n, at in enumerate(start) if self._mentions([at])]
        if not axes:
            return -1
        size = value.shape if value.op.name == "slice" else value.args[1].shape
        if len(axes) > 1 or size[axes[0]] != 1 or abs(self._step(start[axes[0]])) != 1:
            return -2
        return axes[0]

    def _step(self, at: Dim) -> int:
        assert isinstance(at, Affine)
        return next(c for s, c in at.terms if s == self.symbol)

    def _is_worth_it(self) -> bool:
        """Whether the loop runs along the last axis wherever it moves at all."""
        accesses = [value for value in self.body.values if value.op.name in REGIONS]
        moving = [(self._axis(v), len(v.args[0].shape)) for v in accesses if self._axis(v) >= 0]
        return bool(moving) and all(axis == rank - 1 for axis, rank in moving)

    def _is_independent(self) -> bool:
        count = self.loop.attr("carried")
        for x, y in zip(self.body.inputs[:count], self.body.outputs, strict=True):
            versions = {x}
            places = set()
            for value in self.body.values:
                used = [n for n, arg in enumerate(value.args) if arg in versions]
                if not used:
                    continue
                if value.op.name not in REGIONS or used != [0]:
                    return False
                axis = self._axis(value)
                places.add((axis, value.attr("start")[axis]) if axis >= 0 else None)
                if value.op.name != "slice":
                    versions.add(value)
            if None in places or len(places) != 1 or y not in versions or not x.shape:
                return False
        return True

    # --- how ------------------------------------------------------------------------------------

    def run(self) -> list[Value]:
        given = (*state_of(self.loop), *invariants_of(self.loop))
        self.new = dict(zip(self.body.inputs, given, strict=True))
        for value in self.body.values:
            self.new[value] = self._value(value)
        count = self.loop.attr("carried")
        return [self.new[y] for y in self.body.outputs[:count]]

    def _value(self, value: Value) -> Value:
        name = value.op.name
        if name in UPDATES:
            return self._write(value)
        if name == "slice" and value.args[0] not in self.batched:
            return self._read(value)
        if name == "dim" and self._mentions([value.attr("value")]):
            return self._number(value)
        if not any(arg in self.batched for arg in value.args):
            args = [self.new[arg] for arg in value.args]
            return current_block().add(value.op, args, value.attrs)
        self.batched.add(value)
        if value.op.kind == "pointwise":
            args = [self._ranked(arg, len(value.shape)) for arg in value.args]
            return current_block().add(value.op, args, value.attrs)
        if name == "contract":
            return self._contract(value)
        assert self.size is not None
        (x,) = (self.new[arg] for arg in value.args)
        attrs = dict(value.attrs)
        if name == "broadcast":
            x = self._ranked(value.args[0], len(value.shape))
            return broadcast(x, shape=(self.size, *value.shape))
        if name == "reshape":
            return reshape(x, shape=(self.size, *value.shape))
        if name == "transpose":
            return transpose(x, perm=(0, *(axis + 1 for axis in attrs["perm"])))
        if name == "slice":
            start, step = (0, *attrs["start"]), (1, *attrs["step"])
            return slice_(x, start=start, step=step, size=(self.size, *value.shape))
        if name == "cast":
            return cast(x, dtype=attrs["dtype"])
        assert name in REDUCTIONS
        return value.op(x, axes=tuple(axis + 1 for axis in attrs["axes"]))

    def _ranked(self, x: Value, rank: int) -> Value:
        """An argument whose leading axis stands before all ``rank`` axes of the result."""
        found = self.new[x]
        if x not in self.batched or len(x.shape) == rank:
            return found
        ones = (1,) * (rank - len(x.shape))
        return reshape(found, shape=(self.size, *ones, *x.shape))

    def _contract(self, value: Value) -> Value:
        left, right, result = split_spec(value.attr("spec"))
        letter = next(c for c in "zyxwvutsrq" if c not in left + right)
        x, z = value.args
        left = letter + left if x in self.batched else left
        right = letter + right if z in self.batched else right
        return contract(self.new[x], self.new[z], spec=f"{left},{right}->{letter}{result}")

    def _number(self, value: Value) -> Value:
        """A number that depends on the iteration."""
        number = value.attr("value")
        first = substitute(number, {self.symbol: 0})
        self.batched.add(value)
        counted = mul(iota(size=self.size, dtype=I64), self._step(number))
        return add(counted, dim(value=first) if isinstance(first, Affine) else first)

    def _region(self, value: Value) -> tuple[int, tuple[Dim, ...], tuple[int, ...]]:
        """Axis, start and step of an access in all iterations together."""
        axis = self._axis(value)
        start, step = list(value.attr("start")), list(value.attr("step"))
        if axis >= 0:
            step[axis] = self._step(start[axis])
            start[axis] = substitute(start[axis], {self.symbol: 0})
        return axis, tuple(start), tuple(step)

    def _read(self, value: Value) -> Value:
        x = self.new[value.args[0]]
        axis, start, step = self._region(value)
        if axis < 0:
            return slice_(x, start=start, step=step, size=value.shape)
        assert self.size is not None
        self.batched.add(value)
        size = (*value.shape[:axis], self.size, *value.shape[axis + 1 :])
        y = slice_(x, start=start, step=step, size=size)
        order = (axis, *(n for n in range(len(size)) if n != axis))
        return reshape(transpose(y, perm=order), shape=(self.size, *value.shape))

    def _write(self, value: Value) -> Value:
        x, content = value.args
        _, start, step = self._region(value)
        axis = self._axis(value)
        assert self.size is not None
        v = self.new[content]
        if content not in self.batched:
            v = broadcast(v, shape=(self.size, *content.shape))
        rest = (*content.shape[:axis], *content.shape[axis + 1 :])
        v = reshape(v, shape=(self.size, *rest))
        order = (*range(1, axis + 1), 0, *range(axis + 1, len(content.shape)))
        return value.op(self.new[x], transpose(v, perm=order), start=start, step=step)
