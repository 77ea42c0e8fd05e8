"""What runs at once and what waits; writes in place; failures; threads; compiled functions."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import adjit
import adjit.numpy as anp
from adjit import autograd, compile_grad, hessian, hvp, jacobian, jit, jvp, vjp
from adjit.imperative.evaluate import counters, flush


def marked(*shape: int) -> Any:
    x = anp.array(np.arange(1.0, 1.0 + int(np.prod(shape))).reshape(shape))
    x.attach_grad()
    return x


def programs(fun: Callable[[int], None], times: int = 5) -> int:
    before = counters.programs
    for n in range(times):
        fun(n)
    return counters.programs - before


# --- in place ---------------------------------------------------------------------------------


def test_known_arrays_are_written_in_place() -> None:
    x = anp.zeros(1000)
    x[0] = 1.0
    memory = x.node.value.ctypes.data
    for n in range(100):
        x[n] = n
        x[n] += 1
        x[n:][0] = 3
    row = x.reshape(10, 100)[2]
    row[:] = 5.0
    np.add.at(x, [0, 0], 1.0)
    x.sort()
    assert x.node.value.ctypes.data == memory


def test_what_somebody_else_holds_is_not_written_to() -> None:
    x = anp.zeros(3)
    held = x.node.value
    looked = np.asarray(x)
    same, copied = x, x.copy()
    other = anp.array([0.0, 1.0, 2.0])
    other[...] = x  # may share what it holds
    x[0] = 1.0
    other[1] = 2.0
    assert held.tolist() == looked.tolist() == copied.tolist() == [0.0, 0.0, 0.0]
    assert same.tolist() == [1.0, 0.0, 0.0]
    assert other.tolist() == [0.0, 2.0, 0.0]


def test_what_is_recorded_keeps_what_an_array_was() -> None:
    x, c = marked(3), anp.ones(3)
    with autograd.record():
        y = x * c
        c[0] = 7.0
        z = x * c
    assert y.tolist() == [1.0, 2.0, 3.0]
    assert z.tolist() == [7.0, 2.0, 3.0]


# --- programs ---------------------------------------------------------------------------------


def test_numbers_in_indices_and_calls_compile_nothing_new() -> None:
    a = marked(10)

    def read(n: int) -> None:
        with autograd.record():
            y = a[n] * a[-n]
        y.backward()
        y.item()

    def write(n: int) -> None:
        with autograd.record():
            b = a * 1
            b[n] = float(n)
            b[n + 1] += 2
            row = b.reshape(2, 5)[n % 2]
            row[n % 3] = 1.0
            y = b.sum()
        y.backward()
        y.item()

    def numbers(n: int) -> None:
        with autograd.record():
            y = np.where(a > n, a, 0.1 * n).sum() + np.clip(a, n * 0.1, n + 5.0).sum() + n * 0.5
        y.backward()
        y.item()

    for fun in (read, write, numbers):
        assert programs(fun) == 1
    # Of the last: numbers(4), in which 9 is the upper bound itself.
    assert list(np.asarray(a.grad)) == [1, 1, 1, 1, 2, 2, 2, 2, 1.5, 1]


def test_a_step_is_one_call() -> None:
    w = anp.array(np.ones((3, 4), np.float32))
    w.attach_grad()
    for n in range(4):
        before = counters.calls
        with autograd.record():
            y = ((w.T @ w) ** 2).sum()
        y.backward()
        with autograd.pause():
            w -= 0.01 * w.grad
        assert n == 0 or counters.calls - before == 1


def test_long_chains() -> None:
    a = marked(2)
    with autograd.record():
        b = a
        for _ in range(150):
            b = b * 1.01
    np.testing.assert_allclose(b, np.array([1.0, 2.0]) * 1.01**150)


# --- failures ---------------------------------------------------------------------------------


def test_a_failure_comes_when_the_array_is_looked_at() -> None:
    a = anp.ones((2, 2))
    a.attach_grad()
    with autograd.record():
        bad = np.linalg.inv(a * 1)
        worse = np.linalg.cholesky(a - 5)
        good = a * 2
        outside = a[(a * 0 + 9).astype(int)[0]]
    assert good.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError):
            bad.tolist()
    with pytest.raises(np.linalg.LinAlgError):
        print(worse)
    with pytest.raises(IndexError, match="9"):
        outside.tolist()
    flush()
    assert (good + 1).tolist() == [[3.0, 3.0], [3.0, 3.0]]


@pytest.mark.parametrize(
    "fun",
    [
        lambda a: a + np.ones(3),
        lambda a: a @ np.ones(3),
        lambda a: a.sum(axis=4),
        lambda a: a[3],
        lambda a: a[[3]],
        lambda a: a[0, 0, 0],
        lambda a: a.reshape(3),
        lambda a: np.concatenate([a, np.ones(3)]),
        lambda a: np.stack([a, np.ones(3)]),
        lambda a: a & 1,
        lambda a: a.swapaxes(0, 9),
        lambda a: a.squeeze(0),
        lambda a: a.no_such_name,
        lambda a: bool(a),
        lambda a: a["a"],
        lambda a: a.item(),
    ],
)
def test_errors_come_at_the_line_with_the_class_of_numpy(fun: Callable[[Any], Any]) -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(Exception) as expected:  # noqa: PT011
        fun(x)
    kind = next(
        k for k in expected.type.__mro__ if k.__module__ in ("builtins", "numpy.exceptions")
    )
    a = anp.array(x)
    a.attach_grad()
    with autograd.record(), pytest.raises(kind):
        fun(a * 1)


def test_an_interrupt_leaves_all_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    a = marked(3)
    with autograd.record():
        y = (a * 5).sum()
        z = a + 1

    def interrupt(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("adjit.imperative.evaluate.plan", interrupt)
        with pytest.raises(KeyboardInterrupt):
            y.item()
    assert y.item() == 30.0
    assert z.tolist() == [2.0, 3.0, 4.0]


# --- threads and processes --------------------------------------------------------------------


def test_threads() -> None:
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for k in range(5):
                x = anp.ones(n % 2 + 2) * n
                x.attach_grad()
                with autograd.record():
                    y = (x * x + k).sum()
                y.backward()
                assert (np.asarray(x.grad) == 2 * n).all()
                assert y.item() == (n * n + k) * (n % 2 + 2)
        except BaseException as problem:
            failed.append(problem)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_many_threads_look_at_one_array() -> None:
    a = marked(4)
    for n in range(5):
        with autograd.record():
            y = (a * n).sum() * 2
        found: list[float] = []
        threads = [threading.Thread(target=lambda: found.append(y.item())) for _ in range(8)]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [20.0 * n] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork() -> None:
    a = marked(3)
    with autograd.record():
        y = (a * 3).sum()
    child = os.fork()
    if not child:
        os._exit(0 if y.item() == 18.0 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert y.item() == 18.0


def test_pickle_holds_the_value() -> None:
    a = marked(3)
    with autograd.record():
        b = a * 2
    assert pickle.loads(pickle.dumps(b)).tolist() == [2.0, 4.0, 6.0]


# --- compiled functions -----------------------------------------------------------------------


def f(x: Any) -> Any:
    return np.sum(np.sin(x) * x)


class Pair(NamedTuple):
    first: Any
    second: Any


CALLS: dict[str, Callable[[Any], Any]] = {
    "jit": lambda x: jit(f)(x),
    "compile_grad": lambda x: compile_grad(f)(x)[1],
    "vjp": lambda x: vjp(f, x)[1](2.0)[0],
    "vjp of a recorded cotangent": lambda x: vjp(np.sin, x)[1](x)[0],
    "linearize": lambda x: adjit.linearize(f, x)[1](x * 2),
    "elementwise_grad": lambda x: adjit.elementwise_grad(np.sin)(x),
    "gnvp": lambda x: adjit.gnvp(np.sin, x, x + 1),
    "jvp": lambda x: jvp(f, (x,), (x * 2,))[1],
    "jacobian": lambda x: jacobian(lambda x: np.sin(x) * x)(x),
    "hessian": lambda x: hessian(f)(x),
    "hvp": lambda x: hvp(f, x, x + 1),
    "checkpoint": lambda x: adjit.checkpoint(f)(x),
    "containers": lambda x: jit(lambda d: d["a"][0] * d["b"])({"a": [x, 2], "b": x * x}),
    "named tuples": lambda x: jit(lambda p: p.first * p.second)(Pair(x, x * 2)),
    "stop_gradient": lambda x: adjit.stop_gradient(x) * x,
}


@pytest.mark.parametrize("name", CALLS)
def test_compiled_functions_take_arrays(name: str) -> None:
    """Arrays for Arrays, and gradients flow through them."""
    call, start = CALLS[name], np.array([0.3, -0.7, 1.1])
    expected = call(start)
    known = call(anp.array(start))
    assert isinstance(known, adjit.Array)
    np.testing.assert_allclose(known, expected, rtol=1e-12)
    x = anp.array(start)
    x.attach_grad()
    with autograd.record():
        y = (call(x * 1) ** 2).sum()
    y.backward()

    def at(step: float, move: np.ndarray) -> float:
        return float(np.sum(call(start + step * move) ** 2))

    if name == "stop_gradient":
        np.testing.assert_allclose(x.grad, 2 * start**3)
        return
    for n, move in enumerate(np.eye(3)):
        slope = (at(1e-5, move) - at(-1e-5, move)) / 2e-5
        np.testing.assert_allclose(np.asarray(x.grad)[n], slope, rtol=1e-6, atol=1e-7)


def test_a_custom_rule_is_followed() -> None:
    g = adjit.custom_vjp(lambda x: x * x)
    g.defvjp(lambda x: (x * x, x), lambda x, t: (100 * t,))
    x = marked(2)
    with autograd.record():
        y = g(x).sum()
    y.backward()
    assert x.grad.tolist() == [100.0, 100.0]


def test_branches_follow_values() -> None:
    fun = jit(lambda x: x.sum() if x[0] > 0 else x)
    x = marked(2)
    with autograd.record():
        assert fun(x * 1).shape == ()
        assert fun(x * -1).shape == (2,)


W = anp.ones(3)


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: x * W,
        lambda x: np.add(W, x),
        lambda x: W @ x,
        lambda x: x * np.asarray(W),
        lambda x: x * float(W[0]),
        lambda x: W * 2,
        lambda x: x if W.sum() > 2 else 2 * x,
        lambda x: np.concatenate([W, x]),
    ],
)
def test_a_captured_array_is_an_error(fun: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        jit(fun)(np.ones(3))
