"""What a hybridized block does at a call: one operation of its inputs and parameters.

At the first call for inputs of some types, ``forward`` runs on placeholders, arrays without
values, and what it records becomes the operation. Later calls of that kind do not run
``forward``; they make one Node. So what ``forward`` reads besides its inputs and parameters is
read at the first call; setting an attribute of any block starts over, and so does a write to an
Array that was read. Random numbers that come from :func:`drawn` are drawn at each call, outside
of the operation.

What cannot be captured runs as it is written, and a warning says why: ``forward`` looks at a
value, does not do the same when it runs a second time, or has effects besides its result.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Hashable, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..imperative.apply import family_of, node_of, op_of, static_key
from ..imperative.arrays import Array, wrap
from ..imperative.captures import watched
from ..imperative.evaluate import Step, evaluate, pending, run
from ..imperative.modes import Family, records, state
from ..imperative.node import PLACEHOLDER, VOID, Node, Op, known, leaf_of
from ..imperative.types import Type
from ..imperative.writes import assign
from ..tracer.api import stop_gradient
from ..tracer.containers import LEAF, flatten, rebuild
from ..tracer.errors import AdjitNotImplementedError

if TYPE_CHECKING:
    from .block import Block
    from .parameter import Parameter

Draw = Callable[[], np.ndarray]
_STATIC = (int, float, bool, str, NoneType)


class _Epoch:
    """Counts what makes captured operations out of date."""

    number = 0


def changed() -> None:
    """What was read while something was captured is another now."""
    _Epoch.number += 1
    watched.clear()
    if state.capture is not None:
        state.capture.trouble = "sets an attribute of a block"


def drawn(type: Type, draw: Draw) -> Array:
    """An array of random numbers: drawn now, or at each call of what is being captured."""
    if state.capture is not None:
        found: Array = state.capture.drawn(type, draw)
        return found
    return Array(known(draw()))


# --- one run --------------------------------------------------------------------------------


class Capture:
    """One run of ``forward`` on placeholders. ``trouble``: why it cannot be captured."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.parameters: dict[Parameter, tuple[Array, Node]] = {}
        self.draws: list[tuple[Draw, Node]] = []
        self.writes: list[tuple[weakref.ref[Array], Node]] = []
        self.trouble = ""

    def placeholder(self, type: Type) -> Node:
        node = Node(PLACEHOLDER, (), type)
        if type.differentiable:
            node.family = self.family
        return node

    def parameter(self, wanted: Parameter) -> Array:
        found = self.parameters.get(wanted)
        if found is None:
            node = self.placeholder(wanted.array.node.type)
            found = self.parameters[wanted] = (Array(node), node)
        return found[0]

    def drawn(self, type: Type, draw: Draw) -> Array:
        node = self.placeholder(type)
        self.draws.append((draw, node))
        return Array(node)

    def looked(self) -> None:
        """Somebody wants the value of a placeholder."""
        self.trouble = "looks at a value"

    def wrote(self, x: Array) -> None:
        """Somebody writes to an array."""
        if not any(x is array for array, _ in self.parameters.values()):
            self.writes.append((weakref.ref(x), x._node))

    def undo(self) -> None:
        """Arrays that were written to and live on were not made by ``forward``."""
        for ref, node in reversed(self.writes):
            array = ref()
            if array is not None:
                array._node = node
                self.trouble = "writes to an array that it has not made"


class Recorded:
    """The steps of a capture as a function of arrays."""

    __adjit_transform__ = True
    __name__ = "block"

    def __init__(self, steps: Sequence[Step], wanted: Sequence[int]) -> None:
        self.steps = steps
        self.wanted = wanted

    def __call__(self, *leaves: Any) -> Any:
        found = run(self.steps, self.wanted, leaves)
        return found[0] if len(found) == 1 else found


