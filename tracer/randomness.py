"""Random draws that the rewriting cannot see, found by the state that they leave behind.

A draw inside a recording would be frozen: every later call would see the same numbers. Calls
in rewritten code are refused as they are made; code without source may still draw.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

from .capture import variable
from .errors import error


def snapshot(fun: Callable[..., Any]) -> list[tuple[str, Any]]:
    """Names and states of the generators that ``fun`` may draw from."""
    legacy: Any = np.random.get_state(legacy=True)
    states: list[tuple[str, Any]] = [
        ("np.random", (legacy[1].tobytes(), *legacy[2:])),
        ("random", random.getstate()),
    ]
    states += [(name, str(item.bit_generator.state)) for name, item in _generators(fun)]
    return states


def check_drawn(fun: Callable[..., Any], before: list[tuple[str, Any]]) -> None:
    """Raises if one of the generators has moved since ``before``."""
    for (name, old), (_, new) in zip(before, snapshot(fun), strict=False):
        if old != new:
            hint = "every call would see the numbers of the recording; draw outside, and pass them"
            raise error("random", name=f"a draw from {name}", hint=hint)


def _generators(fun: Callable[..., Any]) -> Iterator[tuple[str, np.random.Generator]]:
    if not isinstance(fun, FunctionType):
        return
    for name in (*fun.__code__.co_names, *fun.__code__.co_freevars):
        found = variable(fun, name)
        if found is not None and isinstance(found[1], np.random.Generator):
            yield name, found[1]
