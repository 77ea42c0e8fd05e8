"""Arrays that change places between iterations, without copies."""

from __future__ import annotations

import numpy as np
import pytest
from support import agree, at, either, graph, part, put, repeat

from adjit.ir import ops
from adjit.ir.graph import Value

rng = np.random.default_rng(0)


def smoothed(x: Value, into: Value) -> Value:
    inner = (part(x, 0, 7) + part(x, 2, 7)) * 0.5
    return ops.update(into, inner, start=(1,), step=(1,))


@pytest.mark.parametrize("trip", [0, 1, 2, 5])
def test_double_buffering_copies_nothing(trip: int) -> None:
    def build(x):  # type: ignore[no-untyped-def]
        return repeat(trip, [x, x * 0.5], [], lambda i, x, y: [smoothed(x, y), x])

    x = rng.normal(size=9)
    planned = agree(graph([x], build), [x], prepare=False)
    assert planned.copies == 0
    assert len(planned.loops[0].body.steps) == 1


@pytest.mark.parametrize("trip", [0, 1, 2, 3, 4])
def test_three_arrays_go_round(trip: int) -> None:
    def build(x, y, z):  # type: ignore[no-untyped-def]
        def step(i, x, y, z):  # type: ignore[no-untyped-def]
            return [y, z, put(x, at(y, i) + at(z, i), i)]

        return repeat(trip, [x, y, z], [], step)

    arrays = [rng.normal(size=5) for _ in range(3)]
    assert agree(graph(arrays, build), arrays, prepare=False).copies == 0


def test_a_whole_new_array_takes_the_place_of_the_old() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, x):  # type: ignore[no-untyped-def]
            return [ops.sin(ops.slice_(x, start=(8,), step=(-1,), size=(9,))) + x]

        return repeat(5, [x], [], step)

    x = rng.normal(size=9)
    planned = agree(graph([x], build), [x])
    assert planned.copies == 0
    assert "turn slot" in str(planned)


def test_powers_by_blas() -> None:
    def build(A, x):  # type: ignore[no-untyped-def]
        return repeat(4, [x], [A], lambda i, x, A: [ops.contract(A, x, spec="ik,kj->ij")])

    arrays = [rng.normal(size=(32, 32)) * 0.1, rng.normal(size=(32, 32))]
    planned = agree(graph(arrays, build), arrays)
    assert (planned.copies, len(planned.calls)) == (0, 1)


def test_turns_in_nested_loops_and_branches() -> None:
    def build(x, y):  # type: ignore[no-untyped-def]
        def outer(k, x, y):  # type: ignore[no-untyped-def]
            def inner(i, x, y):  # type: ignore[no-untyped-def]
                c = ops.gt(at(x, i), 0.0)
                x, y = either(c, [x, y], lambda x, y: [y, x], lambda x, y: [x, y])
                return [smoothed(x, y), x]

            x, y = repeat(3, [x, y], [], inner, "j")
            return [put(y, ops.const(0.25), k), x]

        return repeat(5, [x, y], [], outer)

    arrays = [rng.normal(size=9), rng.normal(size=9)]
    planned = agree(graph(arrays, build), arrays)
    assert planned.copies == 0
    assert len(set(planned.slots)) == 1


def test_one_array_as_two_outputs_is_copied() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        def step(i, x, y, z):  # type: ignore[no-untyped-def]
            new = x + x
            return [new, new, x]

        return repeat(3, [x, x, x], [], step)

    x = rng.normal(size=9)
    agree(graph([x], build), [x], prepare=False)


def test_the_old_version_beside_the_new() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        return repeat(3, [x, x], [], lambda i, x, old: [ops.cos(x) + old, x])

    x = rng.normal(size=9)
    assert agree(graph([x], build), [x]).copies == 0
