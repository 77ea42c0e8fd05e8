"""What a loop case is, and the number that is differentiated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Size = tuple[int, ...]


@dataclass(frozen=True)
class LoopCase:
    """A NumPy program with a loop, and how to make arguments for it."""

    name: str
    fun: Callable[..., Any]
    """Returns an array, or two where ``pair``; changes none of its arguments."""
    make: Callable[[Size, np.random.Generator], tuple[Any, ...]]
    """The arguments of a size. The integers among them are trip counts."""
    argnums: tuple[int, ...]
    """The positions of the float64 arrays to differentiate by."""
    small: Size
    """For tests: milliseconds in Python."""
    medium: Size
    """For measurements: 10 ms to some 100 ms in NumPy."""
    pair: bool = False
    step: float = 1e-3
    """Of central differences: no branch changes within it at the small size."""
    notes: str = ""

    def arguments(self, size: Size, seed: int = 0) -> tuple[Any, ...]:
        return self.make(size, np.random.default_rng(seed))

    def weights(self, args: tuple[Any, ...], seed: int = 1) -> Any:
        """Random weights in the form of the result."""
        rng = np.random.default_rng(seed)
        result = self.fun(*args)
        if self.pair:
            return tuple(rng.normal(size=np.shape(part)) for part in result)
        return rng.normal(size=np.shape(result))


def loss(case: LoopCase, fun: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """``<w, fun(*args)>`` as a function of ``(*args, w=w)``; ``fun`` is the case's own if None."""
    program = case.fun if fun is None else fun

    def of_one(*args, w):
        return (w * program(*args)).sum()

    def of_pair(*args, w):
        first, second = program(*args)
        return (w[0] * first).sum() + (w[1] * second).sum()

    return of_pair if case.pair else of_one
