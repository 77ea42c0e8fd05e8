"""What a function captures is what it is at each call, inside numba as in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit, prange

from adjit import compile_grad, jit
from adjit.tracer.errors import AdjitError

scale = 2.0
table = np.array([1.0, 2.0, 3.0])
settings = {"power": 2, "weights": np.ones(3)}
steps = [1.0, 2.0]
nested = (np.ones(3), [3.0])


class Config:
    rate = 0.5


def helper(x, by=3.0):
    return x * by


def by_global(x):
    return np.sum(scale * x**2)


def by_table(x):
    return np.sum(table * x)


def by_dict(x):
    return np.sum(settings["weights"] * x ** settings["power"])


def by_list(x):
    return np.sum(x) * steps[0] + steps[1]


def by_tuple(x):
    return np.sum(nested[0] * x) * nested[1][0]


def by_class(x):
    return np.sum(Config.rate * x)


def by_helper(x):
    return np.sum(helper(x))


def set_global(name: str, value: Any) -> None:
    globals()[name] = value


def set_default() -> None:
    helper.__defaults__ = (7.0,)


CHANGES = [
    (by_global, lambda: set_global("scale", 5.0)),
    (by_global, lambda: set_global("scale", np.float32(5.0))),
    (by_table, lambda: table.__setitem__(1, 20.0)),
    (by_table, lambda: set_global("table", np.array([4.0, 5.0, 6.0]))),
    (by_table, lambda: set_global("table", 2.5)),
    (by_dict, lambda: settings.__setitem__("power", 3)),
    (by_dict, lambda: settings["weights"].__setitem__(0, 9.0)),
    (by_dict, lambda: settings.__setitem__("weights", np.full(3, 4.0))),
    (by_list, lambda: steps.__setitem__(1, -2.0)),
    (by_list, lambda: steps.append(-2.0)),
    (by_tuple, lambda: nested[0].__setitem__(2, 8.0)),
    (by_tuple, lambda: nested[1].__setitem__(0, 8.0)),
    (by_class, lambda: setattr(Config, "rate", 4.0)),
    (by_helper, set_default),
    (by_helper, lambda: set_global("helper", lambda x: x * x)),
]


@pytest.fixture(autouse=True)
def _restored():
    yield
    set_global("scale", 2.0)
    set_global("table", np.array([1.0, 2.0, 3.0]))
    set_global("settings", {"power": 2, "weights": np.ones(3)})
    set_global("steps", [1.0, 2.0])
    set_global("nested", (np.ones(3), [3.0]))
    set_global("helper", HELPER)
    HELPER.__defaults__ = (3.0,)
    Config.rate = 0.5


HELPER = helper


@pytest.mark.parametrize(("fun", "change"), CHANGES)
def test_changes_are_seen(fun: Any, change: Any) -> None:
    loss = compile_grad(fun)

    @njit
    def inside(x):
        return loss(x)

    x = np.array([0.5, -1.0, 2.0])
    for _ in range(2):
        y, g = inside(x)
        expected = fun(x)
        np.testing.assert_allclose(y, expected, rtol=1e-14)
    change()
    for _ in range(2):
        again, slope = inside(x)
        np.testing.assert_allclose(again, fun(x), rtol=1e-14)
        np.testing.assert_allclose(slope, compile_grad(fun).grad(x), rtol=1e-14)
    assert again != y or np.any(slope != g) or fun is by_list


def test_closure_variables() -> None:
    rate, data = 2.0, np.ones(3)

    @compile_grad
    def loss(x):
        return np.sum(rate * data * x)

    @njit
    def inside(x):
        return loss(x)

    x = np.arange(3.0)
    assert inside(x)[0] == 6.0
    rate = 3.0
    assert inside(x)[0] == 9.0
    data[:] = 2.0
    assert inside(x)[0] == 18.0
    data = np.array([1.0, 0.0, 0.0])
    assert inside(x)[0] == 0.0
    recordings = loss.recordings
    for _ in range(10):
        inside(x)
    assert loss.recordings == recordings


def test_unrelated_globals_cost_no_recording() -> None:
    loss = compile_grad(by_global)

    @njit
    def inside(x):
        return loss(x)

    inside(np.ones(3))
    recordings = loss.recordings
    for n in range(50):
        set_global("unrelated", n)
        assert inside(np.ones(3))[0] == 6.0
    assert loss.recordings == recordings


def test_resized_array() -> None:
    data = np.ones(3)
    f = jit(lambda x: np.sum(data) * x)

    @njit
    def inside(x):
        return f(x)

    assert inside(2.0) == 6.0
    data.resize(5, refcheck=False)
    data[:] = 1.0
    assert inside(2.0) == 10.0


def test_attributes_of_objects_are_refused() -> None:
    class Model:
        def __init__(self) -> None:
            self.rate = 2.0

    model = Model()
    f = jit(lambda x: model.rate * x)

    @njit
    def inside(x):
        return f(x)

    with pytest.raises(AdjitError, match=r"Model\.rate inside numba"):
        inside(1.0)


def test_strided_captures_are_refused() -> None:
    data = np.arange(6.0)[::2]
    f = jit(lambda x: np.sum(data) * x)

    @njit
    def inside(x):
        return f(x)

    with pytest.raises(AdjitError, match="not contiguous"):
        inside(1.0)


def test_out_next_to_captures() -> None:
    data = np.ones(4)
    loss = compile_grad(lambda x: np.sum(data * x**2))

    @njit
    def inside(x, out):
        return loss(x, out=out)[0]

    x = np.arange(4.0)
    inside(x, data)  # the kernel reads data, and its gradient replaces it
    np.testing.assert_array_equal(data, 2.0 * x)


def test_changes_between_parallel_loops() -> None:
    rate = 1.0

    @compile_grad
    def loss(x):
        return np.sum(rate * x)

    @njit(parallel=True)
    def inside(X):
        slopes = np.zeros_like(X)
        for i in prange(len(X)):
            slopes[i] = loss.grad(X[i])
        return slopes

    X = np.ones((300, 4))
    for rate in (1.0, 2.0, 3.0):
        np.testing.assert_array_equal(inside(X), np.full((300, 4), rate))
