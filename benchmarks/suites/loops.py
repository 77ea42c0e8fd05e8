"""Every program of `loop_cases` at its medium size, as a number: the result times weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Arguments, Case, Maker, Size, Suite
from ..loop_cases import CASES, LoopCase, elements, loss, matrices, stencils, steps


def number_of(name: str, program: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The loss of a loop case, by its own program or by a peer's, with the weights as the last
    argument and not by name."""
    weighted = loss(CASES[name], program)

    def number(*items):  # type: ignore[no-untyped-def]  # as the programs that it calls
        return weighted(*items[:-1], w=items[-1])

    return number


def arguments_and_weights(case: LoopCase) -> Maker:
    def make(size: Size, rng: np.random.Generator) -> Arguments:
        args = case.make(size, rng)
        return (*args, case.weights(args))

    return make


SLACK = {"power_iteration": 10.0}
"""It stops when the vector stands still, before the derivative does: the derivative of the steps
that were run, which every peer computes, is 3e-6 off that of the limit, which differences see."""


def as_case(case: LoopCase, programs: str) -> Case:
    return Case(
        name=case.name,
        suite="loops",
        fun=number_of(case.name),
        make=arguments_and_weights(case),
        argnums=case.argnums,
        size=case.medium,
        quick=case.small,
        programs=programs,
        program=case.name,
        pure=False,
        slack=SLACK.get(case.name, 1.0),
        step=case.step / 10,  # branches are closer together than at the small size
    )


SUITE = Suite(
    "loops",
    "Programs with loops, at their medium size",
    tuple(
        as_case(case, programs)
        for programs, groups in (
            ("loops_arrays", (stencils, matrices)),
            ("loops_steps", (steps, elements)),
        )
        for group in groups
        for case in group.CASES
    ),
)
