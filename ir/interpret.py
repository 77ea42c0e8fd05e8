"""The reference interpreter: the meaning of a Graph, in NumPy, one op at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .errors import IRError
from .graph import Graph, Value
from .sizes import Size, sample
from .types import Affine, evaluate_dim

Numbers = Mapping[str, int]


def evaluate(value: Value, args: Sequence[Any], numbers: Numbers | None = None) -> Any:
    """One op applied to arrays, with the dtype that its type rule promises.

    ``numbers`` are those of the symbols around it. Results of loops and branches are tuples.
    """
    numbers = numbers or {}
    if value.op.name == "loop":
        return _loop(value, args, numbers)
    if value.op.name == "cond":
        region = value.regions[0 if args[0] else 1]
        return tuple(_run(region, args[1:], numbers))
    attrs = {name: _resolve(item, numbers) for name, item in value.attrs}
    y = np.asarray(value.op.reference(*args, **attrs))
    return y if y.dtype == value.dtype else y.astype(value.dtype)


def _resolve(item: Any, numbers: Numbers) -> Any:
    if isinstance(item, Affine):
        item = evaluate_dim(item, numbers)
    if isinstance(item, Size):
        return sample(item)
    if isinstance(item, tuple):
        return tuple(_resolve(part, numbers) for part in item)
    return item


def _loop(value: Value, args: Sequence[Any], numbers: Numbers) -> tuple:
    trip, *rest = args
    test, carried = value.attr("test"), value.attr("carried")
    go = bool(rest.pop(0)) if test else True
    state, invariant = list(rest[:carried]), rest[carried:]
    at, trip = 0, int(trip)
    while go and at < trip:
        number = trip - 1 - at if value.attr("reverse") else at
        inside = {**numbers, value.attr("symbol").name: number}
        state = _run(value.regions[0], [*state, *invariant], inside)
        if test:
            go = bool(state.pop())
        at += 1
    return tuple(state)


def _run(graph: Graph, args: Sequence[Any], numbers: Numbers) -> list[Any]:
    env: dict[Value, Any] = dict(zip(graph.inputs, args, strict=True))
    known = dict(numbers)
    for value in graph.values:
        env[value] = evaluate(value, [env[arg] for arg in value.args], known)
        if value.op.name == "index":
            known[value.attr("symbol").name] = checked_index(value, int(env[value]), known)
    for guard in graph.guards:
        if not guard.holds(env[guard.value]):
            raise IRError(f"guard at {guard.where}: {guard.expected} was {env[guard.value]}")
    return [env[value] for value in graph.outputs]


def checked_index(value: Value, number: int, numbers: Numbers) -> int:
    """The number of an ``index``; an IndexError where it leaves the bounds of its symbol."""
    symbol = value.attr("symbol")
    high = None if symbol.high is None else evaluate_dim(symbol.high, numbers)
    if number < symbol.low or (high is not None and number > high):
        raise IndexError(value.attr("where").replace("{}", str(number)))
    return number


def interpret(graph: Graph, args: Sequence[Any]) -> list[Any]:
    """The outputs of ``graph`` for arrays ``args``; a guard that fails is an IRError."""
    return _run(graph, args, {})
