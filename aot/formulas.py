"""Sizes as text: for people, for C and for Python, all of which read it."""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.polynomials import Floor, Polynomial, evaluate
from ..ir.sizes import Question
from ..ir.types import NAME_OF_DTYPE
from .declare import names_in
from .function import Parameter


def formula(terms: Polynomial) -> str:
    """``2*n - 1``, ``(n + 1)//2``; floors are as in Python."""
    text = ""
    for monomial, c in terms:
        factors = [_atom(atom) for atom in monomial]
        if abs(c) != 1 or not factors:
            factors.insert(0, str(abs(c)))
        sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        text += sign + "*".join(factors)
    return text or "0"


def _atom(atom: object) -> str:
    if isinstance(atom, str):
        return atom
    x, z = formula(atom.x), formula(atom.z)  # type: ignore[attr-defined]
    if isinstance(atom, Floor):
        return f"(({x})//({z}))"
    return f"max({x}, {z})"


def shape_of(parameter: Parameter) -> str:
    """``f64[m, n]``."""
    if parameter.dims is None:
        return parameter.type_name
    return f"{parameter.type_name}[{', '.join(map(formula, parameter.dims))}]"


def shown_type(parameter: Parameter) -> str:
    name = NAME_OF_DTYPE[parameter.dtype]
    return {"c128": "pairs of double", "c64": "pairs of float"}.get(name, parameter.c_type)


def conditions(questions: Iterable[Question]) -> list[str]:
    """What must hold of the sizes, in few words: ``n >= 3``; all sizes are at least 1."""
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    rest: dict[str, None] = {}
    without: list[tuple[str, int]] = []
    for question in questions:
        names = names_in(question.x) | names_in(question.z)
        excluded = _excluded(question, *names) if len(names) == 1 else None
        if excluded is not None:
            without += [(next(iter(names)), size) for size in excluded]
            continue
        bound = _bound(question, *names) if len(names) == 1 else None
        if bound is None:
            rest[_text(question)] = None
            continue
        low, high = bound
        (name,) = names
        least[name] = max(least.get(name, 1), low)
        if high is not None:
            most[name] = min(most.get(name, high), high)
    found = [f"{name} >= {low}" for name, low in sorted(least.items()) if low > 1]
    rising = [(name, size) for name, size in without if size >= least.get(name, 1)]
    found += [f"{name} != {size}" for name, size in rising]
    found += [f"{name} <= {high}" for name, high in sorted(most.items())]
    return found + list(rest)


def _text(question: Question) -> str:
    opposite = {"<": ">=", "==": "!="}
    op = question.op if question.outcome else opposite[question.op]
    return f"{formula(question.x)} {op} {formula(question.z)}"


_LOOK = 300
"""Sizes that are looked at one by one for those that a condition excludes."""


def _excluded(question: Question, name: str) -> list[int] | None:
    """The sizes for which a linear ``!=`` does not hold; None if it is another condition."""
    linear = all(len(monomial) < 2 for monomial, _ in (*question.x, *question.z))
    if question.op != "==" or question.outcome or not linear:
        return None
    x, z = question.x, question.z
    sizes = range(1, _LOOK)
    found = [n for n in sizes if evaluate(x, {name: n}) == evaluate(z, {name: n})]
    return found if len(found) < 2 else None


def _bound(question: Question, name: str) -> tuple[int, int | None] | None:
    """The least and the largest size for which a linear ``<`` holds; None if it is another."""
    if any(
        len(m) > 1 or not all(isinstance(a, str) for a in m) for m, _ in question.x + question.z
    ):
        return None
    if question.op != "<":
        return None

    def holds(size: int) -> bool:
        x, z = evaluate(question.x, {name: size}), evaluate(question.z, {name: size})
        return (x < z) == question.outcome

    low, high = 1, 1 << 40
    if holds(low) == holds(high):
        return (1, None) if holds(low) else None
    rises = holds(high)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle) == rises:
            high = middle
        else:
            low = middle
    return (high, None) if rises else (1, low)
