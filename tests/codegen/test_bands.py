"""Bands: what is divided into chunks, and that chunks change no result."""

from __future__ import annotations

import numpy as np
import pytest

from adjit import compile_grad, jit
from adjit.codegen import bands
from adjit.codegen.schedule import Band, Call, Schedule


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is worth dividing, into chunks of a few rows."""
    monkeypatch.setattr(bands, "WORTH", 0)
    monkeypatch.setattr(bands, "CHUNK", 3)
    monkeypatch.setattr(bands, "CACHE", 256)
    monkeypatch.setattr(bands, "COMBINING", 1e-6)


def plan(fun, *args) -> Schedule:
    return jit(fun).schedule(*args)


def nests(schedule: Schedule) -> list[int]:
    """How many nests each band has; 0 for a nest that is not divided."""
    steps = schedule.root.steps
    return [len(step.nests) if isinstance(step, Band) else 0 for step in steps]


def softmax(X):
    e = np.exp(X - np.max(X, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def test_small_nests_are_left_alone():
    assert plan(lambda x: np.sum(np.exp(x)), np.ones(1000)).bands == []


def test_large_nests_are_divided():
    schedule = plan(lambda x: np.sum(np.exp(x)), np.ones(1_000_000))
    (band,) = schedule.bands
    assert band.count > 16
    assert len(band.partial) == 1
    assert "band of" in str(schedule)


def test_rowwise_passes_are_one_band():
    assert nests(plan(softmax, np.ones((2000, 300)))) == [3]


def test_value_and_gradient_of_a_softmax_loss_are_one_band():
    def loss(X, Y):
        z = X - np.max(X, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(z * Y, axis=1))

    X = np.ones((3000, 50))
    assert len(nests(compile_grad(loss).schedule(X, X))) == 1


def test_a_matrix_that_multiplies_two_vectors_is_read_once():
    def loss(w, X, y):
        return np.sum((X @ w - y) ** 2)

    schedule = compile_grad(loss).schedule(np.ones(50), np.ones((20000, 50)), np.ones(20000))
    assert len(schedule.bands) == 1
    assert schedule.calls == []


def test_batched_products_run_in_chunks_with_their_neighbours():
    def energies(A, B):
        return np.sum((A @ B - 1.0) ** 2, axis=(1, 2))

    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(40, 50, 30)), rng.normal(size=(40, 30, 20))
    schedule = plan(energies, A, B)
    (band,) = schedule.bands
    assert [isinstance(step, Call) for step in band.nests] == [True, False]
    for threads in (1, 3):
        np.testing.assert_allclose(jit(energies, threads=threads)(A, B), energies(A, B), rtol=1e-12)


def test_large_products_are_left_to_the_threads_of_blas():
    A = np.ones((3, 100, 100))
    assert plan(lambda A: A @ A, A).bands == []


def test_a_nest_that_has_nothing_to_do_with_a_band_does_not_part_it():
    def loss(w, X, y):
        return np.mean(np.logaddexp(0.0, -y * (X @ w))) + 0.1 * np.sum(w * w)

    schedule = compile_grad(loss).schedule(np.ones(20), np.ones((30000, 20)), np.ones(30000))
    assert len(schedule.bands) == 1


def test_expensive_work_of_an_outer_loop_has_a_nest_of_its_own():
    schedule = plan(
        lambda x, A: np.sum(np.exp(x)[:, None] + A, axis=1), np.ones(50), np.ones((50, 9))
    )
    assert [nest.domain for nest in schedule.nests] == [(50,), (50, 9)]


def test_what_needs_another_row_is_not_in_the_band(tiny):
    def shifted(x):
        y = np.exp(x)
        z = np.sin(y)
        return z[1:] * y[:-1], z

    x = np.linspace(0, 1, 40)
    for found, expected in zip(jit(shifted)(x), shifted(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14)


PROGRAMS = {
    "rows reduced to scalars, arrays and rows": lambda A, x: (
        np.sum(A * x),
        np.sum(A, axis=0),
        np.sum(A, axis=1),
        np.max(A),
        np.min(A, axis=0),
        np.prod(A, axis=0),
        np.any(A > 1.5, axis=0),
        np.all(A > -3, axis=0),
    ),
    "softmax": lambda A, x: softmax(A) * x,
    "normalised": lambda A, x: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + x**2),
    "transposed": lambda A, x: (A.T * x[:, None]) @ A,
    "scalars between": lambda A, x: A / np.sum(A) + np.sum(np.exp(A), axis=1)[:, None] * np.max(x),
    "updates": lambda A, x: _updates(A, x),
    "three axes": lambda A, x: np.sum(A[:, None, :] * A[None, :, :], axis=1) + x,
}


def _updates(A, x):
    B = A.copy()
    B[1:] += A[:-1]
    B[:, 0] = x[0]
    B[::2] *= 2.0
    return B + x


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_chunks_change_no_result(tiny, name, threads):
    fun = PROGRAMS[name]
    rng = np.random.default_rng(3)
    A, x = rng.normal(size=(37, 11)), rng.normal(size=11)
    compiled = jit(fun, threads=threads)
    assert compiled.schedule(A, x).bands
    found, expected = compiled(A, x), fun(A, x)
    if not isinstance(found, tuple):
        found, expected = (found,), (expected,)
    for y, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_are_those_of_undivided_nests(name, monkeypatch):
    rng = np.random.default_rng(4)
    A, x = rng.normal(size=(37, 11)), rng.normal(size=11)

    def loss(A, x):
        y = PROGRAMS[name](A, x)
        y = y[:6] if isinstance(y, tuple) else (y,)
        return sum(np.sum(np.sin(part)) for part in y)

    _, whole = compile_grad(loss, argnums=(0, 1))(A, x)
    for limit, number in (("WORTH", 0), ("CHUNK", 3), ("COMBINING", 1e-6)):
        monkeypatch.setattr(bands, limit, number)
    divided = compile_grad(loss, argnums=(0, 1), threads=3)
    assert divided.schedule(A, x).bands
    for found, expected in zip(divided(A, x)[1], whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_the_number_of_threads_changes_no_bit():
    def loss(w, X):
        return np.sum(np.tanh(X @ w) ** 2)

    rng = np.random.default_rng(5)
    w, X = rng.normal(size=30), rng.normal(size=(20_000, 30))
    results = [compile_grad(loss, threads=n)(w, X) for n in (1, 2, 3, 8)]
    for value, gradient in results[1:]:
        assert value == results[0][0]
        np.testing.assert_array_equal(gradient, results[0][1])
