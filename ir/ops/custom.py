"""Values with derivative rules of the user's.

Both ops are their first argument, ``y``, and say what its derivative is: a nested Graph.

``custom_vjp(y, used..., x...; count) {used..., g -> one cotangent for each x}``
``custom_jvp(y, used..., x...; count) {used..., t... -> tangent}``, which is linear in the ``t``

``count`` is the number of ``x``. The derivative through ``y`` and ``used`` is none: they are what
the rule works with, and differentiated when the rule is, at the next order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError, NoDerivative
from ..graph import Graph, Value, inline
from ..op import general
from ..types import ArrayType
from .structure import zeros


def _parts(y: Value) -> tuple[tuple[Value, ...], tuple[Value, ...], Graph]:
    """What the rule works with, what it differentiates by, and the rule."""
    count = len(y.args) - y.attr("count")
    return y.args[1:count], y.args[count:], y.regions[0]


def _same(y: Any, *args: Any, **attrs: Any) -> np.ndarray:
    return np.asarray(y)


def _nowhere(y: Value, mask: Value) -> tuple[Value | None, ...]:
    return (None,) * len(y.args)  # the rule may bring every element to every other


def _check(given: Sequence[ArrayType], wanted: Sequence[ArrayType], what: str) -> None:
    if list(given) != list(wanted):
        raise IRError(f"the rule {what} {list(map(str, given))}, not {list(map(str, wanted))}")


def _vjp_type(y: ArrayType, *types: ArrayType, count: int, regions: tuple[Graph, ...]) -> ArrayType:
    (rule,) = regions
    used, xs = types[: len(types) - count], types[len(types) - count :]
    _check([v.type for v in rule.inputs], [*used, y], "takes")
    _check([v.type for v in rule.outputs], xs, "returns")
    return y


def _vjp_of_vjp(y: Value, g: Value) -> tuple[Value | None, ...]:
    used, xs, rule = _parts(y)
    none = (None,) * (len(y.args) - len(xs))
    return (*none, *inline(rule, [*used, g]))


def _jvp_of_vjp(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    _, xs, _ = _parts(y)
    if all(t is None for t in tangents[len(tangents) - len(xs) :]):
        return None
    raise NoDerivative("a function with a custom_vjp rule has no tangent: use custom_jvp")


CUSTOM_VJP = general("custom_vjp", _same, _vjp_type, _vjp_of_vjp, _jvp_of_vjp, _nowhere)


def _jvp_type(y: ArrayType, *types: ArrayType, count: int, regions: tuple[Graph, ...]) -> ArrayType:
    (rule,) = regions
    _check([v.type for v in rule.inputs], types, "takes")
    _check([v.type for v in rule.outputs], [y], "returns")
    return y


def _vjp_of_jvp(y: Value, g: Value) -> tuple[Value | None, ...]:
    from ..passes.adjoint import adjoint

    used, xs, rule = _parts(y)
    transposed = adjoint(rule, range(len(used), len(rule.inputs)), [0])
    still = [zeros(x.type) for x in xs]
    none = (None,) * (1 + len(used))
    return (*none, *inline(transposed, [*used, *still, g])[1:])


def _jvp_of_jvp(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    used, xs, rule = _parts(y)
    moving = tangents[1 + len(used) :]
    if all(t is None for t in moving):
        return None
    known = [zeros(x.type) if t is None else t for x, t in zip(xs, moving, strict=True)]
    return inline(rule, [*used, *known])[0]


CUSTOM_JVP = general("custom_jvp", _same, _jvp_type, _vjp_of_jvp, _jvp_of_jvp, _nowhere)
