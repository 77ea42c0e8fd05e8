"""When values are computed, what is compiled for them, and what becomes of the rest."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from marked import attached, close, counted, equal, required

import adjit
from adjit import autograd
from adjit.autograd import Array, array, counters


def recorded() -> Array:
    x = required([1.0, 2.0])
    return (np.exp(x) * x).sum()


LOOKS: dict[str, Callable[[Array], Any]] = {
    "print": str,
    "repr": repr,
    "bool": bool,
    "float": float,
    "item": lambda y: y.item(),
    "asarray": np.asarray,
    "numpy": lambda y: y.numpy(),
    "format": lambda y: f"{y:.3f}",
    "if": lambda y: 1 if y > 0 else 0,
    "tolist": lambda y: y.tolist(),
}


@pytest.mark.parametrize("look", LOOKS)
def test_values_are_computed_when_someone_looks(look: str) -> None:
    with counted(calls=0):
        y = recorded()
        assert y.shape == ()
        assert y.dtype == np.float64
        assert (y.ndim, y.size) == (0, 1)
        y.backward(retain_graph=True)
    y = recorded()
    calls = counters.calls
    LOOKS[look](y)
    assert counters.calls == calls + 1
    y.item()
    assert counters.calls == calls + 1


def test_what_is_known_is_computed_at_once() -> None:
    with counted(programs=0, calls=0):
        x = array([1.0, 2.0])
        equal(np.exp(x) * 2, np.exp([1.0, 2.0]) * 2)


def test_all_that_waits_is_computed_together() -> None:
    x = required([1.0, 2.0])
    with counted(calls=1):
        y, z = x * 2, np.sin(x)
        z.sum().backward()
        equal(y, [2, 4])
        close(x.grad, np.cos([1.0, 2.0]))
        close(z, np.sin([1.0, 2.0]))


def test_what_nobody_can_see_is_not_computed() -> None:
    x = required(np.ones(3))
    with counted(calls=0):
        y = np.linalg.inv(np.zeros((3, 3)) * x)  # would be an error
        del y
        gc.collect()
        autograd.flush()
    y = x * 2
    equal(y, [2, 2, 2])


def by_hand_attached(w: Array, X: np.ndarray, y: np.ndarray, rate: float) -> None:
    with autograd.record():
        loss = ((array(X) @ w - array(y)) ** 2).mean()
    loss.backward()
    with autograd.pause():
        w -= rate * w.grad


def by_hand_required(w: Array, X: np.ndarray, y: np.ndarray, rate: float) -> None:
    loss = ((array(X) @ w - array(y)) ** 2).mean()
    loss.backward()
    with autograd.no_grad():
        w -= rate * w.grad
        w.grad.zero_()


@pytest.mark.parametrize(
    ("mark", "step"), [(attached, by_hand_attached), (required, by_hand_required)]
)
def test_training_compiles_once_and_calls_once(mark: Any, step: Any) -> None:
    rng = np.random.default_rng(0)
    w, wanted = mark(np.zeros(3)), np.zeros(3)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    batches = [slice(0, 25), slice(25, 50), slice(50, 60)]
    for epoch in range(4):
        for number, batch in enumerate(batches):
            before = counters.programs, counters.calls
            rate = 0.1 / (1 + epoch)
            step(w, X[batch], y[batch], rate)
            made = counters.programs - before[0]
            if epoch > 1:
                assert made == 0
                assert counters.calls - before[1] == 1
            elif epoch == 1 and number < 2:
                assert made <= 1
            wanted -= rate * 2 * X[batch].T @ (X[batch] @ wanted - y[batch]) / len(y[batch])
    close(w, wanted)
    with counted(programs=0):
        step(w, X[:25] * 2, y[:25], 0.0125)
    with counted(programs=0):
        step(w, X[50:], y[50:], 0.0125)


@pytest.mark.parametrize(
    ("mark", "step"), [(attached, by_hand_attached), (required, by_hand_required)]
)
def test_a_loop_that_never_looks(mark: Any, step: Any) -> None:
    rng = np.random.default_rng(0)
    w = mark(np.zeros(2))
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    for _ in range(3):
        step(w, X, y, 0.05)
    gc.collect()
    alive = len(gc.get_objects())
    with counted(programs=0):
        for _ in range(1000):
            step(w, X, y, 0.05)
    gc.collect()
    assert len(gc.get_objects()) < alive + 500
    close(w, np.linalg.lstsq(X, y, rcond=None)[0], 1e-9)


def test_a_loop_without_pause() -> None:
    x = attached([1.0, 2.0])
    total = array([0.0, 0.0])
    programs = counters.programs
    for _ in range(1000):
        with autograd.record():
            y = (x * x).sum()
        y.backward()
        total = total + x.grad
    equal(total, [2000, 4000])
    assert counters.programs - programs <= 6


def test_a_recording_that_nobody_ends() -> None:
    x = required(np.array([1.0, 2.0]))
    y = x
    for _ in range(3000):
        y = y * 0.999
    y.sum().backward()
    close(x.grad, np.full(2, 0.999**3000), 1e-9)


def test_what_is_recorded_dies_with_its_arrays() -> None:
    x = required(np.ones(1000))
    y = np.exp(x)
    node = weakref.ref(y)
    z = y.sum()
    del y
    gc.collect()
    assert node() is None
    z.backward()
    assert float(z) == pytest.approx(1000 * np.e)
    assert z.node.args == ()


def test_values_are_what_they_were() -> None:
    data = np.array([1.0, 2.0])
    x = required([3.0, 4.0])
    y = x * data
    data[:] = 100
    equal(y, [3, 8])
    z = (x * array(data)).sum()
    with autograd.no_grad():
        x[0] = -1
    assert float(z) == 700


def test_an_error_leaves_all_as_it_was() -> None:
    x = required([1.0, 2.0])
    y = x * 2
    with pytest.raises(ValueError, match="operands could not be broadcast"):
        x + array([1.0, 2.0, 3.0])
    bad = np.linalg.inv(x.reshape(1, 2).T @ x.reshape(1, 2) * 0)
    equal(y, [2, 4])  # the error belongs to the other
    with pytest.raises(np.linalg.LinAlgError):
        bad.sum().item()
    with pytest.raises(KeyError), autograd.no_grad():
        raise KeyError
    assert autograd.is_grad_enabled()
    y.register_hook(lambda g: 1 // 0)
    total = y.sum()
    with pytest.raises(ZeroDivisionError):
        total.backward()
    assert autograd.is_grad_enabled()
    assert x.grad is None
    del bad
    (x * x).sum().backward()
    equal(x.grad, [2, 4])


def test_modes_are_per_thread() -> None:
    found = []
    with autograd.record(), autograd.no_grad(), autograd.record():
        thread = threading.Thread(
            target=lambda: found.extend(
                [autograd.is_recording(), autograd.is_training(), autograd.is_grad_enabled()]
            )
        )
        thread.start()
        thread.join()
    assert found == [False, False, True]


def test_threads_train_at_once() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    problems: list[BaseException] = []
    weights: list[Array] = []

    def train(mark: Any, step: Any) -> None:
        try:
            w = mark(np.zeros(2))
            weights.append(w)
            for _ in range(150):
                step(w, X, y, 0.1)
        except BaseException as problem:
            problems.append(problem)

    threads = [
        threading.Thread(target=train, args=args)
        for args in [(attached, by_hand_attached), (required, by_hand_required)] * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    wanted = np.zeros(2)
    for _ in range(150):
        wanted -= 0.1 * 2 * X.T @ (X @ wanted - y) / 20
    for w in weights:
        close(w, wanted)


def test_one_array_is_looked_at_by_threads() -> None:
    for _ in range(20):
        x = required(np.linspace(0, 1, 50))
        y = np.sin(x) * 2
        z = (y * y).sum()
        found: list[float] = []

        def look(z: Array = z, found: list[float] = found) -> None:
            found.append(float(z))

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert set(found) == {float(z)}


@pytest.mark.slow
@pytest.mark.parametrize("op", [np.sin, lambda y: y * 0.9999])
def test_deep_recordings(op: Any) -> None:
    """Ten thousand operations: equal pieces, each compiled once; about ten seconds."""
    x = required([1.0, 2.0])
    y, programs = x, counters.programs
    for _ in range(10_000):
        y = op(y)
    y.sum().backward()
    wanted, slope = np.array([1.0, 2.0]), np.ones(2)
    for _ in range(10_000):
        slope = slope * (np.cos(wanted) if op is np.sin else 0.9999)
        wanted = op(wanted)
    close(y, wanted, 1e-10)
    close(x.grad, slope, 1e-10)
    assert counters.programs - programs < 20


def test_long_recordings_in_pieces() -> None:
    """Several arrays cross from piece to piece, and some leave in the middle."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(3, 3)) * 0.5
    w, b = required(W), required(np.zeros(3))
    h, losses = array(np.ones(3)), []
    for n in range(250):
        h = np.tanh(w @ h + b)
        if n % 50 == 49:
            losses.append((h * h).sum())
    sum(losses).backward()

    def value(W: np.ndarray, b: np.ndarray) -> Any:
        h, total = np.ones(3), 0.0
        for n in range(250):
            h = np.tanh(W @ h + b)
            if n % 50 == 49:
                total = total + (h * h).sum()
        return total

    gw, gb = adjit.grad(value, (0, 1))(W, np.zeros(3))
    close(w.grad, gw, 1e-9)
    close(b.grad, gb, 1e-9)


