"""Calls of compiled functions on complex numbers: convention, scalars, entries, nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit import (
    check_grads,
    checkpoint,
    compile_grad,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)
from adjit.tracer.errors import AdjitError, AdjitTypeError

from .test_complex import SMOOTH

Z = np.array([1 + 2j, -0.5 + 0.3j, 2 - 1j])
G = np.array([1j, 2, 0.5 - 1j])

# --- the convention ---------------------------------------------------------------------------


def test_the_gradient_of_a_real_function() -> None:
    """df/dx - 1j * df/dy."""
    found = grad(lambda z: np.sum(z.real**2 * z.imag))(Z)
    np.testing.assert_allclose(found, 2 * Z.real * Z.imag - 1j * Z.real**2)
    np.testing.assert_allclose(grad(lambda z: np.sum(np.abs(z) ** 2))(Z), 2 * Z.conj())


def test_pullbacks_and_pushforwards_of_a_holomorphic_function() -> None:
    derivative = np.cos(Z) * Z + np.sin(Z)
    value, pullback = vjp(lambda z: np.sin(z) * z, Z)
    np.testing.assert_allclose(value, np.sin(Z) * Z)
    np.testing.assert_allclose(pullback(G)[0], G * derivative)
    np.testing.assert_allclose(jvp(lambda z: np.sin(z) * z, (Z,), (G,))[1], G * derivative)


def test_the_cotangent_of_a_real_argument_is_real() -> None:
    x = np.array([0.1, 0.2, 0.3])
    _, pullback = vjp(lambda x: np.exp(1j * x), x)
    (found,) = pullback(G)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, (G * 1j * np.exp(1j * x)).real)
    _, pullback = vjp(np.conj, Z)
    np.testing.assert_allclose(pullback(G)[0], G.conj())


def test_the_derivative_of_abs_at_0_is_0() -> None:
    assert grad(lambda z: np.abs(z))(0j) == 0


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_holomorphic(dtype: Any) -> None:
    z = Z.astype(dtype)
    value, found = value_and_grad(lambda z: np.sum(z**3), holomorphic=True)(z)
    assert (value.dtype, found.dtype) == (dtype, dtype)
    np.testing.assert_allclose(found, 3 * z**2, rtol=1e-5)
    assert grad(lambda z: z**2, holomorphic=True)(1 + 1j) == 2 + 2j
    second = grad(lambda z: grad(lambda w: w**3, holomorphic=True)(z), holomorphic=True)
    assert abs(second(1 + 1j) - 6 * (1 + 1j)) < 1e-13


def test_what_is_not_holomorphic_is_an_error() -> None:
    with pytest.raises(AdjitTypeError, match="holomorphic=True"):
        grad(lambda z: z**2)(1j)
    with pytest.raises(AdjitTypeError, match="argument x is not complex"):
        grad(lambda x: x**2, holomorphic=True)(1.0)
    with pytest.raises(AdjitTypeError, match="needs a complex scalar"):
        grad(lambda z: abs(z), holomorphic=True)(1j)


# --- compiled ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["loop", "recurrence", "branches", "views", "swapped", "matmul"])
def test_derivatives_in_native_code(name: str) -> None:
    check_grads(SMOOTH[name], (Z,))


def test_a_checkpointed_loop() -> None:
    @checkpoint
    def steps(z: Any) -> Any:
        for _ in range(6):
            z = z * z / 2 + 0.1j
        return z

    check_grads(lambda z: steps(z / 2), (Z,))


def mandelbrot(z: Any) -> Any:
    w, n = 0j, 0
    while abs(w) < 2 and n < 20:
        w = w * w + z
        n += 1
    return w


def test_a_loop_of_unknown_length() -> None:
    check_grads(mandelbrot, (0.7 + 0.5j,))


def test_nested_transforms() -> None:
    captured = np.array([1j, 2, 1 - 1j])

    def inner(z: Any, w: Any) -> Any:
        return np.sum(np.abs(z * w * captured) ** 4)

    def outer(z: Any) -> Any:
        g = grad(inner)(z, z + 1)
        value, pullback = vjp(lambda u: u * u * z, z)
        _, moved = jvp(lambda u: np.sin(u) * z, (z,), (g,))
        return np.sum((g * pullback(value)[0] + moved).real)

    check_grads(outer, (Z / 3,), order=1)


def test_constants_and_random_captures_are_read_at_each_call() -> None:
    scale = np.array([1j, 2, 3])
    function = jit(lambda x: x * scale)
    np.testing.assert_array_equal(function(Z), Z * scale)
    scale[0] = 5
    np.testing.assert_array_equal(function(Z), Z * scale)


def test_stop_gradient() -> None:
    np.testing.assert_allclose(grad(lambda z: np.sum((stop_gradient(z) * z).real))(Z), Z)


# --- how results come back ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        (Z, 2j),
        (Z.astype(np.complex64), np.complex64(1j)),
        (Z, np.complex128(1j)),
        (Z.real.copy(), np.complex128(1j)),
    ],
    ids=lambda args: f"{args[0].dtype}-{type(args[1]).__name__}",
)
def test_entries_return_what_the_general_way_does(args: tuple) -> None:
    function = jit(lambda z, w: (z * w, z[0], w + 1, {"sum": np.sum(z * z)}, abs(w)))
    first = function(*args)
    for _ in range(4):
        assert repr(function(*args)) == repr(first)
    assert len(function.entries) == 1
    both = compile_grad(lambda z, w: np.sum(np.abs(z * w) ** 2), argnums=(0, 1))
    first = both(*args)
    for _ in range(4):
        assert repr(both(*args)) == repr(first)
    assert len(both.entries) == 1
    wrong: Any = (args[0], "text")
    with pytest.raises(TypeError):
        both(*wrong)


def test_out() -> None:
    loss = compile_grad(lambda z: np.sum(np.abs(z) ** 2))
    out = np.zeros(3, complex)
    for _ in range(4):
        assert loss(Z, out=out)[1] is out
        np.testing.assert_allclose(out, 2 * Z.conj())
    with pytest.raises(ValueError, match="complex128"):
        loss(Z, out=np.zeros(3))


@pytest.mark.parametrize(
    "z",
    [
        np.repeat(Z, 2)[::2],
        Z[::-1],
        Z.astype(">c16"),
        np.array(1 + 1j),
        np.zeros((0, 2), complex),
        np.frombuffer(b"x" + Z.tobytes(), np.uint8)[1:].view(np.complex128),
    ],
    ids=["strided", "reversed", "big-endian", "0-d", "empty", "misaligned"],
)
def test_memory(z: np.ndarray) -> None:
    function = jit(lambda z: z * z + 1)
    for _ in range(3):
        np.testing.assert_allclose(function(z), z * z + 1)
    np.testing.assert_allclose(grad(lambda z: np.sum((z * z).real))(z), 2 * z)


@pytest.mark.parametrize("z", [np.clongdouble(1), np.array([1], np.clongdouble)])
def test_long_double_is_refused(z: Any) -> None:
    with pytest.raises(AdjitTypeError, match="complex128"):
        jit(lambda z: z * z)(z)


def test_paths_by_complex_conditions() -> None:
    function = jit(lambda z: z * 2 if z.real > 0 else (z.conjugate() if z == -1j else z.imag))
    assert function(1 + 1j) == 2 + 2j
    assert function(-1 + 1j) == 1.0
    assert function(-1j) == 1j


def test_check_grads_finds_a_wrong_derivative() -> None:
    def wrong(z: Any) -> Any:
        return np.sum((stop_gradient(z) * z).real)

    with pytest.raises(AssertionError, match="differences give"):
        check_grads(wrong, (Z,), order=1)


def test_a_complex_cotangent_or_tangent_of_a_real_number_is_an_error() -> None:
    x = Z.real.copy()
    with pytest.raises(AdjitTypeError, match="cannot be complex"):
        vjp(np.sin, x)[1](G)
    with pytest.raises(AdjitTypeError, match="cannot be complex"):
        jvp(np.sin, (x,), (G,))
    with pytest.raises(AdjitTypeError, match="cannot be complex"):
        jit(lambda x, g: vjp(np.sin, x)[1](g)[0])(x, G)
    np.testing.assert_allclose(vjp(np.sin, Z)[1](x)[0], x * np.cos(Z))


def test_jacobians() -> None:
    x = Z.real.copy()
    found = jacfwd(lambda x: np.exp(1j * x) * x[0])(x)
    wanted = np.diag(1j * np.exp(1j * x) * x[0])
    wanted[:, 0] += np.exp(1j * x)
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(jacrev(lambda z: np.abs(z) ** 2)(Z), np.diag(2 * Z.conj()))
    np.testing.assert_allclose(jacobian(lambda z: np.sum(np.abs(z) ** 2))(Z), 2 * Z.conj())
    for transform in (jacfwd, jacrev):
        with pytest.raises(AdjitTypeError, match="real and imaginary part"):
            transform(lambda z: z * z)(Z)
    product = hvp(lambda z: np.sum(np.abs(z) ** 4), Z, G)
    step = 1e-6
    gradient = grad(lambda z: np.sum(np.abs(z) ** 4))
    difference = (gradient(Z + step * G) - gradient(Z - step * G)) / (2 * step)
    np.testing.assert_allclose(product, difference, rtol=1e-6)
    second = hessian(lambda x: np.sum(np.abs(np.exp(1j * x) + x) ** 2))(x)
    np.testing.assert_allclose(second, np.diag(2 - 4 * np.sin(x) - 2 * x * np.cos(x)))


def test_custom_rules_may_compute_with_complex_numbers() -> None:
    @custom_vjp
    def power(x: Any) -> Any:
        return np.abs(np.fft.fft(x)) ** 2

    def forward(x: Any) -> Any:
        return np.abs(np.fft.fft(x)) ** 2, x

    def backward(x: Any, g: Any) -> Any:
        return (3.0 * np.fft.fft(g * np.fft.fft(x).conj()).real,)

    power.defvjp(forward, backward)
    x = Z.real.copy()
    found = grad(lambda x: np.sum(power(x)))(x)
    np.testing.assert_allclose(found, 3 * np.fft.fft(np.fft.fft(x).conj()).real)

    @custom_vjp
    def of_complex(z: Any) -> Any:
        return z * z

    of_complex.defvjp(lambda z: (z * z, z), lambda z, g: (g * z,))
    with pytest.raises(AdjitError, match="rule of complex numbers"):
        grad(lambda z: np.sum(of_complex(z).real))(Z)
