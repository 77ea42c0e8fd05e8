"""``a[index]`` and ``a[index] = v``: integers, slices, None and Ellipsis; arrays in `advanced`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.types import Dim, Shape
from . import advanced
from .advanced import is_advanced
from .core import ArrayCore
from .dims import dimension, place_of, symbolic_position, symbolic_range
from .errors import error, unsupported
from .layout import elementwise
from .lift import has_proxy, lift

if TYPE_CHECKING:
    from .array import Array

_KINDS = (
    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or"
    " boolean arrays are valid indices"
)


def read(x: Any, index: object) -> Array:
    """``x[index]``: a view, or a scalar where every axis is indexed by an integer."""
    from .array import wrap

    entries = _entries(x, index)
    if any(map(is_advanced, entries)):
        found = advanced.access(x, entries, _view)
        return wrap(advanced.read(found), scalar=False, layout="C" if found.in_order else None)
    place = _view(x, entries)
    if all(_is_integer(entry) for entry in entries) and not place.shape:
        return wrap(place.value)
    # NumPy copies where an integer of the index is a 0-d array.
    if any(_is_array(entry) for entry in entries):
        order = elementwise(place.shape, [(place.shape, place.layout)])
        return wrap(place.value, scalar=False, layout=order)
    return place


def view(x: Any, index: object) -> Array:
    """The place that ``x[index]`` names, to be written."""
    entries = _entries(x, index)
    if any(map(is_advanced, entries)):
        raise unsupported("a view through an array of indices")
    return _view(x, entries)


def write(x: Any, index: object, source: object) -> None:
    """``x[index] = source``, cast and broadcast as NumPy does."""
    if x.scalar:
        name = x.weak.__name__ if x.weak else f"numpy.{x.dtype}"
        raise error("type", text=f"'{name}' object does not support item assignment")
    entries = _entries(x, index)
    if not any(map(is_advanced, entries)):
        assign(_view(x, entries), source)
        return
    value = lift(source, x.dtype)
    mask = advanced.mask_of(x, entries)
    if mask is not None and not value.shape:
        x._write(ops.where(mask, value, x.value))
        return
    access = advanced.access(x, entries, _view)
    advanced.write(access, fitting(value, advanced.result_shape(access)))


def update_at(x: ArrayCore, index: object, source: Value, combine: Any) -> None:
    """``x[index] = combine(x[index], source)``, one element after the other."""
    entries = _entries(x, index)
    if not any(map(is_advanced, entries)):
        place = _view(x, entries)
        place._write(combine(place.value, fitting(source, place.shape)))
        return
    access = advanced.access(x, entries, _view)
    advanced.write(access, fitting(source, advanced.result_shape(access)), combine)


def assign(target: ArrayCore, source: object) -> None:
    """Copies ``source`` into all of ``target``."""
    if isinstance(source, ArrayCore) and source._shares_place(target):
        return
    target._write(fitting(lift(source, target.dtype), target.shape))


def fitting(value: Value, target: Shape) -> Value:
    """``value`` as it is assigned to elements of shape ``target``."""
    shape = value.shape
    fitting = shape
    while len(fitting) > len(target) and fitting[0] == 1:
        fitting = fitting[1:]
    padded = (1,) * (len(target) - len(fitting)) + fitting
    pairs = zip(padded, target, strict=False)
    if len(padded) > len(target) or any(a not in (1, b) for a, b in pairs):
        raise error("assign", source=shape, target=target)
    if fitting != shape:
        value = ops.reshape(value, shape=fitting)
    return value if fitting == target else ops.broadcast(value, shape=target)


# --- what an index means --------------------------------------------------------------------


def _is_integer(entry: object) -> bool:
    if isinstance(entry, ArrayCore | np.ndarray):
        return not entry.shape and entry.dtype.kind in "iu"
    return not isinstance(entry, bool | np.bool_) and hasattr(entry, "__index__")


def _is_array(entry: object) -> bool:
    """A 0-d array, as opposed to a NumPy or Python scalar."""
    return isinstance(entry, np.ndarray) or (isinstance(entry, ArrayCore) and not entry.scalar)


def _entries(x: ArrayCore, index: object) -> list[Any]:
    """The entries of an index, Ellipsis replaced by full slices, one for each axis."""
    x._check_alive("indexing")
    if x.weak is not None:
        raise error("type", text=f"'{x.weak.__name__}' object is not subscriptable")
    given = list(index) if isinstance(index, tuple) else [index]
    for entry in given:
        _check_entry(entry)
    dots = [at for at, entry in enumerate(given) if entry is Ellipsis]
    if len(dots) > 1:
        raise error("index", text="an index can only have a single ellipsis ('...')")
    used = sum(map(_axes_of, given))
    if used > x.ndim:
        text = f"too many indices for array: array is {x.ndim}-dimensional, but {used} were indexed"
        raise error("index", text=text)
    missing = [slice(None)] * (x.ndim - used)
    if dots:
        # A trailing full slice of no axes keeps `a[..., 0]` a view where `a[0]` is a scalar.
        return [*given[: dots[0]], *missing, Ellipsis, *given[dots[0] + 1 :]]
    return given + missing


def _axes_of(entry: Any) -> int:
    """How many axes an entry indexes."""
    if entry is None or entry is Ellipsis:
        return 0
    if isinstance(entry, list) and entry and not has_proxy(entry):
        entry = np.asarray(entry)
    is_mask = is_advanced(entry) and getattr(entry, "dtype", None) == np.bool_
    return len(entry.shape) if is_mask else 1


def _check_entry(entry: object) -> None:
    if entry is None or entry is Ellipsis or isinstance(entry, slice) or _is_integer(entry):
        return
    if not is_advanced(entry) or getattr(getattr(entry, "dtype", None), "kind", "") == "f":
        raise error("index", text=_KINDS)


def _view(x: ArrayCore, entries: list[Any]) -> Any:
    start: list[Any] = []
    step: list[int] = []
    size: list[Any] = []
    shape: list[Any] = []
    for entry in entries:
        if entry is None:
            shape.append(1)
            continue
        if entry is Ellipsis:
            continue
        axis = len(start)
        dim = x.shape[axis]
        if isinstance(entry, slice):
            at, by, count = _range(entry, dim)
            shape.append(count)
        else:
            at, by, count = _position(entry, axis, dim), 1, 1
        start.append(at)
        step.append(by)
        size.append(count)
    region = x._view_slice(tuple(start), tuple(step), tuple(size))
    return region._view_reshape(tuple(shape))


def _range(entry: slice, dim: Dim) -> tuple[Dim, int, Dim]:
    bounds = (entry.start, entry.stop, entry.step)
    for bound in bounds:
        if bound is not None and not _is_integer(bound) and not hasattr(bound, "__index__"):
            text = "slice indices must be integers or None or have an __index__ method"
            raise error("type", text=text)
    start, stop, step = (None if bound is None else dimension(bound) for bound in bounds)
    if isinstance(dim, int) and all(b is None or isinstance(b, int) for b in (start, stop, step)):
        return _positions(start, stop, 1 if step is None else step, dim)
    return symbolic_range(start, stop, step, dim)


def _positions(start: int | None, stop: int | None, step: int, dim: int) -> tuple[int, int, int]:
    """First place, step and count of a slice, as ``slice.indices`` has them (of sizes, too)."""
    if step == 0:
        raise error("value", text="slice step cannot be zero")
    low, high = (0, dim) if step > 0 else (-1, dim - 1)

    def clipped(bound: int) -> int:
        if bound < 0:
            bound += dim
            return low if bound < low else bound
        return high if bound > high else bound

    first = (low if step > 0 else high) if start is None else clipped(start)
    last = (high if step > 0 else low) if stop is None else clipped(stop)
    span = last - first if step > 0 else first - last
    count = -(-span // abs(step))
    return first, step, count if count > 0 else 0


def _position(entry: Any, axis: int, dim: Dim) -> Dim:
    at = place_of(entry)
    if isinstance(at, int) and isinstance(dim, int):
        if not -dim <= at < dim:
            text = f"index {at} is out of bounds for axis {axis} with size {dim}"
            raise error("index", text=text)
        return at % dim
    return symbolic_position(at, axis, dim)
