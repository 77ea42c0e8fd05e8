"""numba's functions inside recorded ones: through their source, or refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numba import float32, float64, guvectorize, njit, vectorize

from adjit import check_grads, compile_grad, grad, jit
from adjit.tracer.errors import AdjitNotImplementedError


@njit
def squared(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] ** 2 if x[i] > 0 else math.sin(x[i])
    return total


@vectorize
def soft(x, y):
    return x * y if x > 0 else y - x


@vectorize(["f4(f4,f4)", "f8(f8,f8)"])
def typed(x, y):
    if x > y:
        return math.exp(-x) * y
    return x + y


@vectorize(["i8(i8,i8)"])
def integers(x, y):
    return x // 2 + y


@guvectorize(["void(f8[:],f8[:],f8[:])"], "(n),(m)->(n)")
def scaled(x, y, out):
    for i in range(x.shape[0]):
        out[i] = x[i] * y[0] + y[1]


@guvectorize(["void(f8[:],f8,f8[:])"], "(n),()->()")
def mean(x, y, out):
    out[0] = 0.0
    for i in range(x.shape[0]):
        out[0] += x[i] * y


NARROW, WIDE = (float32[:],) * 3, (float64[:],) * 3


@guvectorize([NARROW, WIDE], "(n),()->(n)")
def shifted(x, y, out):
    for i in range(x.shape[0]):
        out[i] = x[i] ** 2 + y[0]


X, Z = np.array([1.0, -2.0, 3.0]), np.array([0.5, 1.5, -0.7])
CALLS: list[tuple[Callable[..., Any], tuple]] = [
    (squared, (X,)),
    (soft, (X, Z)),
    (soft, (X, 2.0)),
    (soft, (1.5, 2.0)),
    (soft, (X[:, None], Z)),
    (soft, (np.zeros((0, 3)), Z)),
    (soft, (X.astype(np.float32), Z.astype(np.float32))),
    (typed, (X, Z)),
    (typed, (X.astype(np.float32), Z)),
    (typed, (X.astype(np.float32), 2.0)),
    (typed, (X, np.arange(3))),
    (integers, (np.arange(3), 2)),
    (scaled, (X, np.array([2.0, 1.0]))),
    (scaled, (np.outer(Z, X), np.array([2.0, 1.0]))),
    (scaled, (X, np.array([[2.0, 1.0], [3.0, 0.5]]))),
    (mean, (X, 2.0)),
    (mean, (np.outer(Z, X), Z)),
    (shifted, (X, 2.0)),
    (shifted, (X.astype(np.float32), Z.astype(np.float32)[:, None][:, 0])),
    (shifted, (np.outer(X, X)[::2], Z[::2])),
]


@pytest.mark.parametrize(("helper", "args"), CALLS)
def test_helpers_are_recorded(helper: Callable[..., Any], args: tuple) -> None:
    def f(*args):
        return helper(*args)

    wanted, found = helper(*args), jit(f)(*args)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-6 if found.dtype == np.float32 else 1e-14)
    if all(np.asarray(arg).dtype == np.float64 for arg in args):
        check_grads(lambda *args: np.sum(helper(*args) ** 2), args, order=2)


def test_a_vectorized_helper_is_one_loop() -> None:
    loss = compile_grad(lambda x: np.sum(soft(x, x)))
    loss(np.arange(1.0, 1000.0))
    np.testing.assert_array_equal(loss.grad(np.arange(1.0, 1000.0)), 2 * np.arange(1.0, 1000.0))
    assert "unrolled" not in loss.explain()


@numba.stencil
def stencil(x):
    return x[0] - x[-1]


@numba.cfunc("f8(f8)")
def callback(x):
    return x * 2


@vectorize(["f8(f8)"], target="parallel")
def parallel(x):
    return x * 2


@numba.experimental.jitclass([("rate", float64)])
class Model:
    def __init__(self, rate):
        self.rate = rate

    def loss(self, x):
        return self.rate * x


model = Model(2.0)
REFUSED = [
    (lambda x: stencil(x), "StencilFunc"),
    (lambda x: callback(x), "callback"),
    (lambda x: callback.ctypes(x[0]), "CFunctionType"),
    (lambda x: parallel(x), "ufunc parallel"),
    (lambda x: model.loss(x), r"Model\.loss"),
    (lambda x: Model(x[0]).rate, "Model"),
    (lambda x: soft(x, x, out=np.zeros(3)), "soft"),
    (lambda x: soft.reduce(x), "soft"),
]


@pytest.mark.parametrize(("fun", "name"), REFUSED)
def test_refused(fun: Callable[..., Any], name: str) -> None:
    with pytest.raises(AdjitNotImplementedError, match=rf"{name}.*custom_vjp"):
        grad(lambda x: np.sum(fun(x)))(X)
