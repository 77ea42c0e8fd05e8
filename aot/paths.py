"""Recording ahead of time: at samples of the named sizes, all ways that a function can take.

What a guard finds is known only when the library is called. So every outcome is tried: a recording
with it forced is another path. Paths are recorded at several samples of the sizes, and must come
out the same (`compiled`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..ir.graph import Block, Graph, Guard, Outcome, Value, copy_values, renamed
from ..ir.op import INPUT, const
from ..ir.polynomials import evaluate
from ..ir.sizes import sized
from ..tracer.errors import AdjitError, is_ours
from ..tracer.layout import contiguous
from ..tracer.record import record
from ..tracer.recording import Recording
from ..tracer.signature import Arguments, Leaf, Signature
from .declare import Given
from .errors import LibraryError

LIMIT = 32
"""Paths of one library."""


@dataclass(frozen=True, slots=True)
class Omitted:
    """A way that was not compiled, and why."""

    trail: tuple[Outcome, ...]
    where: str
    why: str


def arguments_of(
    fun: Callable[..., Any],
    declared: Mapping[str, Any],
    sizes: Mapping[str, int],
    has_numbers: bool,
) -> Arguments:
    """The declared arguments of a call at some sizes; what is not declared has its default.

    ``has_numbers``: with the numbers of the user's samples.
    """

    def leaf(name: str, item: Any) -> Leaf:
        return leaf_of(name, item, sizes, has_numbers)

    signature = Signature(fun)
    try:
        return signature.arguments((), dict(declared), leaf)
    except AdjitError:  # a builtin, or parameters without names
        return signature.arguments(tuple(declared.values()), {}, leaf)


def leaf_of(name: str, item: Any, sizes: Mapping[str, int], has_numbers: bool) -> Leaf:
    if not isinstance(item, Given):  # the default of a parameter, which stays what it is
        return Leaf(name, item, None, None, ("default",))
    if item.size is not None:
        size = sized(evaluate(item.size, sizes), item.size)
        return Leaf(name, size, None, None, ("size",))
    known = item.item(sizes) if item.item is not None and has_numbers else None
    if item.dims is None:
        number = item.dtype.type(1 if known is None else known)
        weak = {"f8": float, "i8": int}.get(item.dtype.str[1:])
        kept: Any = weak(number) if weak else number
        return Leaf(name, kept, np.asarray(number), weak, ("number",))
    shape = tuple(sized(evaluate(terms, sizes), terms) for terms in item.dims)
    if any(size < 1 for size in shape):  # which is noted, where some sizes make it so
        raise LibraryError(f"{name}: arrays of no elements are not compiled for")
    array = np.ones((1,) * len(shape), item.dtype) if known is None else known
    return Leaf(name, array, array, None, ("array",), contiguous(shape), shape)


def first_trail(
    fun: Callable[..., Any], arguments: Arguments, scalar: type | None, wrt: Container[int]
) -> tuple[Outcome, ...]:
    """The branches that the user's samples take."""
    recording, _ = record(fun, arguments, scalar=scalar, active=wrt)
    return trail_of(recording)


