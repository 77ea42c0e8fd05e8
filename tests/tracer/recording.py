"""Runs a program twice, on NumPy arrays and on recorded ones, and compares what comes out.

What it returns and what its writes left in its arguments must agree in value, dtype and shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adjit.ir.graph import Graph
from adjit.ir.verify import verify
from adjit.tracer.array import Array
from adjit.tracer.trace import Trace


def compare(
    program: Callable[..., Any], *arguments: Any, exact: bool = True, ulps: float = 4
) -> Graph:
    """Asserts that ``program`` records what NumPy computes; returns the verified graph.

    Arguments are ndarrays, NumPy scalars and Python scalars. Where NumPy raises, recording must
    raise the same builtin class. Numbers that are not ``exact`` may be off by some ``ulps``, of 1
    if these are many.
    """
    copies = [np.array(x) if isinstance(x, np.ndarray) else x for x in arguments]
    with Trace() as trace, np.errstate(all="ignore"):
        proxies = [record_argument(trace, number, x) for number, x in enumerate(arguments)]
        wanted, problem = attempt(program, copies)
        if problem is not None:
            kind = next(k for k in type(problem).__mro__ if k.__module__ == "builtins")
            with pytest.raises(kind):
                program(*proxies)
            return trace.block.graph([])
        found = program(*proxies)
        outputs: list[Any] = []
        check(trace, found, wanted, exact, outputs, ulps)
        for proxy, copy in zip(proxies, copies, strict=True):
            check(trace, proxy, copy, exact, outputs, ulps)
        return verify(trace.block.graph(outputs, trace.guards))


def attempt(program: Callable[..., Any], arguments: list[Any]) -> tuple[Any, Exception | None]:
    """What NumPy returns or raises."""
    try:
        return program(*arguments), None
    except Exception as problem:
        return None, problem


def record_argument(trace: Trace, number: int, x: Any) -> Array:
    """The recorded twin of an argument, with the strides that it has."""
    if isinstance(x, np.ndarray):
        layout = tuple(stride // x.itemsize for stride in x.strides)
        return trace.input(f"x{number}", x, None, layout)
    if isinstance(x, np.generic):
        return trace.input(f"x{number}", x)
    return trace.input(f"x{number}", np.asarray(x), type(x))


def check(
    trace: Trace, found: Any, wanted: Any, exact: bool, outputs: list[Any], ulps: float = 4
) -> None:
    """Asserts that a result is the recorded twin of NumPy's."""
    if isinstance(wanted, tuple | list):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            check(trace, one, other, exact, outputs, ulps)
        return
    if not isinstance(found, Array):
        # Only a value that was decided, or constant, may come out as a plain number.
        assert type(found) is type(wanted)
        assert found == wanted
        return
    assert found.shape == np.shape(wanted)
    assert found.dtype == np.asarray(wanted).dtype
    assert found.weak is (type(wanted) if type(wanted) in (bool, int, float) else None)
    assert found.scalar is not isinstance(wanted, np.ndarray)
    outputs.append(found.value)
    number = trace.concrete(found.value)
    assert number.shape == found.shape
    assert number.dtype == found.dtype
    if exact or found.dtype.kind != "f":
        np.testing.assert_array_equal(number, wanted)
    else:
        tolerance = ulps * np.finfo(found.dtype).eps
        absolute = tolerance if ulps > 4 else 0.0
        np.testing.assert_allclose(number, wanted, rtol=tolerance, atol=absolute)
    check_layout(found, wanted)


def check_layout(found: Array, wanted: Any) -> None:
    """What is known of the layout gives the same answer to every reshape as NumPy's strides."""
    if found.layout is None or not isinstance(wanted, np.ndarray) or wanted.size < 2:
        return
    flat = np.shares_memory(wanted.reshape(-1), wanted)
    assert found._view_reshape(-1).storage is found.storage or not flat
    assert found._view_reshape(-1).storage is not found.storage or flat
