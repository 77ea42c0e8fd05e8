"""Compares compiled functions with NumPy and their derivatives with differences; arguments."""

from __future__ import annotations

import numpy as np

from adjit import check_grads, jit

rng = np.random.default_rng(7)


def arr(*shape, low=0.2, high=0.9, dtype=np.float64):
    """Distinct numbers inside a range on which a function is smooth."""
    return np.asarray(rng.uniform(low, high, shape)).astype(dtype)


def signed(*shape, dtype=np.float64):
    """Numbers between 0.3 and 1.4 of either sign, well apart from zero."""
    return (arr(*shape, low=0.3, high=1.4) * rng.choice([-1.0, 1.0], shape)).astype(dtype)


def spaced(*shape, dtype=np.float64):
    """Numbers no two of which are near each other: extrema do not change hands."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) * 0.37 - 0.81).astype(dtype)


def agree(fn, args, order=2, rtol=None):
    """The compiled function gives NumPy's numbers, dtypes and shapes, and right derivatives."""
    with np.errstate(all="ignore"):
        wanted = fn(*[np.array(x) if isinstance(x, np.ndarray) else x for x in args])
    same_result(jit(fn)(*args), wanted, rtol)
    check_grads(fn, args, order=order)


def same_result(found, wanted, rtol=None):
    if isinstance(wanted, tuple | list):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            same_result(one, other, rtol)
        return
    assert np.shape(found) == np.shape(wanted)
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert isinstance(found, np.ndarray) == isinstance(wanted, np.ndarray)
    single = np.asarray(wanted).dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=rtol or (2e-5 if single else 1e-12), atol=1e-12)
