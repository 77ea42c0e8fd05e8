"""Before/after tests of `simplify`; that no bit changes is tested in `test_programs.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import build
from programs import same_bits

from adjit.ir import ops
from adjit.ir.graph import Block, Guard, Value
from adjit.ir.interpret import interpret
from adjit.ir.passes.simplify import remove_dead, simplify
from adjit.ir.types import F32, F64, I64, ArrayType
from adjit.ir.verify import verify

AWKWARD = np.array([0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan])


def body(function: Callable[..., Any], *args: np.ndarray) -> list[str]:
    """The values of the simplified Graph, which must compute the same bits."""
    before = build(args, function)
    after = verify(simplify(before))
    for expected, found in zip(interpret(before, args), interpret(after, args), strict=True):
        assert same_bits(expected, found)
    return [line.strip() for line in str(after).splitlines()[1:-1]]


X = AWKWARD

SAME: dict[str, Callable[..., Any]] = {
    "x * 1": lambda x: x * 1.0,
    "x / 1": lambda x: x / 1.0,
    "x - 0": lambda x: x - 0.0,
    "x + -0": lambda x: x + -0.0,
    "-0 + x": lambda x: -0.0 + x,
    "twice negated": lambda x: ops.neg(ops.neg(x)),
    "x**1": lambda x: ops.pow_(x, 1.0),
    "where(c, x, x)": lambda x: ops.where(ops.gt(x, 0.0), x, x),
    "where(True, x, 1)": lambda x: ops.where(ops.const(True), x, 1.0),
    "where(False, 1, x)": lambda x: ops.where(ops.const(False), 1.0, x),
    "cast to its own": lambda x: ops.cast(x, dtype=F64),
    "reshape there and back": lambda x: ops.reshape(ops.reshape(x, shape=(7, 1)), shape=(7,)),
    "reversed twice": lambda x: ops.slice_(
        ops.slice_(x, start=(6,), step=(-1,), size=(7,)), start=(6,), step=(-1,), size=(7,)
    ),
    "a full update": lambda x: ops.update(ops.sin(x), x, start=(0,), step=(1,)),
    "read what was written": lambda x: ops.slice_(
        ops.update(ops.zeros(ArrayType(F64, (9,))), x, start=(1,), step=(1,)),
        start=(1,),
        step=(1,),
        size=(7,),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_the_argument_itself(name: str) -> None:
    assert body(SAME[name], X) == ["return %0"]


# What looks like an identity and is none for -0.0, NaN, infinities or rounding.
KEPT: dict[str, Callable[..., Any]] = {
    "x + 0": lambda x: x + 0.0,
    "0 + x": lambda x: 0.0 + x,
    "x - -0": lambda x: x - -0.0,
    "0 - x": lambda x: 0.0 - x,
    "x * 0": lambda x: x * 0.0,
    "x - x": lambda x: x - x,
    "x / x": lambda x: x / x,
    "x == x": lambda x: ops.eq(x, x),
    "maximum(x, -inf)": lambda x: ops.maximum(x, -np.inf),
    "abs(abs)": lambda x: ops.abs_(x) * ops.abs_(x),
    "x / 3": lambda x: x / 3.0,
    "1/(1/x)": lambda x: 1.0 / (1.0 / x),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_no_identity_stays(name: str) -> None:
    before = build([X], KEPT[name])
    assert len(body(KEPT[name], X)) == len(before.values) + 1


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x + -ops.sin(x), ["%1 = sin(%0) : f64[7]", "%2 = sub(%0, %1) : f64[7]"]),
        (lambda x: x - -ops.sin(x), ["%1 = sin(%0) : f64[7]", "%2 = add(%0, %1) : f64[7]"]),
        (lambda x: -x * -x, ["%1 = mul(%0, %0) : f64[7]"]),
        (lambda x: x * -1.0, ["%1 = neg(%0) : f64[7]"]),
        (
            lambda x: x / 8.0,
            ["%1 = const(value=f64:0.125) : f64[]", "%2 = mul(%0, %1) : f64[7]"],
        ),
        (lambda x: ops.pow_(x, 2.0), ["%1 = mul(%0, %0) : f64[7]"]),
        (
            lambda x: ops.sin(ops.const(0.0)) + x * (2.0 * ops.const(3.0)),
            [
                "%1 = const(value=f64:0.0) : f64[]",
                "%2 = const(value=f64:6.0) : f64[]",
                "%3 = mul(%0, %2) : f64[7]",
                "%4 = add(%1, %3) : f64[7]",
            ],
        ),
        (
            lambda x: ops.where(ops.logical_not(ops.isnan(x)), x, 2.0),
            [
                "%1 = isnan(%0) : bool[7]",
                "%2 = const(value=f64:2.0) : f64[]",
                "%3 = where(%1, %2, %0) : f64[7]",
            ],
        ),
        (
            lambda x: x * ops.broadcast(ops.const(2.0), shape=(7,)),
            ["%1 = const(value=f64:2.0) : f64[]", "%2 = mul(%0, %1) : f64[7]"],
        ),
        (
            lambda x: ops.broadcast(ops.broadcast(x, shape=(2, 7)), shape=(3, 2, 7)),
            ["%1 = broadcast(%0; shape=(3, 2, 7)) : f64[3, 2, 7]"],
        ),
    ],
)
def test_before_and_after(function: Callable[..., Any], expected: list[str]) -> None:
    assert body(function, X)[:-1] == expected


def test_a_sum_of_single_elements_turns_negative_zero_positive() -> None:
    grid = AWKWARD[:, None]
    assert "add" in " ".join(body(lambda x: ops.sum_(x, axes=(1,)), grid))
    assert "sum" not in " ".join(body(lambda x: ops.max_(x, axes=(1,)), grid))
    assert body(lambda x: ops.prod(x, axes=(1,)), grid)[0].startswith("%1 = reshape")


def test_the_broadcast_that_makes_the_shape_stays() -> None:
    def function(x: Value) -> Value:
        wide = ops.broadcast(x, shape=(2, 7))
        return ops.sin(wide) + wide

    # The shape of the sum comes from its arguments: one broadcast has to stay.
    after = simplify(build([X], function))
    assert [v.op.name for v in after.values].count("broadcast") <= 1
    assert after.outputs[0].shape == (2, 7)
    body(function, X)


def test_integers_survive_only_exact_casts() -> None:
    big = np.array([2**53 + 1, -(2**63)], np.int64)
    assert len(body(lambda n: ops.cast(ops.cast(n, dtype=F64), dtype=I64), big)) == 3
    small = np.array([7, -(2**31)], np.int32)
    assert body(lambda n: ops.cast(ops.cast(n, dtype=F64), dtype=small.dtype), small) == [
        "return %0"
    ]
    single = AWKWARD.astype(F32)
    assert body(lambda x: ops.cast(ops.cast(x, dtype=F64), dtype=F32), single) == ["return %0"]
    assert len(body(lambda x: ops.cast(ops.cast(x, dtype=F32), dtype=F64), AWKWARD)) == 3


def test_logic() -> None:
    flags = np.array([True, False])
    assert body(lambda c: ops.logical_not(ops.logical_not(c)), flags) == ["return %0"]
    assert body(lambda c: ops.logical_and(c, True), flags) == ["return %0"]
    assert body(lambda c: ops.logical_or(c, False), flags) == ["return %0"]
    assert body(lambda c: ops.logical_or(c, c), flags) == ["return %0"]
    assert body(lambda c: ops.logical_or(c, True), flags)[0].startswith(
        "%1 = const(value=bool:True)"
    )


def test_dead_values_go_and_guards_stay() -> None:
    block = Block()
    with block:
        x = block.input("x", ArrayType(F64, ()))
        ops.cos(x)
        guarded = ops.gt(ops.sin(x), 0.0)
        y = x * 2.0
    graph = block.graph([y], [Guard(guarded, True, "f:1", "")])
    assert {v.op.name for v in remove_dead(graph).values} == {"sin", "const", "gt", "mul"}
    assert [g.expected for g in verify(simplify(graph)).guards] == [True]


def test_masks_of_constants_fold() -> None:
    def function(x: Value) -> Value:
        mask = ops.broadcast(ops.const(True), shape=(7,))
        return ops.where(ops.logical_and(mask, mask), x, 0.0)

    assert body(function, X) == ["return %0"]
