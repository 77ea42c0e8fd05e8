"""Polynomials of named sizes: what sizes stand for (`sizes`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LEAST, MOST = 1, 1 << 40
"""No named size may be less or more: what is empty is an error in many functions of NumPy."""

Monomial = tuple["str | Floor | Greatest", ...]
Polynomial = tuple[tuple[Monomial, int], ...]
"""Sums of products of names with integer coefficients; sorted, without zeros."""


@dataclass(frozen=True, slots=True)
class Floor:
    """``x // z``."""

    x: Polynomial
    z: Polynomial

    def __str__(self) -> str:
        return f"floor(({text_of(self.x)})/({text_of(self.z)}))"


@dataclass(frozen=True, slots=True)
class Greatest:
    """``max(x, z)``."""

    x: Polynomial
    z: Polynomial

    def __str__(self) -> str:
        return f"max({text_of(self.x)}, {text_of(self.z)})"


def added(x: Polynomial, z: Polynomial) -> Polynomial:
    total = dict(x)
    for monomial, c in z:
        total[monomial] = total.get(monomial, 0) + c
    return _collected(total)


def scaled(x: Polynomial, factor: int) -> Polynomial:
    return tuple((monomial, c * factor) for monomial, c in x) if factor else ()


def multiplied(x: Polynomial, z: Polynomial) -> Polynomial:
    total: dict[Monomial, int] = {}
    for a, c in x:
        for b, d in z:
            monomial = tuple(sorted((*a, *b), key=str))
            total[monomial] = total.get(monomial, 0) + c * d
    return _collected(total)


def _collected(terms: Mapping[Monomial, int]) -> Polynomial:
    kept = ((monomial, c) for monomial, c in terms.items() if c)
    return tuple(sorted(kept, key=lambda term: (-len(term[0]), tuple(map(str, term[0])))))


@lru_cache(maxsize=4096)
def lowest(x: Polynomial) -> int | None:
    """The least that a polynomial can be, where that is easily seen.

    With every size written as its least value and the rest, which is not negative, most
    polynomials that cannot be negative have no negative coefficients.
    """
    shifted: dict[Monomial, int] = {}
    for monomial, c in x:
        parts: list[tuple[Monomial, int]] = [((), c)]
        for atom in monomial:
            low = _bounds(atom)[0]
            if low is None:
                return None
            grown = [((*rest, atom), factor) for rest, factor in parts]
            parts = grown + ([(rest, factor * low) for rest, factor in parts] if low else [])
        for rest, d in parts:
            key = tuple(sorted(rest, key=str))
            shifted[key] = shifted.get(key, 0) + d
    total = 0
    for monomial, c in shifted.items():
        if c < 0:
            for atom in monomial:
                low, high = _bounds(atom)
                if high is None:
                    return None
                c *= high - (low or 0)
            total += c
        elif not monomial:
            total += c
    return total


def _bounds(atom: str | Floor | Greatest) -> tuple[int | None, int | None]:
    """What an atom is not less, and not more, than."""
    if isinstance(atom, str):
        return LEAST, MOST
    low, high = lowest(atom.x), highest(atom.x)
    if isinstance(atom, Greatest):
        lows = [bound for bound in (low, lowest(atom.z)) if bound is not None]
        highs = (high, highest(atom.z))
        return max(lows, default=None), None if None in highs else max(highs)  # type: ignore[type-var]
    if len(atom.z) == 1 and not atom.z[0][0]:
        divisor = atom.z[0][1]
        return (
            None if low is None else low // divisor,
            None if high is None else high // divisor,
        )
    positive = low is not None and low >= 0 and (lowest(atom.z) or 0) > 0
    return (0, high) if positive else (None, None)


def highest(x: Polynomial) -> int | None:
    least = lowest(scaled(x, -1))
    return None if least is None else -least


def text_of(terms: Polynomial) -> str:
    """The polynomial as people write it."""
    parts = []
    for monomial, c in terms:
        factors = list(map(str, monomial))
        if c != 1 or not factors:
            factors.insert(0, str(c))
        parts.append("*".join(factors))
    return " + ".join(parts) or "0"


def evaluate(terms: Polynomial, numbers: Mapping[str, int]) -> int:
    """The polynomial for some sizes."""
    total = 0
    for monomial, c in terms:
        for atom in monomial:
            if isinstance(atom, str):
                c *= numbers[atom]
            else:
                x, z = evaluate(atom.x, numbers), evaluate(atom.z, numbers)
                c *= x // z if isinstance(atom, Floor) else max(x, z)
        total += c
    return total
