"""Programs on complex numbers without compiling: recorded, split, interpreted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.split import split
from adjit.ir.verify import verify
from adjit.tracer.containers import flatten
from adjit.tracer.record import record
from adjit.tracer.recording import Recording
from adjit.tracer.signature import Signature


def recorded(function: Callable[..., Any], *args: Any) -> Recording:
    recording, _ = record(function, Signature(function).arguments(args, {}))
    return recording


def packed(x: Any) -> np.ndarray:
    """An array as a Graph that was split takes it."""
    array = np.asarray(x)
    if array.dtype.kind != "c":
        return array
    return np.stack([array.real, array.imag], -1)


def unpacked(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.ascontiguousarray(x).view(dtype)[..., 0]


def halves(recording: Recording) -> Graph:
    """The Graph on real numbers."""
    return verify(simplify(verify(split(verify(recording.graph)))))


def compare(function: Callable[..., Any], *args: Any, ulps: float = 16.0) -> Graph:
    """Asserts that what is recorded and split computes what NumPy does; the Graph."""
    wanted = flatten(function(*args))[0]
    recording = recorded(function, *args)
    graph = halves(recording)
    outputs = interpret(graph, [packed(x) for x in args])
    assert len(outputs) == len(wanted)
    for value, y, x in zip(recording.graph.outputs, outputs, wanted, strict=True):
        assert (value.dtype, value.shape) == (np.asarray(x).dtype, np.shape(x))
        _check(unpacked(y, value.dtype) if value.type.is_complex else y, np.asarray(x), ulps)
    return graph


def _check(found: np.ndarray, wanted: np.ndarray, ulps: float) -> None:
    if wanted.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, wanted)
        return
    size = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))
    eps = np.finfo(wanted.dtype).eps
    np.testing.assert_allclose(found, wanted, rtol=ulps * eps, atol=ulps * eps * size)


def numbers(*shape: int, dtype: Any = np.complex128, seed: int = 0, low: float = 0.3) -> np.ndarray:
    """Numbers of absolute value between ``low`` and 1.5; real ones of both signs."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(low, 1.5, shape)
    if np.dtype(dtype).kind == "c":
        return np.asarray(size * np.exp(1j * rng.uniform(-3, 3, shape))).astype(dtype)
    return np.asarray(size * rng.choice([-1, 1], shape)).astype(dtype)


def run(graph: Graph, args: Sequence[Any]) -> list[Any]:
    return interpret(graph, [packed(x) for x in args])
