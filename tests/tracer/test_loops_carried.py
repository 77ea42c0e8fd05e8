"""What loops carry: numbers, containers, arrays that are rebound; where loops stand."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from adjit import grad, jit, jvp, value_and_grad
from adjit.tracer.errors import AdjitError

from .looping import X, Y, check, loops, reasons, rng, rolled, same, total, unrolled

TABLE = rng.uniform(-1, 1, (7, 8))


# --- what is carried ----------------------------------------------------------------------------


def test_numbers_that_widen():
    def f(x):
        s, count, flag, last = 0, 0, False, None
        for i, v in enumerate(x):
            s = s + v
            count += 2
            flag = flag or i > 3
            last = v
        return s, count, s if flag else 0.0, last

    check(f, (X,))


def test_an_int_that_becomes_a_float_after_the_first_iteration():
    def f(x):
        s = 1
        for v in x:
            s = s * v if s > 0.5 else s + v
        return s

    check(f, (X,), (-X,), (X + 1,))


def test_a_number_that_becomes_an_array():
    def f(y):
        s = 0
        for row in y:
            s = s + row * row
        return s

    rolled(f, (Y,))


def test_an_array_that_grows_is_unrolled():
    def f(x):
        found = x[:1]
        for i in range(6):
            found = np.concatenate([found, x[i : i + 1] * 2])
        return found

    unrolled(f, (X,), why="found is float64")


def test_integers_stay_integers():
    def f(x, n):
        k, big, odd = 3, np.int64(2), np.zeros(8, int)
        for i in range(n):
            k = (k * 5 + i) % 8
            big = big * 3 + k
            odd[k] += k
        return x * k, k, big, odd

    rolled(f, (X, 8), (X, 5))


def test_a_python_int_that_outgrows_64_bits_is_no_wrong_number():
    def f(n):
        k = 3
        for _ in range(n):
            k = k * k
        return k

    compiled = jit(f)
    assert compiled(3) == 3**8
    with pytest.raises((AdjitError, OverflowError)):
        compiled(7)


def test_float32_stays_float32():
    def f(x):
        s, A = np.float32(0.0), np.zeros((8, 8), np.float32)
        for i in range(8):
            s = s + x[i] * 0.5
            A[i, :i] = s * x[:i]
        return A, s

    x = X.astype(np.float32)
    rolled(f, (x,))
    g = grad(lambda x: total(f(x)))(x)
    assert g.dtype == np.float32
    wanted = grad(lambda x: total(f(x)))(x.astype(float))
    np.testing.assert_allclose(g, wanted, rtol=1e-4, atol=1e-5)


def test_a_float64_among_float32_widens():
    def f(x):
        s = x[0]
        for i in range(8):
            s = s * np.float64(0.7) + x[i]
        return s

    check(f, (X.astype(np.float32),))


def test_tuples_dicts_lists_and_attributes_of_fixed_structure():
    class Box:
        total: Any

    def f(x):
        pair, table, items, box = (x[0], x[1]), {"a": x[2], "b": 0.0}, [x * 0.5, 1.0], Box()
        box.total = 0.0
        for v in x:
            pair = (pair[1], pair[0] * v)
            table["b"] = table["a"] * 0.5 + v
            table["a"] += 0.1 * table["b"]
            items[0] = np.sin(items[0]) * v
            items[1] *= 0.9
            box.total = box.total * 0.5 + v
        return pair, table["a"], table["b"], items[0] * items[1], box.total

    rolled(f, (X,), (-X,))


def test_a_list_that_grows():
    def f(x):
        found = []
        for v in x:
            found.append(v * v)
        return sum(found[1:], found[0] * 2)

    assert check(f, (X,), (-X,)).recordings == 1


def test_a_list_that_grows_in_a_loop_of_unknown_length_is_unrolled():
    def f(x, n):
        found = []
        for i in range(n):
            found.append(x[i] * x[i])
        return sum(found[1:], found[0] * 2)

    unrolled(f, (X, 7), (X, 5), why="grows in a loop of unknown length")


def test_keys_made_of_the_index_are_unrolled():
    def f(x):
        found = {}
        for i in range(8):
            found[i] = x[i] * i
        return found[3] * found[5] + len(found)

    unrolled(f, (X,), why="")


def test_a_list_that_is_indexed_by_the_loop_is_unrolled():
    def f(x):
        parts = [x * i for i in range(6)]
        s = 0.0
        for i in range(6):
            s = s + np.sin(parts[i])
        return s

    unrolled(f, (X,), why="")


def test_an_attribute_that_counts():
    class Counter:
        count = 0

    def f(x):
        counter = Counter()
        for v in x:
            if v > 0:
                counter.count += 1
        return x * counter.count

    check(f, (X,), (-X,), (np.abs(X),))


# --- where loops stand --------------------------------------------------------------------------


def test_loops_in_helpers_methods_and_nested_functions():
    def decayed(x, rate):
        s = 0.0
        for v in x:
            s = rate * s + v
        return s

    class Model:
        def __init__(self, rate: float) -> None:
            self.rate = rate

        def run(self, x: Any) -> Any:
            s = x[0]
            for i in range(1, 8):
                s = s * self.rate + decayed(x[i:], 0.5)
            return s

    def f(x):
        k = 0.3

        def inner(z):
            nonlocal k
            for v in z:
                k = k * 0.5 + v * z.sum()
            return k

        return inner(x) + Model(0.7).run(x) + decayed(x, 0.9)

    check(f, (X,), (-X,))


def test_a_loop_over_a_captured_array():
    def f(x):
        s = x * 0.0
        for i, row in enumerate(TABLE):
            s = np.sin(s) + row * x * i
        return s

    compiled = rolled(f, (X,), (-X,))
    TABLE[2] += 1.0
    same(compiled(X), f(X))
    assert compiled.recordings == 1


def test_gradients_taken_inside_a_loop():
    def energy(q, k):
        return np.sum(np.cos(q) * k) + q[0] * q[1] * k

    def f(x):
        q, p = x, x * 0.0
        for i in range(6):
            value, slope = value_and_grad(energy)(q, 0.5 + 0.1 * i)
            p = p - 0.1 * slope * value
            q = q + 0.1 * p
        return q, p

    def by_hand(x):
        q, p = x, x * 0.0
        for i in range(6):
            k = 0.5 + 0.1 * i
            slope = -np.sin(q) * k
            slope[0] += q[1] * k
            slope[1] += q[0] * k
            p = p - 0.1 * slope * energy(q, k)
            q = q + 0.1 * p
        return q, p

    compiled = jit(f)
    same(compiled(X), by_hand(X))
    assert reasons(compiled) == []
    assert loops(compiled) == 1
    same(grad(lambda x: total(f(x)))(X), grad(lambda x: total(by_hand(x)))(X))


def test_the_gradient_of_a_loop_inside_a_loop():
    def inner(z):
        s = 0.0
        for v in z:
            s = np.sin(s) * 0.5 + v * v
        return s

    def f(x):
        for _ in range(5):
            x = x - 0.1 * grad(inner)(x)
        return x

    def by_hand(x):
        for _ in range(5):
            g, d = np.zeros(8), 1.0
            states = [0.0]
            for v in x:
                states.append(np.sin(states[-1]) * 0.5 + v * v)
            for i in range(7, -1, -1):
                g[i] = 2 * x[i] * d
                d = d * 0.5 * np.cos(states[i])
            x = x - 0.1 * g
        return x

    compiled = jit(f)
    same(compiled(X), by_hand(X))
    assert reasons(compiled) == []
    v = rng.uniform(-1, 1, 8)
    step = 1e-4
    _, found = jvp(f, (X,), (v,))
    wanted = (by_hand(X + step * v) - by_hand(X - step * v)) / (2 * step)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_second_derivatives_of_a_loop():
    def f(x, n):
        s, b = 0.0, np.zeros(8)
        for i in range(n):
            b[i] = s * x[i]
            s = np.sin(s) + x[i] ** 2 + b[i - 1]
        return s * b.sum()

    v = rng.uniform(-1, 1, 8)
    first = grad(f)
    for n in (8, 5):
        _, found = jvp(functools.partial(first, n=n), (X,), (v,))
        step = 1e-4
        wanted = (first(X + step * v, n) - first(X - step * v, n)) / (2 * step)
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
