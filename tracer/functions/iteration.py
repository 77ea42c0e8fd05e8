"""NumPy's functions that go through an array in Python, one part after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..array import Array
from ..table import implements
from .common import as_array, one_axis
from .joins import stack
from .shapes import moveaxis


@implements(np.ndenumerate)
def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    x = as_array(arr)
    return ((place, x[place]) for place in np.ndindex(*x.shape))


@implements(np.fromiter)
def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1) -> Array:
    items: list[Any] = []
    for item in iter:
        if len(items) == count:
            break
        items.append(item)
    return as_array(np.zeros(0, dtype)) if not items else stack(items).astype(dtype)


@implements(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: Any, arr: Any, *args: Any, **kwargs: Any
) -> Array:
    x = as_array(arr)
    at = one_axis(axis, x.ndim)
    lines = moveaxis(x, at, -1)
    outer = lines.shape[:-1]
    found = [as_array(func1d(lines[place], *args, **kwargs)) for place in np.ndindex(*outer)]
    results = stack(found)
    inner = results.shape[1:]
    y = results._view_reshape((*outer, *inner))
    # What each line gave stands where the line was.
    places = range(len(outer), len(outer) + len(inner))
    return moveaxis(y, tuple(places), tuple(range(at, at + len(inner))))