def explored(
    fun: Callable[..., Any],
    arguments: Arguments,
    scalar: type | None,
    wrt: Container[int],
    first: tuple[Outcome, ...],
) -> tuple[list[Recording], list[Omitted]]:
    """The paths of a function, beginning with one."""
    found: list[Recording] = []
    omitted: list[Omitted] = []
    problems: list[Exception] = []
    known: dict[object, tuple[str, str]] = {}
    waiting: list[tuple[tuple[Outcome, ...], str]] = [(first, "")]
    for trail, where in waiting:
        if len(found) == LIMIT or len(waiting) > 8 * LIMIT:
            omitted.append(Omitted(trail, where, f"more than {LIMIT} paths"))
            continue
        seen: list[Guard] = []
        try:
            recording = _recorded(fun, arguments, trail, scalar, wrt, known, seen)
        except LibraryError:
            raise
        except Exception as problem:
            # The user's own errors, too: a call that takes this way gets a status.
            problems.append(problem)
            why = f"{type(problem).__name__}: {problem}"
            omitted.append(Omitted(trail, where or "the first way", why))
        else:
            known |= recording.apart
            found.append(recording)
        taken = [guard.expected for guard in seen]
        begin = len(trail) if where else 0
        for number, guard in enumerate(seen[begin:], begin):
            if isinstance(guard.expected, bool):
                other = (*taken[:number], not guard.expected)
                waiting.append((other, f"{guard.where}: {guard.reason} is {other[-1]}"))
            elif not _has_input(guard.value):
                raise LibraryError(
                    f"{guard.where}: {guard.reason}, and it is not known: it follows from sizes in"
                    " another way than by + - * // (n // 2 for int(n / 2))"
                )
            else:
                reason = f"{guard.reason} is another number than {guard.expected}"
                omitted.append(Omitted(tuple(taken[:number]), f"{guard.where}: {reason}", ""))
    if not found:
        raise problems[0]
    return found, omitted


def again(
    fun: Callable[..., Any],
    arguments: Arguments,
    scalar: type | None,
    wrt: Container[int],
    trails: Iterable[tuple[Outcome, ...]],
) -> list[Recording]:
    """The same paths at other samples of the sizes."""
    found: list[Recording] = []
    known: dict[object, tuple[str, str]] = {}
    for trail in trails:
        found.append(_recorded(fun, arguments, trail, scalar, wrt, known))
        known |= found[-1].apart
    return found


def _recorded(
    fun: Callable[..., Any],
    arguments: Arguments,
    trail: tuple[Outcome, ...],
    scalar: type | None,
    wrt: Container[int],
    known: Mapping[object, tuple[str, str]],
    seen: list[Guard] | None = None,
) -> Recording:
    recording, _ = record(
        fun, arguments, trail, scalar, known=known, active=wrt, has_numbers=False, seen=seen
    )
    if recording.draws:
        raise LibraryError("random numbers: a library has no generators, pass the numbers in")
    return without_captures(recording)


def _has_input(value: Value) -> bool:
    """Whether a Value follows from the arguments, and not from their sizes alone."""
    pending, seen = [value], {value}
    while pending:
        top = pending.pop()
        if top.op is INPUT:
            return True
        fresh = [arg for arg in top.args if arg not in seen]
        seen.update(fresh)
        pending += fresh
    return False


def trail_of(recording: Recording) -> tuple[Outcome, ...]:
    return tuple(guard.expected for guard in recording.graph.guards)


def without_captures(recording: Recording) -> Recording:
    """With the arrays that the function has captured as constants, as they are now."""
    if not recording.captures:
        return recording
    graph = recording.graph
    sources = {value: source for source, value in recording.captures.items()}
    kept = [n for n, value in enumerate(graph.inputs) if value not in sources]
    block = Block([graph.inputs[n] for n in kept])
    new = {value: value for value in block.inputs}
    with block:
        for value, source in sources.items():
            new[value] = const(np.array(source.read()), value.dtype)
        copy_values(graph.values, new)
    outputs = [new[value] for value in graph.outputs]
    made: Graph = block.graph(outputs, renamed(graph.guards, new))
    places = {old: number for number, old in enumerate(kept)}
    return replace(
        recording,
        graph=made,
        keys=tuple(recording.keys[n] for n in kept),
        inputs=tuple(places.get(n) if n is not None else None for n in recording.inputs),
        captures={},
        statics=recording.statics | {source: source.read() for source in recording.captures},
    )


def asked_by_user(depth: int) -> bool:
    """Whether what is asked of sizes is asked by the user's code, so many calls up."""
    code = sys._getframe(depth).f_code
    dataclass = code.co_filename == "<string>" and code.co_name in ("__eq__", "__hash__")
    return not dataclass and not is_ours(code.co_filename)
