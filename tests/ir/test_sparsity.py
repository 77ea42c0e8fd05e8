"""`sparsity`: its sets are never too small, and small where it matters."""

from __future__ import annotations

import numpy as np
import pytest
from derivatives import build, floats
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import graphs
from samples import SAMPLES, Sample
from sparsity_checks import check_contains, dense

from adjit.ir import ops
from adjit.ir.errors import NoDerivative
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.ops.control import loop
from adjit.ir.passes import index_sets
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.index_sets import EMPTY, FULL, IndexSets
from adjit.ir.passes.sparsity import Fact, sparsity
from adjit.ir.passes.tangent import tangent
from adjit.ir.types import F64, I64, ArrayType, Symbol

Program = tuple[Graph, list[np.ndarray]]
ACTIVE = [sample for sample in SAMPLES if sample.wrt and floats(sample.graph.outputs)]


@pytest.mark.parametrize("sample", ACTIVE, ids=repr)
def test_every_op(sample: Sample) -> None:
    check_contains(sample.graph, sample.wrt, sample.args)
    for n in sample.wrt:
        check_contains(sample.graph, [n], sample.args, assume=True)


@pytest.mark.parametrize("sample", ACTIVE, ids=repr)
def test_every_gradient(sample: Sample) -> None:
    try:
        gradient = adjoint(sample.graph, sample.wrt, [0], unit=True)
        tangent(gradient, sample.wrt)
    except NoDerivative:
        pytest.skip("has no second derivative")
    if sum(np.size(sample.args[n]) for n in sample.wrt) < 20:
        check_contains(gradient, sample.wrt, sample.args)


def check_program(program: Program, seed: int) -> None:
    graph, args = program
    wrt = floats(graph.inputs)
    check_contains(graph, wrt, args)
    rng = np.random.default_rng(seed)
    thin = [x * (rng.random(x.shape) < 0.5) for x in args]
    thin[0] = args[0]
    check_contains(graph, wrt[:1], thin, assume=True)
    gradient = adjoint(graph, wrt[:1], floats(graph.outputs)[:1], unit=True)
    check_contains(gradient, wrt[:1], thin, assume=True)


@given(graphs(), st.integers(0, 99))
def test_programs(program: Program, seed: int) -> None:
    check_program(program, seed)


@pytest.mark.slow
@settings(max_examples=300)
@given(graphs(), st.integers(0, 99))
def test_programs_at_length(program: Program, seed: int) -> None:
    check_program(program, seed)


# --- how small they are -------------------------------------------------------------------------


def pattern(graph: Graph, assume: dict[int, Fact] | None = None) -> list[list[int]]:
    found = sparsity(graph, [0], assume or {})
    return dense(found, 0).astype(int).tolist()


def test_moves_and_unions() -> None:
    x = np.ones(3)

    def chain(x: Value) -> Value:
        return ops.slice_(x, start=(1,), step=(1,), size=(2,)) * ops.slice_(
            x, start=(0,), step=(1,), size=(2,)
        )

    assert pattern(build([x], chain)) == [[1, 1, 0], [0, 1, 1]]
    assert pattern(build([x], lambda x: ops.floor(x) + ops.stop_gradient(x))) == [[0] * 3] * 3
    assert pattern(build([x], lambda x: ops.sum_(x, axes=(0,)))) == [[1, 1, 1]]
    flipped = build([x], lambda x: ops.slice_(x, start=(2,), step=(-1,), size=(3,)))
    assert pattern(flipped) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_zeros_let_nothing_through() -> None:
    x, z = np.ones(3), np.array([0.0, 2.0, 0.0])
    known = {1: Fact(zero=z == 0)}
    graph = build([x, z], lambda x, z: x * z)
    assert pattern(graph) == np.eye(3).tolist()
    assert pattern(graph, known) == np.diag([0, 1, 0]).tolist()
    assert sparsity(graph, [0], known).assumed == (1,)
    assert sparsity(build([x, z], lambda x, z: x + z), [0], known).assumed == ()
    matrix = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    product = build([x, matrix], lambda x, z: ops.contract(z, x, spec="ab,b->a"))
    assert pattern(product) == [[1, 1, 1]] * 2
    assert pattern(product, {1: Fact(zero=matrix == 0)}) == matrix.tolist()


def walk(by: str) -> Graph:
    """``for i in range(3): y[i] = x[i]``, or ``x[k[i]]``."""
    block = Block()
    symbol, read = Symbol("i", 0, 2), Symbol("j", 0, 2)
    with block:
        x, k = block.input("x", ArrayType(F64, (3,))), block.input("k", ArrayType(I64, (3,)))
        with Block() as inside:
            y, z, n = (inside.input(name, v.type) for name, v in (("y", x), ("x", x), ("n", k)))
            if by == "k":
                part = ops.slice_(n, start=(symbol.dim,), step=(1,), size=(1,))
                ops.index(ops.reshape(part, shape=()), symbol=read, where="line 1")
            start = (read if by == "k" else symbol).dim
            element = ops.slice_(z, start=(start,), step=(1,), size=(1,))
            body = inside.graph([ops.update(y, element, start=(symbol.dim,), step=(1,))])
        zeros = ops.broadcast(ops.const(0.0), shape=(3,))
        (y,) = loop(ops.const(3, I64), None, [zeros], [x, k], body, symbol)
    return block.graph([y])


def test_loops_run_with_what_is_known() -> None:
    eye, full = np.eye(3, dtype=int).tolist(), np.ones((3, 3), int).tolist()
    assert pattern(walk("i")) == eye
    assert pattern(walk("k")) == full
    known = {1: Fact(number=np.array([2, 0, 1]))}
    assert pattern(walk("k"), known) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert sparsity(walk("k"), [0], known).assumed == (1,)
    assert sparsity(walk("i"), [0], known).assumed == ()


def test_sets() -> None:
    sets = IndexSets(4)
    a, b, c, d = sets.singles().tolist()
    ab = sets.union([a, b])
    assert sets[ab].tolist() == [0, 1]
    assert sets.union([b, a, EMPTY]) == ab
    assert sets.union([ab, c, d]) == FULL == sets.union([ab, FULL])
    assert sets.union([]) == EMPTY
    assert sets.pairwise([np.array([a, b]), np.array([[b], [EMPTY]])]).tolist() == [[ab, b], [a, b]]
    groups = sets.grouped(np.array([2, 0, 2, 0]), np.array([a, c, b, c]), 3)
    assert groups.tolist() == [c, EMPTY, ab]
    assert IndexSets(0).union(IndexSets(0).singles()) == EMPTY


def test_too_many_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_sets, "LIMIT", 10)
    sets = IndexSets(5)
    singles = sets.singles()
    pairs = sets.pairwise([singles, np.roll(singles, 1)])
    assert [len(sets[n]) for n in pairs.tolist()] == [2, 2, 5, 5, 5]


def test_large_groups_are_united_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = IndexSets(30)
    monkeypatch.setattr(index_sets, "_CHUNK", 7)
    found = IndexSets(30)
    rng = np.random.default_rng(0)
    groups, ids = np.sort(rng.integers(0, 9, 40)), rng.integers(0, 30, 40)
    for sets in (wanted, found):
        y = sets.grouped(groups, sets.singles()[ids], 9)
        assert [set(sets[n].tolist()) for n in y.tolist()] == [
            set(ids[groups == g].tolist()) for g in range(9)
        ]
