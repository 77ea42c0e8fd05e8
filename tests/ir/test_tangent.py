"""Before/after tests of `tangent`; its numbers are tested in `test_ops.py`."""

from __future__ import annotations

import numpy as np
import pytest
from derivatives import build

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Graph, Value
from adjit.ir.interpret import interpret
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.types import F64
from adjit.ir.verify import verify

V = np.arange(3.0)


def lines(graph: Graph) -> list[str]:
    return [line.strip() for line in str(verify(simplify(verify(graph)))).splitlines()[:-1]]


def test_a_product_and_a_sine() -> None:
    graph = tangent(build([V, V], lambda x, z: ops.sin(x) * z), [0])
    assert lines(graph) == [
        "graph(%0 x0: f64[3], %1 x1: f64[3], %2 t_x0: f64[3]) {",
        "%3 = sin(%0) : f64[3]",
        "%4 = cos(%0) : f64[3]",
        "%5 = mul(%2, %4) : f64[3]",
        "%6 = mul(%3, %1) : f64[3]",
        "%7 = mul(%5, %1) : f64[3]",
        "return %6, %7",
    ]


def test_what_does_not_depend_has_zero_tangent_and_costs_nothing() -> None:
    graph = tangent(build([V, V], lambda x, z: [ops.exp(z), x]), [0])
    assert lines(graph)[1:] == [
        "%3 = exp(%1) : f64[3]",
        "%4 = const(value=f64:0.0) : f64[]",
        "%5 = broadcast(%4; shape=(3,)) : f64[3]",
        "return %3, %0, %5, %2",
    ]


def test_outputs_without_a_derivative_have_no_tangent() -> None:
    graph = tangent(build([V], lambda x: [ops.gt(x, 0.0), ops.sum_(x, axes=(0,))]), [0])
    assert [v.dtype.kind for v in graph.outputs] == ["b", "f", "f"]


def test_the_branch_not_taken_gives_no_nan() -> None:
    def function(x: Value) -> Value:
        return ops.where(ops.gt(x, 0.0), ops.sqrt(x), 0.0)

    graph = tangent(build([V], function), [0])
    found = interpret(graph, [np.array([0.0, -1.0, 4.0]), np.ones(3)])[1]
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.25])
    second = tangent(graph, [0])
    found = interpret(second, [np.array([0.0, -1.0, 4.0]), np.ones(3), np.ones(3)])[3]
    np.testing.assert_array_equal(found, [0.0, 0.0, -1 / 32])


def test_ties_share() -> None:
    x = np.array([2.0, 1.0, 2.0])
    t = np.array([1.0, 10.0, 3.0])
    graph = tangent(build([x], lambda x: ops.max_(x, axes=(0,))), [0])
    assert interpret(graph, [x, t])[1] == 2.0


def test_inputs_of_other_dtypes_are_errors() -> None:
    graph = build([np.arange(3)], lambda n: ops.cast(n, dtype=F64))
    with pytest.raises(IRError, match="input x0 has dtype int64 and no derivative"):
        tangent(graph, [0])
