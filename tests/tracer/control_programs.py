"""Runs a program plain and rewritten, and writes random programs to run."""

from __future__ import annotations

import contextlib
import itertools
import linecache
import random
import textwrap
import traceback
from typing import Any

from adjit.tracer.rewrite import rewrite

# --- running a program both ways ----------------------------------------------------------------

_numbers = itertools.count()


class OutOfFuel(BaseException):
    """Ends a program that would run forever; no ``except Exception`` stops it."""


class World:
    """What a program may call; ``log`` says in which order it did."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.fuel = 60

    def names(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("say", "tick", "items", "context", "Truth")}

    def say(self, value: Any) -> Any:
        self.log.append(value)
        return value

    def tick(self) -> None:
        self.fuel -= 1
        if self.fuel <= 0:
            raise OutOfFuel

    def items(self, n: int) -> Any:
        for i in range(n):
            self.log.append(("item", i))
            yield i
        self.log.append("exhausted")

    @contextlib.contextmanager
    def context(self, suppress: bool) -> Any:
        self.log.append("enter")
        try:
            yield 5
        except Exception:
            if not suppress:
                raise
        finally:
            self.log.append("exit")

    def Truth(self, value: Any) -> Any:  # noqa: N802
        world = self

        class Truth:
            def __bool__(self) -> bool:
                world.log.append(("bool", value))
                return bool(value)

        return Truth()


def load(text: str, world: World) -> Any:
    """The function ``f`` of a text that tracebacks and the rewriter find."""
    filename = f"<control {next(_numbers)}>"
    text = textwrap.dedent(text)
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace: dict[str, Any] = {"__name__": "programs", "G": 0, **world.names()}
    exec(compile(text, filename, "exec", dont_inherit=True), namespace)
    return namespace["f"]


def outcome(text: str, args: tuple, staged: bool) -> tuple:
    """What a call returns, or its error with the user's line; what it did; what it left."""
    world = World()
    function = load(text, world)
    namespace = function.__globals__
    if staged:
        function = rewrite(function)
        assert function is not None
    try:
        result: tuple = ("returned", function(*args))
    except (Exception, OutOfFuel) as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename.startswith("<control")]
        result = (type(problem), str(problem), lines[-1])
    return (*result, world.log, namespace["G"])


def agree(text: str, *args: Any) -> tuple:
    expected = outcome(text, args, staged=False)
    # As texts, since a program may return the error that it caught.
    assert repr(outcome(text, args, staged=True)) == repr(expected), text
    return expected


# --- random programs ----------------------------------------------------------------------------


