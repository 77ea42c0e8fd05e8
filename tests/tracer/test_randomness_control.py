"""Random draws in branches and loops."""

from __future__ import annotations

import random

import drawing
import numpy as np
import pytest
from drawing import LEGACY, PYTHON, RNG, same

from adjit import checkpoint, compile_grad, jit

from .test_randomness_calls import coin, until, walk

X = np.linspace(0.5, 2.0, 4)

# --- paths ----------------------------------------------------------------------------------------


def coins(x):
    for _ in range(3):
        x = x * RNG.normal(size=4) if RNG.random() < 0.4 else x + RNG.integers(5)
    return x


def some_paths_draw(x):
    u = RNG.random()
    if u < 0.3:
        return x
    if u < 0.6:
        return x * RNG.random()
    return x + u


def after_a_condition_on_data(x):
    noise = RNG.normal(size=4)
    if np.sum(x + noise) > 5.0:
        x = x * RNG.normal(size=4)
    return x + noise


def unequal_kinds(x):
    return x * random.choice([1, 2.5])


def size_drawn(x):
    return x * np.sum(RNG.normal(size=RNG.integers(1, 4)))


def index_drawn(x):
    return x * [1.0, 2.0, 4.0][PYTHON.randrange(3)]


PATHS = [
    coin,
    coins,
    some_paths_draw,
    until,
    after_a_condition_on_data,
    unequal_kinds,
    size_drawn,
    index_drawn,
]


@pytest.mark.parametrize("f", PATHS, ids=lambda f: f.__name__)
def test_paths_that_draw(f):
    compiled = jit(f)
    same(f, compiled, X, calls=16)
    known = compiled.recordings
    same(f, compiled, X, calls=16)  # the same draws: the same paths, all of them known
    assert compiled.recordings == known


def test_gradients_of_paths_that_draw():
    compiled = compile_grad(lambda x: np.sum(coin(x) ** 2))
    for seed in range(6):
        drawing.seeded(seed)
        value, gradient = compiled(X)
        drawing.seeded(seed)
        y = coin(X)
        assert value == np.sum(y**2)
        drawing.seeded(seed)
        first = RNG.random() < 0.5
        np.testing.assert_allclose(gradient, 2 * y * (y / X) if first else 2 * y, rtol=1e-14)


# --- loops ----------------------------------------------------------------------------------------


def scalar_walk(x):
    s = x[0]
    for _ in range(50):
        s = s * (1.0 + 0.1 * RNG.standard_normal())
    return s


def several(x):
    for _ in range(12):
        x = x * RNG.uniform(0.5, 1.5) + np.random.rand(4)
        x = x + LEGACY.poisson(2.0) + random.gauss(0.0, 1.0)
    return x


def nested(x):
    for _ in range(6):
        x = x + RNG.random()
        for _ in range(7):
            x = x * RNG.uniform(0.9, 1.1, size=4)
        x = x + RNG.random()
    return x


def two_loops(x):
    for _ in range(6):
        x = x + RNG.random()
    y = RNG.random() * x
    for _ in range(8):
        y = y * RNG.exponential()
    return y


def single_precision(x):
    x = x.astype(np.float32)
    for _ in range(9):
        x = x + RNG.random(dtype=np.float32)
    return x


def integers(x):
    for _ in range(9):
        x = x * RNG.integers(1, 3, dtype=np.int8)
    return x


def lists(x):
    for _ in range(9):
        a, b = random.sample(range(5), 2)
        x = x * a + b
    return x


def location_and_scale(x):
    s = x * 0.0
    for _ in range(8):
        s = s + RNG.normal(s, 2.0)
    return s


def branch(x):
    for _ in range(8):
        if RNG.random() < 0.5:
            x = x * RNG.normal()
    return x


def early_end(x):
    for n in range(50):
        x = x + RNG.random()
        if x[0] > 3.0:
            return x * n
    return x


def kind_changes(x):
    s = 0
    for _ in range(8):
        s = s + RNG.random() * x
    return s


def few(x):
    for _ in range(3):
        x = x + RNG.normal()
    return x


def written(x):
    y = np.zeros(6)
    for n in range(6):
        z = RNG.normal(size=2)
        z[0] = 1.0
        y[n] = np.sum(z) * x[0]
    return y


