"""Methods of the distributions in `scipy.stats`: densities and distribution functions.

SciPy's objects are known by identity, once the user has imported them. Results are f64, NaN for
parameters that are no parameters, and constant outside of the support, as SciPy's are.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any

from ...ir import ops
from ...ir.errors import IRError
from ...ir.graph import Value
from ...ir.ops.incomplete import beta_density, gamma_density, student_density, student_exponent
from ...ir.types import F64
from ..array import Array, wrap
from ..errors import error, unsupported
from ..lift import has_proxy, lift
from ..special import log_ndtr, ndtr, xlog1py, xlogy
from . import multivariate
from .common import broadcast_shapes, cast, spread

Formula = Callable[..., Value]


@dataclass(frozen=True)
class Distribution:
    """A distribution in its standard form, on ``support``, whose parameters are positive.

    ``formulas`` take ``(x, *parameters)``. Where there is none for logcdf or logsf it is the
    logarithm of cdf or sf.
    """

    formulas: Mapping[str, Formula]
    parameters: tuple[str, ...] = ()
    support: tuple[float, float] = (-math.inf, math.inf)

    def formula(self, method: str) -> Formula:
        found = self.formulas.get(method)
        if found is not None:
            return found
        plain, rest = (self.formulas[m] for m in _TAILS[method])

        def logarithm(*xs: Value) -> Value:
            y = plain(*xs)
            near = ops.gt(y, 0.5)  # near 1 the other tail keeps its digits
            return ops.where(near, ops.log1p(-rest(*xs)), ops.log(y))

        return logarithm


_TAILS = {"logcdf": ("cdf", "sf"), "logsf": ("sf", "cdf")}
"""Method -> whose logarithm it is, and what that lacks to 1."""


# --- formulas -------------------------------------------------------------------------------


def _normal_density(x: Value) -> Value:
    return ops.exp(-0.5 * (x * x)) / math.sqrt(2.0 * math.pi)


def _normal_logarithm(x: Value) -> Value:
    return -0.5 * (x * x) - 0.5 * math.log(2.0 * math.pi)


def _student_logarithm(x: Value, df: Value) -> Value:
    finite = ops.lt(df, math.inf)
    n = ops.where(finite, df, 1.0)
    scale = ops.log(ops.poch(0.5 * n, 0.5)) - 0.5 * ops.log(math.pi * n)
    return ops.where(finite, scale + student_exponent(n, x), _normal_logarithm(x))


def _gamma_logarithm(x: Value, a: Value) -> Value:
    return xlogy(a - 1.0, x) - x - ops.lgamma(a)


def _beta_logarithm(x: Value, a: Value, b: Value) -> Value:
    powers = xlog1py(b - 1.0, -x) + xlogy(a - 1.0, x)
    return powers - ops.betaln(a, b)


def _poisson_logarithm(k: Value, mu: Value) -> Value:
    return xlogy(k, mu) - ops.lgamma(k + 1.0) - mu


CONTINUOUS: dict[str, Distribution] = {
    "norm": Distribution(
        {
            "pdf": _normal_density,
            "logpdf": _normal_logarithm,
            "cdf": ndtr,
            "logcdf": log_ndtr,
            "sf": lambda x: ndtr(-x),
            "logsf": lambda x: log_ndtr(-x),
        }
    ),
    "t": Distribution(
        {
            "pdf": lambda x, df: student_density(df, x),
            "logpdf": _student_logarithm,
            "cdf": lambda x, df: ops.stdtr(df, x),
            "sf": lambda x, df: ops.stdtr(df, -x),
        },
        ("df",),
    ),
    "beta": Distribution(
        {
            "pdf": lambda x, a, b: beta_density(a, b, x),
            "logpdf": _beta_logarithm,
            "cdf": lambda x, a, b: ops.betainc(a, b, x),
            "sf": lambda x, a, b: ops.betaincc(a, b, x),
        },
        ("a", "b"),
        (0.0, 1.0),
    ),
    "gamma": Distribution(
        {
            "pdf": lambda x, a: gamma_density(a, x),
            "logpdf": _gamma_logarithm,
            "cdf": lambda x, a: ops.gammainc(a, x),
            "sf": lambda x, a: ops.gammaincc(a, x),
        },
        ("a",),
        (0.0, math.inf),
    ),
    "chi2": Distribution(
        {
            "pdf": lambda x, df: 0.5 * gamma_density(0.5 * df, 0.5 * x),
            "logpdf": lambda x, df: _gamma_logarithm(0.5 * x, 0.5 * df) - math.log(2.0),
            "cdf": lambda x, df: ops.gammainc(0.5 * df, 0.5 * x),
            "sf": lambda x, df: ops.gammaincc(0.5 * df, 0.5 * x),
        },
        ("df",),
        (0.0, math.inf),
    ),
    "expon": Distribution(
        {
            "pdf": lambda x: ops.exp(-x),
            "logpdf": lambda x: -x,
            "cdf": lambda x: -ops.expm1(-x),
            "sf": lambda x: ops.exp(-x),
            "logsf": lambda x: -x,
        },
        (),
        (0.0, math.inf),
    ),
}
"""Name in `scipy.stats` -> a distribution of real numbers."""

DISCRETE: dict[str, Distribution] = {
    "poisson": Distribution(
        {
            "pmf": lambda k, mu: gamma_density(k + 1.0, mu),
            "logpmf": _poisson_logarithm,
            "cdf": lambda k, mu: ops.gammaincc(k + 1.0, mu),
            "sf": lambda k, mu: ops.gammainc(k + 1.0, mu),
        },
        ("mu",),
        (0.0, math.inf),
    ),
}
"""Name in `scipy.stats` -> a distribution of integers, whose parameters may be 0."""

OUTSIDE = {
    "pdf": (0.0, 0.0), "pmf": (0.0, 0.0), "logpdf": (-math.inf, -math.inf),
    "logpmf": (-math.inf, -math.inf), "cdf": (0.0, 1.0), "logcdf": (-math.inf, 0.0),
    "sf": (1.0, 0.0), "logsf": (0.0, -math.inf),
}  # fmt: skip
"""Method -> its values below and above the support."""


def _both(*conditions: Value) -> Value:
    return functools.reduce(ops.logical_and, conditions)


def _chosen(method: str, inside: Value, y: Value, x: Value, proper: Value) -> Value:
    """``y`` inside of the support; NaN, and its derivatives too, where nothing is ``proper``."""
    below, above = OUTSIDE[method]
    rest = ops.where(ops.gt(x, 0.0), above, ops.where(ops.le(x, 0.0), below, x))
    known = _both(proper, ops.logical_not(ops.isnan(x)))
    return ops.where(inside, y, rest) * ops.where(known, 1.0, math.nan)


def _continuous(law: Distribution, method: str, x: Value, *rest: Value) -> Value:
    *parameters, loc, scale = rest
    z = (x - loc) / scale
    low, high = law.support
    proper = _both(ops.gt(scale, 0.0), *[ops.gt(p, 0.0) for p in parameters])
    y = law.formula(method)(z, *parameters)
    if method in ("pdf", "logpdf"):
        inside = _both(ops.ge(z, low), ops.le(z, high))
        y = y / scale if method == "pdf" else y - ops.log(scale)
    else:
        inside = _both(ops.gt(z, low), ops.lt(z, high))
    return _chosen(method, inside, y, z, proper)


def _discrete(law: Distribution, method: str, k: Value, *rest: Value) -> Value:
    """Steps, as a function of ``k`` and ``loc``: the derivatives by these are 0."""
    *parameters, loc = rest
    place = ops.stop_gradient(k - loc)
    whole = ops.floor(place)
    inside = _both(ops.ge(place, law.support[0]), ops.lt(place, math.inf))
    if method in ("pmf", "logpmf"):
        inside = _both(inside, ops.eq(place, whole))
    proper = _both(*[ops.ge(p, 0.0) for p in parameters])
    y = law.formula(method)(ops.where(inside, whole, 0.0), *parameters)
    return _chosen(method, inside, y, place, proper)


# --- calls ----------------------------------------------------------------------------------


def _bound(name: str, names: tuple[str, ...], args: tuple, keywords: dict[str, Any]) -> list[Any]:
    """The arguments in the order of ``names``; ``loc`` and ``scale`` may be left out."""
    if len(args) > len(names):
        raise error("type", text=f"{name} takes at most {len(names)} arguments")
    given: dict[str, Any] = dict(zip(names, args, strict=False))
    for keyword, value in keywords.items():
        if keyword not in names or keyword in given:
            raise error("type", text=f"{name} got an unexpected argument {keyword!r}")
        given[keyword] = value
    given = {"loc": 0.0, "scale": 1.0} | given
    missing = [other for other in names if other not in given]
    if missing:
        raise error("type", text=f"{name} misses the argument {missing[0]!r}")
    return [given[other] for other in names]


def _record(name: str, method: str, args: tuple, keywords: dict[str, Any]) -> Array:
    discrete = name in DISCRETE
    law = DISCRETE[name] if discrete else CONTINUOUS[name]
    names = ("k" if discrete else "x", *law.parameters, "loc", *(() if discrete else ("scale",)))
    values = [
        cast(lift(x), F64) for x in _bound(f"scipy.stats.{name}.{method}", names, args, keywords)
    ]
    shape = broadcast_shapes(name, *[value.shape for value in values])
    y = (_discrete if discrete else _continuous)(law, method, *values)
    return wrap(spread(y, shape))


def _methods(name: str) -> list[str]:
    density = ["pmf", "logpmf"] if name in DISCRETE else ["pdf", "logpdf"]
    return [*density, "cdf", "logcdf", "sf", "logsf"]


def recording_version(f: Any) -> Callable[..., Any] | None:
    """For a call with recorded arguments; without any, SciPy's own is called."""
    stats = sys.modules.get("scipy.stats")
    if stats is None:
        return None
    owner, method = (f.__self__, f.__name__) if type(f) is MethodType else (f, "__call__")
    kinds = stats.rv_continuous, stats.rv_discrete, stats.distributions.rv_frozen
    many = next((n for n in multivariate.LAWS if getattr(stats, n) is owner), None)
    if many is not None:
        return multivariate.recording_version(many, method, f)
    if not isinstance(owner, kinds):
        return None
    found = (n for n in (*CONTINUOUS, *DISCRETE) if getattr(stats, n) is owner)
    name = next(found, None)

    def call(*args: Any, **keywords: Any) -> Any:
        if not has_proxy(args) and not has_proxy(list(keywords.values())):
            return f(*args, **keywords)
        if method == "__call__" or isinstance(owner, kinds[2]):
            hint = "give the parameters to each method: norm.logpdf(x, loc, scale)"
            raise unsupported("a frozen distribution of scipy.stats", hint=hint)
        if name is None or method not in _methods(name):
            known = [f"scipy.stats.{n}.{m}" for n in (*CONTINUOUS, *DISCRETE) for m in _methods(n)]
            raise unsupported(f"scipy.stats.{name or owner.name}.{method}", known)
        try:
            return _record(name, method, args, keywords)
        except IRError as problem:
            raise error("rule", operation=f"{name}.{method}", text=problem) from problem

    return call
