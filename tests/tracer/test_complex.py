"""Programs on complex numbers: values as NumPy's, derivatives of their parts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import check_first, check_second

from adjit import check_grads
from adjit.ir.passes.batch import batch
from adjit.tracer.errors import AdjitError

from .parts import compare, numbers, packed, recorded

Program = Callable[..., Any]


def views_written(z: Any) -> Any:
    y = z * 1
    y.real[1:] *= 2
    y.imag = y.real
    y[::2].imag += z.real[::2]
    y.T.real[0] = 3.0
    return y


def in_place(z: Any) -> Any:
    y = z.copy()
    y += 1j
    y *= y
    y /= 3
    y -= z.imag
    return y


def copied(z: Any) -> Any:
    y = np.zeros(z.shape, complex)
    np.copyto(y, z, where=np.abs(z) > 0.5)
    np.multiply(y, z, out=y)
    return y


def swapped(z: Any) -> Any:
    y = z.copy()
    real = y.real
    y[:] = y[::-1]
    return real * y


def flattened(z: Any) -> Any:
    """A part has gaps: what must be contiguous is a copy."""
    y, w = np.outer(z, z), z * 1
    y.real.reshape(-1)[0] = 2.0
    y.imag.T[1] = 3.0
    for copy in (w.real.ravel(), np.ascontiguousarray(w.imag), w[::2].ravel()):
        copy[0] = 9.0
    return y, w


def dropped(z: Any) -> Any:
    y = np.zeros(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y[:] = z
    return y * z


def loop(z: Any) -> Any:
    s = 0
    for i in range(4):
        s = s * z + np.sin(z) * i
    return s


def recurrence(z: Any) -> Any:
    y = np.zeros(5, complex)
    for i in range(1, 5):
        y[i] = y[i - 1] * z[0] + z[1]
    return y


def branches(z: Any) -> Any:
    y = z * 1
    for i in range(3):
        if abs(z[i]) > 1:
            y[i] = z[i] ** 2
        else:
            y[i] = z[i] * 1j
    return y


SMOOTH: dict[str, Program] = {
    "real": lambda z: np.real(z) * z,
    "imag": lambda z: np.imag(z) * z.imag,
    "conj": lambda z: np.conj(z) * z.conjugate() * z.conj(),
    "abs": lambda z: np.abs(z) * abs(z),
    "angle": np.angle,
    "angle_deg": lambda z: np.angle(z, deg=True),
    "sign": np.sign,
    "square": np.square,
    "reciprocal": lambda z: np.reciprocal(z),
    "quotient": lambda z: z / (z[::-1] + 2j) + 1 / z + z / 3,
    "power3": lambda z: z**3 + z**-2 + z**0.5 + z**2 + z**1,
    "powerz": lambda z: z**z,
    "powers": lambda z: z ** np.arange(4)[:, None],
    "real_base": lambda z: 2.5**z,
    "exponentials": lambda z: np.exp(z) + np.expm1(z) + np.exp2(z),
    "logarithms": lambda z: np.log(z) + np.log1p(z) + np.log2(z) * np.log10(z),
    "trigonometric": lambda z: np.sin(z) * np.cos(z) + np.tan(z),
    "inverse": lambda z: np.arcsin(z) * np.arccos(z) + np.arctan(z),
    "hyperbolic": lambda z: np.sinh(z) * np.cosh(z) + np.tanh(z),
    "inverse_hyperbolic": lambda z: np.arcsinh(z) * np.arccosh(z) + np.arctanh(z),
    "sqrt": np.sqrt,
    "sinc": np.sinc,
    "sum": lambda z: np.sum(z * z, where=np.abs(z) > 0.4),
    "prod": np.prod,
    "mean": lambda z: np.mean(z) * z.mean(where=z.real > 0, keepdims=True),
    "var": lambda z: np.var(z, ddof=1) * np.std(z),
    "average": lambda z: np.average(z, weights=[1.0, 2, 3]),
    "nansum": lambda z: np.nansum(z) * np.nanmean(z) * np.nanprod(z),
    "dot": lambda z: np.dot(z, z) * np.vdot(z, z * 1j) * np.inner(z, z),
    "outer": lambda z: np.outer(z, z.conj()) @ np.kron(z, z)[:3],
    "einsum": lambda z: np.einsum("i,j,k->ij", z, z.conj(), z),
    "tensordot": lambda z: np.tensordot(z, np.stack([z, z * 2j], 1), 1),
    "vecdot": lambda z: np.vecdot(z, z * 1j),
    "matmul": lambda z: np.stack([z, z * 1j, z * z]) @ z.conj(),
    "matrix_power": lambda z: np.linalg.matrix_power(np.outer(z, z) + np.eye(3), 3),
    "cross": lambda z: np.cross(z, z[::-1] * 1j),
    "norm": np.linalg.norm,
    "norms": lambda z: np.linalg.norm(z, 1) * np.linalg.norm(z, 3) + np.linalg.norm(z, np.inf),
    "where": lambda z: np.where(z.real > 0, z, z * z),
    "joined": lambda z: np.concatenate([z, z * 2j, [1.0]]) * np.stack([z, z.real]).ravel()[0],
    "listed": lambda z: np.array([[z[0], 1.0], [z[1] * 2, 1j]]) @ z[:2],
    "full": lambda z: np.full(3, z[0]) * np.ones_like(z) + np.full_like(z, 2j),
    "linspace": lambda z: np.linspace(z[0], z[1], 5) * np.linspace(0, 1j, 5),
    "round": lambda z: np.round(z, 1) * z,
    "nan_to_num": lambda z: np.nan_to_num(z) * z,
    "moved": lambda z: np.roll(np.flip(z), 1) * np.diff(np.pad(z, 1))[:3] + np.tile(z, 2)[2:5],
    "diagonals": lambda z: np.trace(np.diag(z) * z) + np.tril(np.outer(z, z)),
    "isclose": lambda z: np.where(np.isclose(z, z[0]), z, 1),
    "asked": lambda z: np.where(np.iscomplex(z) & ~np.isreal(z) & np.isfinite(z), z, 0),
    "truth": lambda z: np.where(np.logical_and(z, z == z[0]), z, np.any(z) * 1j),
    "if_close": lambda z: np.real_if_close(z) * z,
    "items": lambda z: z[0].item() * 2 + z[1].item() ** 2 * complex(z[0].real, 2),
    "cast": lambda z: z.real.astype(complex) * z.astype(np.complex128),
    "views": views_written,
    "in_place": in_place,
    "copied": copied,
    "swapped": swapped,
    "flattened": flattened,
    "dropped": dropped,
    "loop": loop,
    "recurrence": recurrence,
    "branches": branches,
    "scalars": lambda z: np.complex128(z[0]) * np.float64(z[1].real) + 2j,
    "mixed": lambda z: z * np.arange(3.0) + z.real * 1j + 1,
    "polyval": lambda z: np.polyval(z, z),
}


def awkward(z: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(z, 2)[::2], np.asarray(z[::-1].copy()[::-1])]


@pytest.mark.parametrize("name", SMOOTH)
def test_values(name: str) -> None:
    z = numbers(3)
    compare(SMOOTH[name], z, ulps=200.0)
    for x in awkward(z):
        compare(SMOOTH[name], x, ulps=200.0)


@pytest.mark.parametrize("name", sorted(set(SMOOTH) - {"powerz", "nansum", "matrix_power"}))
def test_values_in_single_precision(name: str) -> None:
    compare(SMOOTH[name], numbers(3, dtype=np.complex64), ulps=200.0)


@pytest.mark.parametrize("name", sorted(set(SMOOTH) - {"round"}))
def test_derivatives(name: str) -> None:
    z = numbers(3, seed=4)
    graph = compare(SMOOTH[name], z, ulps=200.0)
    if any(value.regions for value in graph.values):
        return  # loops are compiled: test_complex_calls.py
    assert batch(graph) is graph
    assert check_first(graph, [packed(z)], tolerance=1e-6)
    check_second(graph, [packed(z)], tolerance=1e-5)


BY_REALS: dict[str, Program] = {
    "exp": lambda x: np.exp(1j * x),
    "abs": lambda x: np.abs(x + 1j) ** 2,
    "roots": lambda x: np.sqrt(x.astype(complex)),
    "parts": lambda x: (x * (1 + 2j)).imag * x,
    "polynomial": lambda x: np.prod(x[:, None] - np.array([1j, 2.0, 1 - 1j]), axis=1),
    "written": lambda x: written(x),
}


def written(x: Any) -> Any:
    y = np.zeros(3, complex)
    y.real = x
    y.imag[1:] = x[1:] ** 2
    return y * y


@pytest.mark.parametrize("name", BY_REALS)
def test_real_arguments(name: str) -> None:
    for dtype in (np.float64, np.float32):
        compare(BY_REALS[name], numbers(3, dtype=dtype), ulps=64.0)
    x = numbers(3)
    graph = compare(BY_REALS[name], x.real)
    assert check_first(graph, [x.real], tolerance=1e-6)
    check_second(graph, [x.real], tolerance=1e-5)


SHAPES: list[tuple[int, ...]] = [(), (0,), (1, 3), (2, 0, 3), (2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes(shape: tuple[int, ...]) -> None:
    z = numbers(*shape)
    for function in (
        lambda z: z * z.conj() + np.exp(z),
        lambda z: (z.T.real, z.imag.ravel(), z.reshape(-1)),
        lambda z: np.sum(z, axis=-1) if z.ndim else z,
        lambda z: np.prod(z) * np.ones(2),
        lambda z: np.mean(z, axis=0, keepdims=True) if z.ndim and z.size else z,
        lambda z: np.stack([z, z.real]),
    ):
        compare(function, z, ulps=64.0)
    if z.ndim == 2:
        fortran = np.asfortranarray(z)
        compare(lambda z: (z @ z.conj().T, z.real.T, z.ravel()), fortran, ulps=64.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 2j + 1,
        lambda x: x / (1 + 2j) - x**2,
        lambda x: abs(x) * x.real + x.imag,
        lambda x: -x + +x,
        lambda x: (x == 1 + 1j, x != 2, bool(x)),
        lambda x: x.conjugate() * True,
        lambda x: complex(x) + complex(x.real, x.imag) + complex(1.5),
        lambda x: 2**x + x**-1 + x**0,
        lambda x: [x, x.real, x * np.ones(2, np.float32)],
    ],
)
@pytest.mark.parametrize("x", [1.5 + 0.5j, np.complex128(1 - 2j), np.complex64(0.5j + 1)], ids=repr)
def test_scalars(function: Program, x: Any) -> None:
    compare(function, x, ulps=64.0)


PROMOTIONS = [np.float32(2), np.int8(2), np.arange(3), np.arange(3, dtype="f4"), 2, 2.5, True, 1j]


@pytest.mark.parametrize("other", PROMOTIONS, ids=repr)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_promotion(dtype: Any, other: Any) -> None:
    z = numbers(3, dtype=dtype)
    if isinstance(other, np.ndarray):
        compare(lambda z, x: (z * x, x - z, z + z[0] * x, np.where(x > 1, z, x)), z, other)
    else:
        compare(lambda z: (z * other, other - z, z + z[0] * other), z)
        compare(lambda z: np.where(z.real > 0, z, other), z)


@pytest.mark.parametrize("f", [np.max, np.min])
def test_the_first_in_order(f: Any) -> None:
    z = numbers(3, 4)
    tied = np.array([1 + 2j, 1 - 1j, 1 + 5j, 0])
    for x in (z, z.astype(np.complex64), np.round(z), tied.reshape(2, 2)):
        compare(lambda x: (f(x), f(x, axis=0), f(x, axis=-1, keepdims=True)), x)
    compare(lambda x: np.isnan(f(x)), np.array([1, np.nan + 1j, 2]))
    check_grads(lambda x: f(x, axis=1), (z,))


REFUSED: dict[str, Program] = {
    "max": lambda z: np.max(z, initial=0.0),
    "maximum": lambda z: np.maximum(z, 0),
    "less": lambda z: z < 1,
    "ptp": lambda z: np.ptp(z),
    "clip": lambda z: np.clip(z, 0, 1),
    "floor": lambda z: np.floor(z),
    "arctan2": lambda z: np.arctan2(z, z),
    "mod": lambda z: z % 2,
    "float": lambda z: float(z[0]),
    "float64": lambda z: np.float64(z[0]),
    "int": lambda z: int(z[0]),
    "python_max": lambda z: max(z[0], z[1]),
    "python_less": lambda z: z[0].item() < 1,
    "real_item": lambda z: assigned(np.zeros(3), z[0].item()),
    "scalar_real": lambda z: setattr(z[0], "real", 1.0),
    "imag_of_real": lambda z: setattr(z.real, "imag", 1.0),
    "isposinf": lambda z: np.isposinf(z),
    "arange": lambda z: np.arange(z[0]),
}


def assigned(target: Any, value: Any) -> Any:
    target[0] = value
    return target


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_or_no_rule_is_an_error(name: str) -> None:
    with pytest.raises(AdjitError):
        recorded(REFUSED[name], numbers(3))


def test_numpy_s_warning_where_imaginary_parts_are_dropped() -> None:
    for function in (lambda z: z.astype(float), lambda z: assigned(np.zeros(3), z[0])):
        with pytest.warns(np.exceptions.ComplexWarning):
            recorded(function, numbers(3))
    graph = recorded(lambda z: assigned(np.zeros(3, bool), z[0]), numbers(3)).graph
    assert graph.outputs[0].dtype == bool
