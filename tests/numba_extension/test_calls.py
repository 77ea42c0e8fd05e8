"""Compiled functions called by `@njit` code return what they return to Python."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numba import njit, prange

from adjit import compile_grad, grad, hessian, jacobian, jit
from adjit.tracer.errors import AdjitError

RNG = np.random.default_rng(0)
Pair = namedtuple("Pair", ["w", "b"])


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def regression(w, X, y):
    return np.mean((X @ w - y) ** 2)


def scalars(a, b):
    return a * np.sin(b) + a**2


def mixed(x, k, flag):
    y = np.exp(-x * k) if flag else x**k
    return np.sum(y)


def tupled(p, x):
    w, b = p
    return np.sum(np.tanh(w * x + b))


def fields(p, x):
    return np.sum(np.tanh(p.w * x + p.b))


def path(x):
    s = np.sum(x)
    if s > 1.0:
        return s * s
    if s > 0.0:
        return np.sum(np.sin(x))
    return -s


def looped(x):
    total = 0.0
    t = 1.0
    for i in range(x.shape[0]):
        while t < x[i]:
            t = t * 1.5
        total = total + t * x[i] ** 2
    return total


def solved(A, b):
    return np.sum(np.linalg.solve(A, b))


def eye(n):
    return RNG.normal(size=(n, n)) + 3.0 * np.eye(n)


def f32(*shape):
    return RNG.normal(size=shape).astype(np.float32)


A34 = RNG.normal(size=(3, 4))
CALLS: list[tuple[Callable[..., Any], Any, tuple]] = [
    (rosenbrock, 0, (RNG.normal(size=10),)),
    (rosenbrock, 0, (RNG.normal(size=2),)),
    (rosenbrock, 0, (RNG.normal(size=(4, 3)),)),
    (rosenbrock, 0, (RNG.normal(size=20)[::2],)),
    (rosenbrock, 0, (f32(6),)),
    (rosenbrock, 0, (np.zeros(1),)),
    (regression, 0, (RNG.normal(size=4), A34, np.ones(3))),
    (regression, (0, 1), (RNG.normal(size=4), A34, np.ones(3))),
    (regression, (1, 2), (RNG.normal(size=4), np.asfortranarray(A34), np.ones(3))),
    (regression, (0, "X"), (RNG.normal(size=3), A34.T, np.ones(4))),
    (regression, 0, (f32(3), f32(5, 3), f32(5))),
    (regression, 0, (f32(3), np.ones((5, 3)), f32(5))),
    (scalars, 0, (1.5, 0.3)),
    (scalars, (1, 0), (1.5, 0.3)),
    (scalars, 0, (np.float32(1.5), np.float32(0.3))),
    (scalars, 0, (1.5 + 1j, 0.3)),
    (scalars, 0, (np.array(2.0), 0.3)),
    (mixed, 0, (RNG.random(5), 2, True)),
    (mixed, 0, (RNG.random(5), 3, False)),
    (mixed, 0, (RNG.random(5), 2.5, False)),
    (mixed, 0, (f32(5) ** 2, 0.5, True)),
    (mixed, 0, (f32(5) ** 2, np.int32(2), True)),
    (tupled, 0, ((RNG.normal(size=3), 0.5), RNG.normal(size=(2, 3)))),
    (tupled, (0, 1), ((RNG.normal(size=3), 0.5), RNG.normal(size=(2, 3)))),
    (fields, 0, (Pair(RNG.normal(size=3), 0.5), RNG.normal(size=3))),
    (path, 0, (np.array([2.0, 3.0]),)),
    (path, 0, (np.array([0.2, 0.3]),)),
    (path, 0, (np.array([-2.0, 0.3]),)),
    (looped, 0, (np.array([1.0, 3.0, 20.0]),)),
    (solved, (0, 1), (eye(3), np.ones(3))),
    (solved, 0, (eye(40), np.ones(40))),
]


def same(found: Any, wanted: Any) -> None:
    """Equal values, dtypes and shapes; numba has one kind of scalar."""
    if isinstance(wanted, tuple):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for x, y in zip(found, wanted, strict=True):
            same(x, y)
        return
    if wanted is None:
        assert found is None
        return
    if isinstance(wanted, np.ndarray):
        assert type(found) is np.ndarray
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_allclose(found, wanted, rtol=1e-14 if _wide(wanted) else 1e-6)


def _wide(item: Any) -> bool:
    return np.asarray(item).dtype.itemsize >= 8


@pytest.mark.parametrize(("fun", "argnums", "args"), CALLS)
def test_same_as_from_python(fun: Callable[..., Any], argnums: Any, args: tuple) -> None:
    if isinstance(args[0], complex):
        loss = compile_grad(fun, argnums=argnums, holomorphic=True)
    else:
        loss = compile_grad(fun, argnums=argnums)
    f = jit(fun)
    value, slope = loss.value, loss.grad

    @njit
    def inside(*args):
        return (
            loss(*args),
            loss.value(*args),
            loss.grad(*args),
            f(*args),
            value(*args),
            slope(*args),
        )

    both, y, g, y2, y3, g2 = inside(*args)
    wanted = loss(*args)
    same(both, wanted)
    same((y, y2, y3), (wanted[0],) * 3)
    same((g, g2), (wanted[1],) * 2)
    same(inside(*args)[0], wanted)


RESULTS: list[tuple[Callable[..., Any], tuple]] = [
    (lambda x: (x * 2.0, np.sum(x)), (RNG.normal(size=(2, 3)),)),
    (lambda x: (x.T @ x, (x.shape[0] * 1.0, None)), (RNG.normal(size=(2, 3)),)),
    (lambda x: Pair(x[1:], x[0]), (RNG.normal(size=4),)),
    (lambda x: x > 0, (RNG.normal(size=4),)),
    (lambda x, n: x[n], (RNG.normal(size=4), 2)),
    (lambda n: n * 3 + 1, (5,)),
    (lambda x: np.cumsum(x), (np.arange(5, dtype=np.int32),)),
    (lambda x: x.astype(np.float32), (RNG.normal(size=4),)),
    (lambda x: np.abs(x), (RNG.normal(size=4) + 1j,)),
    (lambda x: np.fft.fft(x), (RNG.normal(size=8),)),
    (lambda x: np.fft.fft(x), (RNG.normal(size=0 + 4),)),
    (lambda x: np.sum(x, axis=0), (np.zeros((0, 3)),)),
    (lambda x: np.outer(x, x), (np.zeros(0),)),
    (lambda x, *rest: sum(rest, x), (RNG.normal(size=3), 1.0, 2.0)),
]


@pytest.mark.parametrize(("fun", "args"), RESULTS)
def test_any_result(fun: Callable[..., Any], args: tuple) -> None:
    f = jit(fun)

    @njit
    def inside(*args):
        return f(*args)

    same(inside(*args), f(*args))


def test_keywords_and_defaults() -> None:
    @compile_grad(argnums="x")
    def f(x, scale=2.0, *, shift=1, name="sum"):
        y = scale * x**2 + shift
        return np.sum(y) if name == "sum" else np.mean(y)

    @njit
    def inside(x):
        return f(x), f(x, 3.0), f(x, shift=2), f(scale=0.5, x=x), f(x, name="mean")

    x = RNG.normal(size=4)
    wanted = f(x), f(x, 3.0), f(x, shift=2), f(scale=0.5, x=x), f(x, name="mean")
    same(inside(x), wanted)


def test_aux() -> None:
    @compile_grad(has_aux=True)
    def f(x):
        return np.sum(x**3), (x + 1.0, np.max(x))

    g = grad(lambda x: (np.sum(x**2), x.shape[0]), has_aux=True)

    @njit
    def inside(x):
        return f(x), f.grad(x), g(x)

    x = RNG.normal(size=4)
    same(inside(x), (f(x), f.grad(x), g(x)))


def test_out() -> None:
    loss = compile_grad(rosenbrock)
    several = compile_grad(regression, argnums=(0, 1))

    @njit
    def inside(x, out):
        return loss(x, out=out), loss.grad(x, out=out)

    @njit
    def two(w, X, y, out):
        return several(w, X, y, out=out)[0]

    x, out = RNG.normal(size=5), np.zeros(5)
    value, g = loss(x)
    both, alone = inside(x, out)
    same((both[0], both[1], alone, out), (value, g, g, g))
    itself = x.copy()
    inside(itself, itself)  # reads what it writes to
    before = x.copy()
    loss(before, out=before)
    np.testing.assert_array_equal(itself, loss.grad(before))
    w, X, y = RNG.normal(size=3), RNG.normal(size=(4, 3)), np.ones(4)
    dw, dX = np.zeros(3), np.zeros((4, 3))
    value = two(w, X, y, (dw, dX))
    same((value, (dw, dX)), several(w, X, y))
    with pytest.raises(ValueError, match="out must have the shape"):
        inside(x, np.zeros(4))
    with pytest.raises(numba.TypingError, match="out must be a contiguous"):
        inside(x, np.zeros(10)[::2])
    with pytest.raises(numba.TypingError, match="out must be a contiguous"):
        inside(x, np.zeros(5, np.float32))


def test_many_threads_and_sizes() -> None:
    loss = compile_grad(regression)

    @njit(parallel=True)
    def inside(W, X, y, sizes):
        values, slopes = np.zeros(len(W)), np.zeros_like(W)
        for i in prange(len(W)):
            n = sizes[i]
            value, g = loss(W[i, :n], X[i, :, :n], y[i])
            values[i] = value
            slopes[i, :n] = g
        return values, slopes

    m = 2000
    W, X, y = RNG.normal(size=(m, 6)), RNG.normal(size=(m, 5, 6)), RNG.normal(size=(m, 5))
    sizes = RNG.integers(1, 7, m)
    threads = numba.get_num_threads()
    values, slopes = inside(W, X, y, sizes)
    assert loss.recordings <= 1 + 6 * threads
    for i in range(0, m, 97):
        n = sizes[i]
        value, g = loss(W[i, :n], X[i, :, :n].copy(), y[i])
        same((values[i], slopes[i, :n]), (value, g))
        assert not slopes[i, n:].any()


def test_paths_in_parallel() -> None:
    loss = compile_grad(path)

    @njit(parallel=True)
    def inside(X):
        slopes = np.zeros_like(X)
        for i in prange(len(X)):
            slopes[i] = loss.grad(X[i])
        return slopes

    X = RNG.normal(size=(500, 3))
    found = inside(X)
    for i in range(0, 500, 7):
        same(found[i], loss.grad(X[i]))
    recordings = loss.recordings
    inside(X)
    assert loss.recordings == recordings


def test_large_programs_use_scratch_memory() -> None:
    """An arena that is too large for the stack, tapes, and bands on the pool of threads."""
    loss = compile_grad(lambda x: np.sum(np.cumsum(np.sin(x)) ** 2))
    taped = compile_grad(looped)

    @njit
    def inside(x, z):
        return loss(x), taped(z)

    x, z = RNG.normal(size=200_000), np.linspace(1.0, 50.0, 400)
    for _ in range(3):
        same(inside(x, z), (loss(x), taped(z)))


def test_passed_as_an_argument_and_nested() -> None:
    loss, other = compile_grad(rosenbrock), compile_grad(path)

    @njit
    def apply(f, x):
        return f(x)

    @njit
    def inside(x):
        return apply(loss, x), apply(other, x)

    @njit
    def returned():
        return loss

    x = RNG.normal(size=4)
    same(apply(loss, x), loss(x))
    same(inside(x), (loss(x), other(x)))
    assert returned() is loss


def test_jacobians() -> None:
    rows, curvature = jacobian(lambda x: x[1:] * x[:-1]), hessian(rosenbrock)

    @njit
    def inside(x):
        return rows(x), curvature(x)

    x = RNG.normal(size=4)
    same(inside(x), (rows(x), curvature(x)))


def test_methods() -> None:
    class Model:
        @compile_grad
        def loss(self, x):
            return np.sum(x**4)

    model = Model()
    loss = model.loss

    @njit
    def inside(x):
        return loss(x)

    x = RNG.normal(size=4)
    same(inside(x), loss(x))


REFUSED: list[tuple[Callable[..., Any], tuple, str]] = [
    (lambda x: [x, x], (np.ones(3),), "cannot return a list"),
    (lambda x: {"x": x}, (np.ones(3),), "cannot return a dict"),
    (lambda x, s: x, (np.ones(3), "a"), "does not take numba's type unicode_type"),
    (lambda x: undefined + x, (np.ones(3),), "cannot tell what"),  # noqa: F821
]


@pytest.mark.parametrize(("fun", "args", "text"), REFUSED)
def test_refused_types(fun: Callable[..., Any], args: tuple, text: str) -> None:
    f = jit(fun)

    @njit
    def inside(*args):
        return f(*args)

    with pytest.raises(numba.TypingError, match=text):
        inside(*args)


def test_refused_gradient_of_integers() -> None:
    loss = compile_grad(path)

    @njit
    def inside(x):
        return loss(x)

    with pytest.raises(numba.TypingError, match="int"):
        inside(np.arange(3))


def test_random_numbers_are_refused() -> None:
    f = jit(lambda x: x + np.random.rand())

    @njit
    def inside(x):
        return f(x)

    with pytest.raises(AdjitError, match="random numbers"):
        inside(1.0)


def test_types_known_from_a_call_in_python() -> None:
    """No arrays of equal sizes fit this function."""
    loss = compile_grad(lambda x, z: np.sum(x[:, :2] @ z.reshape(2, 3)))

    def inside(x, z):
        return loss(x, z)

    x, z = RNG.normal(size=(4, 5)), RNG.normal(size=6)
    with pytest.raises(numba.TypingError, match="once from Python"):
        njit(inside)(x, z)
    wanted = loss(x, z)
    same(njit(inside)(x, z), wanted)


def test_result_whose_type_depends_on_sizes() -> None:
    f = jit(lambda x: x if x.shape[0] == 3 else np.sum(x))

    @njit
    def inside(x):
        return f(x)

    x = RNG.normal(size=3)
    same(inside(x), x)
    with pytest.raises(AdjitError, match="depends on sizes"):
        inside(np.ones(4))
