"""``np.r_`` and ``np.c_``: arrays put together by what stands between their brackets."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array import Array, wrap
from ..errors import error, unsupported
from ..promote import promote, weak_of
from ..table import FUNCTIONS, stands_for
from .common import as_array, weakly
from .joins import concatenate


class Concatenator:
    """The recording version of NumPy's class, with the meaning that its directives have there.

    Slices are ranges, or with an imaginary step points between their ends. ``least`` is the
    number of dimensions that parts are brought to, ``where`` the place of their own among these.
    """

    def __init__(self, axis: int, least: int, where: int) -> None:
        self.axis, self.least, self.where = axis, least, where

    def __getitem__(self, key: Any) -> Array:
        items = key if isinstance(key, tuple) else (key,)
        axis, least, where = self.axis, self.least, self.where
        if items and isinstance(items[0], str):
            axis, least, where = self._directive(items[0])
            items = items[1:]
        parts: list[Any] = []
        for item in items:
            if isinstance(item, str):
                raise error("value", text="special directives must be the first entry.")
            parts.append(_range(item) if isinstance(item, slice) else item)
        if not parts:
            raise error("value", text="need at least one array to concatenate")
        dtype = promote(*[_face(part) for part in parts])
        arrays = [
            _raised(wrap(weakly(part, dtype)), least, where, isinstance(item, slice))
            for part, item in zip(parts, items, strict=True)
        ]
        return concatenate(arrays, axis=axis)

    def _directive(self, text: str) -> tuple[int, int, int]:
        if text in ("r", "c"):
            raise unsupported(f"np.r_[{text!r}, ...]", hint="it makes a np.matrix; use np.stack")
        try:
            axis, least, where, *_ = [*map(int, text.split(",")), self.least, self.where][:3]
        except ValueError:
            raise error("value", text=f"unknown special directive {text!r}") from None
        count = text.count(",") + 1
        return axis, least if count > 1 else self.least, where if count > 2 else self.where

    def __len__(self) -> int:
        return 0


def _face(part: Any) -> Any:
    return part if weak_of(part) is not None else as_array(part).dtype


def _range(given: slice) -> Any:
    start = 0 if given.start is None else given.start
    step = 1 if given.step is None else given.step
    if isinstance(step, complex):
        return FUNCTIONS[np.linspace](start, given.stop, num=int(abs(step)))
    return FUNCTIONS[np.arange](start, given.stop, step)


def _raised(x: Array, least: int, where: int, is_range: bool) -> Array:
    """``x`` with at least so many dimensions, new ones placed as NumPy's ``trans1d`` tells."""
    new = max(least - x.ndim, 0)
    raised = x._view_reshape((1,) * new + tuple(x.shape)) if new else x
    if where == -1 or not new:
        return raised
    axes = list(range(least))
    if is_range:
        axes[-1], axes[where] = axes[where], axes[-1]
    else:
        first = where + new + 1 if where < 0 else where
        axes = axes[:first] + axes[new:] + axes[first:new]
    return raised._view_transpose(tuple(axes))


R: Any = stands_for(np.r_)(Concatenator(0, 1, -1))
C: Any = stands_for(np.c_)(Concatenator(-1, 2, 0))
