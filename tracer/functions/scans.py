"""Scans and folds: ``cumsum``, and ``accumulate`` and ``reduce`` of any binary ufunc.

A scan is a loop that carries the result so far, so that value and derivatives take time
proportional to the elements, and nothing is divided by: a zero in a product is like any number.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import integer
from ...ir.types import BOOL, Affine, Dim, lower_bound
from ..array import Array, wrap
from ..counted import part_at, put_at, repeat
from ..current import current_trace
from ..errors import error, unsupported
from ..layout import Ints
from ..lift import lift
from ..promote import check_dtype
from ..regions import refuse
from ..special import rule_of, without_rule
from ..table import implements
from .common import (
    UNSET,
    as_array,
    as_value,
    broadcast_shapes,
    cast,
    cut,
    deliver,
    one_axis,
    reduced_axes,
    reshape,
    spread,
    transpose,
)
from .joins import concatenate
from .reductions import drop, kept_shape
from .shapes import ravel

Step = Callable[[Value, Value], Value]

# --- loops ----------------------------------------------------------------------------------


def scan(step: Step, x: Value, axis: int) -> Value:
    """``y[0] = x[0]; y[i] = step(y[i - 1], x[i])`` along an axis."""
    shape = x.shape
    if shape[axis] == 0 or 0 in shape:
        return ops.zeros(x.type)
    _check_some(shape[axis])
    if any(isinstance(dim, Affine) for dim in shape):
        return _scan_rows(step, x, axis)
    before, size, after = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    rows = reshape(x, (before, size, after))
    y = _scan_each(step, rows) if before > 1 and after == 1 else _scan_rows(step, rows, 1)
    return reshape(y, shape)


def fold(step: Step, x: Value, start: Value | None = None) -> Value:
    """The last of a scan along axis 0, which is dropped; ``start`` comes before it."""
    size, *rest = x.shape
    if start is None:
        _check_some(size)
        start = reshape(cut(x, 0, 0, 1), tuple(rest))
        x = cut(x, 0, 1, size - 1)
    start = spread(start, tuple(rest))

    def body(i: Dim, so_far: Value, rows: Value) -> list[Value]:
        return [spread(step(so_far, reshape(part_at(rows, 0, i), so_far.shape)), so_far.shape)]

    return start if 0 in rest else repeat(x.shape[0], [start], [x], body)[0]


def _check_some(size: Dim) -> None:
    least = lower_bound(size)
    if isinstance(size, Affine) and (least is None or least < 1):
        trace = current_trace()
        assert trace is not None
        refuse(trace, "a scan of what may be empty")


def _scan_rows(step: Step, x: Value, axis: int) -> Value:
    """One loop along the axis over all else at once."""
    size = x.shape[axis]
    first = cut(x, axis, 0, 1)
    alone = all(dim == 1 for dim in first.shape)

    def body(i: Dim, so_far: Value, y: Value, x: Value) -> list[Value]:
        item = reshape(part_at(x, axis, i + 1), so_far.shape)
        so_far = spread(step(so_far, item), so_far.shape)
        return [so_far, put_at(y, reshape(so_far, first.shape), axis, i + 1)]

    y = put_at(ops.zeros(x.type), first, axis, 0)
    state = [reshape(first, ()) if alone else first, y]
    return repeat(size - 1, state, [x], body)[1]


def _scan_each(step: Step, x: Value) -> Value:
    """Row after row, whose elements lie side by side."""

    def body(i: Dim, y: Value, x: Value) -> list[Value]:
        return [put_at(y, _scan_rows(step, part_at(x, 0, i), 1), 0, i)]

    return repeat(x.shape[0], [ops.zeros(x.type)], [x], body)[0]


# --- methods of ufuncs ----------------------------------------------------------------------


def _binary(ufunc: np.ufunc, method: str) -> Callable[..., Any]:
    rule = rule_of(ufunc)
    if rule is None:
        raise without_rule(ufunc)
    if ufunc.nin != 2 or ufunc.nout != 1:
        kind = "reduce" if method == "reduceat" else method
        raise error("value", text=f"{kind} only supported for binary functions")
    return rule


def _operand(ufunc: np.ufunc, x: Value, dtype: Any, out: Any, method: str) -> tuple[Value, Step]:
    """What a scan or fold runs over, in the dtype that NumPy would compute in, and its step."""
    rule = _binary(ufunc, method)
    wanted = None if dtype is None else check_dtype(dtype, f"np.{ufunc.__name__}.{method}")
    fixed: dict[str, Any] = {} if wanted is None else {"signature": (wanted, None, None)}
    faces = (None if out is None else out.dtype, x.dtype, None)
    try:
        types = ufunc.resolve_dtypes(faces, reduction=True, casting="unsafe", **fixed)
    except TypeError as problem:
        raise error("type", text=problem) from None
    first, second, result = [check_dtype(t, f"np.{ufunc.__name__}.{method}") for t in types]
    if first != result:
        text = (
            f"the resolved dtypes are not compatible with {ufunc.__name__}.{method}. Resolved"
            f" ({first!r}, {second!r}, {result!r})"
        )
        raise error("type", text=text)
    if result.kind in "iu" and ufunc in (np.power, np.float_power):
        raise unsupported(f"np.{ufunc.__name__}.{method} of integers", hint="convert to float64")

    def step(so_far: Value, item: Value) -> Value:
        y: Value = rule(so_far, item)
        return cast(y, result)

    return cast(x, second if second == result else result), step


def accumulate(
    ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """``ufunc.accumulate``."""
    if isinstance(out, tuple):
        (out,) = out
    x = lift(array)
    if not x.shape:
        _binary(ufunc, "accumulate")
        if axis is not None:
            one_axis(axis, max(len(x.shape), 1))
        raise error("type", text="cannot accumulate on a scalar")
    if axis is None:
        if len(x.shape) > 1:
            raise error("value", text="accumulate does not allow multiple axes")
        axis = 0
    if isinstance(axis, tuple):
        if len(axis) != 1:
            raise error("value", text="accumulate does not allow multiple axes")
        (axis,) = axis
    at = one_axis(axis, len(x.shape))
    x, step = _operand(ufunc, x, dtype, out, "accumulate")
    return deliver(scan(step, x, at), out, f"{ufunc.__name__}.accumulate", "unsafe")


def reduce_(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Any:
    """``ufunc.reduce``, from left to right."""
    if isinstance(out, tuple):
        (out,) = out
    x = lift(array)
    axes = reduced_axes(axis, len(x.shape))
    x, step = _operand(ufunc, x, dtype, out, "reduce")
    if len(axes) > 1 and ufunc.identity is None and ufunc not in _REORDERABLE:
        text = (
            f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may"
            " be specified"
        )
        raise error("value", text=text)
    identity = ufunc.identity if initial is UNSET else initial
    mask = None
    if where is not True and where is not UNSET:
        mask = lift(where)
        if mask.dtype != BOOL:
            raise error("type", text=f"np.{ufunc.__name__}.reduce(where=) takes a bool array")
        shape = broadcast_shapes(ufunc.__name__, x.shape, mask.shape)
        x, mask = spread(x, shape), spread(mask, shape)
        if identity is None:
            text = (
                f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a"
                " where mask one has to specify 'initial'"
            )
            raise error("value", text=text)
    shape = x.shape
    rest = tuple(a for a in range(len(shape)) if a not in axes)
    count = prod(shape[a] for a in axes)
    kept = tuple(shape[a] for a in rest)
    if not count and identity is None and 0 not in kept:
        text = f"zero-size array to reduction operation {ufunc.__name__} which has no identity"
        raise error("value", text=text)

    def rows(value: Value) -> Value:
        return reshape(transpose(value, axes + rest), (count, *kept))

    start = None
    if (initial is not UNSET and initial is not None) or (identity is not None and not count):
        start = as_value(identity, x.dtype)
    if not axes:
        y = x if start is None else spread(step(start, x), shape)
        return deliver(y, out, f"{ufunc.__name__}.reduce", "unsafe")
    if 0 in kept:
        y = ops.zeros(x.type.with_shape(kept))
    elif mask is None:
        y = fold(step, rows(x), start)
    else:
        y = _masked_fold(step, rows(x), rows(mask), as_value(identity, x.dtype))
    y = reshape(y, kept_shape(shape, axes))
    return deliver(drop(y, axes, keepdims), out, f"{ufunc.__name__}.reduce", "unsafe")


_REORDERABLE = frozenset(
    {
        np.maximum, np.minimum, np.fmax, np.fmin, np.gcd, np.lcm, np.add, np.multiply,
        np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_or,
        np.bitwise_xor, np.hypot, np.logaddexp, np.logaddexp2,
    }
)  # fmt: skip
"""The ufuncs that NumPy reduces over several axes."""


def _masked_fold(step: Step, x: Value, mask: Value, start: Value) -> Value:
    """A fold that passes over the elements where the mask is false."""
    kept = x.shape[1:]

    def body(i: Dim, so_far: Value, x: Value, mask: Value) -> list[Value]:
        item = reshape(part_at(x, 0, i), kept)
        chosen = reshape(part_at(mask, 0, i), kept)
        return [ops.where(chosen, step(so_far, item), so_far)]

    return repeat(x.shape[0], [spread(start, kept)], [x, mask], body)[0]


# --- cumulative sums and products -----------------------------------------------------------


def _cumulative(ufunc: np.ufunc, function: Any, skipping: Any, neutral: float) -> None:
    @implements(function)
    def record(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        x = as_array(a)
        if axis is None or not x.ndim:
            if axis is not None:
                reduced_axes(axis, x.ndim)
            x, axis = ravel(x), 0
        return accumulate(ufunc, x, integer(axis), dtype, out)

    @implements(skipping)
    def without_nan(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        x = lift(a)
        if x.dtype.kind in "fc":
            x = ops.where(ops.isnan(x), const(neutral, x.dtype), x)
        return record(wrap(x, scalar=False), axis, dtype, out)


_cumulative(np.add, np.cumsum, np.nancumsum, 0.0)
_cumulative(np.multiply, np.cumprod, np.nancumprod, 1.0)


def _standard(ufunc: np.ufunc, function: Any) -> None:
    """The names of the array API standard."""

    @implements(function)
    def record(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        array = as_array(x)
        array = array if array.ndim else array._view_reshape((1,))
        if axis is None:
            if array.ndim > 1:
                text = (
                    "For arrays which have more than one dimension ``axis`` argument is required."
                )
                raise error("value", text=text)
            axis = 0
        if not include_initial:
            return accumulate(ufunc, array, axis, dtype, out)
        y: Array = accumulate(ufunc, array, axis, dtype)
        at = one_axis(axis, array.ndim)
        edge = kept_shape(array.shape, (at,))
        first = wrap(spread(as_value(ufunc.identity, y.dtype), edge), scalar=False)
        return deliver(concatenate([first, y], at).value, out, function.__name__)


_standard(np.add, np.cumulative_sum)
_standard(np.multiply, np.cumulative_prod)


# --- sums of segments -----------------------------------------------------------------------


def reduceat(
    ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """``ufunc.reduceat`` for indices that are known: one fold for each segment."""
    if isinstance(out, tuple):
        (out,) = out
    trace = current_trace()
    assert trace is not None
    given = lift(indices)
    if not trace.is_constant(given):
        raise unsupported(f"np.{ufunc.__name__}.reduceat with recorded indices")
    x = lift(array)
    at = one_axis(axis, len(x.shape))
    x, step = _operand(ufunc, x, dtype, out, "reduceat")
    places = [int(n) for n in trace.concrete(given)]
    size = x.shape[at]
    for place in places:
        if not 0 <= place < size:
            text = f"index {place} out-of-bounds in {ufunc.__name__}.reduceat [0, {size})"
            raise error("index", text=text)
    front = (at, *(axis for axis in range(len(x.shape)) if axis != at))
    back = tuple(front.index(axis) for axis in range(len(front)))
    rows = transpose(x, front)
    parts: list[Any] = []
    for number, place in enumerate(places):
        end = places[number + 1] if number + 1 < len(places) else size
        y = fold(step, cut(rows, 0, place, max(end - place, 1)))
        parts.append(wrap(reshape(y, (1, *y.shape)), scalar=False))
    empty: Ints = (0, *rows.shape[1:])
    y = concatenate(parts, 0).value if parts else ops.zeros(x.type.with_shape(empty))
    return deliver(transpose(y, back), out, f"{ufunc.__name__}.reduceat", "unsafe")


METHODS = {"accumulate": accumulate, "reduce": reduce_, "reduceat": reduceat}
