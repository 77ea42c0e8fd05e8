"""Transforms inside a recording: a function is recorded into a block of its own, its
derivative is taken there, and the result is spliced into the graph that is being recorded.

Values of the enclosing recording are constants of the inner function, as they should be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.graph import Graph, Value, copy_values
from ..ir.ops import cast, complex_, imag, real, zeros
from ..ir.passes.split import packed_pair, split, unpacked
from ..ir.passes.tangent import tangent
from ..ir.types import ArrayType
from .array import Array, wrap
from .containers import rebuild
from .current import current_trace
from .derivatives import gradient
from .errors import error
from .lift import lift
from .modes import SCALARS
from .record import run
from .recording import Identity, Result
from .signature import Arguments, Leaf, Signature
from .trace import Trace

if TYPE_CHECKING:
    from .transforms import Compiled, Gradient


def nested_arguments(signature: Signature, args: tuple, kwargs: dict) -> Arguments:
    """Arguments whose leaves are proxies or plain objects."""
    return signature.arguments(
        args, kwargs, lambda name, item: Leaf(name, item, None, getattr(item, "weak", None), ())
    )


def nested_value(compiled: Compiled, args: tuple, kwargs: dict) -> Any:
    """A compiled function called by a recorded one: recorded along."""
    from .hooks import recordable

    recorded = recordable(compiled.fun) or compiled.fun
    return recorded(*args, **kwargs)


class Inner:
    """An inner function recorded with fresh inputs for some of its leaves.

    ``graph`` is its recording, ``split`` the same on real numbers, of which derivatives are taken.
    """

    def __init__(
        self,
        compiled: Compiled,
        arguments: Arguments,
        wrt: Sequence[int],
        scalar: type | None = None,
    ) -> None:
        trace = current_trace()
        assert trace is not None
        self.trace: Trace = trace
        self.first_guard = len(trace.guards)
        self.outer = [lift(arguments.leaves[n].item) for n in wrt]
        with trace.nested() as block:
            proxies = [leaf.item for leaf in arguments.leaves]
            for n, value in zip(wrt, self.outer, strict=True):
                leaf = arguments.leaves[n]
                plain = isinstance(leaf.item, np.ndarray)
                is_scalar = not plain and getattr(leaf.item, "scalar", True)
                proxies[n] = trace.stand_in(f"inner{n}", value, leaf.weak, is_scalar)
            self.result: Result
            self.result, outputs = run(
                trace, compiled.fun, arguments, proxies, scalar, compiled.has_aux
            )
            self.graph: Graph = block.graph(outputs)
        self.split = split(self.graph)

    def splice(
        self, graph: Graph, inputs: Sequence[Value], derivatives: Sequence[Value] = ()
    ) -> list[Value]:
        """The outputs of ``graph`` in the enclosing block, with ``inputs`` for its inputs.

        ``graph`` is made of ``split``; behind the results it has derivatives of these types.
        """
        known = dict(zip(self.graph.inputs, self.outer, strict=True))
        known |= zip(graph.inputs, map(packed, inputs), strict=True)
        new = self.spliced((*self.graph.values, *self.split.values, *graph.values), known)
        types = [value.type for value in (*self.graph.outputs, *derivatives)]
        outputs = [new.get(value, value) for value in graph.outputs]
        return [as_type(y, type) for y, type in zip(outputs, types, strict=True)]

    def spliced(self, values: Sequence[Value], known: dict[Value, Value]) -> dict[Value, Value]:
        """What becomes of ``values`` in the enclosing block, where ``known`` are there."""
        new = dict(known)
        copy_values(values, new)
        self.trace.respell(self.first_guard, new)
        return new

    def keep_guards(self) -> None:
        known = dict(zip(self.graph.inputs, self.outer, strict=True))
        keep_guards(self.trace, self.first_guard, self.graph, known)

    def present(self, outputs: Sequence[Value]) -> Any:
        """The inner function's result, as proxies of the enclosing recording."""
        leaves = [
            leaf.item
            if isinstance(leaf, Identity)
            else proxy_of(outputs[leaf], self.result.types[leaf])
            for leaf in self.result.leaves
        ]
        return rebuild(self.result.structure, leaves)


def keep_guards(trace: Trace, first: int, graph: Graph, known: dict[Value, Value]) -> None:
    """Has the Values that decisions of an inner function depend on in the enclosing block.

    ``first``: the number of its first guard; ``known``: what its inputs stand for.
    """
    needed = {guard.value for guard in trace.guards[first:]}
    for value in reversed(graph.values):
        if value in needed:
            needed.update(value.args)
    new = dict(known)
    copy_values([value for value in graph.values if value in needed], new)
    trace.respell(first, new)


def packed(value: Value) -> Value:
    """A complex Value as a Graph that was split takes it."""
    return packed_pair((real(value), imag(value))) if value.type.is_complex else value


def as_type(value: Value, type: ArrayType) -> Value:
    """An output of a Graph that was split, which stands for one of this type."""
    return complex_(*unpacked(value)) if type.is_complex else value


