"""How much is compiled: loop nests, buffers, copies, library calls."""

from __future__ import annotations

import numpy as np
from support import graph, native, schedule

from adjit.ir import ops
from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.types import ArrayType

rng = np.random.default_rng(0)
VECTOR = rng.normal(size=50)


def gradient(program: Graph, *wrt: int) -> Graph:
    return simplify(adjoint(simplify(program), wrt, [0], unit=True))


def check(program: Graph, arrays: list[np.ndarray]) -> None:
    copies = [x.copy() for x in arrays]
    _, found = native(program)(arrays)
    for y, expected in zip(found, interpret(program, copies), strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14)
    for x, before in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(x, before)


def test_sum_of_w_tanh_with_gradient_is_one_nest() -> None:
    arrays = [rng.normal(size=50) for _ in range(4)]
    program = graph(arrays, lambda w, a, x, b: [ops.sum_(w * ops.tanh(a * x + b), axes=(0,))])
    derived = gradient(program, 0, 1, 3)
    planned = schedule(derived)
    assert len(planned.nests) == 1
    assert planned.slots == []
    assert planned.copies == 0
    assert sum(value.op.name == "tanh" for value in planned.program.values) == 1
    check(derived, arrays)


def test_softmax_cross_entropy_reads_in_three_passes() -> None:
    x = rng.normal(size=(7, 5))

    def build(v):  # type: ignore[no-untyped-def]
        top = ops.max_(v, axes=(1,))
        shifted = v - ops.reshape(top, shape=(7, 1))
        total = ops.log(ops.sum_(ops.exp(shifted), axes=(1,)))
        return [ops.sum_(total + top, axes=(0,))]

    derived = gradient(graph([x], build), 0)
    check(derived, [x])


def test_matrix_vector_least_squares() -> None:
    X, w, y = rng.normal(size=(20, 6)), rng.normal(size=6), rng.normal(size=20)

    def build(w, X, y):  # type: ignore[no-untyped-def]
        r = ops.contract(X, w, spec="ab,b->a") - y
        return [ops.sum_(r * r, axes=(0,))]

    derived = gradient(graph([w, X, y], build), 0)
    planned = schedule(derived)
    assert planned.calls == []
    assert len(planned.nests) == 3  # the product, the residual with its sum, the gradient
    check(derived, [w, X, y])


def test_large_products_go_to_blas() -> None:
    A, B = rng.normal(size=(64, 32)), rng.normal(size=(32, 48))
    program = graph(
        [A, B], lambda a, b: [ops.sum_(ops.tanh(ops.contract(a, b, spec="ik,kj->ij")), axes=(0, 1))]
    )
    derived = gradient(program, 0, 1)
    assert len(schedule(derived).calls) == 3
    check(derived, [A, B])


def test_update_of_a_fresh_array_is_in_place() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        y = ops.zeros(ArrayType(x.dtype, (50,)))
        y = ops.update(y, ops.slice_(x, start=(0,), step=(1,), size=(25,)), start=(0,), step=(2,))
        y = ops.update(y, ops.slice_(x, start=(25,), step=(1,), size=(25,)), start=(1,), step=(2,))
        return [y]

    program = graph([VECTOR], build)
    planned = schedule(program)
    assert planned.slots == []  # written where the result is wanted
    assert planned.copies == 0
    check(program, [VECTOR])


def test_update_copies_where_the_old_version_is_still_read() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        y = ops.exp(x)
        z = ops.update(y, ops.slice_(x, start=(0,), step=(1,), size=(1,)), start=(3,), step=(1,))
        return [ops.sum_(z, axes=(0,)), y, z]

    check(graph([VECTOR], build), [VECTOR])


def test_update_from_its_own_array_reads_before_it_writes() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        y = ops.exp(x)
        for _ in range(3):  # y[1:] = y[:-1]
            left = ops.slice_(y, start=(0,), step=(1,), size=(49,))
            y = ops.update(y, left * 0.5, start=(1,), step=(1,))
        return [ops.sum_(y * y, axes=(0,))]

    program = graph([VECTOR], build)
    assert schedule(program).copies == 0
    check(program, [VECTOR])
    check(gradient(program, 0), [VECTOR])


def test_an_input_is_never_written() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        return [ops.update(x, ops.zeros(ArrayType(x.dtype, (1,))), start=(2,), step=(1,))]

    check(graph([VECTOR], build), [VECTOR])


def test_expensive_values_are_not_computed_twice() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        e = ops.exp(x)
        total = ops.sum_(e, axes=(0,))
        return [e / total]

    planned = schedule(graph([VECTOR], build))
    stored = [s for nest in planned.nests for s in nest.stores if s.value.op.name == "exp"]
    assert len(stored) == 1
    check(graph([VECTOR], build), [VECTOR])


def test_an_output_twice_and_an_input_as_output() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        y = ops.sin(x)
        return [y, y, x, ops.reshape(y, shape=(5, 10)), ops.const(np.arange(3.0))]

    check(graph([VECTOR], build), [VECTOR])


def test_slots_are_shared_by_values_that_do_not_live_together() -> None:
    A = rng.normal(size=(40, 40))

    def build(a):  # type: ignore[no-untyped-def]
        for _ in range(6):
            a = ops.contract(a, a, spec="ik,kj->ij") * 0.01
        return [a]

    planned = schedule(graph([A], build))
    assert len(planned.slots) <= 3
    check(graph([A], build), [A])


def test_steps_of_a_stencil_and_their_adjoint_copy_nothing() -> None:
    def build(u):  # type: ignore[no-untyped-def]
        u = u * 1.0 + 0.0
        for _ in range(4):  # u[1:-1] += 0.1 * (u[2:] - 2 u[1:-1] + u[:-2])
            left, middle, right = (
                ops.slice_(u, start=(at,), step=(1,), size=(48,)) for at in (0, 1, 2)
            )
            stepped = middle + 0.1 * (right - 2.0 * middle + left)
            u = ops.update(u, stepped, start=(1,), step=(1,))
        return [ops.sum_(u * u, axes=(0,))]

    derived = gradient(graph([VECTOR], build), 0)
    assert schedule(derived).copies == 0
    check(derived, [VECTOR])
