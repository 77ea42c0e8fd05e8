"""Jacobians, Hessians and products with them, against formulas and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

from adjit import check_grads, grad, hessian, hvp, jacfwd, jacobian, jacrev, jit, jvp, vjp
from adjit.tracer.errors import AdjitTypeError

X = np.linspace(0.5, 1.5, 6)
BOTH = pytest.mark.parametrize("transform", [jacrev, jacfwd])


def several(x: Any) -> Any:
    return np.array([np.sin(x[0]) * x[1], x[2] ** 2, (x * x).sum(), x[3] * x[4]])


def rosen(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def table(x: Any) -> Any:
    return np.outer(np.exp(x[:2]), np.cos(x[1:4]))


def looped(x: Any) -> Any:
    y = x.copy()
    for i in range(5):
        y[i + 1] += np.sin(y[i]) * x[0]
    return y


def branched(x: Any) -> Any:
    return x[:2] * x[2] if x.sum() > 0 else x[:2] ** 3


def differences(f: Any, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Jacobian by central differences, as an array of result axes and then argument axes."""
    columns = []
    for n in range(x.size):
        e = np.zeros(x.size)
        e[n] = step
        e = e.reshape(x.shape)
        columns.append((np.asarray(f(x + e)) - np.asarray(f(x - e))) / (2 * step))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *x.shape)


@BOTH
@pytest.mark.parametrize("f", [several, rosen, table, looped, branched])
def test_same_as_differences(transform: Any, f: Any) -> None:
    found = transform(f)(X)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, differences(f, X), rtol=1e-7, atol=1e-7)


@BOTH
def test_shapes_and_types(transform: Any) -> None:
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    found = transform(lambda x: x.T * 2)(x)
    assert found.shape == (3, 2, 2, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.reshape(6, 6).sum(axis=1), np.full(6, 2))
    assert transform(lambda x: x[1] * x[2])(X).tolist() == [0, X[2], X[1], 0, 0, 0]
    assert transform(lambda s: s**3)(2.0) == 12.0
    assert transform(lambda s: s * np.ones(2))(2.0).tolist() == [1, 1]
    assert transform(lambda x: x)(np.zeros(0)).shape == (0, 0)
    assert transform(lambda x: x[:0])(X).shape == (0, 6)
    assert transform(lambda x: np.ones(2))(X).tolist() == np.zeros((2, 6)).tolist()


@BOTH
def test_containers(transform: Any) -> None:
    def f(p: Any, b: Any) -> Any:
        return {"y": p["w"] * b, "z": (p["c"][0] * b.sum(), 1)}

    p = {"w": np.array([1.0, 2.0]), "c": [3.0, None]}
    b = np.array([5.0, 7.0])
    found = transform(lambda p, b: {"y": p["w"] * b, "z": p["c"][0] * b.sum()}, (0, "b"))(p, b)
    by_p, by_b = found["y"]
    np.testing.assert_array_equal(by_p["w"], np.diag(b))
    assert by_p["c"][0].tolist() == [0, 0]
    assert by_p["c"][1] is None
    np.testing.assert_array_equal(by_b, np.diag(p["w"]))
    by_p, by_b = found["z"]
    assert by_p["w"].tolist() == [0, 0]
    assert by_p["c"][0] == 12
    assert by_b.tolist() == [3, 3]
    with pytest.raises(AdjitTypeError, match="floating-point results, not int64"):
        transform(f)(p, b)
    with pytest.raises(AdjitTypeError, match="int64"):
        transform(several)(np.arange(6))


def test_hessian_is_scipys() -> None:
    for x in (X, np.linspace(-1, 1, 100)):
        wanted = scipy.optimize.rosen_hess(x)
        np.testing.assert_allclose(hessian(rosen)(x), wanted, rtol=1e-12, atol=1e-10)
        v = np.cos(x)
        np.testing.assert_allclose(hvp(rosen, x, v), wanted @ v, rtol=1e-11)


def test_products() -> None:
    def f(p: Any, scale: Any) -> Any:
        return scale * (p["a"] ** 2 * p["b"]).sum()

    p = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    v = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}
    found = hvp(f, p, v, 2.0)
    np.testing.assert_allclose(found["a"], [12.0, 8.0])
    np.testing.assert_allclose(found["b"], [4.0, 0.0])
    blocks = hessian(f)(p, 2.0)
    np.testing.assert_allclose(blocks["a"]["b"], np.diag([4.0, 8.0]))


def test_they_nest() -> None:
    third = jacobian(hessian(rosen))(X)
    wanted = differences(scipy.optimize.rosen_hess, X)
    np.testing.assert_allclose(third, wanted, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(jacfwd(jacrev(grad(rosen)))(X), wanted, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(grad(lambda x: np.trace(hessian(rosen)(x)))(X), wanted.trace())
    _, t = jvp(jacrev(several), (X,), (np.ones(6),))
    np.testing.assert_allclose(t, jacfwd(jacrev(several))(X).sum(axis=-1))
    _, pullback = vjp(jacfwd(several), X)
    np.testing.assert_allclose(
        pullback(np.ones((4, 6)))[0], hessian(lambda x: several(x).sum())(X).sum(0)
    )
    check_grads(lambda x: (jacrev(several)(x) ** 2).sum(), (X,))


def test_newtons_method_compiles_once() -> None:
    @jit
    def step(x: Any) -> Any:
        h, g = hessian(rosen)(x), grad(rosen)(x)
        # Two sweeps of Gauss and Seidel, to have no solver in the test.
        d = np.zeros(len(x))
        for _ in range(2):
            for i in range(len(x)):
                d[i] = (g[i] - h[i, :i] @ d[:i] - h[i, i + 1 :] @ d[i + 1 :]) / h[i, i]
        return x - d

    def plain(x: np.ndarray) -> np.ndarray:
        h, g, d = scipy.optimize.rosen_hess(x), scipy.optimize.rosen_der(x), np.zeros(len(x))
        for _ in range(2):
            for i in range(len(x)):
                d[i] = (g[i] - h[i, :i] @ d[:i] - h[i, i + 1 :] @ d[i + 1 :]) / h[i, i]
        return x - d

    x = X
    for _ in range(5):
        np.testing.assert_allclose(step(x), plain(x), rtol=1e-10)
        x = step(x)
    assert step.recordings == 1


def test_one_call() -> None:
    f = jacrev(several)
    for x in (X, X + 1, X * 2):
        f(x)
    assert f.recordings == 1
    assert f.native_calls == 3
    assert jacrev(several) is f
    assert "recorded loops" in f.explain()


def test_work_that_rows_share_is_done_once() -> None:
    def shared(x: Any) -> Any:
        return np.exp(x) * np.sin(x)

    f = jacrev(shared)
    f(X)
    (body,) = [value.regions[0] for value in f.graph(X).values if value.op.name == "loop"]
    assert not {"exp", "sin", "cos"} & {value.op.name for value in body.values}


def test_methods() -> None:
    class Model:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        def apply(self, x: Any) -> Any:
            return self.scale * x**2

    model = Model(3.0)
    np.testing.assert_allclose(jacobian(model.apply)(X), np.diag(6 * X))
    model.scale = 4.0
    np.testing.assert_allclose(jacobian(model.apply)(X), np.diag(8 * X))
