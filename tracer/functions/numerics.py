"""Numerical differentiation, integration and interpolation, and phases."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.types import F64, I64
from ..array import Array, wrap
from ..core import ArrayCore
from ..errors import error, unsupported
from ..lift import lift
from ..promote import promote
from ..table import implements
from .choices import trapezoid
from .common import as_array, as_value, cast, cut, given_axes, one_axis, reshape, spread
from .joins import concatenate, diff
from .order import argsort, decided, gathered, places_in
from .reductions import sum_
from .scans import accumulate
from .scipy_functions import records
from .selection import where

# --- gradient -------------------------------------------------------------------------------


class _Line:
    """The elements of an array along one axis, and arrays of numbers for these."""

    def __init__(self, f: Array, axis: int) -> None:
        self.f = f
        self.axis = axis
        self.size = f.shape[axis]

    def part(self, start: int, size: int) -> Array:
        at = start if start >= 0 else self.size + start
        return wrap(cut(self.f.value, self.axis, at, size), scalar=False)

    def along(self, numbers: Any) -> Any:
        if not np.ndim(numbers):
            return numbers
        shape = [1] * len(self.f.shape)
        shape[self.axis] = numbers.shape[0]
        return numbers._view_reshape(tuple(shape))


def _spacing(distances: Any, size: int) -> Any:
    """A number, or the distances between neighbours."""
    if not np.ndim(distances):
        return distances
    x = as_array(distances)
    if x.ndim != 1:
        raise error("value", text="distances must be either scalars or 1d")
    if x.shape[0] != size:
        text = "when 1d, distances must match the length of the corresponding dimension"
        raise error("value", text=text)
    x = wrap(x.value if x.dtype.kind == "f" else cast(x.value, F64), scalar=False)
    steps: Array = diff(x)
    trace = steps.storage.trace
    if size > 1 and trace.is_constant(steps.value):
        known = trace.concrete(steps.value)
        if (known == known[0]).all():  # as NumPy computes it, to the last bit
            return known[0]
    return steps


def _inside(line: _Line, h: Any) -> Any:
    """Central differences, of second order also where the spacing varies."""
    count = line.size - 2
    below, here, above = (line.part(n, count) for n in range(3))
    if not np.ndim(h):
        return (above - below) / (2.0 * h)
    left, right = h[:-1], h[1:]
    a = line.along(-right / (left * (left + right)))
    b = line.along((right - left) / (left * right))
    c = line.along(left / (right * (left + right)))
    return a * below + b * here + c * above


def _first_order(line: _Line, h: Any, at: int) -> Any:
    first, second = (0, 1) if at == 0 else (-2, -1)
    return (line.part(second, 1) - line.part(first, 1)) / (h[at] if np.ndim(h) else h)


def _second_order(line: _Line, h: Any, at: int) -> Any:
    parts = [line.part(n if at == 0 else n - 3, 1) for n in range(3)]
    if not np.ndim(h):
        factors = (-1.5, 2.0, -0.5) if at == 0 else (0.5, -2.0, 1.5)
        a, b, c = (factor / h for factor in factors)
    elif at == 0:
        left, right = h[0], h[1]
        a = -(2.0 * left + right) / (left * (left + right))
        b = (left + right) / (left * right)
        c = -left / (right * (left + right))
    else:
        left, right = h[-2], h[-1]
        a = right / (left * (left + right))
        b = -(right + left) / (left * right)
        c = (2.0 * right + left) / (right * (left + right))
    return a * parts[0] + b * parts[1] + c * parts[2]


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    x = as_array(f)
    axes = tuple(range(x.ndim)) if axis is None else given_axes(axis, x.ndim)
    spacings: list[Any] = list(varargs)
    if not varargs:
        spacings = [1.0] * len(axes)
    elif len(varargs) == 1 and not np.ndim(varargs[0]):
        spacings *= len(axes)
    elif len(varargs) != len(axes):
        raise error("type", text="invalid number of arguments")
    steps = [_spacing(h, x.shape[at]) for h, at in zip(spacings, axes, strict=True)]
    if edge_order > 2:
        raise error("value", text="'edge_order' greater than 2 not supported")
    dtype = x.dtype if x.dtype.kind in "fc" else F64
    if x.dtype.kind in "iu":
        x = wrap(cast(x.value, F64), scalar=False)
    edge = _first_order if edge_order == 1 else _second_order
    results = []
    for at, h in zip(axes, steps, strict=True):
        if x.shape[at] < edge_order + 1:
            text = (
                "Shape of array too small to calculate a numerical gradient, at least"
                " (edge_order + 1) elements are required."
            )
            raise error("value", text=text)
        line = _Line(x, at)
        parts = [edge(line, h, 0), _inside(line, h), edge(line, h, -1)]
        parts = [wrap(cast(part.value, dtype), scalar=False) for part in parts]
        results.append(concatenate(parts, at))
    return results[0] if len(results) == 1 else tuple(results)


# --- interpolation --------------------------------------------------------------------------


@implements(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """At a point of ``xp`` the derivative is that of the piece behind it, as for a spline."""
    if lift(fp).dtype.kind == "c":
        raise unsupported("np.interp of complex numbers", hint="take real and imaginary part")
    points, places, heights = (cast(lift(v), F64) for v in (x, xp, fp))
    if len(places.shape) != 1 or len(heights.shape) != 1:
        raise error("value", text="Data points must be 1-D sequences")
    if places.shape != heights.shape:
        raise error("value", text="fp and xp are not of the same length.")
    if not places.shape[0]:
        raise error("value", text="array of sample points is empty")
    if period is not None:
        points, places, heights = _periodic(points, places, heights, period)
        left = right = None
    shape = points.shape
    low = cut(heights, 0, 0, 1) if left is None else as_value(left, F64)
    high = cut(heights, 0, heights.shape[0] - 1, 1) if right is None else as_value(right, F64)
    low, high = reshape(low, ()), reshape(high, ())
    first, last = (reshape(cut(places, 0, n, 1), ()) for n in (0, places.shape[0] - 1))
    y = _interpolated(points, places, heights)
    y = ops.where(ops.lt(points, first), low, ops.where(ops.gt(points, last), high, y))
    if places.shape[0] > 1:  # of a single place NumPy takes the height, also at NaN
        y = ops.where(ops.isnan(points), points, y)
    return wrap(spread(y, shape))


def _interpolated(x: Value, places: Value, heights: Value) -> Value:
    count = places.shape[0]
    if count == 1:
        return spread(reshape(heights, ()), x.shape)
    found = places_in(places, x, "right") - 1
    number = ops.minimum(ops.maximum(found, 0), count - 2)
    x0, x1 = gathered(places, number), gathered(places, number + 1)
    y0, y1 = gathered(heights, number), gathered(heights, number + 1)
    slope = (y1 - y0) / (x1 - x0)
    near = slope * (x - x0) + y0
    far = slope * (x - x1) + y1
    # Infinite heights: what NumPy tries instead.
    y = ops.where(ops.isnan(near), ops.where(ops.isnan(far), _equal(y0, y1, far), far), near)
    wild = ops.logical_not(ops.isfinite(slope))
    y = ops.where(ops.logical_and(ops.eq(x, x0), wild), y0, y)
    at_end = ops.ge(found, count - 1)
    return ops.where(at_end, ops.where(wild, y1, far), y)


def _equal(x: Value, z: Value, other: Value) -> Value:
    return ops.where(ops.eq(x, z), x, other)


def _periodic(
    points: Value, places: Value, heights: Value, period: Any
) -> tuple[Value, Value, Value]:
    length = as_value(period, F64)
    if length.shape:
        raise unsupported("np.interp with an array as period")
    if decided(ops.eq(length, 0.0), "the period of np.interp"):
        raise error("value", text="period must be a non-zero value")
    length = ops.abs_(length)
    points, places = (ops.mod(v, spread(length, v.shape)) for v in (points, places))
    order = argsort(wrap(places, scalar=False)).value
    places, heights = gathered(places, order), gathered(heights, order)
    last = places.shape[0] - 1
    around = [cut(places, 0, last, 1) - length, places, cut(places, 0, 0, 1) + length]
    ends = [cut(heights, 0, last, 1), heights, cut(heights, 0, 0, 1)]
    joined = [concatenate([wrap(v, scalar=False) for v in parts], 0) for parts in (around, ends)]
    return points, joined[0].value, joined[1].value


# --- phases ---------------------------------------------------------------------------------


@implements(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2.0 * np.pi) -> Any:
    x = as_array(p)
    at = one_axis(axis, x.ndim)
    steps: Array = diff(x, axis=at)
    dtype = promote(steps.dtype, period)
    whole = dtype.kind in "iu"
    if isinstance(period, ArrayCore) and whole:
        raise unsupported("np.unwrap with a recorded integer as period")
    high = period // 2 if whole else period / 2
    ambiguous = not whole or period % 2 == 0
    limit = period / 2 if discont is None else discont
    low = -high
    turned = (steps - low) % period + low
    if ambiguous:
        at_edge = (turned == low) & (steps > 0)
        turned = where(at_edge, high, turned)
    correction = turned - steps
    correction = where(abs(steps) < limit, 0, correction)
    total: Array = accumulate(np.add, correction, at)
    first = wrap(cast(cut(x.value, at, 0, min(1, x.shape[at])), dtype), scalar=False)
    rest = wrap(cut(x.value, at, min(1, x.shape[at]), max(x.shape[at] - 1, 0)), scalar=False)
    moved = rest + total
    return concatenate([first, wrap(cast(moved.value, dtype), scalar=False)], at)


# --- polynomials ----------------------------------------------------------------------------


@implements(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    array = as_array(x)
    if array.ndim != 1:
        raise error("value", text="x must be a one-dimensional array or sequence.")
    count = array.shape[0] if N is None else int(N)
    dtype = np.promote_types(array.dtype, I64)
    column = cast(array.value, dtype)
    powers = [spread(const(1, dtype), column.shape)]
    while len(powers) < count:
        powers.append(powers[-1] * column)
    powers = powers[:count] if increasing else powers[:count][::-1]
    if not powers:
        return wrap(ops.zeros(column.type.with_shape((array.shape[0], 0))), scalar=False)
    columns = [wrap(reshape(v, (array.shape[0], 1)), scalar=False) for v in powers]
    return concatenate(columns, 1)


# --- integrals of SciPy ---------------------------------------------------------------------


records("scipy.integrate")(trapezoid)


@records("scipy.integrate")
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None
) -> Any:
    """``scipy.integrate.cumulative_trapezoid``."""
    heights = as_array(y)
    at = one_axis(axis, heights.ndim)
    if not heights.shape[at]:
        raise error("value", text="At least one point is required along `axis`.")
    size = heights.shape[at] - 1
    low, high = (wrap(cut(heights.value, at, n, size), scalar=False) for n in (0, 1))
    total: Array = accumulate(np.add, _widths(x, dx, heights, at) * (low + high) / 2.0, at)
    if initial is None:
        return total
    if initial != 0:
        raise error("value", text="`initial` must be `None` or `0`.")
    edge = (*heights.shape[:at], 1, *heights.shape[at + 1 :])
    first = wrap(spread(const(0, total.dtype), edge), scalar=False)
    return concatenate([first, total], at)


def _widths(x: Any, dx: Any, heights: Array, axis: int) -> Any:
    if x is None:
        return dx
    places = as_array(x)
    if places.ndim == 1:
        steps: Array = diff(places)
        shape = [1] * heights.ndim
        shape[axis] = -1
        widths = steps._view_reshape(tuple(shape))
    elif places.ndim != heights.ndim:
        raise error("value", text="If given, shape of x must be 1-D or the same as y.")
    else:
        widths = diff(places, axis=axis)
    if widths.shape[axis] != heights.shape[axis] - 1:
        text = "If given, length of x along axis must be the same as y."
        raise error("value", text=text)
    return widths


@records("scipy.integrate")
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Any:
    """``scipy.integrate.simpson``: parabolas, and Cartwright's correction of an even count.

    K. V. Cartwright, "Simpson's Rule Cumulative Integration with MS Excel and Irregularly-spaced
    Data", Journal of Mathematical Sciences and Mathematics Education 12 (2017), equation 8.
    """
    heights = as_array(y)
    at = one_axis(axis, heights.ndim)
    count = heights.shape[at]
    spaces = None if x is None else _widths(x, dx, heights, at)
    if count % 2:
        return _parabolas(heights, spaces, dx, at, count)
    line = _Line(heights, at)
    last, second, third = (wrap(line.part(-n, 1).value) for n in (1, 2, 3 if count > 2 else 1))
    if count == 2:
        width = dx if spaces is None else spaces
        return sum_(0.5 * width * (last + second), axis=at)
    h0, h1 = as_array(dx), as_array(dx)
    if spaces is not None:
        h0, h1 = (_Line(spaces, at).part(-n, 1) for n in (2, 1))
    alpha = _quotient(2 * h1**2 + 3 * h0 * h1, 6 * (h1 + h0))
    beta = _quotient(h1**2 + 3.0 * h0 * h1, 6 * h0)
    eta = _quotient(h1**3, 6 * h0 * (h0 + h1))
    rest = sum_(alpha * last + beta * second - eta * third, axis=at)
    return _parabolas(heights, spaces, dx, at, count - 1) + rest


def _parabolas(y: Array, spaces: Any, dx: Any, axis: int, count: int) -> Any:
    """Simpson's rule for the first ``count`` elements, an odd number."""
    pairs = count // 2
    y0, y1, y2 = (wrap(cut(y.value, axis, n, pairs, 2), scalar=False) for n in range(3))
    if spaces is None:
        return sum_(y0 + 4.0 * y1 + y2, axis=axis) * (dx / 3.0)
    h0, h1 = (wrap(cut(spaces.value, axis, n, pairs, 2), scalar=False) for n in range(2))
    both, ratio = h0 + h1, _quotient(h0, h1)
    middle = both * _quotient(both, h0 * h1)
    parts = y0 * (2.0 - _quotient(1.0, ratio)) + y1 * middle + y2 * (2.0 - ratio)
    return sum_(both / 6.0 * parts, axis=axis)


def _quotient(x: Any, z: Any) -> Any:
    """0 where it would be divided by 0."""
    some = z != 0
    return where(some, x / where(some, z, 1.0), 0.0)
