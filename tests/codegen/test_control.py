"""Loops and branches: native code against the reference, in place where it can be."""

from __future__ import annotations

import numpy as np
import pytest
from support import agree, at, either, graph, native, part, put, repeat, schedule, zeros

from adjit.codegen.call import Departure, OutOfBounds
from adjit.ir import ops
from adjit.ir.graph import Block, Graph, Guard
from adjit.ir.interpret import interpret
from adjit.ir.op import OPS
from adjit.ir.text import parse_graph
from adjit.ir.types import BOOL, F32, F64, I64, Affine, ArrayType, Symbol

rng = np.random.default_rng(0)

# --- carried values -------------------------------------------------------------------------


def test_text_with_a_carried_array_and_a_sum_of_symbolic_size() -> None:
    program = parse_graph("""
graph(%0 x: f64[5], %1 c: f64[]) {
  %2 = const(value=i64:4) : i64[]
  %8 = const(value=f64:0.0) : f64[]
  %3 = loop(%2, %0, %8, %1; carried=2, reverse=False, symbol=symbol(i0, 0, 3), test=False) : (f64[5], f64[]) graph(%4 x: f64[5], %14 s: f64[], %5 c: f64[]) {
    %6 = slice(%4; size=(1,), start=(i0,), step=(1,)) : f64[1]
    %7 = mul(%6, %5) : f64[1]
    %9 = update(%4, %7; start=(i0 + 1,), step=(1,)) : f64[5]
    %10 = slice(%9; size=(i0 + 1,), start=(0,), step=(1,)) : f64[i0 + 1]
    %11 = sum(%10; axes=(0,)) : f64[]
    %12 = add(%14, %11) : f64[]
    return %9, %12
  }
  %20 = get(%3; index=0) : f64[5]
  %21 = get(%3; index=1) : f64[]
  return %20, %21
}
""")  # noqa: E501
    planned = agree(program, [rng.normal(size=5), np.asarray(0.5)])
    assert (planned.slots, planned.copies, len(planned.loops)) == ([], 0, 1)
    printed = str(planned)
    assert "loop i0 up to" in printed
    assert "\n  nest (i0 + 1,):\n    sum" in printed


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("trip", [0, 1, 6])
def test_a_recurrence_runs_both_ways(reverse: bool, trip: int) -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, s, y, x):  # type: ignore[no-untyped-def]
            s = s * 0.5 + at(x, i)
            return [s, put(y, s, i)]

        return repeat(trip, [ops.const(1.0), zeros(6)], [x], step, reverse=reverse)

    x = rng.normal(size=6)
    planned = agree(graph([x], build), [x], prepare=False)
    assert (planned.slots, planned.copies) == ([], 0)


def test_the_trip_count_is_computed() -> None:
    def build(x, n):  # type: ignore[no-untyped-def]
        def step(i, y):  # type: ignore[no-untyped-def]
            return [ops.accumulate(y, ops.const(np.ones(1)), start=(i,), step=(1,))]

        return repeat(n - 1, [x], [], step, high=4)

    x = rng.normal(size=5)
    for n in (-3, 0, 1, 4, 6):
        planned = agree(graph([x, np.asarray(n)], build), [x, np.asarray(n)])
    assert planned.copies == 0


@pytest.mark.parametrize("dtype", [F64, F32, I64, BOOL])
def test_carried_scalars_and_arrays_of_every_kind(dtype: np.dtype) -> None:
    def build(x, s):  # type: ignore[no-untyped-def]
        def step(i, x, s):  # type: ignore[no-untyped-def]
            if dtype == BOOL:
                return [ops.logical_or(x, s), ops.logical_not(s)]
            return [x + s, s + s]

        return repeat(3, [x, s], [], step)

    x = np.asarray([0, 1, 0, 1]).astype(dtype)
    planned = agree(graph([x, np.asarray(1, dtype)], build), [x, np.asarray(1, dtype)])
    assert planned.copies == 0


