"""Paths: how many recordings and native calls a program needs."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from adjit import compile_grad, jit

rng = np.random.default_rng(0)


def test_an_if_is_two_paths_of_one_native_function():
    @compile_grad
    def f(x):
        if x.sum() > 0:
            return np.sum(x * x)
        return np.sum(-x)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(f(x)[1], 2 * x)
    assert (f.recordings, f.native_calls) == (1, 1)
    np.testing.assert_array_equal(f(-x)[1], [-1, -1])
    assert (f.recordings, f.native_calls) == (2, 3)  # one call left the tree
    for sign in (1, -1, 1, -1):
        f(sign * x)
    assert (f.recordings, f.native_calls) == (2, 7)
    text = f.explain()
    assert "2 paths in one function" in text
    assert "test_paths.py" in text


def test_a_while_loop_is_one_path_for_all_trip_counts():
    @compile_grad
    def f(b):
        while np.linalg.norm(b) < 1000:
            b = b * 2
        return b.sum() if b.sum() > 0 else 100 * b.sum()

    for scale in (300.0, 20.0, 1.0, -1.0, 20.0, 300.0):
        b = np.full(3, scale)
        value, g = f(b)
        factor = 1
        while np.linalg.norm(b * factor) < 1000:
            factor *= 2
        expected = factor if scale > 0 else 100 * factor
        np.testing.assert_array_equal(g, np.full(3, float(expected)))
        assert value == expected * b.sum()
    assert f.recordings == 2  # for the sign


def test_piecewise_power():
    @compile_grad
    def f(x):
        if x.item() < 0.75:
            k = math.floor(1 / (1 - x.item()))
            return x ** (k + 1)
        return 0.0

    for x in (0.1, 0.3, 0.49):
        assert f(np.array(x))[1] == pytest.approx(2 * x)
    for x in (0.51, 0.6, 0.66):
        assert f(np.array(x))[1] == pytest.approx(3 * x**2)
    assert f(np.array(0.7))[1] == pytest.approx(4 * 0.7**3)
    assert f(np.array(0.8))[0] == 0
    assert f(np.array(0.8))[1] == 0
    assert f.recordings == 2


def test_new_dtype_rank_and_size_record_again_and_say_why():
    f = compile_grad(lambda x: np.sum(np.sin(x)))
    for x in (np.ones(3), np.ones(4), np.ones((2, 2)), np.ones(3, np.float32), np.ones(3)):
        f(x)
    assert f.recordings == 4
    text = f.explain()
    for reason in ("first call", "shape (4,) instead of (3,)", "rank 2 instead of 1", "float32"):
        assert reason in text


def test_ints_are_dynamic_until_their_value_is_needed():
    @jit
    def scaled(x, n):
        return x * n + n

    @jit
    def repeated(x, n):
        for _ in range(n):
            x = x * 2
        return x

    for n in (1, 2, 3, -5):
        np.testing.assert_array_equal(scaled(np.ones(2), n), np.ones(2) * n + n)
    assert scaled.recordings == 1
    for n in (1, 2, 3, 2, 1):
        np.testing.assert_array_equal(repeated(np.ones(2), n), np.ones(2) * 2**n)
    assert repeated.recordings == 1


def test_bools_strings_and_none_are_static():
    @jit
    def f(x, flag, name, extra=None):
        y = x + 1 if flag else x - 1
        return y * 2 if name == "twice" else y if extra is None else y + extra

    x = np.zeros(2)
    assert f(x, True, "twice")[0] == 2
    assert f(x, False, "twice")[0] == -2
    assert f(x, True, "once")[0] == 1
    assert f(x, True, "once", np.ones(2))[0] == 2
    assert f.recordings == 4


SCALE = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
NESTED = {"weights": [np.ones(3), np.ones(3)], "power": 2}


def test_captured_arrays_are_read_and_captured_scalars_guarded():
    global SCALE, TABLE
    f = compile_grad(lambda x: np.sum(x * TABLE) * SCALE)
    x = np.ones(3)
    assert f(x)[0] == 12
    TABLE[0] = 10.0
    assert f(x)[0] == 30
    TABLE = np.array([0.0, 0.0, 1.0])
    assert f(x)[0] == 2
    assert f.recordings == 1
    SCALE = 5.0
    assert f(x)[0] == 5
    assert f.recordings == 2
    SCALE, TABLE = 2.0, np.array([1.0, 2.0, 3.0])
    assert f(x)[0] == 12
    assert f.recordings == 2


def test_captured_containers_and_closures():
    factor = np.array([2.0, 2.0, 2.0])

    @jit
    def f(x):
        for w in NESTED["weights"]:
            x = x + w * factor
        return x ** NESTED["power"]

    np.testing.assert_array_equal(f(np.zeros(3)), [16, 16, 16])
    NESTED["weights"][0] = np.zeros(3)
    np.testing.assert_array_equal(f(np.zeros(3)), [4, 4, 4])
    factor = np.array([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(f(np.zeros(3)), [1, 1, 1])
    assert f.recordings == 1
    NESTED["weights"][0] = np.ones(3)


def helper(x):
    if x[0] > 0:
        return np.zeros(3) + x
    return x


def test_helpers_are_recorded_along():
    f = jit(lambda x: helper(x) * math.sqrt(4) + max(x[0], 1.0))
    np.testing.assert_array_equal(f(np.ones(3)), [3, 3, 3])
    np.testing.assert_array_equal(f(-np.ones(3)), [-1, -1, -1])
    assert f.recordings == 3 or f.recordings == 2


def test_guards_that_rounding_decides():
    # The interpreter and native code may sum in another order; native code has the last word.
    @compile_grad
    def f(x):
        if np.sum(x) > 0:
            return np.sum(x)
        return -np.sum(x)

    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=1001)
        x -= x.mean()
        value, g = f(x)
        assert abs(value) < 1e-10
        assert abs(g[0]) == 1
    assert f.recordings <= 2


def test_four_threads_first_call_included():
    @compile_grad
    def f(x):
        if x[0] > 0:
            return np.sum(np.sin(x) * x)
        return np.sum(x**2 * np.cos(x))

    xs = [np.random.default_rng(seed).normal(size=100) for seed in range(40)]
    found: dict[int, tuple] = {}
    barrier = threading.Barrier(4)

    def work(part: int) -> None:
        barrier.wait()
        for n in range(part, 40, 4):
            found[n] = f(xs[n])

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    for n, x in enumerate(xs):
        g = np.sin(x) + x * np.cos(x) if x[0] > 0 else 2 * x * np.cos(x) - x**2 * np.sin(x)
        np.testing.assert_allclose(found[n][1], g, rtol=1e-12, atol=1e-14)
    assert f.recordings == 2


def test_too_many_paths_name_the_line():
    @jit
    def f(x, n):
        return x if n == int(n) and [0] * n is not None else -x

    def call_often():
        for n in range(300):
            f(np.ones(1), n)

    with pytest.raises(ValueError, match=r"test_paths\.py"):
        call_often()
