"""Creation, choices, limits and rounding against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit.ir.passes.adjoint import adjoint
from adjit.tracer.array import wrap
from adjit.tracer.errors import AdjitNotImplementedError
from adjit.tracer.functions import FUNCTIONS
from adjit.tracer.trace import Trace

from .following import follow


def sample(*shape: int, dtype: str = "f8") -> np.ndarray:
    rng = np.random.default_rng(1)
    return (rng.integers(-6, 7, shape) / 2).astype(dtype)


CREATED = [
    lambda x: np.zeros(3),
    lambda x: np.zeros((2, 3), dtype=np.float32),
    lambda x: np.zeros(()),
    lambda x: np.zeros(x.shape, int),
    lambda x: np.zeros(len(x)),
    lambda x: np.zeros(-1),
    lambda x: np.ones((0, 2), bool),
    lambda x: np.ones([2, 2]),
    lambda x: np.zeros_like(x),
    lambda x: np.ones_like(x, dtype=np.int32),
    lambda x: np.zeros_like(x, shape=(1, 2)),
    lambda x: np.zeros_like([1, 2]),
    lambda x: np.empty_like(x).shape,
    lambda x: np.full(3, 2),
    lambda x: np.full((2, 2), x[0]),
    lambda x: np.full((2, 3), [1.0, 2.0, 3.0]),
    lambda x: np.full(2, 1.5, dtype=int),
    lambda x: np.full_like(x, 2.5),
    lambda x: np.full_like(x, 2.5, dtype=int),
    lambda x: np.full(2, [1.0, 2.0, 3.0]),
    lambda x: np.eye(3),
    lambda x: np.eye(2, 4, 1, dtype=np.float32),
    lambda x: np.eye(3, k=-2, dtype=int),
    lambda x: np.eye(2, k=5),
    lambda x: np.identity(2),
    lambda x: np.tri(3),
    lambda x: np.tri(2, 3, -1, dtype=int),
    lambda x: np.arange(5),
    lambda x: np.arange(5.0),
    lambda x: np.arange(2, 9, 3),
    lambda x: np.arange(9, 2, -3),
    lambda x: np.arange(0.0, 1.0, 0.1),
    lambda x: np.arange(3, dtype=np.float32),
    lambda x: np.arange(0.5, 5, 0.5, dtype=int),
    lambda x: np.arange(5, step=2),
    lambda x: np.arange(1, stop=4),
    lambda x: np.arange(0),
    lambda x: np.arange(2, dtype=bool),
    lambda x: np.arange(1, 2, 0),
    lambda x: np.arange(np.float32(3)),
    lambda x: np.arange(len(x)) * x,
    lambda x: np.arange(x[0], x[0] + 3),
    lambda x: np.arange(0, 2, np.abs(x[0]) / 4 + 0.5),
    lambda x: np.linspace(0, 1, 5),
    lambda x: np.linspace(0, 1, 5, endpoint=False),
    lambda x: np.linspace(x[0], x[1], 4),
    lambda x: np.linspace(x, x + 1, 3),
    lambda x: np.linspace(x, 2.0, 3, axis=-1),
    lambda x: np.linspace(0, 10, 4, dtype=int),
    lambda x: np.linspace(0, 1, 3, retstep=True)[0],
    lambda x: np.linspace(0, 2, 5, retstep=True)[1],
    lambda x: np.linspace(0, 1, 0),
    lambda x: np.linspace(2, 3, 1),
    lambda x: np.linspace(0, 1, -1),
    lambda x: np.linspace(np.float32(0), np.float32(1), 3),
    lambda x: np.array([1, 2, 3]),
    lambda x: np.array([x[0], 1.0, x[1] * 2]),
    lambda x: np.array([[x[0], 0], [True, x[1]]]),
    lambda x: np.array([x, x]),
    lambda x: np.array([x, [1, 2, 3, 4]]),
    lambda x: np.array([[1.0], [x[0], 2.0]]),
    lambda x: np.array([]),
    lambda x: np.array(2.0),
    lambda x: np.array(x[0]),
    lambda x: np.array(x),
    lambda x: np.array(x, dtype=np.float32),
    lambda x: np.array(x, ndmin=3),
    lambda x: np.array([x[0], 2], dtype=int),
    lambda x: np.array((1, 2), float),
    lambda x: np.array(range(3)),
    lambda x: np.asarray(x),
    lambda x: np.asarray(x, dtype=np.float32),
    lambda x: np.asarray([1.0, x[0]]),
    lambda x: np.ascontiguousarray(x),
    lambda x: np.copy(x),
    lambda x: np.copy(x[0]),
    lambda x: x.copy(),
    lambda x: np.meshgrid(x, [1.0, 2.0]),
    lambda x: np.meshgrid(x, [1, 2], indexing="ij"),
    lambda x: np.meshgrid(x, x[:2], sparse=True),
    lambda x: np.meshgrid(x, x, x[:1], copy=False),
    lambda x: np.indices((2, 3)),
    lambda x: np.float64(x[0]),
    lambda x: np.float32(x[0]),
    lambda x: np.float32(2.5),
    lambda x: np.int64(x[0]),
    lambda x: np.bool_(x[0]),
    lambda x: np.float64(x),
    lambda x: np.int8(x),
    lambda x: np.float64([1, 2]),
    lambda x: np.float64(x[0]) * np.float32(2),
]


@pytest.mark.parametrize("number", range(len(CREATED)))
def test_creation(number: int) -> None:
    for dtype in ("f8", "f4", "i4"):
        x = np.array([2, -1.5, 3, 0.5]).astype(dtype)
        follow(CREATED[number], x, exact=False)


def test_fresh_arrays_may_be_written() -> None:
    def program(x: Any) -> Any:
        y, z = np.zeros(3), np.asarray(x)
        y[1] = x[0]
        z[0] = 5.0
        w = np.array(x)
        w[1] = 7.0
        grid = np.full((2, 2), 1.0)
        grid[0] += y[:2]
        return y, z, w, grid

    follow(program, sample(3))


CHOICES = [
    lambda x, y: np.where(x > 0, x, y),
    lambda x, y: np.where(x > 0, 1.0, y),
    lambda x, y: np.where(x > 0, x, 0),
    lambda x, y: np.where(x > 0, 1, 2),
    lambda x, y: np.where(x, x, -1.0),
    lambda x, y: np.where([[True], [False]], x, y),
    lambda x, y: np.where(x[0] > 0, 1.0, 2.0),
    lambda x, y: np.where(x > 0, x, [1, 2]),
    lambda x, y: np.where(x > 0, x),
    lambda x, y: np.select([x > 1, x < 0], [x, y]),
    lambda x, y: np.select([x > 1, x < 0], [1, 2.0], default=-1),
    lambda x, y: np.select([x > 1], [x, y]),
    lambda x, y: np.clip(x, -1, 1),
    lambda x, y: np.clip(x, None, 1.5),
    lambda x, y: np.clip(x, 0, None),
    lambda x, y: np.clip(x, y, y + 1),
    lambda x, y: np.clip(x, min=0),
    lambda x, y: np.clip(x, max=y),
    lambda x, y: np.clip(x, None, None),
    lambda x, y: np.clip(x, 1, -1),
    lambda x, y: x.clip(0, 1),
    lambda x, y: np.clip(x[0], 0, 1),
    lambda x, y: np.clip(x, -1000, 1000),
    lambda x, y: np.clip(2.0, 0, 1),
    lambda x, y: np.clip(np.int8(x), 300, 400),
    lambda x, y: np.clip(np.int8(x), -300, -200),
    lambda x, y: np.clip(np.int8(x), -300, 400),
    lambda x, y: np.round(x * 1.37, 1),
    lambda x, y: np.round(x),
    lambda x, y: np.around(x * 123, -1),
    lambda x, y: x.round(2),
    lambda x, y: np.fix(x),
    lambda x, y: np.nan_to_num(x / (x - x[0])),
    lambda x, y: np.nan_to_num(x / (x - x[0]), nan=1.0, posinf=9.0, neginf=-9.0),
    lambda x, y: np.isclose(x, y),
    lambda x, y: np.isclose(x, x + 1e-9),
    lambda x, y: np.isclose(x[0], y[0]),
    lambda x, y: np.isclose(np.inf * x, np.inf * x, equal_nan=True),
    lambda x, y: np.allclose(x, y),
    lambda x, y: np.allclose(x, x),
    lambda x, y: np.array_equal(x, y),
    lambda x, y: np.array_equal(x, x * 1),
    lambda x, y: np.array_equal(x, x[1:]),
    lambda x, y: np.array_equiv(x, x[None]),
    lambda x, y: np.sinc(x),
    lambda x, y: np.sinc(x / 7),
    lambda x, y: np.heaviside(x, 0.5),
    lambda x, y: (np.real(x), np.imag(x), np.iscomplex(x), np.isreal(y)),
    lambda x, y: (np.angle(x), np.angle(-x, deg=True), np.angle(x[0])),
    lambda x, y: np.real_if_close(x),
    lambda x, y: (np.isposinf(y / (x - x)), np.isneginf(y / (x - x))),
    lambda x, y: np.piecewise(x, [x < 1, x > 2], [lambda v: v / 2, -1.5]),
    lambda x, y: np.piecewise(x, [x < 1, x < 2], [lambda v, k: v * k, np.square, 3], 2.5),
    lambda x, y: np.piecewise(x, x < 1, [-1, np.abs]),
    lambda x, y: np.piecewise(x[0], [x[0] < 1, x[0] > 2], [-1, np.abs]),
    lambda x, y: np.piecewise(x, [x < 1, x > 2, y > 1], [1]),
    lambda x, y: np.i0(x * 2),
    lambda x, y: np.astype(x, np.float32),
    lambda x, y: np.polyval(x, y),
    lambda x, y: np.polyval([1, 2, 3], x),
    lambda x, y: np.polyval(x, 2.0),
    lambda x, y: np.trapezoid(x),
    lambda x, y: np.trapezoid(x, y),
    lambda x, y: np.trapezoid(np.stack([x, y]), dx=0.5, axis=0),
    lambda x, y: (*np.shape(x), np.ndim(x), np.size(x)),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("number", range(len(CHOICES)))
def test_choices(number: int) -> None:
    for dtype in ("f8", "f4", "i4"):
        y = sample(5, dtype=dtype)[::-1].copy()
        follow(CHOICES[number], sample(5, dtype=dtype), y, exact=False)


def test_piecewise_works_by_elements() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(3.0))
        for mixing in (np.sum, lambda v: v - np.mean(v), lambda v: v[::-1] * 2):
            with pytest.raises(AdjitNotImplementedError, match="mixes elements"):
                np.piecewise(x, [x < 1], [mixing])
        mean = np.mean(x)
        np.piecewise(x, [x < 1], [lambda v: v - mean])
        with pytest.raises(AdjitNotImplementedError, match="not the shape of x"):
            np.piecewise(np.stack([x, x]), [x < 1], [0.0])


def test_copyto() -> None:
    def program(x: Any) -> Any:
        y = np.zeros((2, 3))
        np.copyto(y, x)
        np.copyto(y, 5, where=y > 1)
        np.nan_to_num(y, copy=False)
        return y

    follow(program, sample(3))
    follow(lambda x: np.copyto(np.zeros(3, int), x), sample(3))


@pytest.mark.parametrize("function", [np.sinc, np.linalg.norm, np.std])
def test_derivative_at_zero(function: Any) -> None:
    with Trace() as trace:
        x = trace.input("x", np.zeros(3))
        graph = trace.block.graph([FUNCTIONS[np.sum](FUNCTIONS[function](x)).value])
    first = adjoint(graph, [0], [0], unit=True)
    assert np.array_equal(_run(first, np.zeros(3))[1], np.zeros(3))


def test_second_derivative_of_sinc() -> None:
    for at in (0.0, 1e-9, 0.1, 0.7):
        with Trace() as trace:
            x = trace.input("x", np.array(at))
            graph = trace.block.graph([FUNCTIONS[np.sinc](wrap(x.value)).value])
        gradient = adjoint(graph, [0], [0], unit=True)
        second = adjoint(type(gradient)(gradient.inputs, gradient.values, gradient.outputs[1:]),
                         [0], [0], unit=True)  # fmt: skip
        u = np.pi * at
        exact = -(np.pi**2) / 3
        if at > 1e-6:
            exact = np.pi**2 * (-np.sin(u) / u - 2 * np.cos(u) / u**2 + 2 * np.sin(u) / u**3)
        np.testing.assert_allclose(_run(second, np.array(at))[1], exact, rtol=1e-10)


def _run(graph: Any, *arrays: Any) -> list[Any]:
    from adjit.ir.interpret import interpret

    return interpret(graph, list(arrays))
