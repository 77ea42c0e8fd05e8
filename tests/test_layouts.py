"""The same numbers in other memory: every sample of the surface gives the same value and
gradients, natively, whatever the order, the gaps, the byte order or the alignment."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from surface.measure import arguments_of, function_of, random_like
from surface.names import rows
from surface.samples import samples_of

from adjit import jit, vjp
from adjit.tracer.errors import AdjitError

SAMPLES = list(dict.fromkeys(text for family, name in rows() for text in samples_of(family, name)))
OFTEN = 24
"""One in so many samples is run by every run of the tests."""


def gaps(x: np.ndarray) -> np.ndarray:
    return np.repeat(x, 2, axis=-1)[..., ::2]


def backwards(x: np.ndarray) -> np.ndarray:
    turn = (slice(None, None, -1),) * x.ndim
    return x[turn].copy()[turn]


def big_endian(x: np.ndarray) -> np.ndarray:
    return x.astype(x.dtype.newbyteorder(">"))


def read_only(x: np.ndarray) -> np.ndarray:
    y = x.copy()
    y.flags.writeable = False
    return y


def misaligned(x: np.ndarray) -> np.ndarray:
    y = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


LAYOUTS = (np.asfortranarray, gaps, backwards, big_endian, read_only, misaligned)


def laid(item: Any, layout: Callable[[np.ndarray], np.ndarray]) -> Any:
    return layout(item) if isinstance(item, np.ndarray) and item.ndim else item


def check_same(found: Any, wanted: Any) -> None:
    if isinstance(wanted, tuple | list):
        for one, other in zip(found, wanted, strict=True):
            check_same(one, other)
        return
    if wanted is None:
        assert found is None
        return
    single = np.asarray(wanted).dtype in (np.float32, np.complex64)
    rtol, atol = (2e-4, 1e-5) if single else (1e-10, 1e-11)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize(
    "text",
    [
        text if number % OFTEN == 0 else pytest.param(text, marks=pytest.mark.slow)
        for number, text in enumerate(SAMPLES)
    ],
)
def test_memory_makes_no_difference(text: str) -> None:
    fun, names = function_of(text)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        weights = random_like(fun(*arguments_of(names)), np.random.default_rng(3))
        compiled = jit(fun)
        try:
            value = compiled(*arguments_of(names))
            gradients = vjp(fun, *arguments_of(names))[1](weights)
        except (AdjitError, TypeError):
            pytest.skip("refused, whatever the memory")
        for layout in LAYOUTS:
            try:
                fun(*[laid(x, layout) for x in arguments_of(names)])
            except ValueError:
                continue  # it writes into what is read-only
            args = [laid(x, layout) for x in arguments_of(names)]
            check_same(compiled(*args), value)
            args = [laid(x, layout) for x in arguments_of(names)]
            check_same(vjp(fun, *args)[1](weights), gradients)
