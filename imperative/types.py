"""What is known of an array before it has been computed."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np


class Type:
    """dtype and shape; ``weak``: the Python type of a number whose dtype gives way to others'.

    There is one object for each, made by :func:`type_of`: Types are compared by identity.
    """

    __slots__ = ("differentiable", "dtype", "shape", "size", "weak")

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...], weak: type | None) -> None:
        self.dtype = dtype
        self.shape = shape
        self.weak = weak
        self.size = prod(shape)
        self.differentiable = dtype.kind in "fc"

    def __repr__(self) -> str:
        return self.weak.__name__ if self.weak else f"{self.dtype}{list(self.shape)}"

    def sample(self) -> Any:
        """A value of this type, for those who look at types only; an int is an index of all."""
        if self.weak:
            return 0 if self.weak is int else self.weak(1)
        return np.ones(self.shape, self.dtype)


_types: dict[tuple[np.dtype, tuple[int, ...], type | None], Type] = {}


def type_of(dtype: np.dtype, shape: tuple[int, ...], weak: type | None = None) -> Type:
    found = _types.get((dtype, shape, weak))
    if found is None:
        found = _types.setdefault((dtype, shape, weak), Type(dtype, shape, weak))
    return found
