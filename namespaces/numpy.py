"""``adjit.numpy``: the names of NumPy, whose arrays are ``adjit.Array``.

Every function is NumPy's own: with an Array among its arguments it is recorded, without one it
is computed, and its arrays are made Arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import BuiltinFunctionType, MethodType, ModuleType
from typing import Any

import numpy

from adjit.imperative.apply import apply, plain, recorded, wrapped
from adjit.imperative.arrays import Array
from adjit.imperative.arrays import array as array_of
from adjit.imperative.writes import write
from adjit.tracer.current import current_trace
from adjit.tracer.errors import unsupported
from adjit.tracer.table import FUNCTIONS, numpy_name, twin_of

ndarray = Array


def array(
    item: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Array:
    """An Array of its own with what ``item`` holds: an array, numbers, Arrays in lists.

    Derivatives go through Arrays in lists. ``order``: the memory of an Array is in C order.
    """
    if current_trace() is not None:  # in a function that is compiled
        found: Array = FUNCTIONS[numpy.array](item, dtype, ndmin=ndmin)
        return found
    return array_of(item, dtype, copy=copy, ndmin=ndmin)


def asarray(
    item: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None, like: Any = None
) -> Array:
    """``item`` itself if it is an Array of the dtype, else an Array with what it holds."""
    if current_trace() is not None:
        found: Array = FUNCTIONS[numpy.asarray](item, dtype)
        return found
    return array_of(item, dtype, copy=copy)


asanyarray = ascontiguousarray = asarray


class Namespace:
    """A module of functions, or an object with such methods, each of which makes Arrays."""

    def __init__(self, item: Any) -> None:
        self._item = item
        name = getattr(item, "__name__", type(item).__name__)
        self.__name__ = name.replace("numpy", "adjit.numpy", 1)
        self.__doc__ = item.__doc__

    def __getattr__(self, name: str) -> Any:
        found = _ours(getattr(self._item, name))
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        return dir(self._item)

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


class Ufunc(Namespace):
    """A ufunc: called, or one of its methods is."""

    def __init__(self, item: numpy.ufunc) -> None:
        super().__init__(item)
        self._call = _function(item)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(*args, **kwargs)


class Indexed:
    """What makes arrays between brackets, such as ``np.r_``."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self.__name__ = type(item).__name__

    def __getitem__(self, key: Any) -> Any:
        return apply(self._at, (key,), {}) if recorded(key) else wrapped(self._item[plain(key)])

    def _at(self, key: Any) -> Any:
        return twin_of(self._item)[key]

    def __len__(self) -> int:
        return 0


_GENERATORS = (numpy.random.Generator, numpy.random.RandomState)
_INDEXED = tuple({type(item) for item in (numpy.r_, numpy.c_, numpy.mgrid, numpy.ogrid)})


def _ours(item: Any) -> Any:
    if isinstance(item, (ModuleType, *_GENERATORS)):
        return Namespace(item)
    if isinstance(item, _INDEXED):
        return Indexed(item)
    if isinstance(item, numpy.ufunc):
        return Ufunc(item)
    if callable(item) and not isinstance(item, type):
        return _function(item)
    return item


def _function(fun: Callable[..., Any]) -> Callable[..., Any]:
    of = getattr(fun, "__self__", fun)
    dispatches = isinstance(of, numpy.ufunc) or hasattr(fun, "_implementation")
    name = getattr(fun, "__name__", "")
    shuffles = name == "shuffle" and isinstance(fun, BuiltinFunctionType | MethodType)

    @functools.wraps(fun, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        if current_trace() is not None:  # in a function that is compiled: NumPy's own
            return FUNCTIONS.get(fun, fun)(*args, **kwargs)
        if dispatches:
            return wrapped(fun(*args, **kwargs))
        if shuffles:
            return _shuffled(fun, *args, **kwargs)
        if not recorded(args, kwargs):
            return _from(fun(*plain(args), **plain(kwargs)))
        if fun not in FUNCTIONS:
            hint = "pass what is detached, and compute with what it returns"
            raise unsupported(f"{numpy_name(fun)} of recorded arrays", hint=hint)
        return apply(_recording(fun), args, kwargs)

    return call


def _from(found: Any) -> Any:
    return Namespace(found) if isinstance(found, _GENERATORS) else wrapped(found)


@functools.cache
def _recording(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy that does not ask its arguments what it is for them."""

    @functools.wraps(fun, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        return (fun if current_trace() is None else FUNCTIONS[fun])(*args, **kwargs)

    return call


def _shuffled(fun: Callable[..., Any], x: Any, *args: Any, **kwargs: Any) -> None:
    """A shuffle in place; the order is drawn for positions, so a recorded array can be shuffled."""
    if not isinstance(x, Array):
        fun(x, *args, **kwargs)
        return
    axis = args[0] if args else kwargs.get("axis", 0)
    order = numpy.arange(x.shape[axis])
    fun(order)
    write(x, Ellipsis, numpy.take(x, order, axis))


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
    return sorted({*dir(numpy), *(name for name in globals() if not name.startswith("_"))})


__all__ = ["Array", "array", "asarray", "ndarray"]
