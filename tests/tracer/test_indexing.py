"""Basic indexing, read and written, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.tracer.errors import AdjitError
from adjit.tracer.trace import Trace

from .recording import compare

A = np.arange(24.0).reshape(2, 3, 4)
INDICES = [
    np.s_[0],
    np.s_[-1],
    np.s_[1, 2],
    np.s_[1, 2, 3],
    np.s_[-2, -3, -4],
    np.s_[:],
    np.s_[()],
    np.s_[...],
    np.s_[..., 0],
    np.s_[0, ...],
    np.s_[0, 1, 2, ...],
    np.s_[0, ..., 1],
    np.s_[None],
    np.s_[:, None, 1],
    np.s_[None, ..., None],
    np.s_[0, None, 1, None, 2],
    np.s_[::-1],
    np.s_[:, ::2, ::-1],
    np.s_[:, 2:0:-1, 3::-2],
    np.s_[:, 5:],
    np.s_[1:1, :, ::-1],
    np.s_[..., -2:],
    np.s_[:, -100:100],
    np.s_[:, 1:2, 0],
    np.s_[np.int64(1)],
    np.s_[np.int32(1), :, np.uint8(2)],
    np.s_[np.array(1)],
    np.s_[np.array(1), :, 1],
    np.s_[2],
    np.s_[0, 3],
    np.s_[0, 0, 0, 0],
    np.s_[..., 0, ...],
    np.s_[1.0],
    np.s_["a"],
    np.s_[:"a"],
    np.s_[::0],
    np.s_[0, -4],
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_read(index: object) -> None:
    compare(lambda a: a[index], A)
    compare(lambda a: a.T[index], A)


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.bool_])
def test_write(index: object, dtype: type) -> None:
    def program(a: np.ndarray) -> None:
        a[index] = 7.5

    compare(program, A.astype(dtype))


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_update_in_place(index: object) -> None:
    def program(a: np.ndarray) -> None:
        a[index] += a[index] * 2

    compare(program, A)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_write_through_a_view(index: object) -> None:
    def program(a: np.ndarray) -> None:
        part = a[index]
        part[...] = -1
        part += 0.5

    compare(program, A)


@pytest.mark.parametrize(
    "value",
    [
        3,
        2.5,
        True,
        np.float32(1.1),
        [1, 2, 3, 4],
        [[1], [2], [3]],
        np.arange(4),
        np.arange(12.0).reshape(1, 1, 3, 4),
        np.arange(3),
        np.arange(24.0).reshape(2, 3, 4),
        np.ones((0, 4)),
    ],
    ids=repr,
)
def test_written_values_are_cast_and_broadcast(value: object) -> None:
    def program(a: np.ndarray) -> None:
        a[1] = value

    compare(program, A)
    compare(program, A.astype(np.int64))
    compare(program, A.astype(np.float32))


def test_a_python_integer_must_fit_into_the_dtype() -> None:
    def program(a: np.ndarray, n: int) -> None:
        a[0] = n

    a = np.zeros(3, np.int8)
    compare(program, a, 5)
    compare(program, a, 500)
    compare(lambda a: program(a, 500), a)  # type: ignore[func-returns-value]
    compare(program, np.zeros(3, np.uint64), -1)


def test_overlapping_source_and_target() -> None:
    def forward(a: np.ndarray) -> None:
        a[1:] = a[:-1]

    def backward(a: np.ndarray) -> None:
        a[:-1] = a[1:]
        a[:] = a[::-1]
        a[1:] += a[:-1]

    compare(forward, np.arange(5.0))
    compare(backward, np.arange(5.0))


def test_swap_of_rows_follows_numpys_aliasing() -> None:
    def program(a: np.ndarray) -> None:
        a[0], a[1] = a[1], a[0]

    compare(program, np.arange(4.0))
    compare(program, np.arange(6.0).reshape(2, 3))


def test_recorded_integers_index_with_a_guard() -> None:
    def program(a: np.ndarray, i: int, j: np.int64, k: np.ndarray) -> tuple:
        a[i, j] = 100.0
        return a[i], a[j], a[k], a[i, j, k], a[i : j + 1]

    graph = compare(program, A, 1, np.int64(-1), np.array(0))
    assert [guard.expected for guard in graph.guards] == [1, -1, 0, 0]


def test_scalars_cannot_be_indexed_or_written() -> None:
    def write(x: np.ndarray) -> None:
        x[()] = 1.0

    compare(lambda x: x[0], 1.5)
    compare(lambda x: x[0], np.float64(1.5))
    compare(lambda x: x[()], np.float64(1.5))
    compare(write, 1.5)
    compare(write, np.float64(1.5))
    compare(write, np.array(1.5))


def test_an_element_is_a_copy() -> None:
    def program(a: np.ndarray) -> tuple:
        element, row, point = a[0, 0], a[0], a[0, 0, ...]
        a[0] = 9.0
        element += 1
        point += 1
        return element, row, point

    compare(program, np.arange(6.0).reshape(2, 3))


def test_element_writes_touch_one_region_of_the_base() -> None:
    def program(a: np.ndarray) -> None:
        a[1][2] = 5.0
        a[1:][0][None, ::2][0] *= 2.0

    graph = compare(program, np.arange(12.0).reshape(3, 4))
    sizes = [value.args[1].shape for value in graph.values if value.op.name == "update"]
    assert sizes == [(1, 1), (1, 2)]


def test_errors_name_the_line() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(2.0))
        with pytest.raises(AdjitError, match=r"^test_indexing.py:\d+: index 2 is out of bounds"):
            x[2]


def test_iteration_unpacking_and_membership() -> None:
    def program(a: np.ndarray) -> tuple:
        for row in a:
            row *= 2
        (x, y, z), _ = a
        return x, y + z, 3.0 in a, 4.0 in a, len(a)

    compare(program, np.arange(6.0).reshape(2, 3))
    compare(lambda a: list(a), np.array(1.0))
    compare(lambda a: len(a), np.float64(1.0))
