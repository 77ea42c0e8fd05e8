"""Native linear algebra against the reference, several ops in one function."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from derivatives import floats
from matrix_samples import MATRIX_SAMPLES, definite, matrices
from samples import SAMPLES, Sample
from support import agree, graph, native, repeat, schedule

from adjit.codegen.call import NoSolution
from adjit.codegen.workspace import places
from adjit.ir import ops
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.tangent import tangent
from adjit.ir.types import F32

CASES = [sample for sample in SAMPLES if sample.op.name in MATRIX_SAMPLES]
SIDE_BY_SIDE = 24


def together(graphs: Sequence[Graph]) -> Graph:
    """One Graph with the inputs and outputs of all."""
    inputs = []
    outputs: list[Value] = []
    block = Block()
    with block:
        for number, one in enumerate(graphs):
            new = {}
            for value in one.inputs:
                new[value] = block.input(f"x{number}{value.attr('name')}", value.type)
                inputs.append(new[value])
            for value in one.values:
                args = tuple(new[arg] for arg in value.args)
                new[value] = block.add(value.op, args, value.attrs, value.regions)
            outputs += [new[value] for value in one.outputs]
    return block.graph(outputs)


def check(graphs: Sequence[Graph], args: Sequence[Sequence[np.ndarray]]) -> None:
    for at in range(0, len(graphs), SIDE_BY_SIDE):
        part = slice(at, at + SIDE_BY_SIDE)
        agree(together(graphs[part]), [np.asarray(x) for some in args[part] for x in some])


def is_checked(sample: Sample) -> bool:
    """What is in the other triangle of a factor of BLAS or LAPACK is no part of the result."""
    return sample.op.name not in ("potrf",)


def test_every_op() -> None:
    cases = [sample for sample in CASES if is_checked(sample)]
    check([sample.graph for sample in cases], [sample.args for sample in cases])


@pytest.mark.slow
def test_every_op_in_single_precision() -> None:
    singles = [sample.single() for sample in CASES if is_checked(sample)]
    for sample in singles:
        args = [matrix if matrix.dtype != np.float64 else matrix.astype(F32)
                for matrix in sample.args]  # fmt: skip
        found = native(sample.graph)(args)
        assert isinstance(found, tuple)
        raw = sample.op.reference(*args, **dict(sample.graph.values[-1].attrs))
        np.testing.assert_allclose(found[1][0], raw, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("way", ["adjoint", pytest.param("tangent", marks=pytest.mark.slow)])
def test_every_derivative(way: str) -> None:
    rng = np.random.default_rng(0)
    graphs, args = [], []
    for sample in CASES:
        wrt, of = sample.wrt, floats(sample.graph.outputs)
        if not wrt or not of:
            continue
        one = adjoint(sample.graph, wrt, of) if way == "adjoint" else tangent(sample.graph, wrt)
        more = one.inputs[len(sample.args) :]
        graphs.append(one)
        args.append([*sample.args, *[rng.uniform(-1, 1, value.shape) for value in more]])
    check(graphs, args)


# --- memory ---------------------------------------------------------------------------------


def test_parts_of_a_decomposition_are_one_call() -> None:
    def parts(x: Value) -> list[Value]:
        named = {"where": "no result"}
        u, s, vh = (op(x, **named) for op in (ops.svd_left, ops.singular_values, ops.svd_right))
        w, v = (op(x, lower=True, **named) for op in (ops.eigenvalues, ops.eigenvectors))
        y = ops.solve(x, x, trans=False, where="") + ops.solve(x, x, trans=True, where="")
        return [u, s, vh, w, v, y, ops.logdet(x)]

    x = matrices(3, 3)
    planned = agree(graph([x], parts), [x])
    called = [call.value.op.name for call in planned.calls]
    assert sorted(n for n in called if n not in ("triangular_solve", "swap_rows")) == [
        "gesdd",
        "getrf",
        "syevd",
    ]


def test_values_alone_need_no_vectors() -> None:
    x = matrices(4, 3)
    values = graph([x], lambda x: [ops.singular_values(x, where="")])
    (call,) = schedule(values).calls
    assert call.value.attr("job") == "N"


def test_scratch_memory_is_reused() -> None:
    x = matrices(20, 20)

    def chain(x: Value) -> list[Value]:
        for _ in range(4):
            x = ops.eigenvectors(x, lower=True, where="") + x
        return [x]

    planned = agree(graph([x], chain), [x])
    scratch = [call.scratch for call in planned.calls]
    assert len(scratch) == 4
    assert len(set(scratch)) < 4
    size = places(planned.calls[0].value)[1]
    assert all(planned.slots[buffer.number] >= size for buffer in scratch if buffer is not None)
    assert sum(planned.slots) < 3 * size


# --- errors ---------------------------------------------------------------------------------

FAILING: dict[str, tuple[Callable[[Value], Value], np.ndarray]] = {
    "cholesky": (lambda x: ops.cholesky(x, where="wrong"), -np.eye(2)),
    "solve": (lambda x: ops.solve(x, x, trans=False, where="wrong"), np.ones((2, 2))),
    "triangular": (
        lambda x: ops.triangular_solve(x, x, lower=True, trans=False, unit=False, where="wrong"),
        np.zeros((2, 2)),
    ),
    "svd": (lambda x: ops.singular_values(x, where="wrong"), np.full((2, 2), np.nan)),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.parametrize("used", [True, False])
def test_no_solution_ends_the_call(name: str, used: bool) -> None:
    function, bad = FAILING[name]
    batch = np.stack([definite(2, 2), bad, definite(2, 2)])
    program = graph([batch], lambda x: [function(x)] if used else [function(x) * 0.0, x])
    machine = native(program)
    good = definite(3, 2, 2)
    for _ in range(3):
        machine([good])
        with pytest.raises(NoSolution, match=r"^wrong$"):
            machine([batch])
    assert issubclass(NoSolution, np.linalg.LinAlgError)


@pytest.mark.parametrize("name", ["cholesky", "solve", "svd"])
def test_what_is_not_checked_is_nan(name: str) -> None:
    function, bad = FAILING[name]
    batch = np.stack([definite(2, 2), bad])
    made = graph([batch], lambda x: [function(x)])
    value = made.values[-1]
    attrs = {**dict(value.attrs), "where": ""}
    _, (y,) = native(graph([batch], lambda x: [value.op(*[x] * len(value.args), **attrs)]))([batch])
    assert np.all(np.isfinite(y[0]))
    assert not np.all(np.isfinite(y[1]))


def test_an_error_in_a_loop_ends_the_call() -> None:
    x = matrices(3, 3)

    def program(x: Value) -> list[Value]:
        step = lambda i, x: [ops.solve(x - ops.cast(ops.dim(value=i), dtype=x.dtype), x,  # noqa: E731
                                       trans=False, where="wrong")]  # fmt: skip
        return repeat(3, [x], [], step)

    planned = graph([x], program)
    agree(planned, [x])
    with pytest.raises(NoSolution):
        native(planned)([np.ones((3, 3))])


@pytest.mark.parametrize("number", [2.0, np.float64(3.0)])
def test_a_matrix_of_one_number(number: float) -> None:
    """What is reshaped to a matrix stands in no array."""
    x = np.array([1.0, 2.0])

    def program(x: Value) -> list[Value]:
        total = ops.reshape(ops.sum_(x * number, axes=(0,)), shape=(1, 1))
        known = ops.reshape(ops.const(number), shape=(1, 1))
        y = ops.solve(total, known, trans=False, where="wrong")
        return [y, ops.det(total), ops.eigenvectors(known * y, lower=True, where="")]

    agree(graph([x], program), [x])
    with pytest.raises(NoSolution):
        native(graph([x], program))([np.array([1.0, -1.0])])


def test_threads_have_scratch_memory_of_their_own() -> None:
    program = graph([matrices(30, 30)], lambda x: [ops.eigenvalues(x, lower=True, where="")])
    machine = native(program)
    wrong = []

    def work(seed: int) -> None:
        for n in range(20):
            x = matrices(30, 30, seed=100 * seed + n)
            found = machine([x])
            assert isinstance(found, tuple)
            if not np.allclose(found[1][0], np.linalg.eigvalsh(x)):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_pivots_outside_of_the_matrix_are_harmless() -> None:
    x, pivots = matrices(3, 2), np.array([7, -4, 1 << 40])
    program = graph([x, pivots], lambda x, p: [ops.swap_rows(x, p, reverse=False)])
    agree(program, [x, pivots])
