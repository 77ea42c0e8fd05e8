"""The verifier: every value is defined before its use and has the type its rule gives."""

from __future__ import annotations

from .errors import IRError
from .graph import Graph, infer, symbols
from .op import INPUT
from .types import Symbol


def verify(graph: Graph, outer: frozenset[Symbol] = frozenset()) -> Graph:
    """Returns ``graph``, or raises IRError; passes run it after themselves in tests.

    ``outer``: the symbols that are known around a region.
    """
    defined = set(graph.inputs)
    known = set(outer)
    for value in graph.inputs:
        if value.op is not INPUT:
            raise IRError(f"{value} is listed as an input")
    for value in graph.values:
        if value in defined:
            raise IRError(f"{value} is defined twice")
        for arg in value.args:
            if arg not in defined:
                raise IRError(f"{value} uses {arg} before its definition")
        unknown = {s.name for s in symbols(value) if s not in known and s.high is not None}
        if unknown:
            raise IRError(f"{value} mentions {', '.join(sorted(unknown))} before its definition")
        inferred = infer(value.op, value.args, value.attrs, value.regions)
        if inferred != value.type:
            raise IRError(f"{value} has not the type {inferred} of its rule")
        inside = known | {value.attr("symbol")} if value.op.name == "loop" else known
        for region in value.regions:
            verify(region, frozenset(inside))
        if value.op.name == "index":
            known.add(value.attr("symbol"))
        defined.add(value)
    for guard in graph.guards:
        if guard.value.shape:
            raise IRError(f"{guard.value} is guarded, which takes a scalar")
    for value in (*graph.outputs, *(guard.value for guard in graph.guards)):
        if value not in defined:
            raise IRError(f"{value} is returned or guarded but not defined")
    return graph
