"""Polynomials of least maximal error with rounded coefficients, by Remez' exchange in mpmath.

    minimax(Problem(mp.exp, -0.35, 0.35, weight=lambda x: 1 / mp.expm1(x), fixed=(1, 1)), 11)

One coefficient after another is rounded to the format and the rest fitted again (N. Brisebarre,
S. Chevillard, "Efficient polynomial L-infinity approximations", ARITH 2007, has the problem; this
greedy way is enough for the tables here, whose errors are far below an ulp).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mpmath import mp, mpf

PRECISION = 240  # bits of all computations here


@dataclass(frozen=True)
class Problem:
    """``function`` on an interval, to be approximated with ``weight(x) * error`` small.

    The first coefficients may be ``fixed`` (they should be exact in the format). An odd
    function f is posed as f(sqrt(u))/sqrt(u) and so on: polynomials here have all powers.
    """

    function: Callable[[mpf], mpf]
    low: float
    high: float
    weight: Callable[[mpf], mpf] = lambda x: mpf(1)
    fixed: tuple[float, ...] = ()

    def grid(self, count: int) -> list[tuple[mpf, mpf, mpf]]:
        """Points, dense at the ends, with the function's value and the weight."""
        with mp.workprec(PRECISION):
            middle = (mpf(self.high) + mpf(self.low)) / 2
            half = (mpf(self.high) - mpf(self.low)) / 2
            xs = [middle - half * mp.cos(mp.pi * (i + mpf("0.01")) / count) for i in range(count)]
            return [(x, mp.mpf(self.function(x)), abs(mpf(self.weight(x)))) for x in xs if x != 0]

    def error(self, coefficients: Sequence[float], count: int = 300) -> float:
        """The largest weighted error of a polynomial."""
        with mp.workprec(PRECISION):
            exact = [mpf(c) for c in coefficients]
            return float(max(w * abs(f - horner(exact, x)) for x, f, w in self.grid(count)))


def horner(coefficients: Sequence[mpf], x: mpf) -> mpf:
    """The polynomial with these coefficients, the constant one first."""
    y = mpf(0)
    for c in reversed(coefficients):
        y = y * x + c
    return y


def rounded(x: mpf, bits: int) -> mpf:
    """To that many significant bits."""
    with mp.workprec(bits):
        return +x


def minimax(problem: Problem, degree: int, bits: int = 53) -> tuple[tuple[float, ...], float]:
    """Coefficients of ``bits`` bits, the constant one first, and their largest weighted error."""
    with mp.workprec(PRECISION):
        points = problem.grid(24 * (degree + 2))
        chosen = [mpf(c) for c in problem.fixed]
        for c in chosen:
            points = _divided(points, c)
        reference = None
        for left in range(degree + 1 - len(chosen), 0, -1):
            coefficients, reference = _remez(points, left, reference)
            chosen.append(rounded(coefficients[0], bits))
            points = _divided(points, chosen[-1])
            reference = reference[:-1]
        numbers = tuple(float(c) for c in chosen)
        return numbers, problem.error(numbers)


Points = list[tuple[mpf, mpf, mpf]]


def _divided(points: Points, constant: mpf) -> Points:
    """What is left to approximate once the constant coefficient is decided."""
    return [(x, (f - constant) / x, w * abs(x)) for x, f, w in points]


def _remez(points: Points, count: int, reference: list[int] | None) -> tuple[list[mpf], list[int]]:
    """``count`` coefficients of least error on the points, and where it is reached."""
    if reference is None:
        reference = [i * (len(points) - 1) // count for i in range(count + 1)]
    for _ in range(60):
        rows = [points[i] for i in reference]
        matrix = mp.matrix(
            [[x**j for j in range(count)] + [(-1) ** i / w] for i, (x, _, w) in enumerate(rows)]
        )
        *coefficients, level = mp.lu_solve(matrix, mp.matrix([f for _, f, _ in rows]))
        errors = [w * (f - horner(coefficients, x)) for x, f, w in points]
        if max(map(abs, errors)) <= abs(level) * mpf("1.001"):
            break
        reference = _alternating(errors, count + 1)
    return coefficients, reference


def _alternating(errors: list[mpf], count: int) -> list[int]:
    """``count`` places of extreme errors with alternating signs, the largest one among them."""
    places: list[int] = []
    for i, error in enumerate(errors):
        if places and (errors[places[-1]] > 0) == (error > 0):
            if abs(error) > abs(errors[places[-1]]):
                places[-1] = i
        else:
            places.append(i)
    while len(places) > count:
        if len(places) == count + 1:  # from one of the ends
            places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
            continue
        weakest = min(range(len(places)), key=lambda i: abs(errors[places[i]]))
        if weakest in (0, len(places) - 1):
            places.pop(weakest)
        else:  # with a neighbour, so that the signs go on alternating
            other = min((weakest - 1, weakest + 1), key=lambda i: abs(errors[places[i]]))
            for i in sorted((weakest, other), reverse=True):
                places.pop(i)
    if len(places) < count:
        raise ArithmeticError("too few extremes: the precision or the grid does not suffice")
    return places
