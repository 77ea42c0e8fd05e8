"""``custom_vjp`` and ``custom_jvp``: functions whose derivatives are given by their authors.

The rule is recorded beside the value and linked to it by an op (`ir.ops.custom`), which the
passes that take derivatives inline.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Block, Graph, Value, copy_values
from ..ir.op import INPUT
from ..ir.ops.custom import CUSTOM_JVP, CUSTOM_VJP
from ..ir.types import ArrayType
from .api import stop_gradient
from .array import Array, wrap
from .containers import flatten, rebuild
from .current import current_trace
from .errors import error, unsupported
from .hooks import recordable
from .join import join
from .lift import lift
from .matching import matching
from .nest import Inner, dependents, differentiable_leaves, nested_arguments
from .signature import Arguments, Signature
from .trace import Trace
from .transforms import Compiled

Rule = Callable[..., Any]


class _Custom:
    """What both kinds share: the function, and its rule once that is given."""

    __adjit_transform__ = True

    def __init__(self, fun: Rule) -> None:
        if not callable(fun):
            raise error("not_callable", type=type(fun).__name__)
        self.fun = fun
        self.signature = inspect.signature(fun)
        self.leaves = Signature(fun)
        functools.update_wrapper(self, fun, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        if trace is None:
            return self.fun(*args, **kwargs)
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = nested_arguments(self.leaves, bound.args, {})
        return self._record(trace, arguments)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    @property
    def name(self) -> str:
        return str(getattr(self.fun, "__qualname__", self.fun))

    def _record(self, trace: Trace, arguments: Arguments) -> Any:
        raise NotImplementedError

    def _check_real(self, inner: Inner) -> None:
        if any(value.type.is_complex for value in (*inner.graph.inputs, *inner.graph.outputs)):
            hint = "give rules of real and imaginary parts"
            raise unsupported(f"{self.name}: a derivative rule of complex numbers", hint=hint)

    def _wrong(self, wanted: str) -> Exception:
        return error("rule_result", name=self.name, wanted=wanted)


class custom_vjp(_Custom):  # noqa: N801
    """A function with a reverse derivative of its author's; a decorator.

    ``defvjp(forward, backward)``: ``forward(*args)`` returns ``(y, residuals)``, of which ``y``
    is the result and the residuals whatever the rule needs; ``backward(residuals, g)``
    takes the cotangent of ``y``, which has its structure, and returns a tuple with a cotangent
    for each argument, or None for zero. ``defvjps(*rules)`` takes a function ``(g, y, *args)``
    for each argument, or None where the derivative is zero.

    The rule is recorded and compiled along, and differentiated at higher orders, in reverse mode;
    a ``jvp`` of such a function is an error. The rule gets what it needs by arguments: a recorded
    value that it takes from an enclosing function is an error. When nothing is recorded the
    function is called as it is.
    """

    forward: Rule | None = None
    backward: Rule | None = None

    def defvjp(self, forward: Rule, backward: Rule) -> None:
        self.forward, self.backward = forward, backward

    def defvjps(self, *rules: Rule | None) -> None:
        self.defvjp(
            functools.partial(_forward_of, self.fun), functools.partial(_backward_of, rules)
        )

    def _record(self, trace: Trace, arguments: Arguments) -> Any:
        if self.forward is None or self.backward is None:
            raise error("no_rule", name=self.name, kind="custom_vjp", method="defvjp")
        wrt = differentiable_leaves(arguments)
        inner = Inner(Compiled(self.forward, 0, "value"), arguments, wrt)
        self._check_real(inner)
        _check_captured(trace, _outside(inner.graph), self.name)
        returned = inner.present(inner.splice(inner.graph, inner.outer))
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise self._wrong("(y, residuals) from forward")
        leaves, structure = flatten(returned[0])
        if not any(map(_is_float, leaves)):
            return returned[0]
        y = _packed(leaves)
        kept, kept_structure = flatten(returned[1])
        used = [leaf.value for leaf in kept if isinstance(leaf, Array)]
        with trace.nested() as block:
            given = [
                trace.stand_in(f"r{n}", x.value, x.weak, x.scalar) if isinstance(x, Array) else x
                for n, x in enumerate(kept)
            ]
            g = block.input("g", y.type)
            cotangent = rebuild(structure, _unpacked(g, leaves))
            found = self._cotangents(rebuild(kept_structure, given), cotangent, arguments)
            outputs = [
                self._cotangent(found[n], x.type) for n, x in zip(wrt, inner.outer, strict=True)
            ]
            rule = block.graph(outputs)
        captured = _outside(rule)
        _check_captured(trace, captured, self.name)
        rule = _closed(rule, captured, len(used))
        args = (y, *used, *captured, *inner.outer)
        linked = trace.block.add(CUSTOM_VJP, args, (("count", len(wrt)),), (rule,))
        return rebuild(structure, _unpacked(linked, leaves))

    def _cotangents(self, residuals: Any, g: Any, arguments: Arguments) -> list[Any]:
        """What the rule returns, by leaf of the arguments."""
        assert self.backward is not None
        returned = _recorded(self.backward)(residuals, g)
        count = len(arguments.structures)
        if not isinstance(returned, tuple | list) or len(returned) != count:
            raise self._wrong(
                f"a tuple of {count} cotangents, one for each argument, from backward"
            )
        found: list[Any] = []
        for item, structure in zip(returned, arguments.structures, strict=True):
            found += matching(item, structure, "a cotangent", "its argument")
        return found

    def _cotangent(self, item: Any, type: ArrayType) -> Value:
        if item is None:
            return ops.zeros(type)
        g = lift(item, type.dtype)
        if g.shape != type.shape:
            raise error("tangent_shape", what="cotangent", got=g.shape, wanted=type.shape)
        return g


class custom_jvp(_Custom):  # noqa: N801
    """A function with a forward derivative of its author's; a decorator.

    ``defjvp(rule)``: ``rule(primals, tangents)`` takes two tuples with one entry for each
    argument and returns ``(y, tangent)``, which must be linear in the tangents. ``defjvps(*rules)``
    takes a function ``(t, y, *args)`` for each argument, or None where the derivative is zero;
    their results are added. The tangent of what has no derivative (an integer) is None.

    In reverse mode the rule is transposed. It is recorded and compiled along, and differentiated
    at higher orders; what it needs it gets by arguments, as with :class:`custom_vjp`. When nothing
    is recorded the function is called as it is.
    """

    rule: Rule | None = None

    def defjvp(self, rule: Rule) -> None:
        self.rule = rule

    def defjvps(self, *rules: Rule | None) -> None:
        self.defjvp(functools.partial(_sum_of, self.fun, rules))

    def _record(self, trace: Trace, arguments: Arguments) -> Any:
        if self.rule is None:
            raise error("no_rule", name=self.name, kind="custom_jvp", method="defjvp")
        wrt = differentiable_leaves(arguments)
        pushed = functools.partial(_pushed, self, wrt)
        inner = Inner(Compiled(pushed, 0, "value"), arguments, wrt)
        graph = inner.graph
        self._check_real(inner)
        _check_captured(trace, _outside(graph), self.name)
        seeds = graph.inputs[len(wrt) :]
        moving = dependents(graph, seeds)
        *results, t = graph.outputs
        if any(value in moving for value in results):
            raise self._wrong("a value that does not depend on the tangents")
        still = [value for value in graph.values if value not in moving]
        new = inner.spliced(still, dict(zip(graph.inputs, inner.outer, strict=False)))
        outputs = [new.get(value, value) for value in graph.outputs]
        returned, _ = inner.present(outputs)
        leaves, structure = flatten(returned)
        if t not in moving:  # the rule says that it is zero
            return stop_gradient(returned)
        order = tuple(value for value in graph.values if value in moving)
        rule = Graph(seeds, order, (t,))
        captured = _outside(rule)
        used = [new.get(value, value) for value in captured]
        args = (_packed(leaves), *used, *inner.outer)
        linked = trace.block.add(
            CUSTOM_JVP, args, (("count", len(wrt)),), (_closed(rule, captured, 0),)
        )
        return rebuild(structure, _unpacked(linked, leaves))


def _pushed(custom: custom_jvp, wrt: Sequence[int], *args: Any) -> Any:
    """The value, and the tangent of its floating-point leaves as one array."""
    trace = current_trace()
    assert trace is not None
    assert custom.rule is not None
    leaves, structure = flatten(args)
    moves: list[Any] = [None] * len(leaves)
    for n in wrt:
        x = leaves[n]
        moves[n] = wrap(trace.block.input(f"t{n}", x.value.type), x.weak, scalar=x.scalar)
    returned = _recorded(custom.rule)(args, rebuild(structure, moves))
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise custom._wrong("(y, tangent)")
    y, tangent = returned
    results, result_structure = flatten(y)
    found = matching(tangent, result_structure, "a tangent", "the result")
    parts: list[Any] = []
    for x, t in zip(results, found, strict=True):
        if not _is_float(x):
            continue
        value = ops.zeros(x.value.type) if t is None else lift(t, x.dtype)
        if value.shape != x.shape:
            raise error("tangent_shape", what="tangent", got=value.shape, wanted=x.shape)
        parts.append(wrap(value, scalar=False))
    return y, wrap(_packed(parts), scalar=False) if parts else 0.0


# --- rules by argument ------------------------------------------------------------------------


def _recorded(fun: Rule) -> Rule:
    return recordable(fun) or fun


def _forward_of(fun: Rule, *args: Any) -> Any:
    y = _recorded(fun)(*args)
    return y, (y, args)


def _backward_of(rules: Sequence[Rule | None], residuals: Any, g: Any) -> tuple:
    y, args = residuals
    if len(rules) != len(args):
        raise error("rule_count", rules=len(rules), arguments=len(args))
    return tuple(None if rule is None else _recorded(rule)(g, y, *args) for rule in rules)


def _sum_of(fun: Rule, rules: Sequence[Rule | None], primals: tuple, tangents: tuple) -> Any:
    if len(rules) != len(primals):
        raise error("rule_count", rules=len(rules), arguments=len(primals))
    y = _recorded(fun)(*primals)
    parts = [
        _recorded(rule)(t, y, *primals)
        for t, rule in zip(tangents, rules, strict=True)
        if t is not None and rule is not None
    ]
    return y, functools.reduce(lambda one, other: one + other, parts) if parts else None


# --- results as one Value ---------------------------------------------------------------------


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, Array) and leaf.dtype.kind == "f"


def _packed(leaves: Sequence[Any]) -> Value:
    """The floating-point leaves as one Value."""
    values = [leaf.value for leaf in leaves if _is_float(leaf)]
    if len(values) == 1:
        return values[0]
    dtype = np.result_type(*[value.dtype for value in values])
    flat = [ops.reshape(value, shape=(value.type.size,)) for value in values]
    return join([v if v.dtype == dtype else ops.cast(v, dtype=dtype) for v in flat], 0)


def _unpacked(packed: Value, leaves: Sequence[Any]) -> list[Any]:
    """The leaves with their parts of ``packed`` in the place of the floating-point ones."""
    floats = [leaf for leaf in leaves if _is_float(leaf)]
    found: list[Any] = []
    at = 0
    for leaf in leaves:
        if not _is_float(leaf):
            found.append(leaf)
            continue
        value = packed
        if len(floats) > 1:
            size = prod(leaf.shape)
            value = ops.slice_(packed, start=(at,), step=(1,), size=(size,))
            at += size
            value = ops.reshape(value, shape=leaf.shape)
            value = value if value.dtype == leaf.dtype else ops.cast(value, dtype=leaf.dtype)
        found.append(wrap(value, leaf.weak, scalar=leaf.scalar))
    return found


# --- what a rule takes from outside -----------------------------------------------------------


def _outside(graph: Graph) -> list[Value]:
    """The Values of enclosing blocks that a Graph uses, without constants."""
    own = {*graph.inputs, *graph.values}
    used = [arg for value in graph.values for arg in value.args]
    return list(dict.fromkeys(v for v in (*used, *graph.outputs) if v not in own))


def _closed(graph: Graph, captured: Sequence[Value], at: int) -> Graph:
    """The Graph with inputs for what it captures, behind its first ``at`` inputs."""
    block = Block(graph.inputs[:at])
    new = {value: block.input(f"c{n}", value.type) for n, value in enumerate(captured)}
    block.inputs += graph.inputs[at:]
    with block:
        copy_values(graph.values, new)
    return block.graph([new.get(value, value) for value in graph.outputs])


def _check_captured(trace: Trace, captured: Sequence[Value], name: str) -> None:
    """A derivative by what a rule does not get by an argument would be lost."""
    first = trace.blocks[0]
    fixed = set(first.inputs[len(first.inputs) - len(trace.captures) :])
    seen: set[Value] = set()
    pending = [value for value in captured if value.type.differentiable]
    while pending:
        value = pending.pop()
        if value in seen or value in fixed:
            continue
        seen.add(value)
        if value.op is INPUT:
            raise error("rule_captures", name=name)
        pending += value.args
