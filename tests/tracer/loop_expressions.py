"""Random expressions of the variables of a program that is written, see ``loop_sources``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Integer = Callable[[int, int], int]
"""Draws a number between two bounds, both included; 0 or the lower one is the simplest."""
FAR = 10**6


@dataclass
class Names:
    """The variables that are bound at a place, and what they hold."""

    floats: list[str] = field(default_factory=list)
    ints: list[tuple[str, int, int]] = field(default_factory=list)
    arrays: dict[str, tuple[int, ...]] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)  # not rebound: loop indices and counters
    pairs: list[str] = field(default_factory=list)  # expressions of containers of two numbers

    def copy(self) -> Names:
        parts = (self.floats, self.ints, self.arrays, self.owned, self.pairs)
        return Names(*[part.copy() for part in parts])  # type: ignore[arg-type]


class Expressions:
    """Writes random expressions of the names that are bound."""

    def __init__(self, integer: Integer) -> None:
        self.integer = integer
        self.names = Names()
        self.helpers: list[str] = []
        self.fresh = itertools.count()

    def pick(self, options: Any) -> Any:
        options = list(options)
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.integer(0, 99) >= 100 - percent

    def name(self, prefix: str) -> str:
        return f"{prefix}{next(self.fresh)}"

    # --- integers ---------------------------------------------------------------------------------

    def whole(self, depth: int = 1) -> tuple[str, int, int]:
        """An integer expression, and bounds of what it may be."""
        if not self.names.ints or self.chance(15):
            number = self.integer(0, 4)
            return str(number), number, number
        text, low, high = self.pick(self.names.ints)
        if not depth:
            return text, low, high
        match self.integer(0, 9):
            case 0:
                add = self.integer(1, 2)
                return f"{text} + {add}", low + add, high + add
            case 1:
                sub = self.integer(1, 3)
                return f"{text} - {sub}", low - sub, high - sub
            case 2:
                top = self.integer(4, 7)
                return f"{top} - {text}", top - high, top - low
            case 3:
                return f"-{text} - 1", -high - 1, -low - 1
            case 4:
                return f"{text} // 2", low // 2, high // 2
            case 5:
                other, floor, ceiling = self.whole(0)
                return f"{text} - {other}", low - ceiling, high - floor
            case 6:
                other, floor, ceiling = self.whole(0)
                return f"{text} + {other}", low + floor, high + ceiling
            case 7:
                return f"2 * {text}", 2 * low, 2 * high
            case 8 if self.chance(50):
                return f"int(3.0 * abs({self.number(0)}))", 0, FAR
        return text, low, high

    def index(self, size: int) -> str:
        """An index of an axis; seldom one that may lie outside."""
        text, low, high = self.whole()
        if (-size <= low and high < size) or self.chance(2):
            return text
        return self.pick((f"({text}) % {size}", f"min(max({text}, 0), {size - 1})"))

    def part(self) -> str:
        """A slice; what it selects depends on its axis only."""
        first, last = self.whole()[0], self.whole()[0]
        step = self.pick(("", "", "", ":2", ":-1"))
        return self.pick(
            (f":{last}{step}", f"{first}:{step}", f"{first}:{last}{step}", f":{step or ':2'}")
        )

    # --- numbers ----------------------------------------------------------------------------------

    def atom(self) -> str:
        found = self.names
        match self.integer(0, 6):
            case 0 | 1 if found.floats:
                return self.pick(found.floats)
            case 2 if found.pairs:
                return f"{self.pick(found.pairs)}"
            case 3 if found.ints:
                return f"0.1 * ({self.whole()[0]})"
            case 4:
                return self.pick(("0.5", "-0.3", "0.7"))
        name, shape = self.pick(found.arrays.items())
        return f"{name}[{', '.join(self.index(size) for size in shape)}]"

    def number(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(25):
            return self.atom()
        a = self.number(depth - 1)
        match self.integer(0, 12):
            case 0:
                return f"0.6 * {self.closed(a)} + 0.3 * {self.closed(self.number(depth - 1))}"
            case 1:
                return f"{self.closed(a)} * {self.closed(self.number(depth - 1))}"
            case 2:
                return f"np.{self.pick(('tanh', 'sin'))}({a})"
            case 3:
                return f"np.exp(-{self.closed(a)} ** 2)"
            case 4:
                return f"np.sqrt(1 + {self.closed(a)} ** 2)"
            case 5:
                return f"{self.closed(a)} / (1 + {self.closed(self.number(depth - 1))} ** 2)"
            case 6:
                return f"np.where({self.test()}, {a}, {self.number(depth - 1)})"
            case 7:
                return f"({a} if {self.test()} else {self.number(depth - 1)})"
            case 8:
                return f"max({a}, {self.number(depth - 1)})"
            case 9 if self.helpers:
                return f"{self.pick(self.helpers)}({self.vector(8, 1)}, {a})"
            case 10:
                name = self.pick(self.names.arrays)
                part = f"np.sum({name}[{self.part()}]) * 0.1"
                return self.pick((part, f"np.mean({name})"))  # the mean of nothing is NaN
            case 11:
                size = self.pick((8, 5, 6))
                left, right = self.vector(size, 1), self.vector(size, 1)
                part = f"[{self.part()}]" if self.chance(50) else ""
                return f"0.1 * ({self.closed(left)}{part} @ {self.closed(right)}{part})"
            case 12:
                name = self.pick(self.names.arrays)
                return f"np.{self.pick(('max', 'min'))}({name})"
        return f"-{self.closed(a)}"

    @staticmethod
    def closed(text: str) -> str:
        return text if text.isidentifier() or text.isdigit() else f"({text})"

    def small(self, depth: int = 2) -> str:
        """A number between -1 and 1, for what is stored."""
        a = self.number(depth)
        match self.integer(0, 2):
            case 0:
                return f"np.sin({a})"
            case 1:
                return f"np.tanh({a})"
        return f"np.exp(-{self.closed(a)} ** 2)"

    def vector(self, size: int, depth: int = 2) -> str:
        options = [name for name, shape in self.names.arrays.items() if shape == (size,)]
        for name, shape in self.names.arrays.items():
            if len(shape) == 2 and shape[1] == size:
                options.append(f"{name}[{self.index(shape[0])}]")
            if len(shape) == 2 and shape[0] == size:
                options.append(f"{name}[:, {self.index(shape[1])}]")
        a = self.pick(options) if options else f"np.full({size}, 0.4)"
        if not depth or self.chance(30):
            return a
        b = self.vector(size, depth - 1)
        match self.integer(0, 7):
            case 0:
                return f"0.6 * {a} + 0.3 * {b}"
            case 1:
                return f"{self.closed(a)} * {self.closed(b)}"
            case 2:
                return f"np.tanh({b})"
            case 3:
                return f"{a} * {self.closed(self.number(depth - 1))}"
            case 4:
                return f"np.where({a} > {self.number(0)}, {a}, {b})"
            case 5:
                return f"np.sum({self.pick(self.names.arrays)}) * 0.02 * {a}"
            case 6:
                return f"{a}[::-1]"
        return f"np.sin({b})"

    def even(self, text: str) -> str:
        return f"np.{self.pick(('tanh', 'sin'))}({text})"

    # --- conditions -------------------------------------------------------------------------------

    def test(self) -> str:
        ints = self.names.ints
        match self.integer(0, 5):
            case 0 | 1 if ints:
                left, right = self.whole()[0], self.whole()[0]
                return f"{left} {self.pick(('<', '==', '>=', '!='))} {right}"
            case 2 if ints:
                return f"({self.whole()[0]}) % 2 == {self.integer(0, 1)}"
            case 3:
                return (
                    f"{self.number(0)} < {self.number(0)} {self.pick(('and', 'or'))} {self.easy()}"
                )
            case 4:
                return f"not {self.easy()}"
        return f"{self.number(1)} {self.pick(('<', '>'))} {self.number(0)}"

    def easy(self) -> str:
        return f"{self.number(0)} > {self.pick(('0.1', '-0.2', '0.4'))}"
