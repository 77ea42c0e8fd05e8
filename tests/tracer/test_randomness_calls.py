"""Random draws in transforms, the generators that make them, and drawn numbers as indices."""

from __future__ import annotations

import functools
import random
import threading
from dataclasses import dataclass

import drawing
import numpy as np
import pytest
from drawing import LEGACY, PYTHON, RNG, same

from adjit import AdjitError, compile_grad, grad, jit, jvp, vjp

X = np.linspace(0.5, 2.0, 4)


def coin(x):
    if RNG.random() < 0.5:
        return x * np.random.normal(size=4)
    return x + LEGACY.exponential(2.0)


def until(x):
    total, count = 0.0, 0
    while total < 2.0:
        total += random.expovariate(1.0)
        count += 1
    return x * total + count


def walk(x):
    for _ in range(20):
        x = x + 0.1 * np.random.normal(size=4)
    return x


# --- transforms -----------------------------------------------------------------------------------


def noisy(x):
    return np.random.normal(size=4) * x**2 + RNG.normal(x, 1.0) ** 2


@pytest.mark.parametrize("f", [noisy, coin, walk, until], ids=lambda f: f.__name__)
def test_a_pullback_has_the_noise_of_its_value(f):
    for seed in range(4):
        drawing.seeded(seed)
        plain = f(X)
        after = drawing.states()
        drawing.seeded(seed)
        value, pullback = vjp(f, X)
        first, second = pullback(np.ones(4))[0], pullback(np.ones(4))[0]
        assert str(drawing.states()) == str(after)
        np.testing.assert_array_equal(value, plain)
        np.testing.assert_array_equal(first, second)
        drawing.seeded(seed)
        value, tangent = jvp(f, (X,), (np.ones(4),))
        np.testing.assert_array_equal(value, plain)
        np.testing.assert_allclose(tangent, first, rtol=1e-12)
        drawing.seeded(seed)
        y = f(X + 1e-6)
        drawing.seeded(seed)
        z = f(X - 1e-6)
        np.testing.assert_allclose(tangent, (y - z) / 2e-6, rtol=1e-6)


def test_transforms_inside_of_transforms():
    def inner(x):
        return grad(lambda w: np.sum(np.random.normal(size=4) * w**3))(x)

    def outer(x):
        return grad(lambda w: np.sum(inner(w)))(x)

    drawing.seeded(1)
    noise = np.random.normal(size=4)
    for f, wanted in ((inner, 3 * X**2 * noise), (outer, 6 * X * noise)):
        compiled = jit(f)
        for _ in range(2):
            drawing.seeded(1)
            np.testing.assert_allclose(compiled(X), wanted, rtol=1e-14)


def test_a_gradient_in_a_loop_that_draws():
    def f(x):
        for _ in range(8):
            x = x - 0.01 * grad(lambda w: np.sum(RNG.normal(size=4) * w**2))(x)
        return x

    def plain(x):
        for _ in range(8):
            x = x - 0.01 * 2 * RNG.normal(size=4) * x
        return x

    compiled = jit(f)
    same(plain, compiled, X, ulp=8)
    assert "8 times" in compiled.explain()


def test_a_pullback_has_noise_that_cannot_be_drawn_again():
    value, pullback = vjp(lambda x: x**2 * np.random.default_rng().normal(size=4), X)
    np.testing.assert_allclose(pullback(np.ones(4))[0] * X / 2, value, rtol=1e-14)


def test_errors_of_a_draw_are_raised_at_each_call():
    compiled = jit(lambda x, scale: x * RNG.normal(0.0, scale))
    for _ in range(2):
        compiled(X, 1.0)
        with pytest.raises(ValueError, match="scale < 0"):
            compiled(X, -1.0)
    differentiated = compile_grad(lambda scale: np.sum(np.random.normal(0.0, scale, size=3)))
    for _ in range(2):
        differentiated(1.0)
        with pytest.raises(ValueError, match="scale < 0"):
            differentiated(-1.0)


# --- generators -----------------------------------------------------------------------------------


