"""Generated programs with loops: NumPy's values and errors, and derivatives of both orders.

Each program is compiled once and called with two inputs, so that nothing of the first call (the
branches that it took, its trip counts) may be part of what was compiled.
"""

from __future__ import annotations

import itertools
import linecache
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from adjit import compile_grad, grad, jit, jvp
from adjit.tracer.errors import AdjitError

from .loop_sources import sources

LOSS = """
def loss(x, y, n, w):
    return np.sum(w * f(x, y, n))
"""
REFUSED = ("loop that assigns the same name", "would grow past", "view or a copy in NumPy")
"""What errors say that a right program may raise: the array that it means depends on numbers."""
FIRST, SECOND = 1e-6, 2e-5
"""Tolerances of derivatives along a direction, relative to the size of their terms."""
PHASES = (Phase.explicit, Phase.generate)
"""A failing program is short enough to be read; to shrink it takes minutes."""

_numbers = itertools.count()
seeds = st.integers(0, 2**16)


def make(text: str) -> types.SimpleNamespace:
    """The functions of a program, as an import of a file would give them."""
    filename = f"<loop program {next(_numbers)}>"
    text += LOSS
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace: dict[str, Any] = {"__name__": "loop_programs"}
    exec(compile(text, filename, "exec", dont_inherit=True), namespace)
    return types.SimpleNamespace(**namespace)


