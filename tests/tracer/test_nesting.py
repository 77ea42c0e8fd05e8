"""Every transform in every other: against derivatives that are known without adjit."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from nesting import FORWARD, FUNCTIONS, PUSHING, TRANSFORMS, X, interpreted, nested

from adjit import jit
from adjit.tracer.errors import AdjitNotImplementedError

ENDLESS = "loop that a condition ends"
"""In the errors for loops that are refused: nothing bounds the number of their steps."""

MATRICES = {"jacrev", "jacfwd", "hessian"}
"""What such loops may be refused in, at higher orders."""


def triples(count: int) -> list[tuple[str, ...]]:
    drawn = random.Random(5)
    return [tuple(drawn.choices(list(TRANSFORMS), k=3)) for _ in range(count)]


def check(names: tuple[str, ...], function: str, native: bool = False) -> None:
    f, wanted = nested(names, function)
    try:
        found = jit(f)(X) if native else interpreted(f, X)
    except AdjitNotImplementedError as problem:
        refused = (
            ("custom_vjp rule has no tangent" in str(problem) and is_pushed(names))
            or (ENDLESS in str(problem) and function == "ended" and not MATRICES.isdisjoint(names))
            or ("checkpoint" in str(problem) and function == "ended" and "checkpoint" in names)
        )
        if not refused:
            raise
        return
    for outer, inner in itertools.pairwise(names):
        assert outer not in PUSHING or inner != "custom_vjp", "a tangent of a rule without one"
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def is_pushed(names: tuple[str, ...]) -> bool:
    """Whether a function with a reverse rule stands in a transform that needs its tangent."""
    return any(
        name == "custom_vjp" and any(outer in FORWARD for outer in names[:n])
        for n, name in enumerate(names)
    )


@pytest.mark.parametrize("outer", TRANSFORMS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_in_each(function: str, outer: str) -> None:
    for inner in TRANSFORMS:
        check((outer, inner), function)


@pytest.mark.parametrize("names", triples(24), ids="-".join)
def test_three_deep(names: tuple[str, ...]) -> None:
    for function in FUNCTIONS:
        check(names, function)


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS)
def test_many_three_deep(function: str) -> None:
    for names in triples(400):
        check(names, function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_alone_compiled(function: str) -> None:
    for name in TRANSFORMS:
        check((name,), function, native=True)


@pytest.mark.slow
@pytest.mark.parametrize("outer", TRANSFORMS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_in_each_compiled(function: str, outer: str) -> None:
    for inner in TRANSFORMS:
        check((outer, inner), function, native=True)


@pytest.mark.parametrize("names", triples(8), ids="-".join)
def test_three_deep_compiled(names: tuple[str, ...]) -> None:
    check(names, "looped", native=True)
