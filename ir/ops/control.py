"""Control flow: ``loop`` and ``cond`` with nested Graphs, and the numbers that sizes depend on.

Regions are closed: everything they use is an argument, except symbols, which belong to the
loops and ``index`` values around them. Results are tuples; ``get`` takes them apart.

``loop(trip, [go,] carried..., invariant...; symbol, carried, test, reverse) {body}``
    The body has an input for each carried and invariant argument and returns the next carried
    values. It runs for ``symbol = 0, ..., trip - 1``, in the opposite order with ``reverse``.
    With ``test`` there is a bool ``go`` that says whether there is a first iteration; the body
    returns, last, whether there is a next one. With ``recompute`` (only there if it is true) the
    derivative keeps what each iteration starts from, and runs it again for all else.

``cond(c, args...) {then} {else}``
    Runs one of two Graphs with the same inputs and types of outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Graph, Value, current_block
from ..op import Op, register
from ..types import BOOL, I64, ArrayType, Dim, Symbol, TupleType

UNBOUNDED = 1 << 62
"""The trip count of a loop that only its test ends."""


def _no_reference(*args: Any, **attrs: Any) -> Any:
    raise IRError("control flow is run by the interpreter")


def _check_region(region: Graph, inputs: Sequence[ArrayType], outputs: Sequence[Any]) -> None:
    if [value.type for value in region.inputs] != list(inputs):
        found = ", ".join(str(value.type) for value in region.inputs)
        raise IRError(f"a region takes {found}, not {', '.join(map(str, inputs))}")
    if [value.type for value in region.outputs] != list(outputs):
        found = ", ".join(str(value.type) for value in region.outputs)
        raise IRError(f"a region returns {found}, not {', '.join(map(str, outputs))}")
    if region.guards:
        raise IRError("a region has no guards")


def _loop_type(
    trip: ArrayType,
    *types: ArrayType,
    symbol: Symbol,
    carried: int,
    test: bool,
    reverse: bool,
    regions: tuple[Graph, ...],
    recompute: bool = False,
) -> TupleType:
    if trip != ArrayType(I64, ()) or (test and types[0] != ArrayType(BOOL, ())):
        raise IRError(f"loop: the trip count is {trip}, the test {types[0] if test else None}")
    rest = types[int(test) :]
    state = rest[:carried]
    (body,) = regions
    _check_region(body, rest, (*state, ArrayType(BOOL, ())) if test else state)
    return TupleType(state)


LOOP = register(Op("loop", "control", _loop_type, _no_reference))


def _cond_type(c: ArrayType, *types: ArrayType, regions: tuple[Graph, ...]) -> TupleType:
    if c != ArrayType(BOOL, ()):
        raise IRError(f"cond: the condition is {c}")
    results = tuple(value.type for value in regions[0].outputs)
    for region in regions:
        _check_region(region, types, results)
    return TupleType(results)


COND = register(Op("cond", "control", _cond_type, _no_reference))


def _get_type(x: TupleType, index: int) -> ArrayType:
    return x.items[index]


get = register(Op("get", "control", _get_type, lambda x, index: x[index]))

dim = register(
    Op(
        "dim",
        "leaf",
        lambda value: ArrayType(I64, ()),
        lambda value: np.asarray(value, np.int64),
        doc="The number that a dimension is, as a scalar.",
    )
)


def _index_type(v: ArrayType, symbol: Symbol, where: str) -> ArrayType:
    if v != ArrayType(I64, ()):
        raise IRError(f"index: {v} is no scalar i64")
    return v


index = register(
    Op(
        "index",
        "leaf",
        _index_type,
        lambda v, symbol, where: v,
        doc="Gives a number a symbol. ``where``: the line of an access, whose bounds the number"
        " is checked against; empty where it is within them by construction.",
    )
)

STAND_IN_ROWS = 1 << 12
"""The rows that the interpreter gives to an array whose size nothing bounds."""


def _empty_reference(shape: tuple[int, ...], dtype: Any) -> Any:
    rows = tuple(min(dim, STAND_IN_ROWS) if dim == UNBOUNDED else dim for dim in shape)
    return np.zeros(rows, dtype)


empty = register(
    Op(
        "empty",
        "leaf",
        lambda shape, dtype: ArrayType(dtype, shape),
        _empty_reference,
        doc="An array whose elements are written before they are read.",
    )
)


def loop(
    trip: Value,
    go: Value | None,
    carried: Sequence[Value],
    invariant: Sequence[Value],
    body: Graph,
    symbol: Symbol,
    reverse: bool = False,
    recompute: bool = False,
) -> list[Value]:
    """The final carried values."""
    args = (trip, *(() if go is None else (go,)), *carried, *invariant)
    attrs: dict[str, Any] = {
        "carried": len(carried),
        "reverse": reverse,
        "symbol": symbol,
        "test": go is not None,
    }
    if recompute:
        attrs["recompute"] = True
    y = current_block().add(LOOP, args, tuple(sorted(attrs.items())), (body,))
    return [get(y, index=n) for n in range(len(carried))]


def cond(c: Value, args: Sequence[Value], then: Graph, other: Graph) -> list[Value]:
    """The results of one of two Graphs."""
    y = current_block().add(COND, (c, *args), (), (then, other))
    return [get(y, index=n) for n in range(len(then.outputs))]


def recomputes(loop: Value) -> bool:
    """Whether the derivative runs each iteration again instead of keeping what it computes."""
    return any(name == "recompute" for name, _ in loop.attrs)


def trip_of(loop: Value) -> Value:
    return loop.args[0]


def passed(y: Value) -> tuple[Value, ...]:
    """The arguments of a loop or branch that its regions take."""
    return y.args[len(y.args) - len(y.regions[0].inputs) :]


def state_of(loop: Value) -> tuple[Value, ...]:
    """The initial carried values."""
    return passed(loop)[: loop.attr("carried")]


def invariants_of(loop: Value) -> tuple[Value, ...]:
    return passed(loop)[loop.attr("carried") :]


def dim_of(value: Value) -> Dim | None:
    """A scalar integer as a dimension, where it is an affine form of symbols."""
    name = value.op.name
    if name == "const":
        array = value.attr("value").array
        return int(array) if not array.shape and array.dtype.kind in "iu" else None
    if name == "dim":
        return value.attr("value")
    if name == "index":
        return value.attr("symbol").dim
    if name not in ("add", "sub", "mul", "neg") or value.dtype != I64:
        return None
    return affine(name, [dim_of(arg) for arg in value.args])


def affine(name: str, parts: Sequence[Dim | None]) -> Dim | None:
    """The dimension that ``add``, ``sub``, ``mul`` or ``neg`` makes of dimensions."""
    if any(part is None for part in parts):
        return None
    x: Any = parts[0]
    if name == "neg":
        return -x
    z: Any = parts[1]
    if name == "mul":
        return x * z if isinstance(x, int) or isinstance(z, int) else None
    return x + z if name == "add" else x - z
