"""The public contract: what calls take and return."""

from __future__ import annotations

import collections
import dataclasses
import math

import numpy as np
import pytest
import scipy.optimize

from adjit import (
    check_grads,
    compile_grad,
    grad,
    jit,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 5))
Y = rng.normal(size=20)
W = rng.normal(size=5)


def squares(w, X, y):
    return np.mean((X @ w - y) ** 2)


def squares_gradient(w, X, y):
    return 2 / len(y) * X.T @ (X @ w - y)


def test_value_and_gradient_in_one_native_call():
    loss = compile_grad(squares)
    value, g = loss(W, X, Y)
    assert isinstance(value, np.float64)
    np.testing.assert_allclose(value, squares(W, X, Y), rtol=1e-14)
    np.testing.assert_allclose(g, squares_gradient(W, X, Y), rtol=1e-12)
    assert g.shape == W.shape
    assert g.dtype == W.dtype
    loss(W + 1, X, Y)
    assert (loss.recordings, loss.native_calls) == (1, 2)


def test_decorator_forms_and_metadata():
    @compile_grad
    def plain(x):
        """The docstring."""
        return np.sum(x * x)

    @compile_grad(argnums="y")
    def named(x, y):
        return np.sum(x * y)

    assert plain.__name__ == "plain"
    assert plain.__doc__ == "The docstring."
    np.testing.assert_array_equal(plain(np.array([1.0, 2.0]))[1], [2.0, 4.0])
    np.testing.assert_array_equal(named(np.array([1.0, 2.0]), np.ones(2))[1], [1.0, 2.0])


def test_argnums_tuple_name_negative_and_keyword_arguments():
    def f(a, b, *, c):
        return np.sum(a * b**2 * c)

    a, b, c = 2.0, np.array([1.0, 3.0]), np.array([5.0, 7.0])
    value, (ga, gc) = value_and_grad(f, argnums=("a", "c"))(a, b, c=c)
    assert type(ga) is float
    assert ga == np.sum(b**2 * c)
    np.testing.assert_array_equal(gc, a * b**2)
    np.testing.assert_array_equal(grad(f, argnums=-1)(a, b=b, c=c), a * b**2)
    assert value == f(a, b, c=c)


def test_has_aux():
    def f(x):
        return np.sum(x**2), {"twice": 2 * x, "name": "aux"}

    (value, aux), g = compile_grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert value == 5.0
    assert aux["name"] == "aux"
    np.testing.assert_array_equal(aux["twice"], [2.0, 4.0])
    np.testing.assert_array_equal(g, [2.0, 4.0])
    g, aux = grad(f, has_aux=True)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(aux["twice"], [2.0, 4.0])


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Layer:
    w: np.ndarray
    b: np.ndarray


def test_containers():
    def f(params, x):
        for layer in params["layers"]:
            x = np.tanh(x @ layer.w + layer.b)
        return np.sum(x) * params["scale"] + params["point"].x

    params = {
        "layers": [
            Layer(rng.normal(size=(3, 4)), rng.normal(size=4)),
            Layer(rng.normal(size=(4, 2)), rng.normal(size=2)),
        ],
        "scale": 2.0,
        "point": Point(np.float64(3.0), None),
    }
    x = rng.normal(size=(6, 3))
    value, g = compile_grad(f)(params, x)
    np.testing.assert_allclose(value, f(params, x))
    assert isinstance(g["layers"][0], Layer)
    assert g["layers"][1].w.shape == (4, 2)
    assert isinstance(g["point"], Point)
    assert g["point"] == (1.0, None)
    assert type(g["scale"]) is float
    check_grads(f, (params, x), order=1)


def test_methods_attributes_and_instances():
    class Model:
        def __init__(self, X, y):
            self.X, self.y, self.ridge = X, y, 0.1

        def predict(self, w):
            return self.X @ w

        @compile_grad
        def loss(self, w):
            return np.sum((self.predict(w) - self.y) ** 2) + self.ridge * w @ w

    first, second = Model(X, Y), Model(2 * X, Y)
    for model in (first, second, first):
        value, g = model.loss(W)
        r = model.X @ W - model.y
        np.testing.assert_allclose(value, r @ r + 0.1 * W @ W)
        np.testing.assert_allclose(g, 2 * model.X.T @ r + 0.2 * W)
    assert first.loss.recordings == 1
    first.X = 3 * X  # the array is read at each call
    np.testing.assert_allclose(first.loss(W)[0], np.sum((3 * X @ W - Y) ** 2) + 0.1 * W @ W)
    assert first.loss.recordings == 1
    first.ridge = 0.5  # a captured scalar is guarded
    np.testing.assert_allclose(first.loss(W)[0], np.sum((3 * X @ W - Y) ** 2) + 0.5 * W @ W)
    assert first.loss.recordings == 2


