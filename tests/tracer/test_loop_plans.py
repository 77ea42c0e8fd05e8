"""How much was compiled for a loop: recordings, memory, copies, operations."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from adjit import checkpoint, compile_grad, grad, jit
from adjit.codegen.schedule import Schedule
from adjit.tracer.compile import schedule_of
from adjit.tracer.errors import AdjitError


def heat(x, steps):
    x = x.copy()
    for _ in range(steps):
        x[1:-1] = 0.25 * x[:-2] + 0.5 * x[1:-1] + 0.25 * x[2:]
    return np.sum(x * x)


def heat_of(steps):
    def fixed(x):
        x = x.copy()
        for _ in range(steps):
            x[1:-1] = 0.25 * x[:-2] + 0.5 * x[1:-1] + 0.25 * x[2:]
        return np.sum(x * x)

    return fixed


def only_schedule(compiled) -> Schedule:
    (programs,) = compiled.dispatcher.programs.values()
    (program,) = programs
    return schedule_of(program.paths)


def test_memory_of_a_linear_stencil_does_not_grow_with_the_steps() -> None:
    x = np.linspace(0.0, 1.0, 50)
    sizes = set()
    for steps in (10, 1000, 100_000):
        compiled = compile_grad(heat_of(steps))
        compiled(x)
        schedule = only_schedule(compiled)
        sizes.add((tuple(schedule.slots), schedule.tapes))
    assert len(sizes) == 1
    assert schedule.tapes == 0


def test_one_recording_for_all_numbers_of_steps() -> None:
    compiled = compile_grad(heat)
    x = np.linspace(0.0, 1.0, 8)
    for steps in (0, 1, 7, 30, 100_000):
        value, _ = compiled(x, steps)
        if steps < 100:
            np.testing.assert_allclose(value, heat(x, steps), rtol=1e-13)
    assert compiled.recordings == 1
    assert only_schedule(compiled).tapes == 0


def test_one_recording_for_all_inputs_of_a_while_loop() -> None:
    @jit
    def doubled(b):
        while np.linalg.norm(b) < 1000:
            b = b * 2
        return b

    for scale in (1e-9, 1.0, 300.0, 5000.0):
        expected = np.full(3, scale)
        while np.linalg.norm(expected) < 1000:
            expected = expected * 2
        np.testing.assert_array_equal(doubled(np.full(3, scale)), expected)
    assert doubled.recordings == 1


@pytest.mark.parametrize("steps", [10, 10_000_000])
def test_what_is_compiled_does_not_depend_on_the_length(steps: int) -> None:
    def walk(x, n):
        total = 0.0
        for i in range(n):
            total = 0.5 * total + x[i % 4]
        return total

    compiled = compile_grad(walk)
    graph = str(compiled.graph(np.ones(4), steps))
    assert graph.count("\n") < 60


def waves(x, steps):
    x = x.copy()
    for t in range(steps):
        x[1:-1] = np.sin(x[:-2] + 0.5 * x[2:]) + 0.01 * t
    return x


@pytest.mark.parametrize("steps", [5, 36, 1000])
def test_checkpoints_keep_the_square_root_of_the_steps(steps: int) -> None:
    x = np.linspace(0.0, 1.0, 40)
    plain = compile_grad(lambda x: np.sum(waves(x, steps) ** 2))
    spared = compile_grad(lambda x: np.sum(checkpoint(waves)(x, steps) ** 2))
    for found, expected in zip(spared(x), plain(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)
    if steps == 1000:
        assert sum(only_schedule(spared).slots) < sum(only_schedule(plain).slots) / 8


def test_checkpoints_of_a_length_that_is_an_argument_and_of_second_order() -> None:
    x = np.linspace(0.0, 1.0, 10)
    spared = compile_grad(lambda x, n: np.sum(checkpoint(waves)(x, n) ** 2))
    plain = compile_grad(lambda x, n: np.sum(waves(x, n) ** 2))
    for steps in (0, 3, 700):
        np.testing.assert_allclose(spared(x, steps)[1], plain(x, steps)[1], rtol=1e-12)
    assert spared.recordings == 1

    def curved(fun):
        return grad(lambda x: np.sum(x * grad(lambda z: np.sum(fun(z, 50) ** 3))(x)))

    np.testing.assert_allclose(curved(checkpoint(waves))(x), curved(waves)(x), rtol=1e-10)


def test_a_loop_that_a_condition_ends_cannot_be_checkpointed() -> None:
    def halved(x):
        while np.sum(x) > 1.0:
            x = 0.5 * x
        return x

    with pytest.raises(NotImplementedError, match="cannot be checkpointed"):
        compile_grad(lambda x: np.sum(checkpoint(halved)(x)))(np.ones(3))
    np.testing.assert_array_equal(checkpoint(halved)(np.ones(3)), halved(np.ones(3)))


def in_place(A):
    A = A.copy()
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] = np.sqrt(A[i, i] - A[i, :i] @ A[i, :i])
    return A


def relaxed(x):
    x = x.copy()
    for _ in range(20):
        for i in range(1, 9):
            for j in range(1, 9):
                x[i, j] = 0.25 * (x[i - 1, j] + x[i + 1, j] + x[i, j - 1] + x[i, j + 1])
    return x


def swapped(x):
    a, b = x.copy(), x.copy()
    for _ in range(20):
        b[1:-1] = 0.5 * (a[:-2] + a[2:])
        a, b = b, a
    return a


@pytest.mark.parametrize("fun", [in_place, relaxed, swapped], ids=lambda fun: fun.__name__)
def test_in_place_programs_copy_nothing(fun) -> None:
    x = 5.0 * np.eye(10) + np.ones((10, 10))
    compiled = compile_grad(lambda x: np.sum(np.sin(fun(x))))
    compiled(x)
    schedule = only_schedule(compiled)
    assert schedule.copies == 0
    assert len(schedule.loops) >= 2


def test_buffers_that_were_swapped_are_not_used_afterwards() -> None:
    def shifted(x, keep):
        a, b = x.copy(), np.zeros_like(x)
        first, second = a, b
        for _ in range(6):
            b[1:] = a[:-1]
            a, b = b, a
        return np.sum(a) + (np.sum(first) if keep == 1 else np.sum(second) if keep == 2 else 0.0)

    x = np.arange(1.0, 8.0)
    assert jit(shifted)(x, 0) == shifted(x, 0)
    for keep in (1, 2):
        with pytest.raises(AdjitError, match="copy it before the loop"):
            jit(shifted)(x, keep)


def test_a_list_holds_arrays_that_are_written_to_later() -> None:
    def kept(x):
        h = x.copy()
        history = []
        for t in range(6):
            h[0] = 10.0 * t
            h = h + 1.0
            history.append(h)
        return np.sum(np.stack(history) * np.arange(18.0).reshape(6, 3))

    x = np.ones(3)
    assert jit(kept)(x) == kept(x)


def test_the_last_of_a_list_may_be_the_variable_itself() -> None:
    def kept(x, which):
        history = []
        for _ in range(6):
            x = x + 1.0
            history.append(x)
        if which == 1:
            x[0] = 5.0
        if which == 2:
            history[5][0] = 5.0
        return np.sum(history[5]) + np.sum(x)

    assert jit(kept)(np.ones(3), 0) == 42.0
    for which in (1, 2):
        with pytest.raises(AdjitError, match="may or may not show"):
            jit(kept)(np.ones(3), which)


def test_an_unrolled_loop_says_why() -> None:
    table = {k: float(k) for k in range(6)}

    @compile_grad
    def looked_up(x):
        total = 0.0
        for k in range(6):
            total = total + table[k] * x[k]
        return total

    value, g = looked_up(np.ones(6))
    assert value == 15.0
    np.testing.assert_array_equal(g, np.arange(6.0))
    assert "is unrolled:" in looked_up.explain()


def test_a_loop_that_unrolls_too_far_is_an_error_at_once() -> None:
    @compile_grad
    def endless(x):
        total = 0.0
        for k in range(10**6):
            total = total + float(str(k)) * np.sin(x[0])
        return total

    @compile_grad
    def open_ended(x):
        total, k = x[0], 0
        while k < 10**6:
            total = total + float(str(k)) * np.sin(x[0])
            k += 1
        return total

    for compiled in (endless, open_ended):
        line = compiled.fun.__code__.co_firstlineno + 3
        with pytest.raises(AdjitError, match=rf"test_loop_plans.py:{line} is unrolled \("):
            compiled(np.ones(3))


def test_deep_recursion_is_not_needed_for_long_programs() -> None:
    def chained(x):
        y = [x]
        for k in range(300):
            y.append(y[-1] * 1.001 + float(str(k)))
        return np.sum(y[-1])

    limit = sys.getrecursionlimit()
    value, _ = compile_grad(chained)(np.ones(3))
    np.testing.assert_allclose(value, chained(np.ones(3)), rtol=1e-12)
    assert sys.getrecursionlimit() == limit
