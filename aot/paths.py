"""Recording ahead of time: at samples of the named sizes, all ways that a function can take.

What a guard finds is known only when the library is called. So every outcome is tried: a recording
with it forced is another path. Paths are recorded at several samples of the sizes, and must come
out the same (`compiled`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..ir.graph import Block, Graph, Outcome, copy_values, renamed
from ..ir.op import const
from ..ir.sizes import evaluate, sized
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
    fun: Callable[..., Any], declared: Mapping[str, Any], sizes: Mapping[str, int]
) -> Arguments:
    """The declared arguments of a call at some sizes; what is not declared has its default."""
    signature = Signature(fun)
    try:
        return signature.arguments((), dict(declared), lambda name, x: leaf_of(name, x, sizes))
    except AdjitError:
        positional = tuple(declared.values())  # of a builtin, or of parameters without names
        return signature.arguments(positional, {}, lambda name, x: leaf_of(name, x, sizes))


def leaf_of(name: str, item: Any, sizes: Mapping[str, int]) -> Leaf:
    if not isinstance(item, Given):  # the default of a parameter, which stays what it is
        return Leaf(name, item, None, None, ("default",))
    if item.size is not None:
        size = sized(evaluate(item.size, sizes), item.size)
        return Leaf(name, size, None, None, ("size",))
    known = item.item(sizes) if item.item is not None else None
    if item.dims is None:
        number = item.dtype.type(1 if known is None else known)
        weak = {"f8": float, "i8": int}.get(item.dtype.str[1:])
        kept: Any = weak(number) if weak else number
        return Leaf(name, kept, np.asarray(number), weak, ("number",))
    shape = tuple(sized(evaluate(terms, sizes), terms) for terms in item.dims)
    plain = tuple(evaluate(terms, sizes) for terms in item.dims)
    array = np.broadcast_to(np.ones((), item.dtype), plain) if known is None else known
    return Leaf(name, array, array, None, ("array",), contiguous(shape), shape)


def recordings(
    fun: Callable[..., Any],
    arguments: Arguments,
    scalar: type | None,
    wrt: Sequence[int],
    has_numbers: bool,
) -> tuple[list[Recording], list[Omitted]]:
    """The paths of a function; the first is what its samples take, if there are any."""
    found: list[Recording] = []
    omitted: list[Omitted] = []
    known: dict[object, tuple[str, str]] = {}
    waiting: list[tuple[tuple[Outcome, ...], str]] = [((), "")]
    for trail, where in waiting:
        if len(found) == LIMIT:
            omitted.append(Omitted(trail, where, f"more than {LIMIT} paths"))
            continue
        try:
            recording, _ = record(
                fun, arguments, trail, scalar, False, known, set(wrt), None, has_numbers
            )
        except Exception as problem:
            # The user's own errors, too: a call that takes this way gets a status.
            if not trail:
                raise
            omitted.append(Omitted(trail, where, f"{type(problem).__name__}: {problem}"))
            continue
        if recording.draws:
            raise LibraryError("random numbers: a library has no generators, pass the numbers in")
        known |= recording.apart
        found.append(without_captures(recording))
        taken = [guard.expected for guard in recording.graph.guards]
        for number, guard in enumerate(recording.graph.guards[len(trail) :], len(trail)):
            if isinstance(guard.expected, bool):
                other = (*taken[:number], not guard.expected)
                waiting.append((other, f"{guard.where}: {guard.reason} is {other[-1]}"))
            else:
                reason = f"{guard.reason} is another number than {guard.expected}"
                omitted.append(Omitted(tuple(taken[:number]), f"{guard.where}: {reason}", ""))
    return found, omitted


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


def asked_by_user() -> bool:
    """Whether a comparison of sizes stands in the user's code."""
    frame = sys._getframe(3)
    return not is_ours(frame.f_code.co_filename)
