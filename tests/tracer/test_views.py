"""Views share their base, copies do not: reads and writes through chains of views."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adjit import jit
from adjit.tracer import layout
from adjit.tracer.array import Array
from adjit.tracer.errors import AdjitNotImplementedError, AdjitValueError
from adjit.tracer.trace import Trace

from .following import follow
from .recording import compare


def reshape(x: Any, shape: Any) -> Any:
    return x._view_reshape(shape) if isinstance(x, Array) else x.reshape(shape)


def transpose(x: Any, perm: tuple[int, ...]) -> Any:
    return x._view_transpose(perm) if isinstance(x, Array) else x.transpose(perm)


def broadcast(x: Any, shape: tuple[int, ...]) -> Any:
    return x._view_broadcast(shape) if isinstance(x, Array) else np.broadcast_to(x, shape)


CHAINS: list[Callable[[Any], Any]] = [
    lambda a: a[1:],
    lambda a: a[::-1, 1:][:, ::2],
    lambda a: a[1][2:],
    lambda a: a.T,
    lambda a: a.T[1:].T[0],
    lambda a: a[:, 1],
    lambda a: a[:, None, 1:3],
    lambda a: reshape(a, (4, 3)),
    lambda a: reshape(a, -1)[::5],
    lambda a: reshape(a, (3, 2, -1))[:, 1],
    lambda a: reshape(reshape(a, (2, 6)), (3, 4))[0],
    lambda a: reshape(a[1:], -1)[2:],
    lambda a: reshape(a[:, 1:3], -1),
    lambda a: reshape(a.T, -1),
    lambda a: reshape(a.T, (2, 2, 3)),
    lambda a: reshape(a[::-1], (3, 2, 2))[:, 0],
    lambda a: reshape(a[:, ::-1], (1, 3, 4, 1)),
    lambda a: transpose(a[None, 1:, ::2], (2, 0, 1)),
    lambda a: reshape(a[0:0], (0, 9)),
    lambda a: reshape(a[1, 2], (1, 1)),
    lambda a: reshape(a[1, 2, ...], (1, 1)),
    lambda a: a[1, ..., 2:3, None][0],
    lambda a: a.view().real,
    lambda a: broadcast(a[:1], (3, 4)),
    lambda a: a.copy().T,
    lambda a: reshape(np.negative(a.T), (2, 6)),
    lambda a: reshape((a.T + a.T), -1),
    lambda a: reshape(a.T + 1, -1),
    lambda a: reshape(a.T.astype(np.float32), -1),
    lambda a: reshape(a.T.copy(), -1),
    lambda a: reshape(a[:, ::2] * a[:, 1::2], -1),
    lambda a: reshape(broadcast(a[0], (2, 4)), (8,)),
]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("number", range(len(CHAINS)))
def test_writes_are_seen_through_every_view(number: int, order: Any) -> None:
    chain = CHAINS[number]

    def program(a: Any) -> tuple:
        view = chain(a)
        other = a[1:, 1:]
        view[...] = view * 2
        other += 100
        a[0] = -1
        view += 1000
        view *= view
        return view, other

    compare(program, np.array(np.arange(12.0).reshape(3, 4), order=order))
    compare(lambda a: chain(a), np.array(np.arange(12.0).reshape(3, 4), order=order))


@pytest.mark.parametrize("shape", [(5,), (-1, -1), (-2, 6), (5, -1), (0, -1), (7, 2), 12, [12]])
def test_shapes_that_reshape_checks(shape: Any) -> None:
    compare(lambda a: reshape(a, shape), np.arange(12.0))


def test_a_reshape_of_unknown_memory_order_may_be_read_but_not_written() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(6.0).reshape(2, 3))
        flat = x._view_reshape(-1)
        assert (flat + 1).shape == (6,)
        for write in (
            lambda: flat.__setitem__(0, 1.0),
            lambda: x.__setitem__(0, 1.0),
            lambda: x[1:].__iadd__(1),
        ):
            with pytest.raises(AdjitValueError, match=r"test_views.py:\d+: write .*\.copy\(\)"):
                write()
        copied = x.copy()._view_reshape(-1)
        copied[0] = 5.0
        y = trace.input("y", np.arange(6.0).reshape(2, 3))
        y[0]._view_reshape((3, 1))[0] = 9.0
        y._view_reshape((1, 2, 3, 1))[0, 1] = 8.0
        assert trace.concrete(y.value).tolist() == [[9, 1, 2], [8, 8, 8]]


def test_results_of_unknown_order_are_not_taken_for_c_order() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(6.0).reshape(2, 3))
        y = x + 1
        flat = y._view_reshape(-1)
        with pytest.raises(AdjitValueError, match="memory order"):
            flat[0] = 1.0


def test_broadcast_views_are_read_only() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(3.0))
        with pytest.raises(ValueError, match="read-only"):
            x._view_broadcast((2, 3))[0] = 1.0


def test_layouts_of_reshapes_are_numpys() -> None:
    draw = random.Random(0)
    for _ in range(1500):
        base = np.zeros([draw.choice([1, 2, 3, 4, 6]) for _ in range(draw.randint(1, 4))])
        steps = tuple(slice(None, None, draw.choice([1, 1, 1, 2, -1])) for _ in base.shape)
        x = base[steps].transpose(draw.sample(range(base.ndim), base.ndim))
        shape = draw.choice(list(factorisations(x.size)))
        strides = tuple(stride // 8 for stride in x.strides)
        is_view, found = layout.reshaped(x.shape, strides, shape)
        y = x.reshape(shape)
        assert is_view == np.shares_memory(x, y), (x.shape, strides, shape)
        long = [axis for axis, dim in enumerate(shape) if dim != 1]
        assert found is not None
        assert [found[axis] for axis in long] == [y.strides[axis] // 8 for axis in long]


def test_layouts_of_elementwise_results_are_numpys() -> None:
    draw = random.Random(0)
    for _ in range(1500):
        full = [draw.choice([1, 2, 3]) for _ in range(draw.randint(1, 4))]
        operands = []
        for _ in range(draw.choice([1, 2])):
            perm = draw.sample(range(len(full)), len(full))
            shape = [draw.choice([dim, dim, 1]) for dim in full]
            base = np.zeros([shape[perm.index(axis)] for axis in range(len(full))])
            operands.append(base.transpose(np.argsort(np.argsort(perm))))
        y = sum(operands[1:], operands[0] + 0)
        y = np.add(operands[0], operands[-1])
        strides = [tuple(stride // 8 for stride in x.strides) for x in operands]
        shapes = [x.shape for x in operands]
        found = layout.elementwise(y.shape, list(zip(shapes, strides, strict=True)))
        if found is not None:
            long = [axis for axis, dim in enumerate(y.shape) if dim != 1]
            assert [found[axis] for axis in long] == [y.strides[axis] // 8 for axis in long]


def factorisations(size: int) -> set[tuple[int, ...]]:
    found = {(size,), (1, size), (size, 1)}
    for a in range(1, size + 1):
        if size % a == 0:
            rest = size // a
            found.add((a, rest))
            found |= {(a, b, rest // b) for b in range(1, rest + 1) if rest % b == 0}
    return set(itertools.islice(sorted(found), 60))


def test_a_shape_is_assigned() -> None:
    def program(a: np.ndarray) -> Any:
        b = a[1:]
        b.shape = (2, -1)
        b[1] = 0.0
        a.shape = (7, 1)
        a.shape = 7
        c = a * 1.0
        c.shape = (1, 7)
        c.flat = [1.0, 2.0]
        return a.shape, b, b.shape, b.sum(axis=1), c

    follow(program, np.arange(7.0))

    def copied(a: np.ndarray) -> None:
        a.reshape(2, 3).T.shape = 6

    def wrong(a: np.ndarray) -> None:
        a.shape = (4, 2)

    follow(copied, np.arange(6.0))
    follow(wrong, np.arange(6.0))


def test_a_shape_is_assigned_in_a_loop() -> None:
    @jit
    def f(x: np.ndarray) -> Any:
        y = x * 1.0
        for i in range(8):
            y.shape = (2, 3) if i % 2 else (3, 2)
            y[0] += i
        return y

    def plain(x: np.ndarray) -> Any:
        y = x * 1.0
        for i in range(8):
            y.shape = (2, 3) if i % 2 else (3, 2)
            y[0] += i
        return y

    np.testing.assert_array_equal(f(np.arange(6.0)), plain(np.arange(6.0)))


def test_a_dtype_is_not_assigned() -> None:
    with pytest.raises(AdjitNotImplementedError, match="astype"):
        jit(_with_dtype)(np.arange(6.0))


def _with_dtype(x: np.ndarray) -> Any:
    y = x * 1.0
    y.dtype = np.int64  # type: ignore[misc]
    return y
