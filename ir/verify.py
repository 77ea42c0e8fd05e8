"""The verifier: every value is defined before its use and has the type its rule gives."""

from __future__ import annotations

from .errors import IRError
from .graph import Graph, Value
from .op import INPUT


def verify(graph: Graph, outer: frozenset[Value] = frozenset()) -> Graph:
    """Returns ``graph``, or raises IRError; passes run it after themselves in tests."""
    defined = set(outer) | set(graph.inputs)
    for value in graph.inputs:
        if value.op is not INPUT:
            raise IRError(f"{value} is listed as an input")
    for value in graph.values:
        if value in defined:
            raise IRError(f"{value} is defined twice")
        for arg in value.args:
            if arg not in defined:
                raise IRError(f"{value} uses {arg} before its definition")
        inferred = value.op.infer(*[arg.type for arg in value.args], **dict(value.attrs))
        if inferred != value.type:
            raise IRError(f"{value} has not the type {inferred} of its rule")
        for region in value.regions:
            verify(region, frozenset(defined))
        defined.add(value)
    for guard in graph.guards:
        if guard.value.shape:
            raise IRError(f"{guard.value} is guarded, which takes a scalar")
    for value in (*graph.outputs, *(guard.value for guard in graph.guards)):
        if value not in defined:
            raise IRError(f"{value} is returned or guarded but not defined")
    return graph
