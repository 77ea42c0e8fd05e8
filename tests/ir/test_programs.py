"""Random programs: tangent, adjoint, differences, simplify and text agree."""

from __future__ import annotations

import numpy as np
import pytest
from derivatives import check_first, check_second, floats, run
from hypothesis import given, settings
from programs import graphs, same_bits

from adjit.ir.graph import Graph
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.verify import verify

Program = tuple[Graph, list[np.ndarray]]
# Long chains lose digits that a single op keeps.
LOOSE = 1e-5


def check_simplify(program: Program) -> None:
    graph, args = program
    derived = adjoint(graph, floats(graph.inputs), floats(graph.outputs), unit=True)
    for before in (graph, derived):
        after = verify(simplify(before))
        for expected, found in zip(run(before, args), run(after, args), strict=True):
            scale = np.max(np.abs(expected), initial=0.0)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11 * scale)


def check_bits(program: Program) -> None:
    graph, args = program
    derived = adjoint(graph, floats(graph.inputs), floats(graph.outputs), unit=True)
    for before in (graph, derived):
        after = verify(simplify(before))
        for expected, found in zip(run(before, args), run(after, args), strict=True):
            assert same_bits(expected, found), f"{before}\n{after}\n{expected}\n{found}"


@given(graphs())
def test_first_derivatives(program: Program) -> None:
    check_first(*program, tolerance=LOOSE)


@given(graphs(largest=8))
def test_second_derivatives(program: Program) -> None:
    check_second(*program, tolerance=LOOSE)


@given(graphs())
def test_simplify_agrees(program: Program) -> None:
    check_simplify(program)


@settings(max_examples=150)
@given(graphs(exact=True))
def test_simplify_never_changes_a_bit(program: Program) -> None:
    check_bits(program)


@given(graphs())
def test_text_round_trip(program: Program) -> None:
    text = print_graph(verify(program[0]))
    assert print_graph(verify(parse_graph(text))) == text


@pytest.mark.slow
@settings(max_examples=1500)
@given(graphs())
def test_first_derivatives_at_length(program: Program) -> None:
    check_first(*program, tolerance=LOOSE)


@pytest.mark.slow
@settings(max_examples=800)
@given(graphs())
def test_second_derivatives_at_length(program: Program) -> None:
    check_second(*program, tolerance=LOOSE)


@pytest.mark.slow
@settings(max_examples=3000)
@given(graphs(exact=True))
def test_simplify_never_changes_a_bit_at_length(program: Program) -> None:
    check_bits(program)


@pytest.mark.slow
@settings(max_examples=1000)
@given(graphs())
def test_simplify_agrees_at_length(program: Program) -> None:
    check_simplify(program)
