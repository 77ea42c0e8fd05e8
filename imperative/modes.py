"""What is in force while a program runs: recording, training, looking for NaN. One per thread."""

from __future__ import annotations

import enum
import functools
import inspect
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Family(enum.Enum):
    """The rules that a marked array brings along, named by the call that marks it.

    ``ATTACHED`` (MXNet, DJL): recorded inside ``record()``; gradients are zero at first, then
    overwritten. ``REQUIRED`` (PyTorch): recorded unless ``no_grad()``; gradients are None at
    first, then added up. ``INSIDE`` is no family of rules: it tells what the forward of a
    `Function` computes, of which only inputs and results have derivatives.
    """

    ATTACHED = "attach_grad"
    REQUIRED = "requires_grad_"
    INSIDE = "Function.forward"


class State(threading.local):
    """``recording``: of attached leaves; ``enabled``: of required ones. ``capture``: what a block
    that is being captured notes (`adjit.nn`), None most of the time."""

    def __init__(self) -> None:
        self.recording = False
        self.training = False
        self.enabled = True
        self.anomaly = False
        self.capture: Any = None


state = State()


def records(family: Family) -> bool:
    """Whether what is made of leaves of a family is recorded now."""
    if family is Family.INSIDE:
        return True
    return state.recording if family is Family.ATTACHED else state.enabled


class Scope:
    """A context, and a decorator, in which some of the state is as it says."""

    def __init__(self, left: Callable[[], None] | None = None, **wanted: bool) -> None:
        self.wanted = wanted
        self.left = left
        self.before: list[dict[str, bool]] = []

    def __enter__(self) -> Scope:
        now = state.__dict__
        self.before.append({name: now[name] for name in self.wanted})
        now.update(self.wanted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        state.__dict__.update(self.before.pop())
        if self.left is not None and kind is None:
            self.left()

    def __call__(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(fun):
            return self._each(fun)

        @functools.wraps(fun)
        def within(*args: Any, **kwargs: Any) -> Any:
            with Scope(self.left, **self.wanted):
                return fun(*args, **kwargs)

        return within

    def _each(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """A generator that is in the scope while it runs, and not while its caller does."""

        @functools.wraps(fun)
        def within(*args: Any, **kwargs: Any) -> Any:
            items = fun(*args, **kwargs)
            sent = None
            while True:
                try:
                    with Scope(self.left, **self.wanted):
                        item = items.send(sent)
                except StopIteration as end:
                    return end.value
                sent = yield item

        return within
