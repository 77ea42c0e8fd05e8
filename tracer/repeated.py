"""Draws in loops that are recorded once: what they are given, and the numbers of one iteration."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..ir.types import Symbol
from . import indexing
from .array import Array, wrap
from .dims import BOUND
from .drawing import Drawing
from .draws import Computed, Constant, Draw, Made
from .recording import Settled
from .regions import (
    RegionBlock,
    RestartError,
    Steps,
    before_loops,
    number_of,
    refuse,
)
from .signature import DYNAMIC_INT
from .trace import Trace


def loops(trace: Trace, label: str) -> list[tuple[RegionBlock, Steps]]:
    """The loops around that are recorded once; where one may end early, it is unrolled."""
    found: list[tuple[RegionBlock, Steps]] = []
    for block in trace.blocks:
        if not isinstance(block, RegionBlock):
            continue
        reason = f"{label} draws anew in each iteration"
        steps = block.steps
        if steps is None or (steps.count is None and found):
            refuse(trace, reason)
        elif steps.count is None:
            raise RestartError(Settled(block.key), block.where, reason)
        else:
            found.append((block, steps))
    return found


def varies(trace: Trace, x: Any) -> bool:
    if isinstance(x, tuple | list):
        return any(varies(trace, item) for item in x)
    return (
        isinstance(x, Array) and not trace.is_constant(x.value) and before_loops(trace, x) is None
    )


def check_repeats(trace: Trace, found: Draw) -> None:
    """Draws of a loop are made without a look at what its iterations compute."""
    first = found.loops[0].first
    operands = [*found.arguments, *(x for _, x in found.keywords)]
    known = all(isinstance(x, Constant | Computed) for x in operands)
    own = isinstance(found.origin, Made) and found.origin.number >= first
    if not known or own or found.origin is None or not found.gives.dtype:
        refuse(trace, f"{found.label} draws anew in each iteration")


_STREAMS = frozenset(
    {
        *("normal", "standard_normal", "random", "random_sample", "uniform", "exponential"),
        *("standard_exponential", "laplace", "logistic", "gumbel", "lognormal"),
    }
)
"""Methods that give, of any ``size``, what as many calls would have given one by one."""


def stream(
    generator: Any, name: str, operands: tuple, keywords: tuple[tuple[str, Any], ...]
) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    if not isinstance(generator, np.random.Generator | np.random.RandomState):
        return None
    if name in ("rand", "randn"):
        return ("random_sample" if name == "rand" else "standard_normal"), ()
    names = parameters(generator, name)
    given = dict(zip(names, operands, strict=False)) | dict(keywords)
    given.pop("size", None)
    plain = all(isinstance(x, Constant) and np.ndim(x.item) == 0 for x in given.values())
    if name not in _STREAMS or len(operands) > len(names) or not plain or "out" in given:
        return None
    return name, tuple((key, x.item) for key, x in given.items())


def rows(trace: Trace, drawing: Drawing, found: Draw, symbols: list[Symbol]) -> Any:
    """The numbers of this iteration."""
    name = f"{found.label}{found.number}".replace(" ", "")
    everything = drawing.inputs[found.number] = trace.later(found.key, name)
    at = tuple(wrap(number_of(symbol.dim), int, bound=BOUND) for symbol in symbols)
    row = indexing.read(everything, at).value
    form, item = found.gives.form, found.gives.item
    bound = DYNAMIC_INT if int in (form, item) and not found.gives.is_large else None
    if form is list:
        x = wrap(row, scalar=False)
        return [wrap(x[n].value, item, bound=bound) for n in range(found.gives.shape[0])]
    kind = form if form in (bool, int, float) else None
    return wrap(row, kind, bound=bound if kind is int else None, scalar=form is not np.ndarray)


def parameters(generator: Any, name: str) -> tuple[str, ...]:
    """The names of a method's parameters; none where they are not to be had."""
    try:
        return tuple(inspect.signature(getattr(generator, name)).parameters)
    except (TypeError, ValueError):
        return ()
