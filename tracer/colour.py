"""``colour``: which columns of a sparse matrix can be computed by one product.

Columns that share no row are told apart in the sum of all of them: Curtis, Powell and Reid, "On
the estimation of sparse Jacobian matrices" (1974); as a problem of colouring graphs: Coleman and
Moré (1983, 1984); for symmetric matrices by star colouring, see Gebremedhin, Manne and Pothen,
"What color is your Jacobian?", SIAM Review 47 (2005).

A pattern is given row by row: row ``i`` has ``indices[starts[i]:starts[i + 1]]``, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LARGE = 1 << 20
"""Elements of a pattern from which on saving less than half of the products does not pay."""

ROUNDS = 3
"""Tries to save a colour of a colouring that is found."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where a matrix may have elements that are not zero."""

    shape: tuple[int, int]
    starts: np.ndarray
    indices: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The row of each element."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.starts))

    def transposed(self) -> Pattern:
        return pattern_of(self.indices, self.rows, self.shape[::-1])

    def __and__(self, other: Pattern) -> Pattern:
        """The places of both."""
        width = self.shape[1]
        mine, others = (p.rows * width + p.indices for p in (self, other))
        rows, columns = np.divmod(np.intersect1d(mine, others, assume_unique=True), max(width, 1))
        return pattern_of(rows, columns, self.shape)


def pattern_of(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Pattern:
    """The pattern with these places, each given once."""
    order = np.lexsort((columns, rows))
    counts = np.bincount(rows, minlength=shape[0])
    return Pattern(shape, np.concatenate([[0], np.cumsum(counts)]), columns[order])


@dataclass(frozen=True, slots=True)
class Colouring:
    """``colours``: of each column. ``columns``: the column in whose colour each element is found,
    and ``rows``: the row there. They are the element's own but in a symmetric matrix, where it
    may be found at its mirror image."""

    colours: np.ndarray
    count: int
    rows: np.ndarray
    columns: np.ndarray


def colour(pattern: Pattern) -> Colouring:
    """Columns of one colour share no row."""
    least, columns = int(np.diff(pattern.starts).max(initial=0)), pattern.shape[1]
    pays = least < columns if len(pattern.indices) < LARGE else 2 * least < columns
    if not pays:
        return Colouring(np.arange(columns), columns, pattern.rows, pattern.indices)
    by_column = pattern.transposed()
    colours = _fewest(lambda order: _distance_two(pattern, by_column, order), by_column, least)
    return Colouring(colours, _count(colours) if least else 0, pattern.rows, pattern.indices)


def colour_symmetric(pattern: Pattern) -> Colouring:
    """For a symmetric matrix: every two colours together make a forest of stars.

    So of an element and its mirror image one is alone in its row of the sum of a colour. As a
    forest has fewer edges than vertices, the edges tell how many colours there must be; where
    that is no less than half of the colours that `colour` finds, these are taken.
    """
    plain = colour(pattern)
    edges = int(np.count_nonzero(pattern.rows < pattern.indices))
    least = edges // max(pattern.shape[0], 1) + 1
    if 2 * least >= plain.count:
        return plain
    colours = _fewest(lambda order: _star(pattern, order), pattern, least)
    if _count(colours) >= plain.count:
        return plain
    rows, columns = pattern.rows, pattern.indices
    count = _count(colours)
    keys = rows * count + colours[columns]
    _, inverse, times = np.unique(keys, return_inverse=True, return_counts=True)
    clear = times[inverse] == 1
    return Colouring(colours, count, np.where(clear, rows, columns), np.where(clear, columns, rows))


def _fewest(greedy: Callable[[np.ndarray], np.ndarray], pattern: Pattern, least: int) -> np.ndarray:
    """The colouring with the fewest colours of several orders; ``least``: no fewer will do.

    Columns as they come suit bands, the longest first suit the rest. Then the last colours are
    given first, a class at a time, which never needs more of them (Culberson and Luo, "Exploring
    the k-colorable landscape with iterated greedy", 1996).
    """
    lengths = np.diff(pattern.starts)
    best = greedy(np.arange(len(lengths)))
    if _count(best) > least:
        best = min(best, greedy(np.argsort(-lengths, kind="stable")), key=_count)
    for _ in range(ROUNDS):
        if _count(best) <= least:
            break
        best = min(greedy(np.argsort(-best, kind="stable")), best, key=_count)
    return best


def _count(colours: np.ndarray) -> int:
    return int(colours.max(initial=-1)) + 1


def _distance_two(by_row: Pattern, by_column: Pattern, order: np.ndarray) -> np.ndarray:
    """A colour for each column, none twice in a row; the bits of ``used`` are a row's colours."""
    used = [0] * by_row.shape[0]
    colours = np.zeros(by_row.shape[1], np.int64)
    rows, starts = by_column.indices.tolist(), by_column.starts.tolist()
    for column in order.tolist():
        mine = rows[starts[column] : starts[column + 1]]
        taken = 0
        for row in mine:
            taken |= used[row]
        bit = ~taken & (taken + 1)
        colours[column] = bit.bit_length() - 1
        for row in mine:
            used[row] |= bit
    return colours


def _star(pattern: Pattern, order: np.ndarray) -> np.ndarray:
    """A star colouring, one vertex after the other (algorithm 4.1 of Gebremedhin et al.).

    A vertex takes no colour of a neighbour; none that a neighbour without colour has next to
    it; and none by which it would make a path of four vertices in two colours. Colours are bits.
    """
    indices, starts = pattern.indices.tolist(), pattern.starts.tolist()
    size = pattern.shape[0]
    bits = [0] * size
    around = [0] * size  # the colours next to a vertex
    closed = [0] * size  # those of a neighbour that has this vertex's colour next to it twice
    seen: list[dict[int, list[int]]] = [{} for _ in range(size)]  # neighbours by their colours
    for vertex in order.tolist():
        near = [n for n in indices[starts[vertex] : starts[vertex + 1]] if n != vertex]
        taken = 0
        for n in near:
            taken |= bits[n] | (closed[n] if bits[n] else around[n])
        bit = bits[vertex] = ~taken & (taken + 1)
        for n in near:
            around[n] |= bit
            same = seen[n].setdefault(bit, [])
            same.append(vertex)
            if len(same) > 1 and bits[n]:
                for one in same if len(same) == 2 else (vertex,):
                    closed[one] |= bits[n]
    return np.array([bit.bit_length() - 1 for bit in bits], np.int64)
