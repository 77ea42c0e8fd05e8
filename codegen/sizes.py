"""Sizes in LLVM: registers that each function computes where it begins.

A :class:`Size` stands in the text of a function as the register ``%"size <polynomial>"``. The
sizes that have names lie behind the tapes in the memory that ``left`` points to (`llvm`); a
function that takes them as arguments uses these (`argument`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..ir.polynomials import Floor, Polynomial
from ..ir.sizes import Size

_known: dict[str, Polynomial] = {}


def register(size: Size) -> str:
    """The name of the register that holds a size in every function of the module."""
    text = str(size)
    _known[text] = size.terms
    return f'%"size {text}"'


def argument(name: str) -> str:
    """What the argument of a function is called that is the size of a name."""
    return f"sized {name}"


_USE = re.compile(r'%"size ([^"]*)"')
_BEGIN = re.compile(r"^define .*?\{\n[^\n]*:\n", re.MULTILINE | re.DOTALL)


def used(text: str) -> tuple[Polynomial, ...]:
    """The sizes that a module computes with."""
    return tuple(_known[name] for name in dict.fromkeys(_USE.findall(text)))


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
    known = {name for name in names if f'%"{argument(name)}"' in begin.group()}
    lines = Lines(names, first, known)
    for text in used:
        lines.define(text, _known[text])
    return begin.group() + "\n".join(lines.lines) + "\n" + function[begin.end() :]


class Lines:
    """The instructions that compute sizes, each once.

    Arguments are not checked yet where the function begins: nothing may depend on what they are.
    """

    def __init__(self, names: Sequence[str], first: int, arguments: Collection[str] = ()) -> None:
        self.names = names
        self.first = first
        self.arguments = arguments
        self.wraps = "" if arguments else " nsw"
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
                term = (
                    factor if term == "1" else self._emit(f"mul{self.wraps} i64 {term}, {factor}")
                )
            total = term if total == "0" else self._emit(f"add{self.wraps} i64 {total}, {term}")
        return total

    def _atom(self, atom: object) -> str:
        key = str(atom)
        if key not in self.done:
            if isinstance(atom, str) and atom in self.arguments:
                self.done[key] = f'%"{argument(atom)}"'
            elif isinstance(atom, str):
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
        """Towards minus infinity, where LLVM's division is towards zero; by positive numbers."""
        if not z.isdigit():  # what is zero, or negative, is refused after this
            divides = self._emit(f"icmp sgt i64 {z}, 0")
            z = self._emit(f"select i1 {divides}, i64 {z}, i64 1")
        quotient = self._emit(f"sdiv i64 {x}, {z}")
        rest = self._emit(f"srem i64 {x}, {z}")
        inexact = self._emit(f"icmp ne i64 {rest}, 0")
        signs = self._emit(f"xor i64 {rest}, {z}")
        apart = self._emit(f"icmp slt i64 {signs}, 0")
        below = self._emit(f"and i1 {inexact}, {apart}")
        one = self._emit(f"zext i1 {below} to i64")
        return self._emit(f"sub i64 {quotient}, {one}")
