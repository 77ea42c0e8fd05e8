"""Affine dimensions, shapes and the errors of type rules."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.ir.errors import IRError
from adjit.ir.types import F32, F64, Affine, ArrayType, broadcast_shapes, format_shape, symbol

N, M = symbol("n"), symbol("m")


def test_affine_arithmetic_is_normal() -> None:
    assert N + M == M + N
    assert N + N == 2 * N == N * 2
    assert 2 * (N + 3) == 2 * N + 6
    assert hash(N + 1) == hash(1 + N)
    assert 5 - N == -N + 5


def test_what_folds_is_an_int() -> None:
    for folded, expected in [(N - N, 0), (N * 0, 0), (N + 3 - N, 3), ((N + M) - M - N, 0)]:
        assert isinstance(folded, int)
        assert folded == expected


def test_a_symbol_differs_from_numbers_and_other_symbols() -> None:
    assert N != 1
    assert N != M
    assert N + 1 != N


def test_a_product_of_symbols_is_an_error() -> None:
    with pytest.raises(IRError, match=r"\(n\) \* \(m\) is no affine dimension"):
        N * M  # type: ignore[operator]


@pytest.mark.parametrize(
    ("dim", "text"),
    [(N, "n"), (2 * N + 3, "2*n + 3"), (-N + M - 1, "m + -1*n + -1")],
)
def test_affine_text(dim: Affine, text: str) -> None:
    assert str(dim) == text or sorted(str(dim).split(" + ")) == sorted(text.split(" + "))


def test_broadcast_agrees_with_numpy() -> None:
    shapes = [(), (1,), (3,), (2, 3), (2, 1), (0,), (1, 0), (2, 0), (4, 1, 3)]
    for left in shapes:
        for right in shapes:
            try:
                expected = np.broadcast_shapes(left, right)
            except ValueError:
                with pytest.raises(IRError, match="do not broadcast"):
                    broadcast_shapes(left, right)
            else:
                assert broadcast_shapes(left, right) == expected


def test_a_symbolic_dimension_broadcasts_with_itself_and_one() -> None:
    assert broadcast_shapes((N,), (1,), (3, N)) == (3, N)
    with pytest.raises(IRError, match=r"shapes \(n,\), \(3,\) do not broadcast"):
        broadcast_shapes((N,), (3,))
    with pytest.raises(IRError):
        broadcast_shapes((N,), (N + 1,))


def test_array_types() -> None:
    type = ArrayType(F64, (2, 3))
    assert (type.rank, type.size, str(type)) == (2, 6, "f64[2, 3]")
    assert type.with_dtype(F32) == ArrayType(F32, (2, 3))
    assert ArrayType(F64, ()).size == 1
    with pytest.raises(IRError, match="symbolic"):
        _ = ArrayType(F64, (N,)).size


def test_shapes_print_as_numpy_prints_them() -> None:
    assert [format_shape(s) for s in [(), (3,), (3, N + 1)]] == ["()", "(3,)", "(3, n + 1)"]
