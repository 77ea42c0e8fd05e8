"""NumPy programs with loops, as a scientist writes them: for measurements and for tests."""

from __future__ import annotations

from . import elements, matrices, stencils, steps
from .case import LoopCase, loss

CASES: dict[str, LoopCase] = {
    case.name: case for case in [*stencils.CASES, *matrices.CASES, *steps.CASES, *elements.CASES]
}

__all__ = ["CASES", "LoopCase", "loss"]