def arguments(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    longest = 9 if rng.random() < 0.1 else 8  # 9 is more than the arrays have
    return rng.uniform(-1, 1, 8), rng.uniform(-1, 1, (6, 5)), int(rng.integers(5, longest + 1))


def plain(fun: Callable, *args: Any) -> Any:
    """What NumPy gives; the arguments stay as they are."""
    with np.errstate(all="ignore"):
        return fun(*[np.array(x) if isinstance(x, np.ndarray) else x for x in args])


def attempt(fun: Callable, *args: Any) -> tuple[Any, Exception | None]:
    try:
        return plain(fun, *args), None
    except NameError:
        assume(False)  # a variable that no round has bound: it is NaN in a compiled loop
        raise
    except Exception as problem:
        return None, problem


class Refusal(Exception):  # noqa: N818
    """An error that the program may raise although NumPy computes it."""


def compiled(fun: Callable, *args: Any) -> Any:
    try:
        return fun(*args)
    except AdjitError as problem:
        if any(text in str(problem) for text in REFUSED):
            raise Refusal from problem
        raise


def same_values(text: str, numbers: tuple[int, ...]) -> list[Any]:
    """Compares values and errors; returns what NumPy gave for each input."""
    function, found = jit(make(text).f), []
    for seed in numbers:
        args = arguments(seed)
        wanted, problem = attempt(make(text).f, *args)
        if problem is not None:
            kind = next(k for k in type(problem).__mro__ if k.__module__ == "builtins")
            with pytest.raises((kind, Refusal)):
                compiled(function, *args)
            return []
        assume(np.all(np.isfinite(np.asarray(wanted, float))))
        before = [np.array(x) for x in args]
        result = compiled(function, *args)
        assert np.shape(result) == np.shape(wanted)
        assert np.asarray(result).dtype == np.asarray(wanted).dtype
        np.testing.assert_allclose(result, wanted, rtol=1e-10, atol=1e-12)
        for one, other in zip(before, args, strict=True):
            np.testing.assert_array_equal(one, other)
        found.append(wanted)
    return found


# --- differences --------------------------------------------------------------------------------


def slope(fun: Callable[[float], Any]) -> tuple[Any, bool]:
    """The derivative at 0, extrapolated, and whether the function is smooth there."""

    def extrapolated(step: float) -> Any:
        coarse, middle, fine = [(fun(h) - fun(-h)) / (2 * h) for h in (step, step / 2, step / 4)]
        return (16 * (4 * fine - middle) / 3 - (4 * middle - coarse) / 3) / 15

    with np.errstate(all="ignore"):
        found, other = extrapolated(2e-3), extrapolated(7e-4)
        middle = fun(0.0)
        far, near = [np.max(np.abs(fun(h) - 2 * middle + fun(-h))) / h for h in (2e-3, 5e-4)]
    size = 1e-2 + np.max(np.abs(found))
    smooth = np.all(np.isfinite(found)) and np.all(np.abs(found - other) <= 1e-7 * size)
    return found, bool(smooth and near <= 0.5 * far + 1e-8)


def along(loss: Callable, point: tuple, v: tuple) -> Callable[[float], Any]:
    x, y, *rest = point
    return lambda h: plain(loss, x + h * v[0], y + h * v[1], *rest)


def same_derivatives(text: str, numbers: tuple[int, ...], wanted: list, second: bool) -> None:
    loss = make(text).loss
    slopes = compile_grad(loss, argnums=(0, 1))

    @jit
    def tangent(x, y, n, w, u, v):
        return jvp(lambda x, y: loss(x, y, n, w), (x, y), (u, v))[1]

    @jit
    def curvature(x, y, n, w, u, v):
        first = grad(lambda x, y: loss(x, y, n, w), argnums=(0, 1))
        return jvp(first, (x, y), (u, v))[1]

    for seed, result in zip(numbers, wanted, strict=True):
        rng = np.random.default_rng((seed, 1))
        point = (*arguments(seed), rng.uniform(-1, 1, np.shape(result)))
        value, (gx, gy) = compiled(slopes, *point)
        assert value == pytest.approx(np.sum(point[3] * result), rel=1e-9, abs=1e-10)
        for _ in range(2):
            v = rng.uniform(-1, 1, 8), rng.uniform(-1, 1, (6, 5))
            try:
                expected, smooth = slope(along(loss, point, v))
            except (IndexError, ValueError, UnboundLocalError):
                continue  # beside the point the program does something else
            if not smooth:
                continue
            found = np.sum(gx * v[0]) + np.sum(gy * v[1])
            size = np.sum(np.abs(gx * v[0])) + np.sum(np.abs(gy * v[1])) + abs(expected) + 1e-2
            assert abs(found - expected) <= FIRST * size
            assert abs(compiled(tangent, *point, *v) - found) <= 1e-10 * size
            if second:
                second = False
                _check_curvature(slopes, curvature, point, v)


def _check_curvature(slopes: Callable, curvature: Callable, point: tuple, v: tuple) -> None:
    def gradient(x: Any, y: Any, *rest: Any) -> Any:
        return np.concatenate([part.ravel() for part in slopes(x, y, *rest)[1]])

    expected, smooth = slope(along(gradient, point, v))
    if smooth:
        found = np.concatenate([part.ravel() for part in compiled(curvature, *point, *v)])
        size = np.max(np.abs(expected)) + np.max(np.abs(found)) + 1e-2
        assert np.max(np.abs(found - expected)) <= SECOND * size


def check(text: str, numbers: tuple[int, ...], order: int) -> None:
    try:
        wanted = same_values(text, numbers)
        if order and wanted and np.asarray(wanted[0]).dtype.kind == "f":
            same_derivatives(text, numbers, wanted, second=order == 2)
    except Refusal:
        pass


@settings(max_examples=50, phases=PHASES)
@given(sources(), seeds, seeds)
def test_values_and_errors_are_those_of_numpy(text, one, other):
    check(text, (one, other), order=0)


@settings(max_examples=22, phases=PHASES)
@given(sources(), seeds, seeds)
def test_derivatives_against_differences(text, one, other):
    check(text, (one, other), order=1)


@settings(max_examples=8, phases=PHASES)
@given(sources(), seeds, seeds)
def test_second_derivatives_against_differences(text, one, other):
    check(text, (one, other), order=2)


@pytest.mark.slow
@settings(max_examples=1500)
@given(sources(), seeds, seeds)
def test_many_programs(text, one, other):
    check(text, (one, other), order=2)
