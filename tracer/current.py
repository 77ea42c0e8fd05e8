"""The recordings that are under way: the innermost one of this thread, and how many there are.

This is apart from `trace` because each call asks for it, and most processes that import adjit
have not recorded anything yet.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trace import Trace


class _Active:
    """How many recordings there are in all threads; native entries read it where it lies."""

    def __init__(self) -> None:
        self._count = ctypes.c_int64()
        self._lock = threading.Lock()
        self.address = ctypes.addressof(self._count)

    def add(self, change: int) -> None:
        with self._lock:
            self._count.value += change


ACTIVE = _Active()


class _Current(threading.local):
    def __init__(self) -> None:
        self.traces: list[Trace] = []


_current = _Current()


def current_trace() -> Trace | None:
    """The innermost recording of this thread."""
    return _current.traces[-1] if _current.traces else None


def enter(trace: Trace) -> None:
    _current.traces.append(trace)
    ACTIVE.add(1)


def leave() -> None:
    _current.traces.pop()
    ACTIVE.add(-1)


def recorder(leaves: Iterable[Any]) -> Callable[[Any, tuple, dict[str, Any]], Any] | None:
    """What applies a function to arguments, some of which record what is done with them.

    Such arrays (`imperative`) have it as ``__adjit_apply__``.
    """
    for leaf in leaves:
        found = getattr(type(leaf), "__adjit_apply__", None)
        if found is not None:
            applied: Callable[[Any, tuple, dict[str, Any]], Any] = found
            return applied
    return None
