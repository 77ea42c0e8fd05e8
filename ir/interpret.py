"""The reference interpreter: the meaning of a Graph, in NumPy, one op at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import IRError
from .graph import Graph, Value


def evaluate(value: Value, args: Sequence[Any]) -> Any:
    """One op applied to arrays, with the dtype that its type rule promises."""
    y = np.asarray(value.op.reference(*args, **dict(value.attrs)))
    return y if y.dtype == value.dtype else y.astype(value.dtype)


def interpret(graph: Graph, args: Sequence[Any]) -> list[Any]:
    """The outputs of ``graph`` for arrays ``args``; a guard that fails is an IRError."""
    env: dict[Value, Any] = dict(zip(graph.inputs, args, strict=True))
    for value in graph.values:
        env[value] = evaluate(value, [env[arg] for arg in value.args])
    for guard in graph.guards:
        if not guard.holds(env[guard.value]):
            raise IRError(f"guard at {guard.where}: {guard.expected} was {env[guard.value]}")
    return [env[value] for value in graph.outputs]
