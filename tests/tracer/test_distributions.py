"""Distributions of scipy.stats: values and dtypes as SciPy's, derivatives against differences."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.stats as st
from scipy.stats import norm

from adjit import check_grads, grad, jit
from adjit.tracer.errors import AdjitNotImplementedError
from adjit.tracer.functions.distributions import CONTINUOUS, DISCRETE

METHODS = ["pdf", "logpdf", "cdf", "logcdf", "sf", "logsf"]
X = np.array([-np.inf, -3.0, -0.7, -0.0, 0.0, 0.2, 0.5, 1.0, 1.3, 2.0, 8.0, np.inf, np.nan])
K = np.array([-np.inf, -3.0, -1.0, -0.5, 0.0, 1.0, 2.5, 4.0, 30.0, np.nan])
KNOWN_BY_X = {"t", "beta", "gamma", "chi2"}
"""Whose distribution functions have no known derivatives by the parameters."""


def parameters(name: str) -> list[tuple[float, ...]]:
    law = (CONTINUOUS | DISCRETE)[name]
    return list(itertools.product((0.4, 1.0, 2.5, 40.0), repeat=len(law.parameters)))


def same(found: Any, wanted: Any, tolerance: float = 2e-13, absolute: float = 0.0) -> None:
    assert (np.shape(found), np.asarray(found).dtype) == (
        np.shape(wanted),
        np.asarray(wanted).dtype,
    )
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=absolute)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_values(name: str, method: str) -> None:
    function = getattr(getattr(st, name), method)
    compiled = jit(lambda *xs: function(*xs))
    for shapes in parameters(name):
        for loc, scale in ((0.0, 1.0), (0.5, 2.0), (-1.0, 0.25), (0.0, 0.0), (0.0, -1.0)):
            arguments = (X, *shapes, loc, scale)
            wanted = function(*arguments)
            if method == "pdf" and scale > 0:
                wanted[np.isposinf(X)] = 0  # where SciPy has infinity less infinity
            same(compiled(*arguments), wanted)
    bad = (-1.0,) * len(CONTINUOUS[name].parameters)
    same(jit(lambda x: function(x, *bad))(X), function(X, *bad))
    good = (1.5,) * len(bad)
    single = X[np.isfinite(X)].astype("f4")
    same(jit(lambda x: function(x, *good, scale=3))(single), function(single, *good, scale=3), 1e-7)
    same(jit(lambda x: function(x, *good))(np.arange(3)), function(np.arange(3), *good))
    same(jit(lambda x: function(x, *good))(0.5), function(0.5, *good))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "logcdf", "sf", "logsf"])
def test_values_of_the_poisson_distribution(method: str) -> None:
    function = getattr(st.poisson, method)
    compiled = jit(lambda k, mu, loc: function(k, mu, loc))
    for mu, loc in itertools.product((0.0, 0.3, 2.0, 25.0, -1.0), (0, 1, -2)):
        y = compiled(K, mu, loc)
        same(y, function(K, mu, loc), absolute=2e-16)  # log(1 - small) in SciPy
    same(jit(lambda k: function(k, 2.5))(np.arange(5)), function(np.arange(5), 2.5))
    same(jit(lambda k: function(k, mu=2.5, loc=1))(3), function(3, mu=2.5, loc=1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives(name: str, method: str) -> None:
    function = getattr(getattr(st, name), method)
    shapes = [np.array([1.7, 2.4, 11.0]) + k for k, _ in enumerate(CONTINUOUS[name].parameters)]
    x, loc, scale = np.array([0.45, 0.5, 0.6]), np.array([0.1, -0.2, 0.05]), 1.4
    weights = np.array([1.0, -0.5, 2.0])
    fixed = name in KNOWN_BY_X and not method.endswith("pdf")

    def moving_all(x: Any, loc: Any, scale: Any, *shapes: Any) -> Any:
        return np.sum(function(x, *shapes, loc=loc, scale=scale) * weights)

    def moving_x(x: Any, loc: Any, scale: Any) -> Any:
        return moving_all(x, loc, scale, *shapes)

    program, arguments = (moving_x, ()) if fixed else (moving_all, tuple(shapes))
    check_grads(program, (x, loc, scale, *arguments), order=2)
    if fixed:
        with pytest.raises(AdjitNotImplementedError, match=r"derivative of scipy\.special\.\w+ by"):
            grad(moving_all, argnums=3)(x, loc, scale, *shapes)


@pytest.mark.parametrize("method", ["pmf", "logpmf", "cdf", "logcdf", "sf", "logsf"])
def test_derivatives_of_the_poisson_distribution(method: str) -> None:
    function = getattr(st.poisson, method)
    k = np.array([0, 3, 12])
    check_grads(lambda mu: np.sum(function(k, mu)), (np.array([0.4, 2.5, 11.0]),), order=2)
    slope = grad(lambda k: np.sum(function(k, 2.5)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(slope, [0, 0])  # a step function


def test_derivatives_outside_of_the_support_and_of_no_distribution() -> None:
    x = np.array([-1.0, 2.0])
    slope = grad(lambda x: np.sum(st.expon.pdf(x)))(x)
    np.testing.assert_allclose(slope, [0, -np.exp(-2.0)])
    slope = grad(lambda a: np.sum(st.beta.pdf(x, a, 0.5)))(1.5)
    assert slope == 0
    assert np.isnan(grad(lambda scale: np.sum(norm.pdf(x, 0.0, scale)))(-1.0))


def test_the_likelihood_of_a_sample() -> None:
    sample = np.array([1.2, 0.7, 2.9, 1.8])
    by_loc, by_scale = grad(
        lambda loc, scale: np.sum(norm.logpdf(sample, loc, scale)), argnums=(0, 1)
    )(1.0, 0.5)
    assert np.isclose(by_loc, np.sum(sample - 1.0) / 0.25)
    assert np.isclose(by_scale, np.sum((sample - 1.0) ** 2) / 0.125 - 4 / 0.5)


def test_what_is_refused_and_what_is_scipys() -> None:
    x = np.array([0.5])
    frozen = norm(0.5, 2.0)
    for name, program in {
        r"scipy\.stats\.norm\.ppf is not": lambda x: norm.ppf(x),
        r"scipy\.stats\.uniform\.pdf is not": lambda x: st.uniform.pdf(x),
        r"frozen distribution": lambda x: norm(x).pdf(1.0),
        r"a frozen": lambda x: frozen.pdf(x),
    }.items():
        with pytest.raises(AdjitNotImplementedError, match=name):
            jit(program)(x)
    for wrong in (
        lambda x: norm.pdf(x, 0, 1, 2),
        lambda x: norm.pdf(x, df=2),
        lambda x: st.t.pdf(x),
        lambda x: norm.pdf(x, 0, loc=1),
    ):
        with pytest.raises(TypeError):
            jit(wrong)(x)
    same(
        jit(lambda x: x * norm.ppf(0.3) * norm(1.0).pdf(0.5))(x), x * norm.ppf(0.3) * norm.pdf(-0.5)
    )
