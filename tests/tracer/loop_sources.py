"""Random Python source of functions with loops.

``f(x, y, n)`` takes arrays of shape (8,) and (6, 5) and a trip count. Numbers that are stored stay
small, loops end, and denominators keep away from zero, so that derivatives can be compared with
differences wherever the program is smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .loop_expressions import FAR, Expressions, Integer, Names

LARGEST = 220
"""Iterations that a nest of loops may have in all."""


class Program(Expressions):
    """Writes a function, statement by statement."""

    def __init__(self, integer: Integer) -> None:
        super().__init__(integer)
        self.loops = 0  # around the statement that is written
        self.trips = 1
        self.helper = False

    def text(self) -> str:
        parts = ["import numpy as np", ""]
        for _ in range(self.integer(0, 1)):
            name = self.name("h")
            self.names = Names(["s"], [], {"v": (8,)})
            self.helper = True
            parts += [f"def {name}(v, s):", *self.indented(self.body(1, 2)), "    return s", ""]
            self.helpers.append(name)
        self.helper = False
        return "\n".join([*parts, *self.main()]) + "\n"

    def main(self) -> list[str]:
        self.names = Names([], [("n", 5, 8)], {"x": (8,), "y": (6, 5)}, {"n", "x", "y"})
        lines = []
        starts = {
            "s": self.pick(("0.0", "0", "1", "x[0]", "0.5")),
            "b": self.pick(("np.zeros(8)", "x.copy()", "x * 0.5", "x")),
            "c": self.pick(("np.ones(8)", "x.copy()", "np.sin(x)", "x[::-1]")),
            "A": self.pick(("np.zeros((6, 5))", "y.copy()", "y * 0.5", "y")),
            "k": "0",
        }
        for name, text in starts.items():
            lines.append(f"{name} = {text}")
        self.names.floats.append("s")
        self.names.arrays |= {"b": (8,), "c": (8,), "A": (6, 5)}
        self.names.ints.append(("k", -FAR, FAR))
        for text in ("t = (0.1, x[1])", "d = {'u': x[2], 'v': 0.5}", "l = [x[3], 0.0]"):
            if self.chance(20):
                lines.append(text)
                keys = ("'u'", "'v'") if text[0] == "d" else ("0", "1")
                self.names.pairs += [f"{text[0]}[{key}]" for key in keys]
        lines += self.body(self.integer(1, 2), 3)
        names = self.names
        loose = [*names.floats, *names.pairs, *(n for n, low, _ in names.ints if n != "n")]
        whole = [f"{name}.ravel()" for name in names.arrays if name not in ("x", "y")]
        match self.integer(0, 2):
            case 0:
                numbers = " + ".join(f"0.{i % 9 + 1} * {name}" for i, name in enumerate(loose))
                lines.append(f"return np.concatenate([{', '.join(whole)}]) * (1.5 + {numbers})")
            case 1:
                lines.append(f"return {self.small()} + np.sum(A * np.sin(A)) + b @ c")
            case 2:
                lines.append(f"return {self.pick(('A', 'b', 'c * s', 'A + s'))}")
        return ["def f(x, y, n):", *self.indented(lines)]

    @staticmethod
    def indented(lines: list[str]) -> list[str]:
        return [f"    {line}" for line in lines]

    def body(self, loops: int, depth: int) -> list[str]:
        """Statements with at least so many loops among them."""
        lines: list[str] = []
        for _ in range(loops):
            for _ in range(self.integer(0, 1)):
                lines += self.statement(0)
            lines += self.loop(depth)
        return lines

    def block(self, depth: int, least: int = 1) -> list[str]:
        """Statements of a block: what they bind is forgotten after it."""
        outside, self.names = self.names, self.names.copy()
        lines: list[str] = []
        for _ in range(self.integer(least, 2)):
            lines += self.statement(depth)
        self.names = outside
        return lines

    def statement(self, depth: int) -> list[str]:
        """A statement; ``depth`` says how deeply loops may still nest in it."""
        names = self.names
        again = depth if self.trips < LARGEST // 5 and not self.helper else 0
        match self.integer(0, 15):
            case 0 | 1 if names.floats:
                return self.assignment(self.pick(names.floats))
            case 2 | 3 if self.own():
                name, shape = self.pick(self.own())
                return [self.write(name, [self.index(size) for size in shape])]
            case 4 | 5 if self.own():
                return [self.write_part(*self.pick(self.own()))]
            case 6 if self.own(1):
                name, (size,) = self.pick(self.own(1))
                return [f"{name} = {self.even(self.vector(size))}"]
            case 7 if len([name for name, shape in self.own(1) if shape == (8,)]) > 1:
                a, b = [name for name, shape in self.own(1) if shape == (8,)][:2]
                return [f"{a}, {b} = {b}, {self.pick((a, f'0.5 * {a} + 0.4 * {b}'))}"]
            case 8 if self.own(2):
                return self.view(*self.pick(self.own(2)))
            case 9 if ("k", -FAR, FAR) in names.ints:
                text = self.pick((self.whole()[0], f"{self.whole()[0]} if {self.test()} else k"))
                return [f"k = ({text}) % 5" if self.chance(50) else f"k += ({text}) % 3"]
            case 10 if names.pairs:
                place = self.pick(names.pairs)
                if place[0] == "t":
                    return [f"t = ({self.small()}, {self.pick(('t[0]', self.small(1)))})"]
                return [f"{place} {self.pick(('=', '+='))} 0.5 * {self.small()}"]
            case 11 | 12:
                return self.branch(depth)
            case 13 | 14 if again:
                return self.loop(again)
            case 15 if self.loops:
                jump = "return s" if self.helper else self.pick(("break", "continue"))
                return [f"if {self.test()}:", f"    {jump}"]
        return self.assignment("s")

    def own(self, rank: int = 0) -> list[tuple[str, tuple[int, ...]]]:
        """Arrays that may be written to; seldom an argument."""
        found = self.names
        keep = found.owned if self.integer(0, 9) else set()
        items = [(name, shape) for name, shape in found.arrays.items() if name not in keep]
        return [item for item in items if rank in (0, len(item[1]))]

    def assignment(self, name: str) -> list[str]:
        if name not in self.names.floats:
            self.names.floats.append(name)
            return [f"{name} = {self.small()}"]
        forms = (f"{name} = {self.small(3)}", f"{name} += 0.2 * {self.small()}", f"{name} *= 0.9")
        return [self.pick((*forms, f"{name} = 0.8 * {name} + 0.1 * {self.small()}"))]

    def write(self, name: str, at: list[str]) -> str:
        how = self.pick((f"= {self.small()}", f"+= 0.2 * {self.small()}", "*= 0.9"))
        return f"{name}[{', '.join(at)}] {how}"

    def write_part(self, name: str, shape: tuple[int, ...]) -> str:
        if self.chance(15):
            return f"{name} {self.pick(('*= 0.9', f'+= 0.2 * {self.small()}'))}"
        part = self.part()
        at = [part] if len(shape) == 1 else [self.index(shape[0]), part]
        if len(shape) == 2 and self.chance(40):
            at = [part, self.index(shape[1])]
        place = f"{name}[{', '.join(at)}]"
        size = shape[at.index(part)]
        other = self.even(f"{self.closed(self.vector(size, 1))}[{part}]")
        value = self.pick((self.small(), other, f"{other} * {self.number(0)}"))
        return f"{place} {self.pick(('=', '+= 0.2 *', '*='))} {value}"

    def view(self, name: str, shape: tuple[int, ...]) -> list[str]:
        """A view that is named, written to, and bound from now on."""
        row = self.name("r")
        first = self.chance(60)
        at = self.index(shape[0]) if first else f":, {self.index(shape[1])}"
        self.names.arrays[row] = (shape[1] if first else shape[0],)
        return [f"{row} = {name}[{at}]", self.write_part(row, self.names.arrays[row])]

    def branch(self, depth: int) -> list[str]:
        lines = [f"if {self.test()}:", *self.indented(self.block(depth))]
        if self.chance(25):
            lines += [f"elif {self.test()}:", *self.indented(self.block(depth))]
        if self.chance(50):
            lines += ["else:", *self.indented(self.block(depth))]
        return lines

    # --- loops ------------------------------------------------------------------------------------

    def loop(self, depth: int) -> list[str]:
        outside, before = self.names, self.trips
        self.names = outside.copy()
        self.loops += 1
        lines, trips, bound = self.head()
        self.trips *= trips
        start = next(n for n, line in enumerate(lines) if line[-1] == ":") + 1
        lines, body = lines[:start], lines[start:]
        if self.chance(20):  # bound first in the loop, and used after it
            name = self.name("z")
            body.append(f"{name} = {self.small()}")
            self.names.floats.append(name)
            bound.floats.append(name)
        body += self.block(depth - 1, 2 if depth > 1 else 1)
        self.loops -= 1
        self.names, self.trips = outside, before
        if start == 1 and self.chance(30):  # a while loop may have no round
            outside.ints += bound.ints
            outside.floats += bound.floats
        return [*lines, *self.indented(body)]

    def head(self) -> tuple[list[str], int, Names]:
        """The lines that begin a loop, its largest trip count, and what it is sure to bind."""
        names, bound = self.names, Names()
        i, v = self.name("i"), self.name("v")
        tables = [name for name, shape in names.arrays.items() if len(shape) == 2]
        lines: list[str] = []
        trips, index, number, row = 8, None, False, 0
        match self.integer(0, 9):
            case 4:
                lines, number = [f"for {v} in {self.vector(8, 1)}:"], True
            case 5 if tables:
                name = self.pick(tables)
                lines, row, trips = [f"for {v} in {name}:"], 5, 6
            case 6 if self.chance(40):
                lines, number = [f"for {v} in reversed({self.vector(8, 1)}):"], True
            case 6:
                start = self.pick(("", ", 1", f", {self.whole()[0]}" if self.chance(20) else ""))
                lines, number = [f"for {i}, {v} in enumerate({self.vector(8, 1)}{start}):"], True
                index = (0, 8) if len(start) < 4 else (-FAR, FAR)
            case 7:
                text, trips, index = self.range()
                other = self.pick((self.vector(8, 1), *tables))
                number, row = other not in tables, 5 * (other in tables)
                lines = [f"for {i}, {v} in zip({text}, {other}):"]
            case 8 | 9:
                k, top = self.name("w"), self.pick(("8" if self.helper else "n", "6", "8"))
                names.ints.append((k, 1, 8))
                names.owned.add(k)
                test = self.test()
                names.ints[-1] = (k, 0, 7)
                more = self.pick((f"({test})", f"({k} < 5 or {test})"))
                return [f"{k} = 0", f"while {k} < {top} and {more}:", f"{k} += 1"], 8, bound
            case _:
                text, trips, index = self.range()
                lines = [f"for {i} in {text}:"]
        if index is not None:
            names.ints.append((i, *index))
            bound.ints.append((i, *index))
        if number:
            names.floats.append(v)
        if row:
            names.arrays[v] = (row,)
        return lines, trips, bound

    def range(self) -> tuple[str, int, tuple[int, int]]:
        """A range, its largest number of items, and bounds of these."""
        n = "8" if self.helper else "n"
        inner = [item for item in self.names.ints if item[0] != "n" and 0 <= item[1] <= item[2] < 9]
        match self.integer(0, 9):
            case 0 | 1:
                text, trips, bounds = f"range({n})", 8, (0, 7)
            case 2:
                text, trips, bounds = f"range({n} - 1, -1, -1)", 8, (0, 7)
            case 3:
                text, trips, bounds = self.pick(
                    (("range(0, 12, 2)", 6, (0, 10)), ("range(10, 0, -2)", 5, (2, 10)))
                )
            case 4 if inner:
                i = self.pick(inner)[0]
                text, trips, bounds = f"range({i}, {self.pick(('7', n))})", 5, (0, 7)
            case 5 | 6 if inner:
                i, _, high = self.pick(inner)
                text, trips, bounds = f"range({i})", 5, (0, max(high - 1, 0))
            case 7 if inner:
                i, low, _ = self.pick(inner)
                text, trips, bounds = f"range({n}, {i}, -1)", 5, (low + 1, 8)
            case 8:
                text, trips, bounds = f"range(1, {self.pick((n, f'{n} + 2'))}, 2)", 5, (1, 9)
            case 9:
                first, last = self.whole()[0], self.whole(0)[0]
                text, trips, bounds = f"range({first}, min({last}, 8))", 8, (-FAR, 7)
            case _:
                text, trips, bounds = "range(6)", 6, (0, 5)
        if self.chance(10):
            return f"reversed({text})", trips, bounds
        return text, trips, bounds


@st.composite
def sources(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    return Program(lambda low, high: draw(st.integers(low, high))).text()
