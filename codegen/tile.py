"""``tile``: which two loops of a nest are cut into blocks.

Where one array is read along the last loop and another, transposed, along an earlier one, no order
of the loops reads both as they lie. In square blocks the lines of the second stay in the cache
until all of their elements are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod

from ..ir.graph import Value
from ..ir.sizes import sample
from .access import Linear, identity, offset
from .cone import cone
from .schedule import Nest

BLOCK = 32
"""Iterations of either loop in a block."""

LINE = 8
"""Elements of a cache line: a stride from which on each element is in a line of its own."""

WORTH = 1 << 14
"""Iterations from which on the arrays are expected to leave the first cache."""


def tile(nest: Nest, stored: Callable[[Value], bool], written: Iterable[Linear]) -> int | None:
    """The loop that is cut into blocks together with the last one, if there is any.

    ``written``: where the stores of the nest write.
    """
    sizes = [sample(dim) for dim in nest.domain if isinstance(dim, int)]
    if len(sizes) < max(2, len(nest.domain)) or sizes[-1] < 2 * BLOCK or prod(sizes) < WORTH:
        return None
    for form in (*written, *_read(nest, stored)):
        coefficients = form[1]
        if len(coefficients) == len(sizes) and abs(sample(coefficients[-1])) >= LINE:
            for axis, c in enumerate(coefficients[:-1]):
                if abs(sample(c)) == 1 and sizes[axis] >= BLOCK:
                    return axis
    return None


def _read(nest: Nest, stored: Callable[[Value], bool]) -> Iterable[Linear]:
    for store in nest.stores:
        index = identity(store.expr.shape)
        for _, form, _ in cone(store.expr, index, stored, store.kind == "store").loads:
            yield form
        if store.kind in ("store", "init"):
            yield offset(index, store.value.shape)
