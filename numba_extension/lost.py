"""Exceptions that numba loses: those of calls in a parallel loop.

A thread that runs a part of such a loop drops an exception and the rest of its part, and the loop
ends as if all were well. So the exception is noted here, and the main thread, which CPython lets
look between two statements, raises it. What a loop calls does not know that it is in one: without
the GIL, which such loops release, it does both, and the main thread looks whether the
exception got anywhere: on its way through a Python frame its traceback grows.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator
from types import TracebackType

from .native import HELD, PART

_noted: list[tuple[BaseException, TracebackType | None]] = []


@contextlib.contextmanager
def reported(answer: int, flags: int) -> Iterator[None]:
    """Leaves an exception in the words of ``answer``.

    The second and third are its type and itself; the fourth is what the main thread is to call.
    """
    thread = threading.current_thread()
    try:
        yield
    except BaseException as problem:
        # Another thread of Python's own may not yet have raised it when the main thread looks.
        is_ours = thread is threading.main_thread() or isinstance(thread, threading._DummyThread)
        if flags & PART or (is_ours and not flags & HELD):
            _noted.append((problem, problem.__traceback__))
        if not flags & PART:
            _leave(answer, problem)
    finally:
        if _noted:
            look = ctypes.cast(_look, ctypes.c_void_p).value
            ctypes.c_int64.from_address(answer + 24).value = look or 0


def _leave(answer: int, problem: BaseException) -> None:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(problem))
    ctypes.c_int64.from_address(answer + 8).value = id(type(problem))
    ctypes.c_int64.from_address(answer + 16).value = id(problem)


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)
def _look(answer: int) -> None:
    found, _noted[:] = list(_noted), []
    for problem, traceback in found:
        if problem.__traceback__ is traceback:
            _leave(answer, problem)
            return
