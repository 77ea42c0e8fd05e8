"""Sizes compute what their polynomials say, and bounds hold for all sizes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjit.ir.polynomials import evaluate, highest, lowest
from adjit.ir.sizes import Size, largest, named, questions, sample, smallest, terms_of

SAMPLES = {"m": 211, "n": 307}
STEPS: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    largest,
    smallest,
]


@st.composite
def formulas(draw) -> Callable[[dict[str, Any]], Any]:
    """A formula of sizes, as a function of them."""
    formula: Callable = lambda sizes: sizes["m"]  # noqa: E731
    for _ in range(draw(st.integers(0, 4))):
        step = draw(st.sampled_from(STEPS))
        other: Any = draw(st.sampled_from(["m", "n", 1, 2, 7, -3]))
        by = draw(st.sampled_from([None, 2, 3, -2]))

        def extended(sizes, before=formula, step=step, other=other, by=by):
            y = step(before(sizes), sizes[other] if isinstance(other, str) else other)
            return y if by is None else y // by

        formula = extended
    return formula


@given(formulas(), st.integers(1, 60), st.integers(1, 60))
def test_a_formula_of_sizes_is_its_polynomial(formula, m, n) -> None:
    size = formula({name: named(name, number) for name, number in SAMPLES.items()})
    terms = terms_of(size)
    assert sample(size) == formula(SAMPLES) == evaluate(terms, SAMPLES)
    number = formula({"m": m, "n": n})
    assert evaluate(terms, {"m": m, "n": n}) == number
    low, high = lowest(terms), highest(terms)
    assert low is None or low <= number
    assert high is None or high >= number


@given(formulas(), formulas(), st.integers(1, 60), st.integers(1, 60))
def test_what_is_not_noted_holds_for_all_sizes(first, second, m, n) -> None:
    sizes = {name: named(name, number) for name, number in SAMPLES.items()}
    with questions(lambda depth: True, SAMPLES) as asked:
        x, z = first(sizes), second(sizes)
        asked.clear()
        less, same = x < z, x == z
    x, z = first({"m": m, "n": n}), second({"m": m, "n": n})
    if not asked:
        assert less == (x < z)
        assert same == (x == z)


def test_what_would_see_the_number_is_refused() -> None:
    n = named("n", 211)
    with questions(lambda depth: True, {"n": 211}):
        for wrong in (float, hash, lambda n: f"{n}", lambda n: n | 1, lambda n: n.bit_length()):
            with pytest.raises(TypeError, match="is not known"):
                wrong(n)
    assert isinstance(n >> 1, Size)
    assert n & 3 == n % 4
    assert (5 % n, -1 % n) == (5, n - 1)
