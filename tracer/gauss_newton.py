"""``gnvp``: products with the Gauss-Newton matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array import Array
from .containers import flatten, rebuild
from .errors import error
from .products import jvp, vjp
from .transforms import Compiled, kept


def gnvp(
    fun: Callable[..., Any],
    x: Any,
    v: Any,
    *args: Any,
    loss: Callable[[Any], Any] | None = None,
) -> Any:
    """The Gauss-Newton matrix of ``loss(fun(x, *args))`` by ``x``, times ``v``.

    The matrix is ``J.T @ H @ J``, with the Jacobian ``J`` of ``fun`` by ``x`` and the Hessian
    ``H`` of ``loss`` at ``fun(x, *args)``. It is the Hessian without the second derivatives of
    ``fun``, positive semidefinite where ``loss`` is convex. Without a ``loss`` that is half the
    sum of squares of the result, so ``H`` is the identity and the product ``J.T @ (J @ v)``.

    ``fun`` returns arrays or containers of these, ``loss`` takes what ``fun`` returns and
    returns a real scalar; ``v`` and the result have the structure and shapes of ``x``. One
    native call. N. N. Schraudolph, Fast curvature matrix-vector products for second-order
    gradient descent, Neural Computation 14 (2002) 1723-1738.
    """
    found: _Product = kept(fun, "gauss newton", lambda: _Product(fun))
    return found.compiled(loss, x, v, *args)


class _Product:
    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any]) -> None:
        if not callable(fun):
            raise error("not_callable", type=type(fun).__name__)
        self.fun = fun
        self.compiled = Compiled(self, 0, "value")

    def __call__(self, loss: Callable[[Any], Any] | None, x: Any, v: Any, *args: Any) -> Any:
        """Recorded: forward over the model, forward over reverse over the loss, and back."""
        from .api import grad

        y, t = jvp(self.fun, (x, *args), (v, *[None for _ in args]))
        g = _conjugated(t) if loss is None else jvp(grad(loss), (y,), (t,))[1]
        return vjp(self.fun, x, *args)[1](g)[0]


def _conjugated(t: Any) -> Any:
    """The cotangent of half the sum of squares, moved by a tangent: for complex results the
    conjugate, as cotangents are."""
    leaves, structure = flatten(t)
    return rebuild(structure, [np.conj(x) if isinstance(x, Array) else x for x in leaves])
