"""Where the array outputs of a region end: in the buffers that the next iteration, or what
follows, reads.

Nothing is to be done for an output that is a version of its own input. One that was computed
into a fresh buffer, after the last read of that input, gets the input's buffer instead. Whole
buffers change places. All others are written there in the end: element by element where they
are computed, or as a copy.
"""

from __future__ import annotations

from ..ir.graph import Value
from .access import identity, offset
from .place import Placement
from .schedule import Nest, Store, space
from .scope import Carry, Overwrite
from .turn import turn


def settle(placement: Placement) -> None:
    """Finishes the placement of a region."""
    left = []
    for carry in placement.scope.carries or ():
        value, place = carry.output, carry.place
        here = placement.owner(value) is place and value not in placement.overwritten
        if not here and not _settles(placement, carry):
            left.append(carry)
    for carry in turn(placement, left):
        _write(placement, carry)


def _settles(placement: Placement, carry: Carry) -> bool:
    """Gives the buffer of the input to the output, if the input is dead by then."""
    value, place = carry.output, carry.place
    first = placement.owner(value)
    if value.type != place.type or value not in placement.position:
        return False
    if value in placement.overwritten or first in placement.copied or first in placement.done:
        return False
    if place in placement.overwritten or place in placement.wanted:
        return False
    begin = placement.started.get(first, placement.position[first])
    at = offset(identity(place.shape), place.shape)
    nest = placement.steps[begin]
    same = isinstance(nest, Nest) and any(
        store.kind == "store" and store.value is first for store in nest.stores
    )
    for step, form in placement.readers.get(place, ()):
        if step > begin or (step == begin and not (same and form == at)):
            return False
    placement.in_place[first] = place
    over = space(place) if same else None
    placement.overwritten[place] = Overwrite(begin, first, at if same else None, over)
    return True


def _write(placement: Placement, carry: Carry) -> None:
    """Writes the output over the last version of the input, after all reads of any version."""
    place, content = carry.place, carry.content
    target = offset(identity(place.shape), place.shape)
    versions = [place]
    while versions[-1] in placement.overwritten:
        versions.append(placement.overwritten[versions[-1]].writer)
    first = max(placement.after_reads(version, target, content) for version in versions)
    placement.written_back = content
    at = placement.place(Store("update", carry.update, content), first)
    placement.written_back = None
    last = versions[-1]
    placement.in_place[carry.update] = last
    placement.overwritten[last] = Overwrite(at, carry.update, target, space(content))
    elsewhere = any(u is last and form != target for u, form, _ in placement.reads(content))
    if space(content) and elsewhere:
        placement.mark(content)
    placement.copies += copies(placement, content)


def copies(placement: Placement, content: Value) -> bool:
    """Whether writing ``content`` only moves what lies in a buffer."""
    while content.op.name == "broadcast" and content.args[0].shape == content.shape:
        content = content.args[0]
    return placement.stored(content)
