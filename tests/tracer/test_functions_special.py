"""SciPy's special functions: recorded values against SciPy's, derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sc

from adjit import check_grads, grad, jit
from adjit.tracer.errors import AdjitNotImplementedError
from adjit.tracer.special import SPECIAL

from .recording import compare

UNARY = [name for name in SPECIAL if getattr(sc, name).nin == 1]
BINARY = [name for name in SPECIAL if getattr(sc, name).nin == 2]
AWKWARD = (0.0, -0.0, 1.0, 0.5, 0.25, 0.4999, -1.0, 2.0, -2.5, 30.0, -30.0, 800.0, -800.0, np.inf,
           -np.inf, np.nan, 1e-300, 1e300)  # fmt: skip
POSITIVE = {"logit": (0.1, 0.9), "entr": (0.2, 3.0), "gammaln": (0.3, 4.0), "psi": (0.3, 4.0)}


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "?"])
@pytest.mark.parametrize("name", UNARY)
def test_ufunc_of_one(name: str, dtype: str) -> None:
    numbers = [x for x in AWKWARD if dtype[0] == "f" or (abs(x) < 100 and x == int(x))]
    with np.errstate(all="ignore"):
        compare(getattr(sc, name), np.array(numbers).astype(dtype), exact=False)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", BINARY)
def test_ufunc_of_two(name: str, dtype: str) -> None:
    numbers = np.array([0.0, 1.0, -1.0, -0.5, 2.5, np.inf, -np.inf, np.nan, -2.0], dtype)
    xs = [np.ascontiguousarray(grid.ravel()) for grid in np.meshgrid(numbers, numbers)]
    compare(getattr(sc, name), *xs, exact=False)
    compare(lambda x: getattr(sc, name)(2, x), numbers, exact=False)


@pytest.mark.parametrize("name", [name for name in UNARY if name != "cbrt"])
def test_compiled_values_and_derivatives_of_one(name: str) -> None:
    function = getattr(sc, name)
    x = np.linspace(*POSITIVE.get(name, (-0.9, 2.1)), 9)
    np.testing.assert_allclose(jit(lambda x: function(x))(x), function(x), rtol=1e-14, atol=1e-17)
    check_grads(lambda x: np.sum(function(x) * np.cos(x)), (x,), order=2)


@pytest.mark.parametrize("name", BINARY)
def test_derivatives_of_two(name: str) -> None:
    x, y = np.array([0.5, -1.5, 2.0]), np.array([0.7, 1.3, 2.5])
    check_grads(lambda x, y: np.sum(getattr(sc, name)(x, y) * y), (x, y), order=2)


def test_logarithms_where_they_are_not_finite() -> None:
    x = np.array([0.0, 1.0])
    np.testing.assert_array_equal(jit(lambda x: sc.logit(x))(x), [-np.inf, np.inf])
    by_x, by_y = grad(lambda x, y: np.sum(sc.xlogy(x, y)), argnums=(0, 1))(x * 0, x + 1)
    np.testing.assert_allclose(by_x, np.log(x + 1))
    np.testing.assert_array_equal(by_y, [0, 0])
    for function in (sc.xlogy, sc.xlog1py):
        zeros, edge = np.zeros(2), np.full(2, 0.0 if function is sc.xlogy else -1.0)
        derived = grad(lambda x, y, f=function: np.sum(f(x, y)), argnums=(0, 1))(zeros, edge)
        np.testing.assert_array_equal(derived, np.zeros((2, 2)))


def test_logit_near_one_half_keeps_its_digits() -> None:
    x = 0.5 + np.array([1e-12, -3e-9, 1e-5, 0.2, -0.26])
    np.testing.assert_allclose(jit(lambda x: sc.logit(x))(x), sc.logit(x), rtol=1e-15)


def test_the_normal_distribution_far_out() -> None:
    x = np.array([-1e5, -50.0, -37.0, -20.1, -19.9, -5.0, -0.3, 0.0, 3.0, 9.0])
    np.testing.assert_allclose(jit(lambda x: sc.log_ndtr(x))(x), sc.log_ndtr(x), rtol=1e-13)
    np.testing.assert_allclose(jit(lambda x: sc.ndtr(x))(x), sc.ndtr(x), rtol=2e-13)
    hazard = grad(lambda x: np.sum(sc.log_ndtr(x)))(x[1:])
    density = np.exp(-0.5 * x[1:] ** 2 - sc.log_ndtr(x[1:])) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(hazard, density, rtol=1e-11)


# --- functions that are no ufuncs -----------------------------------------------------------


@pytest.mark.parametrize("order", range(7))
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
def test_polygamma(order: int, dtype: str) -> None:
    x = np.array([1, 2, 7, 30]).astype(dtype) + (0.25 if dtype[0] == "f" else 0)
    x = x.astype(dtype)
    y = jit(lambda x: sc.polygamma(order, x))(x)
    wanted = sc.polygamma(order, x)
    assert y.dtype == wanted.dtype
    np.testing.assert_allclose(y, wanted, rtol=5e-7 if (order, dtype) == (0, "f4") else 5e-15)


def test_derivatives_of_the_gamma_functions_go_on() -> None:
    x = np.array([0.4, 1.4616321449683623, 3.3])
    derived: Callable[..., Any] = lambda x: sc.gammaln(x)  # noqa: E731
    for order in range(4):
        lower = derived

        def derived(x: Any, f: Any = lower) -> Any:
            return grad(lambda x: np.sum(f(x)))(x)

        np.testing.assert_allclose(derived(x), sc.polygamma(order, x), rtol=1e-13, atol=1e-15)


def test_an_order_too_high_says_so() -> None:
    x = np.array([1.5])
    with pytest.raises(AdjitNotImplementedError, match="polygamma of order 7"):
        jit(lambda x: sc.polygamma(7, x))(x)
    with pytest.raises(AdjitNotImplementedError, match="known to order 6"):
        grad(lambda x: np.sum(sc.polygamma(6, x)))(x)
    with pytest.raises(AdjitNotImplementedError, match="order must be a number"):
        jit(lambda x: sc.polygamma(x, x))(x)


ROWS = np.array(
    [[0.5, -1.0, 2.0, 2.0], [700.0, 710.0, -np.inf, 1.0], [-1000.0, -1001.0, -999.0, -1e3]]
)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_over_axes(name: str, axis: Any) -> None:
    function = getattr(sc, name)
    for x in (ROWS, ROWS.astype("f4"), np.arange(6).reshape(2, 3)):
        y, wanted = jit(lambda x: function(x, axis=axis))(x), function(x, axis=axis)
        assert (np.shape(y), np.asarray(y).dtype) == (np.shape(wanted), np.asarray(wanted).dtype)
        tolerance = 1e-14 if np.asarray(wanted).dtype == np.float64 else 2e-6
        np.testing.assert_allclose(y, wanted, rtol=tolerance)
    A = ROWS[[0, 0, 0]] * np.array([[1.0], [0.3], [-0.5]])
    check_grads(lambda A: np.sum(function(A, axis=axis) * np.cos(np.sum(A))), (A,), order=2)


def test_logsumexp_of_infinities() -> None:
    rows = ([-np.inf, -np.inf], [-np.inf, 1.0], [np.inf, 1.0], [np.nan, 1.0], [np.inf, -np.inf])
    x = np.array(rows)
    np.testing.assert_array_equal(
        jit(lambda x: sc.logsumexp(x, axis=1))(x), sc.logsumexp(x, axis=1)
    )
    slope = grad(lambda x: sc.logsumexp(x))(np.array([-np.inf, 1.0, 2.0]))
    np.testing.assert_allclose(slope, sc.softmax([-np.inf, 1.0, 2.0]), rtol=1e-15)


def test_weights_of_logsumexp() -> None:
    x, b = np.array([[1.0, 800.0, -2.0], [0.5, 1.0, 0.0]]), np.array([1.5, 0.0, 2.0])
    for keepdims in (False, True):
        y = jit(lambda x, b: sc.logsumexp(x, axis=1, b=b, keepdims=keepdims))(x, b)  # noqa: B023
        wanted = sc.logsumexp(x, axis=1, b=b, keepdims=keepdims)
        assert y.shape == wanted.shape
        np.testing.assert_allclose(y, wanted, rtol=1e-14)
    np.testing.assert_array_equal(
        jit(lambda x: sc.logsumexp(x, b=-1.0))(x), sc.logsumexp(x, b=-1.0)
    )
    check_grads(lambda x, b: sc.logsumexp(x, b=b + 1), (x[1], b), order=2)
    with pytest.raises(AdjitNotImplementedError, match="return_sign"):
        jit(lambda x: sc.logsumexp(x, return_sign=True))(x)


def test_without_recorded_arguments_scipy_is_called() -> None:
    x = np.array([1.0, 2.0])
    y = jit(lambda x: x * sc.logsumexp([1.0, 2.0]) * sc.erf(0.5))(x)
    np.testing.assert_allclose(y, x * sc.logsumexp([1.0, 2.0]) * sc.erf(0.5), rtol=1e-15)


def test_others_are_refused_by_name() -> None:
    with pytest.raises(AdjitNotImplementedError, match=r"scipy\.special\.erfi is not supported"):
        jit(lambda x: sc.erfi(x))(np.array([1.0]))
