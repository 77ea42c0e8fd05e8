"""``x.flat``: the elements of an array one after the other, in C order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import arrays, writes
from .indices import plain_index

if TYPE_CHECKING:
    from .arrays import Array


class Flat:
    """Reads copies of elements, and writes elements, as ``numpy.flatiter`` does."""

    def __init__(self, base: Array) -> None:
        self.base = base

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.copy())

    def copy(self) -> Array:
        """The elements as an array of their own."""
        found: Array = self.base.flatten()
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.copy().__array__(dtype, copy)

    def __getitem__(self, index: Any) -> Any:
        found = self.copy()[index]
        return found if found.base is None else found.copy()

    def __setitem__(self, index: Any, value: Any) -> None:
        """Values that are fewer than the elements are repeated, and what is too many is left."""
        writes.check(self.base)
        shape = self.base.shape
        positions = np.arange(self.base.size)[plain_index(index)]
        source = arrays.array(value).ravel()
        if not source.size or not positions.size:
            return
        if source.size not in (1, positions.size):
            source = source[np.arange(positions.size) % source.size]
        if not shape:
            self.base[...] = source[0]
        elif positions.ndim:
            self.base[np.unravel_index(positions, shape)] = source
        else:
            self.base[np.unravel_index(positions, shape)] = source[0]
