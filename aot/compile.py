"""From a declared function to LLVM's text, the same for all sizes.

A function is recorded at samples of its named sizes, numbers that remember what they are
(`ir/sizes.py`); the text must be the same at all of them (`agreement`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..codegen.access import strides
from ..codegen.llvm import lower, slot_offsets
from ..codegen.plan import plan
from ..codegen.schedule import Schedule
from ..codegen.sizes import bind
from ..codegen.tree import merge
from ..ir.errors import IRError
from ..ir.graph import Graph, Outcome
from ..ir.ops.families import LIBRARY, SEARCHES, TRANSFORMS
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
from .agreement import Compiled, Sampled, check_same, samples
from .cblas import use_cblas
from .declare import Given, names_of
from .entry import add_functions, terms
from .errors import LibraryError
from .function import Function, Parameter, distinct, identifier
from .paths import (
    Omitted,
    again,
    arguments_of,
    asked_by_user,
    explored,
    first_trail,
    trail_of,
)

KINDS = ("value", "grad", "value_and_grad", "jvp", "hvp", "jacobian")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compiled. ``wrt``: parameters to differentiate by; ``cblas``: whether large
    matrix products are left to a CBLAS."""

    fun: Callable[..., Any]
    declared: Mapping[str, Any]
    wrt: tuple[str, ...]
    name: str
    has_numbers: bool
    cblas: bool = False


def compiled(request: Request, kind: str, typical: Mapping[str, int]) -> Compiled:
    """One entry point; ``typical`` sizes are those that it is tuned for."""
    names = names_of(request.declared)
    usual, *others = samples(names, typical)
    first = _at(request, kind, usual, usual, None)
    for sizes in others:  # small ones first: with a leak, the large ones may take forever
        check_same(first, _at(request, kind, sizes, usual, first.trails))
    return first.compiled


def _at(
    request: Request,
    kind: str,
    sizes: Mapping[str, int],
    typical: Mapping[str, int],
    trails: tuple[tuple[Outcome, ...], ...] | None,
) -> Sampled:
    strides.cache_clear()  # whose questions of sizes have to be asked again
    names = names_of(request.declared)
    with collector_paused(), questions(asked_by_user, typical) as asked:
        paths = _paths(request, kind, sizes, trails)
        schedule = plan(merge(paths.graphs, [path.keys for path in paths.paths]), alone=True)
        module = lower(schedule, grow=False)
        function = _function(request, kind, names, schedule, paths, tuple(asked))
    add_functions(module, schedule, function)
    use_cblas(module)
    recordings = [path.recording for path in paths.paths]
    statics = {source: item for one in recordings for source, item in one.statics.items()}
    frozen = tuple(sorted(str(source) for source, item in statics.items() if _is_number(item)))
    text = bind(str(module), names, 1 + 2 * schedule.tapes)
    trails = tuple(map(trail_of, recordings))
    unrolled = tuple(dict.fromkeys(why for one in recordings for why in one.unrolled))
    return Sampled(Compiled(function, text, frozen), sizes, trails, unrolled)


# --- one sample -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of a function, the Graphs that are compiled for them, and their results' types."""

    paths: list[Path]
    graphs: list[Graph]
    types: tuple[ArrayType, ...]
    arguments: Arguments
    omitted: list[Omitted]


def _paths(
    request: Request,
    kind: str,
    sizes: Mapping[str, int],
    trails: tuple[tuple[Outcome, ...], ...] | None,
) -> Paths:
    fun, mode, scalar = _form(request, kind)
    arguments = arguments_of(request.fun, request.declared, sizes, False)
    wrt = _wrt(request, arguments) if kind != "value" else []
    active = wrt if kind != "value" else range(len(arguments.leaves))
    omitted: list[Omitted] = []
    if trails is not None:
        found = again(fun, arguments, scalar, active, trails)
    else:
        first: tuple[Outcome, ...] = ()
        if request.has_numbers:
            samples = arguments_of(request.fun, request.declared, sizes, True)
            first = first_trail(fun, samples, scalar, active)
        found, omitted = explored(fun, arguments, scalar, active, first)
    graphs: list[Graph] = []
    kept: list[Path] = []
    types: tuple[ArrayType, ...] = ()
    for recording in found:
        inputs = [recording.inputs[leaf] for leaf in wrt]
        path = Path(recording, mode, tuple(n for n in inputs if n is not None))
        try:
            graph, chosen = _chosen(path, kind)
            if kept and chosen != types:
                raise IRError("its results have other types or shapes than those of other paths")
            graph = loops_of(graph, alone=not request.cblas)
            _check_alone(graph, request.cblas)
            merge([*graphs, graph], [p.keys for p in (*kept, path)])
        except Exception as problem:
            if not kept or trails is not None:
                raise
            where = recording.graph.guards[-1].where if recording.graph.guards else ""
            omitted.append(Omitted(trail_of(recording), where, str(problem)))
            continue
        types = chosen
        graphs.append(graph)
        kept.append(path)
    return Paths(kept, graphs, types, arguments, omitted)


def _check_alone(graph: Graph, cblas: bool) -> None:
    """An error for what only a library can compute."""
    for value in graph.values:
        name = value.op.name
        if name in TRANSFORMS:
            raise LibraryError(f"{name} is a Fourier transform, which is NumPy's: not in libm")
        if name in LIBRARY - SEARCHES and not (cblas and name == "contract"):
            function = f"{name} is LAPACK's" if name not in _BLAS else f"{name} is BLAS's"
            raise LibraryError(f"{function}, which a library without Python has not")
        for region in value.regions:
            _check_alone(region, cblas)


_BLAS = ("contract", "triangular_solve")


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
    paths: Paths,
    asked: tuple[Question, ...],
) -> Function:
    recording, arguments = paths.paths[0].recording, paths.arguments
    inputs = []
    for key in schedule.program.keys:
        leaf = recording.keys[key[1]] if isinstance(key, tuple) else key
        assert isinstance(leaf, int)
        inputs.append((key, leaf, identifier(arguments.leaves[leaf].name)))
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
    outputs = _outputs(request, kind, arguments, recording, paths.types)
    taken = distinct([*names, *(p.name for p in parameters), *(p.name for p in outputs)])
    for size in names:
        if identifier(size) != size:
            raise LibraryError(f"{size}: a size cannot have this name in C")
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
        tuple(dict.fromkeys(f"{o.where}{f' ({o.why})' if o.why else ''}" for o in paths.omitted)),
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
