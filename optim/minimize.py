"""``minimize``: all parameters at once, by an optimizer of SciPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..imperative.arrays import Array
from ..imperative.differentiate import backward
from ..imperative.direct import hold
from ..imperative.modes import Family, Scope
from ..imperative.node import known
from ..nn.parameter import Parameter
from ..tracer.errors import error


def minimize(
    closure: Callable[[], Array], params: Any, method: str = "L-BFGS-B", **options: Any
) -> Any:
    """Makes the loss that ``closure()`` returns as small as ``scipy.optimize.minimize`` can.

    ``params``: Parameters or marked arrays, in a list or a dict; they hold the best values then.
    ``closure`` takes nothing and is recorded; its result is a loss, or several that are added.
    ``options``: further arguments, such as ``options={"maxiter": 100}``, ``bounds`` or ``tol``.
    Returns SciPy's ``OptimizeResult``; its ``x`` is all parameters in one vector of float64.
    """
    from scipy import optimize

    given = list(params.values()) if isinstance(params, Mapping) else list(params)
    arrays = [p.array if isinstance(p, Parameter) else p for p in given]
    arrays = list({id(x): x for x in arrays if x._mark is not None}.values())
    if not arrays:
        raise error("autograd_unmarked")
    cuts = np.cumsum([x.size for x in arrays])[:-1]

    def set_to(vector: np.ndarray) -> None:
        for x, part in zip(arrays, np.split(vector, cuts), strict=True):
            hold(x, np.array(part, x.dtype).reshape(x.shape))

    def evaluated(vector: np.ndarray) -> tuple[float, np.ndarray]:
        set_to(vector)
        _clear(arrays)
        with Scope(recording=True, enabled=True, training=True):
            loss = closure().sum()
        backward(loss)
        parts = [
            np.zeros(x.size) if x.grad is None else np.asarray(x.grad, float).ravel()
            for x in arrays
        ]
        return float(loss), np.concatenate(parts)

    start = np.concatenate([np.asarray(x, float).ravel() for x in arrays])
    found = optimize.minimize(evaluated, start, jac=True, method=method, **options)
    set_to(found.x)
    return found


def _clear(arrays: list[Array]) -> None:
    """Takes away gradients of before, which are added to or which a loss may not reach."""
    for x in arrays:
        mark = x._mark
        assert mark is not None
        if mark.family is Family.REQUIRED:
            mark.grad = None
        elif mark.grad is not None:
            mark.grad._node = known(np.zeros(x.shape, x.dtype))
