"""Python's cycle collector, paused while a program is recorded and compiled."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """A Graph and its derivative are hundreds of thousands of objects that all stay in use.

    The collector would look at all of them again and again: half of the time that 10,000
    operations take, and more than in proportion to their number.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
