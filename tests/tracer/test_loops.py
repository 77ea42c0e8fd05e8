"""Python loops: which are recorded once, and that all of them mean what they mean in NumPy."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, grad, jit, jvp, value_and_grad
from adjit.ir.graph import Graph, Value
from adjit.tracer.errors import AdjitError
from adjit.tracer.record import Recording

rng = np.random.default_rng(3)
X = rng.uniform(-1, 1, 8)
Y = rng.uniform(-1, 1, (6, 5))
TABLE = rng.uniform(-1, 1, (7, 8))


# --- how a function was recorded ----------------------------------------------------------------


def values(graph: Graph) -> Iterator[Value]:
    for value in graph.values:
        yield value
        for region in value.regions:
            yield from values(region)


def recorded(function: Any) -> list[Recording]:
    programs = [p for found in function.dispatcher.programs.values() for p in found]
    return [path.recording for program in programs for path in program.paths]


def loops(function: Any) -> int:
    """Loops in the first recording of a function."""
    return sum(value.op.name == "loop" for value in values(recorded(function)[0].graph))


def reasons(function: Any) -> list[str]:
    """Why loops were unrolled, in all recordings of a function."""
    return [reason for recording in recorded(function) for _, reason in recording.unrolled]


def plain(fun: Callable, args: tuple) -> Any:
    return fun(*[np.array(x) if isinstance(x, np.ndarray) else x for x in args])


def same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, tuple | list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            same(one, other)
        return
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert np.shape(found) == np.shape(wanted)
    tolerance = 1e-5 if np.asarray(wanted).dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def total(result: Any) -> Any:
    """A number that every part of a result has a share in."""
    if isinstance(result, tuple | list):
        parts = [total(part) for part in result]
        return sum(parts[1:], parts[0])
    return np.sum(result * np.cos(result))


def slope(fun: Callable, args: tuple, v: np.ndarray) -> float:
    """The derivative of the total by the first argument along ``v``."""

    def central(step: float) -> float:
        ends = [total(plain(fun, (args[0] + h * v, *args[1:]))) for h in (step, -step)]
        return float(ends[0] - ends[1]) / (2 * step)

    return (4 * central(1e-4) - central(2e-4)) / 3


def check(fun: Callable, *calls: tuple) -> Any:
    """One compiled function gives NumPy's values and right derivatives for all arguments."""
    compiled = jit(fun)
    slopes = compile_grad(lambda *args: total(fun(*args)))
    for args in calls:
        before = [np.array(x) for x in args]
        same(compiled(*args), plain(fun, args))
        for one, other in zip(args, before, strict=True):
            np.testing.assert_array_equal(one, other)
        if np.asarray(args[0]).dtype != np.float64:
            continue
        v = rng.uniform(-1, 1, np.shape(args[0]))
        wanted = slope(fun, args, v)
        assert np.sum(slopes(*args)[1] * v) == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    return compiled


def rolled(fun: Callable, *calls: tuple, count: int = 1, recordings: int = 1) -> Any:
    """As ``check``; so many loops are recorded once, and nothing is unrolled."""
    compiled = check(fun, *calls)
    assert reasons(compiled) == []
    assert loops(compiled) == count
    assert compiled.recordings == recordings
    return compiled


def unrolled(fun: Callable, *calls: tuple, why: str) -> None:
    """As ``check``; a loop is unrolled for a reason that mentions ``why``."""
    compiled = check(fun, *calls)
    assert loops(compiled) == 0
    assert any(why in reason for reason in reasons(compiled)), reasons(compiled)


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


def test_a_list_that_grows_is_unrolled():
    def f(x):
        found = []
        for v in x:
            found.append(v * v)
        return sum(found[1:], found[0] * 2)

    unrolled(f, (X,), why="more or fewer items")


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


def either(fun: Callable, *calls: tuple) -> None:
    """As ``check``, or a refusal of the first call: never another number than NumPy's."""
    try:
        jit(fun)(*calls[0])
    except AdjitError:
        return
    check(fun, *calls)


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

    with pytest.raises(IndexError, match=r"test_loops\.py:\d+.*(8|out of bounds)"):
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
        with pytest.raises(IndexError, match=r"test_loops\.py:\d+: index 8 is out of bounds"):
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
