"""Errors of elementary functions in units of the last place of the exact result."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
from mpmath import mp

LONG = np.finfo(np.longdouble).nmant == 63  # 11 bits more than f64 has


def ulps(got: np.ndarray, exact: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
    """|got - exact| in last places of ``exact`` (of ``scale`` where that is larger).

    Where the exact result is NaN, infinite, or beyond the format's range, 0 if the result is as
    it should be and else infinity. A zero must have the sign that the exact one has.
    """
    info = np.finfo(got.dtype)
    size = np.abs(exact) if scale is None else np.maximum(np.abs(exact), np.abs(scale))
    with np.errstate(all="ignore"):
        rounded = exact.astype(got.dtype)
        exponent = np.maximum(np.frexp(size)[1] - 1, info.minexp)
        unit = np.ldexp(np.longdouble(1), exponent - info.nmant)
        error = np.abs(got.astype(np.longdouble) - exact) / unit
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        special = ~np.isfinite(rounded) | ~np.isfinite(got)
        error = np.where(special, np.where(same, 0, np.inf), error)
        # The largest number is near enough to what overflows when rounded.
        top = np.isinf(rounded) & (np.abs(got) == info.max) & (np.abs(exact) < 2 * info.max)
        error = np.where(top, np.abs(got.astype(np.longdouble) - exact) / unit, error)
        wrong = (exact == 0) & (got == 0) & (np.signbit(got) != np.signbit(exact))
    return np.where(wrong, np.inf, error).astype(np.float64)


def exactly(function: Callable[..., mpmath.mpf], *xs: np.ndarray, bits: int = 200) -> np.ndarray:
    """``function`` of mpmath on finite arrays, rounded to long double. Zeros have no sign."""
    with mp.workprec(bits), np.errstate(all="ignore"):
        return np.array(
            [_long(function(*(mpmath.mpf(float(x)) for x in row))) for row in zip(*xs, strict=True)]
        )


def _long(x: mpmath.mpf) -> np.longdouble:
    if not mp.isfinite(x):
        return np.longdouble(float(x))
    fraction, exponent = mp.frexp(x)
    high = float(fraction)
    exponent = max(-(2**15), min(2**15, int(exponent)))  # beyond long double's range
    return np.ldexp(np.longdouble(high) + np.longdouble(float(fraction - high)), exponent)