def seeds_in_each(x):
    for n in range(6):
        x = x + np.random.default_rng(n).random()
    return x


def triangle(x):
    for i in range(6):
        for _ in range(i):
            x = x + RNG.random()
    return x


def scale_from_outside(x):
    s, scale = x * 0.0, x[1]
    for _ in range(8):
        s = s + np.random.normal(0.1 * s, scale) + RNG.exponential(scale=scale)
    return s


def drawn_with_what_was_drawn(x):
    rate = np.exp(RNG.normal())
    for _ in range(8):
        x = x + LEGACY.poisson(rate)
    return x


def deep(x):
    for _ in range(5):
        for _ in range(6):
            y = x * RNG.random()
            for _ in range(5):
                y = y + 0.1 * RNG.normal(size=4)
            x = 0.5 * y
    return x


ROLLED = [scale_from_outside, drawn_with_what_was_drawn, deep]
ROLLED += [walk, scalar_walk, several, nested, two_loops, single_precision, integers, lists]
ROLLED += [location_and_scale, kind_changes, written]
UNROLLED = [branch, early_end, few, seeds_in_each, triangle]


@pytest.mark.parametrize("f", ROLLED, ids=lambda f: f.__name__)
def test_loops_that_draw_stay_one_loop(f):
    compiled = jit(f)
    same(f, compiled, X, ulp=64)
    assert compiled.schedule(X).loops
    assert "unrolled" not in compiled.explain()
    assert " times" in compiled.explain()


@pytest.mark.parametrize("f", UNROLLED, ids=lambda f: f.__name__)
def test_loops_that_draw_as_they_go_are_unrolled(f):
    compiled = jit(f)
    same(f, compiled, X, ulp=64)
    if f is not few:
        assert "draws anew in each iteration" in compiled.explain()


def test_a_loop_as_long_as_an_argument_says():
    def f(x, n):
        for _ in range(n):
            x = x + RNG.normal(size=4)
        return x

    compiled = jit(f)
    for n in (7, 9, 7, 0):
        same(f, compiled, X, n)
    assert compiled.recordings == 3
    assert "unrolled" not in compiled.explain()


def test_long_loops_are_quick_to_record():
    def f(x):
        for _ in range(10_000):
            x = x * (1.0 + 1e-3 * np.random.normal(size=4))
        return x

    same(f, jit(f), X, ulp=10_000)


@pytest.mark.parametrize(
    "f", [walk, nested, several, coins, scale_from_outside, deep], ids=lambda f: f.__name__
)
def test_gradients_of_loops_that_draw(f):
    def loss(x):
        return np.sum(np.sin(f(x)))

    for wrapped in (loss, lambda x: np.sum(np.sin(checkpoint(f)(x)))):
        drawing.seeded(3)
        _, gradient = compile_grad(wrapped)(X)
        wanted = []
        for n in range(X.size):
            sides = []
            for h in (1e-5, -1e-5):
                drawing.seeded(3)
                moved = X.copy()
                moved[n] += h
                sides.append(loss(moved))
            wanted.append((sides[0] - sides[1]) / 2e-5)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-6)


STREAMS = ["normal", "standard_normal", "random", "uniform", "exponential", "laplace", "logistic"]
STREAMS += ["standard_exponential", "gumbel", "lognormal"]


@pytest.mark.parametrize("generator", [RNG, LEGACY], ids=["Generator", "RandomState"])
def test_numbers_that_a_loop_draws_at_once(generator):
    def f(x):
        for name in STREAMS:
            for _ in range(7):
                x = 0.5 * x + getattr(generator, name)()
            for _ in range(5):
                for _ in range(6):
                    x = 0.5 * x + getattr(generator, name)(size=4)
        return x

    same(f, jit(f), X, ulp=8)


def test_single_numbers_of_32_bits_that_a_loop_draws_at_once():
    def f(x):
        for _ in range(7):
            x = 0.5 * x + RNG.random(dtype=np.float32) + np.random.rand()
        for _ in range(7):
            x = 0.5 * x + RNG.standard_normal(3, dtype=np.float32)[1]
        for _ in range(7):
            x = 0.5 * x + RNG.standard_exponential(dtype=np.float32, method="inv")
        return x + RNG.integers(5, dtype=np.int32)

    same(f, jit(f), X, ulp=8)
