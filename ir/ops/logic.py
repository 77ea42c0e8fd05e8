"""Pointwise choices, comparisons and logic.

A choice between its arguments has a Masked partial derivative: what was not chosen contributes
exactly zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Masked, Op, const, pointwise
from ..types import BOOL, ArrayType, broadcast_shapes
from .scalar import compare, inst, quiet

# --- choices --------------------------------------------------------------------------------


def _pick(
    better: Callable[..., Value], mine: int
) -> Callable[[Value, Value, Value], Value | Masked]:
    """The partial of a maximum or minimum: all to the winner, a tie is shared evenly."""

    def partial(x: Value, z: Value, y: Value) -> Masked:
        this, other = (x, z) if mine == 0 else (z, x)
        share = where(eq(x, z), const(0.5, y.dtype), 1.0)
        return Masked(share, better(this, other))

    return partial


maximum = pointwise(
    "maximum",
    quiet(np.maximum),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(x)), 0),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(x)), 1),
    lower=lambda e, x, z: e.extremum("max", x, z, nan=True),
    kinds="fiub",
    doc="NaN wins. A tie shares the cotangent evenly.",
)
minimum = pointwise(
    "minimum",
    quiet(np.minimum),
    _pick(lambda x, z: logical_or(le(x, z), isnan(x)), 0),
    _pick(lambda x, z: logical_or(le(x, z), isnan(x)), 1),
    lower=lambda e, x, z: e.extremum("min", x, z, nan=True),
    kinds="fiub",
    doc="NaN wins. A tie shares the cotangent evenly.",
)
fmax = pointwise(
    "fmax",
    quiet(np.fmax),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(z)), 0),
    _pick(lambda x, z: logical_or(ge(x, z), isnan(z)), 1),
    lower=lambda e, x, z: e.extremum("max", x, z, nan=False),
    doc="NaN loses. A tie shares the cotangent evenly.",
)
fmin = pointwise(
    "fmin",
    quiet(np.fmin),
    _pick(lambda x, z: logical_or(le(x, z), isnan(z)), 0),
    _pick(lambda x, z: logical_or(le(x, z), isnan(z)), 1),
    lower=lambda e, x, z: e.extremum("min", x, z, nan=False),
    doc="NaN loses. A tie shares the cotangent evenly.",
)


def _where_type(c: ArrayType, x: ArrayType, y: ArrayType) -> ArrayType:
    if c.dtype != BOOL or x.dtype != y.dtype:
        raise IRError(f"where takes a bool and two of one dtype, not {c}, {x}, {y}")
    return ArrayType(x.dtype, broadcast_shapes(c.shape, x.shape, y.shape))


_where = pointwise(
    "where",
    np.where,
    None,
    lambda c, x, z, y: Masked(1.0, c),
    lambda c, x, z, y: Masked(1.0, logical_not(c)),
    lower=lambda e, c, x, z: e.b.select(c, x, z),
    infer=_where_type,
    doc="The branch not taken contributes exactly zero to every derivative.",
)


def where(c: Value, x: Value | float, y: Value | float) -> Value:
    """``x`` where ``c``, else ``y``; a Python number takes the dtype of the other."""
    if not isinstance(x, Value):
        x = const(x, y.dtype if isinstance(y, Value) else None)
    if not isinstance(y, Value):
        y = const(y, x.dtype)
    return _where(c, x, y)


# --- comparisons and logic ------------------------------------------------------------------


def _comparison(name: str, reference: Callable[..., Any], symbol: str, kinds: str = "fiub") -> Op:
    return pointwise(name, reference, None, None, lower=compare(symbol), kinds=kinds, result=BOOL)


eq = _comparison("eq", np.equal, "==", kinds="fciub")
ne = _comparison("ne", np.not_equal, "!=", kinds="fciub")
lt = _comparison("lt", quiet(np.less), "<")
le: Op = _comparison("le", quiet(np.less_equal), "<=")
gt = _comparison("gt", quiet(np.greater), ">")
ge: Op = _comparison("ge", quiet(np.greater_equal), ">=")

logical_and = pointwise("logical_and", np.logical_and, None, None, lower=inst(b="and_"), kinds="b")
logical_or: Op = pointwise("logical_or", np.logical_or, None, None, lower=inst(b="or_"), kinds="b")
logical_not: Op = pointwise(
    "logical_not", np.logical_not, None, lower=lambda e, x: e.b.not_(x), kinds="b"
)
isnan: Op = pointwise(
    "isnan",
    np.isnan,
    None,
    lower=lambda e, x: e.b.fcmp_unordered("uno", x, x),
    result=BOOL,
    kinds="fc",
)
isinf = pointwise(
    "isinf",
    np.isinf,
    None,
    lower=lambda e, x: e.compare("==", e.intrinsic("fabs", x), e.number(x, math.inf)),
    result=BOOL,
    kinds="fc",
)
isfinite = pointwise(
    "isfinite",
    np.isfinite,
    None,
    lower=lambda e, x: e.compare("<", e.intrinsic("fabs", x), e.number(x, math.inf)),
    result=BOOL,
    kinds="fc",
)
