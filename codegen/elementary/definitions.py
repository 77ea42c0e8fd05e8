"""The table of elementary functions: each one's definition by its name.

A definition takes and returns :class:`~.lanes.Number`. Where some arguments need more than
straight-line code (huge angles, say), it returns :class:`Rare`: those lanes are computed again
by libm's function of that name, one by one, behind a branch that is seldom taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .lanes import Mask, Number


@dataclass(frozen=True, slots=True)
class Rare:
    """The result, wrong in the lanes of ``mask``, for which libm's ``function`` is called."""

    result: Number
    mask: Mask
    function: str


Definition = Callable[..., "Number | Rare"]

DEFINITIONS: dict[str, Definition] = {}
"""Every elementary function by its name."""


def elementary(definition: Definition) -> Definition:
    """Enters a definition into the table under its name (less a trailing underscore)."""
    DEFINITIONS[definition.__name__.rstrip("_")] = definition
    return definition


def arity(name: str) -> int:
    return DEFINITIONS[name].__code__.co_argcount
