"""``numpy.fft``: every transform with its options against NumPy, and its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import check_first, check_second

from adjit import check_grads, compile_grad, jit
from adjit.tracer.errors import AdjitError

from .parts import compare, numbers, packed, recorded

LINE: list[dict[str, Any]] = [
    {},
    {"n": 3},
    {"n": 8},
    {"axis": 0},
    {"norm": "ortho"},
    {"norm": "forward", "axis": -2, "n": 5},
    {"norm": "backward", "n": 1},
]
SEVERAL: list[dict[str, Any]] = [
    {},
    {"s": (3, 4), "axes": (0, 1)},
    {"axes": (0,)},
    {"norm": "ortho"},
    {"norm": "forward", "axes": (1, 0)},
    {"s": (6, -1), "axes": (-1, 0)},
    {"axes": (1, 1)},
]
OF_REALS = {"rfft", "ihfft", "rfftn", "rfft2"}
CASES = [
    (name, options)
    for names, table in (
        ("fft ifft rfft irfft hfft ihfft", LINE),
        ("fftn ifftn rfftn irfftn fft2 ifft2 rfft2 irfft2", SEVERAL),
    )
    for name in names.split()
    for options in table
]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=str)


def transform(name: str, options: dict[str, Any]) -> Callable[..., Any]:
    function = getattr(np.fft, name)
    return lambda x: function(x, **options)


def sample(name: str, dtype: Any = np.complex128) -> np.ndarray:
    x = numbers(2, 4, 5, dtype=dtype)
    return x.real if name in OF_REALS else x


@each_case
def test_values(name: str, options: dict[str, Any]) -> None:
    for dtype in (np.complex128, np.complex64):
        x = sample(name, dtype)
        compare(transform(name, options), x)
        compare(transform(name, options), x.real)
    compare(transform(name, options), np.arange(40).reshape(2, 4, 5))
    compare(transform(name, options), np.asfortranarray(sample(name))[:, ::-1])


@each_case
def test_derivatives(name: str, options: dict[str, Any]) -> None:
    function = transform(name, options)
    x = sample(name)[:, :2, :3]
    graph = compare(lambda x: function(x * x), x)
    assert check_first(graph, [packed(x)], tolerance=1e-6)
    if options in (LINE[0], LINE[5], SEVERAL[0], SEVERAL[1]):
        check_second(graph, [packed(x)], tolerance=1e-6)


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_native_code_computes_the_same_bits(name: str) -> None:
    """Up to a factor that NumPy multiplies with inside."""
    x, function = sample(name), getattr(np.fft, name)
    for n, argument in enumerate((x, sample(name, np.complex64))):
        limit = (1e-15, 1e-6)[n]
        found = jit(lambda x: function(x))(argument)
        wanted = function(argument)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=limit, atol=limit * np.max(np.abs(wanted)))


@pytest.mark.parametrize("size", [1, 4, 7])
def test_shifts(size: int) -> None:
    x = numbers(3, size)
    for name in ("fftshift", "ifftshift"):
        for axes in (None, 0, -1, (0, 1), [1]):
            compare(transform(name, {"axes": axes}), x)
    compare(lambda d: np.fft.fftfreq(size, d) * d, 2.0)
    compare(lambda d: np.fft.rfftfreq(size, d) * d, 2.0)


def burgers(u: Any) -> Any:
    k = 2j * np.pi * np.fft.rfftfreq(8)
    for _ in range(3):
        u = u - 0.1 * u * np.fft.irfft(k * np.fft.rfft(u), 8)
    return u


def test_a_pseudospectral_program_natively() -> None:
    u = np.sin(np.arange(8.0))
    check_grads(burgers, (u,))
    loss = compile_grad(lambda u: np.sum(burgers(u) ** 2))
    value, _ = loss(u)
    assert np.isclose(value, np.sum(burgers(u) ** 2))
    assert "rfft" in str(loss.schedule(u))


def test_a_branch_that_is_not_taken_brings_no_nan() -> None:
    def loss(z: Any) -> Any:
        safe = np.where(np.abs(z) > 0, np.log(z + 0j), 0)
        return np.sum(np.abs(np.fft.fft(safe)) ** 2)

    z = np.array([0.0, 1 + 1j, 2, 1j])
    assert np.all(np.isfinite(compile_grad(loss)(z)[1]))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.fft.fft(x, n=0),
        lambda x: np.fft.fft(x, axis=3),
        lambda x: np.fft.fft(x, norm="x"),
        lambda x: np.fft.rfft(x * 1j),
        lambda x: np.fft.fft(x[:0]),
        lambda x: np.fft.irfft(x[:1]),
        lambda x: np.fft.fft2(x),
        lambda x: np.fft.fftn(x, s=(1, 2), axes=(0,)),
    ],
)
def test_errors(function: Callable[..., Any]) -> None:
    x = numbers(4).real
    with pytest.raises((ValueError, TypeError, IndexError)) as numpy_s:
        function(x)
    with pytest.raises(AdjitError) as ours:
        recorded(function, x)
    builtin = next(k for k in numpy_s.type.__mro__ if k.__module__ == "builtins")
    assert issubclass(ours.type, builtin)


def test_out() -> None:
    def function(z: Any) -> Any:
        y = np.zeros(4, complex)
        np.fft.fft(z, out=y)
        return y

    compare(function, numbers(4))
