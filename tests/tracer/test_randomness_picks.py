"""Draws that pick or reorder what is differentiated by, and places in data that are drawn."""

from __future__ import annotations

import random

import drawing
import numpy as np
import pytest
from drawing import LEGACY, RNG, same

from adjit import compile_grad

X = np.linspace(0.5, 2.0, 4)
WEIGHTS = np.arange(4.0)
TABLE = np.arange(16.0).reshape(4, 4)
DATA = np.arange(24.0).reshape(6, 4)


def shuffled(x, generator, **options):
    y = np.outer(x, x) if options else x.copy()
    generator.shuffle(y, **options)
    return y


def shuffled_rows(x, generator):
    y = np.outer(x, x)
    generator.shuffle(y)
    return y


def shuffled_list(x):
    items = [x[0], x[1], x[2]]
    random.shuffle(items)
    return items[0] * 2 + items[1] * 3 + items[2] ** 2


def batches(x):
    for _ in range(8):
        rows = DATA[RNG.integers(0, 6, size=2)]
        x = x - 0.001 * np.sum(rows @ x) * x
    return np.sum(x)


PICKS = {
    "shuffle": lambda x: np.sum(shuffled(x, RNG) * WEIGHTS),
    "legacy shuffle": lambda x: np.sum(shuffled(x, LEGACY) * WEIGHTS),
    "shuffle of rows": lambda x: np.sum(shuffled_rows(x, RNG) * TABLE),
    "np.random.shuffle of rows": lambda x: np.sum(shuffled_rows(x, np.random) * TABLE),
    "shuffle of columns": lambda x: np.sum(shuffled(x, RNG, axis=1) * TABLE),
    "shuffle of a list": shuffled_list,
    "permutation": lambda x: np.sum(RNG.permutation(x) * WEIGHTS),
    "legacy permutation": lambda x: np.sum(LEGACY.permutation(x) * WEIGHTS),
    "permutation of columns": lambda x: np.sum(RNG.permutation(np.outer(x, x), axis=1) * TABLE),
    "permutation of rows": lambda x: np.sum(np.random.permutation(np.outer(x, x)) * TABLE),
    "permuted": lambda x: np.sum(RNG.permuted(np.outer(x, x)) * TABLE),
    "choice": lambda x: np.sum(RNG.choice(x, 6) ** 2),
    "choice without replacement": lambda x: np.sum(RNG.choice(x, 3, replace=False) * WEIGHTS[:3]),
    "legacy choice": lambda x: np.sum(LEGACY.choice(x, (2, 3)) ** 2),
    "choice by probabilities": lambda x: np.sum(RNG.choice(x, 5, p=[0.1, 0.2, 0.3, 0.4]) ** 2),
    "choice of columns": lambda x: np.sum(RNG.choice(np.outer(x, x), 3, axis=1) ** 2),
    "one choice": lambda x: LEGACY.choice(x) ** 2,
    "random.choice": lambda x: random.choice(x) ** 2,
    "random.sample": lambda x: sum(random.sample([x[0], x[1], x[2]], 2)) ** 2,
    "random.choices": lambda x: sum(random.choices([x[0], x[1], x[2]], k=4)) ** 2,
    "rows of data": lambda x: np.sum((DATA[RNG.integers(0, 6, size=3)] @ x) ** 2),
    "rows of data, each once": lambda x: np.sum((DATA[RNG.permutation(6)[:2]] @ x) ** 2),
    "a mask": lambda x: np.sum(np.where(RNG.random(4) < 0.5, x, 0.0) ** 2),
    "rows of data in a loop": batches,
}


@pytest.mark.parametrize("name", PICKS)
def test_picks(name):
    f = PICKS[name]
    compiled = compile_grad(f)
    same(f, lambda x: compiled(x)[0], X, calls=6, ulp=16)
    assert compiled.recordings == 1
    for seed in range(2):
        drawing.seeded(seed)
        _, gradient = compiled(X)
        wanted = []
        for n in range(X.size):
            sides = []
            for h in (1e-6, -1e-6):
                drawing.seeded(seed)
                moved = X.copy()
                moved[n] += h
                sides.append(f(moved))
            wanted.append((sides[0] - sides[1]) / 2e-6)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-6)
