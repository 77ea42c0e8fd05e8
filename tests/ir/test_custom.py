"""Ops that link a value to a rule: what the passes make of them, before and after."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.ir.errors import IRError, NoDerivative
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.passes.unlink import unlink
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.verify import verify

REVERSE = """\
graph(%0 x: f64[3]) {
  %1 = exp(%0) : f64[3]
  %2 = custom_vjp(%1, %1, %0; count=1) : f64[3] graph(%3 y: f64[3], %4 g: f64[3]) {
    %5 = mul(%3, %4) : f64[3]
    %6 = add(%5, %5) : f64[3]
    return %6
  }
  return %2
}
"""
FORWARD = """\
graph(%0 x: f64[3]) {
  %1 = exp(%0) : f64[3]
  %2 = custom_jvp(%1, %1, %0; count=1) : f64[3] graph(%3 y: f64[3], %4 t: f64[3]) {
    %5 = mul(%3, %4) : f64[3]
    %6 = add(%5, %5) : f64[3]
    return %6
  }
  return %2
}
"""
X, V = np.array([0.1, -1.0, 2.0]), np.array([1.0, 2.0, 3.0])


def after(graph) -> list[str]:
    """The values of a Graph that no rule of another is."""
    return [line.strip() for line in print_graph(simplify(unlink(graph))).splitlines()[1:-1]]


@pytest.mark.parametrize("text", [REVERSE, FORWARD])
def test_text_and_meaning(text: str) -> None:
    graph = verify(parse_graph(text))
    assert print_graph(graph) == text
    np.testing.assert_array_equal(interpret(graph, [X])[0], np.exp(X))
    assert after(graph) == ["%1 = exp(%0) : f64[3]", "return %1"]


@pytest.mark.parametrize("text", [REVERSE, FORWARD])
def test_adjoint(text: str) -> None:
    derived = verify(adjoint(parse_graph(text), [0], [0]))
    assert after(derived) == [
        "%2 = exp(%0) : f64[3]",
        "%3 = mul(%2, %1) : f64[3]" if text is REVERSE else "%3 = add(%1, %1) : f64[3]",
        "%4 = add(%3, %3) : f64[3]" if text is REVERSE else "%4 = mul(%3, %2) : f64[3]",
        "return %2, %4",
    ]
    np.testing.assert_allclose(interpret(derived, [X, V])[1], 2 * np.exp(X) * V)


def test_tangent() -> None:
    derived = verify(tangent(parse_graph(FORWARD), [0]))
    assert after(derived) == [
        "%2 = exp(%0) : f64[3]",
        "%3 = mul(%2, %1) : f64[3]",
        "%4 = add(%3, %3) : f64[3]",
        "return %2, %4",
    ]
    with pytest.raises(NoDerivative, match="custom_jvp"):
        tangent(parse_graph(REVERSE), [0])


def test_second_order() -> None:
    derived = adjoint(parse_graph(REVERSE), [0], [0])
    again = verify(adjoint(derived, [0], [1]))
    # The rule's y is an ordinary exponential.
    found = interpret(again, [X, V, np.ones(3)])[-1]
    np.testing.assert_allclose(found, 2 * np.exp(X) * V)


def test_a_rule_of_other_types() -> None:
    wrong = REVERSE.replace("%4 g: f64[3]", "%4 g: f64[2]").replace("mul(%3, %4)", "mul(%3, %3)")
    with pytest.raises(IRError, match="the rule takes"):
        parse_graph(wrong)
    wrong = REVERSE.replace("    return %6", "    return %6, %6")
    with pytest.raises(IRError, match="the rule returns"):
        parse_graph(wrong)