def test_minimize():
    loss = compile_grad(squares)
    found = scipy.optimize.minimize(
        loss, np.zeros(5), args=(X, Y), jac=True, method="L-BFGS-B", tol=1e-12
    )
    np.testing.assert_allclose(found.x, np.linalg.lstsq(X, Y, rcond=None)[0], atol=1e-5)
    assert loss.recordings == 1


def test_value_grad_and_out():
    loss = compile_grad(squares)
    np.testing.assert_allclose(loss.value(W, X, Y), squares(W, X, Y))
    g = np.empty(5)
    assert loss.grad(W, X, Y, out=g) is g
    np.testing.assert_allclose(g, squares_gradient(W, X, Y))
    g[:] = 0
    _, same = loss(W, X, Y, out=g)
    assert same is g
    np.testing.assert_allclose(g, squares_gradient(W, X, Y))
    strided = np.zeros(10)[::2]
    loss.grad(W, X, Y, out=strided)
    np.testing.assert_allclose(strided, squares_gradient(W, X, Y))
    w = W.copy()
    loss.grad(w, X, Y, out=w)  # over an argument
    np.testing.assert_allclose(w, squares_gradient(W, X, Y))


@pytest.mark.parametrize("bad", [np.empty(4), np.empty(5, np.float32), [1.0] * 5, np.empty((5, 1))])
def test_out_that_does_not_fit(bad):
    with pytest.raises((TypeError, ValueError), match="out="):
        compile_grad(squares)(W, X, Y, out=bad)


def test_jit_of_any_result():
    @jit
    def f(x, n):
        return {"sum": x.sum(), "pair": (x + n, n * 2), "name": "f", "flag": True}

    y = f(np.arange(3.0), 4)
    assert y["sum"] == 3.0
    np.testing.assert_array_equal(y["pair"][0], [4.0, 5.0, 6.0])
    assert y["pair"][1] == 8
    assert type(y["pair"][1]) is int
    assert y["name"] == "f"
    assert y["flag"] is True


def test_results_are_fresh_arrays():
    f = jit(lambda x: (x, x.T, x))
    x = np.arange(6.0).reshape(2, 3)
    a, b, c = f(x)
    a[0, 0] = 9
    assert x[0, 0] == 0
    assert b[0, 0] == 0
    assert c[0, 0] == 0


def test_vjp_pullback_can_be_called_again_and_is_not_touched_by_later_writes():
    x, A = rng.normal(size=3), rng.normal(size=(4, 3))
    value, pullback = vjp(lambda A, x: np.tanh(A @ x), A, x)
    np.testing.assert_allclose(value, np.tanh(A @ x))
    kept_A, kept_x = A.copy(), x.copy()
    A[:], x[:] = 0, 0
    for g in (rng.normal(size=4), rng.normal(size=4)):
        gA, gx = pullback(g)
        s = g * (1 - np.tanh(kept_A @ kept_x) ** 2)
        np.testing.assert_allclose(gA, np.outer(s, kept_x))
        np.testing.assert_allclose(gx, kept_A.T @ s)


def test_vjp_of_integer_arguments_and_containers():
    value, pullback = vjp(lambda p, n: {"y": p[0] ** n, "n": n}, (np.array([1.0, 2.0]),), 3)
    assert value["n"] == 3
    gp, gn = pullback({"y": np.array([1.0, 1.0]), "n": None})
    np.testing.assert_allclose(gp[0], [3.0, 12.0])
    assert gn is None


def test_jvp():
    x, v = rng.normal(size=3), rng.normal(size=3)
    value, t = jvp(lambda x: np.exp(x).sum(), (x,), (v,))
    np.testing.assert_allclose(value, np.exp(x).sum())
    np.testing.assert_allclose(t, np.exp(x) @ v)
    value, t = jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, None))
    assert (value, t) == (6.0, 3.0)


@pytest.mark.parametrize("x", [2, True, np.array([1, 2]), "text", None])
def test_a_tangent_of_what_has_no_derivative_is_none_or_zero(x):
    def f(x, y):
        return y * (2.0 if isinstance(x, str) or x is None else np.sum(np.abs(x)))

    move = np.ones(2) if isinstance(x, np.ndarray) else 1.0
    jvp(f, (x, 3.0), (None, 1.0))
    jvp(f, (x, 3.0), (0 * move, 1.0))
    jvp(lambda y: jvp(f, (2, y), (0.0, 1.0))[1], (3.0,), (1.0,))
    with pytest.raises(TypeError, match="its tangent must be"):
        jvp(f, (x, 3.0), (move, 1.0))
    with pytest.raises(TypeError, match="its tangent must be"):
        jvp(lambda y: jvp(f, (2, y), (y, 1.0))[1], (3.0,), (1.0,))


