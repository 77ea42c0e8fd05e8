"""Captured data that changes between calls is seen by the next call, whatever way that takes.

Each place is tried with each change, on calls by the general way and by native entries: a call
of the compiled function must do what the plain function does at that moment, errors included.
"""

from __future__ import annotations

import functools
import types
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, jit

X = np.linspace(0.5, 2.0, 4)
Pair = namedtuple("Pair", "a b")
ARRAY = np.ones(4)
MODULE = types.ModuleType("settings")


@dataclass
class Place:
    """Where ``f`` finds its data, and how that is replaced and deleted."""

    f: Callable[[np.ndarray], Any]
    put: Callable[[Any], None]
    delete: Callable[[], None] | None = None


class Model:
    shared: Any = None

    def __init__(self, w: Any = None) -> None:
        self.w = w

    @property
    def doubled(self) -> Any:
        return self.w * 2

    def apply(self, x: Any) -> Any:
        return x * self.w


class Slotted:
    __slots__ = ("w",)


@dataclass
class Layer:
    w: Any
    inner: Any = field(default_factory=SimpleNamespace)


def global_array() -> Place:
    def f(x):
        return x * ARRAY

    def put(value):
        globals()["ARRAY"] = value

    return Place(f, put, lambda: globals().pop("ARRAY"))


def closure() -> Place:
    w = None

    def f(x):
        return x * w

    def put(value):
        nonlocal w
        w = value

    def delete():
        nonlocal w
        del w

    return Place(f, put, delete)


def helper_closure() -> Place:
    w = None

    def helper(x):
        return x * w

    def put(value):
        nonlocal w
        w = value

    return Place(lambda x: helper(x), put)


def attribute() -> Place:
    model = Model()
    return Place(
        lambda x: x * model.w, lambda v: setattr(model, "w", v), lambda: delattr(model, "w")
    )


def nested_attribute() -> Place:
    layer = Layer(1.0)
    layer.inner.model = Model()

    def put(value):
        layer.inner.model.w = value

    return Place(lambda x: x * layer.inner.model.w, put)


def replaced_owner() -> Place:
    layer = Layer(1.0)

    def put(value):
        layer.inner = SimpleNamespace(w=value)

    return Place(lambda x: x * layer.inner.w, put)


def class_attribute() -> Place:
    def put(value):
        Model.shared = value

    model = Model()
    return Place(lambda x: x * model.shared, put)


def instance_over_class() -> Place:
    Model.shared = np.full(4, 7.0)
    model = Model()

    def put(value):
        model.shared = value

    return Place(lambda x: x * model.shared, put, lambda: delattr(model, "shared"))


def property_() -> Place:
    model = Model(np.ones(4))
    return Place(lambda x: x * model.doubled, lambda v: setattr(model, "w", v))


def method() -> Place:
    model = Model(np.ones(4))
    return Place(lambda x: model.apply(x), lambda v: setattr(model, "w", v))


def slot() -> Place:
    item = Slotted()
    return Place(lambda x: x * item.w, lambda v: setattr(item, "w", v), lambda: delattr(item, "w"))


def module_attribute() -> Place:
    return Place(
        lambda x: x * MODULE.w,
        lambda v: setattr(MODULE, "w", v),
        lambda: delattr(MODULE, "w"),
    )


def dict_item() -> Place:
    data: dict[str, Any] = {"other": 1.0}
    return Place(lambda x: x * data["w"], lambda v: data.__setitem__("w", v), lambda: data.pop("w"))


def list_item() -> Place:
    data: list[Any] = [1.0, None]

    def put(value):
        data[1:] = [value]

    return Place(lambda x: x * data[1], put, lambda: data.pop())


def nested_containers() -> Place:
    data: dict[str, Any] = {"layers": [{"w": None}, (2.0, 3.0)]}

    def put(value):
        data["layers"][0]["w"] = value

    return Place(lambda x: x * data["layers"][0]["w"] + data["layers"][1][0], put)


def named_tuple() -> Place:
    pair = Pair(None, 2.0)

    def put(value):
        nonlocal pair
        pair = Pair(value, 2.0)

    return Place(lambda x: x * pair.a + pair.b, put)


def default() -> Place:
    def f(x, w=None):
        return x * w

    def put(value):
        f.__defaults__ = (value,)

    return Place(f, put)


def keyword_default() -> Place:
    def f(x, *, w=None):
        return x * w

    def put(value):
        f.__kwdefaults__ = {"w": value}

    return Place(f, put)


def helper_default() -> Place:
    def helper(x, w=None):
        return x * w

    def put(value):
        helper.__defaults__ = (value,)

    return Place(lambda x: helper(x), put)


def partial() -> Place:
    bound = functools.partial(lambda w, x: x * w, None)

    def put(value):
        bound.__setstate__((bound.func, (value,), {}, None))

    return Place(lambda x: bound(x), put)


PLACES = [
    *(global_array, closure, helper_closure, attribute, nested_attribute, replaced_owner),
    *(class_attribute, instance_over_class, property_, method, slot, module_attribute),
    *(dict_item, list_item, nested_containers, named_tuple),
    *(default, keyword_default, helper_default, partial),
]

