"""``gnvp``: products with the Gauss-Newton matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .api import grad
from .containers import Structure, flatten, rebuild
from .errors import error
from .hooks import recordable
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
        y, t = jvp(self.fun, (x, *args), (v, *[None for _ in args]))
        leaves, structure = flatten(y)
        moves = flatten(t)[0]
        moving = [n for n, move in enumerate(moves) if move is not None]
        found = [moves[n] for n in moving]
        if loss is None:  # the cotangent of complex results is conjugated
            found = [np.conj(move) for move in found]
        else:
            floats = [leaves[n] for n in moving]
            gradient = grad(_Loss(loss, leaves, structure, moving))
            found = jvp(gradient, (floats,), (found,))[1]
        by_leaf = dict(zip(moving, found, strict=True))
        g = rebuild(structure, [by_leaf.get(n) for n in range(len(leaves))])
        return vjp(self.fun, x, *args)[1](g)[0]


class _Loss:
    """A loss as a function of the floating-point leaves of what a model returns."""

    __adjit_transform__ = True

    def __init__(
        self,
        loss: Callable[[Any], Any],
        leaves: Sequence[Any],
        structure: Structure,
        moving: Sequence[int],
    ) -> None:
        self.loss = loss
        self.leaves, self.structure, self.moving = leaves, structure, moving

    def __call__(self, floats: Sequence[Any]) -> Any:
        leaves = list(self.leaves)
        for n, leaf in zip(self.moving, floats, strict=True):
            leaves[n] = leaf
        return (recordable(self.loss) or self.loss)(rebuild(self.structure, leaves))
