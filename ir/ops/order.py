"""Order of elements: sorting and searching. The results are integers, so without derivatives.

NaN is the greatest number, as NumPy has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import IRError
from ..op import Op, register
from ..types import I64, ArrayType


def _argsort_type(x: ArrayType) -> ArrayType:
    if not x.rank:
        raise IRError("argsort takes an array with an axis")
    if x.dtype.kind == "c":
        raise IRError(f"complex numbers are not sorted: {x}")
    return ArrayType(I64, (2, *x.ints))


def _argsort_reference(x: Any) -> Any:
    order = np.argsort(x, axis=-1, kind="stable")
    places = np.broadcast_to(np.arange(x.shape[-1]), x.shape)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, places, axis=-1)
    return np.stack([order, ranks])


argsort = register(
    Op(
        "argsort",
        "leaf",
        _argsort_type,
        _argsort_reference,
        doc="Along the last axis: which element comes first, second, ..., equal ones in their"
        " order (row 0), and which place each element gets (row 1).",
    )
)


def _searchsorted_type(x: ArrayType, v: ArrayType, side: str) -> ArrayType:
    if x.dtype.kind == "c":
        raise IRError(f"complex numbers are not sorted: {x}")
    known = len(x.ints) == 1 and v.rank and x.dtype == v.dtype
    if not known or side not in ("left", "right"):
        raise IRError(f"searchsorted({side}) takes two arrays, the first a vector, not {x}, {v}")
    return ArrayType(I64, v.ints)


searchsorted = register(
    Op(
        "searchsorted",
        "leaf",
        _searchsorted_type,
        lambda x, v, side: np.searchsorted(x, v, side),
        doc="The place in a sorted vector for each number: before (``left``) or behind"
        " (``right``) those equal to it.",
    )
)