def test_a_while_loop_ends_by_its_test() -> None:
    def build(x, limit):  # type: ignore[no-untyped-def]
        def step(i, x, n, limit):  # type: ignore[no-untyped-def]
            x = x * 1.5
            return [x, n + 1, ops.lt(ops.sum_(x, axes=(0,)), limit)]

        go = ops.lt(ops.sum_(x, axes=(0,)), limit)
        trip = ops.const(1 << 62)
        return repeat(trip, [x, ops.const(0)], [limit], step, go=go)

    x = np.array([1.0, 2.0])
    for limit in (0.0, 4.0, 1e9):
        arrays = [x, np.asarray(limit)]
        assert agree(graph(arrays, build), arrays).copies == 0


# --- in place -------------------------------------------------------------------------------


def test_a_chain_through_nested_loops_and_branches_is_one_buffer() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def outer(i, x):  # type: ignore[no-untyped-def]
            def inner(j, x):  # type: ignore[no-untyped-def]
                v = at(x, i, j) * 0.5 + at(x, i + 1, j)
                return either(
                    ops.lt(v, 0.0), [x, v], lambda x, v: [put(x, v, i + 1, j)], lambda x, v: [x]
                )

            (x,) = repeat(4, [x], [], inner, "j")
            return [put(x, ops.const(1.0), i, 0)]

        return repeat(3, [x], [], outer)

    x = rng.normal(size=(4, 4))
    planned = agree(graph([x], build), [x])
    assert (planned.slots, planned.copies, len(planned.loops)) == ([], 0, 2)


def test_an_elementwise_step_is_in_place() -> None:
    def build(x, c):  # type: ignore[no-untyped-def]
        def step(i, x, y, c):  # type: ignore[no-untyped-def]
            return [ops.sin(x) * c + y, y * 0.5 + x]

        return repeat(5, [x, ops.exp(x)], [c], step)

    arrays = [rng.normal(size=9), rng.normal(size=9)]
    planned = agree(graph(arrays, build), arrays)
    assert (planned.slots, planned.copies, len(planned.nests)) == ([], 0, 2)


def test_a_reduction_of_what_the_step_computes_is_in_its_nest() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, x, s):  # type: ignore[no-untyped-def]
            y = ops.exp(x) * 0.1
            return [y, s + ops.sum_(y, axes=(0,))]

        return repeat(5, [x, ops.const(0.0)], [], step)

    x = rng.normal(size=9)
    planned = agree(graph([x], build), [x])
    assert (planned.slots, planned.copies) == ([], 0)
    assert len(planned.loops[0].body.steps) == 1


def test_a_step_that_reads_its_neighbours_keeps_the_old_version() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, x):  # type: ignore[no-untyped-def]
            new = (part(x, 0, 7) + part(x, 2, 7)) * 0.5
            return [ops.update(x, new, start=(1,), step=(1,))]

        return repeat(6, [x], [], step)

    x = rng.normal(size=9)
    assert agree(graph([x], build), [x]).copies == 0


def test_the_value_before_a_loop_is_still_there_after_it() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        x = ops.exp(x)
        (y,) = repeat(3, [x], [x], lambda i, y, x: [put(y, at(x, 3 - i), i)])
        return [x, y, x + y]

    x = rng.normal(size=4)
    planned = agree(graph([x], build), [x])
    assert planned.copies == 1


def test_the_old_and_the_new_version_of_an_iteration() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, x, y):  # type: ignore[no-untyped-def]
            new = put(x, at(x, i) + 1.0, 0)
            return [new, x + new]

        return repeat(4, [x, x], [], step)

    x = rng.normal(size=4)
    agree(graph([x], build), [x])


def test_views_are_read_inside_and_not_stored() -> None:
    def build(A, x):  # type: ignore[no-untyped-def]
        view = ops.transpose(A, perm=(1, 0))
        flat = ops.reshape(A, shape=(12,))
        ones = ops.broadcast(ops.const(1.0), shape=(4,))
        row = ops.reshape(ops.slice_(A, start=(1, 0), step=(1, 1), size=(1, 4)), shape=(4,))
        positions = ops.iota(size=4, dtype=F64)

        def step(i, y, view, flat, ones, row, positions):  # type: ignore[no-untyped-def]
            column = ops.reshape(
                ops.slice_(view, start=(0, i), step=(1, 1), size=(4, 1)), shape=(4,)
            )
            return [y + column * row + ones * at(flat, i) + positions]

        return repeat(3, [x], [view, flat, ones, row, positions], step)

    arrays = [rng.normal(size=(3, 4)), rng.normal(size=4)]
    planned = agree(graph(arrays, build), arrays)
    assert (planned.slots, planned.copies) == ([], 0)


