"""Draws whose parameters are differentiated by: what NumPy computes of standard numbers.

``normal(loc, scale)`` is ``loc + scale * normal(0, 1)`` of the same stream, so the standard numbers
are drawn outside, and the rest is recorded like any other arithmetic. The formulas are those of
NumPy's ``distributions.c`` and ``legacy-distributions.c`` and of Python's ``random``; each is told
which of the two NumPy ones it is to follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.types import F64
from . import randomness
from .apply import broadcast_shape
from .array import Array, wrap
from .errors import error
from .functions.scalars import CALLS
from .generators import name_of
from .lift import lift
from .picks import PICKS
from .regions import before_loops, before_regions, innermost
from .trace import Trace

Formula = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Family:
    """Parameters and their defaults (None: required), what is drawn in their place, and
    ``formula(z, *parameters, legacy)``. NumPy draws where those that are ``limited`` are ``valid``.

    ``standard``: the method and its arguments; those that are strings name parameters.
    """

    parameters: dict[str, float | None]
    standard: tuple[str, tuple[float | str, ...]]
    formula: Formula
    limited: tuple[str, ...] = ()
    valid: Callable[..., Value] | None = None


def _is_not_negative(x: Value) -> Value:
    return ops.ge(x, 0.0)


def _is_positive(x: Value) -> Value:
    return ops.gt(x, 0.0)


def _location_scale(method: str) -> Family:
    return Family(
        {"loc": 0.0, "scale": 1.0},
        (method, (0.0, 1.0)),
        lambda z, loc, scale, legacy: loc + scale * z,
        ("scale",),
        _is_not_negative,
    )


def _power(z: Value, a: Value, legacy: bool) -> Value:
    part = 1.0 - ops.exp(-z) if legacy else -ops.expm1(-z)
    return ops.pow_(part, 1.0 / a)


def _triangular(z: Value, left: Value, mode: Value, right: Value, legacy: bool) -> Value:
    base, rise, fall = right - left, mode - left, right - mode
    below = ops.le(z, rise / base)
    return ops.where(
        below,
        left + ops.sqrt(ops.where(below, z * (rise * base), 1.0)),
        right - ops.sqrt(ops.where(below, 1.0, (1.0 - z) * (fall * base))),
    )


_EXPONENTIAL = ("standard_exponential", ())

FAMILIES: dict[str, Family] = {
    "normal": _location_scale("normal"),
    "laplace": _location_scale("laplace"),
    "gumbel": _location_scale("gumbel"),
    "logistic": _location_scale("logistic"),
    "uniform": Family(
        {"low": 0.0, "high": 1.0},
        ("uniform", (0.0, 1.0)),
        lambda z, low, high, legacy: low + (high - low) * z,
        ("low", "high"),
        lambda low, high: ops.lt(ops.abs_(high - low), np.inf),
    ),
    "exponential": Family(
        {"scale": 1.0},
        ("exponential", (1.0,)),
        lambda z, scale, legacy: scale * z,
        ("scale",),
        _is_not_negative,
    ),
    "rayleigh": Family(
        {"scale": 1.0},
        ("rayleigh", (1.0,)),
        lambda z, scale, legacy: scale * z,
        ("scale",),
        _is_not_negative,
    ),
    "lognormal": Family(
        {"mean": 0.0, "sigma": 1.0},
        ("normal", (0.0, 1.0)),
        lambda z, mean, sigma, legacy: ops.exp(mean + sigma * z),
        ("sigma",),
        _is_not_negative,
    ),
    "gamma": Family(
        {"shape": None, "scale": 1.0},
        ("gamma", ("shape", 1.0)),
        lambda z, shape, scale, legacy: scale * z,
        ("scale",),
        _is_not_negative,
    ),
    "weibull": Family(
        {"a": None},
        _EXPONENTIAL,
        lambda z, a, legacy: ops.pow_(z, 1.0 / a),
        ("a",),
        _is_positive,
    ),
    "pareto": Family(
        {"a": None},
        _EXPONENTIAL,
        lambda z, a, legacy: ops.exp(z / a) - 1.0 if legacy else ops.expm1(z / a),
        ("a",),
        _is_positive,
    ),
    "power": Family({"a": None}, _EXPONENTIAL, _power, ("a",), _is_positive),
    "triangular": Family(
        {"left": None, "mode": None, "right": None},
        ("uniform", (0.0, 1.0)),
        _triangular,
        ("left", "mode", "right"),
        lambda left, mode, right: ops.logical_and(
            ops.logical_and(ops.le(left, mode), ops.le(mode, right)), ops.lt(left, right)
        ),
    ),
}
"""NumPy's methods."""

