"""Python loops that are recorded once: what they run over, and how they end."""

from __future__ import annotations

import numpy as np
import pytest

from adjit import compile_grad

from .looping import X, Y, check, rolled

# --- what is iterated over ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "step"),
    [(0, 8, 1), (2, 8, 1), (7, -1, -1), (0, 10, 2), (9, -1, -2), (-1, -7, -1), (1, 14, 3)],
)
def test_range(first, last, step):
    def f(x):
        s = 0.0
        for i in range(first, last, step):
            s = 0.5 * s + x[i % 8] * i
        return s

    rolled(f, (X,), (-X,))


def test_elements_and_rows():
    def f(y):
        s, total = 0.0, np.zeros(5)
        for row in y:
            total = 0.5 * total + np.sin(row)
            for element in row:
                s = 0.7 * s + element * s + 0.1
        return total * s

    rolled(f, (Y,), (2 * Y,), count=2)


def test_zip_enumerate_and_reversed():
    def f(x, y):
        s = 0.0
        for a, row in zip(x[:6], y, strict=True):
            s = 0.5 * s + a * row.sum()
        for i, a in enumerate(x, 2):
            s = s + i * a * s * 0.01
        for a in reversed(x):
            s = np.sin(s) + a
        for i in reversed(range(6)):
            s = s * 0.5 + x[i] * i
        for i, (a, b) in enumerate(zip(x, x[::-1], strict=True)):
            s = s * 0.5 + a * b * i
        return s

    rolled(f, (X, Y), (X[::-1].copy(), -Y), count=5)


def test_zip_ends_with_the_shortest():
    def f(x, y):
        s = 0.0
        for i, a, row in zip(range(20), x, y, strict=False):
            s = 0.5 * s + a * row[i % 5]
        return s, i

    check(f, (X, Y), (-X, Y))


def test_bounds_that_depend_on_outer_indices():
    def f(x):
        A = np.zeros((8, 8))
        for i in range(8):
            for j in range(i):
                A[i, j] = x[i] * x[j] + A[j, i]
            for j in range(i, 8):
                A[i, j] = np.sin(x[j] - i)
            for j in range(7, i, -1):
                A[j, i] += 0.1 * A[i, j]
        return A

    rolled(f, (X,), (X + 1,), count=4)


def test_a_range_of_recorded_bounds_backwards():
    def f(x, n):
        s = 0.0
        for i in reversed(range(1, n, 2)):
            s = 0.5 * s + x[i]
        for i in reversed(range(n)):
            s = 0.5 * s + x[i]
        return s

    rolled(f, (X, 8), (X, 5), count=2)


# --- trip counts --------------------------------------------------------------------------------


def test_few_iterations_are_unrolled():
    def f(x):
        for _ in range(4):
            x = np.sin(x)
        return x

    rolled(f, (X,), count=0)


def test_a_trip_count_that_is_an_argument():
    def f(x, n):
        s = x * 0.0
        for i in range(n):
            s = 0.9 * s + np.sin(x * i)
        return s

    rolled(f, (X, 6), (X, 1), (X, 0), (X, -3), (X, 50))


def test_the_index_after_a_loop_is_the_last():
    def f(x, n):
        s = 0.0
        for i in range(n):
            s = s + x[i]
            last = x[i] * s
        return s + i, last, i

    rolled(f, (X, 8), (X, 5), (X, 1))


def test_zero_iterations_leave_all_as_it_was():
    def f(x, n):
        s, b, i = 1.5, np.ones(8), 9
        for i in range(n):
            s = s + x[i]
            b[i] = s
        return b * s, i

    rolled(f, (X, 0), (X, 3), (X, 0), (X, 8))


def test_a_while_loop_is_one_recording_for_all_inputs():
    def f(b):
        while np.linalg.norm(b) < 1000:
            b = b * 2
        return b.sum() if b.sum() > 0 else 100 * b.sum()

    compiled = compile_grad(f)
    for scale in (300.0, 20.0, 1.0, 2000.0):
        b = np.full(3, scale)
        factor = 1
        while np.linalg.norm(b * factor) < 1000:
            factor *= 2
        value, g = compiled(b)
        assert value == factor * b.sum()
        np.testing.assert_array_equal(g, np.full(3, float(factor)))
    assert compiled.recordings == 1
    np.testing.assert_array_equal(compiled(np.full(3, -20.0))[1], np.full(3, 3200.0))
    assert compiled.recordings == 2


def test_a_while_loop_with_a_counter():
    def f(x, n):
        k, s = 0, 0.0
        while k < n and s < 1.5:
            s = s + x[k] ** 2
            k += 1
        return s, k

    rolled(f, (X, 8), (X, 3), (X * 4, 8), (X, 0), recordings=2)  # a guard: is there a round?


# --- branches and jumps -------------------------------------------------------------------------


def test_branches_on_data_and_indices():
    def f(x):
        s = 0.0
        for i in range(8):
            if x[i] > 0.3:
                s = s + x[i] ** 2
            elif i % 2 == 0:
                s = s * 0.5 - x[i]
            else:
                s = np.sin(s)
            s = s + (0.1 * i if x[i] < 0 and s > 0 else x[i])
        return s

    rolled(f, (X,), (-X,), (X[::-1].copy(),))


def test_break_and_continue():
    def f(x):
        s, n = 0.0, 0
        for v in x:
            if v < -0.4:
                continue
            s = s + v * v
            n += 1
            if s > 1.0:
                break
        return s, n

    rolled(f, (X,), (-X,), (X * 0.1,), (np.full(8, 0.9),))


def test_early_return_from_a_helper():
    def first_above(x, limit):
        s = 0.0
        for v in x:
            s = s + v * v
            if s > limit:
                return s * 2
        return -s

    def f(x):
        return first_above(x, 0.7) + first_above(x[::-1], 100.0)

    rolled(f, (X,), (-X,), (0.1 * X,), count=2, recordings=2)  # a path per way out


def test_break_out_of_an_inner_loop():
    def f(y):
        s = 0.0
        for i in range(6):
            for j in range(5):
                if y[i, j] > 0.5:
                    break
                s = s + y[i, j] * (i + 1)
            s = 0.9 * s
        return s

    rolled(f, (Y,), (-Y,), (0.1 * Y,), count=2)


def test_loop_else():
    def f(x):
        s = 0.0
        for v in x:
            s = s + v
            if s > 1.0:
                break
        else:
            s = s * 3
        return s

    check(f, (X,), (np.full(8, 0.9),), (-X,))


def test_loops_after_branches_outside_are_one_per_path():
    def f(x):
        scale = 2.0 if x[0] > 0 else 0.5
        s = 0.0
        for v in x:
            s = s + scale * v * v
        return s

    rolled(f, (np.abs(X),), (-np.abs(X),), (np.abs(X) * 2,), recordings=2)
