"""From a declared function to LLVM's text, the same for all sizes.

A function is recorded at samples of its named sizes, numbers that remember what they are
(`ir/sizes.py`). Should a number be taken for what it is at a sample, the text would be wrong for
other sizes; so it is made at several samples, and has to be the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

import numpy as np

from ..codegen.access import strides
from ..codegen.llvm import lower, slot_offsets
from ..codegen.plan import plan
from ..codegen.schedule import Schedule
from ..codegen.sizes import bind
from ..codegen.tree import merge
from ..ir.errors import IRError
from ..ir.graph import Graph
from ..ir.passes.simplify import simplify
from ..ir.sizes import Question, questions
from ..ir.types import ArrayType
from ..tracer.api import grad
from ..tracer.collector import collector_paused
from ..tracer.compile import derive, loops_of, output_types
from ..tracer.jacobians import jacobian
from ..tracer.modes import Path, differentiable_outputs
from ..tracer.recording import Recording
from ..tracer.signature import Arguments
from .declare import Given, names_of
from .entry import add_functions, terms
from .errors import LibraryError
from .function import Function, Parameter, distinct, identifier
from .paths import Omitted, arguments_of, asked_by_user, recordings

KINDS = ("value", "grad", "value_and_grad", "jvp", "hvp", "jacobian")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compiled. ``wrt``: parameters to differentiate by."""

    fun: Callable[..., Any]
    declared: Mapping[str, Any]
    wrt: tuple[str, ...]
    name: str
    has_numbers: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A function of the library, and the LLVM of it; ``frozen``: what it takes for constant."""

    function: Function
    text: str
    frozen: tuple[str, ...]


def compiled(request: Request, kind: str, typical: Mapping[str, int]) -> Compiled:
    """One entry point; ``typical`` sizes are those that it is tuned for."""
    names = names_of(request.declared)
    found = [_at(request, kind, sizes) for sizes in samples(names, typical)]
    first = found[0]
    for other in found[1:]:
        _check_same(request, kind, first, other)
    return first[0]


def samples(names: Sequence[str], typical: Mapping[str, int]) -> list[dict[str, int]]:
    """Sizes to record at: primes, all distinct, in the same proportions."""
    if not names:
        return [{}]
    given = {name: typical.get(name, 211 + 96 * n) for n, name in enumerate(names)}
    if any(size < 1 for size in given.values()):
        raise LibraryError("--typical: sizes are positive")
    found, taken = [], set(range(50))
    for factor in (1.0, 1.25, 1.5):
        row = {}
        for name in sorted(names, key=given.__getitem__):
            size = int(given[name] * factor) + 1
            while size in taken or not _is_prime(size):
                size += 1
            taken.add(size)
            row[name] = size
        found.append(row)
    return found


def _is_prime(number: int) -> bool:
    return all(number % n for n in range(2, isqrt(number) + 1))


Sampled = tuple[Compiled, Mapping[str, int]]


def _at(request: Request, kind: str, sizes: Mapping[str, int]) -> Sampled:
    strides.cache_clear()  # whose questions of sizes have to be asked again
    with collector_paused(), questions(asked_by_user) as asked:
        schedule, recording, arguments, omitted, types = _scheduled(request, kind, sizes)
        names = names_of(request.declared)
        module = lower(schedule, grow=False)
        function = _function(
            request, kind, names, schedule, recording, arguments, omitted, types, tuple(asked)
        )
    add_functions(module, schedule, function)
    frozen = tuple(
        sorted(str(source) for source, item in recording.statics.items() if _is_number(item))
    )
    return Compiled(function, bind(str(module), names, 1 + 2 * schedule.tapes), frozen), sizes


# --- one sample -----------------------------------------------------------------------------


def _scheduled(
    request: Request, kind: str, sizes: Mapping[str, int]
) -> tuple[Schedule, Recording, Arguments, list[Omitted], tuple[ArrayType, ...]]:
    fun, mode, scalar = _form(request, kind)
    arguments = arguments_of(request.fun, request.declared, sizes)
    wrt = _wrt(request, arguments) if kind != "value" else []
    active = wrt if kind != "value" else range(len(arguments.leaves))
    found, omitted = recordings(fun, arguments, scalar, active, request.has_numbers)
    graphs: list[Graph] = []
    kept: list[Path] = []
    types: tuple[ArrayType, ...] | None = None
    for recording in found:
        inputs = [recording.inputs[leaf] for leaf in wrt]
        path = Path(recording, mode, tuple(n for n in inputs if n is not None))
        trail = tuple(guard.expected for guard in recording.graph.guards)
        where = recording.graph.guards[-1].where if trail else ""
        try:
            graph, chosen = _chosen(path, kind)
            if types is not None and chosen != types:
                raise IRError("its results have other types or shapes than those of other paths")
            graph = loops_of(graph, alone=True)
            merge([*graphs, graph], [p.keys for p in (*kept, path)])
        except Exception as problem:
            if not kept:
                raise
            omitted.append(Omitted(trail, where, str(problem)))
            continue
        types = chosen
        graphs.append(graph)
        kept.append(path)
    assert types is not None
    schedule = plan(merge(graphs, [path.keys for path in kept]), alone=True)
    return schedule, kept[0].recording, arguments, omitted, types


def _form(request: Request, kind: str) -> tuple[Callable[..., Any], str, type | None]:
    """The function to record, and the mode (`tracer/modes.py`)."""
    fun, wrt = request.fun, request.wrt if len(request.wrt) > 1 else request.wrt[0]
    if kind == "value":
        return fun, "value", None
    if kind == "jvp":
        return fun, "pushforward", None
    if kind == "hvp":
        return grad(fun, wrt), "pushforward", None
    if kind == "jacobian":
        return jacobian(fun, wrt), "value", None
    return fun, "gradient", float


def _wrt(request: Request, arguments: Arguments) -> list[int]:
    found: list[int] = []
    for name in request.wrt:
        if name not in arguments.parameters:
            listed = ", ".join(arguments.parameters)
            raise LibraryError(f"--wrt: {name} is none of the parameters {listed}")
        leaves = [n for n in arguments.leaves_of(name) if arguments.leaves[n].differentiable]
        if not leaves:
            raise LibraryError(f"--wrt: {name} holds no floating-point numbers")
        found += leaves
    return found


def _chosen(path: Path, kind: str) -> tuple[Graph, tuple[ArrayType, ...]]:
    """The Graph of a path with the outputs of a kind alone, and their types."""
    graph, types = derive(path), output_types(path)
    results = len(path.recording.graph.outputs)
    count = len(types) - results
    if kind in ("grad", "hvp"):
        kept = list(range(count))
    elif kind == "value_and_grad":
        kept = [count, *range(count)]
    elif kind == "jvp":
        kept = [*range(count, len(types)), *range(count)]
    else:
        kept = list(range(len(types)))
    chosen = replace(graph, outputs=tuple(graph.outputs[n] for n in kept))
    return simplify(chosen), tuple(types[n] for n in kept)


# --- as C sees it ---------------------------------------------------------------------------


def _function(
    request: Request,
    kind: str,
    names: tuple[str, ...],
    schedule: Schedule,
    recording: Recording,
    arguments: Arguments,
    omitted: Sequence[Omitted],
    types: Sequence[ArrayType],
    asked: tuple[Question, ...],
) -> Function:
    inputs = []
    for key in schedule.program.keys:
        leaf = recording.keys[key[1]] if isinstance(key, tuple) else key
        name = identifier(arguments.leaves[leaf].name)  # type: ignore[index]
        inputs.append((key, leaf, name))
    order = sorted(range(len(inputs)), key=lambda n: isinstance(inputs[n][0], tuple))
    assert order == list(range(len(inputs)))
    parameters = []
    given = _givens(arguments)
    for key, leaf, name in inputs:
        declared = given[leaf]
        is_tangent = isinstance(key, tuple)
        dims = declared.dims
        if is_tangent and dims is None:
            dims = ()
        about = f"tangent of {name}" if is_tangent else "input"
        title = f"tangent_{name}" if is_tangent else name
        parameters.append(Parameter(title, declared.dtype, dims, about))
    outputs = _outputs(request, kind, arguments, recording, types)
    taken = distinct([*names, *(p.name for p in parameters), *(p.name for p in outputs)])
    if tuple(taken[: len(names)]) != names:
        raise LibraryError(f"the sizes {', '.join(names)} have names that are no names in C")
    renamed = [
        replace(p, name=title)
        for p, title in zip((*parameters, *outputs), taken[len(names) :], strict=True)
    ]
    return Function(
        f"{request.name}_{kind}",
        kind,
        _ABOUT[kind].format(name=request.name, wrt=", ".join(request.wrt)),
        names,
        tuple(renamed[: len(parameters)]),
        tuple(renamed[len(parameters) :]),
        _needed(asked),
        terms(slot_offsets(schedule.slots)[1]),
        schedule.tapes,
        len(schedule.program.leaves),
        tuple(dict.fromkeys(f"{o.where}{f' ({o.why})' if o.why else ''}" for o in omitted)),
    )


_ABOUT = {
    "value": "{name}",
    "grad": "The gradient of {name} by {wrt}",
    "value_and_grad": "{name} and its gradient by {wrt}",
    "jvp": "{name} and its derivative along a tangent of {wrt}",
    "hvp": "The Hessian of {name} by {wrt}, times a tangent",
    "jacobian": "The Jacobian of {name} by {wrt}",
}


def _givens(arguments: Arguments) -> dict[int, Any]:
    return {n: _as_given(leaf) for n, leaf in enumerate(arguments.leaves) if leaf.array is not None}


def _as_given(leaf: Any) -> Given:
    if leaf.shape is None:
        return Given(leaf.array.dtype)
    return Given(leaf.array.dtype, tuple(map(terms, leaf.shape)))


def _outputs(
    request: Request,
    kind: str,
    arguments: Arguments,
    recording: Recording,
    types: Sequence[ArrayType],
) -> list[Parameter]:
    wrt = (
        [identifier(arguments.leaves[n].name) for n in _wrt(request, arguments)]
        if kind != "value"
        else []
    )
    results = len(types)
    named: list[str]
    if kind == "value":
        named = ["value"] if results == 1 else [f"value{n}" for n in range(results)]
    elif kind == "grad":
        named = [f"grad_{name}" for name in wrt]
    elif kind == "value_and_grad":
        named = ["value", *(f"grad_{name}" for name in wrt)]
    elif kind == "hvp":
        named = [f"hvp_{name}" for name in wrt]
    elif kind == "jacobian":
        plain = results == len(wrt)
        named = [
            f"jacobian_{wrt[n % len(wrt)]}" + ("" if plain else f"_{n // len(wrt)}")
            for n in range(results)
        ]
    else:
        graph = recording.graph
        numbers = range(len(graph.outputs))
        one = len(numbers) == 1
        named = ["value" if one else f"value{n}" for n in numbers]
        named += ["tangent" if one else f"tangent{n}" for n in differentiable_outputs(graph)]
    return [
        Parameter(name, type.dtype, tuple(map(terms, type.ints)), "output")
        for name, type in zip(named, types, strict=True)
    ]


def _needed(asked: Sequence[Question]) -> tuple[Question, ...]:
    return tuple(sorted(set(asked), key=str))


def _is_number(item: object) -> bool:
    return isinstance(item, int | float | complex | np.generic | np.ndarray)


# --- the samples against each other ---------------------------------------------------------


def _check_same(request: Request, kind: str, first: Sampled, other: Sampled) -> None:
    if first[0] == other[0]:
        return
    a, b = first[0].function, other[0].function
    if first[0].text == other[0].text:
        differing = set(a.questions) ^ set(b.questions)
        what = "; ".join(sorted(map(str, differing))) or "its branches"
        raise LibraryError(
            f"{request.name}_{kind}: what it asks of its sizes is not the same for all of them:"
            f" {what}"
        )
    left, right = first[0].text.splitlines(), other[0].text.splitlines()
    changed = [
        line
        for line in difflib.unified_diff(left, right, lineterm="", n=0)
        if line[:1] in "+-" and not line.startswith(("+++", "---"))
    ]
    shown = "\n".join(f"    {line}" for line in changed[:4])
    raise LibraryError(
        f"{request.name}_{kind}: a size is taken as the number that it is at a sample, so the code"
        f" would be wrong for others. At {_listed(first[1])} and {_listed(other[1])} it differs:\n"
        f"{shown}\n  Declare that size as a number, or compute with it otherwise (n // 2 for"
        " int(n / 2))."
    )


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
