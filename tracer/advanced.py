"""``a[index]`` and ``a[index] = v`` where the index has arrays of integers or of bools.

Such an access is a loop over the places that the arrays name, one element or slice at a time, so
its derivatives and its bounds checks are those of loops. A mask stands for the places where it is
true (`nonzero`); how many there are is a guard, as the shape of the result depends on it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.errors import IRError
from ..ir.graph import Value
from ..ir.ops.control import index as give_number
from ..ir.types import BOOL, I64, Dim, broadcast_shapes
from .core import ArrayCore
from .counted import part_at, put_at, repeat
from .dims import _trace
from .errors import error, unsupported, user_line
from .lift import has_proxy, lift
from .regions import innermost, number_of, refuse

Place = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Places in ``target``, a view: ``indices[k]`` are the positions on its axis ``axes[k]``.

    The positions are flat and normalised; ``shape`` is the shape that they are given in, and
    ``at`` where its axes stand among those of the result.
    """

    target: Any
    axes: tuple[int, ...]
    indices: tuple[Value, ...]
    wheres: tuple[str, ...]
    shape: tuple[int, ...]
    at: int

    @property
    def count(self) -> int:
        return prod(self.shape)

    @property
    def in_order(self) -> bool:
        """Whether NumPy is known to put the elements in C order, which depends on the access."""
        leading = self.axes == tuple(range(len(self.axes)))
        return leading and bool(self.target.is_contiguous)

    @property
    def rest(self) -> Place:
        """The sizes of the axes that are taken whole."""
        return tuple(d for axis, d in enumerate(self.target.shape) if axis not in self.axes)


def is_advanced(entry: object) -> bool:
    """Whether an entry of an index is an array that is not basic indexing."""
    if isinstance(entry, list | tuple | bool | np.bool_):
        return True
    if isinstance(entry, ArrayCore | np.ndarray | np.generic):
        return bool(entry.shape) or entry.dtype.kind == "b"
    return False


# --- reading and writing ------------------------------------------------------------------------


def read(access: Access) -> Value:
    """The elements, in an array of their own."""
    x = access.target.value
    rest = access.rest
    empty = ops.broadcast(lift(np.zeros((), x.dtype)), shape=(access.count, *rest))

    def step(i: Dim, y: Value, source: Value, *indices: Value) -> list[Value]:
        found = _piece(access, source, _places(access, indices, i))
        return [put_at(y, ops.reshape(found, shape=(1, *rest)), 0, i)]

    (y,) = repeat(access.count, [empty], [x, *access.indices], step)
    return _arranged(access, ops.reshape(y, shape=(*access.shape, *rest)))


def write(
    access: Access, source: Value, combine: Callable[[Value, Value], Value] | None = None
) -> None:
    """Writes ``source``, which has the shape of the elements, one after the other.

    With ``combine`` that of the old and the new element.
    """
    rest = access.rest
    rows = ops.reshape(_gathered(access, source), shape=(access.count, *rest))

    def step(i: Dim, x: Value, rows: Value, *indices: Value) -> list[Value]:
        places = _places(access, indices, i)
        old_shape = _size(access)
        new = ops.reshape(part_at(rows, 0, i), shape=old_shape)
        if combine is not None:
            new = combine(_piece(access, x, places), new)
        return [ops.update(x, new, start=_start(access, places), step=(1,) * len(old_shape))]

    carried = [access.target.value]
    (x,) = repeat(access.count, carried, [rows, *access.indices], step)
    access.target._write(x)


def _arranged(access: Access, y: Value) -> Value:
    """The axes of the indices put where they belong."""
    count, rank = len(access.shape), len(y.shape)
    if access.at == 0:
        return y
    rest = list(range(count, rank))
    perm = (*rest[: access.at], *range(count), *rest[access.at :])
    return ops.transpose(y, perm=perm)


def _gathered(access: Access, y: Value) -> Value:
    """The reverse: the axes of the indices in front."""
    count, rank = len(access.shape), len(y.shape)
    if access.at == 0:
        return y
    inner = range(access.at, access.at + count)
    rest = [axis for axis in range(rank) if axis not in inner]
    return ops.transpose(y, perm=(*inner, *rest))


def result_shape(access: Access) -> Place:
    rest = access.rest
    return (*rest[: access.at], *access.shape, *rest[access.at :])


# --- loops ----------------------------------------------------------------------------------------


