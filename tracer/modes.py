"""What is computed of a recorded path: its results, or these and their derivatives.

``value``: results; ``gradient``: gradients of the first result by the inputs ``wrt``, then
results; ``holomorphic``: the same of a complex result; ``pushforward``: tangents, given tangent
inputs, then results. Derivatives come first, so that they stand at the same place on
every path.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ir.graph import Graph
    from .recording import Recording


SCALARS: dict[str, type] = {"gradient": float, "holomorphic": complex}
"""What the first result must be in the modes that want one number."""


@dataclass(frozen=True, slots=True)
class Path:
    """A recorded path, in a mode, by the inputs ``wrt``."""

    recording: Recording
    mode: str
    wrt: tuple[int, ...]

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The keys of the inputs of native code."""
        keys = self.recording.keys
        if self.mode == "pushforward":
            return (*keys, *(("tangent", n) for n in self.wrt))
        return keys


def differentiable_outputs(graph: Graph) -> list[int]:
    return [n for n, value in enumerate(graph.outputs) if value.type.differentiable]


def keys_of(paths: Sequence[Path]) -> tuple[Hashable, ...]:
    """The keys of a program's inputs, in their order."""
    return tuple(dict.fromkeys(key for path in paths for key in path.keys))
