"""Wrong values and gradients are found, right ones pass."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from adjit.benchmarks.check import expect, judge, judge_all, slope
from adjit.benchmarks.peers import Answer
from adjit.benchmarks.suites import CASES

CASE = CASES["sine_gauss-1e4"].at(quick=True)
ARGS = CASE.arguments()
X = ARGS[0]
EXPECTED = expect(CASE, ARGS)
GRADIENT = np.exp(-X * X) * (np.cos(X) - 2 * X * np.sin(X))
VALUE = float(np.sum(np.sin(X) * np.exp(-X * X)))


def test_right_numbers_pass() -> None:
    assert judge(CASE, Answer(VALUE, [GRADIENT]), EXPECTED).right
    assert judge(CASE, Answer(VALUE, None), EXPECTED).right


@pytest.mark.parametrize("value", [VALUE + 1e-6, math.nan])
def test_a_wrong_value_is_found(value: float) -> None:
    verdict = judge(CASE, Answer(value, [GRADIENT]), EXPECTED)
    assert not verdict.right
    assert verdict.reason.startswith("value")


@pytest.mark.parametrize("factor", [1.01, -1.0, math.nan])
def test_a_wrong_gradient_is_found_without_another(factor: float) -> None:
    verdict = judge(CASE, Answer(VALUE, [factor * GRADIENT]), EXPECTED)
    assert not verdict.right
    assert "direction" in verdict.reason


@pytest.mark.parametrize("order", ["abx", "xab", "axb", "ax", "xa"])
def test_one_wrong_element_is_found_by_other_gradients(order: str) -> None:
    off = GRADIENT.copy()
    off[17] += 1e-7
    answers = {name: Answer(VALUE, [off if name == "x" else GRADIENT]) for name in order}
    verdicts = judge_all(CASE, ARGS, answers, EXPECTED, lambda along: slope(CASE, ARGS, along))
    assert {name: verdict.right for name, verdict in verdicts.items()} == {
        name: name != "x" for name in order
    }
    assert "an element is off by" in verdicts["x"].reason


def test_steps_shrink_until_no_kink_is_crossed() -> None:
    kinked = dataclasses.replace(CASE, fun=lambda x: np.sum(np.maximum(x, 0.0)))
    x = np.array([1.0, 2e-4, -3e-4, -1.0])
    found = slope(kinked, (x,), [np.array([1.0, 0.5, 0.7, 0.9])])
    assert found == pytest.approx(1.5, rel=1e-9)
