"""The programs of the suites: adjit's gradient at the quick size, and what is said of each."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.benchmarks.case import Case, label, least_bytes, leaves
from adjit.benchmarks.check import expect, judge
from adjit.benchmarks.peers import adjit as driver
from adjit.benchmarks.selection import select_cases
from adjit.benchmarks.suites import CASES, SUITES

# The programs of the loops have tests of their own.
QUICK = [case for case in select_cases([], quick=True) if case.suite != "loops"]


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_gradient_against_differences(case: Case) -> None:
    args = case.arguments(quick=True)
    prepared = driver.prepare(case, args)
    answer = prepared.answer(prepared.call())
    verdict = judge(case, answer, expect(case, args))
    assert verdict.right, verdict.reason
    assert answer.gradient is not None
    for part, position in zip(answer.gradient, case.argnums, strict=True):
        assert part.shape == args[position].shape
        assert part.dtype == case.dtype


def test_names_are_unique() -> None:
    assert len(CASES) == sum(len(suite.cases) for suite in SUITES.values())
    assert all(case.suite == name for name, suite in SUITES.items() for case in suite.cases)


def test_arguments_are_the_same_in_every_process() -> None:
    case = CASES["gmm-10x25x1000"]
    for one, other in zip(leaves(case.arguments()), leaves(case.arguments()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_least_bytes_count_inputs_and_gradients() -> None:
    case = CASES["weighted_tanh-1e6"]  # four inputs, three gradients
    assert least_bytes(case, case.arguments(quick=True)) == 7 * 8 * case.quick[0]
    single = CASES["sine_gauss-1e6-f32"]
    assert least_bytes(single, single.arguments(quick=True)) == 2 * 4 * single.quick[0]


@pytest.mark.parametrize(
    ("size", "text"),
    [((10**6,), "1e6"), ((2500,), "2500"), ((160_000,), "160k"), ((1000, 10), "1000x10")],
)
def test_labels(size: tuple[int, ...], text: str) -> None:
    assert label(size) == text
