"""Calls of functions that compute next to nothing. A size is the number of elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Arguments, Case, Maker, Size, Suite, family
from ..programs.numpy import calls as programs

ONE, TEN = (0,), tuple(range(10))
NAMES = "abcdefghij"


def floats(count: int) -> Maker:
    def make(size: Size, rng: np.random.Generator) -> Arguments:
        return tuple(float(number) for number in rng.normal(size=count))

    return make


def arrays(count: int) -> Maker:
    def make(size: Size, rng: np.random.Generator) -> Arguments:
        return tuple(rng.normal(size=size) for _ in range(count))

    return make


def by_name(size: Size, rng: np.random.Generator) -> Arguments:
    return (dict(zip(NAMES, arrays(10)(size, rng), strict=True)),)


def in_pairs(size: Size, rng: np.random.Generator) -> Arguments:
    found = arrays(10)(size, rng)
    return (list(zip(found[::2], found[1::2], strict=True)),)


def cases(
    fun: Callable[..., Any], make: Maker, sizes: list[int], argnums: tuple[int, ...] = ONE
) -> list[Case]:
    """The quick sizes are the first ones: all are tiny."""
    return family("calls", fun, make, [(n,) for n in sizes], (sizes[0],), argnums=argnums)


SUITE = Suite(
    "calls",
    "Calls of functions that compute next to nothing",
    (
        *cases(programs.one_float, floats(1), [1]),
        *cases(programs.ten_floats, floats(10), [1], TEN),
        *cases(programs.one_array, arrays(1), [1]),
        *cases(programs.rosenbrock, arrays(1), [2, 10, 100]),
        *cases(programs.ten_arrays, arrays(10), [3], TEN),
        *cases(programs.dict_of_arrays, by_name, [3]),
        *cases(programs.list_of_pairs, in_pairs, [3]),
    ),
)
