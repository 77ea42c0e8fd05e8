"""Arrays that loops write to: never another number than NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from adjit import compile_grad, jit

from .looping import X, Y, either, rolled, same

# --- arrays that are written to -----------------------------------------------------------------


def test_elements_and_slices_that_are_written_in_place():
    def f(x, y):
        A, b = y.copy(), np.zeros(8)
        for i in range(5):
            A[i, :i] += x[:i]
            A[i, i:] *= 0.5
            A[-1 - i, 1] = b[i] + x[-i]
            b[i::2] += 0.1 * A[i, 0]
            b[i + 1 :] *= 0.9
            b[7 - i] = x[i] * b[i]
            A[:, i] = A[::-1, i] * 0.7
        return A, b

    rolled(f, (X, Y), (-X, Y + 1))


def test_views_of_rows_that_are_written_in_place():
    def f(y):
        A = y * 2
        for i in range(6):
            row = A[i]
            row[1:] *= 0.9
            row += A[5 - i, 0]
            row[:3][::-1][0] = 0.1
        return A

    rolled(f, (Y,), (-Y,))


def test_a_view_from_before_the_loop_is_written_in_it():
    def f(y):
        A = y * 2
        row, column = A[0], A[:, 1]
        for i in range(6):
            row[i % 5] += A[i, 0]
            column[i] = row.sum() * 0.1
            A[i] *= 0.5
        return A, row, column * 2

    rolled(f, (Y,), (-Y,))


def test_two_names_of_one_array():
    def f(x):
        a = x * 2
        b = a
        for i in range(8):
            a[i] += b[i - 1]
            b[7 - i] *= 0.5
        return a * 2, b, a * b

    rolled(f, (X,), (-X,))


def test_an_argument_that_is_written_in_place():
    def f(x):
        for i in range(1, 8):
            x[i] += 0.5 * x[i - 1]
        x *= 2
        return x * x

    rolled(f, (X,), (-X,))


def test_an_array_that_the_loop_makes():
    def f(x):
        s = np.zeros(5)
        for v in x:
            part = np.zeros(5)
            for j in range(5):
                part[j] = v * j + s[4 - j]
            s = np.tanh(part)
        return s, part

    rolled(f, (X,), (-X,), count=2)


def test_a_rebound_array_keeps_the_original():
    def f(x):
        a = x
        for _ in range(6):
            a = a * 0.5 + x
            a = np.sin(a)
        return a, x

    rolled(f, (X,), (-X,))


def test_buffers_that_are_swapped():
    def f(x):
        a, b = x.copy(), np.zeros(8)
        for _ in range(7):
            for i in range(1, 7):
                b[i] = 0.5 * (a[i - 1] + a[i + 1])
            a, b = b, a
        return a, b

    rolled(f, (X,), (-X,), count=2)


@pytest.mark.parametrize("turns", [5, 6])
def test_swapped_buffers_whose_originals_are_used_afterwards(turns):
    def f(x):
        first, second = x.copy(), x * 2
        a, b = first, second
        for i in range(turns):
            b[i] = a[i] * 0.5 + a[i + 1]
            a, b = b, a
        return first, second, a * b

    either(f, (X,), (-X,))


def test_a_name_that_is_an_array_or_a_view_of_it():
    def f(x):
        base = x * 2
        a = base
        for i in range(6):
            a[i] += 0.5
            a = base[::-1] if i == 2 else a
            a[0] *= 0.9
        return base, a

    either(f, (X,), (-X,))


def test_an_array_that_is_rebound_after_a_write():
    def f(x):
        base = x * 2
        a = base
        for i in range(6):
            a[i] += 0.5
            a = a * 0.9
        return a, base

    either(f, (X,), (-X,))


def test_an_array_that_is_rebound_before_a_write():
    def f(x):
        base = x * 2
        a = base
        for i in range(6):
            a = a * 0.9
            a[i] += 0.5
        return a, base

    either(f, (X,), (-X,))


def test_a_branch_that_rebinds_an_array_that_is_written_to():
    def f(x):
        a, b = x * 2, x * 3
        c = a
        for i in range(6):
            if x[i] > 0:
                c = b
            c[i] += 0.5
        return a, b, c

    either(f, (X,), (-X,), (np.abs(X),))


def test_a_slot_and_a_name_of_one_array():
    def f(x):
        a = x * 2
        table = {"a": a, "b": x * 3}
        for i in range(6):
            table["a"][i] += 0.5 * a[i + 1]
            a[i + 1] *= 0.9
            table["b"] = table["b"] * 0.5 + a
        return a, table["a"], table["b"]

    rolled(f, (X,), (-X,))


def test_swapped_slots():
    def f(x):
        pair = [x * 2, np.zeros(8)]
        for i in range(6):
            pair[1][:] = pair[0] * 0.5
            pair[1][i] += x[i]
            pair[0], pair[1] = pair[1], pair[0]
        return pair[0], pair[1]

    either(f, (X,), (-X,))


def test_the_last_row_after_the_loop_is_a_view():
    def f(y):
        A = y * 2
        for i in range(6):
            row = A[i]
            row *= 0.5
        row[0] = 7.0
        return A

    either(f, (Y,))


def test_the_row_that_is_iterated_over_is_a_view():
    def f(y):
        A = y * 2
        for row in A:
            row[1] = row[0] * 0.5
            row *= 0.9
        return A

    rolled(f, (Y,), (-Y,))


def test_the_array_that_is_iterated_over_changes():
    def f(x):
        a, s = x * 2, 0.0
        for i, v in enumerate(a):
            s = s + v
            a[7 - i] = s * 0.1
        return s, a

    rolled(f, (X,), (-X,))


# --- errors -------------------------------------------------------------------------------------


def test_an_index_that_is_known_to_be_outside():
    def f(x):
        s = 0.0
        for i in range(9):
            s = s + x[i]
        return s

    with pytest.raises(IndexError, match=r"test_loops_arrays\.py:\d+.*(8|out of bounds)"):
        jit(f)(X)
    with pytest.raises(IndexError):
        compile_grad(f)(X)


def test_an_index_that_is_outside_for_some_arguments():
    def f(x, n):
        s = 0.0
        for i in range(n):
            s = s + x[i] * x[-i]
        return s

    compiled, slopes = jit(f), compile_grad(f)
    for n in (8, 9, 5, 10, 8):
        if n <= 8:
            same(compiled(X, n), f(X, n))
            same(slopes(X, n)[0], f(X, n))
            continue
        with pytest.raises(IndexError, match=r"arrays\.py:\d+: index 8 is out of bounds"):
            compiled(X, n)
        with pytest.raises(IndexError, match=r"index 8 is out of bounds for axis 0 with size 8"):
            slopes(X, n)
    assert compiled.recordings == 1


def test_a_data_dependent_write_outside():
    def f(x):
        b = np.zeros(5)
        for v in x:
            b[int(4 * abs(v) + 1)] += v
        return b

    rolled(f, (X * 0.5,), (-0.4 * X,))
    with pytest.raises(IndexError, match="out of bounds"):
        jit(f)(np.full(8, 1.5))


def test_shapes_that_do_not_fit():
    def f(x, y):
        s = np.zeros(5)
        for i in range(6):
            s = s + y[i] + x[:i]
        return s

    with pytest.raises(ValueError, match="broadcast"):
        jit(f)(X, Y)
