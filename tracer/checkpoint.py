"""``checkpoint``: a function whose loops are differentiated in little memory (`segments`)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .containers import flatten
from .current import current_trace, recorder
from .errors import error
from .transforms import kept


class Checkpoint:
    """A function whose loops are differentiated with little memory; see ``checkpoint``."""

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun = fun
        functools.update_wrapper(self, fun, updated=())

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else checkpoint(self.fun.__get__(instance))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from .hooks import recordable

        trace = current_trace()
        if trace is None:
            elsewhere = recorder(flatten((args, kwargs))[0])
            return self.fun(*args, **kwargs) if elsewhere is None else elsewhere(self, args, kwargs)
        recorded = recordable(self.fun) or self.fun
        trace.checkpointing += 1
        try:
            return recorded(*args, **kwargs)
        finally:
            trace.checkpointing -= 1


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """``fun``, with its loops differentiated in about sqrt(T) memory for T steps.

    The derivative of a loop keeps what each step overwrites or cannot compute again. Of a loop
    in a checkpointed function it keeps that for one segment of about sqrt(T) steps at a time,
    and what each segment started from; the steps are run twice. Only the outermost loops are
    segmented, and their number of steps must be known before they start: a loop that a
    condition ends is an error (AdjitNotImplementedError). Values and derivatives are the same.
    """
    if not callable(fun):
        raise error("not_callable", type=type(fun).__name__)
    found: Checkpoint = kept(fun, "checkpoint", lambda: Checkpoint(fun))
    return found
