"""A Kernel: object code and everything else that is needed to run it.

It holds no part of the IR but types, so that what is kept on disk is run without the compiler.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.graph import Outcome
from ..ir.types import ArrayType
from .assemble import ObjectCode

NAME = "adjit.entry"
"""Of the function, in the object code."""


@dataclass(frozen=True, slots=True)
class Exit:
    """Where a call can leave the tree: a branch, after ``trail``; ``kind`` is its dtype's."""

    trail: tuple[Outcome, ...]
    kind: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kernel:
    """A compiled Schedule.

    ``outputs``: the types of each path's outputs. ``arena``: bytes of scratch memory. ``divides``:
    whether it has bands, which run on several threads; ``loops``: whether it has loops, and so
    can take long. ``checks`` are the errors that a call can end with: kind and message.
    """

    code: ObjectCode
    outputs: tuple[tuple[ArrayType, ...], ...]
    exits: tuple[Exit, ...]
    checks: tuple[tuple[str, str], ...]
    arena: int
    tapes: int
    divides: bool
    loops: bool
