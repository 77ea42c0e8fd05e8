"""Matrices and batches of them: what the ops of linear algebra and their derivatives are made of.

The last two axes are those of the matrix, all before them are the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import IRError
from ..graph import Value
from ..op import const
from ..types import I64, ArrayType, Shape
from .contract import contract
from .logic import eq, ge, gt, where
from .reduce import any_
from .structure import broadcast, iota, reshape, slice_, transpose

_BATCH = "zyxwvutsrqponmlkjihgfed"


def check_matrix(name: str, x: ArrayType, square: bool = False) -> ArrayType:
    """An array of floating-point matrices of known sizes, or an IRError."""
    if x.rank < 2 or x.dtype.kind != "f" or any(not isinstance(dim, int) for dim in x.shape):
        raise IRError(f"{name} takes matrices of floats, not {x}")
    if square and x.shape[-1] != x.shape[-2]:
        raise IRError(f"{name} takes square matrices, not {x}")
    return x


# --- parts and forms ------------------------------------------------------------------------


def turned(x: Value) -> Value:
    """The transposed matrices."""
    rank = len(x.shape)
    return transpose(x, perm=(*range(rank - 2), rank - 1, rank - 2))


def product(x: Value, z: Value, turn_x: bool = False, turn_z: bool = False) -> Value:
    """``x @ z`` of equal batches, either factor transposed."""
    batch = _BATCH[: len(x.shape) - 2]
    left, right = "ba" if turn_x else "ab", "cb" if turn_z else "bc"
    return contract(x, z, spec=f"{batch}{left},{batch}{right}->{batch}ac")


def columns(w: Value) -> Value:
    """Vectors as matrices of one row, to scale columns with."""
    return reshape(w, shape=(*w.shape[:-1], 1, w.shape[-1]))


def rows(w: Value) -> Value:
    """Vectors as matrices of one column, to scale rows with."""
    return reshape(w, shape=(*w.shape, 1))


def diagonal(x: Value) -> Value:
    """The diagonals, as vectors."""
    *batch, m, n = x.shape
    flat = reshape(x, shape=(*batch, m * n))
    zero, one = (0,) * len(batch), (1,) * len(batch)
    size = (*batch, min(m, n))
    return slice_(flat, start=(*zero, 0), step=(*one, n + 1), size=size)


def block(x: Value, m: int, n: int) -> Value:
    """The first ``m`` rows and ``n`` columns."""
    rank, batch = len(x.shape), x.shape[:-2]
    if (m, n) == x.shape[-2:]:
        return x
    return slice_(x, start=(0,) * rank, step=(1,) * rank, size=(*batch, m, n))


def identity_mask(m: int, n: int) -> Value:
    return eq(_numbers(m, 1), _numbers(1, n))


def lower_mask(m: int, n: int, strict: bool = False) -> Value:
    return (gt if strict else ge)(_numbers(m, 1), _numbers(1, n))


def _numbers(m: int, n: int) -> Value:
    return reshape(iota(size=m * n, dtype=I64), shape=(m, n))


def lower(x: Value, strict: bool = False) -> Value:
    """The lower triangles, zero elsewhere."""
    m, n = x.shape[-2:]
    return where(lower_mask(m, n, strict), x, 0.0)


def upper(x: Value, strict: bool = False) -> Value:
    """The upper triangles, zero elsewhere."""
    m, n = x.shape[-2:]
    return where(lower_mask(m, n, not strict), 0.0, x)


def triangle(x: Value, is_lower: bool, strict: bool = False) -> Value:
    return lower(x, strict) if is_lower else upper(x, strict)


def diagonal_matrix(w: Value) -> Value:
    size = w.shape[-1]
    return where(identity_mask(size, size), columns(w), 0.0)


def identity(like: Value) -> Value:
    """Identity matrices of the type of ``like``."""
    *batch, m, n = like.shape
    one = where(identity_mask(m, n), const(1.0, like.dtype), const(0.0, like.dtype))
    return broadcast(one, shape=(*batch, m, n)) if batch else one


def symmetric(x: Value, is_lower: bool) -> Value:
    """The symmetric matrices of which ``x`` has one triangle."""
    return triangle(x, is_lower) + turned(triangle(x, is_lower, strict=True))


def fold(g: Value, is_lower: bool) -> Value:
    """The transpose of ``symmetric``: what cotangents are to the triangle that is read."""
    off = triangle(g + turned(g), is_lower, strict=True)
    size = g.shape[-1]
    return where(identity_mask(size, size), g, off)


# --- masks ----------------------------------------------------------------------------------


def reach(y: Value, mask: Value) -> tuple[Value, ...]:
    """All of a matrix matters to each element of its results."""
    count = len(y.args[0].shape) - 2
    axes = tuple(range(count, len(mask.shape)))
    reached = any_(mask, axes=axes) if axes else mask
    return tuple(_spread(reached, arg.shape) for arg in y.args)


def _spread(flags: Value, shape: Shape) -> Value:
    ones = (1,) * (len(shape) - len(flags.shape))
    return broadcast(reshape(flags, shape=(*flags.shape, *ones)), shape=shape)


def total(terms: Sequence[Value | None]) -> Value | None:
    """The sum of what is there."""
    found: Value | None = None
    for term in terms:
        if term is not None:
            found = term if found is None else found + term
    return found
