"""What a block that is captured (`adjit.nn.capture`) needs to know of writes to arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .modes import state

if TYPE_CHECKING:
    from .arrays import Array
    from .node import Node

watched: dict[Node, Callable[[], None]] = {}
"""What is to be called when an array that holds a Node is written to."""


def writes(x: Array) -> None:
    """``x``, which owns its memory, is going to be written to."""
    if state.capture is not None:
        state.capture.wrote(x)
    if watched and x._node in watched:
        watched.pop(x._node)()
