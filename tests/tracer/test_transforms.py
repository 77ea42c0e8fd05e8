"""All transforms alike: derivatives to third order, structures, and how often they record."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from vector_programs import PROGRAMS, X, checkpointed, straight

from adjit import (
    check_grads,
    checkpoint,
    compile_grad,
    custom_jvp,
    custom_vjp,
    elementwise_grad,
    gnvp,
    grad,
    hessian,
    holomorphic_grad,
    hvp,
    jacfwd,
    jacobian,
    jit,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)
from adjit.tracer.dispatch import Dispatcher
from adjit.tracer.errors import AdjitTypeError, AdjitValueError

V = np.array([0.3, -0.5, 0.8])


def scalar(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2) + x[0] * x[1] * x[2]


@custom_jvp
def by_tangent(x: Any) -> Any:
    return x**4


by_tangent.defjvp(lambda xs, ts: (xs[0] ** 4, 4 * xs[0] ** 3 * ts[0]))


@custom_vjp
def by_cotangent(x: Any) -> Any:
    return x**4


by_cotangent.defvjp(lambda x: (x**4, x), lambda x, g: (4 * x**3 * g,))


# --- third order ------------------------------------------------------------------------------

TRANSFORMED: dict[str, Callable[[Any], Any]] = {
    "grad": lambda x: grad(scalar)(x),
    "value_and_grad": lambda x: value_and_grad(scalar)(x),
    "elementwise_grad": lambda x: elementwise_grad(lambda z: np.tanh(z) * z)(x),
    "vjp": lambda x: vjp(straight, x)[1](x)[0],
    "jvp": lambda x: jvp(straight, (x,), (x * x,))[1],
    "linearize": lambda x: linearize(straight, x)[1](x * V),
    "jacobian": lambda x: jacobian(straight)(x),
    "jacfwd": lambda x: jacfwd(straight)(x),
    "hessian": lambda x: hessian(scalar)(x),
    "hvp": lambda x: hvp(scalar, x, x * V),
    "gnvp": lambda x: gnvp(straight, x, x * V, loss=lambda y: np.sum(y**3)),
    "checkpoint": checkpointed,
    "custom_jvp": lambda x: by_tangent(np.sin(x)),
    "custom_vjp": lambda x: by_cotangent(np.sin(x)),
    # What is stopped is left out of the differences by subtracting it again.
    "stop_gradient": lambda x: np.sin(x) * x + 0.0 * stop_gradient(x**2),
}

QUICK = ("grad", "vjp", "jvp", "linearize", "hvp")
MODES = {"custom_vjp": ("rev",)}  # its rule has no tangent


@pytest.mark.parametrize("name", QUICK)
def test_derivatives_of_transforms(name: str) -> None:
    check_grads(TRANSFORMED[name], (X,), order=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TRANSFORMED if name not in QUICK])
def test_derivatives_of_all_transforms(name: str) -> None:
    check_grads(TRANSFORMED[name], (X,), order=3, modes=MODES.get(name, ("fwd", "rev")))


@pytest.mark.slow
@pytest.mark.parametrize(
    "f",
    [f for f in PROGRAMS if f.__name__ not in ("constant", "masked", "in_single_precision")],
    ids=lambda f: f.__name__,
)
def test_third_derivatives_of_programs(f: Callable[[Any], Any]) -> None:
    def real(x: Any) -> Any:
        y = f(x)
        return {"a": y["a"], "b": y["b"][0]} if isinstance(y, dict) else y

    check_grads(real, (X,), order=3)


# --- element by element -----------------------------------------------------------------------


def test_elementwise_grad_is_autograds() -> None:
    tanh: Any = np.tanh
    for _ in range(3):
        tanh = elementwise_grad(tanh)
    t = np.tanh(X)
    np.testing.assert_allclose(tanh(X), -2 * (1 - t**2) * (1 - 3 * t**2), rtol=1e-12)
    by_a, by_b = elementwise_grad(lambda a, b: a * b**2, (0, "b"))(X, 3.0)
    np.testing.assert_allclose(by_a, [9, 9, 9])
    np.testing.assert_allclose(by_b, 6 * X.sum())  # it was broadcast
    assert elementwise_grad(lambda x: {"a": x, "b": (x**2, None)})(2.0) == 5.0
    assert elementwise_grad(lambda x: x * 2)(X.reshape(3, 1)).shape == (3, 1)
    assert elementwise_grad(lambda x: 3.0)(X).tolist() == [0, 0, 0]
    assert elementwise_grad(np.sin)(X.astype(np.float32)).dtype == np.float32
    z = X + 1j
    np.testing.assert_allclose(holomorphic_grad(np.sin)(z), np.cos(z))
    np.testing.assert_allclose(holomorphic_grad(holomorphic_grad(np.sin))(z), -np.sin(z))
    assert holomorphic_grad(lambda z: z**3)(1 + 2j) == grad(lambda z: z**3, holomorphic=True)(
        1 + 2j
    )
    assert type(holomorphic_grad(lambda z: z**3)(1 + 2j)) is complex


def test_what_is_not_elementwise() -> None:
    with pytest.raises(AdjitTypeError, match="argument x has dtype int64"):
        elementwise_grad(np.sin)(np.arange(3))
    with pytest.raises(AdjitTypeError, match="not bool"):
        elementwise_grad(lambda x: x > 0)(X)
    with pytest.raises(AdjitTypeError, match="complex128"):
        elementwise_grad(lambda x: x * 1j)(X)
    with pytest.raises(AdjitTypeError, match="str is not an array"):
        elementwise_grad(lambda x: "a")(X)
    with pytest.raises(AdjitTypeError, match="returned nothing"):
        elementwise_grad(lambda x: None)(X)
    with pytest.raises(AdjitTypeError, match="is not complex"):
        holomorphic_grad(np.sin)(X)
    with pytest.raises(AdjitTypeError, match="a function is needed"):
        elementwise_grad(3)


# --- Gauss-Newton -----------------------------------------------------------------------------


def model(p: Any, scale: Any) -> Any:
    return {"y": np.tanh(np.outer(p["w"], V)) * scale, "s": p["w"].sum() * p["b"], "n": 3}


def error_of(y: Any) -> Any:
    return np.sum(y["y"] ** 4) + np.exp(y["s"]) * y["y"][0, 1]


def test_gauss_newton_products() -> None:
    j = jacobian(straight)(X)

    def loss(y: Any) -> Any:
        return np.sum(y**4) + np.prod(y)

    np.testing.assert_allclose(gnvp(straight, X, V), j.T @ j @ V)
    h = hessian(loss)(straight(X))
    np.testing.assert_allclose(gnvp(straight, X, V, loss=loss), j.T @ h @ j @ V)
    p, v = {"w": X, "b": 0.5}, {"w": V, "b": 2.0}
    found = gnvp(model, p, v, 2.0, loss=error_of)
    # A model that is linear in its arguments has no other second derivatives.
    _, linear = linearize(model, p, 2.0)
    y = model(p, 2.0)

    def linear_model(q: Any) -> Any:
        t = linear(q, None)
        return error_of({"y": y["y"] + t["y"], "s": y["s"] + t["s"]})

    zero = {"w": np.zeros(3), "b": 0.0}
    wanted = hvp(linear_model, zero, v)
    np.testing.assert_allclose(found["w"], wanted["w"])
    np.testing.assert_allclose(found["b"], wanted["b"])

    def wave(x: Any) -> Any:
        return np.exp(1j * x) * x

    power = gnvp(wave, X, V, loss=lambda y: np.sum(np.abs(y) ** 2) / 2)
    np.testing.assert_allclose(gnvp(wave, X, V), power)
    with pytest.raises(AdjitValueError, match=r"tangent of shape \(2,\)"):
        gnvp(straight, X, np.ones(2))
    with pytest.raises(AdjitTypeError, match="real scalar"):
        gnvp(straight, X, V, loss=lambda y: y)
    with pytest.raises(AdjitTypeError, match="a function is needed"):
        gnvp(3, X, V)


# --- structures -------------------------------------------------------------------------------

Pair = namedtuple("Pair", "w b")


@dataclass
class Weights:
    w: Any
    b: Any


BUILT: dict[str, Callable[[Any, Any], Any]] = {
    "dict": lambda w, b: {"w": w, "b": b},
    "list": lambda w, b: [w, b],
    "tuple": lambda w, b: (w, b),
    "namedtuple": Pair,
    "dataclass": Weights,
}


def parts(p: Any) -> tuple[Any, Any]:
    if isinstance(p, dict):
        return p["w"], p["b"]
    return (p.w, p.b) if isinstance(p, Weights) else tuple(p)


class Model:
    def __init__(self) -> None:
        self.scale = 2.0

    def residual(self, x: Any, p: Any, *, power: int = 2) -> Any:
        w, b = parts(p)
        return self.scale * w**power * x + b

    def loss(self, x: Any, p: Any, *, power: int = 2) -> Any:
        return np.sum(self.residual(x, p, power=power) ** 2)


@pytest.mark.parametrize("kind", BUILT)
def test_containers_methods_and_keywords(kind: str) -> None:
    m, built = Model(), BUILT[kind]
    p, t = built(X, 0.5), built(V, 2.0)
    r = m.residual(V, p, power=3)
    by_w, by_b = 2 * r * 6 * X**2 * V, 2 * r.sum()

    def check(found: Any, w: Any, b: Any) -> None:
        assert type(found) is type(p)
        got_w, got_b = parts(found)
        np.testing.assert_allclose(got_w, w)
        np.testing.assert_allclose(got_b, b)

    check(grad(m.loss, "p")(V, p, power=3), by_w, by_b)
    check(grad(m.loss, 1)(V, p=p, power=3), by_w, by_b)
    _, found = value_and_grad(m.loss, ("p", "x"))(V, p, power=3)
    check(found[0], by_w, by_b)
    np.testing.assert_allclose(found[1], 2 * r * 2 * X**3)
    check(compile_grad(m.loss, argnums=1)(V, p, power=3)[1], by_w, by_b)

    def loss(p: Any) -> Any:
        return m.loss(V, p, power=3)

    def residual(p: Any) -> Any:
        return m.residual(V, p, power=3)

    moved = 6 * X**2 * V * V + 2.0
    np.testing.assert_allclose(jvp(residual, (p,), (t,))[1], moved)
    np.testing.assert_allclose(linearize(residual, p)[1](t), moved)
    check(vjp(residual, p)[1](2 * r)[0], by_w, by_b)
    check(jacobian(m.loss, "p")(V, p, power=3), by_w, by_b)
    check(gnvp(residual, p, t), moved * 6 * X**2 * V, moved.sum())
    second = hvp(loss, p, t)
    rows = hessian(m.loss, 1)(V, p, power=3)
    assert type(rows) is type(p)
    row_w, row_b = parts(rows)
    check(
        second,
        parts(row_w)[0] @ V + parts(row_w)[1] * 2.0,
        parts(row_b)[0] @ V + parts(row_b)[1] * 2.0,
    )
    m.scale = 3.0
    r = m.residual(V, p, power=3)
    check(grad(m.loss, "p")(V, p, power=3), 2 * r * 9 * X**2 * V, 2 * r.sum())


INTEGERS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda n: grad(scalar)(n),
    "value_and_grad": lambda n: value_and_grad(scalar)(n),
    "elementwise_grad": lambda n: elementwise_grad(scalar)(n),
    "jacobian": lambda n: jacobian(straight)(n),
    "jacfwd": lambda n: jacfwd(straight)(n),
    "hessian": lambda n: hessian(scalar)(n),
    "hvp": lambda n: hvp(scalar, n, V),
    "gnvp": lambda n: gnvp(straight, n, V),
    "jvp": lambda n: jvp(scalar, (n,), (V,)),
    "linearize": lambda n: linearize(scalar, n)[1](V),
}


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_are_named(name: str) -> None:
    n = np.arange(3)
    for f in (INTEGERS[name], jit(INTEGERS[name]), jit(lambda x: INTEGERS[name](n))):
        with pytest.raises(AdjitTypeError, match="argument x has dtype int64"):
            f(n)


@pytest.mark.parametrize("transform", [grad, value_and_grad, compile_grad, hessian])
def test_results_that_are_no_numbers(transform: Any) -> None:
    for f in (transform(straight), jit(lambda x: transform(straight)(x))):
        with pytest.raises(AdjitTypeError, match=r"shape \(3,\).*vjp or jvp.* Jacobian"):
            f(X)


# --- recordings -------------------------------------------------------------------------------


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that are recorded in the test, by name."""
    found: list[str] = []
    record = Dispatcher._record

    def noted(self: Dispatcher, *args: Any) -> Any:
        found.append(getattr(self.fun, "__name__", "product"))
        return record(self, *args)

    monkeypatch.setattr(Dispatcher, "_record", noted)
    return found


