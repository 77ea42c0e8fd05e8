"""Arrays that a loop assigns to other names and also writes to in place.

Each carried array is an array of its own in the loop. That is what Python does only if no two
of them, and no other name, share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .array import Array
from .core import Storage
from .regions import RegionBlock


def left_behind(
    arrays: Sequence[tuple[Any, Array, Any]], region: RegionBlock
) -> list[Storage] | None:
    """The arrays from before the loop that other arrays are written in place of.

    ``arrays``: what each carried array was before the loop, what it is in it, and what it is
    after an iteration. None where sharing between them would be seen.
    """
    if not any(array.storage.version for _, array, _ in arrays):
        return []
    ends = [leaf.storage for _, _, leaf in arrays if isinstance(leaf, Array)]
    starts = [before.storage for before, _, _ in arrays if isinstance(before, Array)]
    views = any(x.steps for x, _, z in arrays for x in (x, z) if isinstance(x, Array))
    shared = len(set(map(id, ends))) < len(ends) or len(set(map(id, starts))) < len(starts)
    foreign = any(storage.block is not region for storage in ends)
    seen = any(storage in region.entries for storage in starts)
    if views or shared or foreign or seen:
        return None
    # An array goes on under the name that it has after the iteration, and is written under that.
    following = {
        id(leaf.storage): array.storage for _, array, leaf in arrays if isinstance(leaf, Array)
    }
    found = []
    for before, array, _ in arrays:
        storage, seen_here = array.storage, set()
        while not storage.version and id(storage) not in seen_here:
            seen_here.add(id(storage))
            storage = following.get(id(storage), storage)
        if storage.version and isinstance(before, Array):
            found.append(before.storage)
    return found
