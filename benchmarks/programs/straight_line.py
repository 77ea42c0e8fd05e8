"""Straight-line programs of scalar operations: text that is as long as one wants.

Most numbers are used by both of the next two lines. Five lines, again and again, come to rest at a
point, so that neither numbers nor derivatives grow with the length and every gradient can be
checked.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from functools import cache
from types import CodeType, ModuleType
from typing import Any

LINES = (
    "{left} - {right}",
    "np.sin({left})",
    "{right} + b",
    "{left} * {right}",
    "{left} - {right}",
)
"""What is computed from the two numbers before, in turn."""


def operands(i: int) -> tuple[str, str, str]:
    """The name that an operation computes, and the names of the two before it."""
    one, other = (f"v{j}" if j >= 0 else "ab"[j] for j in (i - 1, i - 2))
    return f"v{i}", one, other


def operations_on(count: int) -> list[str]:
    """Lines that compute v0, v1, ... from a and b."""
    lines = []
    for i in range(count):
        to, left, right = operands(i)
        lines.append(f"    {to} = {LINES[i % len(LINES)].format(left=left, right=right)}")
    return lines


@cache
def compiled(text: str, name: str) -> CodeType:
    """The text as Python has it; tracebacks, and whoever reads sources, find its lines."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")


def defined(text: str, name: str, np: ModuleType) -> Callable[..., Any]:
    """A new function each time, so that no library has seen it."""
    namespace: dict[str, Any] = {"np": np}
    exec(compiled(text, f"<{name}>"), namespace)
    function: Callable[..., Any] = namespace["program"]
    return function


def straight_line(operations: int, np: ModuleType) -> Callable[..., Any]:
    """A function of two floats with as many operations, one a line, on a module's functions."""
    lines = ["def program(a, b):", *operations_on(operations), f"    return v{operations - 1}", ""]
    return defined("\n".join(lines), f"straight_line_{operations}", np)
