"""``vjp`` and ``jvp``: products with the Jacobian, from the left and from the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import flatten, rebuild
from .current import current_trace
from .errors import error
from .matching import matching, per_argument
from .modes import differentiable_outputs
from .program import Outputs
from .recording import Identity, present
from .signature import Arguments, native
from .transforms import Compiled, kept


def compiled(fun: Callable[..., Any], mode: str) -> Compiled:
    """The Compiled of ``fun`` in ``mode``, kept with the function."""
    found: Compiled = kept(fun, mode, lambda: _compiled(fun, mode))
    return found


def _compiled(fun: Callable[..., Any], mode: str) -> Compiled:
    made = Compiled(fun, 0, mode)
    # A value and its pullback share their random numbers, so they must draw alike.
    made.dispatcher.active = differentiable
    return made


def differentiable(arguments: Arguments) -> list[int]:
    return [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]


class Pullback:
    """The second result of ``vjp``: cotangents in, one gradient per positional argument out."""

    def __init__(self, fun: Callable[..., Any], arguments: Arguments, outputs: Outputs) -> None:
        self.compiled = compiled(fun, "pullback")
        self.arguments = arguments
        self.outputs = outputs

    def __call__(self, cotangent: Any) -> tuple:
        """A tuple with a gradient for each argument; None for what has no derivative."""
        extra = _cotangents(self.outputs, cotangent)
        done = self.compiled.dispatcher.call(self.arguments, extra, noise=self.outputs.noise)
        rest = iter(done.derivatives)
        items = [
            _like(leaf.item, leaf.weak, next(rest)) if leaf.differentiable else None
            for leaf in self.arguments.leaves
        ]
        return per_argument(self.arguments, items)


def _like(item: Any, weak: type | None, derivative: np.ndarray) -> Any:
    return derivative if isinstance(item, np.ndarray) else present(derivative, weak)


def vjp(fun: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple]]:
    """``(value, pullback)`` of ``fun`` at ``args``.

    ``pullback(cotangent)`` takes a cotangent of the value's structure and shapes and returns a
    tuple with one gradient per positional argument (None where an argument is an integer or no
    number). It can be called again. Later writes into ``args`` do not change it.
    """
    if current_trace() is not None:
        both = compiled(fun, "pullback")
        from .nest import NestedPullback, nested_arguments

        nested = NestedPullback(both, nested_arguments(both.dispatcher.signature, args, {}))
        return nested.value, nested
    both = compiled(fun, "value")
    leaves, structure = flatten(args)
    kept = [x.copy() if isinstance(x, np.ndarray) else x for x in leaves]
    arguments = both.arguments(rebuild(structure, kept), {})
    outputs = both.dispatcher.call(arguments)
    return outputs.result.rebuild(outputs.results), Pullback(fun, arguments, outputs)


def jvp(fun: Callable[..., Any], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(value, tangent)``: the value of ``fun(*args)`` and its derivative along ``tangents``.

    ``tangents`` has one entry per argument, of the same structure and shapes; None is zero.
    An argument that is no float has no derivative: its tangent is None or zero, or an error.
    """
    for what, given in (("args", args), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            wanted = "a tuple with one entry for each argument"
            raise error("structure", got=f"a {type(given).__name__}", what=what, wanted=wanted)
    push = compiled(fun, "pushforward")
    signature = push.dispatcher.signature
    if current_trace() is not None:
        from .nest import differentiable_leaves, nested_arguments, nested_pushforward

        arguments = nested_arguments(signature, tuple(args), {})
        wrt = differentiable_leaves(arguments)
        flat = _flat_tangents(arguments, args, tangents, wrt)
        return nested_pushforward(push, arguments, flat)
    arguments = push.arguments(tuple(args), {})
    wrt = [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]
    flat = _flat_tangents(arguments, args, tangents, wrt)
    dynamic = [n for n, leaf in enumerate(arguments.leaves) if leaf.array is not None]
    extra = {}
    for number, n in enumerate(dynamic):
        leaf = arguments.leaves[n]
        assert leaf.array is not None
        if leaf.differentiable:
            extra["tangent", number] = _fitting(flat[n], leaf.array, "tangent")
    outputs = push.dispatcher.call(arguments, extra)
    return outputs.result.rebuild(outputs.results), _result_tangents(outputs)


def _flat_tangents(
    arguments: Arguments, args: Sequence[Any], tangents: Sequence[Any], wrt: Sequence[int]
) -> list[Any]:
    """A tangent for each leaf; those by which there is no derivative have none."""
    if len(tangents) != len(args):
        got, wanted = f"{len(tangents)} entries", f"one for each of {len(args)}"
        raise error("structure", got=got, what="tangents", wanted=f"{wanted} arguments")
    flat: list[Any] = []
    defaults = [None] * (len(arguments.parameters) - len(args))
    for tangent, structure, name in zip(
        [*tangents, *defaults], arguments.structures, arguments.parameters, strict=True
    ):
        flat += matching(tangent, structure, "a tangent", f"argument {name}")
    for n, (leaf, move) in enumerate(zip(arguments.leaves, flat, strict=True)):
        if n not in wrt and move is not None and _may_move(move):
            dtype = getattr(leaf.item, "dtype", type(leaf.item).__name__)
            raise error("integer_tangent", name=leaf.name, dtype=dtype)
    return flat


def _may_move(tangent: Any) -> bool:
    """Whether a tangent may be other than zero."""
    from .core import ArrayCore

    return isinstance(tangent, ArrayCore) or bool(np.any(tangent))


def _result_tangents(outputs: Outputs) -> Any:
    graph, result = outputs.path.recording.graph, outputs.result
    wanted = differentiable_outputs(graph)
    moved = dict(zip(wanted, outputs.derivatives, strict=True))
    leaves = [
        present(moved[slot], result.types[slot])
        if not isinstance(slot, Identity) and slot in moved
        else None
        for slot in result.leaves
    ]
    return rebuild(result.structure, leaves)


def _cotangents(outputs: Outputs, cotangent: Any) -> dict[tuple[str, int], np.ndarray]:
    """The cotangent inputs of a pullback; None is zero."""
    graph, result = outputs.path.recording.graph, outputs.result
    leaves = matching(cotangent, result.structure, "a cotangent", "the result")
    wanted = differentiable_outputs(graph)
    found = {}
    for slot, leaf in zip(result.leaves, leaves, strict=True):
        if not isinstance(slot, Identity) and slot in wanted:
            type = graph.outputs[slot].type
            found["cotangent", slot] = _fitting(leaf, np.empty(type.ints, type.dtype), "cotangent")
    return found


def _fitting(leaf: Any, like: np.ndarray, what: str) -> np.ndarray:
    if leaf is None:
        return np.zeros(like.shape, like.dtype)
    array = np.asarray(leaf)
    if array.shape != like.shape:
        raise error("tangent_shape", what=what, got=array.shape, wanted=like.shape)
    if array.dtype.kind not in "fciub":
        raise error("dtype", operation=what, dtype=array.dtype)
    if array.dtype.kind == "c" and like.dtype.kind != "c":
        raise error("complex_seed", what=what, dtype=like.dtype)
    return native(what, array.astype(like.dtype))
