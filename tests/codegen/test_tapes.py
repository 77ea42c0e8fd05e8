"""Memory that grows at run time."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from support import graph, native, repeat, schedule

from adjit.codegen.native import Native
from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Graph, Value
from adjit.ir.ops.control import UNBOUNDED
from adjit.ir.types import F64, Affine, Dim, Symbol


def position(n: Value) -> Dim:
    symbol = Symbol("p")
    ops.index(n, symbol=symbol, where="")
    return Affine(0, ((symbol, 1),))


def recorded(nested: bool = False, bounds: str = "") -> Graph:
    """``while sum(x) < limit: push x; x = 1.01 x``, then a walk back over what was pushed."""

    def build(x, limit):  # type: ignore[no-untyped-def]
        def push(i, x, tape, n, limit):  # type: ignore[no-untyped-def]
            p = position(n)
            row = ops.reshape(x, shape=(1, 3))
            tape = ops.update(tape, row, start=(p, 0), step=(1, 1))
            if bounds:
                ops.index(n, symbol=Symbol("q", 0, 40), where=bounds)
                x = x + ops.cast(ops.dim(value=Affine(0, ((Symbol("q", 0, 40), 1),))), dtype=F64)
            x = x * 1.01
            return [x, tape, n + 1, ops.lt(ops.sum_(x, axes=(0,)), limit)]

        def pop(i, total, n, tape):  # type: ignore[no-untyped-def]
            p = position(n - 1)
            row = ops.slice_(tape, start=(p, 0), step=(1, 1), size=(1, 3))
            return [total * 0.5 + ops.reshape(row, shape=(3,)), n - 1]

        def both(k, x, total, limit):  # type: ignore[no-untyped-def]
            tape = ops.empty(shape=(UNBOUNDED, 3), dtype=F64)
            go = ops.lt(ops.sum_(x, axes=(0,)), limit)
            state = [x, tape, ops.const(0)]
            y, tape, n = repeat(ops.const(UNBOUNDED), state, [limit], push, go=go)
            total, _ = repeat(n, [total, n], [tape], pop, "j", reverse=True)
            return [y, total] if nested else [y, total, n]

        total = ops.zeros(x.type)
        if not nested:
            return both(0, x, total, limit)
        return repeat(3, [x, total], [limit], lambda k, x, t, m: both(k, x, t, m * 2.0), "k")

    return graph([np.ones(3), np.asarray(0.0)], build)


def expected(x: np.ndarray, limit: float) -> list[np.ndarray]:
    rows = []
    while x.sum() < limit:
        rows.append(x)
        x = x * 1.01
    total = np.zeros(3)
    for row in reversed(rows):
        total = total * 0.5 + row
    return [x, total, np.asarray(len(rows))]


def call(program: Native, limit: float) -> list[np.ndarray]:
    return program([np.array([1.0, 2.0, 3.0]), np.asarray(limit)])[1]


def test_a_tape_grows_and_is_read_backwards() -> None:
    planned = schedule(recorded())
    assert (planned.tapes, planned.copies) == (1, 0)
    program = native(recorded())
    for limit in (0.0, 6.05, 8.0, 1e3, 1e9):
        for y, wanted in zip(
            call(program, limit), expected(np.array([1.0, 2.0, 3.0]), limit), strict=True
        ):
            np.testing.assert_allclose(y, wanted, rtol=1e-12)


def test_a_tape_in_a_loop_is_written_again_from_the_start() -> None:
    program = native(recorded(nested=True))
    x, total = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    for _ in range(3):
        rows = []
        while x.sum() < 200.0:
            rows.append(x)
            x = x * 1.01
        for row in reversed(rows):
            total = total * 0.5 + row
    for y, wanted in zip(call(program, 100.0), [x, total], strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-12)


def test_a_tape_is_freed_however_a_call_ends() -> None:
    complete, failing = native(recorded()), native(recorded(bounds="line: {}"))

    def run() -> None:
        call(complete, 1e100)
        with pytest.raises(IndexError, match="line: 41"):
            call(failing, 1e100)

    for _ in range(20):
        run()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):  # 0.5 MB each
        run()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_tape_is_never_copied() -> None:
    def build(x):  # type: ignore[no-untyped-def]
        tape = ops.empty(shape=(UNBOUNDED,), dtype=F64)

        def step(i, tape, other, x):  # type: ignore[no-untyped-def]
            return [ops.update(tape, x, start=(i,), step=(1,)), tape]

        tape, other = repeat(3, [tape, tape], [x], step)
        return [ops.slice_(v, start=(0,), step=(1,), size=(1,)) for v in (tape, other)]

    with pytest.raises(IRError, match="loop that a condition ends"):
        native(graph([np.ones(1)], build))