def test_an_expression_that_a_loop_reads_is_computed_before_it() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        e = ops.reshape(ops.exp(x), shape=(1, 4))

        def step(i, y, e):  # type: ignore[no-untyped-def]
            return [y + ops.sum_(e, axes=(0,))]

        return repeat(3, [zeros(4)], [e], step)

    x = rng.normal(size=4)
    planned = agree(graph([x], build), [x])
    assert "exp" not in [v.op.name for v in planned.loops[0].body.graph.values]


def test_large_products_in_a_loop_go_to_blas() -> None:
    def build(A, x):  # type: ignore[no-untyped-def]
        return repeat(3, [x], [A], lambda i, x, A: [ops.contract(A, x, spec="ik,kj->ij") * 0.1])

    arrays = [rng.normal(size=(32, 32)), rng.normal(size=(32, 32))]
    planned = agree(graph(arrays, build), arrays)
    assert len(planned.calls) == 1
    assert planned.copies == 0


# --- symbolic sizes -------------------------------------------------------------------------


def test_forward_substitution_reads_rows_up_to_the_diagonal() -> None:
    def build(A, b):  # type: ignore[no-untyped-def]
        def step(i, x, A, b):  # type: ignore[no-untyped-def]
            row = ops.slice_(A, start=(i, 0), step=(1, 1), size=(1, i))
            known = ops.contract(ops.reshape(row, shape=(i,)), part(x, 0, i), spec="i,i->")
            return [put(x, (at(b, i) - known) / at(A, i, i), i)]

        return repeat(6, [ops.empty(shape=(6,), dtype=F64)], [A, b], step)

    A = np.tril(rng.uniform(1, 2, size=(6, 6)))
    b = rng.normal(size=6)
    planned = agree(graph([A, b], build), [A, b])
    assert (planned.slots, planned.copies) == ([], 0)
    np.testing.assert_allclose(native(graph([A, b], build))([A, b])[1][0], np.linalg.solve(A, b))


def test_an_inner_range_depends_on_the_outer_index() -> None:
    def build(A):  # type: ignore[no-untyped-def]
        def outer(i, A):  # type: ignore[no-untyped-def]
            def inner(j, A):  # type: ignore[no-untyped-def]
                return [put(A, at(A, j, i) * 2.0, i, j)]

            return repeat(i + 1, [A], [], inner, "j")

        return repeat(5, [A], [], outer)

    A = rng.normal(size=(5, 5))
    planned = agree(graph([A], build), [A])
    assert (planned.slots, planned.copies) == ([], 0)


@pytest.mark.parametrize("name", ["sum", "prod", "max"])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_reductions_of_symbolic_sizes(name: str, axes: tuple) -> None:
    def build(A):  # type: ignore[no-untyped-def]
        def step(i, s, A):  # type: ignore[no-untyped-def]
            block = ops.slice_(A, start=(0, i), step=(1, 1), size=(i + 1, 5 - i))
            y = OPS[name](ops.exp(block), axes=axes)
            y = OPS["sum"](y * y, axes=tuple(range(len(y.shape))))
            return [s + y]

        return repeat(5, [ops.const(0.0)], [A], step)

    A = rng.normal(size=(5, 5))
    agree(graph([A], build), [A])


def test_products_of_symbolic_sizes() -> None:
    def build(A):  # type: ignore[no-untyped-def]
        def step(i, s, A):  # type: ignore[no-untyped-def]
            block = ops.slice_(A, start=(0, 0), step=(1, 1), size=(i, i))
            y = ops.contract(block, block, spec="ij,jk->ik")
            return [s + ops.sum_(ops.contract(y, y, spec="ij,kj->ik"), axes=(0, 1))]

        return repeat(6, [ops.const(0.0)], [A], step)

    A = rng.normal(size=(5, 5))
    agree(graph([A], build), [A])


# --- indices --------------------------------------------------------------------------------


def lookup(where: str) -> Graph:
    def build(x, k):  # type: ignore[no-untyped-def]
        symbol = Symbol("k", 0, 3)

        def step(i, x, k):  # type: ignore[no-untyped-def]
            number = ops.index(k + ops.dim(value=i), symbol=symbol, where=where)
            del number
            return [put(x, at(x, Affine(0, ((symbol, 1),))) + 1.0, i)]

        return repeat(3, [x], [k], step)

    return graph([np.zeros(4), np.asarray(0)], build)


