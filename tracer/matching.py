"""Cotangents and tangents beside the arguments and results that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .containers import Structure, flatten, rebuild
from .errors import error
from .signature import Arguments


def per_argument(arguments: Arguments, items: Sequence[Any]) -> tuple:
    """Leaves grouped as the positional arguments they belong to."""
    found, at = [], 0
    for structure in arguments.structures:
        found.append(rebuild(structure, items[at : at + structure.leaves]))
        at += structure.leaves
    return tuple(found)


def matching(item: Any, structure: Structure, what: str, of: str) -> list[Any]:
    """The leaves of a cotangent or tangent, which has the structure of what it belongs to."""
    if item is None:
        return [None] * structure.leaves
    leaves, found = flatten(item)
    if len(leaves) != structure.leaves or (found != structure and found.type is not tuple):
        raise error("structure", got=f"{len(leaves)} leaves", what=what, wanted=f"those of {of}")
    return leaves
