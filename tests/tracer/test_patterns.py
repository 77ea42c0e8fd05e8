"""Patterns of sparse Jacobians: what they rest on, and that they are never too small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sparsity_checks import check_contains

from adjit import custom_jvp, custom_vjp, grad, hessian, jacobian, jacrev
from adjit.tracer.errors import AdjitError

from .loop_sources import sources
from .test_loop_programs import PHASES, arguments, make, seeds
from .test_sparse import X, check, products


def test_each_path_has_its_pattern() -> None:
    def f(x: Any) -> Any:
        if x[0] > 0:
            return x[1:] * x[:-1]
        return x * x.sum() if x[1] > 0 else x

    sparse, dense = jacobian(f, sparse=True), jacobian(f)
    signs = np.ones(8)
    calls = [X, -X, X * np.where(np.arange(8) == 0, -1, signs)]
    for x in (*calls, *calls[::-1]):
        np.testing.assert_allclose(sparse(x).toarray(), dense(x))
        assert sparse.sparsity(x).nnz == sparse(x).nnz
    assert sparse.recordings == 3
    assert products(sparse) == [2, 1, 8]


def test_zeros_of_a_matrix_are_guarded() -> None:
    matrix = np.eye(8)[1:] - np.eye(8)[:-1]

    def f(x: Any, a: Any) -> Any:
        return a @ x**2

    sparse = jacobian(f, sparse=True)
    for number in range(9):
        np.testing.assert_allclose(sparse(X, matrix).toarray(), matrix * 2 * X)
        matrix[(3 * number) % 7, (5 * number) % 8] += 0.5
    assert products(sparse)[0] == 2
    assert products(sparse)[-1] == 7  # nothing is assumed any more
    assert sparse.recordings == 5
    sparse(X, np.ones((7, 8)))
    assert sparse.recordings == 5


def test_captured_matrices_and_positions() -> None:
    matrix, positions = np.diag(np.arange(1.0, 9.0)), np.array([0, 2, 3, 3, 7])

    def f(x: Any) -> Any:
        return (matrix @ np.sin(x))[positions] * x[positions - 1]

    sparse, dense = jacobian(f, sparse=True), jacobian(f)
    np.testing.assert_allclose(sparse(X).toarray(), dense(X))
    assert products(sparse) == [2]
    positions = np.array([5, 4, 3, 0, 1])
    np.testing.assert_allclose(sparse(X).toarray(), dense(X))
    matrix = matrix * 2  # the same zeros
    np.testing.assert_allclose(sparse(X).toarray(), dense(X))
    assert sparse.recordings == 2
    matrix = matrix + np.eye(8)[::-1]
    np.testing.assert_allclose(sparse(X).toarray(), dense(X))
    assert sparse.recordings == 3


def test_numbers_that_decide() -> None:
    def f(x: Any, mask: Any, n: int, s: float) -> Any:
        y = np.where(mask, x, x[0] * s)
        for _ in range(n):
            y[1:] += y[:-1] ** 2
        return y

    sparse, dense = jacobian(f, sparse=True), jacobian(f)
    for mask in (X > 1, X > 0.7):
        for n in (0, 1, 3):
            for s in (0.0, 2.0):
                np.testing.assert_allclose(sparse(X, mask, n, s).toarray(), dense(X, mask, n, s))


def test_rules_of_the_user_need_not_be_symmetric() -> None:
    @custom_vjp
    def odd(x: Any) -> Any:
        return np.sum(x)

    odd.defvjp(lambda x: (np.sum(x), x), lambda x, g: (g * np.array([x[1], 0.0, x[0] * x[2]]),))
    check(hessian, lambda x: odd(x), np.array([1.0, 2.0, 3.0]))


def test_rules_of_the_user_have_patterns() -> None:
    @custom_jvp
    def softplus(x: Any) -> Any:
        return np.logaddexp(x, 0.0)

    softplus.defjvp(lambda xs, ts: (np.logaddexp(xs[0], 0.0), ts[0] / (1 + np.exp(-xs[0]))))

    @custom_vjp
    def steps(x: Any, z: Any) -> Any:
        return np.diff(x) * z

    steps.defvjp(
        lambda x, z: (np.diff(x) * z, (x, z)),
        lambda kept, g: (
            np.concatenate([[0.0], g * kept[1]]) - np.concatenate([g * kept[1], [0.0]]),
            g * np.diff(kept[0]),
        ),
    )
    assert products(check(jacobian, lambda x: softplus(x) * 2, X)) == [1]
    assert products(check(hessian, lambda x: np.sum(softplus(x)), X)) == [1]
    # Rows, as there is no tangent.
    assert products(check(jacobian, lambda x: steps(x, x[1:] * 3), X)) == [2]
    f = lambda x: np.sum(steps(x, x[1:]) ** 2)  # noqa: E731
    found = hessian(f, sparse=True)
    np.testing.assert_allclose(found(X).toarray(), jacrev(grad(f))(X), rtol=1e-12)
    assert products(found) == [3]
    mixed = jacobian(lambda x, z: steps(x * z, z[1:]), sparse=True)(X, X)
    np.testing.assert_allclose(mixed.toarray(), (np.eye(8)[1:] - np.eye(8)[:-1]) * X * X[1:, None])


def test_random_numbers_are_not_assumed() -> None:
    def f(x: Any) -> Any:
        return (
            x * np.random.default_rng(3).integers(0, 2, 8)
            + x[np.random.default_rng(4).integers(0, 8, 8)]
        )

    check(jacobian, f, X)


# --- generated programs ---------------------------------------------------------------------------


@settings(phases=PHASES, max_examples=12)
@given(sources(), seeds)
def test_loop_programs(text: str, seed: int) -> None:
    check_loop_program(text, seed)


@pytest.mark.slow
@settings(phases=PHASES, max_examples=80)
@given(sources(), seeds)
def test_loop_programs_at_length(text: str, seed: int) -> None:
    check_loop_program(text, seed + 1)


def check_loop_program(text: str, seed: int) -> None:
    """The pattern of a gradient holds its derivative, whatever is known of other arguments."""
    x, y, n = arguments(seed)
    y = y * (np.random.default_rng(seed).random(y.shape) < 0.6)
    program = make(text)
    try:
        weights = np.ones(np.shape(program.f(x.copy(), y.copy(), n)))
        graph = grad(program.loss).adjoint(x, y, n, weights)
    except (AdjitError, IndexError):  # a refusal, or an error of NumPy's own
        return
    args = {"x": x, "y": y, "n": n, "w": weights}
    given = [np.asarray(args[value.attr("name")]) for value in graph.inputs]
    place = [value.attr("name") for value in graph.inputs].index("x")
    for assume in (False, True):
        check_contains(graph, [place], given, assume=assume)
