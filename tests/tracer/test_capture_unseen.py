"""What goes around the hooks, and code without source, still cannot go stale."""

from __future__ import annotations

import copy
import functools
import operator
import types

import numba
import numpy as np
import pytest
from seen import Seen, without_source

from adjit.tracer.errors import AdjitError
from adjit.tracer.hooks import recordable

W = np.arange(3.0)
SCALE = 2.0


class Layer:
    def __init__(self, weight):
        self.weight = weight


def times(x, y):
    return x * y * SCALE * W


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
