"""Array, the proxy that a user's function runs on, and ``wrap``, which makes one of a Value."""

from __future__ import annotations

from typing import Literal

from ..ir.graph import Block, Value
from .convert import Conversions
from .core import Storage
from .current import current_trace
from .errors import error
from .layout import Layout, contiguous
from .methods import Methods
from .operators import Operators
from .trace import Trace


class Array(Operators, Methods, Conversions):
    """Looks like an ndarray (or a NumPy or Python scalar) and records what is done to it."""

    __slots__ = ()


def wrap(
    value: Value,
    weak: type | None = None,
    *,
    bound: int | None = None,
    scalar: bool | None = None,
    layout: Layout | Literal["C"] = "C",
) -> Array:
    """A fresh array of a Value, with storage of its own.

    Without ``layout`` it is C-contiguous, as new NumPy arrays are; None means unknown.
    A 0-d result is a scalar, as NumPy's are, unless ``scalar=False`` (``np.array(1.0)``,
    ``np.zeros(())``).
    """
    trace = current_trace()
    if trace is None:
        raise error("type", text="an array can be made only while a function is recorded")
    is_scalar = not value.shape if scalar is None else scalar
    return wrap_in(
        trace,
        trace.block,
        value,
        weak=weak,
        bound=1 if weak is bool else bound,
        scalar=is_scalar,
        layout=contiguous(value.shape) if layout == "C" else layout,
        assumed=layout == "C",
    )


def wrap_in(
    trace: Trace,
    block: Block,
    value: Value,
    *,
    weak: type | None,
    bound: int | None,
    scalar: bool,
    layout: Layout,
    assumed: bool,
) -> Array:
    """A fresh array that belongs to a block of a trace."""
    trace.check_length()
    storage = Storage(trace, block, value)
    return Array(storage, (), value.shape, layout, weak, bound, scalar, assumed)
