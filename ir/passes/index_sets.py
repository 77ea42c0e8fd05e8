"""Sets of indices by number: which elements of the inputs an element of a value depends on.

A value has an array of such numbers, one for each element. So moving elements moves numbers, by
the op's own reference, and only arithmetic makes new sets. Equal sets have the same number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

EMPTY, FULL = 0, 1

LIMIT = 1 << 25
"""Indices that are kept in all sets together; a union that would exceed it is `FULL`."""

_CHUNK = 1 << 22
"""Indices that are sorted at once."""


class IndexSets:
    """Sets of the numbers below ``size``."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.work = 0  # elements and members that were looked at
        self._kept = 0
        self._pairs: dict[tuple[int, int], int] = {}
        every = np.arange(size, dtype=np.int32)
        self._sets = [every[:0], every]
        self._lengths = np.array([0, size])
        self._numbers = {s.tobytes(): n for n, s in reversed(list(enumerate(self._sets)))}

    def __getitem__(self, number: int) -> np.ndarray:
        return self._sets[number]

    def singles(self) -> np.ndarray:
        """The set of each number alone."""
        return self._numbered(np.arange(self.size), np.ones(self.size, np.intp))

    def lengths(self, ids: np.ndarray) -> np.ndarray:
        if len(self._lengths) < len(self._sets):
            new = [len(s) for s in self._sets[len(self._lengths) :]]
            self._lengths = np.concatenate([self._lengths, np.array(new, np.intp)])
        found: np.ndarray = self._lengths[ids]
        return found

    def members(self, ids: np.ndarray) -> np.ndarray:
        """The members of all these sets, one set behind the other."""
        if not len(ids):
            return self._sets[EMPTY]
        return np.concatenate([self._sets[n] for n in ids.tolist()])

    # --- unions -----------------------------------------------------------------------------------

    def union(self, ids: Any) -> int:
        """The union of all sets of an array of numbers."""
        found = np.unique(np.asarray(ids, np.int64))
        return int(self.grouped(np.zeros(len(found), np.intp), found, 1)[0])

    def over(self, ids: np.ndarray, axes: Sequence[int]) -> np.ndarray:
        """The unions over axes."""
        rest = [axis for axis in range(ids.ndim) if axis not in axes]
        shape = tuple(ids.shape[axis] for axis in rest)
        count, times = math.prod(shape), math.prod(ids.shape[axis] for axis in axes)
        members = ids.transpose(*rest, *axes).reshape(count * times)
        groups = np.repeat(np.arange(count), times)
        return self.grouped(groups, members, count).reshape(shape)

    def pairwise(self, parts: Sequence[Any]) -> np.ndarray:
        """The union of sets at the same place of arrays, which broadcast."""
        found: np.ndarray = np.asarray(parts[0])
        for part in parts[1:]:
            x, z = found, np.asarray(part)
            if x.shape != z.shape:
                x, z = np.broadcast_arrays(x, z)
            if x.size == 1:
                found = np.full(x.shape, self._pair(x.item(), z.item()))
            else:
                found = self._both(x.ravel(), z.ravel()).reshape(x.shape)
        return found

    def _pair(self, x: int, z: int) -> int:
        """The union of two sets; loops ask for the same ones again and again."""
        if x == z or z == EMPTY:
            return x
        if x == EMPTY:
            return z
        pair = (x, z) if x < z else (z, x)
        if pair not in self._pairs:
            self._pairs[pair] = self.union(pair)
        return self._pairs[pair]

    def _both(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        self.work += len(x)
        found = np.where(x == EMPTY, z, x)
        found[(x == FULL) | (z == FULL)] = FULL
        rest = np.flatnonzero((x != EMPTY) & (z != EMPTY) & (found != FULL) & (x != z))
        if len(rest):
            first, second = x[rest], z[rest]
            low, high = np.minimum(first, second), np.maximum(first, second)
            pairs, inverse = np.unique(low * len(self._sets) + high, return_inverse=True)
            members = np.stack(np.divmod(pairs, len(self._sets)), axis=1)
            owners = np.repeat(np.arange(len(pairs)), 2)
            found[rest] = self.grouped(owners, members.ravel(), len(pairs))[inverse]
        return found

    def grouped(self, groups: np.ndarray, ids: np.ndarray, count: int) -> np.ndarray:
        """For each group below ``count`` the union of the sets that belong to it."""
        self.work += len(ids)
        found = np.full(count, EMPTY, np.int64)
        wanted = ids != EMPTY
        keys = _sorted(groups[wanted].astype(np.int64) * len(self._sets) + ids[wanted])
        groups, ids = np.divmod(keys, len(self._sets))
        full = groups[ids == FULL]
        times = np.bincount(groups, minlength=count)
        alone = times[groups] == 1
        found[groups[alone]] = ids[alone]
        found[full] = FULL
        rest = ~alone & (found[groups] != FULL)
        groups, ids = groups[rest], ids[rest]
        if len(groups):
            self._unite(groups, ids, found)
        return found

    def _unite(self, groups: np.ndarray, ids: np.ndarray, found: np.ndarray) -> None:
        """``grouped``, for groups in ascending order that have several sets each."""
        if self._kept > LIMIT:
            found[groups] = FULL
            return
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        ends = np.append(starts[1:], len(groups))
        totals = np.add.reduceat(self.lengths(ids), starts)
        self.work += int(totals.sum())
        at = 0
        while at < len(starts):
            # As many groups as fit into a chunk, at least one.
            fits = int(np.searchsorted(np.cumsum(totals[at:]), _CHUNK, side="right"))
            to = at + max(fits, 1)
            mine = slice(starts[at], ends[to - 1])
            owners = groups[starts[at:to]]
            found[owners] = self._united(groups[mine], ids[mine], owners)
            at = to

    def _united(self, groups: np.ndarray, ids: np.ndarray, owners: np.ndarray) -> np.ndarray:
        if len(owners) == 1:
            mark = np.zeros(self.size, bool)
            for n in ids.tolist():
                mark[self._sets[n]] = True
            members = np.flatnonzero(mark)
            return self._numbered(members, np.array([len(members)]))
        rows = np.repeat(np.searchsorted(owners, groups), self.lengths(ids))
        keys = _sorted(rows * self.size + self.members(ids))
        rows, members = np.divmod(keys, self.size)
        return self._numbered(members, np.bincount(rows, minlength=len(owners)))

    def _numbered(self, members: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """The numbers of sets whose sorted members lie one behind the other."""
        members = members.astype(np.int32)
        whole, ends = members.tobytes(), np.cumsum(lengths).tolist()
        numbers, sets, at = self._numbers, self._sets, 0
        found = np.empty(len(ends), np.int64)
        for n, end in enumerate(ends):
            key = whole[4 * at : 4 * end]
            number = numbers.get(key)
            if number is None:
                number = FULL
                self._kept += end - at
                if self._kept <= LIMIT:
                    number = numbers[key] = len(sets)
                    sets.append(np.frombuffer(key, np.int32))
            found[n] = number
            at = end
        return found


def _sorted(keys: np.ndarray) -> np.ndarray:
    """Each key once. They come in runs, which a stable sort merges: quicker than `np.unique`."""
    keys.sort(kind="stable")
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first]
