"""Samples of the named sizes, and that what is compiled at them is the same.

Should a number be taken for what it is at a sample, the text would be wrong for other sizes. So it
is made at several samples, far apart.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt

from ..ir.graph import Outcome
from .errors import LibraryError
from .function import Function


@dataclass(frozen=True, slots=True)
class Compiled:
    """A function of the library, and the LLVM of it; ``frozen``: what it takes for constant."""

    function: Function
    text: str
    frozen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A function compiled at a sample of the sizes, by the paths of ``trails``.

    ``unrolled``: the loops that could not be recorded as one, and why.
    """

    compiled: Compiled
    sizes: Mapping[str, int]
    trails: tuple[tuple[Outcome, ...], ...]
    unrolled: tuple[tuple[str, str], ...]


def samples(names: Sequence[str], typical: Mapping[str, int]) -> list[dict[str, int]]:
    """Sizes to record at: usual ones, and very small and very large ones.

    Whatever is found of sizes is found of the usual ones, and noted (`ir/sizes.py`). If anything
    has seen the number of a sample, it has seen two that are far apart.
    """
    if not names:
        return [{}]
    given = {name: typical.get(name, 211 + 96 * n) for n, name in enumerate(names)}
    if any(size < 1 for size in given.values()):
        raise LibraryError("--typical: sizes are positive")
    small, large = iter(_primes(5)), iter(_primes(LARGE))
    order = sorted(names, key=given.__getitem__)
    return [given, {name: next(small) for name in order}, {name: next(large) for name in order}]


LARGE = 10**11


def _primes(least: int) -> Iterator[int]:
    """Primes, or what has no small factors, far enough apart that sums are none of them."""
    number, step = least, 1
    while True:
        if all(number % n for n in range(2, min(isqrt(number) + 1, 1000))):
            yield number
            number += step
            step += 1
        number += 1


def check_same(first: Sampled, other: Sampled) -> None:
    one, two = first.compiled, other.compiled
    a, b = replace(one.function, omitted=()), two.function
    # What was asked on ways that are not compiled was asked at the first sample alone.
    same = replace(a, questions=()) == replace(b, questions=())
    if one.text == two.text and same and set(b.questions) <= set(a.questions):
        return
    if one.text == two.text:
        differing = set(a.questions) ^ set(b.questions)
        what = "; ".join(sorted(map(str, differing))) or "its branches"
        raise LibraryError(
            f"{a.name}: what it asks of its sizes is not the same for all of them: {what}"
        )
    left, right = one.text.splitlines(), two.text.splitlines()
    changed = [
        line
        for line in difflib.unified_diff(left, right, lineterm="", n=0)
        if line[:1] in "+-" and not line.startswith(("+++", "---"))
    ]
    shown = "\n".join(f"    {line}" for line in changed[:4])
    raise LibraryError(
        f"{a.name}: a size is taken as the number that it is at a sample, so the code"
        f" would be wrong for others. With {_listed(first.sizes)} and {_listed(other.sizes)} it"
        f" differs:\n{shown}\n  Declare that size as a number, or compute with it otherwise:"
        " n // 2 for int(n / 2)."
        + "".join(f"\n  {where}: this loop is unrolled: {why}" for where, why in first.unrolled)
    )


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())
