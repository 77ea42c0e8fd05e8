"""The programs of benchmarks/loop_cases: values, and derivatives of both orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from adjit import compile_grad, grad, jit, jvp
from adjit.benchmarks import loop_cases

FIRST, SECOND = 1e-7, 1e-6
"""Tolerances of derivatives along a direction, of the size of their terms."""


every_case = pytest.mark.parametrize("case", loop_cases.CASES.values(), ids=loop_cases.CASES)


def directions(case: Any, args: Sequence[Any], count: int) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(2)
    return [[rng.uniform(-1.0, 1.0, np.shape(args[i])) for i in case.argnums] for _ in range(count)]


def inner(left: Sequence[Any], right: Sequence[Any]) -> float:
    return float(sum(np.sum(a * b) for a, b in zip(left, right, strict=True)))


def magnitude(left: Sequence[Any], right: Sequence[Any]) -> float:
    return float(sum(np.sum(np.abs(a * b)) for a, b in zip(left, right, strict=True)))


def difference(
    function: Callable[..., float], case: Any, args: Sequence[Any], v: Sequence[np.ndarray]
) -> float:
    """The derivative along ``v``: central differences, extrapolated from three steps."""

    def central(step: float) -> float:
        ends = []
        for signed in (step, -step):
            moved = list(args)
            for position, part in zip(case.argnums, v, strict=True):
                moved[position] = args[position] + signed * part
            ends.append(float(function(*moved)))
        return (ends[0] - ends[1]) / (2 * step)

    coarse, middle, fine = (central(case.step / 2**level) for level in range(3))
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return (16 * second - first) / 15


@every_case
def test_values_are_those_of_numpy(case):
    compiled = jit(case.fun)
    for seed in (0, 1):
        args = case.arguments(case.small, seed)
        before = [np.copy(arg) for arg in args]
        found, expected = compiled(*args), case.fun(*args)
        for left, right in zip(args, before, strict=True):
            np.testing.assert_array_equal(left, right)
        if not case.pair:
            found, expected = (found,), (expected,)
        for left, right in zip(found, expected, strict=True):
            assert left.dtype == right.dtype
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-14)


@every_case
def test_gradient_against_differences(case):
    loss = loop_cases.loss(case)
    compiled = compile_grad(loss, argnums=case.argnums)
    for seed in (0, 1):  # the second with the branches and trip counts of other numbers
        args = case.arguments(case.small, seed)
        w = case.weights(args)
        value, gradient = compiled(*args, w=w)
        np.testing.assert_allclose(value, loss(*args, w=w), rtol=1e-11, atol=1e-12)
        for v in directions(case, args, 3):
            expected = difference(lambda *x, w=w: loss(*x, w=w), case, args, v)
            bound = FIRST * (magnitude(gradient, v) + 1e-3)
            assert abs(inner(gradient, v) - expected) <= bound


@every_case
@pytest.mark.parametrize("mode", ["forward over reverse", "reverse over reverse"])
def test_second_derivative_against_differences_of_the_first(case, mode):
    args = case.arguments(case.small)
    w = case.weights(args)
    first = grad(loop_cases.loss(case), argnums=case.argnums)
    v, u = directions(case, args, 2)

    def along(*args, w, v):
        total = 0.0
        for part, to in zip(first(*args, w=w), v, strict=True):
            total = total + np.sum(part * to)
        return total

    if mode == "reverse over reverse":
        curvature = grad(along, argnums=case.argnums)(*args, w=w, v=tuple(u))
    else:

        def moved(*wrt):
            full = list(args)
            for position, part in zip(case.argnums, wrt, strict=True):
                full[position] = part
            return first(*full, w=w)

        # The Hessian is symmetric: its product with u, like the gradient of the inner product.
        _, curvature = jvp(moved, tuple(args[i] for i in case.argnums), tuple(u))

    compiled = compile_grad(loop_cases.loss(case), argnums=case.argnums)
    expected = difference(lambda *x: inner(compiled(*x, w=w)[1], u), case, args, v)
    scale = magnitude(curvature, v) + 1e-3 * (1.0 + magnitude(compiled(*args, w=w)[1], u))
    assert abs(inner(curvature, v) - expected) <= SECOND * scale


@every_case
def test_one_recording_whatever_the_trip_count(case):
    loss = loop_cases.loss(case)
    compiled = compile_grad(loss, argnums=case.argnums)
    args = case.arguments(case.medium)
    w = case.weights(args)
    value, gradient = compiled(*args, w=w)
    assert compiled.recordings == 1
    result = case.fun(*args)
    scale = magnitude(*((w, result) if case.pair else ((w,), (result,))))
    assert abs(value - loss(*args, w=w)) <= 1e-12 * scale
    for part, position in zip(gradient, case.argnums, strict=True):
        assert part.shape == args[position].shape
        assert np.all(np.isfinite(part))
