"""The form of a call, as a native entry checks it: arguments, captured things, results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ir.types import ArrayType


@dataclass(frozen=True, slots=True)
class Expected:
    """An argument, a captured thing, or a part of one.

    ==================  ==================================================================
    ``array``           of ``type``, as the kernel takes it
    ``target``          an array of ``type`` that results are written to
    ``float``, ``int``  Python's own; ``complex``, too
    ``number``          a NumPy scalar of ``type``
    ``object``          this very ``item``
    ``method``          one that equals the bound method ``item``
    ``same``            what the Read ``item`` finds
    ``sequence``        an instance of ``item``, a list or tuple type, with ``parts``
    ``dict``            with these ``keys`` in order, and ``parts``
    ``instance``        of the class ``item``, with ``parts`` as the attributes ``keys``
    ``outline``         a container of type ``item`` with ``keys`` (how many, in a sequence)
    ==================  ==================================================================
    """

    kind: str
    type: ArrayType | None = None
    item: Any = None
    keys: Any = ()
    parts: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where the call has it: at a position, keywords last; None: not given, so ``default``."""

    at: int | None
    default: Any
    expected: Expected


@dataclass(frozen=True, eq=False, slots=True)
class Read:
    """Something outside of the function.

    ``kind``: what a ``cell`` holds; a ``name`` in a ``namespace``, or, where that has none, in
    ``fallback``; an ``attribute``; an item of a ``container``, a Read, whose type is ``fallback``;
    a ``default`` of a function, by position or name.
    """

    kind: str
    owner: Any
    name: Any = None
    fallback: Any = None


@dataclass(frozen=True, slots=True)
class Captured:
    """What must be found outside of the function."""

    read: Read
    expected: Expected


@dataclass(frozen=True, slots=True)
class Built:
    """A result or a part of one.

    ``kind``: ``output`` (number ``item`` as ``presented``: an ndarray, a Python type, or None for a
    NumPy scalar), ``object``, ``given`` (the argument ``out``), ``tuple``, ``list`` or ``dict``
    with ``parts``, or ``instance``: what the class ``item`` makes of them (with ``keys``: by
    keyword).
    """

    kind: str
    item: Any = None
    presented: type | None = None
    keys: tuple[Any, ...] = ()
    parts: tuple[Built, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """All of a call: parameters in order, captures, inputs, and the result for each path.

    ``positional`` arguments are followed by ``keywords``, among them perhaps ``out``, whose
    targets take the place of the first outputs. ``inputs`` are positions among the dynamic leaves
    of the parameters, then of the captures. ``tapes``: how many the kernel has; ``releases``:
    other threads of Python run meanwhile.
    """

    positional: int
    keywords: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    out: Expected | None
    captured: tuple[Captured, ...]
    inputs: tuple[int, ...]
    results: tuple[Built, ...]
    outputs: tuple[ArrayType, ...]
    tapes: int
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
