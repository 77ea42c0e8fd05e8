"""Errors inside numba: the same as from Python, and never lost."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit, prange

from adjit import compile_grad


def picked(x, k):
    return x[k] ** 2


def solved(A):
    return np.sum(np.linalg.solve(A, np.ones(3)))


def checked(x):
    if np.sum(x) < 0:
        raise ValueError("a negative sum")
    return np.sum(x**2)


FAILING = [
    (picked, (np.ones(3), 1), (np.ones(3), 7), IndexError),
    (solved, (np.eye(3),), (np.zeros((3, 3)),), np.linalg.LinAlgError),
    (checked, (np.ones(3),), (-np.ones(3),), ValueError),
]


@pytest.mark.parametrize(("fun", "good", "bad", "kind"), FAILING)
def test_raised(fun, good, bad, kind) -> None:
    loss = compile_grad(fun)

    @njit
    def inside(*args):
        return loss(*args)

    for _ in range(2):
        value, _ = inside(*good)
        assert value == loss(*good)[0]
        with pytest.raises(kind):
            inside(*bad)


def test_shapes_that_do_not_fit() -> None:
    loss = compile_grad(lambda w, X: np.sum(X @ w))

    @njit
    def inside(w, X):
        return loss(w, X)

    inside(np.ones(3), np.ones((2, 3)))
    with pytest.raises(ValueError, match="3"):
        inside(np.ones(4), np.ones((2, 3)))


@pytest.mark.parametrize("where", [0, 150, 299])
@pytest.mark.parametrize(("fun", "good", "bad", "kind"), FAILING)
def test_raised_in_parallel(fun, good, bad, kind, where: int) -> None:
    """Whichever thread it happens in, the calling thread hears of it."""
    loss = compile_grad(fun)

    @njit(parallel=True)
    def inside(X, k, at):
        found = np.zeros(300)
        for i in prange(300):
            n = 1 if i == at else 0
            if fun_takes_index:
                found[i] = loss.value(X[0], k[n])
            else:
                found[i] = loss.value(X[n])
        return found

    def run(at: int) -> np.ndarray:
        found = inside(X, k, at)
        for _ in range(10):  # an exception from another thread comes between two statements
            pass
        return found

    fun_takes_index = fun is picked
    X = np.stack([good[0], bad[0]])
    k = np.array([good[-1], bad[-1]]) if fun_takes_index else np.zeros(2, int)
    with pytest.raises(kind):
        run(where)
    assert np.all(run(-1) == loss(*good)[0])


@pytest.mark.parametrize("where", [0, 150, 299])
def test_raised_below_a_parallel_loop(where: int) -> None:
    """A function that the loop calls does not know of the loop."""
    loss = compile_grad(picked)

    @njit
    def below(x, k):
        return loss.value(x, k)

    @njit(parallel=True)
    def inside(x, k):
        found = np.zeros(300)
        for i in prange(300):
            found[i] = below(x, k[i])
        return found.sum()

    k = np.zeros(300, int)
    assert inside(np.ones(3), k) == 300.0
    k[where] = 7

    def run() -> None:
        inside(np.ones(3), k)
        assert len(k) == 300  # an exception from another thread comes between two statements

    with pytest.raises((IndexError, SystemError)):
        run()
    k[where] = 0
    assert inside(np.ones(3), k) == 300.0


def test_raised_without_the_gil() -> None:
    loss = compile_grad(picked)

    @njit(nogil=True)
    def inside(x, k):
        return loss(x, k)

    for _ in range(2):
        with pytest.raises(IndexError):
            inside(np.ones(3), 5)
        assert inside(np.ones(3), 1)[0] == 1.0


def test_large_ints() -> None:
    loss = compile_grad(lambda x, n: np.sum(x) * n)

    @njit
    def inside(x, n):
        return loss(x, n)

    assert inside(np.ones(3), 2**31 - 1)[0] == 3.0 * (2**31 - 1)
    with pytest.raises(NotImplementedError, match="the int 2147483648"):
        inside(np.ones(3), 2**31)
    with pytest.raises(NotImplementedError, match="the int"):
        inside(np.ones(3), -(2**40))
