"""Interning, Literals, Blocks and guards."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Guard, Literal
from adjit.ir.interpret import interpret
from adjit.ir.types import F32, F64, I64, ArrayType

VECTOR = ArrayType(F64, (3,))


def test_equal_applications_are_one_value() -> None:
    block = Block()
    with block:
        x = block.input("x", VECTOR)
        assert ops.sin(x) is ops.sin(x)
        assert x + 1.0 is x + 1.0
        assert ops.sum_(x, axes=(0,)) is not ops.sum_(x, axes=())
    assert len(block.values) == len(set(block.values)) == 5


def test_inputs_of_one_name_stay_apart() -> None:
    block = Block()
    assert block.input("x", VECTOR) is not block.input("x", VECTOR)


def test_a_block_over_a_graph_reuses_its_values() -> None:
    block = Block()
    with block:
        x = block.input("x", VECTOR)
        y = ops.sin(x)
    with Block([x], block.values) as second:
        assert ops.sin(x) is y
    assert second.values == [y]


def test_literals_compare_by_bits() -> None:
    assert Literal(np.nan) == Literal(np.nan)
    assert Literal(0.0) != Literal(-0.0)
    assert Literal(np.float64(1)) != Literal(np.float32(1))
    assert Literal(1) != Literal(True)
    assert Literal(np.zeros((0, 2))) != Literal(np.zeros((2, 0)))
    assert Literal([1.0, 2.0]) != Literal([[1.0, 2.0]])
    assert len({Literal(np.nan), Literal(np.nan), Literal(0.0), Literal(-0.0)}) == 3


def test_constants_are_interned_by_bits() -> None:
    with Block():
        assert ops.const(np.nan) is ops.const(np.nan)
        assert ops.const(0.0) is not ops.const(-0.0)


def test_a_literal_owns_its_array() -> None:
    array = np.ones(2)
    literal = Literal(array)
    array[0] = 5.0
    assert literal.array[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        literal.array[0] = 2.0


def test_a_number_takes_the_dtype_of_the_value() -> None:
    block = Block()
    with block:
        x = block.input("x", ArrayType(F32, ()))
        n = block.input("n", ArrayType(I64, ()))
        assert (x * 2).dtype == F32
        assert (2.0 - n).dtype == I64
        with pytest.raises(IRError, match=r"0\.5 has no value of dtype int64"):
            _ = n * 0.5


@pytest.mark.parametrize("value", [np.float16(1), np.clongdouble(1j), "text", np.array([None])])
def test_constants_of_other_dtypes_are_errors(value: object) -> None:
    with Block(), pytest.raises(IRError, match="a constant cannot have dtype"):
        ops.const(value)


def test_ops_need_a_block_of_their_thread() -> None:
    block = Block()
    x = block.input("x", VECTOR)
    with pytest.raises(IRError, match="no Block is being built"):
        ops.sin(x)
    failures: list[Exception] = []

    def other() -> None:
        try:
            ops.sin(x)
        except IRError as error:
            failures.append(error)

    with block:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("expected", "holds", "fails"), [(0.0, 0.0, -0.0), (np.nan, np.nan, 1.0), (2.0, 2.0, 3.0)]
)
def test_guards_compare_bits(expected: float, holds: float, fails: float) -> None:
    block = Block()
    x = block.input("x", ArrayType(F64, ()))
    graph = block.graph([x], [Guard(x, expected, "file.py:3", "why")])
    assert interpret(graph, [np.float64(holds)])[0].tobytes() == np.float64(holds).tobytes()
    with pytest.raises(IRError, match=r"guard at file\.py:3"):
        interpret(graph, [np.float64(fails)])


@pytest.mark.parametrize(
    ("start", "step", "size", "match"),
    [
        ((0,), (1,), (4,), "leaves"),
        ((2,), (-1,), (4,), "leaves"),
        ((-1,), (1,), (1,), "leaves"),
        ((0,), (0,), (2,), "step"),
        ((0, 0), (1,), (1,), "one start"),
    ],
)
def test_regions_that_leave_the_array_are_errors(
    start: tuple[int, ...], step: tuple[int, ...], size: tuple[int, ...], match: str
) -> None:
    block = Block()
    with block, pytest.raises(IRError, match=match):
        ops.slice_(block.input("x", VECTOR), start=start, step=step, size=size)


@pytest.mark.parametrize("start", [-2, 0, 7])
def test_empty_regions_may_start_anywhere(start: int) -> None:
    block = Block()
    with block:
        x = block.input("x", VECTOR)
        y = ops.slice_(x, start=(start,), step=(1,), size=(0,))
    assert interpret(block.graph([y]), [np.ones(3)])[0].shape == (0,)


@pytest.mark.parametrize(
    "spec",
    ["ab,bc->abc", "ab,b->", "ab,bc->aac", "aa,ab->b", "ab,cb->ab", "abc,bc->a", "ab,bc->ad"],
)
def test_contractions_out_of_normal_form_are_errors(spec: str) -> None:
    block = Block()
    x, z = (block.input(n, ArrayType(F64, (2, 3))) for n in "xz")
    if spec == "ab,bc->abc":
        z = block.input("w", ArrayType(F64, (4, 3)))
    with block, pytest.raises(IRError, match="contract"):
        ops.contract(x, z, spec=spec)


def test_any_and_all_take_booleans_only() -> None:
    block = Block()
    with block, pytest.raises(IRError, match="bool"):
        ops.any_(block.input("x", VECTOR), axes=(0,))
