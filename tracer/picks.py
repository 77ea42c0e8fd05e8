"""Draws that pick or reorder items: ``choice``, ``permutation``, ``shuffle`` and their like.

Where items are differentiated by, their numbers are drawn, which take the same numbers from the
stream, and the items are read at these. Other items are drawn from as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import indexing
from .array import Array, wrap
from .core import ArrayCore
from .errors import unsupported
from .lift import has_proxy, lift
from .promote import WEAK_DTYPE
from .randomness import depends, draw
from .trace import Trace

Pick = Callable[[Trace, Any, str, tuple, dict[str, Any]], Any]


def _choice(trace: Trace, generator: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
    given = dict(kwargs)
    first, rest = _first(given, args, "a" if "a" in given else "seq")
    if not depends(trace, first):
        return draw(trace, generator, name, args, kwargs)
    x = _array(first)
    if not isinstance(generator, np.random.Generator | np.random.RandomState):
        at = draw(trace, generator, name, (range(len(x)),), {})
        return _items(first, x, [at])[0]
    axis = given.pop("axis", rest[3] if len(rest) > 3 else 0)
    rest = (*rest[:3], 0, *rest[4:]) if len(rest) > 3 else rest
    at = draw(trace, generator, name, (x.shape[axis], *rest), given)
    return _taken(x, at, axis)


def _sample(trace: Trace, generator: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> Any:
    given = dict(kwargs)
    first, rest = _first(given, args, "population")
    if not depends(trace, first):
        return draw(trace, generator, name, args, kwargs)
    x = _array(first)
    return _items(first, x, draw(trace, generator, name, (range(len(x)), *rest), given))


def _permutation(
    trace: Trace, generator: Any, name: str, args: tuple, kwargs: dict[str, Any]
) -> Any:
    given = dict(kwargs)
    first, rest = _first(given, args, "x")
    if not depends(trace, first):
        return draw(trace, generator, name, args, kwargs)
    x = _array(first)
    if name == "permuted":
        if given.pop("axis", None) is not None or rest or given:
            raise unsupported("permuted() of what is differentiated by, along an axis or with out=")
        at = draw(trace, generator, name, (np.arange(x.size),), {})
        return _taken(x.reshape(-1), at, 0).reshape(x.shape)
    axis = given.pop("axis", rest[0] if rest else 0)
    return _taken(x, draw(trace, generator, name, (x.shape[axis],), given), axis)


def _shuffle(trace: Trace, generator: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> None:
    given = dict(kwargs)
    x, rest = _first(given, args, "x")
    if isinstance(x, Array):
        axis = given.pop("axis", rest[0] if rest else 0)
        if depends(trace, x):
            at = draw(trace, generator, "permutation", (x.shape[axis],), {})
            indexing.write(x, Ellipsis, _taken(x, at, axis))
        else:
            mixed = draw(trace, generator, name, (x, *rest), dict(kwargs), in_place=True)
            indexing.write(x, Ellipsis, mixed)
        return
    if not isinstance(x, list):
        raise unsupported(f"{name}() of a {type(x).__name__}")
    plain = all(type(item) in WEAK_DTYPE for item in x)
    drawn = x if plain else list(range(len(x)))
    mixed = draw(trace, generator, name, (drawn, *rest), given, in_place=True)
    x[:] = mixed if plain else _items(x, _array(x), mixed)


PICKS: dict[str, Pick] = {
    "choice": _choice,
    "choices": _sample,
    "sample": _sample,
    "permutation": _permutation,
    "permuted": _permutation,
    "shuffle": _shuffle,
}


def _first(given: dict[str, Any], args: tuple, name: str) -> tuple[Any, tuple]:
    """The items to draw from, and the other positional arguments."""
    return (args[0], args[1:]) if args else (given.pop(name, None), ())


def _array(items: Any) -> Array:
    return items if isinstance(items, Array) else wrap(lift(items), scalar=False)


def _taken(x: Array, at: Any, axis: int) -> Any:
    return indexing.read(x, (*[slice(None)] * (axis % x.ndim), at))


def _items(given: Any, x: Array, places: list[Any]) -> list[Any]:
    """The items of a list or array at some places."""
    found = [indexing.read(x, at) for at in places]
    if isinstance(given, ArrayCore):
        return found
    kinds = {item.weak if isinstance(item, ArrayCore) else type(item) for item in given}
    if len(kinds) != 1 or not has_proxy(given) or x.ndim != 1:
        raise unsupported("drawing from a list of recorded items of several kinds")
    (kind,) = kinds
    return [wrap(item.value, kind if kind in WEAK_DTYPE else None) for item in found]