class Cut:
    """A function through whose results no derivative reaches back."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun = fun

    def __call__(self, *arrays: Any) -> Any:
        return stop_gradient(self.fun(*arrays))


class Captured:
    """What a capture has found: an ``op`` of the inputs, parameters, draws and constants."""

    def __init__(self, capture: Capture, inputs: Sequence[Node], outside: set[Node]) -> None:
        self.capture = capture
        self.family = capture.family
        self.inputs = inputs
        self.outside = outside
        self.epoch = _Epoch.number
        self.constants: list[Node] = []

    def finish(self, result: Any) -> None:
        """``result``: what ``forward`` returned; a list that holds it, emptied here."""
        capture = self.capture
        self.parameters = list(capture.parameters)
        self.arrays = [parameter.array for parameter in self.parameters]
        self.draws = [draw for draw, _ in capture.draws]
        leaves, self.structure = flatten(result.pop())
        self.items = [None if isinstance(leaf, Array) else leaf for leaf in leaves]
        self.holes = [n for n, leaf in enumerate(leaves) if isinstance(leaf, Array)]
        outputs = [leaves[n].node for n in self.holes]
        del leaves
        capture.undo()
        self.updated = []
        for parameter, (array, node) in capture.parameters.items():
            if array.node is not node:
                self.updated.append(parameter)
                outputs.append(array.node)
                if parameter.grad_req != "null":
                    capture.trouble = "writes to a parameter that is differentiated by"
        for item in self.items:
            if not isinstance(item, _STATIC):
                capture.trouble = f"returns a {type(item).__name__}"
        if not outputs:
            capture.trouble = "returns no array"
        self.types = [node.type for node in outputs]
        self.tracked = [node.family is not None for node in outputs]
        if self.updated:
            self.tracked[-len(self.updated) :] = [False] * len(self.updated)
        steps, wanted = self._steps(outputs)
        key = ("block", tuple(steps), tuple(wanted))
        self.op = op_of(key, lambda: Op(Recorded(steps, wanted), "block"))
        self.alone = len(outputs) == 1 and self.structure == LEAF

    def _steps(self, outputs: Sequence[Node]) -> tuple[list[Step], list[int]]:
        places = [*self.inputs]
        places += [node for _, node in self.capture.parameters.values()]
        places += [node for _, node in self.capture.draws]
        number = {node: ~n for n, node in enumerate(places)}
        cuts = records(self.family)
        steps: list[Step] = []
        stack = list(reversed(outputs))
        while stack:
            node = stack[-1]
            if node in number:
                stack.pop()
                continue
            if node in self.outside:
                evaluate(node)
            if node.value is not None or node.op is PLACEHOLDER:
                self._constant(node)
                number[node] = ~(len(places) + len(self.constants) - 1)
                continue
            missing = [arg for arg in node.args if arg not in number]
            stack += missing
            if not missing:
                if node.mark is not None or node.hooks or node.rule is not None:
                    self.capture.trouble = "marks an array, adds a hook or calls a Function"
                number[node] = len(steps)
                op = node.op
                assert op is not None
                if cuts and node.family is None and any(arg.family for arg in node.args):
                    op = _cut(op, node.type)
                steps.append((op, *[number[arg] for arg in node.args]))
        return steps, [number[node] for node in outputs]

    def _constant(self, node: Node) -> None:
        if node.family is not None or node.op is PLACEHOLDER:
            text = "uses an array that is differentiated by, and is no input and no parameter"
            self.capture.trouble = text
        self.constants.append(node)

    def same(self, other: Captured) -> bool:
        """Whether another run has done the same."""
        return (
            self.op is other.op
            and self.parameters == other.parameters
            and self.updated == other.updated
            and len(self.draws) == len(other.draws)
            and self.structure == other.structure
            and [static_key(item) for item in self.items]
            == [static_key(item) for item in other.items]
            and all(map(_equal, self.constants, other.constants))
        )

    def __call__(self, inputs: list[Node], family: Family | None) -> Any:
        if self.draws:
            inputs += [known(draw()) for draw in self.draws]
        inputs += self.constants
        if self.alone:
            node = Node(self.op, inputs, self.types[0])
            if self.tracked[0]:
                node.family = family
            array = Array(node)
            pending.arrays.append(weakref.ref(array))
            return array
        whole = Node(self.op, inputs, VOID)
        whole.family = family
        if len(self.types) == 1:
            whole.type = self.types[0]
            nodes = [whole]
        else:
            nodes = [leaf_of(whole, n, type) for n, type in enumerate(self.types)]
        for node, tracked in zip(nodes, self.tracked, strict=True):
            if not tracked:
                node.family = None
        leaves = list(self.items)
        for n, node in zip(self.holes, nodes, strict=False):
            leaves[n] = wrap(node)
        for parameter, node in zip(self.updated, nodes[len(self.holes) :], strict=True):
            assign(parameter.array, node)
        return rebuild(self.structure, leaves)


def _cut(op: Op, type: Type) -> Op:
    if type is not VOID and not type.differentiable:
        return op
    return op_of(("cut", op), lambda: Op(Cut(op.fun), op.label))


def _equal(x: Node, y: Node) -> bool:
    return x.type is y.type and np.asarray(x.value).tobytes() == np.asarray(y.value).tobytes()


# --- calls ----------------------------------------------------------------------------------


def call(block: Block, args: tuple) -> Any:
    """What the block returns, by what was captured if that can be."""
    now = state.__dict__
    inputs: list[Node] = []
    parts: list[Hashable] = [now["training"], now["recording"], now["enabled"]]
    for item in args:
        if type(item) is Array:
            node = item.node
            inputs.append(node)
            parts.append(node.type)
        elif item is None:
            parts.append(item)
        else:
            parts, inputs = _taken_apart(args)
            break
    key = tuple(parts)
    found: Captured | None = block._captured.get(key, _UNKNOWN)
    if found is None:
        return block.forward(*args)
    if found.epoch == _Epoch.number:
        nodes = inputs + [array._node for array in found.arrays]
        family = family_of(nodes)
        if family is None or family is found.family:
            return found(nodes, family)
    return _first(block, args, key, inputs)


def _taken_apart(args: tuple) -> tuple[list[Hashable], list[Node]]:
    """The key of a call, and the Nodes of the arrays in its arguments."""
    leaves, structure = flatten(args)
    nodes: list[Node] = []
    parts: list[Hashable] = [state.training, state.recording, state.enabled, structure]
    for leaf in leaves:
        node = node_of(leaf, False)
        if node is None:
            parts.append(static_key(leaf))
        else:
            nodes.append(node)
            parts.append(node.type)
    return parts, nodes


class _Never:
    epoch = -1


_UNKNOWN: Any = _Never()


def _first(block: Block, args: tuple, key: Hashable, inputs: list[Node]) -> Any:
    captures = block.__dict__.setdefault("_captured", {})
    found = _capture(block, args, inputs)
    if isinstance(found, str):
        captures[key] = None
        warnings.warn(
            f"{type(block).__name__} is not called as one operation: its forward {found}",
            stacklevel=4,
        )
        return block.forward(*args)
    captures[key] = found
    watched.update(dict.fromkeys(found.constants, changed))
    nodes = inputs + [array.node for array in found.arrays]
    return found(nodes, family_of(nodes))


def _capture(block: Block, args: tuple, inputs: Sequence[Node]) -> Captured | str:
    """What was captured, or why nothing can be."""
    marked = [node.family for node in inputs if node.family is not None]
    family = marked[0] if marked else Family.ATTACHED
    block.watch()
    first = _run(block, args, inputs, family)
    if first.capture.trouble:
        return first.capture.trouble
    second = _run(block, args, inputs, family)
    if second.capture.trouble:
        return second.capture.trouble
    if not first.same(second):
        return "does not do the same each time"
    return second


def _run(block: Block, args: tuple, inputs: Sequence[Node], family: Family) -> Captured:
    capture = Capture(family)
    nodes = [capture.placeholder(node.type) for node in inputs]
    leaves, structure = flatten(args)
    given = iter([Array(node) for node in nodes])
    wanted = [next(given) if isinstance(leaf, Array | np.ndarray) else leaf for leaf in leaves]
    waiting, gradients = pending.arrays, pending.gradients
    outside = {array.node for array in (ref() for ref in waiting) if array is not None}
    pending.arrays, pending.gradients = [], False
    state.capture = capture
    found = Captured(capture, nodes, outside)
    try:
        result = [block.forward(*rebuild(structure, wanted))]
    except Exception as problem:
        if isinstance(problem, AdjitNotImplementedError):
            capture.trouble = capture.trouble or f"cannot be recorded: {problem}"
        if not capture.trouble:
            raise
        capture.undo()
        return found
    finally:
        state.capture = None
        pending.arrays, pending.gradients = waiting, gradients
    found.epoch = _Epoch.number
    if not capture.trouble:
        found.finish(result)
    return found