VALUES: dict[str, Any] = {
    "an array": np.array([1.0, 2.0, 3.0, 4.0]),
    "another": np.array([4.0, 3.0, 2.0, 1.0]),
    "another shape": np.array([[2.0], [3.0]]),
    "0-d": np.array(2.5),
    "empty of two axes": np.zeros((0, 4)),
    "float32": np.array([1, 2, 3, 4], np.float32),
    "int64": np.array([1, 2, 3, 4]),
    "int8": np.array([1, 2, 3, 4], np.int8),
    "bool": np.array([True, False, True, True]),
    "big-endian": np.array([5.0, 6.0, 7.0, 8.0], ">f8"),
    "strided": np.arange(8.0)[::2],
    "backwards": np.arange(4.0)[::-1],
    "Fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "a float": 3.0,
    "another float": 4.0,
    "an int": 3,
    "a bool": True,
    "a NumPy scalar": np.float64(5.0),
    "a NumPy float32": np.float32(5.0),
    "a list": [1.0, 2.0, 3.0, 4.0],
    "a string": "text",
    "nothing": None,
}


def outcome(f: Callable[..., Any]) -> Any:
    try:
        return f(X)
    except Exception as problem:
        return next(kind for kind in type(problem).__mro__ if kind.__module__ == "builtins")


def agree(f: Callable[..., Any], compiled: Callable[..., Any], label: str) -> None:
    wanted, found = outcome(f), outcome(compiled)
    if isinstance(wanted, type):
        assert isinstance(found, type), (label, found)
        assert issubclass(wanted, found) or issubclass(found, wanted), (label, wanted, found)
        return
    assert type(wanted) is type(found), (label, found)
    assert wanted.dtype == found.dtype, label
    if wanted.dtype.kind == "f":
        np.testing.assert_array_max_ulp(wanted, found, 2)
    else:
        np.testing.assert_array_equal(wanted, found, label)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_every_change_is_seen_by_the_next_call(place):
    here = place()
    compiled = jit(here.f)
    before = "an array"
    try:
        for name, value in VALUES.items():
            here.put(value)
            for call in range(4):  # the third is a native entry's, where there is one
                agree(here.f, compiled, f"{name} in call {call} after {before}")
            if isinstance(value, np.ndarray) and value.ndim:
                kept = value.copy()
                value[...] = value[::-1].copy()
                agree(here.f, compiled, f"{name} changed in place")
                value[...] = kept
            here.put(VALUES["an array"])
            agree(here.f, compiled, f"an array after {name}")
            before = name
        if here.delete is not None:
            here.delete()
            for _ in range(3):
                agree(here.f, compiled, "deleted")
            here.put(VALUES["another"])
            agree(here.f, compiled, "put back")
    finally:
        here.put(VALUES["an array"])


def test_containers_that_grow_and_shrink():
    data: dict[str, Any] = {"a": np.ones(4)}
    layers: list[Any] = [np.ones(4)]

    def f(x):
        for w in layers:
            x = x * w
        return x + sum(data[key] for key in data)

    compiled = jit(f)
    for step in range(4):
        for _ in range(3):
            agree(f, compiled, f"step {step}")
        layers.append(np.full(4, 2.0 + step))
        data[f"b{step}"] = np.full(4, step)
    layers.pop()
    del data["a"]
    agree(f, compiled, "shorter")
    data["a"] = data.pop("b0")
    agree(f, compiled, "in another order")
    layers[0], layers[1] = layers[1], layers[0]
    agree(f, compiled, "swapped")


def test_names_that_become_one_and_two():
    v, w = np.ones(4), np.ones(4)

    def f(x):
        return x * v + w

    compiled = jit(f)
    for _ in range(3):
        agree(f, compiled, "two")
    w = v
    for _ in range(3):
        agree(f, compiled, "one")
    v[0] = 5.0
    agree(f, compiled, "one, changed")
    w = np.full(4, 3.0)
    agree(f, compiled, "two again")


def test_gradients_see_changes_too():
    state = SimpleNamespace(w=np.ones(4), k=2.0)
    compiled = compile_grad(lambda x: np.sum(state.k * state.w * x**2))
    for k, w in ((2.0, 1.0), (3.0, 1.0), (3.0, 4.0), (2.0, 5.0)):
        state.k, state.w = k, np.full(4, w)
        for _ in range(4):
            np.testing.assert_allclose(compiled(X)[1], 2 * k * w * X, rtol=1e-15)
        state.w *= 2.0
        np.testing.assert_allclose(compiled(X)[1], 4 * k * w * X, rtol=1e-15)


def test_functions_that_are_replaced():
    def double(x):
        return 2.0 * x

    namespace = SimpleNamespace(act=double)

    def f(x):
        return namespace.act(x)

    compiled = jit(f)
    for act in (double, np.sin, lambda x: x + 1.0, np.tanh, double):
        namespace.act = act
        for _ in range(3):
            agree(f, compiled, str(act))


def test_arrays_that_a_loop_is_the_first_to_read():
    state = SimpleNamespace(w=np.arange(12.0).reshape(3, 4))

    def f(x):
        for _ in range(6):
            x = 0.5 * x + state.w[1] * ARRAY
        return x

    compiled = jit(f)
    for scale in (1.0, 2.0, 3.0):
        state.w = scale * np.arange(12.0).reshape(3, 4)
        for _ in range(3):
            agree(f, compiled, f"times {scale}")
