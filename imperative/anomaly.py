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
    """The reverse pass one operation at a time; a NaN in a value or a gradient is an error."""
    reverse.run(heads, seeds, every=True)
    for node in reverse.visited:
        if _has_nan(node) and not any(_has_nan(arg) for arg in node.args):
            raise error("autograd_nan", what="value", label=node.op, line=node.where or "?")
    for node in reversed(reverse.visited):
        if node in reverse.found and _has_nan(reverse.found[node]):
            continue
        args = node.args if node.rule is None else node.rule.inputs
        for arg in args:
            if arg in reverse.found and _has_nan(reverse.found[arg]):
                raise error("autograd_nan", what="gradient", label=node.op, line=node.where or "?")


def _has_nan(node: Node) -> bool:
    if node.type.dtype.kind not in "fc":
        return False
    value: Any = evaluate(node)
    return bool(np.isnan(value).any())
