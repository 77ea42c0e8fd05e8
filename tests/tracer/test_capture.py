"""What a recorded function reads from outside is read or compared again at each call."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib.util
import math
import operator
import random
import textwrap
import time
import types
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass

import numba
import numpy as np
import pytest

from adjit.tracer.array import Array
from adjit.tracer.capture import check_mutated, guard_contents, read_array, still_holds
from adjit.tracer.errors import AdjitError
from adjit.tracer.hooks import recordable
from adjit.tracer.trace import Trace

W = np.arange(3.0)
SCALE = 2.0
NAMES = ["a", "b"]
PARAMS = {"w": np.ones(3), "layers": [np.zeros(3), (np.full(3, 2.0), 4)]}


class Seen:
    """What a recording of ``fn`` captured; ``result`` is the value it computed."""

    def __init__(self, fn, *args):
        self.trace = Trace()
        with self.trace:
            x = self.trace.input("x", np.array([1.0, 2.0, 3.0]))
            recorded = recordable(fn)
            if recorded is None:
                guard_contents(self.trace, fn)
                recorded = fn
            y = recorded(x, *args)
            check_mutated(self.trace)
            self.result = self.trace.concrete(y.value) if isinstance(y, Array) else y
        self.arrays = {str(source): source for source in self.trace.captures}
        self.statics = {str(source): value for source, value in self.trace.statics.items()}

    def holds(self):
        return all(still_holds(source, value) for source, value in self.trace.statics.items())

    def read(self, name):
        return read_array(self.arrays[name])


def load(tmp_path, text, name="helper_module"):
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_source(text, **names):
    exec(textwrap.dedent(text), names)
    return names["f"]


# --- globals and closures -----------------------------------------------------------------------


def test_a_global_array_is_read_at_each_call(monkeypatch):
    def f(x):
        return x * W + W

    seen = Seen(f)
    assert list(seen.arrays) == ["global W"]
    np.testing.assert_array_equal(seen.result, [0, 3, 8])
    other = np.ones(5)
    monkeypatch.setitem(globals(), "W", other)
    assert seen.read("global W") is other
    assert seen.holds()
    monkeypatch.delitem(globals(), "W")
    assert seen.read("global W") is None


def test_scalars_and_functions_are_compared(monkeypatch):
    def scale(x):
        return x * SCALE

    helper = scale

    def f(x):
        return helper(x)

    seen = Seen(f)
    assert seen.statics["global SCALE"] == 2.0
    assert "closure variable helper" in seen.statics
    assert seen.holds()
    for other in (2, 3.0, float("nan"), np.float64(2.0)):
        monkeypatch.setitem(globals(), "SCALE", other)
        assert not seen.holds()
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert seen.holds()
    helper = math.sin
    assert not seen.holds()


def test_special_floats(monkeypatch):
    def f(x):
        return x + SCALE

    monkeypatch.setitem(globals(), "SCALE", float("nan"))
    seen = Seen(f)
    assert seen.holds()
    monkeypatch.setitem(globals(), "SCALE", 0.0)
    assert not seen.holds()
    zero = Seen(f)
    assert zero.holds()
    monkeypatch.setitem(globals(), "SCALE", -0.0)
    assert not zero.holds()


def test_two_names_of_one_array_stay_one():
    a = b = np.ones(3)

    def f(x):
        a[0] = 5.0
        return x + b

    seen = Seen(f)
    assert len(seen.arrays) == 1
    assert seen.result[0] == 6.0
    assert seen.holds()
    b = np.ones(3)
    assert not seen.holds()


def test_a_write_that_another_captured_array_shares():
    a = np.ones(3)
    b = a[1:]

    def f(x):
        a[1] = 5.0
        return x[1:] + b

    with pytest.raises(AdjitError, match="shares its memory"):
        Seen(f)


def test_builtins_and_modules_are_not_compared():
    def f(x):
        return x * float(len(NAMES)) + math.pi

    assert set(Seen(f).statics) == {"global NAMES"}


def test_names_of_inner_scopes_are_not_captured():
    def f(x):
        scale = 3.0
        inner = [W for W in (1.0, 2.0)]  # noqa: C416
        take = lambda SCALE: SCALE * scale + inner[0]  # noqa: E731
        return take(x)

    seen = Seen(f)
    assert not seen.arrays
    assert not seen.statics


def test_a_stored_global_is_compared_with_what_it_was(monkeypatch):
    def f(x):
        global SCALE
        SCALE += 1.0
        return x * SCALE

    monkeypatch.setitem(globals(), "SCALE", 2.0)
    seen = Seen(f)
    assert seen.result[0] == 3.0
    assert seen.statics["global SCALE"] == 2.0
    assert not seen.holds()


# --- containers ---------------------------------------------------------------------------------


def test_containers_of_arrays():
    def f(x):
        total = x * PARAMS["w"]
        for layer in PARAMS["layers"]:
            total = total + (layer[0] * layer[1] if isinstance(layer, tuple) else layer)
        return total

    seen = Seen(f)
    assert set(seen.arrays) == {
        "global PARAMS['w']",
        "global PARAMS['layers'][0]",
        "global PARAMS['layers'][1][0]",
    }
    np.testing.assert_array_equal(seen.result, [9, 10, 11])
    assert seen.holds()
    PARAMS["layers"].append(1)
    assert not seen.holds()
    PARAMS["layers"].pop()
    PARAMS["other"] = 1
    assert not seen.holds()
    del PARAMS["other"]
    assert seen.holds()


def test_a_plain_list_is_one_comparison():
    values = [1.0, 2.0, 3.0]

    def f(x):
        return x * values[1]

    seen = Seen(f)
    assert seen.statics == {"closure variable values": [1.0, 2.0, 3.0]}
    assert seen.holds()
    values[2] = 3
    assert not seen.holds()


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    "box",
    [
        [W],
        (W,),
        {0: W},
        OrderedDict({0: W}),
        defaultdict(list, {0: W}),
        deque([W]),
        Pair(W, 1),
        types.MappingProxyType({0: W}),
        [[[W]]],
    ],
    ids=lambda box: type(box).__name__,
)
def test_every_container(box):
    def f(x):
        item = box
        while not isinstance(item, np.ndarray | Array):
            item = item[0]
        return x * item

    seen = Seen(f)
    assert len(seen.arrays) == 1
    assert seen.holds()


def test_named_tuple_fields():
    pair = Pair(W, 3.0)

    def f(x):
        left, right = pair
        return x * pair.left * right + left

    seen = Seen(f)
    assert list(seen.arrays) == ["closure variable pair[0]"]
    pair = Pair(W, 4.0)
    assert not seen.holds()


def test_sets_are_compared():
    active = {"a"}

    def f(x):
        return x if "a" in active else -x

    seen = Seen(f)
    assert seen.holds()
    active.add("b")
    assert not seen.holds()


@pytest.mark.parametrize(
    "change",
    [
        lambda x, box: box.append(x),
        lambda x, box: box.__setitem__(0, x),
        lambda x, box: box[1].update(a=x),
        lambda x, box: box[2].add(3),
        lambda x, box: box.clear(),
        lambda x, box: box.reverse(),
    ],
)
def test_a_changed_container_is_an_error(change):
    box = [W, {"a": 1}, {1}]

    def f(x):
        change(x, box)
        return x

    with pytest.raises(AdjitError, match=r"closure variable box.* was changed while"):
        Seen(f)
    assert box[0] is W
    assert box[1:] == [{"a": 1}, {1}]


def test_a_large_container_is_an_error():
    values = list(range(20_000))

    def f(x):
        return x * values[3]

    with pytest.raises(AdjitError, match="make it a NumPy array"):
        Seen(f)


def test_a_container_of_itself():
    values = [W]
    values.append(values)

    def f(x):
        return x * values[0]

    with pytest.raises(AdjitError, match="nested too deep"):
        Seen(f)


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
    assert set(seen.statics) == {"closure variable layer", "Layer._Layer__gain", "Layer.bias"}
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


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: x * np.random.rand(3),
        lambda x: x * np.random.default_rng(0).normal(size=3),
        lambda x: x * np.random.RandomState(0).randn(),
        lambda x: x * random.random(),
        lambda x: x * random.gauss(0.0, 1.0),
        lambda x: x * time.time(),
    ],
)
def test_random_numbers_are_refused(draw):
    with pytest.raises(AdjitError, match="as an argument"):
        Seen(draw)


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


# --- roads around the hooks ---------------------------------------------------------------------


class Holder:
    def __init__(self):
        self.weight = np.ones(3)
        self.inner = types.SimpleNamespace(gain=2.0)


@pytest.mark.parametrize(
    "use",
    [
        lambda o: getattr(o, "weight"),  # noqa: B009
        lambda o: getattr(o, "missing", o.weight),
        lambda o: vars(o)["weight"],
        lambda o: o.__dict__["weight"],
        lambda o: copy.copy(o).weight,
        lambda o: copy.deepcopy([o])[0].weight,
        lambda o: operator.attrgetter("weight")(o),
        lambda o: max([o.weight[1], 0.0]),
        lambda o: np.asarray(o.weight),
    ],
)
def test_other_ways_to_read_an_attribute(use):
    owner = Holder()

    def f(x):
        return x * use(owner)

    seen = Seen(f)
    owner.weight = np.full(3, 7.0)
    assert not seen.holds() or any(seen.read(name) is owner.weight for name in seen.arrays)


def test_what_was_missing_may_come(monkeypatch):
    owner = Holder()

    def f(x):
        try:
            gain = owner.absent
        except AttributeError:
            gain = 2.0 if hasattr(owner, "other") else 3.0
        try:
            return x * gain * ABSENT
        except NameError:
            return x * gain

    seen = Seen(f)
    assert seen.result[0] == 3.0
    assert seen.holds()
    for name in "absent", "other":
        setattr(owner, name, 1.0)
        assert not seen.holds()
        delattr(owner, name)
    assert seen.holds()
    monkeypatch.setitem(globals(), "ABSENT", 1.0)
    assert not seen.holds()


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x * globals()["W"],
        lambda x: eval("x * W"),
        lambda x: exec("y = W"),
    ],
)
def test_code_that_reads_past_the_hooks_is_refused(use):
    with pytest.raises(AdjitError, match="use the names themselves"):
        Seen(use)


@functools.singledispatch
def kind(x):
    return x * 0.0


@kind.register(np.ndarray)
def _(x):
    return x * W


class Partial:
    def forward(self, w, x):
        return x * w * SCALE

    doubled = functools.partialmethod(forward, W)


def test_dispatch_and_partial_methods():
    owner = Partial()

    def f(x):
        return kind(x) + owner.doubled(x)

    seen = Seen(f)
    assert seen.holds()
    assert len(seen.arrays) == 1
    np.testing.assert_array_equal(seen.result, [0, 6, 18])


def test_numba_functions_run_as_python():
    helper = numba.njit(times)

    def f(x):
        return helper(x, x)

    assert set(Seen(f).arrays) == {"global W"}


# --- without source -----------------------------------------------------------------------------


def test_without_source_everything_is_compared():
    data = np.ones(3)
    holder = types.SimpleNamespace()
    names = {
        "W": data,
        "K": 2.0,
        "rows": [np.zeros(3)],
        "layer": Layer(np.ones(3)),
        "holder": holder,
    }
    f = without_source(
        """
        def g(x):
            return x * K + rows[0]
        def f(x):
            return [g(x * W) for _ in range(1)][0] + layer.weight
        """,
        **names,
    )
    seen = Seen(f)
    assert not seen.arrays
    assert seen.holds()
    data[1] = 7.0
    assert not seen.holds()
    data[1] = 1.0
    assert seen.holds()
    f.__globals__["K"] = 3.0
    assert not seen.holds()
    f.__globals__["K"] = 2.0
    names["rows"][0][0] = 1.0
    assert not seen.holds()
    names["rows"][0][0] = 0.0
    names["layer"].weight[0] = 5.0
    assert not seen.holds()


def test_a_helper_without_source():
    helper = without_source("def f(x, w):\n    return x * w * K", K=2.0)

    def f(x):
        return helper(x, W)

    seen = Seen(f)
    assert list(seen.arrays) == ["global W"]
    np.testing.assert_array_equal(seen.result, [0, 4, 12])
    helper.__globals__["K"] = 3.0
    assert not seen.holds()


def test_a_write_that_code_without_source_would_miss():
    weights = np.ones(3)
    helper = without_source("def f(x):\n    return x * w", w=weights)

    def f(x):
        weights[0] = 5.0
        return helper(x)

    with pytest.raises(AdjitError, match="shares its memory"):
        Seen(f)


def test_methods_without_source():
    namespace = {}
    exec(
        "class A:\n    def __init__(self, w):\n        self.w = w\n"
        "    def f(self, x):\n        return self.g(x)\n"
        "    def g(self, x):\n        return x * self.w\n",
        namespace,
    )
    owner = namespace["A"](np.ones(3))
    seen = Seen(owner.f)
    assert seen.holds()
    owner.w[0] = 2.0
    assert not seen.holds()


# --- afterwards ---------------------------------------------------------------------------------


def test_nothing_is_observed_outside_of_a_recording():
    recorded = recordable(times)
    np.testing.assert_array_equal(recorded(1.0, 2.0), [0, 4, 8])


def test_recordings_are_collected():
    import gc
    import weakref

    def f(x):
        return x * W + SCALE

    alive = weakref.ref(Seen(f).trace)
    gc.collect()
    assert alive() is None
