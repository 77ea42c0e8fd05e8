"""``x.flat``: the elements of an array in C order, read and written through."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from ..ir import ops
from ..ir.types import I64
from . import advanced, indexing
from .core import ArrayCore, Lazy
from .lift import lift

if TYPE_CHECKING:
    from .array import Array


class Flat(Lazy):
    """What reading gives is a copy; an assignment repeats its values, as NumPy's does."""

    __slots__ = ("base",)

    def __init__(self, x: Any) -> None:
        self.base = x

    def array(self) -> Array:
        return self.copy()

    def __len__(self) -> int:
        return int(self.base.size)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.copy())

    def copy(self) -> Array:
        from .array import wrap

        return wrap(ops.reshape(self.base.value, shape=(len(self),)), scalar=False)

    def __getitem__(self, index: object) -> Array:
        return indexing.read(self.copy(), _plain(index))

    def __setitem__(self, index: object, source: object) -> None:
        from .array import wrap
        from .functions.selection import at_flat, repeated

        places = indexing.read(wrap(ops.iota(size=len(self), dtype=I64)), _plain(index))
        wanted = ops.reshape(places.value, shape=(prod(places.shape),))
        if wanted.shape == (0,):
            return
        values = repeated(lift(source, self.base.dtype), wanted.shape[0])
        advanced.write(at_flat(self.base, wanted), values)


def _plain(index: object) -> object:
    """NumPy's flat iterators take one index only."""
    if isinstance(index, tuple) and len(index) == 1:
        return index[0]
    return index if not isinstance(index, ArrayCore) or index.shape else int(index)