def _element(x: Value, i: Dim) -> Value:
    return ops.reshape(part_at(x, 0, i), shape=())


def _places(access: Access, indices: Sequence[Value], i: Dim) -> list[Dim]:
    """Element ``i`` of each index, as a symbol; checked where that is not known to be inside."""
    found: list[Dim] = []
    for axis, flat, where in zip(access.axes, indices, access.wheres, strict=True):
        symbol = _trace().symbol(access.target.shape[axis] - 1)
        give_number(_element(flat, i), symbol=symbol, where=where)
        found.append(symbol.dim)
    return found


def _start(access: Access, places: Sequence[Dim]) -> Place:
    start: list[Dim] = [0] * len(access.target.shape)
    for axis, place in zip(access.axes, places, strict=True):
        start[axis] = place
    return tuple(start)


def _size(access: Access) -> Place:
    shape = access.target.shape
    return tuple(1 if axis in access.axes else dim for axis, dim in enumerate(shape))


def _piece(access: Access, x: Value, places: Sequence[Dim]) -> Value:
    size = _size(access)
    return ops.slice_(x, start=_start(access, places), step=(1,) * len(size), size=size)


# --- what an index means --------------------------------------------------------------------------


def access(x: Any, entries: list[Any], view: Callable[[Any, list[Any]], Any]) -> Access:
    """The places that ``x[entries]`` names. ``view`` makes a view of basic entries.

    ``entries``: one for each axis, but for masks, which take as many as they have, None, and
    Ellipsis, which takes none.
    """
    arrays: list[tuple[int, Value | np.ndarray]] = []  # with their axes in the view
    basic: list[Any] = []
    kinds = []  # of the entries, in order: True where it is an index of the arrays' kind
    axis = position = 0
    for entry in entries:
        if entry is None or entry is Ellipsis or isinstance(entry, slice):
            basic.append(entry)
            kinds.append(False)
            if entry is not Ellipsis:
                position += 1
                axis += entry is not None
            continue
        kinds.append(True)
        array = _index_array(entry)
        for single in _positions(x, axis, array):
            arrays.append((position, single))
            basic.append(slice(None))
            axis, position = axis + 1, position + 1
    target = view(x, basic)
    shapes = [single.shape for _, single in arrays]
    try:
        shape: Any = broadcast_shapes(*shapes)
    except IRError:
        text = "shape mismatch: indexing arrays could not be broadcast together with shapes "
        raise error("index", text=text + " ".join(map(_shape_text, shapes))) from None
    axes = tuple(at for at, _ in arrays)
    first, last = kinds.index(True), len(kinds) - 1 - kinds[::-1].index(True)
    together = all(kinds[first : last + 1])
    indices, wheres = [], []
    for at, single in arrays:
        flat, where = normalised(single, at, target.shape[at], shape)
        indices.append(flat)
        wheres.append(where)
    return Access(target, axes, tuple(indices), tuple(wheres), shape, axes[0] if together else 0)


def along_axis(x: Any, axis: int, positions: Value) -> Access:
    """The slices of ``x`` at positions on one axis, which are checked."""
    flat, where = normalised(positions, axis, x.shape[axis], tuple(positions.shape))
    return Access(x, (axis,), (flat,), (where,), tuple(positions.shape), axis)


def _shape_text(shape: Sequence[Dim]) -> str:
    return f"({','.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _index_array(entry: Any) -> Value | np.ndarray:
    """An entry as an array of integers or bools: a known one, or a Value."""
    if isinstance(entry, list | tuple) and not has_proxy(entry):
        entry = np.asarray(entry)
        if entry.size == 0 and entry.dtype.kind == "f":
            entry = entry.astype(np.int64)
    found = lift(entry) if isinstance(entry, ArrayCore | list | tuple) else np.asarray(entry)
    if found.dtype.kind not in "iub":
        text = "arrays used as indices must be of integer (or boolean) type"
        raise error("index", text=text)
    if isinstance(found, Value) and any(not isinstance(d, int) for d in found.shape):
        refuse(_trace(), "the length of an array of indices depends on the loop")
    return found