def residuals(y: Any) -> Any:
    return np.sum(y**2)


CALLS: dict[str, tuple[Callable[[Any, Any, Any], Any], int]] = {
    "jit": (lambda f, g, x: jit(f)(x), 1),
    "grad": (lambda f, g, x: grad(g)(x), 1),
    "value_and_grad": (lambda f, g, x: value_and_grad(g)(x), 1),
    "elementwise_grad": (lambda f, g, x: elementwise_grad(f)(x), 1),
    "vjp": (lambda f, g, x: vjp(f, x)[1](x), 2),
    "jvp": (lambda f, g, x: jvp(f, (x,), (x,)), 1),
    "linearize": (lambda f, g, x: linearize(f, x)[1](x), 2),
    "jacobian": (lambda f, g, x: jacobian(f)(x), 1),
    "hessian": (lambda f, g, x: hessian(g)(x), 1),
    "hvp": (lambda f, g, x: hvp(g, x, x), 1),
    "gnvp": (lambda f, g, x: gnvp(f, x, x, loss=residuals), 1),
    "checkpoint": (lambda f, g, x: grad(checkpoint(g))(x), 1),
    "nested": (lambda f, g, x: jacobian(elementwise_grad(f))(x), 1),
}
"""A call of each transform, and what it records: a product is a function of its own."""


