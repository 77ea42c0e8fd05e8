"""Attributes, methods and functions that a recorded function reaches are captured too."""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass

import numpy as np
import pytest
from seen import Seen, load

from adjit.tracer.errors import AdjitError

W = np.arange(3.0)
SCALE = 2.0


# --- attributes ---------------------------------------------------------------------------------


class Layer:
    bias = 1.0

    def __init__(self, weight):
        self.weight = weight
        self.__gain = 2.0
        self.act = np.tanh

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        return x * self.weight * self.__gain + self.bias

    @property
    def half(self):
        return self.weight / 2.0 * SCALE

    @functools.cached_property
    def norm(self):
        return self.weight * 3.0

    @staticmethod
    def shift(x, by=np.ones(3)):  # noqa: B008
        return x + by

    @classmethod
    def make(cls, weight):
        return cls(weight)


class Deep(Layer):
    def forward(self, x):
        return super().forward(x) * super().half


def test_attributes_of_captured_objects():
    layer = Layer(np.full(3, 5.0))

    def f(x):
        return layer(x)

    seen = Seen(f)
    assert set(seen.arrays) == {"Layer.weight"}
    assert set(seen.statics) == {
        "closure variable layer",
        "Layer._Layer__gain",
        "Layer.bias",
        "Layer.forward",
    }
    np.testing.assert_array_equal(seen.result, [11, 21, 31])
    layer.weight = np.zeros(3)
    assert seen.holds()
    assert seen.read("Layer.weight") is layer.weight
    layer.bias = 3.0
    assert not seen.holds()
    del layer.bias
    assert seen.holds()
    del layer._Layer__gain
    assert not seen.holds()


def test_bound_methods_and_inheritance():
    deep = Deep(np.full(3, 5.0))
    seen = Seen(deep.forward)
    np.testing.assert_array_equal(seen.result, np.array([11, 21, 31]) * 5)
    assert set(seen.arrays) == {"Deep.weight"}
    assert "global SCALE" in seen.statics
    assert Seen(deep).arrays


def test_methods_of_every_kind():
    layer = Layer(np.full(3, 5.0))
    taken = layer.forward

    def f(x):
        m = layer.shift
        return m(x) + layer.half + layer.norm + taken(x) + layer.act(x) + Layer.shift(x, x)

    seen = Seen(f)
    assert seen.holds()
    assert "default by of shift" in seen.arrays
    assert "Layer.norm" in seen.arrays
    assert isinstance(layer.norm, np.ndarray)
    expected = np.array([1.0, 2, 3])
    expected = expected + 1 + 5 + 15 + expected * 10 + 1 + np.tanh(expected) + expected * 2
    np.testing.assert_allclose(seen.result, expected)
    layer.act = np.sin
    assert not seen.holds()


def test_objects_made_while_recording_are_not_captured():
    def f(x):
        layer = Layer(x * 2.0)
        layer.bias = x
        made = Layer.make(W)
        point = Point(x, 3.0)
        return layer(x) + made.weight * point.b

    seen = Seen(f)
    assert set(seen.arrays) == {"global W"}
    assert not any(name.startswith(("Layer.bias", "Point.")) for name in seen.statics)


@dataclass
class Point:
    a: object
    b: float


def test_captured_dataclass():
    point = Point(W, 2.0)

    def f(x):
        point.b += 0.0
        return x * point.a * point.b

    seen = Seen(f)
    assert set(seen.arrays) == {"Point.a"}
    assert seen.statics["Point.b"] == 2.0


def test_user_modules_and_helpers(tmp_path):
    module = load(
        tmp_path,
        """
        import numpy as np
        K = np.full(3, 2.0)
        gain = 3.0
        def inner(x):
            return x * K
        def helper(x):
            return inner(x) * gain
        """,
    )

    def f(x):
        return module.helper(x) + module.K

    seen = Seen(f)
    assert len(seen.arrays) == 1
    np.testing.assert_array_equal(seen.result, [8, 14, 20])
    assert seen.holds()
    module.gain = 4.0
    assert not seen.holds()
    module.gain = 3.0
    module.helper = module.inner
    assert not seen.holds()


class Indexed:
    """Python calls ``__getitem__`` unseen, so what it may read is compared by content."""

    def __init__(self, data):
        self.data = data

    def __getitem__(self, index):
        return self.data[index] * SCALE


def test_special_methods_of_captured_objects(monkeypatch):
    box = Indexed(np.ones(3))

    def f(x):
        return x * box[:]

    seen = Seen(f)
    assert seen.holds()
    box.data[1] = 2.0
    assert not seen.holds()
    box.data = np.ones(3)
    assert seen.holds()
    monkeypatch.setitem(globals(), "SCALE", 9.0)
    assert not seen.holds()


class AttrDict(dict):
    def __init__(self, **items):
        super().__init__(**items)
        self.__dict__ = self


def test_attribute_dicts():
    config = AttrDict(w=W, scale=2.0)

    def f(x):
        return x * config.w * config["scale"]

    seen = Seen(f)
    assert len(seen.arrays) == 1
    config["w"] = config.w + 1
    config.scale = 3.0
    assert not seen.holds()


# --- functions that are handed on ---------------------------------------------------------------


def times(x, y):
    return x * y * SCALE * W


def test_functions_that_others_call():
    def scaled(v):
        return v * W

    def f(x):
        first = functools.reduce(times, [x, x])
        second = next(map(scaled, [x]))
        return first + second + functools.partial(times, x)(x)

    seen = Seen(f)
    assert list(seen.arrays) == ["global W"]
    assert "global SCALE" in seen.statics


def test_captured_partials():
    constant = np.full(3, 2.0)
    partial = functools.partial(times, constant)

    def f(x):
        return partial(x)

    seen = Seen(f)
    assert set(seen.arrays) == {"partial.args[0]", "global W"}
    assert Seen(partial).arrays


def test_wrapped_helpers():
    def double(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            return 2.0 * fn(*args, **kwargs)

        return wrapper

    wrapped = double(times)

    @contextlib.contextmanager
    def managed(factor):
        yield W * factor

    def f(x):
        with managed(2.0) as w:
            return wrapped(x, x) * w

    seen = Seen(f)
    assert "global W" in seen.arrays
    assert seen.holds()


def test_default_arrays_of_helpers():
    default = np.ones(3)

    def helper(x, w=default, *, k=(default, 2.0)):
        return x * w * k[1]

    def f(x):
        return helper(x)

    seen = Seen(f)
    assert set(seen.arrays) == {"default w of helper"}
    default[:] = 4.0
    assert seen.read("default w of helper")[0] == 4.0


def test_the_time_is_refused():
    with pytest.raises(AdjitError, match="as an argument"):
        Seen(lambda x: x * time.time())


def test_classes_that_are_not_arrays():
    matrix = np.ma.masked_array([1.0, 2.0, 3.0])

    def f(x):
        return x * matrix

    with pytest.raises(AdjitError, match="MaskedArray"):
        Seen(f)


def test_string_arrays_are_compared():
    labels = np.array(["a", "b"])

    def f(x):
        return x * float(labels[0] == "a")

    seen = Seen(f)
    assert seen.holds()
    labels[0] = "b"
    assert not seen.holds()