def dependents(graph: Graph, inputs: Sequence[Value]) -> set[Value]:
    """The inputs and all Values that depend on them."""
    found = set(inputs)
    for value in graph.values:
        if any(arg in found for arg in value.args):
            found.add(value)
    return found


def proxy_of(value: Value, type: type | None) -> Array:
    """An output of an inner function as what the function returned."""
    if type is np.ndarray:
        return wrap(value, scalar=False)
    return wrap(value, type)


def nested_gradient(compiled: Gradient, args: tuple, kwargs: dict) -> Any:
    """``(value, gradient)`` recorded into the enclosing recording."""
    arguments = nested_arguments(compiled.dispatcher.signature, args, kwargs)
    wrt = wanted_leaves(compiled, arguments)
    inner = Inner(compiled, arguments, wrt, SCALARS[compiled.mode])
    graph = gradient(inner.graph, inner.split, range(len(wrt)))
    outputs = inner.splice(graph, inner.outer, inner.outer)
    count = len(inner.graph.outputs)
    found = {n: outputs[count + k] for k, n in enumerate(wrt)}
    items = {n: wrap(found[n], arguments.leaves[n].weak) for n in found}
    return inner.present(outputs), per_parameter(compiled, arguments, items)


def wanted_leaves(compiled: Compiled, arguments: Arguments) -> list[int]:
    """The leaves to differentiate by; integers and objects among them are errors."""
    found = []
    for parameter in compiled.parameters(arguments):
        for n in arguments.leaves_of(parameter):
            if arguments.leaves[n].item is not None:
                check_nested(arguments.leaves[n], compiled.mode)
                found.append(n)
    return found


def per_parameter(compiled: Compiled, arguments: Arguments, items: Mapping[int, Any]) -> Any:
    """What belongs to leaves, in the structure of the parameters; None for other leaves."""
    groups = []
    for parameter in compiled.parameters(arguments):
        structure = arguments.structures[arguments.parameters.index(parameter)]
        leaves = [items.get(n) for n in arguments.leaves_of(parameter)]
        groups.append(rebuild(structure, leaves))
    return groups[0] if isinstance(compiled.argnums, int | str) else tuple(groups)


def check_nested(leaf: Leaf, mode: str = "gradient") -> None:
    """An argument to differentiate by inside a recording: a float proxy, array or number."""
    item = leaf.item
    if not isinstance(item, Array | np.ndarray | np.generic | float | complex):
        if isinstance(item, int):
            raise error("integer_input", name=leaf.name, dtype="int64")
        raise error("not_array", operation=f"argument {leaf.name}", type=type(item).__name__)
    if not isinstance(item, float | complex) and item.dtype.kind not in "fc":
        raise error("integer_input", name=leaf.name, dtype=item.dtype)
    if (
        mode == "holomorphic"
        and np.asarray(0, getattr(item, "dtype", type(item))).dtype.kind != "c"
    ):
        raise error("holomorphic_input", name=leaf.name)


def differentiable_leaves(arguments: Arguments) -> list[int]:
    """The leaves of nested arguments that derivatives exist by."""
    return [
        n
        for n, leaf in enumerate(arguments.leaves)
        if isinstance(leaf.item, float | complex)
        or (isinstance(leaf.item, Array | np.ndarray | np.generic) and leaf.item.dtype.kind in "fc")
    ]


def nested_pushforward(
    compiled: Compiled, arguments: Arguments, tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """``(value, tangent)`` recorded into the enclosing recording; None tangents are zero."""
    wrt = differentiable_leaves(arguments)
    inner = Inner(compiled, arguments, wrt)
    graph = tangent(inner.split, range(len(wrt)))
    moves = [seed_of(tangents[n], x.type, "tangent") for n, x in zip(wrt, inner.outer, strict=True)]
    moving = [value for value in inner.graph.outputs if value.type.differentiable]
    outputs = inner.splice(graph, [*inner.outer, *moves], moving)
    rest = iter(outputs[len(inner.graph.outputs) :])
    moved = [
        proxy_of(next(rest), type) if value.type.differentiable else None
        for value, type in zip(inner.graph.outputs, inner.result.types, strict=True)
    ]
    leaves = [None if isinstance(n, Identity) else moved[n] for n in inner.result.leaves]
    return inner.present(outputs), rebuild(inner.result.structure, leaves)


def seed_of(leaf: Any, like: ArrayType, what: str) -> Value:
    """A tangent or cotangent of a type; None is zero."""
    if leaf is None:
        return zeros(like)
    seed = lift(leaf, None if isinstance(leaf, Array | np.ndarray) else like.dtype)
    if seed.shape != like.shape:
        raise error("tangent_shape", what=what, got=seed.shape, wanted=like.shape)
    if seed.type.is_complex and not like.is_complex:
        raise error("complex_seed", what=what, dtype=like.dtype)
    return seed if seed.dtype == like.dtype else cast(seed, dtype=like.dtype)