@pytest.mark.parametrize("name", CALLS)
def test_calls_in_a_loop_record_once(name: str, recordings: list[str]) -> None:
    call, wanted = CALLS[name]

    def f(x: Any) -> Any:
        return np.sin(x) * x

    def g(x: Any) -> Any:
        return np.sum(np.sin(x) * x)

    class Owner:
        def f(self, x: Any) -> Any:
            return np.sin(x) * x

        def g(self, x: Any) -> Any:
            return np.sum(np.sin(x) * x)

    one, other = Owner(), Owner()
    for owner in ((f, g), None):
        recordings.clear()
        for k in range(4):
            call(*(owner or (one.f, one.g)), X + k)
        assert len(recordings) == wanted
    call(other.f, other.g, X)  # what is kept belongs to the object
    call(one.f, one.g, X)
    assert len(recordings) == 2 * wanted


def test_ufuncs_have_no_defaults_of_their_own() -> None:
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    b = np.array([3.0, 5.0])
    np.testing.assert_allclose(vjp(np.matmul, a, b)[1](b)[0], np.outer(b, b))
    np.testing.assert_allclose(linearize(np.matmul, a, b)[1](None, b), a @ b)
    np.testing.assert_allclose(jacobian(np.matmul, 1)(a, b), a)
    np.testing.assert_allclose(elementwise_grad(np.matmul, 1)(a, b), a.sum(0))


