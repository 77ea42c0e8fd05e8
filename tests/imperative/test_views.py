"""Views share memory as NumPy's do: random chains of views and writes, compared at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adjit.numpy as anp
from adjit import autograd

Step = tuple[int, int, float]

VIEWS: dict[str, Callable[[Any], Any]] = {
    "x[0]": lambda x: x[0],
    "x[-1]": lambda x: x[-1],
    "x[1:]": lambda x: x[1:],
    "x[::2]": lambda x: x[::2],
    "x[::-1]": lambda x: x[::-1],
    "x[..., 0]": lambda x: x[..., 0],
    "x[..., -1:]": lambda x: x[..., -1:],
    "x[None]": lambda x: x[None],
    "x[:, 1]": lambda x: x[:, 1],
    "x[0, ...]": lambda x: x[0, ...],
    "x[5:2]": lambda x: x[5:2],
    "T": lambda x: x.T,
    "transpose()": lambda x: x.transpose(),
    "transpose(1, 0)": lambda x: x.transpose(1, 0),
    "np.transpose": lambda x: np.transpose(x),
    "swapaxes": lambda x: x.swapaxes(0, -1),
    "np.swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "rollaxis": lambda x: np.rollaxis(x, 1),
    "mT": lambda x: x.mT,
    "reshape(-1)": lambda x: x.reshape(-1),
    "reshape(6)": lambda x: x.reshape(2, -1),
    "reshape F": lambda x: x.reshape((-1, 2), order="F"),
    "np.reshape": lambda x: np.reshape(x, (1, -1)),
    "ravel": lambda x: x.ravel(),
    "np.ravel": lambda x: np.ravel(x),
    "ravel F": lambda x: x.ravel(order="F"),
    "squeeze": lambda x: x.squeeze(),
    "np.squeeze": lambda x: np.squeeze(x, 0),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "atleast_2d": lambda x: np.atleast_2d(x),
    "atleast_3d": lambda x: np.atleast_3d(x),
    "diagonal": lambda x: x.diagonal(),
    "np.diagonal": lambda x: np.diagonal(x, 1),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "flip": lambda x: np.flip(x),
    "flipud": lambda x: np.flipud(x),
    "fliplr": lambda x: np.fliplr(x),
    "rot90": lambda x: np.rot90(x),
    "real": lambda x: x.real,
    "np.real": lambda x: np.real(x),
    "split": lambda x: np.array_split(x, 2)[1],
    "hsplit": lambda x: np.hsplit(x, 2)[0],
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, np.zeros(x.shape))[0],
    "view": lambda x: x.view(),
    # copies
    "x[[0, 1]]": lambda x: x[[0, 1]],
    "x[x > 0]": lambda x: x[x > 0],
    "copy": lambda x: x.copy(),
    "flatten": lambda x: x.flatten(),
    "take": lambda x: x.take([0, 1]),
    "x * 1": lambda x: x * 1,
    "x[0, 0]": lambda x: x[(0,) * x.ndim],
}


def _set(index: Any) -> Callable[[Any, float], None]:
    def write(x: Any, v: float) -> None:
        x[index] = v

    return write


def _slices(x: Any, v: float) -> None:
    x[1:] = x[:-1] * v


def _overlap(x: Any, v: float) -> None:
    x[1:] = x[:-1]


def _in_place(x: Any, v: float) -> None:
    x *= v


def _part(x: Any, v: float) -> None:
    x[0] += v


def _row(x: Any, v: float) -> None:
    x[:] = x[0]


def _out(x: Any, v: float) -> None:
    np.multiply(x, v, out=x)


def _flat(x: Any, v: float) -> None:
    x.flat[0] = v


WRITES: dict[str, Callable[[Any, float], None]] = {
    "x[...] = v": _set(...),
    "x[0] = v": _set(0),
    "x[-1] = v": _set(-1),
    "x[1:] = v": _set(slice(1, None)),
    "x[::-2] = v": _set(slice(None, None, -2)),
    "x[[0, 0]] = v": _set([0, 0]),
    "x[..., 0] = v": _set((..., 0)),
    "slices": _slices,
    "overlap": _overlap,
    "x *= v": _in_place,
    "x[0] += v": _part,
    "x[:] = x[0]": _row,
    "out=": _out,
    "flat": _flat,
    "fill": lambda x, v: x.fill(v),
    "copyto": lambda x, v: np.copyto(x, x[..., ::-1] * v),
    "add.at": lambda x, v: np.add.at(x, [0, 0], v),
}
NUMBERS = st.tuples(
    st.integers(0, 30), st.integers(0, len(VIEWS) + len(WRITES) - 1), st.sampled_from([2.0, -0.5])
)
SHAPES = st.sampled_from([(4,), (2, 3), (3, 3), (2, 1, 3), (3, 0), ()])
ACTIONS = [*VIEWS.items(), *WRITES.items()]


def _taken(fun: Callable[..., Any], *args: Any) -> tuple[Any, type | None]:
    try:
        return fun(*args), None
    except (ValueError, IndexError, TypeError, AttributeError, np.exceptions.AxisError) as problem:
        kind = next(
            k for k in type(problem).__mro__ if k.__module__ in ("builtins", "numpy.exceptions")
        )
        return None, kind


def run(arrays: list[tuple[Any, Any]], steps: Sequence[Step], each: bool) -> None:
    """Takes the same steps with arrays of NumPy and ours, side by side."""
    for which, number, v in steps:
        x, y = arrays[which % len(arrays)]
        name, action = ACTIONS[number]
        if name in VIEWS:
            expected, failed = _taken(action, x)
            found, ours = _taken(action, y)
            if failed is None and isinstance(expected, np.ndarray):
                if not np.may_share_memory(expected, x):  # a copy, whose memory is in C order here
                    expected = np.ascontiguousarray(expected).reshape(expected.shape)
                arrays.append((expected, found))
        else:
            if not x.flags.writeable and name == "add.at":
                continue  # NumPy writes to what is read-only
            before = x.copy()
            _, failed = _taken(action, x, v)
            _, ours = _taken(action, y, v)
            if failed is not None and x.flags.writeable:
                x[...] = before  # NumPy may have written a part
        assert (ours is None) == (failed is None), (name, ours, failed)
        if failed is not None:
            assert issubclass(ours, failed), (name, ours, failed)  # type: ignore[arg-type]
        if each:
            check(arrays)
    check(arrays)


def check(arrays: Sequence[tuple[Any, Any]]) -> None:
    for x, y in arrays:
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(np.asarray(y), x)


def start_of(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(1.0, 1.0 + int(np.prod(shape))).reshape(shape)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SHAPES, st.lists(NUMBERS, max_size=12), st.booleans())
def test_known_views(shape: tuple[int, ...], steps: list[Step], each: bool) -> None:
    start = start_of(shape)
    run([(start, anp.array(start))], steps, each)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(SHAPES, st.lists(NUMBERS, max_size=25), st.booleans())
def test_many_known_views(shape: tuple[int, ...], steps: list[Step], each: bool) -> None:
    start = start_of(shape)
    run([(start, anp.array(start))], steps, each)


def differentiated(shape: tuple[int, ...], steps: Sequence[Step], each: bool) -> None:
    """Values, and the derivative: all steps are linear, so a difference is exact."""
    start = start_of(shape)
    x = anp.array(start)
    x.attach_grad()
    with autograd.record():
        y = x * 1
        arrays = [(start.copy(), y)]
        run(arrays, steps, each)
        weights = [np.cos(np.arange(1.0, 1 + b.size)).reshape(b.shape) for _, b in arrays]
        total = sum((b * w).sum() for (_, b), w in zip(arrays, weights, strict=True))
    total.backward()
    move = np.sin(np.arange(1.0, 1 + start.size)).reshape(shape) * 1e-3
    moved = [(np.array(start + move), np.array(start + move))]
    run(moved, steps, False)
    change = sum(
        ((b - a) * w).sum() for (a, _), (b, _), w in zip(arrays, moved, weights, strict=True)
    )
    assert np.isclose(np.sum(np.asarray(x.grad) * move), change, rtol=1e-6, atol=1e-9)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(SHAPES, st.lists(NUMBERS, max_size=5), st.booleans())
def test_recorded_views(shape: tuple[int, ...], steps: list[Step], each: bool) -> None:
    differentiated(shape, steps, each)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(SHAPES, st.lists(NUMBERS, max_size=9), st.booleans())
def test_many_recorded_views(shape: tuple[int, ...], steps: list[Step], each: bool) -> None:
    differentiated(shape, steps, each)
