"""Which elements of a Value are surely zero, whatever the inputs are: for `sparsity`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Value
from ..ops.structure import region

MOVES = frozenset({"broadcast", "reshape", "transpose", "slice", "update"})
"""Ops that move elements: their references do the same to numbers of sets."""

_ODD = frozenset({"neg", "cast", "stop_gradient", "abs"})
"""Ops of one argument that are zero where it is."""


def zeros_of(
    value: Value,
    known: Sequence[np.ndarray | None],
    c: Any,
    shapes: Sequence[Any],
    attrs: Mapping[str, Any],
) -> np.ndarray | None:
    """The elements that are surely zero, as far as those of the arguments tell; None: none.

    ``c``: the number of the first argument, if that is known.
    """
    if not any(zero is not None and zero.any() for zero in known):
        return None
    name = value.op.name
    zeros = [
        spread(False if zero is None else zero, shape)
        for zero, shape in zip(known, shapes, strict=True)
    ]
    found: Any = False
    if name == "mul":
        found = zeros[0] | zeros[1]
    elif name in ("add", "sub"):
        found = zeros[0] & zeros[1]
    elif name in _ODD:
        found = zeros[0]
    elif name == "where":
        found = zeros[1] & zeros[2] if c is None else np.where(c, zeros[1], zeros[2])
    elif name in MOVES:
        found = value.op.reference(*zeros, **attrs)
    elif name == "accumulate":
        found = np.array(zeros[0])
        found[region(attrs["start"], attrs["step"], zeros[1].shape)] &= zeros[1]
    elif name == "sum":
        found = zeros[0].all(axis=attrs["axes"])
    return found if np.any(found) else None


def spread(items: Any, shape: tuple) -> np.ndarray:
    found = np.asarray(items)
    return found if found.shape == shape else np.broadcast_to(found, shape)