def test_partial_functions_and_ufuncs_record_once(recordings: list[str]) -> None:
    f = functools.partial(lambda n, x: np.sum(x**n), 3)
    for k in range(3):
        grad(f)(X + k)
        grad(np.sum)(X + k)
        elementwise_grad(np.cos)(X + k)
    assert len(recordings) == 3


def test_whole_matrices_are_one_native_call() -> None:
    for matrix in (jacobian(straight), jacfwd(straight), hessian(scalar)):
        first = matrix.native_calls
        before = matrix.recordings
        for k in range(3):
            matrix(X + k)
        assert matrix.native_calls == first + 3
        assert matrix.recordings <= before + 1
        assert "path" in matrix.explain()


def test_kept_transforms_are_not_copied() -> None:
    import copy
    import pickle

    m = Model()
    grad(m.loss, 1)(V, {"w": X, "b": 0.5})
    for other in (copy.copy(m), copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        other.scale = 5.0
        found = grad(other.loss, 1)(V, {"w": X, "b": 0.5})
        assert found["b"] == 2 * other.residual(V, {"w": X, "b": 0.5}).sum()
    r = m.residual(V, {"w": X, "b": 0.5})
    assert grad(m.loss, 1)(V, {"w": X, "b": 0.5})["b"] == 2 * r.sum()
