"""Loops and branches: text, verification, meaning, simplification, derivatives."""

# ruff: noqa: E501  (one line of text is one Value)

from __future__ import annotations

import numpy as np
import pytest

from adjit.ir.errors import IRError
from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.verify import verify

GEOMETRIC = """
graph(%0 x: f64[5], %1 c: f64[]) {
  %2 = const(value=i64:4) : i64[]
  %3 = const(value=f64:0.0) : f64[]
  %4 = loop(%2, %0, %3, %1; carried=2, reverse=False, symbol=symbol(i0, 0, 3), test=False) : (f64[5], f64[]) graph(%5 x: f64[5], %6 s: f64[], %7 c: f64[]) {
    %8 = slice(%5; size=(1,), start=(i0,), step=(1,)) : f64[1]
    %9 = mul(%8, %7) : f64[1]
    %10 = update(%5, %9; start=(i0 + 1,), step=(1,)) : f64[5]
    %11 = slice(%10; size=(i0 + 1,), start=(0,), step=(1,)) : f64[i0 + 1]
    %12 = sum(%11; axes=(0,)) : f64[]
    %13 = add(%6, %12) : f64[]
    return %10, %13
  }
  %14 = get(%4; index=0) : f64[5]
  %15 = get(%4; index=1) : f64[]
  return %14, %15
}
"""

SMOOTHING = """
graph(%0 x: f64[6], %1 c: f64[]) {
  %2 = const(value=i64:3) : i64[]
  %3 = loop(%2, %0, %1; carried=1, reverse=False, symbol=symbol(i0, 0, 2), test=False) : (f64[6]) graph(%4 x: f64[6], %5 c: f64[]) {
    %6 = slice(%4; size=(4,), start=(0,), step=(1,)) : f64[4]
    %7 = slice(%4; size=(4,), start=(2,), step=(1,)) : f64[4]
    %8 = add(%6, %7) : f64[4]
    %9 = mul(%8, %5) : f64[4]
    %10 = update(%4, %9; start=(1,), step=(1,)) : f64[6]
    return %10
  }
  %11 = get(%3; index=0) : f64[6]
  return %11
}
"""

TRIANGLE = """
graph(%0 A: f64[4, 4]) {
  %1 = const(value=i64:4) : i64[]
  %2 = loop(%1, %0; carried=1, reverse=False, symbol=symbol(i0, 0, 3), test=False) : (f64[4, 4]) graph(%3 A: f64[4, 4]) {
    %4 = dim(value=i0) : i64[]
    %5 = loop(%4, %3; carried=1, reverse=False, symbol=symbol(i1, 0, i0 + -1), test=False) : (f64[4, 4]) graph(%6 A: f64[4, 4]) {
      %7 = slice(%6; size=(1, i1 + 1), start=(i0, 0), step=(1, 1)) : f64[1, i1 + 1]
      %8 = slice(%6; size=(1, i1 + 1), start=(i1, 0), step=(1, 1)) : f64[1, i1 + 1]
      %9 = mul(%7, %8) : f64[1, i1 + 1]
      %10 = sum(%9; axes=(0, 1)) : f64[]
      %11 = sin(%10) : f64[]
      %12 = reshape(%11; shape=(1, 1)) : f64[1, 1]
      %13 = update(%6, %12; start=(i0, i1), step=(1, 1)) : f64[4, 4]
      return %13
    }
    %14 = get(%5; index=0) : f64[4, 4]
    return %14
  }
  %15 = get(%2; index=0) : f64[4, 4]
  return %15
}
"""

GROWTH = """
graph(%0 x: f64[], %1 c: f64[]) {
  %2 = const(value=i64:1000) : i64[]
  %3 = const(value=f64:3.0) : f64[]
  %4 = lt(%0, %3) : bool[]
  %5 = loop(%2, %4, %0, %1; carried=1, reverse=False, symbol=symbol(i0, 0, None), test=True) : (f64[]) graph(%6 x: f64[], %7 c: f64[]) {
    %8 = const(value=f64:1.0) : f64[]
    %9 = lt(%6, %8) : bool[]
    %10 = cond(%9, %6, %7) : (f64[]) graph(%11 x: f64[], %12 c: f64[]) {
      %13 = mul(%11, %12) : f64[]
      %14 = sin(%13) : f64[]
      %15 = add(%14, %12) : f64[]
      return %15
    } graph(%16 x: f64[], %17 c: f64[]) {
      %18 = mul(%16, %16) : f64[]
      %19 = add(%18, %17) : f64[]
      return %19
    }
    %20 = get(%10; index=0) : f64[]
    %21 = const(value=f64:3.0) : f64[]
    %22 = lt(%20, %21) : bool[]
    return %20, %22
  }
  %23 = get(%5; index=0) : f64[]
  return %23
}
""".replace("    } graph(", "    }\n    graph(")

PROGRAMS = {
    "geometric": (GEOMETRIC, [np.linspace(0.5, 1.5, 5), np.float64(0.9)]),
    "smoothing": (SMOOTHING, [np.linspace(-1.0, 1.0, 6) ** 2, np.float64(0.4)]),
    "triangle": (TRIANGLE, [np.linspace(0.1, 1.0, 16).reshape(4, 4)]),
    "growth": (GROWTH, [np.float64(0.3), np.float64(0.7)]),
}

each_program = pytest.mark.parametrize("name", PROGRAMS)


def load(name: str) -> tuple[Graph, list[np.ndarray]]:
    text, args = PROGRAMS[name]
    return verify(parse_graph(text)), args