# --- transforms of recorded arrays ------------------------------------------------------------


def squares(x: Any) -> Any:
    return np.sum(x * x * x)


def test_transforms_of_recorded_arrays() -> None:
    v = np.array([1.0, 2.0])
    x = required(v)
    adjit.jit(squares)(x).backward()
    equal(x.grad, 3 * v**2)
    x.grad = None
    (adjit.grad(squares)(x) ** 2).sum().backward()
    equal(x.grad, 2 * 3 * v**2 * 6 * v)
    value, slope = adjit.value_and_grad(squares)(x)
    assert value.requires_grad
    assert slope.requires_grad
    x.grad = None
    value, pullback = adjit.vjp(np.sin, x)
    (value.sum() + (pullback(np.ones(2))[0] ** 2).sum()).backward()
    close(x.grad, np.cos(v) - 2 * np.cos(v) * np.sin(v))
    x.grad = None
    value, tangent = adjit.jvp(np.sin, (x,), (np.array([1.0, 3.0]),))
    tangent.sum().backward()
    close(x.grad, -np.sin(v) * [1, 3])
    x.grad = None
    value, linear = adjit.linearize(np.sin, x)
    (value * linear(np.ones(2))).sum().backward()
    close(x.grad, np.cos(2 * v))
    x.grad = None
    adjit.checkpoint(squares)(x).backward()
    equal(x.grad, 3 * v**2)
    equal(adjit.hessian(squares)(x), np.diag(6 * v))


def test_a_shape_that_depends_on_values() -> None:
    fun = adjit.jit(lambda x: x * 2 if x.sum() > 100 else x[:1])
    x = required([1.0, 2.0])
    equal(fun(x), [1])
    y = fun(x * 100)
    assert y.shape == (2,)
    y.sum().backward()
    equal(y, [200, 400])
    equal(x.grad, [200, 200])


def test_custom_rules_of_recorded_arrays() -> None:
    fun = adjit.custom_vjp(lambda x: x * x)
    fun.defvjp(lambda x: (x * x, x), lambda x, g: (g * 100 * x,))
    x = required([1.0, 2.0])
    fun(x).sum().backward()
    equal(x.grad, [100, 200])
