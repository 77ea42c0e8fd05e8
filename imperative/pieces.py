"""Long programs in pieces: what is compiled at once stays small enough to compile quickly.

The pieces of a long loop that was recorded step by step are equal, so that one of them is
compiled and run many times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

PIECE = 250
"""The weight of a piece: about how many operations it is compiled from."""


def pieces(
    weights: Sequence[int],
    args: Sequence[Sequence[int]],
    whole: Collection[int] = (),
) -> list[tuple[int, int]]:
    """Ranges of steps of at most about ``PIECE`` weight, in order.

    ``args``: for each step the earlier steps that it uses. Cuts are where few values cross, if
    possible in the second half of what a piece may hold; the values of the steps in ``whole``
    never cross.
    """
    crossing = _crossing(len(weights), args, whole)
    found: list[tuple[int, int]] = []
    start = weight = 0
    best: int | None = None
    fewest, settled = 0, False
    for n, more in enumerate(weights):
        if weight + more > PIECE and best is not None:
            found.append((start, best))
            start, weight = best, sum(weights[best:n])
            best = None
        weight += more
        here = crossing[n + 1]
        if here is None:
            continue
        late = 2 * weight > PIECE
        if best is None or (late and (not settled or here <= fewest)):
            best, fewest, settled = n + 1, here, late
    return [*found, (start, len(weights))]


def _crossing(
    count: int, args: Sequence[Sequence[int]], whole: Collection[int]
) -> list[int | None]:
    """For each place between steps, how many values cross it; None: one that may not."""
    last = list(range(count))
    for n, used in enumerate(args):
        for arg in used:
            last[arg] = n
    change = [0] * (count + 2)
    barred = [0] * (count + 2)
    for n, end in enumerate(last):
        change[n + 1] += 1
        change[end + 1] -= 1
        if n in whole:
            barred[n + 1] += 1
            barred[end + 1] -= 1
    found: list[int | None] = []
    crossing = inside = 0
    for n in range(count + 1):
        crossing += change[n]
        inside += barred[n]
        found.append(None if inside else crossing)
    return found
