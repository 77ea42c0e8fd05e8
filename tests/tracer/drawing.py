"""Runs a function that draws random numbers, plain and compiled, from the same states."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from adjit.tracer.generators import same_state, state_of

RNG = np.random.default_rng(1)
LEGACY = np.random.RandomState(2)
PYTHON = random.Random(3)
GENERATORS = (RNG, LEGACY, PYTHON)


def seeded(seed: int) -> None:
    """Puts all generators into known states."""
    np.random.seed(seed)
    random.seed(seed)
    RNG.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    LEGACY.seed(seed)
    PYTHON.seed(seed)


def states() -> list[Any]:
    return [state_of(g) for g in (*GENERATORS, np.random.mtrand._rand, random._inst)]


def run(call: Callable[..., Any], *args: Any, calls: int = 3, seed: int = 0) -> tuple[list, list]:
    """What some calls after another return, and the states of all generators after each."""
    seeded(seed)
    found, after = [], []
    for _ in range(calls):
        found.append(call(*args))
        after.append(states())
    return found, after


def same(f: Callable[..., Any], compiled: Callable[..., Any], *args: Any, **options: Any) -> None:
    """The numbers, their types and the states of the generators are those of the plain function.

    ``ulp``: how many units in the last place the numbers may differ by; else to the bit.
    """
    ulp = options.pop("ulp", 0)
    wanted, before = run(f, *args, **options)
    found, after = run(compiled, *args, **options)
    for x, y, first, second in zip(wanted, found, before, after, strict=True):
        assert all(same_state(s, t) for s, t in zip(first, second, strict=True))
        assert type(x) is type(y)
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        if ulp:
            np.testing.assert_array_max_ulp(x, y, ulp)
        else:
            np.testing.assert_array_equal(x, y)
