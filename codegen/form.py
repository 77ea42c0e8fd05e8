"""The form of a call, as a native entry checks it: arguments, captured things, results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.types import ArrayType


@dataclass(frozen=True, slots=True)
class Expected:
    """An argument or a part of one.

    ``kind``: ``array`` (of ``type``), ``float``, ``int``, ``number`` (a NumPy scalar of ``type``),
    ``object`` (this very ``item``), or ``tuple``, ``list`` or ``dict`` with ``parts`` (``item``:
    the keys).
    """

    kind: str
    type: ArrayType | None = None
    item: Any = None
    parts: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """Something outside of the function that must be as it was.

    ``kind``: ``item`` (under ``name`` in the dictionary ``owner``, or, where that has none, in
    ``fallback``) or ``cell`` (what the cell ``owner`` holds); ``expected`` is an ``array`` or an
    ``object``.
    """

    kind: str
    owner: Any
    name: str
    expected: Expected
    fallback: Any = None


@dataclass(frozen=True, slots=True)
class Built:
    """A result or a part of one.

    ``kind``: ``output`` (number ``item`` as ``presented``: an ndarray, a Python type, or None for a
    NumPy scalar), ``object``, or ``tuple``, ``list`` or ``dict`` with ``parts``.
    """

    kind: str
    item: Any = None
    presented: type | None = None
    parts: tuple[Built, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """All of a call: parameters in order, captures, inputs, and the result for each path.

    ``inputs`` are positions among the dynamic leaves of the parameters, then of the captures.
    ``releases``: other threads of Python run meanwhile.
    """

    parameters: tuple[Expected, ...]
    captured: tuple[Captured, ...]
    inputs: tuple[int, ...]
    results: tuple[Built, ...]
    outputs: tuple[ArrayType, ...]
    releases: bool


def arrays_of(form: Form) -> set[int]:
    """The outputs that are seen as arrays."""
    found: set[int] = set()
    stack = list(form.results)
    while stack:
        part = stack.pop()
        if part.kind == "output" and part.presented is np.ndarray:
            found.add(part.item)
        stack += part.parts
    return found
