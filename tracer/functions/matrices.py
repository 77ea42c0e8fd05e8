"""What the functions of linear algebra share: operands, results, and the errors of both."""

from __future__ import annotations

import dis
import sys
from types import FrameType
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import Op
from ...ir.ops.matrices import diagonal
from ...ir.types import F32, F64, Affine, part_dtype
from ..array import Array, wrap
from ..current import current_trace
from ..errors import AdjitError, error, is_ours, unsupported, user_line
from ..layout import Ints
from ..regions import innermost
from ..regions import refuse as refuse_region
from .common import as_array, cast

NOT_CONVERGED = "Eigenvalues did not converge"
SVD_FAILED = "SVD did not converge"
SINGULAR = "Singular matrix"

_RECORDER = __name__.replace("functions.matrices", "record")
"""The module that calls the function which is recorded."""


def located(message: str) -> str:
    """The message of an error at run time, with the user's line."""
    return f"{user_line()}: {message}"


def without_failure(op: Op, *args: Value, message: str, **attrs: Any) -> Value:
    """An op that may have no result, which is an error of the call.

    Where a ``try`` of the user's stands around, whether there is a result is decided as it is
    recorded, so that the error can be handled: another path.
    """
    trace = current_trace()
    if trace is None or not is_in_try():
        return op(*args, where=located(message), **attrs)
    if innermost(trace) is not None:
        refuse_region(trace, f"a handler of errors around {op.name}")
    y = op(*args, where="", **attrs)
    if not trace.decide(_has_result(op, y), f"{op.name} has a result"):
        raise lin_alg_error(message)
    return y


def _has_result(op: Op, y: Value) -> Value:
    """Whether there is no failure in the whole batch; results that do not exist are NaN."""
    if op is ops.solve:
        proper = ops.ne(ops.det_sign(y.args[0]), 0.0)
    elif op is ops.triangular_solve:
        proper = ops.ne(diagonal(y.args[0]), 0.0)
    else:
        proper = ops.eq(y, y)
    return ops.all_(proper, axes=tuple(range(len(proper.shape))))


def is_in_try() -> bool:
    """Whether a ``try`` or ``with`` of recorded code is open, which may handle an error."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != _RECORDER:
        if not is_ours(frame.f_code.co_filename) and _is_protected(frame):
            return True
        frame = frame.f_back
    return False


def _is_protected(frame: FrameType) -> bool:
    """Whether an entry of the exception table covers the call that a frame waits for."""
    table = dis._parse_exception_table(frame.f_code)  # type: ignore[attr-defined]
    return any(entry.start <= frame.f_lasti < entry.end for entry in table)


def lin_alg_error(text: str) -> AdjitError:
    return error("linalg", text=text)


REAL, ANY = "fiub", "fiubc"
"""Kinds of numbers."""


def known_sizes(x: Array, kinds: str = REAL) -> Array:
    """``x``; inside a loop that is recorded once, its sizes must not depend on the iteration."""
    if x.dtype.kind not in kinds:
        raise unsupported(f"linear algebra of {x.dtype}")
    trace = current_trace()
    if trace is not None and any(isinstance(dim, Affine) for dim in x.shape):
        if innermost(trace) is not None:
            refuse_region(trace, "linear algebra with matrices of changing sizes")
        raise error("value", text="linear algebra needs matrices of known sizes")
    return x


def stacked(x: Any, square: bool = False, kinds: str = REAL) -> Array:
    """An operand of at least two dimensions."""
    array = known_sizes(as_array(x), kinds)
    if array.ndim < 2:
        text = f"{array.ndim}-dimensional array given. Array must be at least two-dimensional"
        raise lin_alg_error(text)
    if square and array.shape[-1] != array.shape[-2]:
        raise lin_alg_error("Last 2 dimensions of the array must be square")
    return array


def common_dtype(*arrays: Array) -> np.dtype:
    """Of real results: f32 where all operands have it. NumPy computes in f64 all the same."""
    return F32 if all(part_dtype(x.dtype) == F32 for x in arrays) else F64


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
