"""Linear algebra: errors, at recording and at run time; conventions; loops and branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
from matrix_samples import definite, matrices

from adjit import check_grads, grad, jit, jvp, vjp

from .test_linear_algebra import TALL, A, S, record, sym

L = np.linalg
Program = Callable[..., Any]

ERRORS: dict[str, Program] = {
    "not square": lambda x: L.inv(x[:2]),
    "one dimension": lambda x: L.det(x[0]),
    "solve sizes": lambda x: L.solve(x, np.ones(4)),
    "solve matrix sizes": lambda x: L.solve(x, np.ones((2, 3))),
    "solve number": lambda x: L.solve(x, 1.0),
    "batches": lambda x: L.solve(np.ones((2, 3, 3)) * x, np.ones((3, 3, 3))),
    "UPLO": lambda x: L.eigh(x, "M"),
    "qr mode": lambda x: L.qr(x, mode="none"),
    "norm order": lambda x: L.norm(x, 3),
    "norm axes": lambda x: L.norm(x, axis=(0, 0)),
    "norm axis": lambda x: L.norm(x, axis="x"),
    "vector norm order": lambda x: L.norm(x[0], "nuc"),
    "power": lambda x: L.matrix_power(x, 0.5),
    "lstsq sizes": lambda x: L.lstsq(x, np.ones(2)),
    "lstsq dimensions": lambda x: L.lstsq(x, np.ones((3, 1, 1))),
    "cond of nothing": lambda x: L.cond(x[:0]),
    "two tolerances": lambda x: L.matrix_rank(x, 0.1, rtol=0.1),
    "tensorsolve": lambda x: L.tensorsolve(x, np.ones(2)),
    "triangular sizes": lambda x: sl.solve_triangular(x, np.ones(2)),
    "banded sizes": lambda x: sl.solve_banded((2, 2), x, np.ones(3)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_numpys(name: str) -> None:
    with pytest.raises(Exception) as problem:  # noqa: PT011
        ERRORS[name](A)
    kind = L.LinAlgError if isinstance(problem.value, L.LinAlgError) else Exception
    with pytest.raises(kind):
        jit(ERRORS[name])(A)
    record(ERRORS[name], A)


# --- errors at run time ---------------------------------------------------------------------

SINGULAR: dict[str, tuple[Program, Any, str]] = {
    "inv": (lambda x: L.inv(x), np.ones((3, 3)), "Singular matrix"),
    "solve": (lambda x: L.solve(x, np.ones(3)), np.zeros((3, 3)), "Singular matrix"),
    "batch": (lambda x: L.inv(x), np.stack([np.eye(2), np.ones((2, 2))]), "Singular matrix"),
    "unused": (lambda x: (L.inv(x), x)[1], np.ones((3, 3)), "Singular matrix"),
    "power": (lambda x: L.matrix_power(x, -2), np.ones((3, 3)), "Singular matrix"),
    "cholesky": (lambda x: L.cholesky(x), -np.eye(2), "Matrix is not positive definite"),
    "cho_factor": (lambda x: sl.cho_factor(x)[0], -np.eye(2), "not positive definite"),
    "triangular": (lambda x: sl.solve_triangular(x, np.ones(2)), np.zeros((2, 2)), "singular"),
    "sqrtm": (lambda x: sl.sqrtm(x), np.diag([1.0, -1.0]), "no real square root"),
    "svd": (lambda x: L.svd(x)[1], np.full((2, 2), np.nan), "SVD did not converge"),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_no_solution_is_an_error_that_names_the_line(name: str) -> None:
    program, x, text = SINGULAR[name]
    compiled = jit(program)
    good = np.broadcast_to(np.eye(x.shape[-1]), x.shape).copy()
    for _ in range(3):
        compiled(good)
        with pytest.raises(L.LinAlgError, match=rf"test_linear_algebra_errors\.py:\d+: .*{text}"):
            compiled(x)
    with pytest.raises(L.LinAlgError, match=text):
        jit(program)(x)  # the first call records


def handled(x: Any) -> Any:
    try:
        return np.sum(np.log(np.diagonal(L.cholesky(x))))
    except L.LinAlgError:
        return -np.sum(x)


def handled_by_the_caller(x: Any) -> Any:
    def helper(y: Any) -> Any:
        return L.inv(y) + sl.solve_triangular(y, np.eye(2))

    try:
        y = helper(x)
    except (ValueError, ZeroDivisionError):
        y = 3.0 * x
    return np.sum(y)


def handled_in_a_loop(x: Any) -> Any:
    for _ in range(12):
        try:
            L.cholesky(x)
        except L.LinAlgError:
            x = x + 1.0 * np.eye(2)
    return np.sum(x * x)


@pytest.mark.parametrize("program", [handled, handled_by_the_caller, handled_in_a_loop])
def test_a_handler_of_the_error_is_a_path(program: Any) -> None:
    compiled = jit(program)
    for x in (definite(2, 2), -np.ones((2, 2)), np.zeros((2, 2)), definite(2, 2)):
        np.testing.assert_allclose(compiled(x), program(x), rtol=1e-12)
        for h in (1e-6,):
            t = np.eye(2)
            wanted = (program(x + h * t) - program(x - h * t)) / (2 * h)
            if program is handled and x[0, 0]:
                np.testing.assert_allclose(np.sum(grad(program)(x) * t), wanted, rtol=1e-6)


def test_a_decision_about_what_has_no_solution() -> None:
    def program(x: Any) -> Any:
        y = L.inv(x)
        return y * 2 if y[0, 0] > 0 else y

    with pytest.raises(L.LinAlgError, match=r"test_linear_algebra_errors\.py:\d+: Singular matrix"):
        jit(program)(np.zeros((2, 2)))


# --- conventions ----------------------------------------------------------------------------


def test_cholesky_by_the_symmetric_part() -> None:
    weights = np.arange(9.0).reshape(3, 3)
    g = grad(lambda x: np.sum(weights * L.cholesky(x)))(S)
    np.testing.assert_allclose(g, g.T)
    np.testing.assert_allclose(g, grad(lambda x: np.sum(weights * L.cholesky(sym(x))))(S))


def test_eigenvalues_by_the_triangle_that_is_read() -> None:
    assert np.all(np.triu(grad(lambda x: np.sum(L.eigh(x)[0] ** 2))(A), 1) == 0)
    assert np.all(np.tril(grad(lambda x: np.sum(L.eigh(x, "U")[0] ** 2))(A), -1) == 0)


def test_values_that_coincide_have_derivatives() -> None:
    for f in (
        lambda x: np.sum(L.eigh(x)[0]),
        lambda x: np.sum(L.svd(x)[1]),
        lambda x: L.norm(x, "nuc"),
        lambda x: L.svdvals(x).sum(),
    ):
        np.testing.assert_allclose(grad(f)(np.eye(3)), np.eye(3), atol=1e-15)
        tangent = jvp(f, (np.eye(3),), (np.full((3, 3), 2.0),))[1]
        np.testing.assert_allclose(tangent, 6.0)


def test_vectors_that_are_not_unique_have_none() -> None:
    assert not np.all(np.isfinite(grad(lambda x: np.sum(L.eigh(x)[1] ** 3))(np.eye(3))))
    with pytest.raises(NotImplementedError, match="full_matrices=False"):
        grad(lambda x: np.sum(L.svd(x)[0]))(TALL)
    with pytest.raises(NotImplementedError, match="not unique"):
        grad(lambda x: np.sum(L.qr(x, mode="complete")[0]))(TALL)


def test_what_scipy_has_and_adjit_not_is_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"scipy\.linalg\.logm is not supported"):
        jit(lambda x: sl.logm(x))(A)


# --- in loops and branches ------------------------------------------------------------------


def newton(x: Any, n: int) -> Any:
    """Solves a system in each step of a loop."""
    y = x[0] * 0.1
    for _ in range(n):
        J = x + np.outer(y, y) + 4.0 * np.eye(3)
        y = y - 0.3 * L.solve(J, y + np.sin(y) - x[1])
    return np.sum(y * y)


def filtered(x: Any, n: int) -> Any:
    """Factors that change in place, in a loop with a branch."""
    P = x @ x.T + np.eye(3)
    total = 0.0
    for i in range(n):
        if total < 2.0:
            C = L.cholesky(P)
            total = total + np.sum(np.log(np.diagonal(C)))
        else:
            total = total + L.det(P) * 0.1
        P = P + 0.1 * L.inv(P) * (i + 1)
    return total


def growing(x: Any, n: int) -> Any:
    """Matrices of another size in each iteration."""
    total = 0.0
    for i in range(1, n):
        total = total + np.sum(L.solve(x[:i, :i] + 4.0 * np.eye(i), x[:i, 0]))
    return total


@pytest.mark.parametrize("program", [newton, filtered, growing])
def test_loops(program: Any) -> None:
    n = 4 if program is growing else 12
    compiled = jit(program)
    np.testing.assert_allclose(compiled(A, n), program(A, n), rtol=1e-10)
    check_grads(lambda x: program(x, n), (A,), order=2)


def test_an_error_in_a_loop() -> None:
    def program(x: Any, n: int) -> Any:
        for i in range(n):
            x = L.inv(x - i * np.eye(2))
        return x

    compiled = jit(program)
    compiled(np.diag([3.0, 5.0]), 3)
    with pytest.raises(L.LinAlgError, match=r"test_linear_algebra_errors\.py:\d+: Singular matrix"):
        compiled(np.ones((2, 2)), 40)


def test_transforms_nest() -> None:
    v = matrices(3, 3, seed=5)
    f = lambda x: L.slogdet(x @ x.T + np.eye(3))[1]  # noqa: E731
    wanted = (grad(f)(A + 1e-6 * v) - grad(f)(A - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(jvp(grad(f), (A,), (v,))[1], wanted, rtol=1e-7)
    value, back = vjp(lambda x: L.inv(x), A)
    (g,) = back(v)
    np.testing.assert_allclose(g, -value.T @ v @ value.T, rtol=1e-12)
