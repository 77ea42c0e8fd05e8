"""SciPy's special ufuncs: recorded values against SciPy's, derivatives against differences.

One table says where each one's derivatives are compared; the ufuncs are adjit's own table.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.special as sc

from adjit import check_grads, jit
from adjit.tracer.special import SPECIAL

from .recording import compare

AWKWARD = (0.0, -0.0, 1.0, 0.5, 0.25, 0.4999, -1.0, 2.0, -2.5, 30.0, -30.0, 800.0, -800.0, np.inf,
           -np.inf, np.nan, 1e-300, 1e300)  # fmt: skip
SOME = (0.0, 1.0, -1.0, -0.5, 2.5, np.inf, -np.inf, np.nan, -2.0)

Range = tuple[float, float]
POSITIVE, UNIT, ALL, BESSEL = (0.3, 4.0), (0.1, 0.9), (-0.9, 2.1), (0.5, 6.0)
ORDER = None
"""An argument that stays where it is: the derivative by it is not known."""

RANGES: dict[str, tuple[Range | None, ...]] = {
    "erf": (ALL,), "erfc": (ALL,), "ndtr": (ALL,), "log_ndtr": (ALL,), "expit": (ALL,),
    "log_expit": (ALL,), "logit": (UNIT,), "entr": (POSITIVE,), "erfcx": (ALL,),
    "erfinv": (UNIT,), "erfcinv": (UNIT,), "ndtri": (UNIT,),
    "gamma": (POSITIVE,), "rgamma": ((-3.4, 4.0),), "gammaln": (POSITIVE,),
    "gammasgn": ((-0.9, -0.1),), "psi": (POSITIVE,),
    "loggamma": (POSITIVE,), "beta": (POSITIVE, POSITIVE), "betaln": (POSITIVE, POSITIVE),
    "poch": (POSITIVE, POSITIVE), "gammainc": (ORDER, POSITIVE), "gammaincc": (ORDER, POSITIVE),
    "betainc": (ORDER, ORDER, UNIT), "betaincc": (ORDER, ORDER, UNIT), "stdtr": (ORDER, ALL),
    "j0": (BESSEL,), "j1": (BESSEL,), "y0": (BESSEL,), "y1": (BESSEL,), "k0": (BESSEL,),
    "k1": (BESSEL,), "i0": (ALL,), "i1": (ALL,), "i0e": (POSITIVE,), "i1e": (POSITIVE,),
    "jv": (ORDER, BESSEL), "yv": (ORDER, BESSEL), "kv": (ORDER, BESSEL), "iv": (ORDER, BESSEL),
    "ive": (ORDER, BESSEL), "yn": (ORDER, BESSEL), "kn": (ORDER, BESSEL),
    "xlogy": (ALL, POSITIVE), "xlog1py": (ALL, POSITIVE), "rel_entr": (POSITIVE, POSITIVE),
    "kl_div": (POSITIVE, POSITIVE), "huber": ((1.0, 2.0), (-0.8, 0.7)),
    "pseudo_huber": (POSITIVE, ALL), "exprel": (ALL,), "boxcox": (POSITIVE, ALL),
    "boxcox1p": (POSITIVE, ALL), "inv_boxcox": (UNIT, UNIT), "inv_boxcox1p": (UNIT, UNIT),
    "log1p": (POSITIVE,), "expm1": (ALL,), "exp2": (ALL,), "cbrt": (POSITIVE,),
}  # fmt: skip
"""Name of a ufunc -> where its arguments are taken from."""

# SciPy's loops for floats lose digits far out in the tails; of numbers that are no integers its
# functions of an integer make different integers on different machines.
LOSSY = {"stdtr"}
OF_INTEGERS = {"yn", "kn"}


def test_every_ufunc_is_in_the_table() -> None:
    assert set(RANGES) == set(SPECIAL)
    assert all(getattr(sc, name).nin == len(ranges) for name, ranges in RANGES.items())


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "?"])
@pytest.mark.parametrize("name", [name for name in RANGES if len(RANGES[name]) == 1])
def test_values_of_one(name: str, dtype: str) -> None:
    numbers = [x for x in AWKWARD if dtype[0] == "f" or (abs(x) < 100 and x == int(x))]
    with np.errstate(all="ignore"):
        compare(getattr(sc, name), np.array(numbers).astype(dtype), exact=False)


@pytest.mark.filterwarnings("ignore:floating point number truncated")
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", [name for name in RANGES if len(RANGES[name]) > 1])
def test_values_of_several(name: str, dtype: str) -> None:
    function = getattr(sc, name)
    grid = np.array(list(itertools.product(SOME, repeat=function.nin)), dtype).T
    if name in OF_INTEGERS:
        grid = grid[:, ~np.isinf(grid[0])]
    if name in LOSSY and dtype == "f4":
        wanted = function(*grid.astype("f8")).astype("f4")
        np.testing.assert_array_equal(jit(lambda *xs: function(*xs))(*grid), wanted)
        return
    compare(function, *[np.ascontiguousarray(x) for x in grid], exact=False)
    rest = np.array([0.5, 1.0, 2.0], dtype)
    compare(lambda x: function(*[2] * (function.nin - 1), x), rest, exact=False)
    compare(function, *[np.arange(1, 4)] * function.nin, exact=False)


@pytest.mark.parametrize("name", RANGES)
def test_compiled_values_and_derivatives(name: str) -> None:
    function = getattr(sc, name)
    points = [
        np.array([1.0, 2.0, 0.0, 3.0, 1.0])
        if range is None
        else np.linspace(*range, 5)[:: (1, -1)[n % 2]]
        for n, range in enumerate(RANGES[name])
    ]
    if None in RANGES[name] and name[1:] not in ("n", "v", "ve"):
        points = [x + 0.5 if r is None else x for x, r in zip(points, RANGES[name], strict=True)]
    y = jit(lambda *xs: function(*xs))(*points)
    np.testing.assert_allclose(y, function(*points), rtol=1e-13, atol=1e-17)
    moving = [n for n, range in enumerate(RANGES[name]) if range is not None]

    def total(*xs: np.ndarray) -> np.float64:
        arguments = list(points)
        for n, x in zip(moving, xs, strict=True):
            arguments[n] = x
        return np.sum(function(*arguments) * np.cos(xs[0]))

    check_grads(total, tuple(points[n] for n in moving), order=2)