def _positions(x: Any, axis: int, array: Value | np.ndarray) -> list[Value | np.ndarray]:
    """One array of integers for each axis that an array indexes."""
    if array.dtype.kind != "b":
        return [array]
    if not array.shape:
        raise unsupported("indexing with a single bool", hint="use an if statement")
    for offset, (found, wanted) in enumerate(zip(array.shape, x.shape[axis:], strict=False)):
        if found != wanted:
            text = (
                f"boolean index did not match indexed array along axis {axis + offset}; size of"
                f" axis is {wanted} but size of corresponding boolean axis is {found}"
            )
            raise error("index", text=text)
    if isinstance(array, np.ndarray):
        return list(np.nonzero(array))
    return list(nonzero(array))


def normalised(
    index: Value | np.ndarray, axis: int, dim: Dim, shape: tuple[int, ...]
) -> tuple[Value, str]:
    """Flat positions counted from the front, and the text of the check where one is needed."""
    if isinstance(index, Value) and _trace().is_constant(index):
        index = _trace().concrete(index)
    if isinstance(index, np.ndarray) and isinstance(dim, int):
        wrong = index[(index < -dim) | (index >= dim)]
        if wrong.size:
            text = f"index {wrong.flat[0]} is out of bounds for axis {axis} with size {dim}"
            raise error("index", text=text)
        known = np.broadcast_to(np.where(index < 0, index + dim, index), shape)
        return ops.const(known.astype(np.int64).reshape(-1)), ""
    value = index if isinstance(index, Value) else ops.const(index)
    value = value if value.dtype == I64 else ops.cast(value, dtype=I64)
    size = number_of(dim)
    inside = ops.logical_and(ops.lt(value, 0), ops.ge(value, -size))
    value = ops.where(inside, value + size, value)  # others keep the number that the error shows
    if value.shape != shape:
        value = ops.broadcast(value, shape=shape)
    flat = ops.reshape(value, shape=(prod(shape),))
    return flat, f"{user_line()}: index {{}} is out of bounds for axis {axis} with size {dim}"


# --- masks ----------------------------------------------------------------------------------------


def nonzero(mask: Value) -> tuple[Value, ...]:
    """The positions of true elements on each axis, in C order; their number is a guard."""
    from .array import wrap

    if any(not isinstance(dim, int) for dim in mask.shape):
        refuse(_trace(), "the length of a mask depends on the loop")
    size = prod(mask.shape)
    flat = ops.reshape(mask, shape=(size,))
    number = ops.sum_(ops.cast(flat, dtype=I64), axes=(0,))
    trace = _trace()
    if innermost(trace) is not None and not trace.is_constant(number):
        refuse(trace, "how many elements a mask chooses depends on data")
    count = operator.index(wrap(number, int))
    # Each position is written behind those found so far, and stays if its element is true.
    room = ops.const(np.zeros(count + 1, np.int64))

    def step(i: Dim, found: Value, so_far: Value, flat: Value) -> list[Value]:
        end = trace.symbol(count)
        give_number(so_far, symbol=end, where="")
        position = ops.reshape(number_of(i), shape=(1,))
        found = ops.update(found, position, start=(end.dim,), step=(1,))
        return [found, so_far + ops.cast(_element(flat, i), dtype=I64)]

    found, _ = repeat(size, [room, ops.const(np.int64(0))], [flat], step)
    left = ops.slice_(found, start=(0,), step=(1,), size=(count,))
    positions = []
    for dim in reversed(mask.shape):
        assert isinstance(dim, int)
        rows = ops.floor_divide(left, max(dim, 1))
        positions.append(left - rows * max(dim, 1))
        left = rows
    return tuple(reversed(positions))


def mask_of(x: ArrayCore, entries: list[Any]) -> Value | None:
    """The mask over all of ``x`` that an index is, where it is nothing but a mask."""
    arrays = [entry for entry in entries if is_advanced(entry)]
    others = [entry for entry in entries if not is_advanced(entry)]
    if len(arrays) != 1 or entries[0] is not arrays[0]:
        return None
    if any(entry is not Ellipsis and entry != slice(None) for entry in others):
        return None
    array = _index_array(arrays[0])
    if array.dtype != BOOL or not array.shape:
        return None
    if tuple(array.shape) != tuple(x.shape[: len(array.shape)]):
        return None
    value = array if isinstance(array, Value) else ops.const(array)
    shape = (*value.shape, *(1 for _ in x.shape[len(value.shape) :]))
    value = ops.reshape(value, shape=shape) if shape != value.shape else value
    return value if shape == x.shape else ops.broadcast(value, shape=x.shape)
