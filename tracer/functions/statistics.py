"""Histograms and covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.sizes import Size, integer, largest
from ...ir.types import F64, I64
from ..advanced import Access, write
from ..array import Array, wrap
from ..errors import error, unsupported
from ..lift import lift
from ..promote import check_dtype, promote
from ..table import implements
from .choices import clip
from .common import as_array, cast, cut, reshape, spread
from .diagonals import diag
from .joins import concatenate
from .order import decided, places_in, sized
from .ranges import linspace
from .reductions import average

# --- counting -------------------------------------------------------------------------------


def _summed_by_place(places: Value, weights: Value, size: int) -> Value:
    """The sums of the weights at each of ``size`` places; other places are none of these."""
    known = ops.logical_and(ops.ge(places, 0), ops.lt(places, size))
    inside = ops.where(known, places, const(size, I64))
    target = wrap(ops.zeros(weights.type.with_shape((size + 1,))), scalar=False)
    if places.shape[0]:
        write(Access(target, (0,), (inside,), ("",), places.shape, 0), weights, ops.add)
    return cut(target.value, 0, 0, size)


def _ones(shape: Any) -> Value:
    return spread(const(1, I64), shape)


@implements(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """How many places there are is a guard, as the shape of the result depends on it."""
    places = sized(lift(x), "np.bincount")
    if len(places.shape) != 1:
        raise error("value", text="object too deep for desired array")
    if (places.dtype.kind not in "iub" or places.dtype == np.uint64) and places.shape[0]:
        text = f"Cannot cast array data from {places.dtype!r} to dtype('int64')"
        raise error("type", text=f"{text} according to the rule 'safe'")
    places = cast(places, I64)
    least = integer(minlength)
    if least < 0:
        raise error("value", text="'minlength' must not be negative")
    size = least
    if places.shape[0]:
        if decided(ops.lt(ops.min_(places, axes=(0,)), 0), "np.bincount counts what is positive"):
            raise error("value", text="'list' argument must have no negative elements")
        highest = ops.max_(places, axes=(0,))
        size = max(least, int(decided(highest, "the length of what np.bincount returns")) + 1)
    if weights is None:
        return wrap(_summed_by_place(places, _ones(places.shape), size), scalar=False)
    factors = cast(lift(weights), F64)
    if factors.shape != places.shape:
        raise error("value", text="The weights and list don't have the same length.")
    return wrap(_summed_by_place(places, factors, size), scalar=False)


def _outer_edges(x: Value, limits: Any) -> tuple[Any, Any]:
    if limits is not None:
        first, last = limits
    elif not x.shape[0]:
        return 0, 1
    else:
        first, last = (wrap(f(x, axes=(0,))) for f in (ops.min_, ops.max_))
    ends = [as_array(first).value, as_array(last).value]
    if decided(ops.gt(*(cast(end, F64) for end in ends)), "the range of a histogram ascends"):
        raise error("value", text="max must be larger than min in range parameter.")
    fine = [ops.isfinite(cast(end, F64)) for end in ends]
    if not decided(ops.logical_and(*fine), "the range of a histogram is finite"):
        raise error("value", text="the range of a histogram is not finite")
    if decided(ops.eq(cast(ends[0], F64), cast(ends[1], F64)), "the range of a histogram is empty"):
        return first - 0.5, last + 0.5
    return first, last


@implements(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    array = as_array(a)
    x = reshape(sized(array.value, "np.histogram"), (array.size,))
    if isinstance(bins, str):
        raise unsupported(f"np.histogram(bins={bins!r})", hint="give the number of bins")
    if np.ndim(bins) == 0:
        count = integer(bins)
        if count < 1:
            raise error("value", text="`bins` must be positive, when an integer")
        first, last = _outer_edges(x, range)
        dtype = promote(first, last, x.dtype)
        dtype = dtype if dtype.kind == "f" else F64
        edges = linspace(first, last, count + 1, dtype=dtype).value
        x = cast(x, dtype)
    elif np.ndim(bins) == 1:
        edges = lift(bins)
        count = edges.shape[0] - 1
        falls = ops.gt(cut(edges, 0, 0, count), cut(edges, 0, 1, count))
        if decided(ops.any_(falls, axes=(0,)), "bins fall"):
            raise error("value", text="`bins` must increase monotonically, when an array")
    else:
        raise error("value", text="`bins` must be 1d, when an array")
    common = np.promote_types(x.dtype, edges.dtype)
    limits, numbers = cast(edges, common), cast(x, common)
    places = places_in(limits, numbers, "right") - 1
    end = reshape(cut(limits, 0, count, 1), ())
    places = ops.where(ops.eq(numbers, end), const(count - 1, I64), places)
    if x.dtype.kind == "f":
        places = ops.where(ops.isnan(x), const(-1, I64), places)
    factors = _ones(x.shape)
    if weights is not None:
        given = as_array(weights)
        if given.shape != array.shape:
            raise error("value", text="weights should have the same shape as a.")
        factors = reshape(given.value, x.shape)
    total = wrap(_summed_by_place(places, factors, count), scalar=False)
    borders = wrap(edges, scalar=False)
    if not density:
        return total, borders
    widths = wrap(cast(cut(edges, 0, 1, count) - cut(edges, 0, 0, count), F64), scalar=False)
    return total / widths / total.sum(), borders


# --- covariance -----------------------------------------------------------------------------


def _variables(x: Any, dtype: np.dtype, rowvar: Any, first: bool) -> Array:
    """One variable in each row."""
    array = as_array(x)
    vector = array.ndim < 2
    array = wrap(cast(array.value, dtype), scalar=False)
    if vector:
        array = array._view_reshape((1, array.size))
    turn = not rowvar and (not vector if first else array.shape[0] != 1)
    return array.T if turn else array


def _frequencies(weights: Any, name: str, count: int) -> Array:
    w = wrap(cast(lift(weights), F64), scalar=False)
    if w.ndim > 1:
        raise error("runtime", text=f"cannot handle multidimensional {name}")
    if w.shape[0] != count:
        raise error("runtime", text=f"incompatible numbers of samples and {name}")
    if decided(ops.any_(ops.lt(w.value, 0.0), axes=(0,)), f"{name} are not negative"):
        raise error("value", text=f"{name} cannot be negative")
    if name == "fweights":
        odd = ops.ne(w.value, ops.rint(w.value))
        if decided(ops.any_(odd, axes=(0,)), "fweights are whole numbers"):
            raise error("type", text="fweights must be integer")
    return w


@implements(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: Any = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise error("value", text="ddof must be integer")
    for name, given in (("m", m), ("y", y)):
        if given is not None and as_array(given).ndim > 2:
            raise error("value", text=f"{name} has more than 2 dimensions")
    operands = [as_array(given).dtype for given in (m, y) if given is not None]
    found = promote(*operands, F64) if dtype is None else check_dtype(dtype, "np.cov")
    x = _variables(m, found, rowvar, True)
    if x.shape[0] == 0:
        return wrap(ops.zeros(x.value.type.with_shape((0, 0)).with_dtype(F64)), scalar=False)
    if y is not None:
        x = concatenate((x, _variables(y, found, rowvar, False)), 0)
    freedom = ddof if ddof is not None else 0 if bias else 1
    count = x.shape[1]
    repeated = None if fweights is None else _frequencies(fweights, "fweights", count)
    certain = None if aweights is None else _frequencies(aweights, "aweights", count)
    w: Any = repeated if certain is None else certain if repeated is None else repeated * certain
    mean, total = average(x, axis=1, weights=w, returned=True)
    total = total[0]
    if w is None:
        divisor = largest(count - freedom, 0)
        scale: Any = divisor.as_number() if isinstance(divisor, Size) else float(divisor)
    elif certain is None or freedom == 0:
        scale = total - freedom
    else:
        scale = total - freedom * (w * certain).sum() / total
    if w is not None:
        low = decided(ops.le(scale.value, 0.0), "the degrees of freedom of a covariance")
        scale = 0.0 if low else scale
    x = x - mean._view_reshape((x.shape[0], 1))
    other = x if w is None else x * w
    inverse = np.float64(np.inf) if isinstance(scale, float) and not scale else 1.0 / scale
    inverse = as_array(inverse).value
    product = (x @ np.conjugate(other.T)).value * cast(inverse, found)
    shape = tuple(dim for dim in product.shape if dim != 1)
    return wrap(reshape(product, shape), scalar=False)


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    if c.ndim == 1:
        raise error("value", text="diag requires an array of at least two dimensions")
    deviation = np.sqrt(diag(c))
    size = deviation.shape[0]
    c = c / deviation._view_reshape((size, 1)) / deviation._view_reshape((1, size))
    return clip(c, -1, 1)
