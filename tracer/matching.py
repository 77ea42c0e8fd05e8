"""Cotangents and tangents beside the arguments and results that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .containers import LEAF, Structure, flatten, rebuild
from .core import ArrayCore
from .errors import error
from .signature import Arguments


@dataclass(frozen=True, slots=True)
class Outline:
    """Arguments without what was given: for each a name and a structure, and for each leaf a
    name and what kind of thing it is."""

    parameters: tuple[str, ...]
    structures: tuple[Structure, ...]
    leaves: tuple[tuple[str, str], ...]


def outline_of(arguments: Arguments) -> Outline:
    leaves = tuple((leaf.name, _kind(leaf.item)) for leaf in arguments.leaves)
    return Outline(arguments.parameters, arguments.structures, leaves)


def _kind(item: Any) -> str:
    """The dtype of an argument, or the name of its type."""
    weak = getattr(item, "weak", None)
    return weak.__name__ if weak else str(getattr(item, "dtype", type(item).__name__))


def per_argument(structures: Sequence[Structure], items: Sequence[Any]) -> tuple:
    """Leaves grouped as the positional arguments they belong to."""
    found, at = [], 0
    for structure in structures:
        found.append(rebuild(structure, items[at : at + structure.leaves]))
        at += structure.leaves
    return tuple(found)


def matching(item: Any, structure: Structure, what: str, of: str) -> list[Any]:
    """The leaves of a cotangent or tangent, which has the structure of what it belongs to."""
    if item is None:
        return [None] * structure.leaves
    leaves, found = flatten(item)
    if len(leaves) != structure.leaves or (found != structure and found.type is not tuple):
        wanted = f"{_described(structure)}, like {of}"
        raise error("structure", got=_described(found), what=what, wanted=wanted)
    return leaves


def _described(structure: Structure) -> str:
    """A structure in words, one level deep."""
    if structure == LEAF:
        return "one array or number"
    assert structure.type is not None
    name, count = structure.type.__name__, len(structure.keys)
    if structure.type in (tuple, list):
        return f"a {name} of {count}"
    return f"a {name} of {', '.join(map(str, structure.keys)) or 'nothing'}"


def flat_tangents(
    outline: Outline, count: int, tangents: Sequence[Any], wrt: Sequence[int]
) -> list[Any]:
    """A tangent for each leaf of ``count`` arguments; those by which there is no derivative have
    none, and neither have defaults."""
    if len(tangents) != count:
        got, wanted = f"{len(tangents)} entries", f"one for each of {count} arguments"
        raise error("structure", got=got, what="tangents", wanted=wanted)
    flat: list[Any] = []
    defaults = [None] * (len(outline.parameters) - count)
    for tangent, structure, name in zip(
        [*tangents, *defaults], outline.structures, outline.parameters, strict=True
    ):
        flat += matching(tangent, structure, "a tangent", f"argument {name}")
    for n, ((name, kind), move) in enumerate(zip(outline.leaves, flat, strict=True)):
        if n not in wrt and move is not None and _may_move(move):
            raise error("integer_tangent", name=name, dtype=kind)
    return flat


def _may_move(tangent: Any) -> bool:
    """Whether a tangent may be other than zero."""
    return isinstance(tangent, ArrayCore) or bool(np.any(tangent))
