"""Before/after tests of `factor`: what leaves a sum, and what must stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import build

from adjit.ir import ops
from adjit.ir.interpret import interpret
from adjit.ir.passes.factor import factor
from adjit.ir.passes.simplify import simplify
from adjit.ir.verify import verify

A = np.random.default_rng(0).normal(size=(3, 4))
C = np.array(2.5)
COLUMN = np.array([[1.0], [2.0], [3.0]])
ROW = np.array([1.0, -2.0, 3.0, 0.5])


def body(function: Callable[..., Any], *args: np.ndarray) -> list[str]:
    """The values afterwards, which must compute the same up to rounding."""
    before = build(args, function)
    after = verify(simplify(factor(before)))
    for expected, found in zip(interpret(before, args), interpret(after, args), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    return [line.split(" = ")[1].split(" :")[0] for line in str(after).splitlines()[1:-2]]


def test_a_scalar_leaves():
    assert body(lambda a, c: ops.sum_(ops.mul(c, a), axes=(0, 1)), A, C) == [
        "sum(%0; axes=(0, 1))",
        "mul(%2, %1)",
    ]


def test_a_sign_leaves():
    assert body(lambda a: ops.sum_(ops.neg(a), axes=(0,)), A) == ["sum(%0; axes=(0,))", "neg(%1)"]


def test_what_varies_along_other_axes_leaves():
    assert sorted(body(lambda a, c: ops.sum_(ops.mul(a, c), axes=(1,)), A, COLUMN)) == [
        "mul(%3, %2)",
        "reshape(%1; shape=(3,))",
        "sum(%0; axes=(1,))",
    ]


def test_several_factors_leave():
    def function(a, c, d):
        return ops.sum_(ops.neg(ops.mul(ops.mul(ops.neg(a), d), c)), axes=(0, 1))

    assert body(function, A, C, C) == ["sum(%0; axes=(0, 1))", "mul(%3, %1)", "mul(%4, %2)"]


def test_sums_that_differ_by_a_factor_become_one():
    def function(a, c):
        return ops.add(ops.sum_(a, axes=(0, 1)), ops.sum_(ops.mul(a, c), axes=(0, 1)))

    lines = body(function, A, C)
    assert sum(line.startswith("sum") for line in lines) == 1


@pytest.mark.parametrize("axes", [(1,), (0, 1)])
def test_what_varies_along_the_sum_stays(axes):
    lines = body(lambda a, r: ops.sum_(ops.mul(a, r), axes=axes), A, ROW)
    assert lines[0].startswith("mul")


def test_a_product_of_two_that_do_not_have_its_shape_stays():
    lines = body(lambda c, r: ops.sum_(ops.mul(c, r), axes=(0, 1)), COLUMN, ROW)
    assert lines[0].startswith("mul")
