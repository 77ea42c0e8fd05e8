"""What the functions of linear algebra share: operands, results, and the errors of both."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.types import F32, F64, Affine
from ..array import Array, wrap
from ..current import current_trace
from ..errors import AdjitError, error, unsupported, user_line
from ..layout import Ints
from ..regions import innermost
from ..regions import refuse as refuse_region
from .common import as_array, cast

NOT_CONVERGED = "Eigenvalues did not converge"
SVD_FAILED = "SVD did not converge"
SINGULAR = "Singular matrix"


def located(message: str) -> str:
    """The message of an error at run time, with the user's line."""
    return f"{user_line()}: {message}"


def lin_alg_error(text: str) -> AdjitError:
    return error("linalg", text=text)


def known_sizes(x: Array) -> Array:
    """``x``; inside a loop that is recorded once, its sizes must not depend on the iteration."""
    if x.dtype.kind not in "fiub":
        raise unsupported(f"linear algebra of {x.dtype}")
    trace = current_trace()
    if trace is not None and any(isinstance(dim, Affine) for dim in x.shape):
        if innermost(trace) is not None:
            refuse_region(trace, "linear algebra with matrices of changing sizes")
        raise error("value", text="linear algebra needs matrices of known sizes")
    return x


def stacked(x: Any, square: bool = False) -> Array:
    """An operand of at least two dimensions."""
    array = known_sizes(as_array(x))
    if array.ndim < 2:
        text = f"{array.ndim}-dimensional array given. Array must be at least two-dimensional"
        raise lin_alg_error(text)
    if square and array.shape[-1] != array.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    return array


def common_dtype(*arrays: Array) -> np.dtype:
    """Of results: f32 where all operands have it. NumPy computes in f64 all the same."""
    return F32 if all(x.dtype == F32 for x in arrays) else F64


def wide(x: Array) -> Value:
    return cast(x.value, F64)


def result(value: Value, dtype: np.dtype) -> Array:
    return wrap(cast(value, dtype))


def spread_batch(value: Value, batch: Ints, core: int = 2) -> Value:
    """The value with its batch, what comes before ``core`` axes, broadcast."""
    shape = (*batch, *value.shape[len(value.shape) - core :])
    return value if value.shape == shape else ops.broadcast(value, shape=shape)


def turned(value: Value) -> Value:
    rank = len(value.shape)
    return ops.transpose(value, perm=(*range(rank - 2), rank - 1, rank - 2))
