"""One run of the user's function on proxies: a Recording."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ..codegen.tree import Outcome
from ..ir.graph import Graph, Value
from ..ir.types import BOOL, F64, I64
from .array import Array
from .capture import Source, check_mutated, guard_contents
from .containers import Structure, flatten, rebuild
from .errors import error
from .hooks import recordable
from .lift import lift
from .signature import Arguments, native
from .trace import Trace


@dataclass(frozen=True, slots=True)
class Result:
    """How a recorded result goes back to the user.

    ``leaves`` holds for each leaf the number of its output, or a static object. ``weak`` is the
    Python type of an output that stands for a Python scalar; ``scalar`` says which others are
    NumPy scalars.
    """

    structure: Structure
    leaves: tuple[int | Identity, ...]
    weak: tuple[type | None, ...]

    def rebuild(self, outputs: Sequence[np.ndarray]) -> Any:
        return rebuild(
            self.structure,
            [
                leaf.item if isinstance(leaf, Identity) else present(outputs[leaf], self.weak[leaf])
                for leaf in self.leaves
            ],
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A static object in a result."""

    item: Any


def present(array: np.ndarray, weak: type | None) -> Any:
    """An output as the user's function would have returned it."""
    if weak is not None:
        return weak(array.item())
    return array if array.shape else array[()]


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded Graph: outputs are those of ``result``; ``keys`` name its inputs.

    ``inputs[n]`` is the input of argument leaf n (None: static). ``captures`` are read and
    ``statics`` compared at each call. ``written``: the argument leaves that were written to.
    """

    graph: Graph
    result: Result
    keys: tuple[Hashable, ...]
    inputs: tuple[int | None, ...]
    captures: dict[Source, Value]
    statics: dict[Source, object]
    written: tuple[int, ...]


def record(
    fun: Callable[..., Any],
    arguments: Arguments,
    forced: Sequence[Outcome] = (),
    scalar: bool = False,
    has_aux: bool = False,
) -> Recording:
    """Runs ``fun`` on proxies of ``arguments``; ``scalar``: the (first) result must be one."""
    trace = Trace(forced)
    with trace:
        proxies = []
        keys: list[Hashable] = []
        positions: list[int | None] = []
        for number, leaf in enumerate(arguments.leaves):
            if leaf.array is None:
                positions.append(None)
                proxies.append(leaf.item)
                continue
            positions.append(len(keys))
            keys.append(number)
            concrete: Any = leaf.array
            if isinstance(leaf.item, np.generic):
                concrete = leaf.array[()]
            proxies.append(trace.input(_label(leaf.name), concrete, leaf.weak, leaf.layout))
        result, outputs = run(trace, fun, arguments, proxies, scalar, has_aux)
        block = trace.block
        written = tuple(
            n
            for n, proxy in enumerate(proxies)
            if isinstance(proxy, Array) and proxy.storage.version
        )
        graph = block.graph(outputs, trace.guards)
    # Inputs made by captures follow those of the arguments in the block, in order.
    capture_values = dict(zip(trace.captures, graph.inputs[len(keys) :], strict=True))
    return Recording(
        graph,
        result,
        (*keys, *cast("dict[Hashable, Value]", capture_values)),
        tuple(positions),
        capture_values,
        dict(trace.statics),
        written,
    )


def _label(name: str) -> str:
    return "".join(name.split())


def run(
    trace: Trace,
    fun: Callable[..., Any],
    arguments: Arguments,
    proxies: Sequence[Any],
    scalar: bool,
    has_aux: bool,
) -> tuple[Result, list[Value]]:
    """Calls the function and flattens what it returns into output Values."""
    args, kwargs = arguments.call(proxies)
    before = flatten((args, kwargs))
    recorded = recordable(fun)
    if recorded is None:
        guard_contents(trace, fun)
        recorded = fun
    returned = recorded(*args, **kwargs)
    _check_arguments(before, flatten((args, kwargs)))
    check_mutated(trace)
    if has_aux and not (isinstance(returned, tuple) and len(returned) == 2):
        raise error("has_aux", type=type(returned).__name__)
    leaves, structure = flatten(returned)
    slots: list[int | Identity] = []
    weak: list[type | None] = []
    values: list[Value] = []
    for number, leaf in enumerate(leaves):
        kind = _number_type(leaf)
        if kind is False:
            slots.append(Identity(leaf))
            continue
        value = _lift_result(leaf, kind)
        if scalar and number == 0:
            value, kind = _as_loss(leaf, value, kind)
        slots.append(len(values))
        values.append(value)
        weak.append(kind)
    if scalar:
        whole = flatten(returned[0])[1] if has_aux else structure
        if whole.type is not None or not slots or slots[0] != 0:
            raise error("non_scalar", shape=_describe(returned[0] if has_aux else returned))
    return Result(structure, tuple(slots), tuple(weak)), values


def _check_arguments(before: tuple, after: tuple) -> None:
    same = before[1] == after[1] and all(x is y for x, y in zip(before[0], after[0], strict=True))
    if not same:
        raise error(
            "mutated_container",
            name="a container among the arguments",
            hint="return the new container instead (writes into arrays are recorded)",
        )


def _number_type(leaf: Any) -> Any:
    """The weak type of a number or array, None for none; False for what is neither."""
    if isinstance(leaf, Array):
        return leaf.weak
    if type(leaf) in (bool, int, float):
        return type(leaf)
    return None if isinstance(leaf, np.ndarray | np.generic) else False


def _lift_result(leaf: Any, kind: type | None) -> Value:
    if isinstance(leaf, np.ndarray | np.generic):
        leaf = native("result", np.asarray(leaf))
    if kind is not None and not isinstance(leaf, Array):
        return lift(leaf, {bool: BOOL, int: I64, float: F64}[kind])
    return lift(leaf)


def _as_loss(leaf: Any, value: Value, kind: type | None) -> tuple[Value, type | None]:
    """The result to differentiate: real, of size one; a plain number counts as a float."""
    if value.type.size != 1:
        raise error("non_scalar", shape=value.shape)
    if not value.type.differentiable:
        if kind is not None and not isinstance(leaf, Array):
            return lift(float(leaf), F64), float
        raise error("non_scalar", shape=f"{value.shape} and dtype {value.dtype}")
    return value, kind


def _describe(returned: Any) -> str:
    return f"of a {type(returned).__name__}"
