"""Dtypes: which are supported, and NumPy 2's promotion with weak Python scalars (NEP 50)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..ir.types import NAME_OF_DTYPE
from .core import ArrayCore
from .errors import error

WEAK_DTYPE: dict[type, np.dtype] = {
    complex: np.dtype(np.complex128),
    float: np.dtype(np.float64),
    int: np.dtype(np.int64),
    bool: np.dtype(np.bool_),
}
"""The dtype in which a Python scalar is computed."""


def check_dtype(dtype: Any, operation: str) -> np.dtype:
    """The dtype, in native byte order, or an error if no Value may have it."""
    native = _native(np.dtype(dtype))
    if native not in NAME_OF_DTYPE:
        raise error("dtype", operation=operation, dtype=native)
    return native


@functools.cache
def _native(dtype: np.dtype) -> np.dtype:
    # Aliases such as np.longlong compare equal to the canonical dtype but print differently.
    return np.dtype(dtype.newbyteorder("=").str)


def weak_of(x: object) -> type | None:
    """``float``, ``int``, ... where ``x`` is, or stands for, a Python scalar."""
    if isinstance(x, ArrayCore):
        return x.weak
    return type(x) if type(x) in WEAK_DTYPE else None


def dtype_of(x: object) -> np.dtype:
    """The dtype of an operand by itself; a Python scalar has NumPy's default one."""
    if isinstance(x, ArrayCore):
        return x.dtype
    if isinstance(x, list | tuple):
        return np.result_type(*[dtype_of(item) for item in x]) if x else WEAK_DTYPE[float]
    return np.asarray(x).dtype


def promote(*operands: object) -> np.dtype:
    """NumPy's ``result_type`` of arrays, lists, dtypes and (weak) scalars."""
    faces = [_face(x) for x in operands]
    return check_dtype(np.result_type(*faces), "promotion")


def _face(x: object) -> Any:
    """What NumPy's promotion is shown for an operand."""
    if isinstance(x, np.dtype):
        return x
    weak = weak_of(x)
    if weak is not None:
        return weak(0)
    if isinstance(x, type) or x is None:
        return np.dtype(x)
    return dtype_of(x)
