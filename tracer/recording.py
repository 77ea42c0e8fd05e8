"""What one run of the user's function on proxies leaves behind: a Recording."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .containers import Structure, rebuild

if TYPE_CHECKING:
    from ..ir.graph import Graph, Value
    from .draws import Draw
    from .places import Source


@dataclass(frozen=True, slots=True)
class Result:
    """How a recorded result goes back to the user.

    ``leaves`` holds for each leaf the number of its output, or a static object. ``types`` says
    what each output is: a Python scalar of that type, an ``ndarray``, or None: a NumPy scalar.
    """

    structure: Structure
    leaves: tuple[int | Identity, ...]
    types: tuple[type | None, ...]

    def rebuild(self, outputs: Sequence[np.ndarray]) -> Any:
        return rebuild(
            self.structure,
            [
                leaf.item
                if isinstance(leaf, Identity)
                else present(outputs[leaf], self.types[leaf])
                for leaf in self.leaves
            ],
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A static object in a result."""

    item: Any


def present(array: np.ndarray, type: type | None) -> Any:
    """An output as the user's function would have returned it."""
    if type is None:
        return array[()]
    return array if type is np.ndarray else type(array.item())


@dataclass(frozen=True, slots=True)
class Settled:
    """The loop of a key, whose number of iterations is decided before it starts."""

    key: object


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded Graph: outputs are those of ``result``; ``keys`` name its inputs.

    ``inputs[n]`` is the input of argument leaf n (None: static). ``captures`` are read,
    ``statics`` compared and ``draws`` performed at each call. ``written``: the argument
    leaves and captures that were written to. ``apart``: the loops that are
    unrolled, by the keys of `regions`.
    """

    graph: Graph
    result: Result
    keys: tuple[Hashable, ...]
    inputs: tuple[int | None, ...]
    captures: dict[Source, Value]
    statics: dict[Source, object]
    written: tuple[int | Source, ...]
    apart: dict[object, tuple[str, str]]
    draws: tuple[Draw, ...] = ()

    @property
    def unrolled(self) -> tuple[tuple[str, str], ...]:
        """Where loops could not be recorded as one, and why."""
        return tuple(why for key, why in self.apart.items() if not isinstance(key, Settled))
