"""Functions of `scipy.special` that are no ufuncs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.ops.special import HIGHEST_ORDER
from ...ir.sizes import integer
from ...ir.types import F64
from ..array import Array, wrap
from ..core import ArrayCore
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import lift
from ..promote import promote
from .common import as_value, broadcast_shapes, cast, reduced_axes, spread
from .python_math import decide
from .reductions import check_not_empty, count_of, drop, kept_shape, reduce
from .scipy_functions import records

_records = records("scipy.special")


def _inexact(x: Any) -> Value:
    value = lift(x)
    return value if value.dtype.kind == "f" else cast(value, F64)


@_records
def polygamma(n: Any, x: Any) -> Array:
    if isinstance(n, ArrayCore) or np.ndim(n):
        raise unsupported("scipy.special.polygamma of orders", hint="the order must be a number")
    order = integer(n)
    if not 0 <= order <= HIGHEST_ORDER:
        hint = f"orders from 0 to {HIGHEST_ORDER} are"
        raise unsupported(f"scipy.special.polygamma of order {order}", hint=hint)
    value = _inexact(x)  # the result is f64 whatever the dtype of x, as SciPy's
    if order == 0:
        return wrap(cast(ops.digamma(value), F64))
    return wrap(ops.polygamma(cast(value, F64), order=order))


@_records
def multigammaln(a: Any, d: Any) -> Array:
    """The logarithm of the multivariate gamma function, of dimension ``d``; always f64."""
    if isinstance(d, ArrayCore) or np.ndim(d) or np.floor(d) != d:
        raise error("value", text="d should be a positive integer (dimension)")
    count, value = int(d), _inexact(a)
    low = ops.le(value, 0.5 * (count - 1))
    if decide(ops.any_(low, axes=tuple(range(len(value.shape)))), "a > (d - 1)/2"):
        text = f"condition a > 0.5 * (d-1) ({0.5 * (count - 1)}) not met"
        raise error("value", text=text)
    terms = [ops.lgamma(value - 0.5 * k if k else value) for k in range(count)]
    total = cast(terms[0], F64)
    for term in terms[1:]:
        total = total + cast(term, F64)
    return wrap(total + count * (count - 1) * 0.25 * math.log(math.pi))


def _largest(x: Value, axes: Ints, finite: bool) -> Value:
    """The maximum, as a constant to derivatives; 0 where it is not ``finite`` but should be."""
    check_not_empty(x, axes, "max")
    most = reduce(ops.max_, x, axes, True)
    return ops.stop_gradient(ops.where(ops.isfinite(most), most, 0.0) if finite else most)


def _exponentials(x: Value, axes: Ints, finite: bool) -> tuple[Value, Value]:
    """The argument less its maximum, and e to the power of that."""
    shifted = x - spread(_largest(x, axes, finite), x.shape)
    return shifted, ops.exp(shifted)


@_records
def softmax(x: Any, axis: Any = None) -> Array:
    value = _inexact(x)
    axes = reduced_axes(axis, len(value.shape))
    _, powers = _exponentials(value, axes, False)
    return wrap(powers / reduce(ops.sum_, powers, axes, True))


@_records
def log_softmax(x: Any, axis: Any = None) -> Array:
    value = _inexact(x)
    axes = reduced_axes(axis, len(value.shape))
    shifted, powers = _exponentials(value, axes, True)
    total = ops.log(reduce(ops.sum_, powers, axes, True))
    return wrap(shifted - spread(total, value.shape))


@_records
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Array:
    if return_sign:
        raise unsupported("scipy.special.logsumexp(return_sign=)")
    value = _inexact(a)
    weights = None
    if b is not None:
        dtype = promote(a, b)
        dtype = dtype if dtype.kind == "f" else F64
        value, weights = cast(value, dtype), as_value(b, dtype)
        shape = broadcast_shapes("logsumexp", value.shape, weights.shape)
        value, weights = spread(value, shape), spread(weights, shape)
        # Where the weight is 0, nothing is large.
        value = ops.where(ops.eq(weights, 0.0), -np.inf, value)
    axes = reduced_axes(axis, len(value.shape))
    if not count_of(value.shape, axes):
        nothing = const(-np.inf, value.dtype)
        return wrap(drop(spread(nothing, kept_shape(value.shape, axes)), axes, keepdims))
    most = _largest(value, axes, True)
    powers = ops.exp(value - spread(most, value.shape))
    powers = powers if weights is None else weights * powers
    y = ops.log(reduce(ops.sum_, powers, axes, True)) + most
    return wrap(drop(y, axes, keepdims))
