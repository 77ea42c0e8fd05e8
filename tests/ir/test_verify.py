"""The verifier refuses what breaks SSA or a type rule."""

from __future__ import annotations

import pytest

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph, Guard, Value
from adjit.ir.types import F32, F64, ArrayType
from adjit.ir.verify import verify

SCALAR = ArrayType(F64, ())


def parts() -> tuple[Value, Value, Value]:
    block = Block()
    with block:
        x = block.input("x", SCALAR)
        y = ops.sin(x)
        return x, y, ops.cos(y)


def test_a_good_graph_comes_back() -> None:
    x, y, z = parts()
    graph = Graph((x,), (y, z), (z, x))
    assert verify(graph) is graph


def test_bad_graphs_are_refused() -> None:
    x, y, z = parts()
    wrong = Value(y.op, (x,), (), ArrayType(F32, ()))
    long = Block().input("v", ArrayType(F64, (2,)))
    cases = [
        (Graph((x,), (z, y), (z,)), "before its definition"),
        (Graph((), (y,), (y,)), "before its definition"),
        (Graph((x,), (y, y), (y,)), "defined twice"),
        (Graph((x,), (y,), (z,)), "returned or guarded"),
        (Graph((x,), (y,), (y,), (Guard(z, 1.0, "f:1", ""),)), "returned or guarded"),
        (Graph((x, long), (y,), (y,), (Guard(long, 1.0, "f:1", ""),)), "takes a scalar"),
        (Graph((y,), (), (y,)), "listed as an input"),
        (Graph((x,), (wrong,), (wrong,)), "has not the type"),
    ]
    for graph, message in cases:
        with pytest.raises(IRError, match=message):
            verify(graph)


def test_values_of_a_region_stay_in_it() -> None:
    block, inner = Block(), Block()
    with inner:
        body = inner.graph([ops.sin(inner.input("i", SCALAR))])
    with block:
        x = block.input("x", SCALAR)
        (y,) = ops.cond(ops.gt(x, 0.0), [x], body, body)
    verify(block.graph([y]))
    with pytest.raises(IRError, match="returned or guarded"):
        verify(block.graph(body.outputs))
