"""The programs of the suites: adjit's gradient at the quick size, and what is said of each."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.benchmarks.case import Case, differentiated, label, least_bytes, leaves, mapped
from adjit.benchmarks.check import expect, judge
from adjit.benchmarks.peers import adjit as driver
from adjit.benchmarks.selection import select_cases
from adjit.benchmarks.suites import CASES, SUITES

# The programs of the loops have tests of their own; processes are run by a whole bench.
QUICK = [
    case.at(quick=True)
    for case in select_cases([], quick=True)
    if case.suite != "loops" and case.timed != "process"
]


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_gradient_against_differences(case: Case) -> None:
    args = case.arguments()
    prepared = driver.prepare(driver.find(case), case, args)
    answer = prepared.answer(prepared.call())
    assert answer is not None
    verdict = judge(case, answer, expect(case, args))
    assert verdict.right, verdict.reason
    assert answer.gradient is not None
    for part, leaf in zip(answer.gradient, differentiated(case, args), strict=True):
        assert part.shape == leaf.shape
        assert part.dtype == case.dtype


def test_names_are_unique() -> None:
    assert len(CASES) == sum(len(suite.cases) for suite in SUITES.values())
    assert all(case.suite == name for name, suite in SUITES.items() for case in suite.cases)


def test_arguments_are_the_same_in_every_process() -> None:
    case = CASES["gmm-10x25x1000"]
    for one, other in zip(leaves(case.arguments()), leaves(case.arguments()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_least_bytes_count_inputs_and_gradients() -> None:
    case = CASES["weighted_tanh-1e6"].at(quick=True)  # four inputs, three gradients
    assert least_bytes(case, case.arguments()) == 7 * 8 * case.size[0]
    single = CASES["sine_gauss-1e6-f32"].at(quick=True)
    assert least_bytes(single, single.arguments()) == 2 * 4 * single.size[0]
    named = CASES["dict_of_arrays-3"]
    assert least_bytes(named, named.arguments()) == 2 * 10 * 3 * 8


def test_containers_keep_their_form() -> None:
    nested = {"b": [1.0, (np.ones(2), 3)], "a": 2.0}
    assert [leaf.tolist() for leaf in leaves(nested)] == [2.0, 1.0, [1.0, 1.0]]
    doubled = mapped(lambda leaf: 2 * leaf, nested)
    assert doubled["a"] == 4.0
    assert doubled["b"][0] == 2.0
    np.testing.assert_array_equal(doubled["b"][1][0], [2.0, 2.0])
    assert doubled["b"][1][1] == 6


@pytest.mark.parametrize(
    ("size", "text"),
    [((10**6,), "1e6"), ((2500,), "2500"), ((160_000,), "160k"), ((1000, 10), "1000x10")],
)
def test_labels(size: tuple[int, ...], text: str) -> None:
    assert label(size) == text
