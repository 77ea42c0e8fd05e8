"""``elementwise_grad`` and ``holomorphic_grad``: derivatives of functions element by element."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .array import Array
from .containers import flatten
from .current import current_trace
from .errors import error
from .hooks import recordable
from .transforms import Argnums, Gradient, GradientAlone, checked_argnums, kept


class Total:
    """A function that returns the sum of what another one returns."""

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any]) -> None:
        if not callable(fun):
            raise error("not_callable", type=type(fun).__name__)
        self.fun = fun
        functools.update_wrapper(self, fun, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_trace() is None:
            return _total(self.fun(*args, **kwargs))
        return _total((recordable(self.fun) or self.fun)(*args, **kwargs))


def _total(y: Any) -> Any:
    leaves = [leaf for leaf in flatten(y)[0] if leaf is not None]
    for leaf in leaves:
        if not isinstance(leaf, Array | np.ndarray | np.generic | int | float | complex):
            raise error("not_array", operation="the result", type=type(leaf).__name__)
        dtype = leaf.dtype if isinstance(leaf, Array) else np.asarray(leaf).dtype
        if dtype.kind not in "fc":
            raise error("jacobian", dtype=dtype)
    if not leaves:
        raise error("non_scalar", what="nothing")
    return functools.reduce(lambda one, other: one + other, [np.sum(leaf) for leaf in leaves])


def elementwise_grad(fun: Callable[..., Any], argnums: Argnums = 0) -> GradientAlone:
    """A function that returns the derivative of each element of a result by its own argument.

    ``fun`` is real and treats each element by itself, as ``np.sin`` does; its result may have
    any shape. What is computed is the gradient of the sum of the result (as by autograd's
    function of this name), so that it has the structure and shapes of the arguments, and of an
    argument that was broadcast it is a sum. ``argnums`` as in :func:`grad`.
    """
    return _of_total(fun, argnums, "gradient")


def holomorphic_grad(fun: Callable[..., Any], argnums: Argnums = 0) -> GradientAlone:
    """A function that returns the complex derivative of a holomorphic function.

    Arguments and results are complex. The derivative of a number is ``grad(fun,
    holomorphic=True)``; arrays are treated element by element, as by :func:`elementwise_grad`.
    """
    return _of_total(fun, argnums, "holomorphic")


def _of_total(fun: Callable[..., Any], argnums: Argnums, mode: str) -> GradientAlone:
    wanted = checked_argnums(argnums)
    total: Total = kept(fun, "total", lambda: Total(fun))
    both: Gradient = kept(total, (mode, wanted), lambda: Gradient(total, wanted, mode))
    return both.grad
