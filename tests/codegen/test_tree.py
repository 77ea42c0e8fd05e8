"""Decision trees: all paths in one native function."""

from __future__ import annotations

import numpy as np
import pytest
from support import at, native, part, put, repeat

from adjit.codegen.call import Departure, OutOfBounds
from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph, Guard
from adjit.ir.interpret import interpret
from adjit.ir.types import F64, I64, Affine, ArrayType, Symbol


def doubled(times: int) -> Graph:
    """The path of ``while norm(b) < 1000: b = b * 2`` with so many rounds."""
    with Block() as block:
        b = block.input("b", ArrayType(F64, (4,)))
        guards = []
        for round in range(times + 1):
            small = ops.lt(ops.sqrt(ops.sum_(b * b, axes=(0,))), 1000.0)
            guards.append(Guard(small, round < times, "f.py:2", "while"))
            if round < times:
                b = b * 2.0
        return block.graph([b, ops.sum_(b, axes=(0,))], guards)


def test_known_paths_are_one_call_and_an_unknown_one_reports_its_guard() -> None:
    program = native(doubled(2), doubled(0), doubled(1))
    for times, path in ((0, 1), (1, 2), (2, 0)):
        b = np.full(4, 600.0 / 2**times)
        taken, (result, total) = program([b])
        assert taken == path
        np.testing.assert_array_equal(result, b * 2**times)
        assert total == (b * 2**times).sum()
    left = program([np.ones(4)])
    assert left == Departure((True, True, True), "f.py:2", "while")


def test_outputs_of_different_types_on_different_paths() -> None:
    def path(positive: bool) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, (3,)))
            total = ops.sum_(x, axes=(0,))
            outputs = [x * 2.0] if positive else [total, x]
            guard = Guard(ops.gt(total, 0.0), positive, "f.py:1", "if")
            return block.graph(outputs, [guard])

    program = native(path(True), path(False))
    x = np.array([1.0, 2.0, 3.0])
    assert [y.shape for y in program([x])[1]][:1] == [(3,)]
    taken, results = program([-x])
    assert taken == 1
    assert float(results[0]) == -6.0
    np.testing.assert_array_equal(results[1], -x)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint64, np.float64, np.float32])
def test_value_guards_report_the_number(dtype: type) -> None:
    def path(number: int) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(np.dtype(dtype), ()))
            return block.graph([x * x], [Guard(x, dtype(number).item(), "f.py:1", "range")])

    program = native(path(3), path(5))
    assert program([np.array(5, dtype)])[0] == 1
    assert program([np.array(7, dtype)]).trail == (7,)
    if np.dtype(dtype).kind == "i":
        assert program([np.array(-7, dtype)]).trail == (-7,)


def test_paths_that_disagree_before_their_guards_part_are_refused() -> None:
    def path(constant: float) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, ()))
            where = f"f.py:{constant}"
            return block.graph([x], [Guard(ops.gt(x, constant), True, where, "if")])

    with pytest.raises(IRError, match="another point"):
        native(path(1.0), path(2.0))


def test_an_update_before_a_branch_leaves_what_both_arms_read() -> None:
    def path(positive: bool) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, (5,)))
            y = ops.exp(x)
            z = ops.update(
                y, ops.slice_(x, start=(0,), step=(1,), size=(1,)), start=(2,), step=(1,)
            )
            total = ops.sum_(z, axes=(0,))
            guard = Guard(ops.gt(total, 5.0), positive, "f.py:1", "if")
            return block.graph([ops.sum_(y * z, axes=(0,)) if positive else z - y], [guard])

    program = native(path(True), path(False))
    for x in (np.linspace(0, 1, 5), np.linspace(-3, -1, 5)):
        y = np.exp(x)
        z = y.copy()
        z[2] = x[0]
        expected = (y * z).sum() if z.sum() > 5 else z - y
        np.testing.assert_allclose(program([x])[1][0], expected, rtol=1e-14)


def test_a_symbol_that_is_bound_before_a_guard_and_used_behind_it() -> None:
    symbol = Symbol("k", 0, 4)
    k = Affine(0, ((symbol, 1),))

    def path(positive: bool, early: bool) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, (5,)))
            n = block.input("n", ArrayType(I64, ()))
            ops.index(n, symbol=symbol, where="f.py:1: index {}")
            head = part(x, 0, k)
            first = ops.sum_(head, axes=(0,)) if early else ops.sum_(x, axes=(0,))
            guard = Guard(ops.gt(first, 0.0), positive, "f.py:2", "if")
            (y,) = repeat(k, [x], [], lambda i, x: [put(x, at(x, i + 1) * 2.0, i)])
            outputs = [y, ops.sum_(head * head, axes=(0,))] if positive else [put(x, first, k)]
            return block.graph(outputs, [guard])

    x = np.array([1.0, -3.0, 4.0, 5.0, 6.0])
    for early in (True, False):
        program = native(path(True, early), path(False, early))
        for n in range(5):
            arrays = [x, np.asarray(n)]
            taken, found = program(arrays)
            positive = (x[:n] if early else x).sum() > 0
            assert taken == (0 if positive else 1)
            for y, wanted in zip(found, interpret(path(positive, early), arrays), strict=False):
                np.testing.assert_allclose(y, wanted)
        with pytest.raises(OutOfBounds, match=r"^f\.py:1: index 5$"):
            program([x, np.asarray(5)])
