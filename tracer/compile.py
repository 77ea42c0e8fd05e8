"""The pipeline on one page: from a recording to a native function.

========================  ==========================================================
record                    the user's function runs on proxies      tracer/record.py
simplify                  exact algebra, folding, interning        ir/passes/simplify.py
batch                     loops over elements become array code    ir/passes/batch.py
adjoint or tangent        the derivative, as a Graph               ir/passes/adjoint.py
simplify                  again, over both parts
gather                    transposed stencils in one pass          ir/passes/gather.py
expand                    small products become loops              codegen/expand.py
factor                    constant factors leave their sums        ir/passes/factor.py
merge                     all paths become one decision tree       codegen/tree.py
plan                      loop nests, fusion, buffers              codegen/plan.py
lower                     LLVM                                     codegen/llvm.py
Native                    optimised, loaded, called                codegen/native.py
========================  ==========================================================

With ``ADJIT_VERIFY=1`` in the environment every Graph is verified after its pass.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..codegen.expand import expand
from ..codegen.llvm import lower
from ..codegen.native import Departure, Native, Options
from ..codegen.plan import plan
from ..codegen.tree import merge
from ..ir.errors import NoDerivative
from ..ir.graph import Block, Graph, Value
from ..ir.ops import get
from ..ir.passes.adjoint import adjoint
from ..ir.passes.batch import batch
from ..ir.passes.factor import factor
from ..ir.passes.gather import gather
from ..ir.passes.simplify import simplify
from ..ir.passes.tangent import tangent
from ..ir.verify import verify
from .errors import unsupported
from .record import Recording

_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class Path:
    """A recorded path, ready for code generation: its graph and the keys of its inputs."""

    recording: Recording
    graph: Graph
    keys: tuple

    @property
    def primal(self) -> Graph:
        return prepared(self.recording.graph)


def prepared(graph: Graph) -> Graph:
    """A recorded Graph as derivatives are taken of it."""
    graph = checked(simplify(checked(graph)))
    batched = batch(graph)
    return graph if batched is graph else checked(simplify(checked(batched)))


def checked(graph: Graph) -> Graph:
    return verify(graph) if os.environ.get("ADJIT_VERIFY") else graph


def derive(recording: Recording, mode: str, wrt: Sequence[int]) -> Path:
    """The Graph of a mode.

    ``value``: results; ``gradient``: gradients of the first result by the inputs ``wrt``, then
    results; ``pullback``: cotangents, given a cotangent input for each differentiable result,
    then results; ``pushforward``: tangents, given tangent inputs, then results. Derivatives
    come first, so that they stand at the same place on every path.
    """
    try:
        return _derived(recording, mode, wrt)
    except NoDerivative as problem:
        raise unsupported("a derivative of this order", hint=str(problem)) from problem


def _derived(recording: Recording, mode: str, wrt: Sequence[int]) -> Path:
    graph = prepared(recording.graph)
    keys = recording.keys
    if mode == "gradient":
        graph = adjoint(graph, wrt, [0], unit=True)
    elif mode == "pullback":
        of = differentiable_outputs(graph)
        graph = adjoint(graph, wrt, of)
        keys = (*keys, *(("cotangent", n) for n in of))
    elif mode == "pushforward":
        graph = tangent(graph, wrt)
        keys = (*keys, *(("tangent", n) for n in wrt))
    count = len(recording.graph.outputs)
    graph = replace(graph, outputs=(*graph.outputs[count:], *graph.outputs[:count]))
    return Path(recording, checked(simplify(checked(graph))), keys)


def differentiable_outputs(graph: Graph) -> list[int]:
    return [n for n, value in enumerate(graph.outputs) if value.type.differentiable]


def loops_of(graph: Graph) -> Graph:
    """The Graph as it is scheduled: small products are loops."""
    graph = checked(expand(checked(gather(graph))))
    return checked(simplify(checked(factor(graph))))


def build(paths: Sequence[Path], options: Options) -> Native:
    """One native function for all paths of a program."""
    graphs = [loops_of(path.graph) for path in paths]
    schedule = plan(merge(graphs, [path.keys for path in paths]))
    return Native(schedule, lower(schedule, f"adjit.{next(_serial)}"), options)


def evaluate_natively(value: Value, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The results of a loop for known arguments, where the interpreter would take too long."""
    block = Block()
    with block:
        inputs = [block.input(f"x{n}", arg.type) for n, arg in enumerate(value.args)]
        y = block.add(value.op, inputs, value.attrs, value.regions)
        outputs = [get(y, index=n) for n in range(len(value.type.items))]  # type: ignore[attr-defined]
    graph = checked(simplify(expand(simplify(block.graph(outputs)))))
    schedule = plan(merge([graph], [range(len(inputs))]))
    native = Native(schedule, lower(schedule, f"adjit.{next(_serial)}"))
    found = native([np.require(x, requirements=["C", "A"]) for x in arrays])
    assert not isinstance(found, Departure)
    return tuple(found[1])
