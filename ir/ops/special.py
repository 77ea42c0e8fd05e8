"""Pointwise special functions: SciPy's are the reference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import IRError, NoDerivative
from ..graph import Value
from ..op import Op, pointwise
from ..types import ArrayType
from .pointwise import exp
from .scalar import elementary, scipy


def _gauss(x: Value) -> Value:
    """The derivative of erf."""
    return (2.0 / math.sqrt(math.pi)) * exp(-(x * x))


erf = pointwise("erf", scipy("erf"), lambda x, y: _gauss(x), lower=elementary("erf"))
erfc = pointwise("erfc", scipy("erfc"), lambda x, y: -_gauss(x), lower=elementary("erfc"))
lgamma: Op = pointwise(
    "lgamma",
    scipy("gammaln"),
    lambda x, y: digamma(x),
    singular=True,
    lower=elementary("lgamma"),
    domain=(0.3, 4.0),
    doc="log |gamma(x)|.",
)
digamma: Op = pointwise(
    "digamma",
    scipy("digamma"),
    lambda x, y: polygamma(x),
    singular=True,
    lower=elementary("digamma"),
    domain=(0.3, 4.0),
)

HIGHEST_ORDER = 6
"""Derivatives of digamma beyond this one are errors."""


def _polygamma_type(x: ArrayType, order: int = 1) -> ArrayType:
    if x.dtype.kind != "f":
        raise IRError(f"polygamma is not defined for {x.dtype}")
    if not 1 <= order <= HIGHEST_ORDER:
        raise IRError(f"polygamma of order {order} is not known")
    return x


def _polygamma_reference(x: Any, order: int = 1) -> Any:
    return np.asarray(scipy("polygamma")(order, x)).astype(np.asarray(x).dtype)


def _next_order(x: Value, y: Value) -> Value:
    order = dict(y.attrs).get("order", 1) + 1
    if order > HIGHEST_ORDER:
        raise NoDerivative(f"digamma's derivatives are known to order {HIGHEST_ORDER}")
    return polygamma(x, order=order)


polygamma: Op = pointwise(
    "polygamma",
    _polygamma_reference,
    _next_order,
    singular=True,
    lower=lambda e, x, order=1: e.elementary(f"polygamma{order}", x),
    infer=_polygamma_type,
    domain=(0.3, 4.0),
    doc="The derivative of digamma, the first one unless `order` says otherwise.",
)
