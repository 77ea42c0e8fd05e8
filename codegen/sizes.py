"""Sizes in LLVM: registers that each function computes where it begins.

A :class:`Size` stands in the text of a function as the register ``%"size <polynomial>"``. The
sizes that have names lie behind the tapes in the memory that ``left`` points to (`llvm`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..ir.sizes import Floor, Polynomial, Size

_known: dict[str, Polynomial] = {}


def register(size: Size) -> str:
    """The name of the register that holds a size in every function of the module."""
    text = str(size)
    _known[text] = size.terms
    return f'%"size {text}"'


_USE = re.compile(r'%"size ([^"]*)"')
_BEGIN = re.compile(r"^define .*?\{\n[^\n]*:\n", re.MULTILINE | re.DOTALL)


def bind(text: str, names: Sequence[str], first: int) -> str:
    """The module with the registers of its sizes; the ``first`` number of ``left`` is that of the
    first name."""
    parts = re.split(r"(?m)^(?=define )", text)
    return "".join(_bound(part, names, first) for part in parts)


def _bound(function: str, names: Sequence[str], first: int) -> str:
    used = dict.fromkeys(_USE.findall(function))
    if not used:
        return function
    begin = _BEGIN.match(function)
    assert begin is not None
    lines = Lines(names, first)
    for text in used:
        lines.define(text, _known[text])
    return begin.group() + "\n".join(lines.lines) + "\n" + function[begin.end() :]


class Lines:
    """The instructions that compute sizes, each once."""

    def __init__(self, names: Sequence[str], first: int) -> None:
        self.names = names
        self.first = first
        self.lines: list[str] = []
        self.done: dict[str, str] = {}

    def _emit(self, instruction: str) -> str:
        name = f"%size.{len(self.lines)}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def define(self, text: str, terms: Polynomial) -> None:
        self.lines.append(f'  %"size {text}" = add i64 {self.polynomial(terms)}, 0')

    def polynomial(self, terms: Polynomial) -> str:
        total = "0"
        for monomial, c in terms:
            term = str(c)
            for atom in monomial:
                factor = self._atom(atom)
                term = factor if term == "1" else self._emit(f"mul nsw i64 {term}, {factor}")
            total = term if total == "0" else self._emit(f"add nsw i64 {total}, {term}")
        return total

    def _atom(self, atom: object) -> str:
        key = str(atom)
        if key not in self.done:
            if isinstance(atom, str):
                place = self.first + list(self.names).index(atom)
                at = self._emit(f'getelementptr inbounds i64, ptr %"left", i64 {place}')
                self.done[key] = self._emit(f"load i64, ptr {at}")
            else:
                x, z = self.polynomial(atom.x), self.polynomial(atom.z)  # type: ignore[attr-defined]
                self.done[key] = self._floor(x, z) if isinstance(atom, Floor) else self._max(x, z)
        return self.done[key]

    def _max(self, x: str, z: str) -> str:
        more = self._emit(f"icmp sgt i64 {x}, {z}")
        return self._emit(f"select i1 {more}, i64 {x}, i64 {z}")

    def _floor(self, x: str, z: str) -> str:
        """Towards minus infinity, where LLVM's division is towards zero."""
        quotient = self._emit(f"sdiv i64 {x}, {z}")
        rest = self._emit(f"srem i64 {x}, {z}")
        inexact = self._emit(f"icmp ne i64 {rest}, 0")
        signs = self._emit(f"xor i64 {rest}, {z}")
        apart = self._emit(f"icmp slt i64 {signs}, 0")
        below = self._emit(f"and i1 {inexact}, {apart}")
        one = self._emit(f"zext i1 {below} to i64")
        return self._emit(f"sub i64 {quotient}, {one}")