def test_an_index_out_of_bounds_is_an_error_with_its_number() -> None:
    message = "f.py:3: index {} is out of bounds for axis 0 with size 4"
    program = native(lookup(message))
    x = rng.normal(size=4)
    agree(lookup(message), [x, np.asarray(1)])
    for k, wrong in ((2, 4), (-1, -1), (1 << 40, 1 << 40)):
        with pytest.raises(OutOfBounds, match=message.replace("{}", str(wrong))):
            program([x, np.asarray(k)])
    assert issubclass(OutOfBounds, IndexError)


def test_an_index_of_the_whole_function() -> None:
    def build(x, k):  # type: ignore[no-untyped-def]
        symbol = Symbol("k", 0, 5)
        ops.index(k, symbol=symbol, where="f.py:1: {}")
        size = Affine(0, ((symbol, 1),))
        (y,) = repeat(size, [x], [], lambda i, x: [put(x, at(x, size - i) * 2.0, i)])
        return [y, ops.sum_(part(y, 0, size), axes=(0,))]

    x = rng.normal(size=6)
    for k in range(6):
        agree(graph([x, np.asarray(k)], build), [x, np.asarray(k)])
    with pytest.raises(IndexError, match=r"^f.py:1: 6$"):
        native(graph([x, np.asarray(6)], build))([x, np.asarray(6)])


# --- branches -------------------------------------------------------------------------------


@pytest.mark.parametrize("c", [False, True])
def test_branches_with_fresh_arrays_scalars_and_views(c: bool) -> None:
    def build(c, x, y):  # type: ignore[no-untyped-def]
        flipped = ops.slice_(y, start=(3,), step=(-1,), size=(4,))
        return either(
            c,
            [x, flipped],
            lambda x, y: [ops.exp(x), ops.sum_(y, axes=(0,)), ops.const(1.0), y],
            lambda x, y: [y * 2.0, ops.const(3.0), ops.max_(x, axes=(0,)), x],
        )

    arrays = [np.asarray(c), rng.normal(size=4), rng.normal(size=4)]
    agree(graph(arrays, build), arrays)


def test_loops_before_and_after_guards() -> None:
    def path(positive: bool) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, (5,)))
            (y,) = repeat(4, [x], [], lambda i, x: [put(x, at(x, i) * 2.0 + at(x, i + 1), i)])
            total = ops.sum_(y, axes=(0,))
            guards = [Guard(ops.gt(total, 0.0), positive, "f.py:2", "if")]
            z = y * 1.0 if positive else y * -1.0
            (z, s) = repeat(
                5, [z, total], [y], lambda i, z, s, y: [put(z, at(y, 4 - i) + s, i), s * 0.5]
            )
            return block.graph([z, y] if positive else [s, z], guards)

    paths = (path(True), path(False))
    assert len(schedule(*paths).loops) == 3  # the first is shared
    both = native(*paths)
    x = np.arange(5.0) + 1.0
    for sign, number in ((1.0, 0), (-1.0, 1)):
        taken, found = both([sign * x])
        assert taken == number
        for y, wanted in zip(found, interpret(path(sign > 0), [sign * x]), strict=False):
            np.testing.assert_allclose(y, wanted)
    left = native(path(True))([-x])
    assert isinstance(left, Departure)
    assert left.trail == (False,)


def test_an_array_that_an_arm_returns_is_not_overwritten_before_its_guard() -> None:
    def path(positive: bool) -> Graph:
        with Block() as block:
            x = block.input("x", ArrayType(F64, (5,)))
            y = put(x, ops.const(1.0), 0)
            z = put(y, ops.const(2.0), 1)
            total = ops.sum_(z, axes=(0,))
            return block.graph([y], [Guard(ops.gt(total, 0.0), positive, "f.py:2", "if")])

    x = np.array([5.0, 6.0, 7.0, 8.0, 9.0])
    _, (y,) = native(path(True), path(False))([x])
    np.testing.assert_array_equal(y, [1.0, 6.0, 7.0, 8.0, 9.0])