def test_transforms_nest_in_any_order():
    def f(x):
        return np.sum(np.sin(x) * x**3)

    x, v = rng.normal(size=4), rng.normal(size=4)

    def second(x):
        return -np.sin(x) * x**3 + 6 * np.cos(x) * x**2 + 6 * np.sin(x) * x

    expected = second(x) * v
    reverse_over_reverse = grad(lambda x: np.sum(grad(f)(x) * v))
    np.testing.assert_allclose(reverse_over_reverse(x), expected)
    np.testing.assert_allclose(jvp(grad(f), (x,), (v,))[1], expected)
    np.testing.assert_allclose(grad(lambda x: jvp(f, (x,), (v,))[1])(x), expected)
    np.testing.assert_allclose(jvp(lambda x: jvp(f, (x,), (v,))[1], (x,), (v,))[1], v @ expected)
    np.testing.assert_allclose(vjp(lambda x: vjp(f, x)[1](1.0)[0], x)[1](v)[0], expected)
    np.testing.assert_allclose(jit(grad(f))(x), grad(f)(x))
    inner = grad(lambda x: jit(f)(x) * 2)
    np.testing.assert_allclose(inner(x), 2 * grad(f)(x))


def test_inner_and_outer_variables_are_told_apart():
    # d/dx [x * d/dy (x + y)] = 1: perturbation confusion would give 2.
    f = grad(lambda x: x * grad(lambda y: x + y)(1.0))
    assert f(3.0) == 1.0
    h = jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (3.0,), (1.0,))
    assert h == (3.0, 1.0)


def test_stop_gradient():
    f = compile_grad(lambda x: np.sum(stop_gradient(x * x) * x))
    x = np.arange(4.0)
    value, g = f(x)
    assert value == np.sum(x**3)
    np.testing.assert_array_equal(g, x * x)


def test_python_scalars_numpy_scalars_and_zero_d_arrays():
    f = compile_grad(lambda x: x * x + math.sin(x))
    for x, kind in ((2.0, float), (np.float64(2.0), np.float64), (np.array(2.0), np.ndarray)):
        value, g = f(x)
        assert isinstance(g, kind)
        assert g == pytest.approx(4 + math.cos(2))
        assert value == pytest.approx(4 + math.sin(2))


def test_float32_stays_float32():
    x = np.arange(4, dtype=np.float32)
    value, g = compile_grad(lambda x: np.sum(2.0 * np.sin(x) / 3))(x)
    assert value.dtype == np.float32
    assert g.dtype == np.float32
    np.testing.assert_allclose(g, 2 * np.cos(x) / 3, rtol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.asfortranarray(x),
        lambda x: x[::-1, ::2],
        lambda x: x.T,
        lambda x: x.astype(">f8"),
        lambda x: np.broadcast_to(x[:1], x.shape),
        lambda x: np.frombuffer(b"\0" + x.tobytes(), offset=1).reshape(x.shape),
        lambda x: x[:0],
        lambda x: x[:, :1],
    ],
    ids=["fortran", "strided", "transposed", "big-endian", "broadcast", "misaligned", "empty", "1"],
)
def test_arrays_of_every_memory_layout(make):
    x = make(rng.normal(size=(4, 6)))
    x.flags.writeable = False

    def f(x):
        return np.sum(np.sin(x) * np.arange(x.shape[-1]))

    value, g = compile_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(g, np.cos(x) * np.arange(x.shape[-1]))
    assert g.shape == x.shape
    assert g.dtype == np.float64


def test_writes_into_arguments_stay_in_the_recording():
    def f(x):
        x[0] = x[1] * 3
        x *= 2
        return np.sum(x)

    x = np.array([1.0, 2.0, 3.0])
    value, g = compile_grad(f)(x)
    assert value == 2 * (6 + 2 + 3)
    np.testing.assert_array_equal(g, [0.0, 8.0, 2.0])
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])


def test_value_and_three_gradients_are_one_loop_nest():
    f = compile_grad(lambda w, a, b, x: np.sum(w * np.tanh(a * x + b)), argnums=(0, 1, 2))
    w, a, b, x = rng.normal(size=(4, 30))
    value, (gw, ga, gb) = f(w, a, b, x)
    t = np.tanh(a * x + b)
    np.testing.assert_allclose(value, np.sum(w * t))
    np.testing.assert_allclose(gw, t)
    np.testing.assert_allclose(ga, w * (1 - t**2) * x)
    np.testing.assert_allclose(gb, w * (1 - t**2))
    schedule = f.schedule(w, a, b, x)
    assert len(schedule.nests) == 1
    assert (schedule.slots, schedule.copies, schedule.calls) == ([], 0, [])


def test_stages_can_be_printed():
    loss = compile_grad(squares)
    assert "mul" in str(loss.graph(W, X, Y))
    assert len(loss.adjoint(W, X, Y).outputs) == 2
    assert "nest" in str(loss.schedule(W, X, Y))
    assert "define" in loss.llvm(W, X, Y)
    assert loss.asm(W, X, Y)
    assert loss.recordings == 1


def test_check_grads_finds_a_wrong_derivative():
    def wrong(x):
        return np.sum(stop_gradient(x) * x)

    check_grads(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), order=3)
    with pytest.raises(AssertionError, match="differences give"):
        check_grads(wrong, (np.array([1.0, 2.0]),))
