"""``perform``: the draws of a call, made by the generators of that moment."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .draws import (
    NOTHING,
    Argument,
    Call,
    Computed,
    Constant,
    Draw,
    Drawn,
    Fixed,
    Listed,
    Made,
    Noise,
    Origin,
)
from .generators import restore, state_of
from .places import Source
from .recording import present

if TYPE_CHECKING:
    from .signature import Arguments

LOCK = threading.RLock()
"""Held from the first draw of a call until it is known that its numbers are used."""


def perform(
    draws: tuple[Draw, ...], arguments: Arguments, captured: Mapping[Source, np.ndarray]
) -> Noise | None:
    """Makes all draws of a path; None where one gives something else than it gave before."""
    noise = Noise(draws)
    at = _Moment(arguments, captured, noise)

    def call_of(draw: Draw) -> Call:
        args = [at.operand(x) for x in draw.arguments]
        kwargs = {name: at.operand(x) for name, x in draw.keywords}
        function = draw.function
        if draw.origin is not None:
            function = getattr(at.generator(draw.origin), function)
        return Call(function, args, kwargs, draw.in_place)

    for loop, group in itertools.groupby(draws, lambda draw: draw.loops[:1]):
        if loop:
            arrays = repeat(list(group), call_of)
            if arrays is None:
                return None
            noise.results += [None] * len(arrays)
            noise.arrays |= arrays
            continue
        for draw in group:
            result = call_of(draw)()
            fits, array = draw.gives.numbers(draw.label, result)
            if not fits:
                return None
            noise.results.append(result)
            if array is not None:
                noise.arrays[draw.key] = array
    return noise


@dataclass(frozen=True, slots=True)
class _Round:
    """What one iteration of a loop draws."""

    count: int
    parts: list[Draw | _Round]


def _nested(draws: Sequence[Draw], depth: int) -> list[Draw | _Round]:
    found: list[Draw | _Round] = []
    for loop, group in itertools.groupby(draws, lambda draw: draw.loops[depth : depth + 1]):
        part = list(group)
        found += [_Round(loop[0].count, _nested(part, depth + 1))] if loop else part
    return found


def repeat(
    draws: Sequence[Draw], call_of: Callable[[Draw], Call]
) -> dict[Drawn, np.ndarray] | None:
    """The numbers of loops, drawn in the order of their iterations; None as in ``perform``."""
    arrays = {draw.key: np.empty(draw.key.shape, draw.key.dtype) for draw in draws}
    calls = {draw.number: (call_of(draw), arrays[draw.key]) for draw in draws}

    def run(parts: list[Draw | _Round], index: tuple[int, ...]) -> bool:
        for part in parts:
            if isinstance(part, Draw):
                call, target = calls[part.number]
                fits, array = part.gives.numbers(part.label, call())
                if not fits:
                    return False
                target[index] = array
            elif not at_once(part, index):
                for n in range(part.count):
                    if not run(part.parts, (*index, n)):
                        return False
        return True

    def at_once(part: _Round, index: tuple[int, ...]) -> bool:
        """Draws all iterations by one call, where they draw nothing else from the stream."""
        only = part.parts[0]
        if len(part.parts) > 1 or not isinstance(only, Draw) or only.stream is None:
            return False
        method, keywords = only.stream
        call, target = calls[only.number]
        stream = getattr(call.function.__self__, method)  # type: ignore[attr-defined]
        target[index] = stream(size=(part.count, *only.gives.shape), **dict(keywords))
        return True

    return arrays if run(_nested(draws, 0), ()) else None


def states(
    draws: Sequence[Draw], arguments: Arguments, captured: Mapping[Source, np.ndarray]
) -> list[tuple[Any, Any]]:
    """The generators from outside that Draws use, and their states."""
    at = _Moment(arguments, captured, NOTHING)
    found: dict[int, Any] = {}
    for draw in draws:
        for origin in _origins(draw):
            if not isinstance(origin, Made):
                generator = at.generator(origin)
                found[id(generator)] = generator
    return [(generator, state_of(generator)) for generator in found.values()]


def restore_all(states: Sequence[tuple[Any, Any]]) -> None:
    for generator, state in states:
        restore(generator, state)


def _origins(draw: Draw) -> Iterator[Origin]:
    if draw.origin is not None:
        yield draw.origin
    pending = [*draw.arguments, *(x for _, x in draw.keywords)]
    while pending:
        top = pending.pop()
        if isinstance(top, Listed):
            pending += top.items
        elif not isinstance(top, Constant | Computed):
            yield top


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the operands of a Draw are worth in one call."""

    arguments: Arguments
    captured: Mapping[Source, np.ndarray]
    noise: Noise

    def generator(self, origin: Origin) -> Any:
        if isinstance(origin, Fixed):
            return origin.generator.obj
        if isinstance(origin, Argument):
            return self.arguments.leaves[origin.leaf].item
        if isinstance(origin, Made):
            made = self.noise.results[origin.number]
            return made if origin.item is None else made[origin.item]
        return origin.read()

    def operand(self, operand: Any) -> Any:
        if isinstance(operand, Constant):
            return operand.item
        if isinstance(operand, Listed):
            return operand.type(self.operand(item) for item in operand.items)
        if isinstance(operand, Computed):
            from ..ir.interpret import interpret

            (array,) = interpret(operand.graph, [self._input(key) for key in operand.keys])
            return present(np.asarray(array), operand.type)
        return self.generator(operand)

    def _input(self, key: Any) -> np.ndarray:
        if isinstance(key, Drawn):
            return self.noise.arrays[key]
        if isinstance(key, int):
            array = self.arguments.leaves[key].array
            assert array is not None
            return array
        return self.captured[key]
