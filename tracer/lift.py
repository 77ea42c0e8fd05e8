"""``lift``: whatever may stand where NumPy takes an array, as one SSA Value."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.sizes import Size
from ..ir.types import I64
from .core import ArrayCore, Lazy
from .errors import error
from .join import join
from .promote import check_dtype, dtype_of


def lift(x: object, dtype: np.dtype | None = None) -> Value:
    """The Value of a number, NumPy scalar, ndarray, Array, or nested list of these.

    With ``dtype`` the result is cast as an assignment would; a Python integer that the dtype
    cannot hold is an OverflowError, as in NumPy.
    """
    if isinstance(x, Lazy):
        x = x.array()
    if isinstance(x, ArrayCore):
        return cast_array(x, x.dtype if dtype is None else check_dtype(dtype, "lift"))
    if isinstance(x, Size):
        return ops.const(x, dtype or I64)
    if has_proxy(x):
        wanted = check_dtype(dtype_of(x) if dtype is None else dtype, "array of a list")
        return _stack(x, wanted)
    array = np.asarray(x)
    if array.dtype.kind not in "fciubO":
        raise error("dtype", operation="array", dtype=array.dtype)
    if array.dtype.kind == "O" and not all(isinstance(item, int) for item in array.flat):
        raise error("not_array", operation="array", type=type(x).__name__)
    try:
        array = np.asarray(x, dtype)
    except OverflowError as problem:
        raise error("overflow", text=problem) from None
    except TypeError as problem:  # a Python complex number as a float
        raise error("type", text=problem) from None
    return ops.const(array.astype(check_dtype(array.dtype, "array"), copy=False))


def cast_array(x: ArrayCore, dtype: np.dtype) -> Value:
    """The value of an array in another dtype; a weak int must fit into it."""
    value = x.value
    if dtype == value.dtype:
        return value
    if x.weak is int and dtype.kind in "iu" and not _fits(x, dtype):
        text = f"Python integer {_known(x)} out of bounds for {dtype}"
        raise error("overflow", text=text)
    if value.dtype.kind == "c" and dtype.kind not in "cb":
        if x.weak is complex:
            text = f"{_PYTHON_NAME[dtype.kind]} argument must be a real number, not 'complex'"
            raise error("type", text=text)
        text = "Casting complex values to real discards the imaginary part"
        warnings.warn(text, np.exceptions.ComplexWarning, stacklevel=2)
        value = ops.real(value)
        return value if value.dtype == dtype else ops.cast(value, dtype=dtype)
    return ops.cast(value, dtype=dtype)


_PYTHON_NAME = {"f": "float()", "i": "int()", "u": "int()"}


def _known(x: ArrayCore) -> Any:
    return x.storage.trace.concrete(x.value).item()


def _fits(x: ArrayCore, dtype: np.dtype) -> bool:
    """Whether a weak int lies within the dtype; guarded, since another call may bring more."""
    limits = np.iinfo(dtype)
    low, high = int(limits.min), min(int(limits.max), 2**63 - 1)
    value, decide = x.value, x.storage.trace.decide
    reason = f"a Python integer fits into {dtype}"
    fits = ops.logical_and(ops.ge(value, low), ops.le(value, high))
    return bool(decide(fits, reason))


def has_proxy(x: object) -> bool:
    """Whether a recorded array is ``x`` or stands somewhere in its lists."""
    if isinstance(x, list | tuple):
        return any(has_proxy(item) for item in x)
    return isinstance(x, ArrayCore | Lazy | Size)


def _stack(x: Any, dtype: np.dtype) -> Value:
    """A nested list as an array: its items written one by one into a new array."""
    if not isinstance(x, list | tuple):
        return lift(x, dtype)
    items = [_stack(item, dtype) for item in x]
    shapes = {item.shape for item in items}
    if len(shapes) > 1:
        text = (
            "setting an array element with a sequence. The requested array has an inhomogeneous"
            f" shape: the items have shapes {', '.join(map(str, sorted(shapes)))}"
        )
        raise error("value", text=text)
    (inner,) = shapes
    return join([ops.reshape(item, shape=(1, *inner)) for item in items], 0)
