"""Lists that a loop fills: each iteration appends the same number of items of the same kinds.

What is appended becomes the row of an array, and the list holds views of its rows afterwards.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir import ops
from ..ir.graph import Value
from ..ir.op import placeholder
from ..ir.types import Affine, ArrayType
from .array import Array
from .containers import flatten, rebuild
from .core import ArrayCore, Storage
from .current import current_trace
from .regions import RegionBlock
from .state import Kind, kind_of
from .views import Region, Reshaped

Appended = Sequence[tuple[list[Any], list[Any]]]


@dataclass(frozen=True, slots=True)
class Filled:
    """The rows of one leaf of one appended item."""

    kind: Kind
    type: ArrayType
    entered: Value
    out: Value

    def first(self) -> Value:
        return ops.empty(shape=self.type.shape, dtype=self.type.dtype)


def rows_of(
    appended: Appended, region: RegionBlock, at: Affine, count: int, later: Container[int]
) -> list[Filled] | None:
    """What to carry for the lists; None where an item is more than a value.

    ``later``: the storages (by identity) that another iteration may write to.
    """
    found: list[Filled] = []
    for _, items in appended:
        for leaf in flatten(items)[0]:
            kind = kind_of(leaf)
            if kind is None or not all(isinstance(dim, int) for dim in kind.shape):
                return None
            is_array = isinstance(leaf, ArrayCore) and not kind.scalar
            if is_array and (id(leaf.storage) in later or not _is_own(leaf, region)):
                return None
            type = ArrayType(kind.dtype, (count, *kind.shape))
            entered = placeholder("rows", type)
            row = ops.reshape(kind.lift(leaf), shape=(1, *kind.shape))
            start = (at, *[0] * len(kind.shape))
            out = ops.update(entered, row, start=start, step=(1,) * len(start))
            found.append(Filled(kind, type, entered, out))
    return found


def _is_own(leaf: ArrayCore, region: RegionBlock) -> bool:
    """Whether an array was made in this iteration, and only this one can change it."""
    return leaf.storage.block is region and not leaf.steps and not leaf.storage.version


def storages_of(appended: Appended) -> set[int]:
    """The arrays that are appended, by identity of their storage."""
    leaves = [leaf for _, items in appended for leaf in flatten(items)[0]]
    return {id(leaf.storage) for leaf in leaves if isinstance(leaf, ArrayCore)}


def fill(
    appended: Appended, filled: Sequence[Filled], results: Sequence[Value], where: str
) -> None:
    """Puts the rows into the lists. Writing to one is an error: a variable may share the last."""
    trace = current_trace()
    assert trace is not None
    rest = list(zip(filled, results, strict=True))
    for container, items in appended:
        structures = [flatten(item)[1] for item in items]
        columns = []
        for structure in structures:
            count = structure.leaves
            column = [(rows, Storage(trace, trace.block, y)) for rows, y in rest[:count]]
            for _, storage in column:
                storage.doubt = where
            columns.append(column)
            rest = rest[count:]
        length: Any = columns[0][0][0].type.shape[0] if columns and columns[0] else 0
        for t in range(length):
            for structure, column in zip(structures, columns, strict=True):
                leaves = [_row(storage, rows.kind, t) for rows, storage in column]
                container.append(rebuild(structure, leaves))


def _row(storage: Storage, kind: Kind, t: int) -> Array:
    shape: Any = kind.shape
    size = (1, *shape)
    region = Region((t, *[0] * len(shape)), (1,) * len(size), size)
    bound = 1 if kind.weak is bool else None
    steps = (region, Reshaped(size, shape))
    return Array(storage, steps, shape, kind.layout, kind.weak, bound, kind.scalar, False)
