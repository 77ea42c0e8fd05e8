"""Rules of the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .tracer import primitive

__all__ = ["defvjp", "primitive"]


def defvjp(fun: primitive, *makers: Any, argnums: Sequence[int] | None = None) -> None:
    fun.rules.update(zip(range(len(makers)) if argnums is None else argnums, makers, strict=True))
