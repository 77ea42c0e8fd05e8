"""SciPy's special functions that are no ufuncs, and special values of those that are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sc

from adjit import check_grads, grad, jit, jvp
from adjit.tracer.errors import AdjitNotImplementedError


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


UNKNOWN = {
    "betainc": (0, 1), "betaincc": (0, 1), "gammainc": (0,), "gammaincc": (0,), "stdtr": (0,),
    "jv": (0,), "yv": (0,), "iv": (0,), "ive": (0,), "kv": (0,),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_derivatives_are_errors_that_name_them(name: str) -> None:
    function = getattr(sc, name)
    arguments = [0.5, 0.7, 0.3][: function.nin]
    message = rf"derivative of scipy.special.{name} by"
    for number in UNKNOWN[name]:
        tangents = tuple(float(n == number) for n in range(function.nin))
        with pytest.raises(AdjitNotImplementedError, match=message):
            grad(lambda *xs: function(*xs), argnums=number)(*arguments)
        with pytest.raises(AdjitNotImplementedError, match=message):
            jvp(lambda *xs: function(*xs), tuple(arguments), tangents)


def test_densities_at_the_ends_of_their_intervals() -> None:
    a = np.array([0.5, 1.0, 2.0, 3.0, 20.0])
    slope = grad(lambda x: np.sum(sc.gammainc(a, x)))
    np.testing.assert_array_equal(slope(np.zeros(5)), [np.inf, 1, 0, 0, 0])
    np.testing.assert_array_equal(slope(np.full(5, np.inf)), np.zeros(5))
    curvature = grad(lambda x: np.sum(slope(x)))
    np.testing.assert_array_equal(curvature(np.zeros(5)), [-np.inf, -1, 1, 0, 0])
    slope = grad(lambda x: np.sum(sc.betainc(a, a, x)))
    np.testing.assert_allclose(slope(np.zeros(5)), [np.inf, 1, 0, 0, 0])
    np.testing.assert_allclose(slope(np.ones(5)), [np.inf, 1, 0, 0, 0])


def test_derivatives_at_kinks_and_poles() -> None:
    def slope(function: Any, x: Any) -> Any:
        return grad(lambda x: np.sum(function(x)))(np.array(x))

    np.testing.assert_array_equal(slope(sc.i0e, [0.0, -0.0]), [0, 0])
    np.testing.assert_allclose(slope(sc.rgamma, [0.0, -1.0, -2.0, -3.0]), [1, -1, 2, -6])
    np.testing.assert_array_equal(slope(sc.erfinv, [1.0, -1.0]), [np.inf, np.inf])
    np.testing.assert_array_equal(slope(sc.ndtri, [0.0, 1.0]), [np.inf, np.inf])
    np.testing.assert_allclose(slope(sc.exprel, [0.0]), [0.5])
    by_x, by_z = grad(lambda x, z: np.sum(sc.kl_div(x, z)), argnums=(0, 1))(
        np.array([0.0, 1.0, -1.0]), np.array([2.0, 0.0, 1.0])
    )
    np.testing.assert_array_equal(by_x, [0, np.inf, 0])
    np.testing.assert_array_equal(by_z, [1, -np.inf, 0])


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
def test_multigammaln(dtype: str) -> None:
    a = np.array([3, 2, 7]).astype(dtype)
    for d in (1, 2, 4):
        y = jit(lambda a: sc.multigammaln(a, d))(a)  # noqa: B023
        wanted = sc.multigammaln(a, d)
        assert y.dtype == wanted.dtype
        np.testing.assert_allclose(y, wanted, rtol=1e-6 if dtype == "f4" else 1e-14)
    check_grads(lambda a: np.sum(sc.multigammaln(a, 3) * a), (np.array([2.5, 4.0]),), order=2)
    for d, low in ((2.5, 3.0), (5, 1.5)):
        with pytest.raises(ValueError):  # noqa: PT011
            jit(lambda a: sc.multigammaln(a, d))(np.array([low]))  # noqa: B023


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
