"""Random programs: native code agrees with the reference interpreter, derivatives included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from programs import graphs
from support import native

from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent

Program = tuple[Graph, list[np.ndarray]]


def floats(values: tuple) -> list[int]:
    return [n for n, value in enumerate(values) if value.type.differentiable]


def check(program: Program) -> None:
    graph, args = program
    derived = adjoint(graph, floats(graph.inputs), floats(graph.outputs), unit=True)
    for candidate in (graph, derived):
        prepared = simplify(candidate)
        compare(prepared, args)
    pushed = simplify(tangent(graph, floats(graph.inputs)))
    moves = [np.ones_like(args[n]) for n in floats(graph.inputs)]
    compare(pushed, [*args, *moves])


def compare(graph: Graph, args: list[np.ndarray]) -> None:
    before = [np.array(x) for x in args]
    _, found = native(graph)([np.ascontiguousarray(x).reshape(np.shape(x)) for x in args])
    with np.errstate(all="ignore"):
        expected = interpret(graph, before)
    for y, wanted in zip(found, expected, strict=True):
        assert y.dtype == wanted.dtype
        assert y.shape == wanted.shape
        scale = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))
        np.testing.assert_allclose(
            y, wanted, rtol=1e-9, atol=1e-11 * max(scale, 1e-3), equal_nan=True
        )
    for x, old in zip(args, before, strict=True):
        np.testing.assert_array_equal(x, old)


@given(graphs())
def test_native_agrees(program: Program) -> None:
    check(program)


@pytest.mark.slow
@settings(max_examples=600)
@given(graphs(largest=30))
def test_native_agrees_at_length(program: Program) -> None:
    check(program)
