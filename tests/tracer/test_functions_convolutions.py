"""Convolutions of NumPy, `scipy.signal` and `scipy.ndimage` against theirs, and derivatives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from derivatives import check_first, check_second

from adjit import compile_grad

from .following import follow

MODES = ["full", "same", "valid"]
FUNCTIONS = [np.convolve, np.correlate]


def sample(size: Any, dtype: str = "f8", seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return (np.round(rng.normal(size=size) * 16) / 16).astype(dtype)  # sums are exact
    return rng.integers(0, 3, size).astype(dtype)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("mode", [*MODES, "nonsense"])
def test_vectors(function: Any, mode: str) -> None:
    for n, m in itertools.product((0, 1, 2, 5, 6, 30), (1, 2, 3, 4, 30)):
        follow(lambda x, z: function(x, z, mode), sample(n), sample(m, seed=1), exact=False)
    for left, right in (("f4", "f4"), ("f4", "i8"), ("i4", "u1"), ("?", "?"), ("f8", "?")):
        x, z = sample(7, left), sample(20, right, 1)
        for one, other in ((x, z), (z, x)):
            follow(lambda x, z: function(x, z, mode), one, other, exact=False)


def test_others() -> None:
    x = sample((3, 4))
    for program in (
        lambda x: np.convolve(x[0], 2.0),
        lambda x: np.convolve(x[0], [1, 2.0, 0.5], "same"),
        lambda x: np.convolve(x[0], np.where(x[1] > 0, np.inf, 1.0)),
        lambda x: np.convolve(x, x[0]),
        lambda x: np.correlate(x[0], x[1], 2),
    ):
        follow(program, x, exact=False)


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("mode", MODES)
def test_signal(name: str, mode: str) -> None:
    shapes: list[Any] = [
        ((6,), (3,)), ((3,), (6,)), ((4, 5), (2, 3)), ((2, 3), (4, 5)), ((4, 5), (3, 2)),
        ((5, 6), (4, 5)), ((3, 3, 4), (2, 1, 2)), ((4, 5), (5, 2)), ((3,), (2, 2)), ((), ()),
    ]  # fmt: skip
    function = getattr(scipy.signal, name)
    for (one, other), dtype in itertools.product(shapes, ("f8", "f4", "i4")):
        x, z = sample(one, dtype), sample(other, dtype, 1)
        follow(lambda x, z: function(x, z, mode, "direct"), x, z, exact=False)
    follow(lambda x: function(x, x, "other"), sample(3), exact=False)


BORDERS = ["reflect", "constant", "nearest", "mirror", "wrap", "grid-mirror", "other"]


@pytest.mark.parametrize("name", ["convolve1d", "correlate1d"])
@pytest.mark.parametrize("mode", BORDERS)
def test_ndimage(name: str, mode: str) -> None:
    function = getattr(scipy.ndimage, name)
    for size, origin, axis in itertools.product((1, 2, 3, 4, 9), (0, -1, 1, 2), (0, 1, -1)):
        w = sample(size, seed=2)
        given = {"axis": axis, "mode": mode, "cval": 0.75, "origin": origin}
        for dtype in ("f8", "f4"):
            follow(lambda x, w, g=given: function(x, w, **g), sample((4, 5), dtype), w, exact=False)
    follow(lambda x, w: function(x, w, mode=mode), sample((6,), "i4"), sample(3), exact=False)


PROGRAMS: dict[str, tuple[Any, list[np.ndarray]]] = {
    "full": (lambda x, z: np.convolve(x, z) ** 2, [sample(5), sample(3, seed=1)]),
    "same": (lambda x, z: np.convolve(x, z, "same") ** 2, [sample(4), sample(6, seed=1)]),
    "valid": (lambda x, z: np.correlate(x, z, "valid") ** 2, [sample(6), sample(3, seed=1)]),
    "long": (lambda x, z: np.convolve(x, z) ** 2, [sample(21), sample(18, seed=1)]),
    "long_valid": (lambda x, z: np.correlate(x, z) ** 2, [sample(38), sample(20, seed=1)]),
    "few": (lambda x, z: np.correlate(x, z) ** 2, [sample(38), sample(30, seed=1)]),
    "image": (
        lambda x, z: scipy.signal.convolve(x, z, "same") ** 2,
        [sample((3, 4)), sample((2, 3), seed=1)],
    ),
    "large_image": (
        lambda x, z: scipy.signal.correlate(x, z, "valid") ** 2,
        [sample((8, 9)), sample((4, 5), seed=1)],
    ),
    "mirror": (
        lambda x, z: scipy.ndimage.convolve1d(x, z, axis=0, mode="mirror") ** 2,
        [sample((3, 4)), sample(4, seed=1)],
    ),
    "constant": (
        lambda x, z: scipy.ndimage.correlate1d(x, z, mode="constant", cval=0.25, origin=1) ** 2,
        [sample((2, 4)), sample(4, seed=1)],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name: str) -> None:
    program, arrays = PROGRAMS[name]
    graph = follow(program, *arrays, exact=False)
    assert check_first(graph, arrays)
    check_second(graph, arrays)


@pytest.mark.parametrize("name", ["long", "large_image", "constant"])
def test_natively(name: str) -> None:
    program, (x, z) = PROGRAMS[name]
    value, (gx, gz) = compile_grad(lambda x, z: np.sum(program(x, z)), argnums=(0, 1))(x, z)
    np.testing.assert_allclose(value, np.sum(program(x, z)), rtol=1e-10)
    for array, gradient, at in ((x, gx, 0), (z, gz, 1)):
        for place in np.ndindex(array.shape):
            step = np.zeros_like(array)
            step[place] = 1e-5
            sides = []
            for sign in (1, -1):
                moved = [x, z]
                moved[at] = array + sign * step
                sides.append(np.sum(program(*moved)))
            wanted = (sides[0] - sides[1]) / 2e-5
            np.testing.assert_allclose(gradient[place], wanted, rtol=1e-5, atol=1e-5)
