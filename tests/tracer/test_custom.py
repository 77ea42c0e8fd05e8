"""Functions whose derivatives are given by their authors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit import (
    check_grads,
    compile_grad,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    jacfwd,
    jit,
    jvp,
    vjp,
)
from adjit.tracer.errors import AdjitNotImplementedError, AdjitTypeError, AdjitValueError

X = np.linspace(0.5, 1.5, 4)


@custom_vjp
def log1pexp(x: Any) -> Any:
    return np.log(1 + np.exp(x))


log1pexp.defvjp(
    lambda x: (np.where(x > 30, x, np.log(1 + np.exp(np.minimum(x, 30)))), np.exp(-np.abs(x))),
    lambda e, g: (g * np.where(e < 2, 1 / (1 + e), 0.0),),
)
# (Right for x >= 0 only, which shows that it is the rule that is used.)


@custom_vjp
def clipped(x: Any, limit: Any) -> Any:
    """The identity, whose cotangents stay within limits."""
    return x


clipped.defvjp(lambda x, limit: (x, limit), lambda limit, g: (np.clip(g, -limit, limit), None))


@custom_vjp
def product(x: Any, z: Any) -> Any:
    return x * z


product.defvjps(lambda g, y, x, z: 10 * g * z, lambda g, y, x, z: 100 * g * y / z)


@custom_jvp
def cube(x: Any) -> Any:
    return x**3


cube.defjvp(lambda primals, tangents: (primals[0] ** 3, 3 * primals[0] ** 2 * tangents[0]))


@custom_jvp
def scaled(x: Any, z: Any, n: int = 2) -> Any:
    return x * z**n


scaled.defjvps(lambda t, y, x, z, n: t * z**n, lambda t, y, x, z, n: n * t * y / z, None)


def test_a_rule_is_used() -> None:
    np.testing.assert_allclose(grad(lambda x: log1pexp(x).sum())(X), 1 / (1 + np.exp(-X)))
    assert grad(lambda x: log1pexp(x).sum())(np.array([800.0]))[0] == 1.0
    assert grad(lambda x: log1pexp(x).sum())(np.array([-1.0]))[0] > 0.7  # the rule's, not right
    value, (by_x, by_z) = compile_grad(lambda x, z: product(x, z).sum(), argnums=(0, 1))(X, X + 1)
    assert value == (X * (X + 1)).sum()
    np.testing.assert_allclose(by_x, 10 * (X + 1))
    np.testing.assert_allclose(by_z, 100 * X)


def test_a_rule_that_is_not_linear_sees_the_whole_cotangent() -> None:
    def f(x: Any, limit: Any) -> Any:
        y = clipped(x, limit)
        return (3 * y - 2.5 * y).sum() + (y[0] * 4)

    assert grad(f)(X, 1.0).tolist() == [1.0, 0.5, 0.5, 0.5]
    assert grad(f, argnums=1)(X, 1.0) == 0.0


def test_forward_rules() -> None:
    value, t = jvp(cube, (X,), (np.ones(4),))
    np.testing.assert_allclose(value, X**3)
    np.testing.assert_allclose(t, 3 * X**2)
    np.testing.assert_allclose(grad(lambda x: cube(x).sum())(X), 3 * X**2)
    np.testing.assert_allclose(jacfwd(cube)(X), np.diag(3 * X**2))
    np.testing.assert_allclose(hessian(lambda x: cube(x).sum())(X), np.diag(6 * X))
    check_grads(lambda x, z: scaled(np.sin(x), z * z, 3).sum(), (X, X + 1))
    check_grads(lambda x, z: scaled(z=x, x=z).sum(), (X, X + 1))


def test_higher_orders_differentiate_the_rule() -> None:
    def twice(x: Any) -> Any:
        return grad(lambda x: product(x, x).sum())(x).sum()

    # Of 10 z + 100 y / z; y is what forward returned, an ordinary product there.
    np.testing.assert_allclose(grad(twice)(X), 110)
    check_grads(lambda x: log1pexp(x).sum(), (X,), modes=("rev",))


@pytest.mark.parametrize("trips", [3, 20])
def test_in_loops_and_branches(trips: int) -> None:
    def with_rule(x: Any, n: int) -> Any:
        y = x
        for i in range(n):
            y = cube(y) * 0.5 + x if i % 2 else np.sin(clipped(y, 100.0)) + 0.1
        return y.sum()

    def without(x: Any, n: int) -> Any:
        y = x
        for i in range(n):
            y = y**3 * 0.5 + x if i % 2 else np.sin(y) + 0.1
        return y.sum()

    f = compile_grad(with_rule)
    value, g = f(X, trips)
    wanted, by_x = compile_grad(without)(X, trips)
    np.testing.assert_allclose(value, wanted, rtol=1e-13)
    np.testing.assert_allclose(g, by_x, rtol=1e-12)


def test_containers() -> None:
    @custom_vjp
    def both(p: Any) -> Any:
        return {"sum": p["a"].sum() + p["b"], "outer": p["a"] * p["b"], "n": 3}

    def forward(p: Any) -> Any:
        return both.fun(p), (p, "static")

    def backward(residuals: Any, g: Any) -> Any:
        p, static = residuals
        assert static == "static"
        assert g["n"] == 3
        by_b = g["sum"] + (g["outer"] * p["a"]).sum()
        return ({"a": g["sum"] + g["outer"] * p["b"], "b": by_b},)

    both.defvjp(forward, backward)
    weights = np.array([1.0, -2.0, 3.0, 0.5])

    def f(p: Any) -> Any:
        y = both(p)
        return y["sum"] ** 2 + (y["outer"] * weights).sum() * y["n"]

    def plain(p: Any) -> Any:
        y = both.fun(p)
        return y["sum"] ** 2 + (y["outer"] * weights).sum() * y["n"]

    p = {"a": X, "b": 2.0}
    found, wanted = grad(f)(p), grad(plain)(p)
    np.testing.assert_allclose(found["a"], wanted["a"])
    np.testing.assert_allclose(found["b"], wanted["b"])
    _, pullback = vjp(both, p)
    (g,) = pullback({"sum": 1.0, "outer": np.zeros(4), "n": None})
    assert g["a"].tolist() == [1, 1, 1, 1]
    assert g["b"] == 1.0


def test_mixed_precision() -> None:
    @custom_vjp
    def both(x: Any) -> Any:
        return x.astype(np.float32), x * 2

    both.defvjp(lambda x: (both.fun(x), ()), lambda _, g: (g[0].astype(np.float64) + 2 * g[1],))
    f = compile_grad(lambda x: both(x)[0].sum().astype(np.float64) + (both(x)[1] ** 2).sum())
    np.testing.assert_allclose(f(X)[1], 1 + 8 * X)


def test_plain_calls_and_values() -> None:
    assert product(2.0, 3.0) == 6.0
    np.testing.assert_allclose(jit(cube)(X), X**3)
    np.testing.assert_allclose(jit(lambda x: log1pexp(x))(X), np.log1p(np.exp(X)))
    assert jit(lambda x: clipped(x, 1.0))(X).tolist() == X.tolist()


def test_methods() -> None:
    class Model:
        def __init__(self, by: float) -> None:
            self.by = by

        @custom_jvp
        def apply(self, x: Any) -> Any:
            return self.by * x

    Model.apply.defjvp(lambda primals, tangents: (primals[0].by * primals[1], 7 * tangents[1]))
    assert grad(lambda x: Model(2.0).apply(x).sum())(X).tolist() == [7, 7, 7, 7]


def test_what_a_rule_gets_wrong() -> None:
    @custom_vjp
    def f(x: Any) -> Any:
        return x * 2

    with pytest.raises(AdjitTypeError, match=r"custom_vjp without a rule: give it one by .*defvjp"):
        grad(lambda x: f(x).sum())(X)
    f.defvjp(lambda x: x * 2, lambda r, g: (g,))
    with pytest.raises(AdjitTypeError, match=r"must return \(y, residuals\) from forward"):
        grad(lambda x: f(x).sum())(X)
    f.defvjp(lambda x: (x * 2, ()), lambda r, g: g)
    with pytest.raises(AdjitTypeError, match="a tuple of 1 cotangents"):
        grad(lambda x: f(x).sum())(X)
    f.defvjp(lambda x: (x * 2, ()), lambda r, g: (g[1:],))
    with pytest.raises(AdjitValueError, match="cotangent of shape"):
        grad(lambda x: f(x).sum())(X)
    with pytest.raises(AdjitTypeError, match="2 rules for 1 arguments"):
        f.defvjps(None, None)
    with pytest.raises(AdjitNotImplementedError, match="use custom_jvp"):
        jvp(clipped, (X, 1.0), (X, 0.0))

    @custom_jvp
    def h(x: Any) -> Any:
        return x * 2

    h.defjvp(lambda primals, tangents: (tangents[0], tangents[0]))
    with pytest.raises(AdjitTypeError, match="does not depend on the tangents"):
        grad(lambda x: h(x).sum())(X)


def test_what_a_rule_takes_from_outside() -> None:
    def f(x: Any) -> Any:
        @custom_vjp
        def inner(z: Any) -> Any:
            return z * x

        inner.defvjp(lambda z: (z * x, ()), lambda _, g: (g * x,))
        return inner(x * 2).sum()

    with pytest.raises(AdjitTypeError, match="pass it as an argument"):
        grad(f)(X)

    @custom_vjp
    def with_global(z: Any) -> Any:
        return z * weights

    weights = np.arange(4.0)
    with_global.defvjp(lambda z: (z * weights, ()), lambda _, g: (g * weights,))
    g = grad(lambda x: with_global(x).sum())
    assert g(X).tolist() == [0, 1, 2, 3]
    weights[:] = 5.0
    assert g(X).tolist() == [5, 5, 5, 5]
