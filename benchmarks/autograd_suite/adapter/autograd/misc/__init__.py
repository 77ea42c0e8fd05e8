"""Helpers around derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from adjit.tracer.containers import flatten as leaves_of
from adjit.tracer.containers import rebuild


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of a container in one vector, and the way back."""
    leaves, structure = leaves_of(value)
    shapes = [np.shape(leaf) for leaf in leaves]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()

    def unflatten(vector: Any) -> Any:
        parts = [
            np.reshape(vector[start:end], shape) if shape else vector[start]
            for start, end, shape in zip(ends, ends[1:], shapes, strict=False)
        ]
        return rebuild(structure, parts)

    vector = np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)
    return vector, unflatten


def const_graph(*args: Any, **kwargs: Any) -> NoReturn:
    """A function that runs its recording again: what `adjit.jit` is, by other rules."""
    raise NotImplementedError("autograd's graphs of constants have no counterpart")
