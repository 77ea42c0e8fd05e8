"""The text form: what it looks like, its inverse, its errors. Ops: `test_ops.py`."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph, Guard
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.types import BOOL, DTYPE_NAMES, F64, ArrayType, symbol
from adjit.ir.verify import verify

SCALAR = ArrayType(F64, ())


def round_trip(graph: Graph) -> Graph:
    text = print_graph(graph)
    parsed = verify(parse_graph(text))
    assert print_graph(parsed) == text
    return parsed


def test_the_form() -> None:
    block = Block()
    with block:
        x = block.input("x", ArrayType(F64, (3,)))
        y = ops.sum_(x * 2.0, axes=(0,))
        big = ops.gt(y, 1.0)
    guard = Guard(big, True, "f.py:3", 'x said "yes"')
    assert print_graph(block.graph([y], [guard])) == (
        "graph(%0 x: f64[3]) {\n"
        "  %1 = const(value=f64:2.0) : f64[]\n"
        "  %2 = mul(%0, %1) : f64[3]\n"
        "  %3 = sum(%2; axes=(0,)) : f64[]\n"
        "  %4 = const(value=f64:1.0) : f64[]\n"
        "  %5 = gt(%3, %4) : bool[]\n"
        '  guard %5 == True "f.py:3" "x said \\"yes\\""\n'
        "  return %3\n"
        "}\n"
    )
    round_trip(block.graph([y], [guard]))


@pytest.mark.parametrize("name", DTYPE_NAMES)
@pytest.mark.parametrize("array", [1, [0, 1], [[1], [0]], np.ones((0, 3)), np.ones((3, 0))])
def test_constants_of_every_dtype(name: str, array: object) -> None:
    block = Block()
    with block:
        y = ops.const(np.asarray(array).astype(DTYPE_NAMES[name]))
    (parsed,) = round_trip(block.graph([y])).outputs
    assert parsed.attrs == y.attrs


@pytest.mark.parametrize(
    "number",
    [0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-310, 0.1, 1e300, [-np.inf, np.nan, -0.0]],
)
def test_awkward_numbers(number: object) -> None:
    block = Block()
    with block:
        y = ops.const(number)
    (parsed,) = round_trip(block.graph([y])).outputs
    assert parsed.attrs == y.attrs


@pytest.mark.parametrize("expected", [True, 3, -2, 0.5, -0.0, np.nan, -np.nan, -np.inf])
def test_guards(expected: float) -> None:
    block = Block()
    x = block.input("x", ArrayType(BOOL if expected is True else F64, ()))
    graph = block.graph([], [Guard(x, expected, "dir with space/f.py:3", 'tab\t"quote" \\ é')])
    (guard,) = round_trip(graph).guards
    assert guard.holds(expected)
    assert (guard.where, guard.reason) == (graph.guards[0].where, graph.guards[0].reason)


def test_symbolic_dimensions() -> None:
    n, m = symbol("n"), symbol("m")
    block = Block()
    with block:
        x = block.input("x", ArrayType(F64, (n, 2 * n - m + 3)))
        y = ops.slice_(x, start=(1, n - 2), step=(1, -1), size=(n - 1, m))
        z = ops.broadcast(ops.const(0.0), shape=(n, -1 * m))
    parsed = round_trip(block.graph([y, z]))
    assert [v.type for v in parsed.outputs] == [y.type, z.type]
    assert parsed.outputs[0].attrs == y.attrs


@pytest.mark.parametrize("label", ["x", "params['a b']", "self.w", "x[0]", "a, b"])
def test_labels_of_inputs(label: str) -> None:
    block = Block()
    inputs = [block.input(label, ArrayType(F64, (2, 3))), block.input("y", SCALAR)]
    parsed = round_trip(block.graph(inputs))
    assert [v.attr("name") for v in parsed.inputs] == [label, "y"]


def test_no_inputs_no_outputs() -> None:
    round_trip(Block().graph([]))


HEAD = "graph(%0 x: f64[3]) {\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a graph starts with"),
        ("hello", "a graph starts with"),
        ("graph(%0 x f64[3]) {\n  return\n}", "not an input"),
        ("graph(%0 x: f16[3]) {\n  return\n}", "no dtype is named 'f16'"),
        (HEAD + "  %1 = sine(%0) : f64[3]\n  return %1\n}", r"not an op application: %1 = sine"),
        (HEAD + "  %1 := sin(%0)\n  return %1\n}", "not an op application"),
        (HEAD + "  %1 = sin(%7) : f64[3]\n  return %1\n}", r"%7 is not defined before: %1"),
        (HEAD + "  %1 = sin(%0) : f64[4]\n  return %1\n}", r"gives f64\[3\]: %1"),
        (HEAD + "  %1 = sum(%0; axes=(3,)) : f64[]\n  return %1\n}", "no ascending axes"),
        (HEAD + "  %1 = sum(%0; axes=) : f64[]\n  return %1\n}", "not attributes .*: %1 = sum"),
        (HEAD + "  %1 = sum(%0; axis=0) : f64[]\n  return %1\n}", "'axis': %1 = sum"),
        (HEAD + "  return %0\n", "is missing after: return"),
        (HEAD + "  return %3\n}", r"%3 is not defined before: return"),
        (HEAD, "the graph has no return"),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(IRError, match=message):
        parse_graph(text)
