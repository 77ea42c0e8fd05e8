"""Compares functions with loops with NumPy, and shows how their loops were recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, jit
from adjit.ir.graph import Graph, Value
from adjit.tracer.errors import AdjitError
from adjit.tracer.record import Recording

rng = np.random.default_rng(3)
X = rng.uniform(-1, 1, 8)
Y = rng.uniform(-1, 1, (6, 5))


def values(graph: Graph) -> Iterator[Value]:
    for value in graph.values:
        yield value
        for region in value.regions:
            yield from values(region)


def recorded(function: Any) -> list[Recording]:
    programs = [p for found in function.dispatcher.programs.values() for p in found]
    return [path.recording for program in programs for path in program.paths]


def loops(function: Any) -> int:
    """Loops in the first recording of a function."""
    return sum(value.op.name == "loop" for value in values(recorded(function)[0].graph))


def reasons(function: Any) -> list[str]:
    """Why loops were unrolled, in all recordings of a function."""
    return [reason for recording in recorded(function) for _, reason in recording.unrolled]


def plain(fun: Callable, args: tuple) -> Any:
    return fun(*[np.array(x) if isinstance(x, np.ndarray) else x for x in args])


def same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, tuple | list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            same(one, other)
        return
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert np.shape(found) == np.shape(wanted)
    tolerance = 1e-5 if np.asarray(wanted).dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def total(result: Any) -> Any:
    """A number that every part of a result has a share in."""
    if isinstance(result, tuple | list):
        parts = [total(part) for part in result]
        return sum(parts[1:], parts[0])
    return np.sum(result * np.cos(result))


def slope(fun: Callable, args: tuple, v: np.ndarray) -> float:
    """The derivative of the total by the first argument along ``v``."""

    def central(step: float) -> float:
        ends = [total(plain(fun, (args[0] + h * v, *args[1:]))) for h in (step, -step)]
        return float(ends[0] - ends[1]) / (2 * step)

    return (4 * central(1e-4) - central(2e-4)) / 3


def check(fun: Callable, *calls: tuple) -> Any:
    """One compiled function gives NumPy's values and right derivatives for all arguments."""
    compiled = jit(fun)
    slopes = compile_grad(lambda *args: total(fun(*args)))
    for args in calls:
        before = [np.array(x) for x in args]
        same(compiled(*args), plain(fun, args))
        for one, other in zip(args, before, strict=True):
            np.testing.assert_array_equal(one, other)
        if np.asarray(args[0]).dtype != np.float64:
            continue
        v = rng.uniform(-1, 1, np.shape(args[0]))
        wanted = slope(fun, args, v)
        assert np.sum(slopes(*args)[1] * v) == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    return compiled


def rolled(fun: Callable, *calls: tuple, count: int = 1, recordings: int = 1) -> Any:
    """As ``check``; so many loops are recorded once, and nothing is unrolled."""
    compiled = check(fun, *calls)
    assert reasons(compiled) == []
    assert loops(compiled) == count
    assert compiled.recordings == recordings
    return compiled


def unrolled(fun: Callable, *calls: tuple, why: str) -> None:
    """As ``check``; a loop is unrolled for a reason that mentions ``why``."""
    compiled = check(fun, *calls)
    assert loops(compiled) == 0
    assert any(why in reason for reason in reasons(compiled)), reasons(compiled)


def either(fun: Callable, *calls: tuple) -> None:
    """As ``check``, or a refusal of the first call: never another number than NumPy's."""
    try:
        jit(fun)(*calls[0])
    except AdjitError:
        return
    check(fun, *calls)
