"""``split``: every complex Value becomes two real ones, its parts.

It is the first pass after recording: derivatives, schedules and native code know real numbers
only. Complex inputs and outputs of the Graph become real ones with a last axis of two, which is
how complex numbers lie in memory; regions take and return the parts one after the other.

What is linear over the reals and only moves or adds elements is done to both parts; products and
functions follow `formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..errors import IRError
from ..graph import Block, Graph, Guard, Value, current_block
from ..op import const
from ..ops import (
    add,
    broadcast,
    cast,
    cond,
    contract,
    get,
    imag,
    logical_or,
    loop,
    ne,
    real,
    reshape,
    slice_,
    sub,
    transpose,
    update,
    zeros,
)
from ..ops.control import COND, LOOP, passed, recomputes
from ..types import BOOL, ArrayType, part_dtype
from .formulas import FORMULAS, Pair, one, times

PARTWISE = frozenset({"stop_gradient", "where", "empty"})
"""Ops that are done to both parts, beside the linear ones."""


def is_complex(graph: Graph) -> bool:
    """Whether a Graph has complex values."""
    return any(
        value.type.is_complex or any(map(is_complex, value.regions))
        for value in (*graph.inputs, *graph.values)
    )


def split(graph: Graph) -> Graph:
    """The Graph on real numbers; complex inputs and outputs have a last axis of two."""
    if not is_complex(graph):
        return graph
    block = Block()
    with block:
        parts = _Parts()
        for x in graph.inputs:
            if x.type.is_complex:
                packed = block.input(x.attr("name"), packed_type(x.type))
                parts.pairs[x] = unpacked(packed)
            else:
                block.inputs.append(x)
        parts.values(graph.values)
        outputs = [
            packed_pair(parts.pair(y)) if y.type.is_complex else parts.one(y) for y in graph.outputs
        ]
    guards: list[Guard] = [replace(g, value=parts.one(g.value)) for g in graph.guards]
    return block.graph(outputs, guards)


# --- the edge of a Graph ----------------------------------------------------------------------


def packed_type(type: ArrayType) -> ArrayType:
    """Of complex numbers as they lie in memory: real and imaginary part side by side."""
    return ArrayType(part_dtype(type.dtype), (*type.shape, 2))


def packed_pair(pair: Pair) -> Value:
    shape = pair[0].shape
    y = zeros(ArrayType(pair[0].dtype, (*shape, 2)))
    for number, part in enumerate(pair):
        last = reshape(part, shape=(*shape, 1))
        y = update(y, last, start=(*[0] * len(shape), number), step=(1,) * (len(shape) + 1))
    return y


def unpacked(packed: Value) -> Pair:
    return part_of(packed, 0), part_of(packed, 1)


def part_of(packed: Value, number: int) -> Value:
    *shape, _ = packed.shape
    step, size = (1,) * (len(shape) + 1), (*shape, 1)
    last = slice_(packed, start=(*[0] * len(shape), number), step=step, size=size)
    return reshape(last, shape=tuple(shape))


def conjugated(packed: Value) -> Value:
    """Cotangents of complex numbers are conjugated where they enter and leave.

    Inside a cotangent pairs with its value part by part; outside that of ``z`` is what ``dz`` is
    multiplied with, so that it is g * f'(z) of a holomorphic f, as in JAX and autograd.
    """
    return packed * const([1.0, -1.0], packed.dtype)


# --- values -----------------------------------------------------------------------------------


class _Parts:
    """``pairs`` of complex values, and what became of the others, in the current Block."""

    def __init__(self) -> None:
        self.pairs: dict[Value, Pair] = {}
        self.reals: dict[Value, Value] = {}
        self.results: dict[Value, list[Value | Pair]] = {}

    def one(self, value: Value) -> Value:
        return self.reals.get(value, value)

    def pair(self, value: Value) -> Pair:
        """The parts; those of a value of another Graph are read from it."""
        found = self.pairs.get(value)
        if found is None:
            found = self.pairs[value] = real(value), imag(value)
        return found

    def known(self, value: Value) -> Value | Pair:
        return self.pair(value) if value.type.is_complex else self.one(value)

    def values(self, values: Sequence[Value]) -> None:
        for value in values:
            if value.op is get:
                self.note(value, self.results[value.args[0]][value.attr("index")])
            elif value.op is LOOP or value.op is COND:
                self.results[value] = self.control(value)
            else:
                self.note(value, self.apply(value))

    def note(self, value: Value, found: Value | Pair) -> None:
        if isinstance(found, Value):
            self.reals[value] = found
        else:
            shape = value.shape
            first, second = (x if x.shape == shape else broadcast(x, shape=shape) for x in found)
            self.pairs[value] = first, second

    def apply(self, value: Value) -> Value | Pair:
        name = value.op.name
        args = [self.known(arg) for arg in value.args]
        if not value.type.is_complex and all(isinstance(arg, Value) for arg in args):
            regions = tuple(map(self.region, value.regions))
            return _again(value, [self.one(arg) for arg in value.args], regions)
        if name in RULES:
            return RULES[name](value, *args)
        if name in FORMULAS:
            return FORMULAS[name](*args)
        if value.type.is_complex and (value.op.kind == "linear" or name in PARTWISE):
            first = [arg if isinstance(arg, Value) else arg[0] for arg in args]
            second = [arg if isinstance(arg, Value) else arg[1] for arg in args]
            return _again(value, first), _again(value, second)
        raise IRError(f"{name} of complex numbers")

    # --- control flow -------------------------------------------------------------------------

    def control(self, y: Value) -> list[Value | Pair]:
        """The results of a loop or branch whose regions carry parts."""
        inner = passed(y)
        head = [self.one(arg) for arg in y.args[: len(y.args) - len(inner)]]
        regions = tuple(map(self.region, y.regions))
        types = [output.type for output in y.regions[0].outputs]
        if y.op is COND:
            results = cond(head[0], self.flat(inner), *regions)
        else:
            count = y.attr("carried")
            results = loop(
                head[0],
                head[1] if y.attr("test") else None,
                self.flat(inner[:count]),
                self.flat(inner[count:]),
                regions[0],
                y.attr("symbol"),
                y.attr("reverse"),
                recomputes(y),
            )
            types = types[:count]
        rest = iter(results)
        return [(next(rest), next(rest)) if t.is_complex else next(rest) for t in types]

    def flat(self, values: Sequence[Value]) -> list[Value]:
        found: list[Value] = []
        for value in values:
            known = self.known(value)
            found += [known] if isinstance(known, Value) else known
        return found

    def region(self, graph: Graph) -> Graph:
        block = Block()
        with block:
            parts = _Parts()
            for x in graph.inputs:
                if x.type.is_complex:
                    type, name = x.type.with_dtype(part_dtype(x.dtype)), x.attr("name")
                    parts.pairs[x] = block.input(name, type), block.input(name, type)
                else:
                    block.inputs.append(x)
            parts.values(graph.values)
            return block.graph(parts.flat(graph.outputs))


def _again(value: Value, args: Sequence[Value], regions: tuple[Graph, ...] = ()) -> Value:
    """The op applied to real arguments; dtypes among its attributes are those of parts."""
    attrs = tuple((k, part_dtype(v) if k == "dtype" else v) for k, v in value.attrs)
    return current_block().add(value.op, args, attrs, regions)


# --- rules ------------------------------------------------------------------------------------


def _const(value: Value) -> Pair:
    array = value.attr("value").array
    return const(array.real), const(array.imag)


def _cast(value: Value, x: Any) -> Value | Pair:
    dtype: Any = part_dtype(value.dtype)
    if isinstance(x, Value):
        return cast(x, dtype=dtype), zeros(ArrayType(dtype, x.shape))
    if value.dtype == BOOL:
        return logical_or(ne(x[0], 0.0), ne(x[1], 0.0))
    return cast(x[0], dtype=dtype), cast(x[1], dtype=dtype)


def _contract(value: Value, x: Pair, z: Pair) -> Pair:
    spec = value.attr("spec")
    return (
        sub(contract(x[0], z[0], spec=spec), contract(x[1], z[1], spec=spec)),
        add(contract(x[0], z[1], spec=spec), contract(x[1], z[0], spec=spec)),
    )


def _prod(value: Value, x: Pair) -> Pair:
    """A tree of halves: no division, so zeros and their derivatives are right."""
    axes = value.attr("axes")
    rest = tuple(axis for axis in range(len(x[0].shape)) if axis not in axes)
    kept = tuple(x[0].shape[axis] for axis in rest)
    count = 1
    for axis in axes:
        count *= x[0].shape[axis]
    if not isinstance(count, int):
        raise IRError("the product of a symbolic number of complex numbers")
    order = (*axes, *rest)
    rows: Pair = (
        reshape(transpose(x[0], perm=order), shape=(count, *kept)),
        reshape(transpose(x[1], perm=order), shape=(count, *kept)),
    )
    if not count:
        unit = one(x[0])
        return broadcast(unit[0], shape=kept), broadcast(unit[1], shape=kept)
    while count > 1:
        half, odd = divmod(count, 2)
        merged = times(_rows(rows, 0, half), _rows(rows, half, half))
        if odd:
            first = times(_rows(merged, 0, 1), _rows(rows, 2 * half, 1))
            merged = _first_row(merged[0], first[0]), _first_row(merged[1], first[1])
        rows, count = merged, half
    return reshape(rows[0], shape=kept), reshape(rows[1], shape=kept)


def _first_row(x: Value, row: Value) -> Value:
    return update(x, row, start=(0,) * len(x.shape), step=(1,) * len(x.shape))


def _rows(pair: Pair, start: int, size: int) -> Pair:
    first, second = (
        slice_(
            x,
            start=(start, *[0] * (len(x.shape) - 1)),
            step=(1,) * len(x.shape),
            size=(size, *x.shape[1:]),
        )
        for x in pair
    )
    return first, second


RULES: dict[str, Callable[..., Value | Pair]] = {
    "const": _const,
    "cast": _cast,
    "contract": _contract,
    "prod": _prod,
    "real": lambda value, x: x[0],
    "imag": lambda value, x: x[1],
    "complex": lambda value, x, z: (x, z),
}
