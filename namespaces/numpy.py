"""``adjit.numpy``: the names of NumPy, whose arrays are ``adjit.Array``.

Every function is NumPy's own: with an Array among its arguments it is recorded, without one it
is computed, and its arrays are made Arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy

from adjit.imperative.apply import wrapped
from adjit.imperative.arrays import Array, array
from adjit.tracer.containers import flatten

ndarray = Array


def asarray(item: Any, dtype: Any = None) -> Array:
    """``item`` itself if it is an Array of the dtype, else an Array with what it holds."""
    if isinstance(item, Array) and (dtype is None or item.dtype == numpy.dtype(dtype)):
        return item
    return array(item, dtype)


class Namespace:
    """A module of functions, each of which makes Arrays."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.__name__ = module.__name__.replace("numpy", "adjit.numpy", 1)

    def __getattr__(self, name: str) -> Any:
        found = _ours(getattr(self._module, name))
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return dir(self._module)


def _ours(item: Any) -> Any:
    if isinstance(item, ModuleType):
        return Namespace(item)
    if callable(item) and not isinstance(item, type):
        return _function(item)
    return item


def _function(fun: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fun, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        found = fun(*args, **kwargs)
        return found if _recorded(args, kwargs) else wrapped(found)

    return call


def _recorded(args: tuple, kwargs: dict[str, Any]) -> bool:
    return any(isinstance(leaf, Array) for leaf in flatten((args, kwargs))[0])


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        found = _ours(getattr(numpy, name))
    except AttributeError:
        raise AttributeError(f"module 'adjit.numpy' has no attribute {name!r}") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*dir(numpy), *globals()})


__all__ = ["Array", "array", "asarray", "ndarray"]
