"""``detect_anomaly``: the line where a NaN was born."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tracer.errors import error
from .backward import Reverse
from .evaluate import evaluate
from .node import Node


def find(reverse: Reverse, heads: Sequence[Node], seeds: Sequence[Node]) -> None:
    """The reverse pass one operation at a time; a NaN in a value or a gradient is an error.

    The line is that of the operation whose result has a NaN where none of its arguments has one.
    """
    reverse.run(heads, seeds, every=True)
    for node in reverse.visited:
        if _has_nan(node) and not any(_has_nan(arg) for arg in _args(node)):
            raise error("autograd_nan", what="value", label=_label(node), line=node.where or "?")
    for node in reversed(reverse.visited):
        if node not in reverse.found or _has_nan(reverse.found[node]):
            continue
        if any(_has_nan(g) for g in _given(reverse, node)):
            raise error("autograd_nan", what="gradient", label=_label(node), line=node.where or "?")


def _given(reverse: Reverse, node: Node) -> list[Node]:
    """The gradients that one operation alone gives to its arguments."""
    if node.rule is not None:
        return [g for g in reverse.answers.get(node.rule, ()) if g is not None]
    if node.mark is not None:
        return []
    alone = Reverse(node.args, False)
    alone.stops = {arg for arg in node.args if arg.family is not None}
    alone.pull([node], [reverse.found[node]])
    return list(alone.found.values())


def _args(node: Node) -> Sequence[Node]:
    return node.args if node.rule is None else node.rule.inputs


def _label(node: Node) -> str:
    return repr(node.op) if node.rule is None else type(node.rule.function).__name__


def _has_nan(node: Node) -> bool:
    if node.type.dtype.kind not in "fc":
        return False
    value: Any = evaluate(node)
    return bool(np.isnan(value).any())