def test_a_generator_as_an_argument():
    compiled = jit(lambda x, rng: x * rng.normal(size=4) + rng.random())
    for seed in range(4):
        one, other = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(2):
            y = X * one.normal(size=4) + one.random()
            np.testing.assert_array_equal(compiled(X, other), y)
        assert one.bit_generator.state == other.bit_generator.state
    assert compiled.recordings == 1
    legacy = np.random.RandomState(5)
    np.testing.assert_array_equal(
        compiled(X, np.random.RandomState(5)), X * legacy.normal(size=4) + legacy.random()
    )


def test_one_generator_or_two():
    def f(x, a, b):
        return x * a.random() + b.random()

    compiled = jit(f)
    for seed in range(3):
        one, other = np.random.default_rng(seed), np.random.default_rng(seed)
        two, more = np.random.default_rng(seed + 9), np.random.default_rng(seed + 9)
        np.testing.assert_array_equal(compiled(X, other, more), f(X, one, two))
        np.testing.assert_array_equal(compiled(X, other, other), f(X, one, one))
    assert compiled.recordings == 2


def test_a_generator_as_a_default_and_in_a_container():
    def f(x, rng=np.random.default_rng(4)):  # noqa: B008
        return x * rng.normal(size=4)

    first = np.random.default_rng(4)
    compiled = jit(f)
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X), X * first.normal(size=4))
    second = jit(lambda x, p: x * p["rng"].normal(size=4) * p["k"])
    first, other = np.random.default_rng(6), np.random.default_rng(6)
    for _ in range(3):
        y = second(X, {"rng": other, "k": 2.0})
        np.testing.assert_array_equal(y, X * first.normal(size=4) * 2.0)


def test_generators_that_are_captured_are_read_at_each_call():
    @dataclass(eq=False)
    class Model:
        rng: np.random.Generator

        def sample(self, x):
            return x * self.rng.normal(size=4)

    model, streams = Model(np.random.default_rng(0)), [np.random.default_rng(1)]
    rng = np.random.default_rng(2)

    def f(x):
        return model.sample(x) + streams[0].random() + rng.random()

    compiled = jit(f)
    for seed in range(4):
        model.rng, streams[0], rng = (np.random.default_rng(seed + n) for n in range(3))
        wanted = [f(X) for _ in range(3)]
        model.rng, streams[0], rng = (np.random.default_rng(seed + n) for n in range(3))
        np.testing.assert_array_equal([compiled(X) for _ in range(3)], wanted)
    assert compiled.recordings == 1
    shared = np.random.default_rng(3)  # three streams become one
    model.rng = streams[0] = rng = shared
    wanted = f(X)
    model.rng = streams[0] = rng = np.random.default_rng(3)
    np.testing.assert_array_equal(compiled(X), wanted)


def test_a_captured_method_keeps_its_generator():
    rng = np.random.default_rng(0)
    draw = rng.random

    def f(x):
        return x * draw() + rng.random()

    compiled = jit(f)
    compiled(X)
    old, rng = rng, np.random.default_rng(1)
    one, two = np.random.default_rng(), np.random.default_rng(1)
    one.bit_generator.state = old.bit_generator.state
    np.testing.assert_array_equal(compiled(X), X * one.random() + two.random())


def test_a_captured_partial_keeps_its_generator():
    rng = np.random.default_rng(0)
    draw = functools.partial(rng.normal, 1.0, scale=2.0)
    reference = np.random.default_rng(0)
    compiled = jit(lambda x: x * draw(size=4))
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X), X * reference.normal(1.0, 2.0, 4))


def test_a_generator_that_is_an_argument_and_captured():
    rng = np.random.default_rng(0)
    with pytest.raises(AdjitError, match="use one of both"):
        jit(lambda x, g: x * g.random() + rng.random())(X, rng)


def test_a_seed_that_is_an_argument():
    def f(x, seed):
        return x * np.random.default_rng(seed).normal(size=4)

    compiled = jit(f)
    for seed in (3, 5, 3):
        np.testing.assert_array_equal(compiled(X, seed), f(X, seed))
    assert compiled.recordings == 1


def test_a_generator_without_a_seed_draws_anew():
    compiled = jit(lambda x: x * np.random.default_rng().normal(size=4))
    assert not np.array_equal(compiled(X), compiled(X))

    def f(x):
        rng = np.random.default_rng()
        return x + 2.0 if rng.random() < 0.5 else x * rng.random()

    tossed = jit(f)
    found = [tossed(X) for _ in range(60)]
    assert 5 < sum(np.array_equal(y, X + 2.0) for y in found) < 55


