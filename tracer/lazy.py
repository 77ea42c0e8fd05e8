"""Arrays that are not computed yet, given to compiled functions.

A type with ``__adjit_call__(fun, args, kwargs)`` takes over the call of a transform that it is an
argument of. `imperative` has such a type; nothing of it is known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .containers import flatten

Handler = Callable[[Callable[..., Any], tuple, dict[str, Any]], Any]


def is_lazy(item: Any) -> bool:
    return hasattr(type(item), "__adjit_call__")


def handler_of(args: tuple, kwargs: dict[str, Any]) -> Handler | None:
    """What takes over a call with these arguments; None where all are plain."""
    for leaf in flatten((args, kwargs))[0]:
        if is_lazy(leaf):
            found: Handler = leaf.__adjit_call__
            return found
    return None
