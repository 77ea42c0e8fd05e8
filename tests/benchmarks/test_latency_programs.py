"""The programs of the suites of calls and first calls, as each peer has them."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from adjit.benchmarks.case import Case
from adjit.benchmarks.check import expect, judge
from adjit.benchmarks.peers import PEERS, NoProgramError
from adjit.benchmarks.programs.straight_line import straight_line
from adjit.benchmarks.selection import select_cases

CASES = [case.at(quick=True) for case in select_cases(["calls", "compile"], quick=True)]
EXPECTED = {case.name: expect(case, case.arguments()) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("name", ["floor", "numba", "jax", "torch", "autograd", "casadi"])
def test_peer(name: str, case: Case) -> None:
    peer = PEERS[name]
    if peer.missing:
        pytest.skip(f"{name} is not installed")
    driver = importlib.import_module(peer.driver)
    driver.start(1)
    args = case.arguments()
    try:
        program = driver.find(case)
    except NoProgramError:
        assert name == "floor"
        assert case.suite == "compile"
        return
    prepared = driver.prepare(program, case, args)
    prepared.call()
    answer = prepared.answer(prepared.call())
    if name == "floor":
        assert answer is None
        return
    assert answer.gradient is not None
    verdict = judge(case, answer, EXPECTED[case.name])
    assert verdict.right, verdict.reason


def test_a_straight_line_program_has_its_length_and_is_new_each_time() -> None:
    one, other = straight_line(100, np), straight_line(100, np)
    assert one is not other
    assert one(0.3, 0.7) == other(0.3, 0.7)
    assert one.__code__.co_nlocals == 2 + 100


@pytest.mark.parametrize("operations", [1, 2, 3, 4, 5, 6, 7])
def test_the_derivative_by_hand_of_any_length(operations: int) -> None:
    from adjit.benchmarks.programs.numba import compile as by_hand

    value, by_a, by_b = by_hand.straight_line(operations).py_func(0.3, 0.7)
    program, step = straight_line(operations, np), 1e-6
    assert value == program(0.3, 0.7)
    slope_a = (program(0.3 + step, 0.7) - program(0.3 - step, 0.7)) / (2 * step)
    slope_b = (program(0.3, 0.7 + step) - program(0.3, 0.7 - step)) / (2 * step)
    np.testing.assert_allclose((by_a, by_b), (slope_a, slope_b), rtol=1e-8, atol=1e-9)
