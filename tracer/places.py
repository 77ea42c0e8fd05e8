"""Places outside of a function that its recording has read, and what was found there.

A :class:`Source` can be read again at any time; ``still_holds`` compares what it has now with
what a recording noted, which is what a call does before it runs native code.
"""

from __future__ import annotations

import builtins
from array import array as buffer
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MethodType, ModuleType
from typing import Any, Protocol

import numpy as np

SCALARS = (bool, int, float, complex, str, bytes, type(None), type(...), range)
"""Immutable values that are compared, exactly these types."""

BUFFERS = (bytearray, buffer)
"""Mutable values that are compared with a copy."""


# --- where a value comes from -------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class IdentityOf:
    """An object that is compared by identity and kept alive, so that its id stays its own."""

    obj: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityOf) and self.obj is other.obj

    def __hash__(self) -> int:
        return id(self.obj)


class Source(Protocol):
    """A place outside the function that can be read at any time; hashable."""

    def read(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Global:
    """A global name (or builtin, where the module has none) of a module's dictionary."""

    namespace: IdentityOf
    name: str

    def read(self) -> Any:
        namespace = self.namespace.obj
        return namespace[self.name] if self.name in namespace else vars(builtins)[self.name]

    def __str__(self) -> str:
        return f"global {self.name}"


@dataclass(frozen=True, slots=True)
class Free:
    """A variable of an enclosing function."""

    cell: IdentityOf
    name: str

    def read(self) -> Any:
        return self.cell.obj.cell_contents

    def __str__(self) -> str:
        return f"closure variable {self.name}"


@dataclass(frozen=True, slots=True)
class Attribute:
    owner: IdentityOf
    name: str

    def read(self) -> Any:
        return getattr(self.owner.obj, self.name)

    def __str__(self) -> str:
        owner = self.owner.obj
        named = isinstance(owner, type | ModuleType)
        return f"{owner.__name__ if named else type(owner).__name__}.{self.name}"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a captured list, tuple or dict."""

    container: Source
    key: Any

    def read(self) -> Any:
        return self.container.read()[self.key]

    def __str__(self) -> str:
        return f"{self.container}[{self.key!r}]"


@dataclass(frozen=True, slots=True)
class Default:
    """The default value of a parameter: a position in ``__defaults__`` or a keyword."""

    function: IdentityOf
    key: int | str
    name: str

    def read(self) -> Any:
        function = self.function.obj
        if isinstance(self.key, int):
            return function.__defaults__[self.key]
        return function.__kwdefaults__[self.key]

    def __str__(self) -> str:
        return f"default {self.name} of {self.function.obj.__name__}"


# --- what it was --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SameAs:
    """The very object that another source holds: two names for one array stay one."""

    source: Source


@dataclass(frozen=True, slots=True)
class OfType:
    """An object of this very type, which is read again at each call."""

    type: type


class Missing:
    """There was nothing to be found: no such attribute, no such global."""

    def __repr__(self) -> str:
        return "missing"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Outline:
    """The type of a container and its keys, in order; for a sequence, their number."""

    type: type
    keys: tuple | int


def still_holds(source: Source, expected: object) -> bool:
    """Whether a source still has the value that a recording noted."""
    try:
        return matches(source.read(), expected)
    except (AttributeError, KeyError):
        return expected is MISSING
    except Exception:  # reading runs the user's code (properties), which may raise anything
        return False


def read_array(source: Source) -> np.ndarray | None:
    """The captured array of this moment; None where there is no array any more."""
    try:
        found = source.read()
    except Exception:  # as above
        return None
    return found if is_plain_array(found) else None


def matches(current: Any, expected: Any) -> bool:
    """Whether a value is what was noted of it. NaN is NaN, 0.0 is not -0.0, 1 is not True."""
    if expected is MISSING:
        return False
    if isinstance(expected, IdentityOf):
        return _is_same(current, expected.obj)
    if isinstance(expected, SameAs):
        return current is expected.source.read()
    if isinstance(expected, OfType):
        return type(current) is expected.type
    if isinstance(expected, Outline):
        return outline_of(current) == expected
    kind = type(expected)
    if type(current) is not kind:
        return False
    if kind is float or kind is complex:
        return repr(current) == repr(expected)
    if isinstance(expected, np.ndarray | np.generic):
        return (
            current.dtype == expected.dtype
            and current.shape == expected.shape
            and current.tobytes() == expected.tobytes()
        )
    if kind in EXACT:
        return outline_of(current) == outline_of(expected) and all(
            matches(x, y) for x, y in zip(items_of(current), items_of(expected), strict=True)
        )
    return bool(current == expected)


def _is_same(x: object, y: object) -> bool:
    # Bound methods are made anew by each attribute access; equal ones have one self.
    return x is y or (isinstance(x, METHODS) and type(x) is type(y) and x == y)


METHODS: tuple[type, ...] = (MethodType, type([].append), type([].__len__))
EXACT = (tuple, list, dict)


def outline_of(container: Any) -> Outline:
    if isinstance(container, Mapping):
        return Outline(type(container), tuple(container))
    return Outline(type(container), len(container))


def items_of(container: Any) -> Iterable[Any]:
    return container.values() if isinstance(container, Mapping) else container


def keyed_items(container: Any) -> Iterable[tuple[Any, Any]]:
    return container.items() if isinstance(container, Mapping) else enumerate(container)


def is_plain_array(value: object) -> bool:
    return type(value) is np.ndarray or type(value) is np.memmap
