"""Products with a Jacobian at one point: ``linearize`` and the pullbacks of ``vjp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from vector_programs import PROGRAMS, X, long_loop, several, straight, while_loop

from adjit import (
    custom_vjp,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jit,
    jvp,
    linearize,
    vjp,
)
from adjit.tracer.containers import flatten, rebuild
from adjit.tracer.errors import AdjitNotImplementedError, AdjitTypeError, AdjitValueError

V = np.array([0.3, -0.5, 0.8])


def floats(item: Any) -> list[np.ndarray]:
    found = [np.asarray(leaf) for leaf in flatten(item)[0] if leaf is not None]
    return [leaf for leaf in found if leaf.dtype.kind in "fc"]


def same(found: Any, wanted: Any) -> None:
    one, other = floats(found), floats(wanted)
    assert [(x.shape, x.dtype) for x in one] == [(x.shape, x.dtype) for x in other]
    for x, y in zip(one, other, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-11)


def cotangent_of(y: Any) -> Any:
    """Numbers in the structure of a result."""
    leaves, structure = flatten(y)
    rng = np.random.default_rng(3)
    return rebuild(
        structure,
        [
            rng.normal(size=np.shape(leaf)) if np.asarray(leaf).dtype.kind in "fc" else None
            for leaf in leaves
        ],
    )


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_products_agree_with_jvp(f: Callable[..., Any]) -> None:
    wanted, moved = jvp(f, (X,), (V,))
    value, linear = linearize(f, X)
    same(value, wanted)
    same(linear(V), moved)
    same(linear(-2 * V), jvp(f, (X,), (-2 * V,))[1])
    value, pullback = vjp(f, X)
    same(value, wanted)
    g = cotangent_of(value)
    (found,) = pullback(g)
    left = sum(np.sum(x * t).real for x, t in zip(floats(g), floats(moved), strict=True))
    np.testing.assert_allclose(found @ V, left, rtol=1e-6 if "single" in f.__name__ else 1e-10)
    # The same inside of a recording.
    both = jit(lambda x, v: (linearize(f, x)[1](v), vjp(f, x)[1](g)[0]))(X, V)
    same(both, (moved, found))


def test_the_function_is_not_run_again() -> None:
    for f, product in ((long_loop, linearize), (straight, linearize), (long_loop, vjp)):
        _, linear = product(f, X)
        ops = {value.op.name for value in linear.linear.graph.values}
        assert not ops & {"sin", "cos"}
        (compiled,) = [linear.linear.compiled]
        for k in range(4):
            linear(k * V)
        assert compiled.recordings == 1
        assert compiled.native_calls == 4


def test_a_loop_of_unknown_length_runs_again() -> None:
    _, linear = linearize(while_loop, X)
    assert "loop" in {value.op.name for value in linear.linear.graph.values}
    same(linear(V), jvp(while_loop, (X,), (V,))[1])


def test_paths_have_their_own_products() -> None:
    def f(x: Any) -> Any:
        return x**2 if x[0] > 0 else np.sin(x)

    for x in (X, -X, 2 * X, -2 * X):
        _, linear = linearize(f, x)
        _, pullback = vjp(f, x)
        wanted = 2 * x if x[0] > 0 else np.cos(x)
        same(linear(V), wanted * V)
        same(pullback(V)[0], wanted * V)


@pytest.mark.parametrize("product", [linearize, vjp])
def test_later_writes_do_not_change_a_product(product: Any) -> None:
    weights = np.array([1.0, 2.0, 3.0])

    def f(x: Any) -> Any:
        return weights * x**2

    x = X.copy()
    _, found = product(f, x)
    x[:], weights[:] = 0.0, 0.0
    for _ in range(2):
        np.testing.assert_allclose(np.ravel(found(V)), np.arange(1, 4) * 2 * X * V)

    def inside(x: Any) -> Any:
        z = x.copy()
        _, found = product(lambda x: x**2, z)
        z[:] = 0.0
        return np.ravel(found(V))

    np.testing.assert_allclose(jit(inside)(X), 2 * X * V)


def test_what_a_product_returns_may_be_written() -> None:
    y, pullback = vjp(np.exp, X)
    y[:] = 0.0
    (g,) = pullback(V)
    g[:] = 0.0
    np.testing.assert_allclose(pullback(V)[0], np.exp(X) * V)


def test_products_share_random_numbers_with_the_value() -> None:
    rng = np.random.default_rng(2)

    def f(x: Any) -> Any:
        return x * rng.normal(size=3)

    for product in (linearize, vjp):
        y, found = product(f, X)
        np.testing.assert_allclose(np.ravel(found(X)), y)
        np.testing.assert_allclose(np.ravel(found(X)), y)


@pytest.mark.parametrize(
    ("product", "take"),
    [(linearize, lambda found, v: found(v)), (vjp, lambda found, v: found(v)[0])],
)
def test_products_of_before_in_other_transforms(product: Any, take: Any) -> None:
    wanted = jacobian(straight)(X)
    wanted = wanted if product is linearize else wanted.T
    _, found = product(straight, X)

    def f(v: Any) -> Any:
        return take(found, v)

    same(jit(f)(V), wanted @ V)
    same(jacobian(f)(V), wanted)
    same(jacfwd(f)(V), wanted)
    same(jvp(f, (V,), (X,))[1], wanted @ X)
    same(vjp(f, V)[1](X)[0], wanted.T @ X)
    same(grad(lambda v: (f(v) ** 2).sum())(V), 2 * wanted.T @ wanted @ V)
    same(hessian(lambda v: (f(v) ** 2).sum())(V), 2 * wanted.T @ wanted)


def test_in_the_loop_of_another_function() -> None:
    def f(x: Any) -> Any:
        _, pullback = vjp(straight, x)
        _, linear = linearize(straight, x)
        v = np.ones(3)
        for _ in range(30):
            v = linear(pullback(v)[0]) * 0.3
        return v

    j = jacobian(straight)(X)
    v = np.ones(3)
    for _ in range(30):
        v = j @ j.T @ v * 0.3
    same(jit(f)(X), v)


def test_arguments() -> None:
    def f(p: Any, n: int, scale: float = 2.0) -> Any:
        return {"y": p["w"] ** n * scale, "n": n}

    p = {"w": X, "b": None}
    value, linear = linearize(f, p, 3)
    assert value["n"] == 3
    moved = linear({"w": V, "b": None}, None)
    np.testing.assert_allclose(moved["y"], 6 * X**2 * V)
    assert moved["n"] is None
    assert linear(None, 0)["y"].tolist() == [0, 0, 0]
    value, pullback = vjp(f, p, 3)
    found = pullback({"y": V, "n": None})
    assert len(found) == 2  # one for each argument that was given
    np.testing.assert_allclose(found[0]["w"], 6 * X**2 * V)
    assert found[0]["b"] is None
    assert found[1] is None
    assert pullback(None)[0]["w"].tolist() == [0, 0, 0]
    assert type(vjp(lambda a: a * 2, 3.0)[1](1.0)[0]) is float
    assert type(linearize(lambda a: a * 2, 3.0)[1](1.0)) is float
    assert vjp(lambda n: n * 2, 3)[1](1) == (None,)
    assert linearize(lambda n: n * 2, 3)[1](None) is None
    single = X.astype(np.float32)
    assert vjp(np.sin, single)[1](V)[0].dtype == np.float32
    assert linearize(np.sin, single)[1](V).dtype == np.float32


WRONG = [
    (np.ones(4), AdjitValueError, r"a {} of shape \(4,\) was given where the shape is \(3,\)"),
    (1.0, AdjitValueError, r"a {} of shape \(\) was given where the shape is \(3,\)"),
    ([1.0, 2.0, 3.0], AdjitTypeError, "a list of 3 given as a {}, which needs one array"),
    ({"a": X}, AdjitTypeError, "a dict of a given as a {}, which needs one array or number"),
    ((X, X), AdjitTypeError, "a tuple of 2 given as a {}"),
    (X * 1j, AdjitTypeError, "{} of a result or argument of dtype float64 cannot be complex"),
    (np.array(["a", "b", "c"]), AdjitTypeError, "{}.* dtype <U1"),
]


@pytest.mark.parametrize(("given", "kind", "text"), WRONG, ids=range(len(WRONG)))
def test_what_does_not_fit(given: Any, kind: type, text: str) -> None:
    def f(x: Any) -> Any:
        return x * 2

    with pytest.raises(kind, match=text.format("cotangent")):
        vjp(f, X)[1](given)
    with pytest.raises(kind, match=text.format("tangent")):
        linearize(f, X)[1](given)
    with pytest.raises(kind, match=text.format("tangent")):
        jvp(f, (X,), (given,))
    with pytest.raises(kind, match=text.format(".*")):
        jit(lambda x: vjp(f, x)[1](given))(X)
    with pytest.raises(kind, match=text.format(".*")):
        jit(lambda x: jvp(f, (x,), (given,)))(X)


def test_what_is_refused() -> None:
    _, linear = linearize(lambda x, n: x * n, X, 3)
    with pytest.raises(AdjitTypeError, match=r"argument n has dtype int.* None or zero"):
        linear(V, 1)
    with pytest.raises(AdjitTypeError, match=r"1 entries given as tangents.* 2 arguments"):
        linear(V)
    with pytest.raises(AdjitTypeError, match=r"a dict of y given as a cotangent, .*a dict of a, b"):
        vjp(several, X)[1]({"y": 1.0})

    @custom_vjp
    def f(x: Any) -> Any:
        return x * 2

    f.defvjp(lambda x: (x * 2, ()), lambda _, g: (np.clip(g, -1, 1),))
    with pytest.raises(AdjitNotImplementedError, match="use custom_jvp"):
        linearize(f, X)
    with pytest.raises(AdjitTypeError, match="returned a Pullback"):
        jit(lambda x: vjp(np.sin, x)[1])(X)
    with pytest.raises(AdjitTypeError, match="a function is needed"):
        linearize(3, X)
