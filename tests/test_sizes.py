"""Samples of the surface with arrays of no and of one element: NumPy's values, dtypes and errors,
and derivatives that agree forward and backward."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from surface.measure import arguments_of, function_of, random_like
from surface.names import rows
from surface.samples import samples_of

from adjit import jit, jvp, vjp
from adjit.tracer.containers import flatten

SAMPLES = list(dict.fromkeys(text for family, name in rows() for text in samples_of(family, name)))
OFTEN = 24
"""One in so many samples is run by every run of the tests."""
REFUSED = {"np.sort(z)", "np.sin(e) * 2.0", "np.sin(l) * 2.0"}
"""Complex numbers have no order here, and neither float16 nor long double are dtypes."""

FAILING = ("np.median", "np.quantile", "np.percentile", "logsumexp")
"""Functions that stumble over arrays of no elements in NumPy or SciPy, and not here."""
ERRORS = (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError)


def arguments(names: tuple[str, ...], size: int) -> tuple:
    return tuple(
        x[(slice(0, size),) * x.ndim].copy() if isinstance(x, np.ndarray) and x.ndim else x
        for x in arguments_of(names)
    )


def paired(left: Any, right: Any) -> float:
    pairs = zip(flatten(left)[0], flatten(right)[0], strict=True)
    products = [np.asarray(g) * np.asarray(t) for g, t in pairs if g is not None and t is not None]
    return float(sum(np.sum(product).real for product in products))


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    "text",
    [
        text if number % OFTEN == 0 else pytest.param(text, marks=pytest.mark.slow)
        for number, text in enumerate(SAMPLES)
        if text not in REFUSED
    ],
)
def test_few_elements(text: str, size: int) -> None:
    fun, names = function_of(text)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            wanted = fun(*arguments(names, size))
            if "irfft" in text and not size:
                pytest.skip("NumPy returns memory that it has not written")
        except Exception:
            if not any(name in text for name in FAILING):
                with pytest.raises(ERRORS):
                    jit(fun)(*arguments(names, size))
            return
        try:
            found = jit(fun)(*arguments(names, size))
            for one, other in zip(flatten(found)[0], flatten(wanted)[0], strict=True):
                assert np.asarray(one).dtype == np.asarray(other).dtype
                np.testing.assert_allclose(one, other, rtol=1e-6)
            rng = np.random.default_rng(1)
            weights = random_like(wanted, rng)
            direction = random_like(arguments(names, size), rng)
            gradients = vjp(fun, *arguments(names, size))[1](weights)
            tangent = jvp(fun, arguments(names, size), direction)[1]
        except NotImplementedError:
            pytest.skip("refused")
        if any(np.isnan(np.asarray(y)).any() for y in flatten(wanted)[0] if np.size(y)):
            return  # the mean of nothing
        left, right = paired(weights, tangent), paired(gradients, direction)
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-12)
