"""No number of a sample gets into the code: it is computed with, checked, or refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from libraries import made

from adjit.aot.errors import LibraryError
from adjit.tracer.errors import AdjitError

TABLE = {2: 1.0}


def half_compared(x):
    return np.sum(x) if 0.5 * len(x) > 10 else np.sum(x**2)


def float_compared(x):
    return np.sum(x) if len(x) > 10.5 else np.sum(x**2)


def converted(x):
    return np.sum(x) if float(len(x)) > 10 else np.sum(x**2)


def rooted(x):
    return np.sum(x) if math.sqrt(len(x)) > 3 else np.sum(x**2)


def truncated(x):
    return np.sum(x[: int(len(x) / 2)])


def odd(x):
    return np.sum(x) if len(x) & 1 else np.sum(x**2)


def shifted(x):
    return np.sum(x) if len(x) >> 3 else np.sum(x**2)


def bits(x):
    return np.sum(x) * (len(x) ^ 5)


def looked_up(x):
    return np.sum(x) * TABLE.get(len(x), 2.0)


def in_a_set(x):
    return np.sum(x) if len(x) in {2, 3} else np.sum(x**2)


def in_a_tuple(x):
    return np.sum(x) if len(x) in (2, 3) else np.sum(x**2)


def is_square(x):
    return np.sum(x) if math.isqrt(len(x)) > 3 else np.sum(x**2)


def counted(x):
    return np.sum(x) if len(range(len(x))) > 12 else np.sum(x**2)


def unrolled(x):
    return sum([x[i] ** 2 for i in range(len(x))])


def even(x):
    return np.sum(x) if len(x) % 2 == 0 else np.sum(x**2)


def summed(x):
    return np.sum(x) if np.sum(np.ones(len(x))) > 10 else np.sum(x**2)


def logarithm(x):
    return np.sum(x[: int(np.log2(len(x)))])


def while_halving(x):
    n, s = len(x), 0.0
    while n > 1:
        n, s = n // 2, s + x[n - 1]
    return s


def formatted(x):
    return np.sum(x) if f"{len(x)}" == "3" else np.sum(x**2)


def power(x):
    return np.sum(x) * 2 ** len(x)


def absolute(x):
    return np.sum(x) * abs(len(x) - 7)


FUNCTIONS = [
    half_compared, float_compared, converted, rooted, truncated, odd, shifted, bits, looked_up,
    in_a_set, in_a_tuple, is_square, counted, unrolled, even, summed, logarithm, while_halving,
    formatted, power, absolute,
]  # fmt: skip


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_size_is_never_the_number_of_a_sample(fun, tmp_path) -> None:
    try:
        module = made(fun, "x: f64[n]", tmp_path, emit="value")
    except (LibraryError, AdjitError, TypeError):
        return
    answered = 0
    for n in (1, 2, 3, 7, 8, 9, 12, 20, 21, 30, 100, 211):
        x = np.random.default_rng(n).normal(size=n)
        try:
            found = module.value(x)
        except module.LibraryError as problem:
            assert problem.status in (1, 6)  # noqa: PT017
            continue
        answered += 1
        np.testing.assert_allclose(found, fun(x), rtol=1e-12)
    assert answered