class Writer:
    """Writes a random function of small integers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.labels = itertools.count(10)

    def program(self) -> str:
        head = ["def f(a, b):"] + ["    global G"] * (self.random.random() < 0.3)
        self.names = ["a", "b", "c", "d", "G"] if len(head) > 1 else ["a", "b", "c", "d"]
        if self.random.random() < 0.8:
            self.write(1, "c, d = a, b")
        self.block(1, 3, "")
        if self.random.random() < 0.5:
            self.lines.append(f"    return a, b, {self.expression(1)}")
        return "\n".join([*head, *self.lines])

    def name(self) -> str:
        return self.random.choice(self.names)

    def expression(self, depth: int) -> str:
        pick, sub = self.random.random(), depth - 1
        if depth <= 0 or pick < 0.2:
            return self.random.choice([self.name(), self.name(), str(self.random.randrange(3))])
        e = lambda: self.expression(sub)  # noqa: E731
        forms = [
            lambda: f"({e()} {self.random.choice('+-')} {e()})",
            lambda: f"({e()} {self.random.choice(['<', '==', '>='])} {e()})",
            lambda: f"({e()} if {e()} else {e()})",
            lambda: f"({e()} and {e()})",
            lambda: f"({e()} or {e()} or {e()})",
            lambda: f"(not {e()})",
            lambda: f"({e()} < {e()} <= {e()})",
            lambda: f"({e()} in ({e()}, {e()}) != {e()})",
            lambda: f"say({e()})",
            lambda: f"({e()} // {e()})",
            lambda: f"(lambda: {e()})()",
            lambda: f"sum([{e()} for v in range(2) if v or {e()}])",
            lambda: f"({self.random.choice('abcd')} := {e()})",
            lambda: f"len(locals()) + {e()}",
        ]
        weights = [3, 3, 3, 3, 2, 2, 2, 1, 3, 1, 1, 1, 1, 0.2]
        return self.random.choices(forms, weights)[0]()

    def test(self) -> str:
        if self.random.random() < 0.3:
            # No walrus: what cannot move stays an ``and`` in Python, and may be asked twice.
            t = lambda: f"Truth({self.name()})"  # noqa: E731
            return self.random.choice(
                [f"{t()} and {t()}", f"not ({t()} or {t()})", t(), f"{t()} if {t()} else {t()}"]
            )
        return self.expression(3)

    def write(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def block(self, depth: int, budget: int, where: str) -> None:
        """``where`` says what stands around: "l" for a loop, "f" for a finally block."""
        for _ in range(self.random.randint(1, 4)):
            self.statement(depth, budget, where)

    def statement(self, depth: int, budget: int, where: str) -> None:
        simple = ["assign", "add", "pair", "say", "del", "raise", "return", "def"]
        weights = [4.0, 2.0, 1.0, 3.0, 0.5, 0.4, 1.0, 0.4]
        if where.endswith("l"):
            simple, weights = [*simple, "break", "continue"], [*weights, 1.5, 1.5]
        if budget > 0:
            simple += ["if", "for", "while", "try", "with", "match", "class"]
            weights += [5, 3, 2, 0.7, 0.4, 0.3, 0.1]
        kind = self.random.choices(simple, weights)[0]
        getattr(self, f"write_{kind}")(depth, budget - 1, where)

    def write_assign(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"{self.name()} = {self.expression(2)}")

    def write_add(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"{self.name()} += {self.expression(1)}")

    def write_pair(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"{self.name()}, {self.name()} = {self.name()}, {self.expression(1)}")

    def write_say(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"say(({next(self.labels)}, {self.expression(2)}))")

    def write_del(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"del {self.random.choice('abcd')}")

    def write_raise(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"raise ValueError({next(self.labels)})")

    def write_return(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, self.random.choice(["return", f"return {self.expression(2)}"]))

    def write_break(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, "break")

    def write_continue(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, "continue")

    def write_def(self, depth: int, budget: int, where: str) -> None:
        name = self.random.choice("ab")
        self.write(depth, "def inner():")
        self.write(depth + 1, f"nonlocal {name}")
        self.write(depth + 1, f"{name} = {self.expression(1)}")
        self.write(depth + 1, f"if {name}: return {self.expression(1)}")
        self.write(depth, "say(inner())")

    def write_class(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, "class Inner:")
        self.write(depth + 1, f"for x in range({self.expression(1)} and 2):")
        self.write(depth + 2, f"if x or {self.name()}: break")

    def write_if(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"if {self.test()}:")
        self.block(depth + 1, budget, where)
        if self.random.random() < 0.3:
            self.write(depth, f"elif {self.test()}:")
            self.block(depth + 1, budget, where)
        if self.random.random() < 0.5:
            self.write(depth, "else:")
            self.block(depth + 1, budget, where)

    def write_for(self, depth: int, budget: int, where: str) -> None:
        n = self.random.choice(["3", "b", "a"])
        head = self.random.choice(
            [
                f"{self.name()} in range({n})",
                f"{self.name()} in items({n})",
                f"{self.name()}, {self.name()} in enumerate(items(2))",
                f"({self.name()}, *rest) in [(1, 2), (3,), (4, 5, 6)]",
                f"{self.name()} in {self.expression(1)}",
                f"{self.name()} in {{1: 2, 3: 4}}",
            ]
        )
        self.write(depth, f"for {head}:")
        self.loop_body(depth, budget, where)

    def write_while(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"while {self.test()}:")
        self.loop_body(depth, budget, where)

    def loop_body(self, depth: int, budget: int, where: str) -> None:
        self.write(depth + 1, "tick()")
        self.block(depth + 1, budget, where + "l")
        if self.random.random() < 0.3:
            self.write(depth, "else:")
            self.block(depth + 1, budget, where)

    def write_try(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, "try:")
        self.block(depth + 1, budget, where)
        caught = self.random.choice(["Exception", "ValueError as c", "NameError"])
        handled = self.random.random() < 0.7
        if handled:
            self.write(depth, f"except {caught}:")
            self.block(depth + 1, budget, where)
            if self.random.random() < 0.3:
                self.write(depth, "else:")
                self.block(depth + 1, budget, where)
        if not handled or self.random.random() < 0.3:
            self.write(depth, "finally:")
            self.block(depth + 1, budget, where)

    def write_with(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"with context({self.random.random() < 0.5}) as {self.name()}:")
        self.block(depth + 1, budget, where)

    def write_match(self, depth: int, budget: int, where: str) -> None:
        self.write(depth, f"match {self.expression(1)}:")
        self.write(depth + 1, f"case 1 if {self.test()}:")
        self.block(depth + 2, budget, where)
        self.write(depth + 1, "case int(d):")
        self.block(depth + 2, budget, where)
