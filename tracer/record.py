"""One run of the user's function on proxies: a Recording."""

from __future__ import annotations

from collections.abc import (
    Awaitable,
    Callable,
    Container,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np

from ..ir.errors import NoDerivative
from ..ir.graph import Guard, Outcome, Value
from ..ir.types import F64
from . import randomness
from .array import Array
from .capture import Source, check_mutated, guard_contents, is_created, mark_created
from .containers import flatten, instances
from .current import recorder
from .drawing import drawing_of
from .draws import Noise
from .errors import AdjitError, error, line_of, located
from .generators import is_generator, is_shared
from .hooks import recordable
from .lift import lift
from .promote import WEAK_DTYPE
from .recording import Identity, Recording, Result
from .regions import RestartError, innermost
from .signature import Arguments, native
from .trace import Trace


def record(
    fun: Callable[..., Any],
    arguments: Arguments,
    forced: Sequence[Outcome] = (),
    scalar: type | None = None,
    has_aux: bool = False,
    known: Mapping[object, tuple[str, str]] | None = None,
    active: Container[int] | None = None,
    has_numbers: bool = True,
    seen: list[Guard] | None = None,
) -> tuple[Recording, Noise]:
    """Runs ``fun`` on proxies of ``arguments``; ``scalar``: the (first) result must be one, of
    real (``float``) or ``complex`` numbers.

    Where a loop turns out not to be recordable as one, all is recorded again with it unrolled.
    ``known``: those that other paths of the program unroll, which the forced outcomes assume.
    ``active``: the leaves to differentiate by (None: all). Returned with the recording are the
    random numbers that it has used. ``has_numbers``: whether the arrays of the arguments hold any,
    not only a type. ``seen``: has the guards afterwards, also where the function raises.
    """
    unrolled = dict(known or {})
    while True:
        trace = Trace(forced, unrolled, active, has_numbers)
        drawing = drawing_of(trace)
        if seen is not None:
            seen.clear()
            trace.guards = seen
        try:
            recording = _record(trace, fun, arguments, scalar, has_aux, unrolled)
        except RestartError as problem:
            unrolled[problem.key] = (problem.where, problem.reason)
            drawing.undo()
        except AdjitError:
            drawing.undo()
            raise
        else:
            return recording, replace(drawing.noise, draws=recording.draws)


def _record(
    trace: Trace,
    fun: Callable[..., Any],
    arguments: Arguments,
    scalar: type | None,
    has_aux: bool,
    unrolled: dict[object, tuple[str, str]],
) -> Recording:
    with trace:
        proxies = []
        positions: list[int | None] = []
        for number, leaf in enumerate(arguments.leaves):
            if leaf.array is None:
                if is_generator(leaf.item) and not is_shared(leaf.item):
                    randomness.argument(trace, number, leaf.item)
                positions.append(None)
                proxies.append(leaf.item)
                continue
            positions.append(len(trace.keys))
            concrete: Any = leaf.array
            if isinstance(leaf.item, np.generic):
                concrete = leaf.array[()]
            proxy = trace.input(_label(leaf.name), concrete, leaf.weak, leaf.layout, leaf.shape)
            trace.keys[proxy.value] = number
            proxies.append(proxy)
        result, outputs = run(trace, fun, arguments, proxies, scalar, has_aux)
        block = trace.block
        written: tuple[int | Source, ...] = tuple(
            n
            for n, proxy in enumerate(proxies)
            if isinstance(proxy, Array) and proxy.storage.version
        )
        written += tuple(source for source, x in trace.captures.items() if x.storage.version)
        graph = block.graph(outputs, trace.guards)
    keys = tuple(trace.keys[value] for value in graph.inputs)
    inputs: dict[Any, Value] = dict(zip(keys, graph.inputs, strict=True))
    return Recording(
        graph,
        result,
        keys,
        tuple(positions),
        {source: inputs[source] for source in trace.captures},
        dict(trace.statics),
        written,
        unrolled,
        tuple(drawing_of(trace).draws),
    )


def _label(name: str) -> str:
    return "".join(name.split())


def run(
    trace: Trace,
    fun: Callable[..., Any],
    arguments: Arguments,
    proxies: Sequence[Any],
    scalar: type | None,
    has_aux: bool,
) -> tuple[Result, list[Value]]:
    """Calls the function and flattens what it returns into output Values."""
    args, kwargs = arguments.call(proxies)
    before = flatten((args, kwargs))
    for container in instances((args, kwargs)):  # which stand for the caller's
        mark_created(trace, container)
    recorded = recordable(fun)
    if recorded is None:
        guard_contents(trace, fun)
        recorded = fun
    randomness.watch(trace, fun)
    try:
        returned = recorded(*args, **kwargs)
        after = flatten((args, kwargs))
        leaves, structure = flatten(returned)
    except Exception as problem:
        if isinstance(problem, NoDerivative):
            raise located("no_derivative", f"{line_of(problem)}: {problem}") from problem
        region = innermost(trace)
        if region is not None:  # perhaps only a region cannot do it: unrolled, it may be right
            raise RestartError(region.key, region.where, str(problem)) from problem
        if not isinstance(problem, RecursionError):
            raise
        name = getattr(fun, "__qualname__", repr(fun))
        raise error("recursion", name=name) from problem
    if trace.refused is not None:  # and the function has caught it
        raise trace.refused
    drawing_of(trace).check()
    _check_arguments(before, after)
    check_mutated(trace)
    if has_aux and not (isinstance(returned, tuple) and len(returned) == 2):
        raise error("has_aux", type=type(returned).__name__)
    slots: list[int | Identity] = []
    types: list[type | None] = []
    values: list[Value] = []
    for number, leaf in enumerate(leaves):
        kind = _number_type(leaf)
        if kind is False:
            _check_static(trace, leaf)
            slots.append(Identity(leaf))
            continue
        value = _lift_result(leaf)
        if scalar is not None and number == 0:
            value, kind = _as_loss(leaf, value, kind, scalar)
        slots.append(len(values))
        values.append(value)
        types.append(kind)
    if scalar is not None:
        whole = flatten(returned[0])[1] if has_aux else structure
        if whole.type is not None or not slots or slots[0] != 0:
            what = returned[0] if has_aux else returned
            raise error("non_scalar", what=f"a {type(what).__name__}")
    return Result(structure, tuple(slots), tuple(types)), values


def _check_arguments(before: tuple, after: tuple) -> None:
    same = before[1] == after[1] and all(x is y for x, y in zip(before[0], after[0], strict=True))
    if not same:
        raise error(
            "mutated_container",
            name="a container among the arguments",
            hint="return the new container instead (writes into arrays are recorded)",
        )


def _check_static(trace: Trace, leaf: Any) -> None:
    """Refuses what holds recorded arrays, or is used up: each call would return the same one."""
    if recorder([leaf]) is not None:
        raise error("autograd_captured")
    inside: Sequence[Any] = ()
    if isinstance(leaf, set | frozenset):
        inside = tuple(leaf)
    elif isinstance(leaf, FunctionType):
        inside = [cell.cell_contents for cell in leaf.__closure__ or ()]
    passing = isinstance(leaf, Iterator | Awaitable) or is_created(trace, leaf)
    passing = passing or (is_generator(leaf) and not is_shared(leaf))
    if passing or any(isinstance(item, Array) for item in inside):
        raise error("result", type=type(leaf).__name__)


def _number_type(leaf: Any) -> Any:
    """The type of an output (see ``Result``); False for what is no number or array."""
    if isinstance(leaf, Array):
        return leaf.weak or (None if leaf.scalar else np.ndarray)
    if type(leaf) in (bool, int, float, complex):
        return type(leaf)
    if isinstance(leaf, np.ndarray):
        return np.ndarray
    return None if isinstance(leaf, np.generic) else False


def _lift_result(leaf: Any) -> Value:
    if isinstance(leaf, np.ndarray | np.generic):
        leaf = native("result", np.asarray(leaf))
    if type(leaf) in WEAK_DTYPE:
        return lift(leaf, WEAK_DTYPE[type(leaf)])
    return lift(leaf)


def _as_loss(leaf: Any, value: Value, kind: type | None, scalar: type) -> tuple[Value, type | None]:
    """The result to differentiate: real, of size one; a plain number counts as a float."""
    if value.type.size != 1:
        raise error("non_scalar", what=f"shape {value.shape}")
    if value.type.is_complex != (scalar is complex):
        code = "non_scalar" if value.type.is_complex else "not_holomorphic"
        raise error(code, what=f"shape {value.shape} and dtype {value.dtype}")
    if not value.type.differentiable:
        if type(leaf) in WEAK_DTYPE:
            return lift(float(leaf), F64), float
        raise error("non_scalar", what=f"shape {value.shape} and dtype {value.dtype}")
    return value, kind
