"""Containers of arguments and results: flattened to leaves, rebuilt from leaves.

tuple, list, dict, namedtuple and dataclass instances are containers; everything else is a leaf.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Structure:
    """The shape of a container: its type, its keys, its children; None: a leaf."""

    type: type | None
    keys: tuple[Any, ...] = ()
    children: tuple[Structure, ...] = ()

    @property
    def leaves(self) -> int:
        return 1 if self.type is None else sum(child.leaves for child in self.children)


LEAF = Structure(None)


def _open(item: Any) -> tuple[tuple[Any, ...], list[Any]] | None:
    """Keys and children of a container; None for a leaf."""
    kind = type(item)
    if kind is tuple or kind is list or (isinstance(item, tuple) and hasattr(item, "_fields")):
        return tuple(range(len(item))), list(item)
    if kind is dict:
        return tuple(item), list(item.values())
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        names = tuple(f.name for f in dataclasses.fields(item) if f.init)
        return names, [getattr(item, name) for name in names]
    return None


def flatten(item: Any) -> tuple[list[Any], Structure]:
    """The leaves of ``item`` in order, and its Structure."""
    opened = _open(item)
    if opened is None:
        return [item], LEAF
    keys, children = opened
    leaves: list[Any] = []
    structures = []
    for child in children:
        below, structure = flatten(child)
        leaves += below
        structures.append(structure)
    return leaves, Structure(type(item), keys, tuple(structures))


def instances(item: Any) -> Iterator[Any]:
    """The named tuples and data classes in a container, itself included."""
    opened = _open(item)
    if opened is None:
        return
    if type(item) not in (tuple, list, dict):
        yield item
    for child in opened[1]:
        yield from instances(child)


def rebuild(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The container of ``structure`` with ``leaves``."""
    return _rebuild(structure, iter(leaves))


def _rebuild(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.type
    if kind is None:
        return next(leaves)
    children = [_rebuild(child, leaves) for child in structure.children]
    if kind is dict:
        return dict(zip(structure.keys, children, strict=True))
    if kind is tuple or kind is list:
        return kind(children)
    if issubclass(kind, tuple):
        return kind(*children)
    return kind(**dict(zip(structure.keys, children, strict=True)))


def leaf_names(structure: Structure, name: str) -> list[str]:
    """How a person would write each leaf: ``params['w'][0]``."""
    if structure.type is None:
        return [name]
    names = []
    for key, child in zip(structure.keys, structure.children, strict=True):
        fields = structure.type is not dict and isinstance(key, str)
        names += leaf_names(child, f"{name}.{key}" if fields else f"{name}[{key!r}]")
    return names
