"""Values, Graphs and the Block that builds them.

A :class:`Value` is one SSA value: an op applied to Values, with static attributes. It is
immutable and compared by identity; a :class:`Block` interns what it builds, so two equal
applications in one Block are one Value. A :class:`Graph` owns no Values: the graph of a
function and the graph of its derivative share the Values that they have in common.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import IRError
from .sizes import Size
from .types import Affine, ArrayType, Symbol, TupleType, symbols_in

if TYPE_CHECKING:
    from .op import Op

Attrs = tuple[tuple[str, Any], ...]

Outcome = int | float | bool
"""What a guard or a branch finds."""


class Literal:
    """An array in an attribute: read-only, hashed and compared by dtype, shape and bits."""

    __slots__ = ("_key", "array")

    def __init__(self, array: Any) -> None:
        owned = np.array(array)
        owned.flags.writeable = False
        self.array = owned
        self._key = (owned.dtype.str, owned.shape, owned.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class Value:
    """One SSA value. ``regions`` are the nested Graphs of ops such as loops and branches."""

    __slots__ = ("args", "attrs", "op", "regions", "type")

    def __init__(
        self,
        op: Op,
        args: tuple[Value, ...],
        attrs: Attrs,
        type: ArrayType,
        regions: tuple[Graph, ...] = (),
    ) -> None:
        self.op = op
        self.args = args
        self.attrs = attrs
        self.type = type
        self.regions = regions

    def attr(self, name: str) -> Any:
        return next(value for key, value in self.attrs if key == name)

    @property
    def shape(self) -> Any:
        return self.type.shape

    @property
    def dtype(self) -> np.dtype:
        return self.type.dtype

    def __add__(self, other: Operand) -> Value:
        return _apply("add", self, other)

    def __radd__(self, other: Operand) -> Value:
        return _apply("add", other, self)

    def __sub__(self, other: Operand) -> Value:
        return _apply("sub", self, other)

    def __rsub__(self, other: Operand) -> Value:
        return _apply("sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return _apply("mul", self, other)

    def __rmul__(self, other: Operand) -> Value:
        return _apply("mul", other, self)

    def __truediv__(self, other: Operand) -> Value:
        return _apply("div", self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return _apply("div", other, self)

    def __neg__(self) -> Value:
        return _apply("neg", self)

    def __repr__(self) -> str:
        return f"<{self.op.name}: {self.type}>"


Operand = Value | int | float


def _apply(name: str, *args: Operand) -> Value:
    from .op import OPS

    return OPS[name](*args)


@dataclass(frozen=True, slots=True)
class Guard:
    """``value`` had ``expected`` when this path was recorded, at ``where`` (file:line)."""

    value: Value
    expected: Outcome
    where: str
    reason: str

    def holds(self, found: Any) -> bool:
        """Whether the value is the expected one to the bit: NaN is NaN, and -0.0 is not 0.0."""
        expected = np.asarray(self.expected, self.value.dtype)
        return np.asarray(found, self.value.dtype).tobytes() == expected.tobytes()


@dataclass(frozen=True, slots=True)
class Graph:
    """inputs, values in program order (inputs excluded), outputs, guards in program order."""

    inputs: tuple[Value, ...]
    values: tuple[Value, ...]
    outputs: tuple[Value, ...]
    guards: tuple[Guard, ...] = ()

    def __str__(self) -> str:
        from .text import print_graph

        return print_graph(self)


def renamed(guards: Iterable[Guard], new: Mapping[Value, Value]) -> tuple[Guard, ...]:
    """The guards of a Graph that was built again, with what became of their values."""
    return tuple(replace(guard, value=new.get(guard.value, guard.value)) for guard in guards)


def symbols(value: Value) -> Sequence[Symbol]:
    """The symbols that the type, the attributes and the regions of a Value mention, by name.

    Those that a region binds itself are not among them.
    """
    return sorted(_symbols(value), key=lambda symbol: symbol.name)


def _symbols(value: Value) -> set[Symbol]:
    found: set[Symbol] = set()
    for _, item in value.attrs:
        _collect(item, found)
    if not isinstance(value.type, TupleType):
        _collect(value.type.shape, found)
    for region in value.regions:
        inner = {s for v in (*region.inputs, *region.values) for s in _symbols(v)}
        bound = {v.attr("symbol") for v in region.values if v.op.name == "index"}
        found |= inner - bound
    if value.op.name in ("loop", "index"):
        found -= {value.attr("symbol")}
        found |= symbols_in(value.attr("symbol").high)
    return found


def has_sizes(value: Value) -> bool:
    """Whether a Value itself mentions sizes that are not known before run time."""
    items = [item for _, item in value.attrs]
    items += value.type.items if isinstance(value.type, TupleType) else [value.type]
    inside = (v for region in value.regions for v in (*region.inputs, *region.values))
    return any(map(_holds_size, items)) or any(map(has_sizes, inside))


def _holds_size(item: Any) -> bool:
    if isinstance(item, Affine):
        terms = (item.const, *(c for _, c in item.terms), *(s for s, _ in item.terms))
        return any(map(_holds_size, terms))
    if isinstance(item, Symbol):
        return _holds_size(item.high)
    if isinstance(item, ArrayType):
        return _holds_size(item.shape)
    if isinstance(item, tuple):
        return any(map(_holds_size, item))
    return isinstance(item, Size)


def _collect(item: Any, found: set[Symbol]) -> None:
    if isinstance(item, Affine):
        found |= symbols_in(item)
    elif isinstance(item, tuple):
        for part in item:
            _collect(part, found)


def structure(graph: Graph) -> tuple:
    """What two Graphs have in common that compute the same from their inputs."""
    numbers: dict[Value, int] = {}
    rows: list[tuple] = []
    for value in (*graph.inputs, *graph.values):
        args = tuple(numbers.get(arg, arg) for arg in value.args)
        inner = tuple(structure(region) for region in value.regions)
        attrs = value.attrs if value.op.name != "input" else ()
        rows.append((value.op, args, attrs, value.type, inner))
        numbers[value] = len(numbers)
    return tuple(rows), tuple(numbers.get(value, value) for value in graph.outputs)


def infer(op: Op, args: tuple[Value, ...], attrs: Attrs, regions: tuple[Graph, ...]) -> Any:
    """The type that an op's rule gives to an application."""
    types = [arg.type for arg in args]
    if regions:
        return op.infer(*types, **dict(attrs), regions=regions)
    return op.infer(*types, **dict(attrs))


