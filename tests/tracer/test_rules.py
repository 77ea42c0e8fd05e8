"""Rules of functions by argument: which there are, how they are called, what they return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adjit import check_grads, custom_jvp, custom_vjp, grad, hessian, jit, jvp, linearize, vjp
from adjit.tracer.errors import AdjitTypeError, AdjitValueError

X = np.linspace(0.5, 1.5, 4)
KINDS = pytest.mark.parametrize("kind", [custom_vjp, custom_jvp])


def ruled(kind: Any, fun: Any, *rules: Any, argnums: Any = None) -> Any:
    """A function with rules for ``(g or t, y, *args)``."""
    made = kind(fun)
    made.defvjps(*rules, argnums=argnums) if kind is custom_vjp else made.defjvps(
        *rules, argnums=argnums
    )
    return made


def power(x: Any, z: Any, *, n: int = 2, shift: Any = 0.0) -> Any:
    return x * z**n + shift


BY_X = [lambda d, y, x, z, *, n=2, shift=0.0: 10 * d * z**n]
BOTH = [*BY_X, lambda d, y, x, z, *, n=2, shift=0.0: 100 * d * n * x * z ** (n - 1)]
ALL = [*BOTH, None, lambda d, y, x, z, *, n=2, shift=0.0: 7 * (d if np.ndim(shift) else d.sum())]


@KINDS
def test_keyword_arguments(kind: Any) -> None:
    f = ruled(kind, power, *ALL)
    np.testing.assert_allclose(jit(lambda x: f(x, x, n=3))(X), X**4)
    found = grad(lambda x, z: f(x, z, n=3, shift=1.0).sum(), (0, 1))(X, X + 1)
    np.testing.assert_allclose(found[0], 10 * (X + 1) ** 3)
    np.testing.assert_allclose(found[1], 300 * X * (X + 1) ** 2)
    found = grad(lambda s: f(shift=s, z=X, x=X).sum())(X)
    np.testing.assert_allclose(found, 7.0)
    np.testing.assert_allclose(grad(lambda x: f(z=x, x=X).sum())(X), 200 * X * X)


@KINDS
def test_whole_rules_get_keyword_arguments(kind: Any) -> None:
    f = kind(power)
    if kind is custom_vjp:
        f.defvjp(
            lambda x, z, n, shift: (power(x, z, n=n), (z, n)),
            lambda kept, g: (5 * g * kept[0] ** kept[1], None, None, None),
        )
    else:
        f.defjvp(lambda xs, ts: (power(*xs[:2], n=xs[2]), 5 * ts[0] * xs[1] ** xs[2]))
    np.testing.assert_allclose(grad(lambda x: f(x, X, n=3).sum())(X), 5 * X**3)
    np.testing.assert_allclose(grad(lambda x: f(X, x, n=3).sum())(X), 0.0)


@KINDS
def test_rules_for_some_arguments(kind: Any) -> None:
    for f in (
        ruled(kind, power, *BY_X, argnums=(0,)),
        ruled(kind, power, BOTH[0], argnums=["x"]),
    ):
        np.testing.assert_allclose(grad(lambda x, f=f: f(x, X).sum())(X), 10 * X**2)
        # Numbers that no derivative is taken by need no rule.
        np.testing.assert_allclose(jit(f)(X, X), X**3)
        np.testing.assert_allclose(grad(lambda x, z, f=f: f(x, z).sum())(X, X), 10 * X**2)
        for by_z in (
            lambda f: grad(lambda x, z: f(x, z).sum(), 1)(X, X),
            lambda f: grad(lambda x: f(x, x).sum())(X),
            lambda f: vjp(lambda z: f(X, z), X),
            lambda f: hessian(lambda z: f(X, z).sum())(X),
        ):
            with pytest.raises(AdjitTypeError, match="power has no rule for its argument z"):
                by_z(f)
    f = ruled(kind, power, BOTH[1], BOTH[0], argnums=(1, 0))
    np.testing.assert_allclose(grad(lambda x: f(X, x).sum())(X), 200 * X * X)
    f = ruled(kind, power, *BOTH)  # keyword-only parameters may go without
    np.testing.assert_allclose(grad(lambda x: f(x, X, shift=1.0).sum())(X), 10 * X**2)
    with pytest.raises(AdjitTypeError, match="power has no rule for its argument shift"):
        grad(lambda s: f(X, X, shift=s).sum())(X)


@KINDS
def test_any_number_of_arguments(kind: Any) -> None:
    def total(*xs: Any) -> Any:
        return sum(xs)

    f = ruled(kind, total, lambda d, y, *xs: 2 * d, None, lambda d, y, *xs: d * xs[0])
    found = grad(lambda x, y, z: f(x, y, z).sum(), (0, 1, 2))(X, X, X)
    np.testing.assert_allclose(found, [2 + 0 * X, 0 * X, X])
    with pytest.raises(AdjitTypeError, match="3 rules for 2 arguments"):
        grad(lambda x: f(x, x).sum())(X)


@KINDS
def test_the_number_of_rules(kind: Any) -> None:
    for rules in ((), BY_X, [*ALL, None]):
        with pytest.raises(AdjitTypeError, match=f"{len(rules)} rules for 4 arguments"):
            ruled(kind, power, *rules)
    with pytest.raises(AdjitTypeError, match="1 rules for 2 arguments"):
        ruled(kind, power, *BY_X, argnums=(0, 1))
    with pytest.raises(AdjitValueError, match=r"argnums 'w' is no parameter.*x, z, n, shift"):
        ruled(kind, power, *BY_X, argnums=["w"])
    with pytest.raises(AdjitValueError, match="argnums 4 is no parameter"):
        ruled(kind, power, *BY_X, argnums=[4])
    with pytest.raises(AdjitTypeError, match="a function is needed, not a int"):
        ruled(kind, power, 3, None)


@custom_vjp
def reverse(x: Any) -> Any:
    return x * 2


@custom_jvp
def forward(x: Any) -> Any:
    return x * 2


WRONG = [
    (lambda d: d[1:], AdjitValueError, r"of shape \(3,\) for .*, whose shape is \(4,\)"),
    (lambda d: d.sum(), AdjitValueError, r"of shape \(\) for .*, whose shape is \(4,\)"),
    (lambda d: d[None], AdjitValueError, r"of shape \(1, 4\) for .*, whose shape is \(4,\)"),
    (lambda d: d * 1j, AdjitTypeError, "must return a real .*, not one of dtype complex128"),
    (lambda d: "d", AdjitTypeError, "must return an array as the .*, not a str"),
    (lambda d: [d, d], AdjitTypeError, "a list of 2 given as a .*, which needs one array"),
    (lambda d: {"x": d}, AdjitTypeError, "a dict of x given as a .*, which needs one array"),
]


@pytest.mark.parametrize(("bad", "kind", "text"), WRONG, ids=range(len(WRONG)))
def test_what_a_rule_returns(bad: Any, kind: type, text: str) -> None:
    reverse.defvjp(lambda x: (x * 2, ()), lambda _, g: (bad(g),))
    forward.defjvp(lambda xs, ts: (xs[0] * 2, bad(ts[0])))
    for f in (reverse, forward):
        for wanted in (text, f"the rule of {f.__name__}"):
            with pytest.raises(kind, match=wanted):
                grad(lambda x, f=f: f(x).sum())(X)
    reverse.defvjps(lambda g, y, x: bad(g))
    with pytest.raises(kind, match=text):
        grad(lambda x: reverse(x).sum())(X)


@KINDS
def test_other_precisions_are_cast(kind: Any) -> None:
    f = ruled(kind, lambda x: x * 2, lambda d, y, x: 3 * d * np.float64(1.5))
    found = grad(lambda x: f(x).sum())(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 4.5)
    f = ruled(kind, lambda x: x * 2, lambda d, y, x: np.ones(4, int))
    assert custom_jvp is kind or grad(lambda x: f(x).sum())(X).tolist() == [1, 1, 1, 1]


def _steps(x: Any) -> Any:
    y = x
    for _ in range(3):
        y = y * x
    return y


def _rule_with_loop(d: Any, y: Any, x: Any) -> Any:
    total = d * 0.0
    for k in range(4):
        term = d
        for j in range(4):
            if j != k:
                term = term * x
        total = total + term
    return total


@KINDS
def test_rules_with_control_flow_in_loops(kind: Any) -> None:
    f = ruled(kind, _steps, _rule_with_loop)

    def once(x: Any) -> Any:
        return f(np.sin(x)).sum()

    def often(x: Any) -> Any:
        y = x
        for _ in range(12):
            y = f(y) * 0.5 + 0.1 * x if y[0] > 0.3 else np.cos(y) * x
        return y.sum()

    def plain(x: Any) -> Any:
        y = x
        for _ in range(12):
            y = y**4 * 0.5 + 0.1 * x if y[0] > 0.3 else np.cos(y) * x
        return y.sum()

    np.testing.assert_allclose(grad(once)(X), 4 * np.sin(X) ** 3 * np.cos(X))
    np.testing.assert_allclose(grad(often)(X), grad(plain)(X))
    np.testing.assert_allclose(jit(often)(X), plain(X))
    modes = ("rev",) if kind is custom_vjp else ("fwd", "rev")
    check_grads(once, (X,), order=2, modes=modes)
    check_grads(often, (X,), order=1, modes=modes)


@KINDS
def test_rules_with_branches(kind: Any) -> None:
    def rule(d: Any, y: Any, x: Any) -> Any:
        if x[0] > 0:
            return 2 * d
        return d * x

    f = ruled(kind, lambda x: x * 1, rule)
    g = grad(lambda x: f(x).sum())
    for x in (X, -X, 2 * X, -2 * X):
        np.testing.assert_allclose(g(x), 2.0 if x[0] > 0 else x)
    assert g.recordings == 2


def test_second_derivatives_are_those_of_the_rule() -> None:
    f = custom_jvp(lambda x: x**3)
    f.defjvp(lambda xs, ts: (xs[0] ** 3, stopped(xs[0]) * ts[0]))

    def stopped(x: Any) -> Any:
        return 5 * x**2

    np.testing.assert_allclose(grad(lambda x: f(x).sum())(X), 5 * X**2)
    np.testing.assert_allclose(hessian(lambda x: f(x).sum())(X), np.diag(10 * X))
    _, t = jvp(lambda x: jvp(f, (x,), (np.ones(4),))[1], (X,), (np.ones(4),))
    np.testing.assert_allclose(t, 10 * X)
    np.testing.assert_allclose(linearize(f, X)[1](X), 5 * X**3)


def test_methods_are_one_function_each() -> None:
    class Model:
        by = 3.0

        @custom_jvp
        def apply(self, x: Any) -> Any:
            return self.by * x

    Model.apply.defjvp(lambda xs, ts: (xs[0].by * xs[1], 7 * ts[1]))
    model = Model()
    g = grad(lambda x: model.apply(x).sum())
    assert g(X).tolist() == [7, 7, 7, 7]
    for _ in range(3):
        moved = jvp(model.apply, (X,), (X,))[1]
        np.testing.assert_allclose(moved, 7 * X)
    assert model.apply == model.apply
