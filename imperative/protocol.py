"""NumPy's functions, called with our arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tracer.errors import error
from . import views
from .apply import apply
from .arrays import Array, elementwise


class UfuncMethod:
    """A method of a ufunc, such as ``np.add.reduce``, as a function."""

    def __init__(self, ufunc: np.ufunc, how: str) -> None:
        self.ufunc = ufunc
        self.how = how
        self.__name__ = f"{ufunc.__name__}.{how}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.ufunc, self.how)(*args, **kwargs)


_methods: dict[tuple[np.ufunc, str], UfuncMethod] = {}


def ufunc_called(ufunc: np.ufunc, how: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """A ufunc, or a method of one, as an array is asked for it by NumPy."""
    out = kwargs.pop("out", None)
    if how == "__call__" and not kwargs:
        found = elementwise(ufunc, inputs)
    elif how == "at":
        views.in_place(_method(ufunc, "at"), _array(inputs[0]), inputs[1:], kwargs)
        return None
    else:
        fun = ufunc if how == "__call__" else _method(ufunc, how)
        found = apply(fun, inputs, kwargs)
    return found if out is None else written(out, found)


def _method(ufunc: np.ufunc, how: str) -> UfuncMethod:
    return _methods.setdefault((ufunc, how), UfuncMethod(ufunc, how))


WRITING = {np.copyto, np.put, np.fill_diagonal, np.place, np.putmask, np.put_along_axis}
"""Functions that write to their first argument and return nothing."""

VIEWS = {np.reshape, np.ravel, np.transpose, np.swapaxes, np.squeeze}
"""Functions that are methods which return views."""


def function_called(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """A function of NumPy, as an array is asked for it by NumPy."""
    if fun in WRITING:
        first, *rest = args
        views.in_place(fun, _array(first), tuple(rest), kwargs)
        return None
    if fun in VIEWS and args and isinstance(args[0], Array):
        return getattr(args[0], fun.__name__)(*args[1:], **kwargs)
    if fun in KNOWN:
        return fun(*[KNOWN[fun](item) for item in args], **kwargs)
    out = kwargs.pop("out", None)
    found = apply(fun, args, kwargs)
    return found if out is None else written(out, found)


def _static(item: Any) -> Any:
    """What is known of an array without its value, for functions of shapes and dtypes."""
    return (
        np.broadcast_to(np.empty((), item.dtype), item.shape) if isinstance(item, Array) else item
    )


KNOWN: dict[Callable[..., Any], Callable[[Any], Any]] = dict.fromkeys(
    (np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj),
    _static,
)
KNOWN |= dict.fromkeys(
    (np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savetxt), np.asarray
)
"""Functions that look at types only, or at values: with what they are called instead."""


def written(out: Any, found: Any) -> Any:
    """Writes results to the arrays that ``out=`` names."""
    targets = out if isinstance(out, tuple) else (out,)
    results = found if isinstance(found, tuple) else (found,)
    for target, y in zip(targets, results, strict=True):
        if target is None:
            continue
        if not isinstance(target, Array):
            raise error(
                "type", text=f"out= needs an adjit.Array here, not a {type(target).__name__}"
            )
        if not np.can_cast(y.dtype, target.dtype, "same_kind"):
            raise error("type", text=f"cannot write {y.dtype} to out of {target.dtype}")
        target[...] = y
    return targets[0] if len(targets) == 1 else targets


def _array(item: Any) -> Array:
    if not isinstance(item, Array):
        raise error("type", text=f"a {type(item).__name__} cannot be written from recorded arrays")
    return item


def scale_gradient(x: Array, scale: float) -> Array:
    """The array, with a gradient that is ``scale`` times as large."""
    return x.scale_gradient(scale)
