"""The pipeline on one page: from a recording to a native function.

========================  ==========================================================
record                    the user's function runs on proxies      tracer/record.py
split                     complex numbers become pairs             ir/passes/split.py
simplify                  exact algebra, folding, interning        ir/passes/simplify.py
batch                     loops over elements become array code    ir/passes/batch.py
adjoint or tangent        the derivative, as a Graph               ir/passes/adjoint.py
simplify                  again, over both parts
unlink                    rules of the user's are done with         ir/passes/unlink.py
gather                    transposed stencils in one pass          ir/passes/gather.py
expand                    small products become loops              codegen/expand.py
factor                    constant factors leave their sums        ir/passes/factor.py
merge                     all paths become one decision tree       codegen/tree.py
plan                      loop nests, fusion, buffers              codegen/plan.py
lower                     LLVM                                     codegen/llvm.py
assemble                  object code                              codegen/assemble.py
Native                    loaded and called                        codegen/native.py
========================  ==========================================================

All but the first and the last is left out where the object code is found on disk, under the
content of the recordings (`build.py`). With ``ADJIT_VERIFY=1`` in the environment every Graph is
verified after its pass.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ..codegen.compile import compile_schedule
from ..codegen.expand import expand
from ..codegen.kernel import Kernel
from ..codegen.plan import plan
from ..codegen.schedule import Schedule
from ..codegen.tree import merge
from ..ir.errors import IRError, NoDerivative
from ..ir.graph import Graph
from ..ir.passes.batch import batch
from ..ir.passes.factor import factor
from ..ir.passes.gather import gather
from ..ir.passes.simplify import simplify
from ..ir.passes.split import split
from ..ir.passes.tangent import tangent
from ..ir.passes.unlink import unlink
from ..ir.types import ArrayType
from ..ir.verify import verify
from .derivatives import gradient
from .errors import error, unsupported
from .modes import SCALARS, Path, differentiable_outputs


def prepared(graph: Graph) -> Graph:
    """A recorded Graph as derivatives are taken of it."""
    try:
        graph = split(checked(graph))
    except IRError as problem:
        raise unsupported(str(problem)) from problem
    graph = checked(simplify(checked(graph)))
    batched = batch(graph)
    return graph if batched is graph else checked(simplify(checked(batched)))


def checked(graph: Graph) -> Graph:
    return verify(graph) if os.environ.get("ADJIT_VERIFY") else graph


@contextmanager
def _known_derivatives() -> Iterator[None]:
    try:
        yield
    except NoDerivative as problem:
        raise error("no_derivative", text=problem) from problem


@_known_derivatives()
def derive(path: Path) -> Graph:
    """The Graph of a path in its mode (see `modes`)."""
    recorded = path.recording.graph
    graph = prepared(recorded)
    if path.mode in SCALARS:
        graph = gradient(recorded, graph, path.wrt)
    elif path.mode == "pushforward":
        graph = tangent(graph, path.wrt)
    count = len(recorded.outputs)
    graph = replace(graph, outputs=(*graph.outputs[count:], *graph.outputs[:count]))
    return checked(simplify(checked(graph)))


def loops_of(graph: Graph, alone: bool = False) -> Graph:
    """The Graph as it is scheduled: small products are loops; ``alone``: all of them."""
    graph = checked(expand(checked(gather(checked(unlink(graph)))), alone))
    return checked(simplify(checked(factor(graph))))


@_known_derivatives()
def schedule_of(paths: Sequence[Path], alone: bool = False) -> Schedule:
    """What runs for all paths of a program; ``alone``: without libraries and threads."""
    graphs = [loops_of(derive(path), alone) for path in paths]
    return plan(merge(graphs, [path.keys for path in paths]), alone)


def compile_paths(paths: Sequence[Path], libm: bool) -> Kernel:
    kernel = compile_schedule(schedule_of(paths), libm)
    return replace(kernel, outputs=tuple(map(output_types, paths)))


def output_types(path: Path) -> tuple[ArrayType, ...]:
    """What the outputs of a path are to users, in their order."""
    graph = path.recording.graph
    results = tuple(value.type for value in graph.outputs)
    if path.mode == "value":
        return results
    if path.mode == "pushforward":
        return (*[results[n] for n in differentiable_outputs(graph)], *results)
    return (*[graph.inputs[n].type for n in path.wrt], *results)


def compile_loop(graph: Graph) -> Kernel:
    """For recording, which needs the numbers of a loop, and no derivatives."""
    types = tuple(value.type for value in graph.outputs)
    graph = checked(simplify(expand(simplify(unlink(split(graph))))))
    kernel = compile_schedule(plan(merge([graph], [range(len(graph.inputs))])))
    return replace(kernel, outputs=(types,))
