"""Derivatives of numerical functions: by the interpreter at two orders, some natively."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate
from derivatives import check_first, check_second

from adjit import check_grads

from .following import follow

rng = np.random.default_rng(5)
A = rng.permutation(np.linspace(-1.3, 1.7, 12)).reshape(3, 4)
B = rng.uniform(0.5, 2.0, (2, 3))
GRID = np.array([0.0, 0.3, 1.0, 1.4])

PROGRAMS: dict[str, tuple[Any, list[np.ndarray]]] = {
    "gradient": (lambda x: np.gradient(x**2, axis=0), [A]),
    "gradient_both": (lambda x: np.gradient(x**2, 0.5, 2.0)[1], [A]),
    "gradient_edges": (lambda x: np.gradient(x**2, edge_order=2, axis=1), [A]),
    "gradient_spacing": (lambda x, h: np.gradient(x, h[0, 0], axis=1), [A, B]),
    "gradient_places": (lambda x, t: np.gradient(x, t, axis=1), [A, GRID]),
    "gradient_both_ends": (lambda x, t: np.gradient(x, t, axis=1, edge_order=2), [A, GRID]),
    "interp": (lambda x, xp, fp: np.interp(x, xp, fp), [B, GRID + 0.42, A[0]]),
    "interp_ends": (
        lambda x, e: np.interp(x, [0.0, 1.0], [2.0, 3.0], left=e[0, 0] ** 2, right=e[0, 1]),
        [A, B],
    ),
    "interp_period": (lambda x, fp: np.interp(x, [1.0, 0.2, 2.5], fp, period=3.1), [A, B[0]]),
    "ramp": (lambda x, e: np.pad(x, 2, "linear_ramp", end_values=e[0, 0]), [A, B]),
    "odd": (lambda x: np.pad(x**2, (5, 2), "reflect", reflect_type="odd"), [A]),
    "symmetric": (lambda x: np.pad(x**2, 7, "symmetric"), [A]),
    "wrap": (lambda x: np.pad(x**2, 7, "wrap"), [A]),
    "mean": (lambda x: np.pad(x**2, 1, "mean", stat_length=2), [A]),
    "median": (lambda x: np.pad(x**2, 1, "median"), [A]),
    "maximum": (lambda x: np.pad(x, 1, "maximum") ** 2, [A]),
    "values": (lambda x, e: np.pad(x, 1, constant_values=((e[0, 0], 1), (2, e[1, 0]))), [A, B]),
    "logspace": (lambda x, e: np.logspace(x[0], x[1], 3, base=e[0, 0] + 1), [A, B]),
    "geomspace": (lambda x: np.geomspace(x[0], x[1] + 3, 4, axis=1), [B]),
    "block": (lambda x: np.block([[x, x**2], [x[:1], x[:1] ** 3]]), [A]),
    "resize": (lambda x: np.resize(x**2, (5, 3)), [A]),
    "vander": (lambda x: np.vander(x[0], 4), [A]),
    "unwrap": (lambda x: np.unwrap(x * 4.1) ** 2, [A]),
    "cov": (lambda x: np.cov(x), [A]),
    "cov_weights": (lambda x, w: np.cov(x[:, :3], aweights=w[0]), [A, B]),
    "cov_two": (lambda x: np.cov(x[0], x[1] ** 2, ddof=0), [A]),
    "corrcoef": (lambda x: np.corrcoef(x)[0, 1:], [A]),
    "average": (lambda x, w: np.average(x[:, :3], axis=1, weights=w[0]), [A, B]),
    "bincount": (lambda x: np.bincount([0, 3, 1, 3], x[0] ** 2), [A]),
    "histogram": (lambda x, w: np.histogram(x[0, :3], 3, weights=w[0] ** 2)[0], [A, B]),
    "histogram_edges": (lambda x: np.histogram(x**2, 3)[1], [A]),
    "density": (
        lambda x, w: np.histogram(w, [0, 1, 3], weights=x[:2, :3], density=True)[0],
        [A, B],
    ),
    "trapezoid": (lambda y, x: np.trapezoid(y, x, axis=1), [A, GRID]),
    "scipy_trapezoid": (lambda y, x: scipy.integrate.trapezoid(y**2, x), [A, GRID]),
    "cumulative": (lambda y, x: scipy.integrate.cumulative_trapezoid(y**2, x), [A, GRID]),
    "cumulative_initial": (
        lambda y: scipy.integrate.cumulative_trapezoid(y, dx=0.5, axis=0, initial=0) ** 2,
        [A],
    ),
    "simpson": (lambda y: scipy.integrate.simpson(y**2, dx=0.3, axis=0), [A]),
    "simpson_even": (lambda y, x: scipy.integrate.simpson(y**2, x=x), [A, GRID]),
    "simpson_even_dx": (lambda y, h: scipy.integrate.simpson(y**2, dx=h[0, 0]), [A, B]),
    "simpson_two": (lambda y, x: scipy.integrate.simpson(y[:, :2], x=x[:2]), [A, GRID]),
    "simpson_odd": (lambda y, x: scipy.integrate.simpson(y[:, :3], x=x[:3]), [A, GRID]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name: str) -> None:
    program, arrays = PROGRAMS[name]
    graph = follow(program, *arrays, exact=False)
    assert check_first(graph, arrays)
    check_second(graph, arrays)


@pytest.mark.parametrize("name", ["interp", "histogram", "gradient_places", "cov_weights"])
def test_natively(name: str) -> None:
    program, arrays = PROGRAMS[name]
    check_grads(program, tuple(arrays), order=1)