def move(graph: Graph, args: list, direction: list, wrt: int) -> list[np.ndarray]:
    """Central differences of the outputs, extrapolated, along a direction of the inputs."""

    def central(h: float) -> list[np.ndarray]:
        ends = []
        for sign in (1, -1):
            moved = [x + sign * h * d for x, d in zip(args[:wrt], direction, strict=True)]
            ends.append(interpret(graph, [*moved, *args[wrt:]]))
        return [(a - b) / (2 * h) for a, b in zip(*ends, strict=True)]

    coarse, fine = central(2e-3), central(1e-3)
    return [(4 * b - a) / 3 for a, b in zip(coarse, fine, strict=True)]


@each_program
def test_text_round_trip(name: str) -> None:
    graph, _ = load(name)
    text = print_graph(graph)
    assert print_graph(verify(parse_graph(text))) == text


@each_program
def test_simplification_keeps_the_meaning(name: str) -> None:
    graph, args = load(name)
    for x, y in zip(interpret(graph, args), interpret(simplify(graph), args), strict=True):
        np.testing.assert_array_equal(x, y)


@each_program
def test_first_derivatives(name: str) -> None:
    graph, args = load(name)
    rng = np.random.default_rng(0)
    outputs = interpret(graph, args)
    seeds = [rng.normal(size=np.shape(y)) for y in outputs]
    direction = [rng.normal(size=np.shape(x)) for x in args]
    expected = sum(
        np.sum(g * dy) for g, dy in zip(seeds, move(graph, args, direction, len(args)), strict=True)
    )
    reverse = verify(adjoint(graph, range(len(args)), range(len(outputs))))
    forward = verify(tangent(graph, range(len(args))))
    for found in (reverse, verify(simplify(reverse))):
        gradients = interpret(found, [*args, *seeds])[len(outputs) :]
        moved = sum(np.sum(g * d) for g, d in zip(gradients, direction, strict=True))
        np.testing.assert_allclose(moved, expected, rtol=1e-7)
    for found in (forward, verify(simplify(forward))):
        tangents = interpret(found, [*args, *direction])[len(outputs) :]
        moved = sum(np.sum(g * t) for g, t in zip(seeds, tangents, strict=True))
        np.testing.assert_allclose(moved, expected, rtol=1e-7)


@each_program
def test_second_derivatives(name: str) -> None:
    graph, args = load(name)
    rng = np.random.default_rng(1)
    count, wrt = len(graph.outputs), len(args)
    seeds = [rng.normal(size=np.shape(y)) for y in interpret(graph, args)]
    direction = [rng.normal(size=np.shape(x)) for x in args]
    first = simplify(adjoint(graph, range(wrt), range(count)))
    expected = move(first, [*args, *seeds], direction, wrt)[count:]
    forward = verify(simplify(tangent(first, range(wrt))))
    found = interpret(forward, [*args, *seeds, *direction])[count + wrt :][count:]
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-8)
    again = verify(simplify(adjoint(first, range(wrt), range(count, count + wrt))))
    found = interpret(again, [*args, *seeds, *direction])[count + wrt :]
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-8)


def names(graph: Graph) -> list[str]:
    return [value.op.name for value in graph.values]


def test_a_linear_body_keeps_nothing() -> None:
    graph, _ = load("smoothing")
    found = simplify(adjoint(graph, [0], [0]))
    assert "empty" not in names(found)


def test_what_was_overwritten_is_kept_and_not_what_was_read() -> None:
    graph, _ = load("triangle")
    found = simplify(adjoint(graph, [0], [0]))
    tapes = [value.shape for value in found.values if value.op.name == "empty"]
    assert all(np.prod(shape) <= 4 * 3 for shape in tapes)


def test_a_loop_of_unknown_length_has_tapes_without_a_size() -> None:
    graph, _ = load("growth")
    found = simplify(adjoint(graph, [0, 1], [0]))
    assert {value.shape[0] for value in found.values if value.op.name == "empty"} == {1 << 62}


def test_unused_results_and_constant_arguments_are_pruned() -> None:
    graph, args = load("geometric")
    found = simplify(Graph(graph.inputs, graph.values, graph.outputs[:1]))
    (loop,) = [value for value in found.values if value.op.name == "loop"]
    assert loop.attr("carried") == 1
    assert len(loop.args) == 3  # the trip count, x and c
    np.testing.assert_array_equal(interpret(found, args)[0], interpret(graph, args)[0])


def test_a_loop_without_iterations_is_what_it_starts_from() -> None:
    graph = parse_graph(SMOOTHING.replace("i64:3", "i64:0"))
    assert simplify(graph).outputs == (graph.inputs[0],)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return %10, %13", "return %13, %10", "a region returns"),
        ("%8 = slice(%5;", "%8 = slice(%0;", "before its definition"),
        ("size=(i0 + 1,), start=(0,)", "size=(i7 + 1,), start=(0,)", "gives f64"),
        ("loop(%2, %0, %3, %1;", "loop(%2, %0, %3;", "a region takes"),
    ],
)
def test_malformed_loops(old: str, new: str, message: str) -> None:
    with pytest.raises(IRError, match=message):
        verify(parse_graph(GEOMETRIC.replace(old, new)))


def test_an_index_out_of_bounds_is_an_error() -> None:
    graph = parse_graph("""
    graph(%0 x: f64[3], %1 n: i64[]) {
      %2 = index(%1; symbol=symbol(k, 0, 2), where='f.py:1: index {} is out') : i64[]
      %3 = slice(%0; size=(1,), start=(k,), step=(1,)) : f64[1]
      return %3
    }
    """)
    np.testing.assert_array_equal(interpret(graph, [np.arange(3.0), 2])[0], [2.0])
    with pytest.raises(IndexError, match="index 3 is out"):
        interpret(graph, [np.arange(3.0), 3])
