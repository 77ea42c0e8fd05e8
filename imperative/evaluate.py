"""Values when someone looks: what is recorded and not yet known runs as one compiled program.

Programs are kept by their structure, so the second round of a loop compiles nothing.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.current import current_trace
from ..tracer.errors import error
from ..tracer.transforms import Compiled
from .modes import Family, state
from .node import PLACEHOLDER, Node
from .pieces import pieces

if TYPE_CHECKING:
    from .arrays import Array

Step = tuple[Any, ...]
"""An Op and the numbers of its arguments: of earlier steps, or ``~n`` for the n-th leaf."""


class Replay:
    """The steps of a program, on arrays or while they are recorded."""

    __adjit_transform__ = True
    __name__ = "program"

    def __init__(self, steps: Sequence[Step], wanted: Sequence[int]) -> None:
        self.steps = steps
        self.wanted = wanted

    def __call__(self, leaves: Sequence[Any]) -> list[Any]:
        return run(self.steps, self.wanted, leaves)


def run(steps: Sequence[Step], wanted: Sequence[int], leaves: Sequence[Any]) -> list[Any]:
    done: list[Any] = []
    for op, *numbers in steps:
        done.append(op.fun(*[done[n] if n >= 0 else leaves[~n] for n in numbers]))
    return [done[n] if n >= 0 else leaves[~n] for n in wanted]


@dataclass(slots=True)
class Counters:
    """``programs``: compiled so far, one for each structure; ``calls``: of them."""

    programs: int = 0
    calls: int = 0


counters = Counters()
_programs: dict[tuple, Compiled] = {}
MOST_PROGRAMS = 1000
"""Programs that are kept; a program that makes ever new structures starts over at this number."""


class _Pending(threading.local):
    """``arrays``: whose values were not known when they were made; ``gradients``: whether some
    are among what is recorded since the last evaluation. ``last``: the last pass of `direct`."""

    def __init__(self) -> None:
        self.arrays: list[weakref.ref[Array]] = []
        self.gradients = False
        self.last: Any = None


pending = _Pending()
LONGEST = 1500
"""Operations of one program; what is longer is computed in pieces, by several calls."""
MOST_PENDING = 2000
"""Operations that may wait; programs of more are long to compile."""


def wait_for(array: Array) -> None:
    """Notes an array whose value is not known."""
    waiting = pending.arrays
    if len(waiting) >= MOST_PENDING:
        flush()
    waiting.append(weakref.ref(array))


def evaluate(node: Node) -> Any:
    """The value of a Node; all other arrays that are alive get theirs in the same program."""
    if node.value is None:
        alive = _alive()
        try:
            _evaluate([node, *alive])
        except Exception:
            if not alive:
                raise
            # The error may be another's, which comes when that is looked at.
            _evaluate([node])
        else:
            none_pending()
    return node.value


def flush() -> None:
    """Computes all that is recorded and alive, by one native call.

    What fails is left: its error comes when it is looked at.
    """
    alive = _alive()
    if alive:
        try:
            _evaluate(alive)
        except Exception:
            for node in alive:
                with contextlib.suppress(Exception):
                    _evaluate([node])
    none_pending()


def after_a_step() -> None:
    """At the end of a scope without recording: computes gradients that wait, and what was made
    of them, so that a loop of training steps does not grow into one program."""
    if pending.gradients or len(pending.arrays) > MOST_PENDING:
        flush()


def none_pending() -> None:
    pending.arrays.clear()
    pending.gradients = False
    pending.last = None


def _alive() -> list[Node]:
    found: dict[Node, None] = {}
    for ref in pending.arrays:
        array = ref()
        if array is not None:
            node = array.node
            if node.value is None:
                found[node] = None
    return list(found)


def _evaluate(roots: Sequence[Node]) -> None:
    if current_trace() is not None:
        raise error("autograd_captured")
    steps, leaves, number = plan(roots)
    roots = list(dict.fromkeys(root for root in roots if root.value is None))
    wanted = tuple([number[root] for root in roots])
    for root, value in zip(roots, results(steps, wanted, leaves), strict=True):
        type_ = root.type
        if type_.weak is None:
            if type(value) is not np.ndarray:
                value = np.asarray(value)
            if value.dtype != type_.dtype or value.shape != type_.shape:
                raise error(
                    "autograd_changed",
                    op=root.op,
                    got=f"{value.dtype}{list(value.shape)}",
                    wanted=type_,
                )
        root.value = value  # before its arguments go: see `plan`
        if root.family in (None, Family.INSIDE) or root.freed or root.mark is not None:
            root.args = ()


def results(steps: Sequence[Step], wanted: Sequence[int], leaves: Sequence[Any]) -> list[Any]:
    """What the wanted steps return, computed by one program if it is not too long."""
    weights = [step[0].weight for step in steps]
    if sum(weights) <= LONGEST:
        return _call(tuple(steps), tuple(wanted), leaves)
    ranges = pieces(weights, [[n for n in step[1:] if n >= 0] for step in steps])
    last = list(range(len(steps)))
    for n, step in enumerate(steps):
        for number in step[1:]:
            if number >= 0:
                last[number] = n
    asked = set(wanted)
    values: dict[int, Any] = {}
    for start, end in ranges:
        given: dict[int, int] = {}  # steps of before and leaves, as leaves of the piece
        piece: list[Step] = []
        for op, *numbers in steps[start:end]:
            own = [n - start if n >= start else ~given.setdefault(n, len(given)) for n in numbers]
            piece.append((op, *own))
        out = [n for n in range(start, end) if last[n] >= end or n in asked]
        taken = [values[n] if n >= 0 else leaves[~n] for n in given]
        computed = _call(tuple(piece), tuple([n - start for n in out]), taken)
        values.update(zip(out, computed, strict=True))
    return [values[n] if n >= 0 else leaves[~n] for n in wanted]


def _call(steps: tuple[Step, ...], wanted: tuple[int, ...], leaves: Sequence[Any]) -> list[Any]:
    program = program_of(steps, wanted)
    counters.calls += 1
    found: list[Any] = program(leaves)
    return found


def program_of(steps: tuple[Step, ...], wanted: tuple[int, ...]) -> Compiled:
    key = (steps, wanted)
    program = _programs.get(key)
    if program is None:
        if len(_programs) >= MOST_PROGRAMS:
            _programs.clear()
        program = _programs[key] = Compiled(Replay(*key), (), "value")
        counters.programs += 1
    return program


def plan(roots: Sequence[Node]) -> tuple[list[Step], list[Any], dict[Node, int]]:
    """Steps and leaves in an order that depends on the structure alone."""
    steps: list[Step] = []
    leaves: list[Any] = []
    number: dict[Node, int] = {}
    stack = [root for root in reversed(roots) if root.value is None]
    while stack:
        node = stack[-1]
        if node in number:
            stack.pop()
            continue
        args = node.args
        ready = True
        for arg in args:
            if arg in number:
                continue
            value = arg.value
            if value is None or (arg.args and is_turned(value)):
                stack.append(arg)
                ready = False
            else:
                number[arg] = ~len(leaves)
                leaves.append(value)
        if ready:
            stack.pop()
            if args:
                number[node] = len(steps)
                steps.append((node.op, *[number[arg] for arg in args]))
            else:  # another thread has computed it meanwhile
                if node.op is PLACEHOLDER:
                    if state.capture is not None:
                        state.capture.looked()
                    PLACEHOLDER.fun()
                number[node] = ~len(leaves)
                leaves.append(node.value)
    # Native code is entered at once with arrays in C order alone.
    return steps, [np.ascontiguousarray(x) if is_turned(x) else x for x in leaves], number


def is_turned(value: Any) -> bool:
    """Whether a value is a view in another memory order."""
    return type(value) is np.ndarray and not value.flags.c_contiguous
