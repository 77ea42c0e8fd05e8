"""Calls by native entries: the same results as the general way, and back to it when needed."""

from __future__ import annotations

import gc
import sys
import threading
from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, jit
from adjit.codegen.entry.python_api import supported

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


def test_what_runs_code_of_the_users_goes_the_general_way():
    class Strange(Pair):
        def __iter__(self):
            return iter((self.b, self.a))

    strided = np.repeat(X, 2)[::2]
    for fun, args in (
        (lambda p: np.sum(p[0] * p[1]), (Strange(X, 2.0),)),
        (lambda x: np.sum(x), (strided,)),
    ):
        compiled = compile_grad(fun)
        expected = compiled(*args)
        for _ in range(3):
            same(compiled(*args), expected)
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
            self.weights = X * scale

        @compile_grad
        def loss(self, x):
            return np.sum(x * self.weights) + self.penalty(x)

        def penalty(self, x, strength=0.5):
            return strength * self.scale * np.sum(x * x)

    one, other = Model(2.0), Model(3.0)

    def expected(model, x):
        return np.sum(x * model.weights) + 0.5 * model.scale * np.sum(x * x)

    for _ in range(4):
        for model in (one, other):
            assert model.loss(X)[0] == pytest.approx(expected(model, X), rel=1e-15)
    assert one.loss.entries
    before = one.loss.recordings
    one.weights = one.weights + 1.0  # read at each call
    assert one.loss(X)[0] == pytest.approx(expected(one, X), rel=1e-15)
    one.weights[2] = 7.0
    assert one.loss(X)[0] == pytest.approx(expected(one, X), rel=1e-15)
    assert one.loss.recordings == before
    one.scale = 5.0  # guarded
    assert one.loss(X)[0] == pytest.approx(expected(one, X), rel=1e-15)
    one.penalty = lambda x: 1.0
    assert one.loss(X)[0] == pytest.approx(np.sum(X * one.weights) + 1.0, rel=1e-15)
    del one.weights
    with pytest.raises(AttributeError):
        one.loss(X)


tables = {"a": np.arange(6.0), "b": [np.ones(6), 2.0]}


def test_captured_containers_are_read_at_each_call():
    global tables
    sizes = (1.0, 2.0, 3.0)
    flags = {"twice": True}

    def fun(x):
        y = np.sum(x * tables["a"] + tables["b"][0]) * tables["b"][1] * sizes[1]
        return 2.0 * y if flags["twice"] else y

    def check():
        assert compiled(X)[0] == pytest.approx(fun(X), rel=1e-15)

    compiled = compile_grad(fun)
    for _ in range(4):
        check()
    assert compiled.entries
    tables["a"] = tables["a"] + 1.0
    check()
    tables["b"][0][1] = 9.0
    check()
    assert compiled.recordings == 1
    tables["b"][1] = 3.0
    check()
    tables["b"].append(1.0)
    check()
    flags["twice"] = False
    check()
    flags["more"] = 1
    check()
    sizes = (1.0, 5.0)
    check()
    before = tables
    tables = {"a": X, "b": (X, 1.0)}
    for _ in range(3):
        check()
    del tables["b"]
    with pytest.raises(KeyError):
        compiled(X)
    tables = before


def test_keywords_and_defaults():
    def loss(x, scale=2.0, *more, weights=X, power=2, **options):
        return np.sum(weights * x**power) * scale + sum(more) + options.get("shift", 0.0)

    compiled = compile_grad(loss)
    calls = [
        ((X,), {}),
        ((X,), {"scale": 3.0}),
        ((), {"x": X, "power": 3}),
        ((X, 2.0, 1.0, 1.5), {"weights": X + 1.0, "shift": 0.25}),
        ((X,), {"shift": 0.5, "weights": X * 2.0}),
    ]
    for _ in range(4):
        for args, kwargs in calls:
            value, gradient = compiled(*args, **kwargs)
            assert value == pytest.approx(loss(*args, **kwargs), rel=1e-14)
            assert gradient.shape == X.shape
    assert len(compiled.entries) == len(calls)
    assert compiled.native_calls == 4 * len(calls)
    # Another order, other names, a name that is no parameter, one too many.
    assert compiled(power=3, x=X)[0] == pytest.approx(loss(X, power=3), rel=1e-14)
    keywords = {"".join(("sc", "ale")): 3.0}
    assert compiled(X, **keywords)[0] == pytest.approx(loss(X, 3.0), rel=1e-14)
    with pytest.raises(TypeError):
        compiled(X, 2.0, scale=3.0)
    with pytest.raises(TypeError):
        compiled(scale=3.0)