def _key(op: Op, args: tuple, attrs: Attrs, regions: tuple[Graph, ...]) -> tuple:
    return (op, args, attrs, tuple(map(structure, regions)) if regions else ())


class Block:
    """Collects Values in program order and interns them; ``with block:`` makes it current.

    Op functions (``ir.ops.add(x, y)``) append to the current Block of their thread, which is
    what lets a derivative rule be written as plain arithmetic on Values.
    """

    def __init__(self, inputs: Iterable[Value] = (), values: Iterable[Value] = ()) -> None:
        self.inputs: list[Value] = list(inputs)
        self.values: list[Value] = []
        self._table: dict[tuple, Value] = {}
        self.adopt(values)

    def adopt(self, values: Iterable[Value]) -> None:
        """Takes over Values that were built elsewhere, in their order."""
        for value in values:
            self.values.append(value)
            self._table.setdefault(_key(value.op, value.args, value.attrs, value.regions), value)

    def input(self, name: str, type: ArrayType) -> Value:
        from .op import INPUT

        value = Value(INPUT, (), (("name", name),), type)
        self.inputs.append(value)
        return value

    def add(
        self,
        op: Op,
        args: Sequence[Value],
        attrs: Attrs = (),
        regions: tuple[Graph, ...] = (),
    ) -> Value:
        args = tuple(args)
        key = _key(op, args, attrs, regions)
        found = self._table.get(key)
        if found is not None:
            return found
        inferred = infer(op, args, attrs, regions)
        value = Value(op, args, attrs, inferred, regions)
        self.values.append(value)
        self._table[key] = value
        return value

    def graph(self, outputs: Iterable[Value], guards: Iterable[Guard] = ()) -> Graph:
        return Graph(tuple(self.inputs), tuple(self.values), tuple(outputs), tuple(guards))

    def __enter__(self) -> Block:
        _blocks().append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _blocks().pop()


class _Stack(threading.local):
    def __init__(self) -> None:
        self.blocks: list[Block] = []


_stack = _Stack()


def _blocks() -> list[Block]:
    return _stack.blocks


def current_block() -> Block:
    """The innermost Block that this thread is building."""
    if not _stack.blocks:
        raise IRError("no Block is being built: apply ops inside `with Block():`")
    return _stack.blocks[-1]


# --- building again -------------------------------------------------------------------------


def copy_values(values: Sequence[Value], new: dict[Value, Value]) -> None:
    """Builds Values again in the current Block, with what ``new`` says for their arguments."""
    block = current_block()
    for value in values:
        if value not in new:
            args = tuple(new.get(arg, arg) for arg in value.args)
            new[value] = block.add(value.op, args, value.attrs, value.regions)


def inline(region: Graph, args: Sequence[Value]) -> list[Value]:
    """The outputs of a region in the current Block, with ``args`` for its inputs."""
    new = dict(zip(region.inputs, args, strict=True))
    copy_values(region.values, new)
    return [new[value] for value in region.outputs]


Rebuild = Callable[[Value, tuple[Value, ...]], "Value | None"]


def rebuilt(graph: Graph, way: Callable[[Graph], Rebuild]) -> Graph:
    """The Graph with what a ``way`` to rebuild it puts in the place of values, if anything.

    ``way`` is asked for each nested Graph anew.
    """
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    rebuild = way(graph)
    with block:
        for value in graph.values:
            args = tuple(new[arg] for arg in value.args)
            found = rebuild(value, args)
            if found is None:
                regions = tuple(rebuilt(region, way) for region in value.regions)
                found = block.add(value.op, args, value.attrs, regions)
            new[value] = found
    return block.graph([new[value] for value in graph.outputs], renamed(graph.guards, new))