def test_a_method_of_the_users_own_class():
    class Dice(random.Random):
        def two(self):
            return self.randrange(6) + self.randrange(6)

    dice = Dice(3)
    compiled = jit(lambda x: x * dice.two())
    other = Dice(3)
    for _ in range(4):
        np.testing.assert_array_equal(compiled(X), X * other.two())


def test_threads_draw_from_one_stream():
    rng = np.random.default_rng(0)
    compiled = jit(lambda x: x * rng.random() if rng.random() < 0.5 else x + 1.0 + rng.random())
    reference = np.random.default_rng(0)
    found: list[float] = []

    def work():
        for _ in range(200):
            found.append(compiled(X)[0])

    compiled(X)
    rng.bit_generator.state = reference.bit_generator.state
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = []
    for _ in range(800):
        u = reference.random()
        wanted.append(X[0] * reference.random() if u < 0.5 else X[0] + 1.0 + reference.random())
    np.testing.assert_array_equal(sorted(found), sorted(wanted))


def test_an_error_while_recording_leaves_the_generators_alone():
    def f(x):
        y = x * RNG.normal(size=4)
        return np.random.get_state() and y

    drawing.seeded(0)
    before = str(drawing.states())
    with pytest.raises(AdjitError):
        jit(f)(X)
    assert str(drawing.states()) == before


def test_draws_are_explained():
    compiled = jit(coin)
    same(coin, compiled, X, calls=8)
    text = compiled.explain()
    assert "draws at each call: Generator.random() at test_randomness_calls.py:" in text
    assert "draws at each call: np.random.normal(size=4) at test_randomness_calls.py:" in text
    assert "draws at each call: RandomState.exponential(2.0)" in text


# --- numbers that are drawn, as indices -----------------------------------------------------------

DATA = np.arange(24.0).reshape(6, 4) + 1.0
TARGETS = np.arange(6.0)


def one_of_the_data(w):
    at = RNG.integers(len(DATA))
    return np.sum((DATA[at] @ w - TARGETS[at]) ** 2)


def from_the_end(w):
    return np.sum(w * DATA[-LEGACY.randint(1, 7)]) * w[random.randrange(4)] ** 2


def by_choice(w):
    return PYTHON.choice(w) ** 2 + RNG.choice(w) ** 3


def then_a_path(w):
    row = DATA[RNG.integers(6)]
    if row[0] > 12.0:
        return np.sum(row * w**2)
    return np.sum(row * w)


def then_a_loop(w):
    at = RNG.integers(6)
    for n in range(8):
        w = w * (1.0 + 0.01 * DATA[at]) + RNG.random() * n
    return np.sum(w)


def written_where_drawn(w):
    y = np.zeros(6)
    y[RNG.integers(6)] = w[0] ** 2
    y[RNG.integers(6)] += w[1] ** 3
    return np.sum(y * TARGETS)


INDEXED = [one_of_the_data, from_the_end, by_choice, then_a_path, then_a_loop, written_where_drawn]


@pytest.mark.parametrize("f", INDEXED, ids=lambda f: f.__name__)
def test_drawn_indices_are_no_paths(f):
    compiled = compile_grad(f)
    same(f, lambda x: compiled(x)[0], X, calls=20, ulp=8)
    assert compiled.recordings <= 2
    for seed in range(3):
        drawing.seeded(seed)
        _, gradient = compiled(X)
        wanted = []
        for n in range(X.size):
            sides = []
            for h in (1e-5, -1e-5):
                drawing.seeded(seed)
                moved = X.copy()
                moved[n] += h
                sides.append(f(moved))
            wanted.append((sides[0] - sides[1]) / 2e-5)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-5)
    drawing.seeded(0)
    (pulled,) = vjp(f, X)[1](1.0)
    drawing.seeded(0)
    tangent = jvp(f, (X,), (np.ones(4),))[1]
    np.testing.assert_allclose(np.sum(pulled), tangent, rtol=1e-12)


def test_a_drawn_index_outside_of_the_array():
    compiled = jit(lambda w: w[RNG.integers(3, 6)])
    drawing.seeded(0)
    with pytest.raises(IndexError, match=r"out of bounds for axis 0 with size 4"):
        _ = [compiled(X) for _ in range(20)]
