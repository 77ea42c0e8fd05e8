"""``np.pad``: margins before and behind the elements of each axis, one axis after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ..array import Array, wrap
from ..errors import error, unsupported
from ..join import join
from ..layout import Ints
from ..lift import has_proxy, lift
from ..table import FUNCTIONS, implements
from .common import as_array, cast, cut, one_axis, reshape, spread
from .ranges import linspace

Pair = tuple[Any, Any]
Margins = Callable[[Value, int, Pair, Pair], tuple[Value, Value]]
"""What stands before and behind ``x`` along an axis: by widths, and by a pair of options."""

# --- pairs ----------------------------------------------------------------------------------


def _pairs(given: Any, rank: int) -> list[Pair]:
    """A number, a pair, or a pair for each axis, as a pair for each axis."""
    x: Any = as_array(given) if has_proxy(given) else np.asarray(given)
    if x.size == 1 and x.ndim < 3:
        return [(_flat(x)[0], _flat(x)[0])] * rank
    if x.size == 2 and x.ndim < 3 and x.shape != (2, 1):
        return [(_flat(x)[0], _flat(x)[1])] * rank
    spread_out = FUNCTIONS[np.broadcast_to] if isinstance(x, Array) else np.broadcast_to
    try:
        rows = spread_out(x, (rank, 2))
    except ValueError:
        text = f"operands could not be broadcast together with shapes {x.shape} ({rank},2)"
        raise error("value", text=text) from None
    if isinstance(x, Array):
        return [(rows[axis, 0], rows[axis, 1]) for axis in range(rank)]
    return [(before, after) for before, after in rows.tolist()]


def _flat(x: Any) -> Any:
    return x._view_reshape((x.size,)) if isinstance(x, Array) else x.ravel()


def _widths(given: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(given, dict):
        rows: list[Any] = [(0, 0)] * rank
        for axis, entry in given.items():
            rows[one_axis(axis, rank)] = entry if isinstance(entry, tuple) else (entry, entry)
        given = rows
    if has_proxy(given):
        raise unsupported("np.pad with a recorded pad_width")
    if np.asarray(given).dtype.kind != "i":
        raise error("type", text="`pad_width` must be of integral type.")
    if np.size(given) and np.min(given) < 0:
        raise error("value", text="index can't contain negative values")
    return [(int(before), int(after)) for before, after in _pairs(given, rank)]


# --- margins --------------------------------------------------------------------------------


def _shape(x: Value, axis: int, width: int) -> Ints:
    return (*x.shape[:axis], width, *x.shape[axis + 1 :])


def _edges(x: Value, axis: int) -> tuple[Value, Value]:
    return cut(x, axis, 0, 1), cut(x, axis, x.shape[axis] - 1, 1)


def _spread(x: Value, axis: int, widths: Pair, margins: tuple[Value, Value]) -> Any:
    return tuple(
        spread(cast(margin, x.dtype), _shape(x, axis, width))
        for margin, width in zip(margins, widths, strict=True)
    )


def _constant(x: Value, axis: int, widths: Pair, values: Pair) -> tuple[Value, Value]:
    found = tuple(lift(value) for value in values)
    if any(value.shape for value in found):
        raise unsupported("np.pad with arrays as constant_values")
    return _spread(x, axis, widths, found)  # type: ignore[arg-type]


def _edge(x: Value, axis: int, widths: Pair, _: Pair) -> tuple[Value, Value]:
    return _spread(x, axis, widths, _edges(x, axis))


def _ramp(x: Value, axis: int, widths: Pair, ends: Pair) -> tuple[Value, Value]:
    parts = []
    for edge, width, end in zip(_edges(x, axis), widths, ends, strict=True):
        stop = wrap(reshape(edge, (*x.shape[:axis], *x.shape[axis + 1 :])), scalar=False)
        ramp = linspace(end, stop, num=width, endpoint=False, dtype=x.dtype, axis=axis)
        parts.append(ramp.value)
    before, after = parts
    return before, cut(after, axis, widths[1] - 1, widths[1], -1)


def _statistic(name: str) -> Margins:
    def margins(x: Value, axis: int, widths: Pair, lengths: Pair) -> tuple[Value, Value]:
        size = x.shape[axis]
        found = []
        for end, length in enumerate(lengths):
            count = size if length is None else min(int(length), size)
            if not count and name in ("max", "min"):
                raise error("value", text="stat_length of 0 yields no value for padding")
            part = wrap(cut(x, axis, end * (size - count), count), scalar=False)
            y = FUNCTIONS[getattr(np, name)](part, axis=axis, keepdims=True).value
            rounded = x.dtype.kind in "iub" and y.dtype.kind == "f"
            found.append(ops.rint(y) if rounded else y)
        return _spread(x, axis, widths, (found[0], found[1]))

    return margins


SIMPLE: dict[str, tuple[str, Any, Margins]] = {
    "constant": ("constant_values", 0, _constant),
    "edge": ("", 0, _edge),
    "empty": ("", 0, _constant),
    "linear_ramp": ("end_values", 0, _ramp),
    "maximum": ("stat_length", None, _statistic("max")),
    "minimum": ("stat_length", None, _statistic("min")),
    "mean": ("stat_length", None, _statistic("mean")),
    "median": ("stat_length", None, _statistic("median")),
}
"""Mode -> its keyword, the default of that, and its margins."""

# --- repetitions ----------------------------------------------------------------------------


def _reflected(x: Value, axis: int, widths: Pair, odd: bool, edge: bool) -> Value:
    """Reflected until both margins are full; ``edge``: the last elements are repeated."""
    period = x.shape[axis]
    if period == 1:
        before, after = _edge(x, axis, widths, (0, 0))
        return join([before, x, after], axis)
    left, right = widths
    while left or right:
        size = x.shape[axis]
        skip = 0 if edge else 1
        whole = size // period * period if edge else (size - 1) // (period - 1) * (period - 1)
        first, last = min(whole, left), min(whole, right)
        before = cut(x, axis, first - 1 + skip, first, -1)
        after = cut(x, axis, size - 1 - skip, last, -1)
        if odd:
            low, high = _edges(x, axis)
            before, after = low + low - before, high + high - after
        x = join([before, x, after], axis)
        left, right = left - first, right - last
    return x


def _wrapped(x: Value, axis: int, widths: Pair) -> Value:
    period = x.shape[axis]
    left, right = widths
    while left or right:
        size = x.shape[axis]
        whole = size // period * period
        first, last = min(whole, left), min(whole, right)
        before = cut(x, axis, whole - first, first)
        after = cut(x, axis, size - whole, last)
        x = join([before, x, after], axis)
        left, right = left - first, right - last
    return x


def padded(x: Value, axis: int, widths: tuple[int, int], mode: str, option: Pair) -> Value:
    """``x`` with margins on one axis."""
    if not any(widths):
        return x
    if mode == "wrap":
        return _wrapped(x, axis, widths)
    if mode in ("reflect", "symmetric"):
        odd = option[0] == "odd"
        if odd and x.dtype.kind == "b":
            raise unsupported("np.pad(reflect_type='odd') of bools")
        return _reflected(x, axis, widths, odd, mode == "symmetric")
    before, after = SIMPLE[mode][2](x, axis, widths, option)
    return join([before, x, after], axis)


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **keywords: Any) -> Any:
    x = as_array(array)
    widths = _widths(pad_width, x.ndim)
    if callable(mode):
        raise unsupported("np.pad with a function as mode")
    turning = ("reflect", "symmetric")
    if mode not in (*SIMPLE, *turning, "wrap"):
        raise error("value", text=f"mode '{mode}' is not supported")
    keyword, default, _ = SIMPLE.get(
        mode, ("reflect_type" if mode in turning else "", "even", _edge)
    )
    if set(keywords) - {keyword}:
        names = set(keywords) - {keyword}
        raise error("value", text=f"unsupported keyword arguments for mode '{mode}': {names}")
    option = keywords.get(keyword, default)
    options: list[Pair] = [(option, option)] * x.ndim
    if option is not None and mode not in turning:
        options = _pairs(option, x.ndim)
    if 0 in x.shape and mode not in ("constant", "empty"):
        for axis, pair in enumerate(widths):
            if x.shape[axis] == 0 and any(pair):
                text = (
                    f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
                )
                raise error("value", text=text)
        mode, options = "empty", [(0, 0)] * x.ndim
    value = x.value
    for axis, (pair, choice) in enumerate(zip(widths, options, strict=True)):
        value = padded(value, axis, pair, mode, choice)
    return wrap(value, scalar=False)
