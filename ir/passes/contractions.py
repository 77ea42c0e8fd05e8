"""Sets of indices (`index_sets`) in a contraction: what its elements depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ops.contract import split_spec
from .index_sets import EMPTY, IndexSets

PAIRS = 1 << 22
"""Products in a contraction that are looked at one by one, for factors that are zero."""


@dataclass(frozen=True, slots=True)
class Factor:
    """``ids``: the sets of its elements; ``moves``: whether there are any; ``zeros``: the elements
    that are surely zero, if some are known."""

    ids: np.ndarray
    moves: bool
    zeros: np.ndarray | None


def contracted(
    sets: IndexSets, factors: list[Factor], spec: str, shape: tuple[int, ...]
) -> tuple[np.ndarray, list[int]]:
    """The sets of a contraction, and the factors whose zeros made them smaller."""
    left, right, result = split_spec(spec)
    given = [factor.ids for factor in factors]
    sizes = dict(zip(left + right, given[0].shape + given[1].shape, strict=True))
    parts: list[Any] = [EMPTY]
    seen = []
    for x, mine, z, other in ((0, left, 1, right), (1, right, 0, left)):
        if not factors[x].moves:
            continue
        zeros = factors[z].zeros
        if zeros is not None and zeros.any():
            nonzero = ~np.broadcast_to(zeros, given[z].shape)
            free = math.prod(sizes[i] for i in mine if i not in other)
            if np.count_nonzero(nonzero) * free <= PAIRS:
                seen.append(z)
                parts.append(_one_by_one(sets, given[x], mine, nonzero, other, result, sizes))
                continue
        parts.append(_all_together(sets, given[x], mine, result))
    return np.broadcast_to(sets.pairwise(parts), shape), seen


def _all_together(sets: IndexSets, ids: np.ndarray, mine: str, result: str) -> np.ndarray:
    """The sets by one factor, where the other one is zero nowhere."""
    found = sets.over(ids, [axis for axis, i in enumerate(mine) if i not in result])
    kept = [i for i in mine if i in result]
    found = found.transpose([kept.index(i) for i in result if i in kept])
    return found[tuple(slice(None) if i in kept else None for i in result)]


def _one_by_one(
    sets: IndexSets,
    ids: np.ndarray,
    mine: str,
    nonzero: np.ndarray,
    other: str,
    result: str,
    sizes: Mapping[str, int],
) -> np.ndarray:
    """The same, of the products alone whose other factor is not zero."""
    places = dict(zip(other, np.argwhere(nonzero).T, strict=True))
    free = [i for i in mine if i not in other]
    count, times = int(np.count_nonzero(nonzero)), math.prod(sizes[i] for i in free)
    grid = np.indices([sizes[i] for i in free]).reshape(len(free), times)
    at = {i: np.repeat(place, times) for i, place in places.items()}
    at |= {i: np.tile(line, count) for i, line in zip(free, grid, strict=True)}
    shape = tuple(sizes[i] for i in result)
    groups = np.zeros(count * times, np.int64)
    for i in result:
        groups = groups * sizes[i] + at[i]
    members = np.broadcast_to(ids[tuple(at[i] for i in mine)], groups.shape)
    return sets.grouped(groups, members, math.prod(shape)).reshape(shape)