_PYTHON: dict[str, Family] = {
    "gauss": Family({"mu": 0.0, "sigma": 1.0}, ("gauss", (0.0, 1.0)), lambda z, mu, s: mu + z * s),
    "normalvariate": Family(
        {"mu": 0.0, "sigma": 1.0}, ("normalvariate", (0.0, 1.0)), lambda z, mu, s: mu + z * s
    ),
    "lognormvariate": Family(
        {"mu": 0.0, "sigma": 1.0},
        ("normalvariate", (0.0, 1.0)),
        lambda z, mu, s: CALLS[math.exp](mu + z * s),
    ),
    "uniform": Family({"a": None, "b": None}, ("random", ()), lambda z, a, b: a + (b - a) * z),
    "expovariate": Family({"lambd": 1.0}, ("expovariate", (1.0,)), lambda z, lambd: z / lambd),
}
"""The methods of Python's ``random``: their formulas are of recorded numbers, not Values."""


def draw(trace: Trace, generator: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a call of a generator's method gives, recorded."""
    if name in PICKS:
        return PICKS[name](trace, generator, name, args, kwargs)
    if name == "multivariate_normal":
        return _multivariate(trace, generator, args, kwargs)
    python = not isinstance(generator, np.random.Generator | np.random.RandomState)
    family = (_PYTHON if python else FAMILIES).get(name)
    bound = None if family is None else _bind(family, args, kwargs)
    if family is None or bound is None or not randomness.depends(trace, bound[:-1]):
        return randomness.draw(trace, generator, name, args, kwargs)
    *given, size = bound
    if python:
        z = randomness.draw(trace, generator, *family.standard, {})
        return family.formula(z, *given)
    return _numpy(trace, generator, name, args, kwargs, family, given, size)


def _numpy(
    trace: Trace,
    generator: Any,
    name: str,
    args: tuple,
    kwargs: dict[str, Any],
    family: Family,
    given: list[Any],
    size: Any,
) -> Any:
    label = f"{name_of(generator)}.{name}"
    method, standard = family.standard
    named = dict(zip(family.parameters, given, strict=True))
    fixed = [named[x] if isinstance(x, str) else x for x in standard]
    if randomness.depends(trace, fixed):
        raise randomness.differentiated(label)
    parameters = [lift(x, F64) for x in given]
    limited = [named[x] for x in family.limited]
    if family.valid is not None and not _is_valid(trace, family.valid, limited):
        numbers = [randomness.concrete(trace, x) for x in args]
        getattr(generator, name)(
            *numbers, **{key: randomness.concrete(trace, x) for key, x in kwargs.items()}
        )  # raises NumPy's own error
        hint = "it cannot be differentiated at these parameters"
        raise error("random", name=label, hint=hint)
    shape = broadcast_shape(label, *[x.shape for x in parameters])
    keywords = {} if size is None and not shape else {"size": shape if size is None else size}
    z = randomness.draw(trace, generator, method, tuple(fixed), keywords)
    if broadcast_shape(label, z.shape, shape) != z.shape:
        text = (
            f"Output size {z.shape} is not compatible with broadcast dimensions of inputs {shape}"
        )
        raise error("value", text=text)
    legacy = isinstance(generator, np.random.RandomState)
    return _like(z, family.formula(z.value, *parameters, legacy=legacy))


def _like(z: Array, y: Value) -> Array:
    y = y if y.shape == z.shape else ops.broadcast(y, shape=z.shape)
    return wrap(y, z.weak, scalar=z.scalar)


def _bind(family: Family, args: tuple, kwargs: dict[str, Any]) -> list[Any] | None:
    """The parameters and ``size``; None for what the method itself will refuse."""
    names = [*family.parameters, "size"]
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names) or not kwargs.keys() <= set(names) - given.keys():
        return None
    given |= kwargs
    found = [given.get(name, default) for name, default in family.parameters.items()]
    return None if any(x is None for x in found) else [*found, given.get("size")]


def _is_valid(trace: Trace, valid: Callable[..., Value], given: list[Any]) -> bool:
    """Whether NumPy draws with these parameters; guarded, before the loops around if possible."""
    outer = [before_loops(trace, x) if isinstance(x, Array) else x for x in given]
    if innermost(trace) is None or any(x is None for x in outer):
        return _decided(trace, valid(*[lift(x, F64) for x in given]))
    with before_regions(trace):
        return _decided(trace, valid(*[_in_f64(x) for x in outer]))


def _decided(trace: Trace, found: Value) -> bool:
    if found.shape:
        found = ops.all_(found, axes=tuple(range(len(found.shape))))
    return bool(trace.decide(found, "the parameters of a distribution are valid"))


def _in_f64(x: Any) -> Value:
    if not isinstance(x, Value):
        return lift(x, F64)
    return x if x.dtype == F64 else ops.cast(x, dtype=F64)


# --- several numbers at once ----------------------------------------------------------------------


def _multivariate(trace: Trace, generator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """``mean`` is added to what is drawn around zero."""
    mean = args[0] if args else kwargs.get("mean")
    if not randomness.depends(trace, mean):
        return randomness.draw(trace, generator, "multivariate_normal", args, kwargs)
    value = lift(mean, F64)
    origin = np.zeros(value.shape)
    if args:
        args = (origin, *args[1:])
    else:
        kwargs = {**kwargs, "mean": origin}
    z = randomness.draw(trace, generator, "multivariate_normal", args, kwargs)
    return _like(z, z.value + value)
