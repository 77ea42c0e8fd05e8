"""The table of SciPy's ufuncs, by their names: `scipy.special` is imported by its users only."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.op import const
from .errors import AdjitError, unsupported
from .ufuncs import UFUNCS, Rule


def _logit(x: Value) -> Value:
    # log(x / (1 - x)), whose terms cancel around 1/2; 2 x - 1 is exact there.
    middle = ops.logical_and(ops.gt(x, 0.25), ops.lt(x, 0.75))
    return ops.where(middle, 2.0 * ops.atanh(2.0 * x - 1.0), ops.log(x) - ops.log1p(-x))


def _log_expit(x: Value) -> Value:
    return -ops.logaddexp(const(0.0, x.dtype), -x)


def _where_proper(x: Value, y: Value, inside: Value, instead: float) -> Value:
    """``y``, replaced where ``x`` is 0 and the logarithm of ``y`` is not finite, unless NaN."""
    proper = ops.logical_or(ops.ne(x, 0.0), ops.logical_or(inside, ops.isnan(y)))
    return ops.where(proper, y, instead)


def xlogy(x: Value, y: Value) -> Value:
    inside = ops.logical_and(ops.gt(y, 0.0), ops.lt(y, math.inf))
    return x * ops.log(_where_proper(x, y, inside, 1.0))


def xlog1py(x: Value, y: Value) -> Value:
    inside = ops.logical_and(ops.gt(y, -1.0), ops.lt(y, math.inf))
    return x * ops.log1p(_where_proper(x, y, inside, 0.0))


def _entr(x: Value) -> Value:
    """The derivative at 0 is 0."""
    y = ops.where(ops.eq(x, 0.0), 0.0, -(x * ops.log(x)))
    return ops.where(ops.lt(x, 0.0), -math.inf, y)


def ndtr(x: Value) -> Value:
    return 0.5 * ops.erfc(x * -math.sqrt(0.5))


def log_ndtr(x: Value) -> Value:
    # Far below 0 its series in 1/x**2 (Abramowitz and Stegun, 26.2.12).
    z = 1.0 / (x * x)
    series = const(1.0, x.dtype)
    for k in reversed(range(1, 10)):
        series = 1.0 - (2 * k - 1) * z * series
    far = ops.log(series) - 0.5 * (x * x) - ops.log(-x) - 0.5 * math.log(2.0 * math.pi)
    near = ops.log(ndtr(x))
    above = ops.log1p(-ndtr(-x))
    return ops.where(ops.gt(x, 0.0), above, ops.where(ops.lt(x, -20.0), far, near))


def _loggamma(x: Value) -> Value:
    return ops.where(ops.lt(x, 0.0), math.nan, ops.lgamma(x))


def _gammasgn(x: Value) -> Value:
    """The sign of the gamma function: it changes at each pole, where there is none."""
    whole = ops.floor(x)
    half = 0.5 * whole
    between = ops.where(ops.eq(ops.floor(half), half), const(1.0, x.dtype), -1.0)
    below = ops.where(ops.eq(x, whole), math.nan, between)
    beside = ops.where(ops.lt(x, 0.0), below, ops.copysign(const(1.0, x.dtype), x))
    return ops.where(ops.isnan(x), math.nan, beside)


def _huber(delta: Value, r: Value) -> Value:
    size = ops.abs_(r)
    outside = delta * (size - 0.5 * delta)
    y = ops.where(ops.le(size, delta), 0.5 * (r * r), outside)
    return ops.where(ops.lt(delta, 0.0), math.inf, y)


def _of_whole_order(rule: Callable[[Value, Value], Value]) -> Rule:
    """A Bessel function of an integer, or of a float whose fraction is cut off."""

    def of_order(n: Value, x: Value) -> Value:
        if n.dtype.kind != "f":
            return rule(ops.cast(n, dtype=x.dtype), x)
        return ops.where(ops.isnan(n), math.nan, rule(ops.trunc(n), x))

    return of_order


SPECIAL: dict[str, Rule] = {
    "erf": ops.erf,
    "erfc": ops.erfc,
    "ndtr": ndtr,
    "log_ndtr": log_ndtr,
    "expit": ops.expit,
    "logit": _logit,
    "log_expit": _log_expit,
    "gammaln": ops.lgamma,
    "psi": ops.digamma,
    "loggamma": _loggamma,
    "gamma": ops.gamma,
    "gammasgn": _gammasgn,
    "rgamma": ops.rgamma,
    "beta": ops.beta,
    "betaln": ops.betaln,
    "poch": ops.poch,
    "gammainc": ops.gammainc,
    "gammaincc": ops.gammaincc,
    "betainc": ops.betainc,
    "betaincc": ops.betaincc,
    "stdtr": ops.stdtr,
    "erfcx": ops.erfcx,
    "erfinv": ops.erfinv,
    "erfcinv": ops.erfcinv,
    "ndtri": ops.ndtri,
    "j0": ops.j0,
    "j1": ops.j1,
    "jv": ops.jv,
    "y0": ops.y0,
    "y1": ops.y1,
    "yn": _of_whole_order(ops.yv),
    "yv": ops.yv,
    "i0": ops.i0,
    "i1": ops.i1,
    "iv": ops.iv,
    "i0e": ops.i0e,
    "i1e": ops.i1e,
    "ive": ops.ive,
    "k0": ops.k0,
    "k1": ops.k1,
    "kn": _of_whole_order(ops.kv),
    "kv": ops.kv,
    "rel_entr": ops.rel_entr,
    "kl_div": ops.kl_div,
    "huber": _huber,
    "pseudo_huber": ops.pseudo_huber,
    "exprel": ops.exprel,
    "boxcox": ops.boxcox,
    "boxcox1p": ops.boxcox1p,
    "inv_boxcox": ops.inv_boxcox,
    "inv_boxcox1p": ops.inv_boxcox1p,
    "xlogy": xlogy,
    "xlog1py": xlog1py,
    "entr": _entr,
    "log1p": ops.log1p,
    "expm1": ops.expm1,
    "exp2": ops.exp2,
    "cbrt": ops.cbrt,
}
"""Name of a ufunc in `scipy.special` -> rule."""


RULE = "write it in NumPy, as a custom_vjp if you know its derivative"
"""The way out for compiled functions of other libraries."""


def from_scipy(function: Any, package: str = "scipy.special") -> str | None:
    """The name of what a package of SciPy has under it."""
    module = sys.modules.get(package)
    name = getattr(function, "__name__", None)
    if module is None or not isinstance(name, str):
        return None
    return name if getattr(module, name, None) is function else None


def ufunc_name(ufunc: np.ufunc) -> str:
    """How a user writes it."""
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return f"np.{name}"
    return f"scipy.special.{name}" if from_scipy(ufunc) else f"the ufunc {name}"


def without_rule(ufunc: np.ufunc) -> AdjitError:
    """The error for a ufunc that is not in the tables."""
    name = ufunc_name(ufunc)
    return unsupported(name, names_of_ufuncs(), RULE if name.startswith("the ") else "")


def rule_of(ufunc: np.ufunc) -> Rule | None:
    rule = UFUNCS.get(ufunc)
    if rule is None and (name := from_scipy(ufunc)):
        rule = SPECIAL.get(name)
    return rule


def names_of_ufuncs() -> list[str]:
    return [f"np.{ufunc.__name__}" for ufunc in UFUNCS] + [f"scipy.special.{n}" for n in SPECIAL]
