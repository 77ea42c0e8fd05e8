"""Traces, conversions to Python, attributes, and arrays that left their recording."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest

from adjit.ir import ops
from adjit.tracer.array import wrap
from adjit.tracer.current import current_trace
from adjit.tracer.errors import AdjitError, AdjitTypeError, AdjitValueError
from adjit.tracer.lift import lift
from adjit.tracer.promote import promote
from adjit.tracer.trace import Trace

from .recording import compare


def test_attributes() -> None:
    def attributes(x: Any) -> list:
        return [x.shape, x.ndim, x.size, x.dtype == np.float32, x.itemsize, x.nbytes]

    compare(attributes, np.ones((2, 3), np.float32))
    compare(attributes, np.ones((0, 3), np.float32))
    compare(attributes, np.array(1.0))
    compare(lambda x: (x.T, x.mT, x.real, x.imag), np.ones((2, 3, 4)))


def test_conversions_are_decided_with_guards() -> None:
    def program(n: int, x: np.ndarray, b: bool) -> list:
        found = [n > 2, int(x[1]), round(x[2]), math.floor(x[2]), math.ceil(x[2]), list(range(n))]
        return [bool(found[0]), *found[1:], 10 if b else 20, 1 if x[0] else 2]

    graph = compare(program, 3, np.array([0.0, -1.7, 2.5]), True)
    fits, found = True, [guard.expected for guard in graph.guards]
    assert found == [fits, -1, fits, 2, fits, 2, fits, 3, 3, True, True, False]
    assert all(guard.where.startswith("test_array.py:") for guard in graph.guards)


def test_one_value_is_guarded_once() -> None:
    with Trace() as trace:
        x = trace.input("x", np.float64(2.0))
        for _ in range(3):
            assert x > 1
        assert len(trace.guards) == 1
        assert bool(wrap(ops.const(True)))
        assert len(trace.guards) == 1


def test_forced_outcomes_replace_the_interpreters() -> None:
    with Trace(forced=[False, 7]) as trace:
        x = trace.input("x", np.float64(2.0))
        n = trace.input("n", np.asarray(3), int)
        assert not x > 1
        assert int(n) == 7
        assert x < 3
        assert [guard.expected for guard in trace.guards] == [False, 7, True]
        assert trace.concrete((n + 1).value) == 8


def test_truth_of_arrays_is_numpys() -> None:
    for x in (np.ones(0), np.ones(2), np.ones((1, 1)), np.zeros(()), np.float64(3)):
        compare(bool, x)
    for x in (np.ones(2), np.ones((1, 1)), np.array(2.7), np.array(3), np.float32(2.7)):
        compare(int, x) if x.ndim == 0 or x.size > 1 else None
        compare(lambda x: [0, 1, 2, 3][x], x) if x.shape != (1, 1) else None


def test_float_of_an_argument_would_cut_its_derivative() -> None:
    with Trace() as trace:
        x = trace.input("x", np.float64(2.0))
        with pytest.raises(AdjitTypeError, match=r"^test_array.py:\d+: float\(\) .*derivative"):
            float(x)
        with pytest.raises(AdjitError):
            math.sin(x)
        assert float(wrap(ops.const(2.5))) == 2.5
        assert float(trace.input("n", np.asarray(3), int)) == 3.0


def test_item_and_tolist_stay_recorded() -> None:
    compare(lambda x: (x[1].item(), x.item(2), x[:1].item(), x.tolist()), np.arange(3.0))
    compare(lambda x: (x.item(1, 2), x.item(4), x.tolist()), np.arange(6).reshape(2, 3))
    compare(lambda x: (x.item(0) + 1, x.item(1) * x.item(1)), np.array([5, -3], np.int8))
    compare(lambda x: x.item(), np.float32(2.5))
    compare(lambda x: x.item(), np.ones(2))


def test_plain_arrays_only_of_constants() -> None:
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        with pytest.raises(AdjitTypeError, match="plain ndarray"):
            np.asarray(x)
        constant = np.asarray(wrap(ops.const([1.0, 2.0])))
        assert constant.tolist() == [1.0, 2.0]
        assert not constant.flags.writeable


def test_an_array_is_dead_after_its_recording() -> None:
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        assert current_trace() is trace
    assert current_trace() is None
    for use in (lambda: x + 1, lambda: x[0], lambda: bool(x[0]), lambda: x.__setitem__(0, 1)):
        with pytest.raises(AdjitTypeError, match="recording is over"):
            use()
    with Trace(), pytest.raises(AdjitTypeError, match="recording is over"):
        np.sin(x)
    assert repr(x) == "<recorded float64[3]>"
    with pytest.raises(AdjitTypeError, match="while a function is recorded"):
        wrap(x.storage.value)


def test_printing_never_stops_a_recording() -> None:
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        assert repr(x) == "<recorded float64[3]: [1. 1. 1.]>"
        assert f"{x[0]:.2f} {x:>5}" == "1.00 <recorded float64[3]: [1. 1. 1.]>"
        assert str(trace.input("n", np.asarray(3), int)) == "<recorded int scalar: 3>"


def test_nested_blocks() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(3.0))
        view = x[1:]
        with trace.nested() as block:
            inner = trace.input("inner", np.ones(2))
            y = inner * view
            assert y.value in block.values
            assert trace.concrete(y.value).tolist() == [1.0, 2.0]
            with pytest.raises(AdjitValueError, match="enclosing function"):
                view += 1
            inner += 1
        with pytest.raises(AdjitTypeError, match="recording is over"):
            y + 1
        outer = view.value
        assert outer in trace.block.values
        view += 1
        assert trace.concrete(x.value).tolist() == [0.0, 2.0, 3.0]


def test_captures_are_inputs_of_the_whole_function() -> None:
    with Trace() as trace:
        with trace.nested():
            a = trace.capture("the_global", np.ones(2))  # type: ignore[arg-type]
        assert trace.capture("the_global", np.ones(2)) is a  # type: ignore[arg-type]
        assert trace.block.inputs == [a.value]
        assert (a + 1).shape == (2,)
        trace.static("n", 3)  # type: ignore[arg-type]
        assert trace.statics == {"n": 3}


def test_promotion_is_numpys() -> None:
    a = np.ones(2, np.float32)
    with Trace() as trace:
        x = trace.input("x", a)
        n, f = trace.input("n", np.asarray(3), int), trace.input("f", np.asarray(3.0), float)
        assert promote(x, f) == promote(x, 2.0) == promote(x, n) == np.float32
        assert promote(x, np.float64(1)) == promote(n, f) == promote(f) == np.float64
        assert promote(n) == promote(True, 2) == promote(bool, 2) == np.int64
        assert promote([n, 2], np.dtype(np.int8)) == np.int64
        assert promote([x[0], 2.0]) == np.float64
        assert promote(x, 1j) == np.complex64
        assert promote(f, 1j) == np.complex128
        for refused in (np.float16(1), np.clongdouble(1), np.longdouble(1)):
            with pytest.raises(AdjitTypeError, match="dtype"):
                promote(refused)
        with pytest.raises(AdjitTypeError, match="float16"):
            trace.input("h", np.ones(2, np.float16))


def test_lift() -> None:
    with Trace() as trace:
        x = trace.input("x", np.arange(2.0))
        for operand, dtype, wanted in [
            (2, None, np.asarray(2)),
            (2, np.dtype(np.float32), np.asarray(2, np.float32)),
            (2.7, np.dtype(np.int64), np.asarray(2)),
            ([1, 2.5], None, np.array([1, 2.5])),
            ([x, [5, 6]], None, np.array([[0.0, 1.0], [5.0, 6.0]])),
            ((x[0], True), np.dtype(np.float32), np.array([0, 1], np.float32)),
            (np.arange(3, dtype=">f8"), None, np.arange(3.0)),
            (np.arange(4.0)[::2], None, np.array([0.0, 2.0])),
            ([x, [1j, 6]], None, np.array([[0.0, 1.0], [1j, 6.0]])),
        ]:
            value = lift(operand, dtype)
            assert value.dtype == wanted.dtype
            np.testing.assert_array_equal(trace.concrete(value), wanted)
        for wrong in ("text", "1.5", None, object(), np.ones(2, np.clongdouble)):
            with pytest.raises(AdjitError):
                lift(wrong)
            if not isinstance(wrong, np.ndarray):
                with pytest.raises(AdjitError):
                    lift(wrong, np.dtype(np.float64))
        with pytest.raises(AdjitError):
            lift(1j, np.dtype(np.float64))


def test_methods_that_need_no_function() -> None:
    def fill(x: Any) -> None:
        x.fill(2)
        x[1:].fill(3.5)

    compare(fill, np.arange(3))
    compare(lambda x: (x.copy(), copy.copy(x), copy.deepcopy(x)), np.arange(3.0))
    compare(lambda x: (x.astype(np.int32), x.astype("f4"), x.astype(bool)), np.arange(3.0))
    compare(lambda x: x.astype(np.int32, casting="safe"), np.arange(3.0))
    compare(lambda x: (x.conj(), x.conjugate()), np.arange(3.0))
    with Trace() as trace:
        x = trace.input("x", np.arange(2.0))
        assert x.astype(float, copy=False) is x
        assert x.astype(float) is not x
        with pytest.raises(TypeError, match="unhashable"):
            hash(x)
        for attribute in ("base", "strides", "flags"):
            with pytest.raises(NotImplementedError, match=r"test_array\.py"):
                getattr(x, attribute)
