"""What a recorded function reads from outside is read or compared again at each call."""

from __future__ import annotations

import math
import types
from collections import OrderedDict, defaultdict, deque, namedtuple

import numpy as np
import pytest
from seen import Seen

from adjit.tracer.array import Array
from adjit.tracer.errors import AdjitError

W = np.arange(3.0)
SCALE = 2.0
NAMES = ["a", "b"]
PARAMS = {"w": np.ones(3), "layers": [np.zeros(3), (np.full(3, 2.0), 4)]}


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
