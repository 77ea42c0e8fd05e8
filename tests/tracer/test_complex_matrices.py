"""Linear algebra of complex matrices, and eigenvalues that are complex: values, dtypes and shapes
against NumPy's, derivatives to second order against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import check_first, check_second
from matrix_samples import matrices

from adjit import grad, jit, jvp
from adjit.ir.graph import Graph

from .parts import compare, packed

L = np.linalg
Program = Callable[..., Any]

ORDERS = (2, -2, 1, np.inf, "fro", "nuc")


def hermitian(z: Any) -> Any:
    return z @ np.conj(np.swapaxes(z, -1, -2)) + np.eye(z.shape[-1])


def _cond(p: Any) -> Program:
    return lambda z: L.cond(z, p)


def _norm(p: Any) -> Program:
    return lambda z: L.norm(z, p, axis=(-2, -1))


SQUARE: dict[str, Program] = {
    "inv": lambda z: L.inv(z),
    "power": lambda z: L.matrix_power(z, -3),
    "solve": lambda z: L.solve(z, z[..., :2] * z[..., :1]),
    "solve vector": lambda z: L.solve(z, np.arange(z.shape[-1])),
    "solve real": lambda z: L.solve(z.real, 1j * z.imag),
    "det": lambda z: L.det(z),
    "slogdet": lambda z: tuple(L.slogdet(z)),
    "cholesky": lambda z: L.cholesky(hermitian(z)),
    "cholesky upper": lambda z: L.cholesky(hermitian(z), upper=True),
    "eigvalsh": lambda z: L.eigvalsh(z),
    "eigvalsh upper": lambda z: L.eigvalsh(z, "U"),
    "eigh": lambda z: tuple(L.eigh(z)),
    "eigh upper": lambda z: tuple(L.eigh(z, "U")),
    "eigvals": lambda z: L.eigvals(z),
    "eig": lambda z: tuple(L.eig(z)),
    "svd hermitian": lambda z: L.svd(z, compute_uv=False, hermitian=True),
    "rank hermitian": lambda z: L.matrix_rank(z, hermitian=True),
    **{f"cond {p}": _cond(p) for p in ORDERS},
}
ANY: dict[str, Program] = {
    "pinv": lambda z: L.pinv(z),
    "svdvals": lambda z: L.svdvals(z),
    "svd": lambda z: L.svd(z, compute_uv=False),
    "rank": lambda z: L.matrix_rank(z),
    **{f"norm {p}": _norm(p) for p in ORDERS},
}
SINGLE: dict[str, Program] = {
    "lstsq": lambda z: L.lstsq(z, z[:, :1] * z)[::3],
    "lstsq real": lambda z: L.lstsq(z.real, z[:, 0])[::3],
    "tensorsolve": lambda z: L.tensorsolve(z.reshape(3, 3, 1), z[0]),
    "tensorinv": lambda z: L.tensorinv(z, 1),
}
SHAPES = {"square": [(3, 3), (2, 2, 2), (1, 1)], "any": [(3, 3), (3, 2), (2, 2, 3)]}
CASES = (
    [(name, SQUARE[name], shape) for name in SQUARE for shape in SHAPES["square"]]
    + [(name, ANY[name], shape) for name in ANY for shape in SHAPES["any"]]
    + [(name, SINGLE[name], (3, 3)) for name in SINGLE]
)


def label(x: Any) -> str:
    return "" if callable(x) else str(x)


def flat(y: Any) -> list[Any]:
    return [z for part in y for z in flat(part)] if isinstance(y, tuple | list) else [y]


def numbers(*shape: int) -> np.ndarray:
    return np.asarray(matrices(*shape, seed=2) + 1j * matrices(*shape, seed=7))


def check(program: Program, x: np.ndarray, is_smooth: bool = True) -> None:
    graph = compare(program, x, ulps=1e5)
    if is_smooth:
        graph = Graph(graph.inputs, graph.values, graph.outputs)
        assert check_first(graph, [packed(x)])
        check_second(graph, [packed(x)])


@pytest.mark.parametrize(("name", "program", "shape"), CASES, ids=label)
def test_values_and_derivatives(name: str, program: Program, shape: tuple[int, ...]) -> None:
    is_constant = name.startswith("rank") or (name.startswith("cond") and shape == (1, 1))
    check(program, numbers(*shape), not is_constant)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_native_code(dtype: Any) -> None:
    """All programs as one function, whose gradient goes along with its tangent."""
    x = numbers(3, 3).astype(dtype)
    programs = [*SQUARE.values(), *ANY.values(), *SINGLE.values()]

    def several(z: Any) -> Any:
        return [y for program in programs for y in flat(program(z))]

    def total(z: Any) -> Any:
        return sum(np.sum(np.real(y * np.conj(y))) for y in several(z))

    limit = 1e-10 if dtype == np.complex128 else 2e-3
    for y, wanted in zip(jit(several)(x), several(x), strict=True):
        assert (y.dtype, np.shape(y)) == (wanted.dtype, np.shape(wanted))
        np.testing.assert_allclose(y, wanted, rtol=limit, atol=limit)
    t = (1j * numbers(3, 3).T).astype(dtype)
    along = np.sum(np.real(grad(total)(x) * t))
    np.testing.assert_allclose(jvp(total, (x,), (t,))[1], along, rtol=limit)


@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (2, 0, 0)])
def test_nothing(shape: tuple[int, ...]) -> None:
    z = np.zeros(shape, complex)
    names = ("inv", "power", "det", "slogdet", "cholesky", "eigvalsh", "eigh", "eigvals", "eig")
    for program in [SQUARE[name] for name in names] + [ANY["svdvals"], ANY["pinv"]]:
        for y, wanted in zip(flat(jit(program)(z)), flat(program(z)), strict=True):
            assert (y.dtype, np.shape(y)) == (wanted.dtype, np.shape(wanted))
            np.testing.assert_array_equal(y, wanted)


# --- eigenvalues of real matrices -----------------------------------------------------------

PAIR = np.array([[1.0, 2.0, 0.1], [-2.0, 1.5, 0.2], [0.3, 0.1, 4.0]])
REAL = np.array([[1.0, 2.0, 0.1], [0.3, 2.5, 0.2], [0.3, 0.1, 4.0]])


@pytest.mark.parametrize("x", [PAIR, REAL, np.stack([REAL, PAIR]), np.stack([REAL, REAL.T])])
def test_eigenvectors_of_real_matrices(x: np.ndarray) -> None:
    check(lambda x: tuple(L.eig(x)), x)


def test_the_dtype_of_eigenvalues_is_a_path() -> None:
    values, both = jit(lambda x: L.eigvals(x)), jit(lambda x: tuple(L.eig(x)))
    for x in (REAL, PAIR, REAL.T, np.eye(3), PAIR.T, np.zeros((3, 3)), np.arange(9).reshape(3, 3)):
        for found, wanted in zip([values(x), *both(x)], [L.eigvals(x), *L.eig(x)], strict=True):
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)
    for x in (np.full((3, 3), np.nan), np.full((3, 3), np.inf)):
        with pytest.raises(L.LinAlgError, match="must not contain infs or NaNs"):
            values(x)
    np.testing.assert_allclose(values(REAL), L.eigvals(REAL))


def test_eigenvalues_in_a_loop() -> None:
    def program(x: Any, n: int) -> Any:
        for _ in range(n):
            x = x + 0.01 * np.sum(np.abs(L.eigvals(x)) ** 2) * x
        return np.sum(x)

    for x in (PAIR, REAL):
        np.testing.assert_allclose(jit(program)(x, 5), program(x, 5), rtol=1e-12)
        t = matrices(3, 3)
        wanted = (program(x + 1e-5 * t, 5) - program(x - 1e-5 * t, 5)) / 2e-5
        np.testing.assert_allclose(np.sum(grad(program)(x, 5) * t), wanted, rtol=1e-7)


def test_eigenvalues_that_coincide() -> None:
    for program in (
        lambda x: np.sum(np.real(L.eigvals(x))),
        lambda x: np.sum(L.eigvalsh(x)),
        lambda x: np.sum(L.svdvals(x)),
    ):
        for x in (np.eye(3), np.eye(3) + 0j):
            np.testing.assert_allclose(grad(program)(x), np.eye(3), atol=1e-15)
    assert not np.any(np.isfinite(grad(lambda x: np.sum(L.eigvals(x) ** 2))(np.tri(2))))
    assert not np.any(np.isfinite(grad(lambda x: np.sum(np.abs(L.eig(x)[1])))(np.tri(3))))
    assert not np.all(np.isfinite(grad(lambda x: np.sum(np.abs(L.eigh(x)[1])))(np.eye(3) + 0j)))


# --- errors ---------------------------------------------------------------------------------


def test_no_solution_is_an_error() -> None:
    for program, text in (
        (lambda z: L.inv(z), "Singular matrix"),
        (lambda z: L.solve(z, np.ones(2)), "Singular matrix"),
        (lambda z: L.cholesky(z), "not positive definite"),
    ):
        with pytest.raises(L.LinAlgError, match=text):
            jit(program)(np.ones((2, 2)) * (1j - 1))


def test_a_singular_determinant_has_no_derivative() -> None:
    z = matrices(3, 2) @ matrices(2, 3) * (1 + 0.3j)
    for x in (z, np.ones((3, 3), complex), np.zeros((2, 2), complex)):
        np.testing.assert_allclose(jit(lambda z: L.det(z))(x), 0.0, atol=1e-14)
        assert not np.any(np.isfinite(grad(lambda z: np.real(L.det(z)))(x)))
    scaled = np.diag([1e-9, 1e9j])
    wanted = L.det(scaled) * L.inv(scaled).T
    np.testing.assert_allclose(grad(lambda z: np.real(L.det(z)))(scaled), wanted, rtol=1e-14)


@pytest.mark.parametrize("program", [lambda z: L.svd(z), lambda z: L.qr(z)])
def test_what_is_refused(program: Program) -> None:
    with pytest.raises(NotImplementedError, match="complex"):
        jit(program)(np.eye(2) * 1j)
