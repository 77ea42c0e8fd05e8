"""Sparse Jacobians and Hessians: equal to the dense ones, and with few products."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse

from adjit import grad, hessian, jacfwd, jacobian, jacrev, jit
from adjit.tracer.errors import AdjitNotImplementedError, AdjitTypeError

X = np.linspace(0.5, 1.5, 8)


def products(function: Any) -> list[int]:
    """How many products each path takes, as `explain` says."""
    lines = [line for line in function.explain().splitlines() if " products instead of " in line]
    return [int(line.split(": ")[1].split()[0]) for line in lines]


def check(transform: Callable, f: Callable, *args: Any, argnums: Any = 0) -> Any:
    """The sparse form has the numbers of the dense one, and a pattern that holds them."""
    sparse = transform(f, argnums, sparse=True)
    found, wanted = sparse(*args), np.asarray(transform(f, argnums)(*args))
    assert isinstance(found, scipy.sparse.csr_array)
    assert found.has_canonical_format
    assert found.dtype == wanted.dtype
    wanted = wanted.reshape(found.shape)
    scale = np.max(np.abs(wanted), initial=1.0)
    tolerance = 1e-5 if wanted.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found.toarray(), wanted, rtol=tolerance, atol=tolerance * scale)
    where = sparse.sparsity(*args)
    assert where.dtype == bool
    np.testing.assert_array_equal(where.indices, found.indices)
    np.testing.assert_array_equal(where.indptr, found.indptr)
    return sparse


# --- patterns that are known ----------------------------------------------------------------------


def rosen(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosen_loop(x: Any) -> Any:
    s = 0.0
    for i in range(len(x) - 1):
        s += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
    return s


def rosen_while(x: Any) -> Any:
    i, s = 0, 0.0
    while i < len(x) - 1:
        s, i = s + 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2, i + 1
    return s


def rosen_diff(x: Any) -> Any:
    y = np.diff(x) + x[:-1] - x[:-1] ** 2
    return np.sum(100 * y**2) + np.sum((1 - x[:-1]) ** 2)


def rosen_in_place(x: Any) -> Any:
    y = x.copy()
    y[1:] -= x[:-1] ** 2
    y[1:] *= y[1:]
    return 100 * np.sum(y[1:]) + np.sum((1 - x[:-1]) ** 2)


def rosen_matrices(x: Any) -> Any:
    up, low = np.eye(len(x))[1:], np.eye(len(x))[:-1]
    return np.sum(100 * (up @ x - (low @ x) ** 2) ** 2 + (1 - low @ x) ** 2)


def rosen_gather(x: Any) -> Any:
    k = np.arange(len(x) - 1)
    return np.sum(100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2)


ROSEN = [
    rosen,
    rosen_loop,
    rosen_while,
    rosen_diff,
    rosen_in_place,
    rosen_matrices,
    rosen_gather,
]


@pytest.mark.parametrize("f", ROSEN)
def test_rosenbrock_is_tridiagonal_however_it_is_written(f: Callable) -> None:
    x = np.linspace(-1, 1, 12)
    h = hessian(f, sparse=True)
    found = h(x)
    np.testing.assert_allclose(found.toarray(), scipy.optimize.rosen_hess(x), rtol=1e-12)
    assert found.nnz == 3 * 12 - 2
    assert products(h) == [3]


def test_hessian_of_rosenbrock_with_100_variables() -> None:
    x = np.linspace(-1, 1, 100)
    wanted = scipy.optimize.rosen_hess(x)
    np.testing.assert_allclose(hessian(rosen)(x), wanted, rtol=1e-12)
    h = hessian(lambda x: rosen(x), sparse=True)
    np.testing.assert_allclose(h(x).toarray(), wanted, rtol=1e-12)
    i = np.arange(100)
    np.testing.assert_array_equal(h.sparsity(x).toarray(), abs(i - i[:, None]) <= 1)
    assert products(h) == [3]
    assert "3 products instead of 100" in h.explain()
    assert h.recordings == 1


def test_ten_thousand_variables() -> None:
    x = np.linspace(-1, 1, 10_000)
    v = np.cos(x)
    found = hessian(rosen, sparse=True)(x)
    assert found.nnz == 29998
    np.testing.assert_allclose(found @ v, scipy.optimize.rosen_hess_prod(x, v), rtol=1e-9)


def laplacian(u: Any) -> Any:
    u = u.reshape(6, 6)
    r = u**3 - 4 * u
    r[1:] += u[:-1]
    r[:-1] += u[1:]
    r[:, 1:] += u[:, :-1]
    r[:, :-1] += u[:, 1:]
    return r.ravel()


def blocks(x: Any) -> Any:
    z = x.reshape(-1, 2)
    return (z * z.sum(axis=1, keepdims=True)).ravel()


def residuals(x: Any) -> Any:
    return np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x])


JACOBIANS: list[tuple[Callable, int, int]] = [
    # function, products, elements of its Jacobian
    (lambda x: np.sin(x) * 2, 1, 8),
    (lambda x: x[1:] * x[:-1], 2, 14),
    (residuals, 2, 22),
    (blocks, 2, 16),
    (lambda x: x[::-1] ** 2, 1, 8),
    (lambda x: np.cumsum(x)[:3], 3, 6),
    (lambda x: x * x[0], 2, 15),  # a full column: a product of its own
    (lambda x: np.array([np.sum(x * x), x[0], x[1]]), 2, 10),  # a full row: in reverse
    (lambda x: np.concatenate([[np.sum(x)], x * x[0]]), 8, 23),  # both: nothing pays
    (lambda x: np.outer(x[:3], x[5:]), 2, 18),
    (lambda x: np.roll(x, 1) - 2 * x + np.roll(x, -1), 5, 24),  # a ring, for which 4 would do
    (lambda x: np.sort(x), 8, 64),
    (lambda x: np.convolve(x, [1.0, 2.0, 1.0]), 3, 24),
    (lambda x: np.where(x > 1, x**2, 0.0), 1, 8),
    (lambda x: np.eye(8)[::2] @ x, 1, 4),
    (lambda x: np.ones(3), 0, 0),
    (lambda x: x[:0], 0, 0),
    (lambda x: np.floor(x) + np.sign(x), 0, 0),
    (lambda x: x[3], 1, 1),
]


@pytest.mark.parametrize(("f", "count", "elements"), JACOBIANS)
def test_products_of_jacobians(f: Callable, count: int, elements: int) -> None:
    sparse = check(jacobian, f, X)
    assert (products(sparse), sparse(X).nnz) == ([count], elements)


def test_each_direction() -> None:
    for f in (residuals, blocks, lambda x: x * x[0], lambda x: x.reshape(2, 4)[:, 1:] ** 2):
        for transform in (jacfwd, jacrev):
            check(transform, f, X)
    assert products(check(jacfwd, lambda x: x * x[0], X)) == [2]
    assert products(check(jacrev, lambda x: x * x[0], X)) == [8]


def test_a_stencil_in_two_dimensions() -> None:
    u = np.linspace(0, 1, 36)
    (count,) = products(check(jacobian, laplacian, u))
    assert count <= 7
    (count,) = products(check(hessian, lambda u: np.sum(laplacian(u) * u**2), u))
    assert count <= 7


HESSIANS: list[tuple[Callable, int]] = [
    (lambda x: np.sum(x**3), 1),
    (lambda x: np.sum(x[0] * x[1:] ** 2) + x[0] ** 3, 2),  # an arrowhead
    (lambda x: np.sum(x[-1] * x[:-1] ** 2) + rosen(x[:-1]), 4),  # with a band
    (lambda x: np.sum(x[0] * x[1:] + x[1] * x[:-1] ** 2), 3),
    (lambda x: np.sum(x), 0),
    (lambda x: np.sum(x) ** 2, 8),
    (lambda x: np.sum(blocks(x) ** 2), 2),
    (lambda x: np.sum(x[2:] * x[1:-1] * x[:-2]), 5),
    (lambda x: x[0] * x[7], 1),
]


@pytest.mark.parametrize(("f", "most"), HESSIANS)
def test_products_of_hessians(f: Callable, most: int) -> None:
    (count,) = products(check(hessian, f, X))
    assert count <= most


def test_sizes_types_and_shapes() -> None:
    for x in (np.zeros(0), np.ones(1), np.float32(X), X.reshape(2, 4), 2.0, np.float32(2.0)):
        for transform in (jacobian, jacfwd, jacrev):
            check(transform, lambda x: np.asarray(x) ** 2 * np.ones(1), x)
        check(hessian, lambda x: np.sum(x**3), x)
    table = jacobian(lambda x: x.T * 2, sparse=True)(X.reshape(2, 4))
    assert table.shape == (8, 8)
    f = jacobian(lambda x: x[1:] * x[:-1], sparse=True)
    assert [f(X[:n]).shape for n in (2, 5, 8)] == [(1, 2), (4, 5), (7, 8)]
    check(jacobian, lambda n, x: x * n, 3, X, argnums=1)
    with pytest.raises(AdjitTypeError, match="int64"):
        jacobian(lambda x: x * 1.0, sparse=True)(np.arange(3))
    with pytest.raises(AdjitTypeError, match="floating-point arguments and results, not int64"):
        jacobian(lambda x: x.astype(int), sparse=True)(X)


# --- structures -----------------------------------------------------------------------------------


def test_containers() -> None:
    def f(p: Any, b: Any) -> Any:
        return {"y": p["w"] * b, "z": p["c"][0] * b.sum()}

    p, b = {"w": np.array([1.0, 2.0]), "c": [3.0, None]}, np.array([5.0, 7.0])
    for transform in (jacobian, jacfwd, jacrev):
        found, wanted = transform(f, (0, "b"), sparse=True)(p, b), transform(f, (0, "b"))(p, b)
        for name in "yz":
            (by_p, by_b), (dense_p, dense_b) = found[name], wanted[name]
            assert by_p["c"][1] is None
            pairs = [(by_p["w"], dense_p["w"]), (by_p["c"][0], dense_p["c"][0]), (by_b, dense_b)]
            for sparse, dense in pairs:
                np.testing.assert_array_equal(sparse.toarray(), dense.reshape(sparse.shape))
    where = jacobian(f, (0, "b"), sparse=True).sparsity(p, b)
    assert where["y"][0]["w"].toarray().tolist() == np.eye(2, dtype=bool).tolist()


def test_hessian_of_a_structure() -> None:
    def f(p: Any) -> Any:
        return np.sum(p["a"][1:] * p["a"][:-1]) * p["b"] + np.sum(p["a"] ** 3)

    p = {"a": np.arange(5.0), "b": 2.0}
    h = hessian(f, sparse=True)
    found, wanted = h(p), hessian(f)(p)
    for one in "ab":
        for other in "ab":
            dense = np.reshape(wanted[one][other], found[one][other].shape)
            np.testing.assert_allclose(found[one][other].toarray(), dense)
    assert products(h) == [4]


def test_methods_and_captured_objects() -> None:
    class Model:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def apply(self, x: Any) -> Any:
            return self.scale * x**2

    model = Model(3.0)
    for scale in (3.0, 4.0):
        model.scale = scale
        found = jacobian(model.apply, sparse=True)(X)
        np.testing.assert_allclose(found.toarray(), np.diag(2 * scale * X))


# --- use ------------------------------------------------------------------------------------------


def test_results_are_the_callers() -> None:
    f = jacobian(residuals, sparse=True)
    first = f(X)
    first.indices[:] = 0
    first.data[:] = 0
    np.testing.assert_allclose(f(X).toarray(), jacobian(residuals)(X))


def test_one_call() -> None:
    def cubes(x: Any) -> Any:
        return x[1:] ** 3 - x[:-1]

    f = jacobian(cubes, sparse=True)
    for x in (X, X + 1, X * 2):
        np.testing.assert_allclose(f(x).toarray(), jacobian(cubes)(x))
    assert (f.recordings, f.native_calls) == (1, 3)
    assert jacobian(cubes, sparse=True) is f


def test_inside_of_a_recording_it_is_an_error() -> None:
    f = jacobian(residuals, sparse=True)
    for outer in (jit(lambda x: f(x)), grad(lambda x: f(x).sum()), jit(lambda x: f.sparsity(x))):
        with pytest.raises(
            AdjitNotImplementedError, match=r"test_sparse.py:\d+: a sparse Jacobian"
        ):
            outer(X)


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(AdjitTypeError, match="real arguments and results, not complex128"):
        jacobian(lambda x: x * 1j, sparse=True)(X)
    with pytest.raises(AdjitTypeError, match="real arguments and results, not complex128"):
        jacobian(lambda x: x.real, sparse=True)(X + 0j)
    check(jacobian, lambda x: np.abs(np.exp(1j * x) * x) ** 2, X)


def test_scipys_optimizers() -> None:
    x0 = np.full(30, 0.5)
    found = scipy.optimize.least_squares(residuals, x0, jac=jacobian(residuals, sparse=True))
    np.testing.assert_allclose(found.x, 1.0)
    found = scipy.optimize.minimize(
        rosen, x0, jac=grad(rosen), hess=hessian(rosen, sparse=True), method="trust-constr"
    )
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_scipy_sparse_is_imported_when_used() -> None:
    program = "import sys, adjit; adjit.jacobian; assert 'scipy.sparse' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