@dataclass
class Model:
    weights: np.ndarray
    scale: float
    shift: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Slotted:
    parts: tuple
    more: dict


def nested(p):
    return np.sum(p["m"].weights * p["q"].a) * p["q"].b[0].scale


CONTAINERS: dict[str, tuple[Any, Any]] = {
    "a named tuple": (lambda p: np.sum(p.a) * p.b, Pair(X, 2.0)),
    "a data class": (lambda p: np.sum(p.weights) * p.scale, Model(X, 2.0)),
    "with slots": (
        lambda p: np.sum(p.parts[0]) * p.more["x"],
        Slotted((X, None), {"x": 2.0}),
    ),
    "one in another": (
        nested,
        {"m": Model(X, 1.0), "q": Pair(X, [Model(X, 3.0, X)])},
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_of_the_users(name):
    fun, argument = CONTAINERS[name]
    compiled, value = compile_grad(fun), jit(lambda p: p)
    expected, identity = compiled(argument), value(argument)
    for _ in range(4):
        found = compiled(argument)
        assert found[0] == expected[0]
        assert type(found[1]) is type(argument)
        assert repr(found[1]) == repr(expected[1])
        assert repr(value(argument)) == repr(identity)
    assert compiled.entries
    assert value.entries
    other = SimpleNamespace(weights=X, scale=2.0)
    with pytest.raises(TypeError):
        compiled(other)


def test_a_class_that_refuses_what_is_built():
    @dataclass
    class Positive:
        x: float
        strict = False

        def __post_init__(self):
            if Positive.strict and not self.x > 0.0:
                raise ValueError("not positive")

    compiled = compile_grad(lambda p: p.x * p.x)
    argument = Positive(-1.0)
    for _ in range(3):
        assert compiled(argument)[1] == Positive(-2.0)
    assert compiled.entries
    Positive.strict = True
    references = sys.getrefcount(argument)
    for _ in range(100):
        with pytest.raises(ValueError, match="not positive"):
            compiled(argument)
    assert sys.getrefcount(argument) - references < 5
    Positive.strict = False
    assert compiled(argument)[1] == Positive(-2.0)


def test_dictionaries_in_another_order():
    def fun(p):
        total = 0.0
        for key in p:
            total = 2.0 * total + np.sum(p[key])
        return total

    compiled = compile_grad(fun)
    for _ in range(3):
        assert compiled({"a": X, "b": 2 * X})[0] == fun({"a": X, "b": 2 * X})
    assert compiled.entries
    for _ in range(3):
        assert compiled({"b": X, "a": 2 * X})[0] == fun({"b": X, "a": 2 * X})
    assert compiled.recordings == 2


def test_out():
    compiled = compile_grad(lambda p: np.sum(p["a"] ** 2) * p["b"])
    argument = {"a": X, "b": np.array(2.0)}
    out = {"a": np.full(6, 7.0), "b": np.array(7.0)}
    for _ in range(4):
        out["a"][:] = 7.0
        value, gradient = compiled(argument, out=out)
        assert gradient is out
        assert value == np.sum(X**2) * 2.0
        np.testing.assert_array_equal(out["a"], 4 * X)
        assert out["b"] == np.sum(X**2)
    assert len(compiled.entries) == 1
    fixed = np.zeros(6)
    fixed.flags.writeable = False
    for wrong in (fixed, np.zeros(5), np.zeros(6, "f"), list(X), np.zeros((6, 1))):
        with pytest.raises((TypeError, ValueError)):
            compiled(argument, out={"a": wrong, "b": out["b"]})
    with pytest.raises((TypeError, ValueError)):
        compiled(argument, out=(out["a"], out["b"]))
    with pytest.raises((TypeError, ValueError)):
        compiled(argument, out={"a": out["a"], "b": out["a"][:1].reshape(())})
    strided = np.zeros(12)[::2]
    assert compiled(argument, out={"a": strided, "b": out["b"]})[1]["a"] is strided
    np.testing.assert_array_equal(strided, 4 * X)


@pytest.mark.parametrize("captured", [False, True])
def test_out_that_shares_memory_with_what_is_read(captured):
    memory = np.concatenate([X, X])
    source = memory[2:8]
    wanted = np.roll(source, 1) + np.roll(source, -1)

    def loss(x):
        y = source if captured else x
        return np.sum(x * np.roll(y, 1)) + np.sum(x * np.roll(y, -1)) if captured else np.sum(
            x * np.roll(x, 1)
        )  # fmt: skip

    compiled = compile_grad(loss)
    for _ in range(3):
        compiled(np.array(source), out=np.empty(6))
    assert compiled.entries
    for offset in (0, 1, 2, 3, 6):
        target = memory[offset : offset + 6]
        before = memory.copy()
        _, gradient = compiled(np.array(source) if captured else source, out=target)
        np.testing.assert_array_equal(gradient, wanted)
        memory[:] = before


def test_loops_of_unknown_length():
    def fun(x):
        while np.sum(x) < 1000.0:
            x = x * 1.5
        return np.sum(x * x)

    compiled = compile_grad(fun)
    expected = compiled(X)
    for _ in range(300):
        same(compiled(X), expected)
    assert compiled.entries
    assert compiled.native_calls == 301
    value, gradient = compiled(X * 1e-30)
    assert value == pytest.approx(fun(X * 1e-30), rel=1e-12)
    assert gradient.shape == (6,)


LEAKS = {
    "containers": (({"a": X, "b": [X, 2.0]}, 3), {}),
    "keywords": (({"a": X, "b": [X, 2.0]},), {"n": 3}),
    "instances": (({"a": X, "b": Pair(X, 2.0)}, 3), {}),
    "data classes": (({"a": X, "b": Slotted((X, 2.0), {})}, 3), {}),
    "out": (
        ({"a": X, "b": [X, np.array(2.0)]}, 3),
        {"out": {"a": np.ones(6), "b": [np.ones(6), np.array(2.0)]}},
    ),
    "what is not expected": (({"a": X, "b": Pair(np.repeat(X, 2)[::2], 2.0)}, 3), {}),
}


@pytest.mark.parametrize("name", LEAKS)
def test_nothing_leaks(name):
    args, kwargs = LEAKS[name]

    def fun(p, n):
        b = p["b"].parts if isinstance(p["b"], Slotted) else p["b"]
        return np.sum(p["a"] * b[0]) * b[1] * n, p["a"] + len(names)

    names = {"x": X, "y": (X, [None])}
    compiled = compile_grad(fun, has_aux=True)
    usual = compile_grad(fun, has_aux=True)
    for _ in range(3):
        compiled({"a": X, "b": Pair(X, 2.0)}, 3)
        compiled(*args, **kwargs)
        usual(*args, **kwargs)
    assert compiled.entries
    gc.collect()
    watched = (X, None, args[0], args[0]["b"], Pair, Slotted, names)
    counts = [sys.getrefcount(item) for item in watched]
    before = len(gc.get_objects())
    for _ in range(1000):
        compiled(*args, **kwargs)
    gc.collect()
    assert len(gc.get_objects()) - before < 100
    after = [sys.getrefcount(item) for item in watched]
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
