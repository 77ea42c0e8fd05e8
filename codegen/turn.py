"""Buffers that change places at the end of a region, instead of arrays that are copied.

``a, b = b, a`` and a step that computes a whole new array leave their outputs in other buffers
than the next iteration reads. If no two outputs are in one buffer, the pointers are turned.
"""

from __future__ import annotations

from ..ir.ops.control import UNBOUNDED
from .place import Placement
from .scope import Carry


def turn(placement: Placement, left: list[Carry]) -> list[Carry]:
    """Notes the turns for some of the carries that are ``left``; returns the others."""
    carries = placement.scope.carries or ()
    taken = {placement.owner(carry.output) for carry in carries if carry not in left}
    turning = []
    for carry in left:
        home = placement.owner(carry.output)
        if _whole(placement, carry) and home not in taken:
            turning.append(carry)
            taken.add(home)
    changed = True
    while changed:
        changed = False
        homes = {placement.owner(carry.output): carry for carry in turning}
        for carry in left:
            if carry in turning or carry.place not in homes:
                continue
            # It would be written over an array that another output is.
            turning.remove(homes[carry.place])
            if not placement.stored(carry.output):
                placement.mark(carry.output)
            changed = True
            break
    _note(placement, turning)
    return [carry for carry in left if carry not in turning]


def _whole(placement: Placement, carry: Carry) -> bool:
    """Whether the output is all of a buffer that belongs to the region."""
    value, home = carry.output, placement.owner(carry.output)
    if value.type != carry.place.type or value in placement.overwritten:
        return False
    if value.shape[0] == UNBOUNDED:
        return False
    own = home in placement.places or (home in placement.position and home not in placement.done)
    return own and (value in placement.position or value in placement.places)


def _note(placement: Placement, turning: list[Carry]) -> None:
    homes = [placement.owner(carry.output) for carry in turning]
    places = [carry.place for carry in turning]
    placement.turns = list(zip(homes, places, strict=True))
    fresh = [home for home in homes if home not in places]
    freed = [place for place in places if place not in homes]
    placement.turns += zip(freed, fresh, strict=True)
