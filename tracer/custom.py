"""``custom_vjp`` and ``custom_jvp``: functions whose derivatives are given by their authors.

The rule is recorded beside the value and linked to it by an op (`ir.ops.custom`), which the
passes that take derivatives inline.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import prod
from types import MethodType
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Graph, Value
from ..ir.op import INPUT
from ..ir.ops.custom import CUSTOM_JVP, CUSTOM_VJP
from ..ir.types import ArrayType
from .api import stop_gradient
from .array import Array, wrap
from .closing import closed, outside
from .containers import flatten, rebuild
from .current import current_trace, recorder
from .errors import error, unsupported
from .hooks import recordable
from .join import join
from .lift import lift
from .matching import matching
from .nest import Inner, dependents, differentiable_leaves, keep_guards, nested_arguments
from .rules import Rule, Rules
from .signature import Arguments, Signature
from .trace import Trace
from .transforms import Compiled


class _Custom:
    """What both kinds share: the function, and its rule once that is given."""

    __adjit_transform__ = True
    by_argument: Rules | None = None

    def __init__(self, fun: Rule) -> None:
        if not callable(fun):
            raise error("not_callable", type=type(fun).__name__)
        self.fun = fun
        self.signature = Signature(fun)
        functools.update_wrapper(self, fun, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        if trace is None:
            elsewhere = recorder(flatten((args, kwargs))[0])
            return self.fun(*args, **kwargs) if elsewhere is None else elsewhere(self, args, kwargs)
        arguments = nested_arguments(self.signature, args, kwargs)
        for parameter in self.by_argument.missing if self.by_argument else ():
            leaves = [arguments.leaves[n].item for n in arguments.leaves_of(parameter)]
            if any(_is_float(x) and trace.carries_derivative(x.value) for x in leaves):
                raise error("no_rule_for", name=self.name, argument=parameter)
        return self._record(trace, arguments)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

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

    def _derivative(self, item: Any, like: ArrayType, what: str, of: str) -> Value:
        """A cotangent or tangent that a rule has returned; None is zero, other precisions are
        cast."""
        if item is None:
            return ops.zeros(like)
        if not isinstance(item, Array | np.ndarray | np.generic | int | float | complex):
            raise self._wrong(f"an array as the {what} of {of}, not a {type(item).__name__}")
        dtype = np.asarray(item).dtype if not isinstance(item, Array) else item.dtype
        if dtype.kind not in "fiub":
            raise self._wrong(f"a real {what} of {of}, not one of dtype {dtype}")
        value = lift(item, like.dtype)
        if value.shape != like.shape:
            names = {"name": self.name, "what": what, "of": of}
            raise error("rule_shape", **names, got=value.shape, wanted=like.shape)
        return value


class custom_vjp(_Custom):  # noqa: N801
    """A function with a reverse derivative of its author's; a decorator.

    ``defvjp(forward, backward)``: ``forward(*args)`` returns ``(y, residuals)``, of which ``y``
    is the result and the residuals whatever the rule needs; ``backward(residuals, g)``
    takes the cotangent of ``y``, which has its structure, and returns a tuple with a cotangent
    for each argument, or None for zero. ``defvjps(*rules)`` takes a function ``(g, y, *args)``
    for each argument, or None where the derivative is zero; with ``argnums`` (positions or names)
    for these only. A derivative by an argument without a rule is an error.

    Keyword-only arguments come last; rules get by keyword what the function gets so. What a rule
    returns has the shape of its argument; other floating-point precisions are cast.

    The rule is recorded and compiled along, and differentiated at higher orders, in reverse mode;
    a ``jvp`` of such a function is an error. The rule gets what it needs by arguments: a recorded
    value that it takes from an enclosing function is an error. When nothing is recorded the
    function is called as it is.
    """

    forward: Rule | None = None
    backward: Rule | None = None

    def defvjp(self, forward: Rule, backward: Rule) -> None:
        for rule in (forward, backward):
            if not callable(rule):
                raise error("not_callable", type=type(rule).__name__)
        self.forward, self.backward, self.by_argument = forward, backward, None

    def defvjps(self, *rules: Rule | None, argnums: Sequence[int | str] | None = None) -> None:
        found = Rules(self.signature, rules, argnums)
        forward = functools.partial(_forward_of, self.fun)
        self.defvjp(forward, functools.partial(_backward_of, self.signature, found))
        self.by_argument = found

    def _record(self, trace: Trace, arguments: Arguments) -> Any:
        if self.forward is None or self.backward is None:
            raise error("no_rule", name=self.name, kind="custom_vjp", method="defvjp")
        wrt = differentiable_leaves(arguments)
        inner = Inner(Compiled(self.forward, 0, "value"), arguments, wrt)
        self._check_real(inner)
        _check_captured(trace, outside(inner.graph), self.name)
        returned = inner.present(inner.splice(inner.graph, inner.outer))
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise self._wrong("(y, residuals) from forward")
        leaves, structure = flatten(returned[0])
        if not any(map(_is_float, leaves)):
            return returned[0]
        y = _packed(leaves)
        kept, kept_structure = flatten(returned[1])
        used = [leaf.value for leaf in kept if isinstance(leaf, Array)]
        first_guard = len(trace.guards)
        with trace.nested() as block:
            given = [
                trace.stand_in(f"r{n}", x.value, x.weak, x.scalar) if isinstance(x, Array) else x
                for n, x in enumerate(kept)
            ]
            g = block.input("g", y.type)
            cotangent = rebuild(structure, _unpacked(g, leaves))
            found = self._cotangents(rebuild(kept_structure, given), cotangent, arguments)
            outputs = [
                self._derivative(found[n], x.type, "cotangent", arguments.leaves[n].name)
                for n, x in zip(wrt, inner.outer, strict=True)
            ]
            rule = block.graph(outputs)
        keep_guards(trace, first_guard, rule, dict(zip(rule.inputs, used, strict=False)))
        captured = outside(rule)
        _check_captured(trace, captured, self.name)
        rule = closed(rule, captured, len(used))
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
        what = f"a cotangent by the rule of {self.name}"
        for item, structure, name in zip(
            returned, arguments.structures, arguments.parameters, strict=True
        ):
            found += matching(item, structure, what, f"argument {name}")
        return found


class custom_jvp(_Custom):  # noqa: N801
    """A function with a forward derivative of its author's; a decorator.

    ``defjvp(rule)``: ``rule(primals, tangents)`` takes two tuples with one entry for each
    argument and returns ``(y, tangent)``, which must be linear in the tangents. ``defjvps(*rules)``
    takes a function ``(t, y, *args)`` for each argument, or None where the derivative is zero,
    with ``argnums`` as for :class:`custom_vjp`; their results are added. The tangent of what has
    no derivative (an integer) is None.

    In reverse mode the rule is transposed. It is recorded and compiled along, and differentiated
    at higher orders; what it needs it gets by arguments, as with :class:`custom_vjp`. When nothing
    is recorded the function is called as it is.
    """

    rule: Rule | None = None

    def defjvp(self, rule: Rule) -> None:
        if not callable(rule):
            raise error("not_callable", type=type(rule).__name__)
        self.rule, self.by_argument = rule, None

    def defjvps(self, *rules: Rule | None, argnums: Sequence[int | str] | None = None) -> None:
        self.by_argument = Rules(self.signature, rules, argnums)

    def _record(self, trace: Trace, arguments: Arguments) -> Any:
        if self.rule is None and self.by_argument is None:
            raise error("no_rule", name=self.name, kind="custom_jvp", method="defjvp")
        wrt = differentiable_leaves(arguments)
        pushed = functools.partial(_pushed, self, wrt)
        inner = Inner(Compiled(pushed, 0, "value"), arguments, wrt)
        graph = inner.graph
        self._check_real(inner)
        _check_captured(trace, outside(graph), self.name)
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
        captured = outside(rule)
        used = [new.get(value, value) for value in captured]
        args = (_packed(leaves), *used, *inner.outer)
        linked = trace.block.add(
            CUSTOM_JVP, args, (("count", len(wrt)),), (closed(rule, captured, 0),)
        )
        return rebuild(structure, _unpacked(linked, leaves))


def _pushed(custom: custom_jvp, wrt: Sequence[int], /, *args: Any, **kwargs: Any) -> Any:
    """The value, and the tangent of its floating-point leaves as one array."""
    trace = current_trace()
    assert trace is not None
    primals = (*args, *kwargs.values())
    leaves, structure = flatten(primals)
    moves: list[Any] = [None] * len(leaves)
    for n in wrt:
        x = leaves[n]
        moves[n] = wrap(trace.block.input(f"t{n}", x.value.type), x.weak, scalar=x.scalar)
    tangents = rebuild(structure, moves)
    if custom.by_argument is not None:
        returned = _sum_of(custom, custom.by_argument, tangents, args, kwargs)
    else:
        assert custom.rule is not None
        returned = _recorded(custom.rule)(primals, tangents)
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise custom._wrong("(y, tangent)")
    y, tangent = returned
    results, result_structure = flatten(y)
    what = f"a tangent by the rule of {custom.name}"
    found = matching(tangent, result_structure, what, "the result")
    parts: list[Any] = []
    for x, t in zip(results, found, strict=True):
        if not _is_float(x):
            continue
        value = custom._derivative(t, x.value.type, "tangent", "the result")
        parts.append(wrap(value, scalar=False))
    return y, wrap(_packed(parts), scalar=False) if parts else 0.0


# --- rules by argument ------------------------------------------------------------------------


def _recorded(fun: Rule) -> Rule:
    return recordable(fun) or fun


def _forward_of(fun: Rule, /, *args: Any, **kwargs: Any) -> Any:
    y = _recorded(fun)(*args, **kwargs)
    return y, (y, args, kwargs)


def _backward_of(signature: Signature, rules: Rules, residuals: Any, g: Any) -> tuple:
    y, args, kwargs = residuals
    parameters = signature.bind(args, kwargs)[0]
    return tuple(
        None if rule is None else _recorded(rule)(g, y, *args, **kwargs)
        for rule in rules.of(parameters)
    )


def _sum_of(
    custom: custom_jvp, rules: Rules, tangents: Sequence[Any], args: tuple, kwargs: dict
) -> Any:
    y = _recorded(custom.fun)(*args, **kwargs)
    parameters = custom.signature.bind(args, kwargs)[0]
    parts = [
        _recorded(rule)(t, y, *args, **kwargs)
        for t, rule in zip(tangents, rules.of(parameters), strict=True)
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
