"""Is a gradient right? Only then is its time worth telling.

The NumPy program decides, in float64: its value, and its derivatives along two random directions
by central differences that are extrapolated to step zero. Random directions would miss one wrong
element among a million, so the gradients that pass must agree with each other as well. Where two
do not, the derivative along their difference, the direction that tells them apart best, decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .case import Arguments, Case, cast, differentiated, mapped
from .peers import Answer

VALUE = {"float64": 1e-9, "float32": 2e-4}
"""Tolerances of values, relative to the size of their terms; float32 adds up a million of them."""
SLOPE = {"float64": 1e-6, "float32": 2e-4}
"""Of derivatives along directions, relative to the sum of their terms' absolute values."""
ELEMENT = {"float64": 1e-8, "float32": 2e-4}
"""Of elements, relative to the largest of their array."""
SEEDS = (1, 2)
SHORTER = (1.0, 1e-1, 1e-2, 1e-3)
"""Factors of the steps that are tried for differences."""
AGREED = 1e-7
"""Two extrapolations that are as close are believed at once."""
TINY = 1e-300


@dataclass(frozen=True)
class Expected:
    """What the NumPy program says."""

    value: float
    slopes: list[float]
    """Along the directions of `SEEDS`, which are as large as the gradient and not sent around."""


@dataclass(frozen=True)
class Verdict:
    right: bool
    error: float
    """The largest of the relative errors."""
    reason: str = ""


def direction(shapes: list[tuple[int, ...]], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1.0, 1.0, shape) for shape in shapes]


def slope(case: Case, args: Arguments, along: list[np.ndarray]) -> float:
    """The derivative along a direction: differences with three steps, extrapolated.

    Where the two best extrapolations do not agree, the steps were too long for the function, as
    when one crosses a kink: shorter ones are tried, and those that agree best are believed.
    """

    fun = case.written(case.fun)

    def at(step: float) -> float:
        moved, directions = list(args), iter(along)
        for position in case.argnums:
            moved[position] = mapped(lambda x: x + step * next(directions), args[position])
        return float(fun(*moved))

    best, least = math.nan, math.inf
    for shorter in SHORTER:
        steps = [case.step * shorter / 2**level for level in range(3)]
        coarse, middle, fine = ((at(step) - at(-step)) / (2 * step) for step in steps)
        first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
        found = (16 * second - first) / 15
        if abs(found - second) < least:
            best, least = found, abs(found - second)
        if least <= AGREED * abs(best):
            break
    return best


def expect(case: Case, args: Arguments) -> Expected:
    wide = widened(args)
    shapes = [leaf.shape for leaf in differentiated(case, wide)]
    slopes = [slope(case, wide, direction(shapes, seed)) for seed in SEEDS]
    return Expected(float(case.written(case.fun)(*wide)), slopes)


def widened(args: Arguments) -> Arguments:
    return tuple(cast(arg, "float64") for arg in args)


def judge(case: Case, answer: Answer, expected: Expected, scale: float = 0.0) -> Verdict:
    """An answer by itself, against NumPy's numbers.

    `scale` is the size of what the value is a sum of, for programs whose terms cancel.
    """
    off = abs(answer.value - expected.value) / (abs(expected.value) + scale + TINY)
    if not off <= VALUE[case.dtype]:
        return Verdict(False, off, f"value {answer.value!r}, NumPy has {expected.value!r}")
    if answer.gradient is None:
        return Verdict(True, off)
    worst = 0.0
    shapes = [part.shape for part in answer.gradient]
    for seed, derivative in zip(SEEDS, expected.slopes, strict=True):
        terms = products(answer.gradient, direction(shapes, seed))
        found, size = sum_of(terms), sum_of([np.abs(term) for term in terms])
        error = abs(found - derivative) / (size + abs(derivative) + TINY)
        if not error <= case.slack * SLOPE[case.dtype]:
            text = f"derivative along a direction {found:.9g}, differences say {derivative:.9g}"
            return Verdict(False, error, text)
        worst = max(worst, error)
    return Verdict(True, worst)


def products(left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
    return [np.multiply(a, b, dtype=np.float64) for a, b in zip(left, right, strict=True)]


def sum_of(parts: list[np.ndarray]) -> float:
    return float(sum(np.sum(part) for part in parts))


def furthest(left: list[np.ndarray], right: list[np.ndarray]) -> float:
    """The largest difference of two elements, relative to the largest of their array."""
    errors = [
        np.max(np.abs(a - b)) / (np.max(np.abs(b)) + TINY)
        for a, b in zip(left, right, strict=True)
        if b.size
    ]
    return float(max(errors, default=0.0))


def judge_all(
    case: Case,
    inputs: Arguments,
    answers: dict[str, Answer],
    expected: Expected,
    slope_along: Callable[[list[np.ndarray]], float],
) -> dict[str, Verdict]:
    """Every answer by itself, and then the gradients beside each other.

    `slope_along` is the derivative of the NumPy program along a direction.
    """
    gradients = {name: a.gradient for name, a in answers.items() if a.gradient is not None}
    verdicts: dict[str, Verdict] = {}
    for name, answer in answers.items():
        known = gradients.get(name) or next(iter(gradients.values()), None)
        wrt = differentiated(case, inputs)
        scale = 0.0 if known is None else sum_of([np.abs(t) for t in products(wrt, known)])
        verdicts[name] = judge(case, answer, expected, scale)
    agreeing: list[str] = []
    for name, gradient in gradients.items():
        if not verdicts[name].right:
            continue
        if not agreeing:
            agreeing = [name]
            continue
        other = gradients[agreeing[0]]
        error = furthest(gradient, other)
        if error <= ELEMENT[case.dtype]:
            verdicts[name] = Verdict(True, error)
            agreeing.append(name)
            continue
        apart = [np.subtract(a, b, dtype=np.float64) for a, b in zip(gradient, other, strict=True)]
        largest = max(float(np.max(np.abs(part))) for part in apart)
        along = [part / largest for part in apart]
        truth = slope_along(along)
        misses = [abs(sum_of(products(each, along)) - truth) for each in (gradient, other)]
        losers, winner = ([name], agreeing[0]) if misses[0] > misses[1] else (agreeing, name)
        for loser in losers:
            text = f"an element is off by {error:.1e}; differences agree with {winner}"
            verdicts[loser] = Verdict(False, error, text)
        if winner == name:
            agreeing = [name]
    return verdicts
