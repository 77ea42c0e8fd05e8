"""Calls by native entries: the same results as the general way, and back to it when needed."""

from __future__ import annotations

import gc
import sys
import threading
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, jit
from adjit.codegen.python_api import supported

pytestmark = pytest.mark.skipif(not supported(), reason="no native entries on this interpreter")

X = np.linspace(0.5, 2.0, 6)
M = np.arange(12.0).reshape(3, 4)
Pair = namedtuple("Pair", "a b")


def same(found: Any, expected: Any) -> None:
    """The same containers, types, dtypes, shapes and bits."""
    assert type(found) is type(expected)
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        assert not isinstance(expected, np.ndarray) or found.flags.writeable
    else:
        assert found == expected


GRADIENTS: dict[str, tuple[Any, tuple, dict]] = {
    "array": (lambda x: np.sum(x * x), (X,), {}),
    "matrix": (lambda x: np.sum(np.sin(x)), (M,), {}),
    "float32": (lambda x: np.sum(x * x), (X.astype("f"),), {}),
    "0-d array": (lambda x: x * x, (np.array(3.0),), {}),
    "empty array": (lambda x: np.sum(x), (np.zeros((0, 3)),), {}),
    "float": (lambda x: x * x, (3.0,), {}),
    "NumPy scalar": (lambda x: x * x, (np.float64(3.0),), {}),
    "NumPy scalar of 32 bits": (lambda x: x * x, (np.float32(3.0),), {}),
    "int beside it": (lambda x, n: np.sum(x) * n, (X, 3), {}),
    "bool beside it": (lambda x, b: np.sum(x) if b else np.sum(-x), (X, True), {}),
    "string beside it": (lambda x, s: np.sum(x) * len(s), (X, "abc"), {}),
    "None beside it": (lambda x, s: np.sum(x) if s is None else x, (X, None), {}),
    "integers beside it": (lambda x, k: np.sum(x * k), (X, np.arange(6)), {}),
    "tuple": (lambda p: np.sum(p[0] * p[1]), ((X, 2.0),), {}),
    "list": (lambda p: np.sum(p[0] * p[1]), ([X, X],), {}),
    "dict": (lambda p: np.sum(p["a"] * p["b"][0]), ({"a": X, "b": (2.0, None)},), {}),
    "two arguments": (lambda x, y: np.sum(x * y), (X, X + 1), {"argnums": (0, 1)}),
    "by name": (lambda x, y: np.sum(x * y), (X, 2.0), {"argnums": "y"}),
    "aux": (lambda x: (np.sum(x), {"twice": 2 * x, "n": 3}), (X,), {"has_aux": True}),
    "a branch": (lambda x: np.sum(x) if x[0] > 0 else np.sum(x * x), (X,), {}),
    "a loop": (lambda x: sum(np.sin(x[i]) for i in range(6)), (X,), {}),
    "not used": (lambda x, y: np.sum(x), (X, M), {"argnums": (0, 1)}),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_the_general_way(name):
    fun, args, options = GRADIENTS[name]
    compiled = compile_grad(fun, **options)
    expected = compiled(*args)
    for _ in range(4):
        same(compiled(*args), expected)
    assert compiled.entries
    assert compiled.native_calls == 5
    assert compiled.recordings == 1


RESULTS: dict[str, tuple[Any, tuple]] = {
    "array": (lambda x: np.sin(x), (X,)),
    "containers": (lambda x: {"a": (x, [x * 2]), 3: x[0]}, (X,)),
    "Python numbers": (lambda x, n: (float(x[0]), int(x[0] * 4), n + 1, x[0] > 1), (X, 2)),
    "constants": (lambda x: (x, "text", None, 2.5), (X,)),
    "the same twice": (lambda x: (x * 2, x * 2), (X,)),
    "integers": (lambda k: k * 2 + 1, (np.arange(5),)),
    "bools": (lambda x: (x > 1, np.all(x > 0)), (X,)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_are_those_of_the_general_way(name):
    fun, args = RESULTS[name]
    compiled = jit(fun)
    expected = compiled(*args)
    for _ in range(4):
        same(compiled(*args), expected)
    assert compiled.entries


def test_calls_that_it_does_not_expect():
    compiled = compile_grad(lambda x, y=2.0: np.sum(x * x) * y)
    for _ in range(3):
        compiled(X, 2.0)
    assert compiled.entries
    strided = np.repeat(X, 2)[::2]
    for args, kwargs in (
        ((X,), {}),
        ((X,), {"y": 3.0}),
        ((X, 3), {}),
        ((strided, 2.0), {}),
        ((X.astype(">f8"), 2.0), {}),
        ((X.astype("f"), 2.0), {}),
        ((X[:3], 2.0), {}),
        ((M, 2.0), {}),
        ((np.frombuffer(b"." + X.tobytes(), "u1")[1:].view("f8"), 2.0), {}),
        ((X, np.float64(2.0)), {}),
        ((X, 2.0), {"out": np.empty(6)}),
    ):
        value, gradient = compiled(*args, **kwargs)
        x = np.asarray(args[0], float)
        y = kwargs.get("y", args[1] if len(args) > 1 else 2.0)
        np.testing.assert_allclose(value, np.sum(x * x) * y)
        np.testing.assert_allclose(gradient, 2 * x * y)
    with pytest.raises(TypeError):
        compiled()
    with pytest.raises(TypeError):
        compiled(X, 2.0, 3.0)


def test_several_shapes_have_entries_of_their_own():
    compiled = compile_grad(lambda x: np.sum(x * x))
    arrays = [np.ones(n) for n in (2, 3, 4)]
    for _ in range(5):
        for x in arrays:
            assert compiled(x)[0] == x.size
    assert len(compiled.entries) == 3


def test_a_new_path_is_found_and_quickened():
    compiled = jit(lambda x: x if x > 0 else -2.0 * x)
    calls = [(1.0, 1.0)] * 4 + [(-1.0, 2.0)] * 4 + [(3.0, 3.0)] * 2
    for x, y in calls:
        assert compiled(x) == y
    assert compiled.recordings == 2


scale = 2.0
table = np.arange(6.0)


def test_captured_things_are_read_at_each_call():
    global scale, table
    compiled = compile_grad(lambda x: np.sum(x * table) * scale)
    for _ in range(4):
        assert compiled(X)[0] == np.sum(X * table) * scale
    assert compiled.entries
    table = table + 1.0
    assert compiled(X)[0] == np.sum(X * table) * scale
    table[2] = 7.0
    assert compiled(X)[0] == np.sum(X * table) * scale
    scale = 3.0
    for _ in range(4):
        assert compiled(X)[0] == np.sum(X * table) * scale
    scale, table = 2.0, np.arange(6.0)


def test_closure_variables_are_read_at_each_call():
    factor, array = 2.0, np.arange(6.0)

    def loss(x):
        return np.sum(x * array) * factor

    compiled = compile_grad(loss)
    for _ in range(4):
        assert compiled(X)[0] == np.sum(X * array) * factor
    assert compiled.entries
    factor, array = 3.0, array + 1
    for _ in range(4):
        assert compiled(X)[0] == np.sum(X * array) * factor


def test_objects_of_the_user_go_the_general_way():
    compiled = compile_grad(lambda p: np.sum(p.a * p.b))
    for _ in range(4):
        value, gradient = compiled(Pair(X, 2.0))
        assert isinstance(gradient, Pair)
        assert value == np.sum(X) * 2
    assert not compiled.entries


def test_inside_of_a_recording_it_records():
    inner = jit(lambda x: np.sin(x) * 2)
    for _ in range(3):
        inner(X)
    assert inner.entries
    outer = compile_grad(lambda x: np.sum(inner(x)))
    np.testing.assert_allclose(outer(X)[1], 2 * np.cos(X))
    np.testing.assert_allclose(inner(X), np.sin(X) * 2)


def test_methods():
    class Model:
        def __init__(self, scale):
            self.scale = scale

        @compile_grad
        def loss(self, x):
            return np.sum(x) * self.scale

    one, other = Model(2.0), Model(3.0)
    for _ in range(4):
        assert one.loss(X)[0] == np.sum(X) * 2
        assert other.loss(X)[0] == np.sum(X) * 3


def test_nothing_leaks():
    arguments = ({"a": X, "b": [X, 2.0]}, 3)
    compiled = compile_grad(lambda p, n: (np.sum(p["a"] * p["b"][0]) * p["b"][1] * n, p["a"] + 1),
                            has_aux=True)  # fmt: skip
    for _ in range(3):
        compiled(*arguments)
    assert compiled.entries
    gc.collect()
    counts = [sys.getrefcount(item) for item in (X, None, arguments[0])]
    before = len(gc.get_objects())
    for _ in range(1000):
        compiled(*arguments)
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    after = [sys.getrefcount(item) for item in (X, None, arguments[0])]
    np.testing.assert_allclose(after, counts, atol=50)


def test_eight_threads():
    x = np.linspace(0, 1, 50_000)
    small = compile_grad(lambda x: np.sum(x**3))
    large = compile_grad(lambda x: np.sum(np.exp(x) * np.sin(x)), threads=3)
    for _ in range(3):
        expected = [small(X), large(x)]
    wrong = []

    def work() -> None:
        for n in range(1250):
            found = small(X)
            if found[0] != expected[0][0] or not np.array_equal(found[1], expected[0][1]):
                wrong.append(found)
            if n % 50 == 0:
                found = large(x)
                if found[0] != expected[1][0] or not np.array_equal(found[1], expected[1][1]):
                    wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
