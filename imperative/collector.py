"""``GradientCollector``: recording and gradients as in DJL (Deep Java Library)."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from .differentiate import backward
from .marks import MARKS
from .modes import Scope


class GradientCollector:
    """A context that records in training mode; ``backward`` gives the marked arrays gradients."""

    def __init__(self) -> None:
        self._scope = Scope(recording=True, training=True)

    def __enter__(self) -> GradientCollector:
        self._scope.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scope.__exit__(kind, problem, traceback)

    def backward(self, target: Any) -> None:
        """The gradients of ``target`` (of its sum) by all marked arrays."""
        backward(target)

    def zero_gradients(self) -> None:
        """Sets the gradients of all marked arrays to zero, whoever found them."""
        for mark in list(MARKS):
            if mark.grad is not None:
                mark.grad.zero_()
