"""Arrays as sets: what is in them, each once."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.op import const
from ...ir.types import BOOL, I64
from ..advanced import nonzero
from ..array import wrap
from ..errors import unsupported
from ..join import join
from ..lift import lift
from ..table import implements
from .common import as_array, cast, cut, one_axis, reshape, spread
from .joins import concatenate
from .order import gathered, places_in, row_of, sized, sorted_value
from .scans import scan


@implements(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Sorted; how many there are is a guard, as the shape of the result depends on it."""
    whole = lift(ar)
    if axis is not None:
        one_axis(axis, len(whole.shape))
    if axis is not None and len(whole.shape) != 1:
        raise unsupported("np.unique(axis=) of more than one dimension")
    x = reshape(sized(whole, "np.unique"), (prod(whole.shape),))
    (size,) = x.shape
    both = ops.argsort(x)
    order = row_of(both, 0)
    ascending = gathered(x, order)
    above, below = cut(ascending, 0, 1, max(size - 1, 0)), cut(ascending, 0, 0, max(size - 1, 0))
    other = ops.ne(above, below)
    if equal_nan and x.dtype.kind == "f":
        same = ops.logical_and(ops.isnan(above), ops.isnan(below))
        other = ops.logical_and(other, ops.logical_not(same))
    starts = join([ops.broadcast(const(True), shape=(min(size, 1),)), other], 0)
    (places,) = nonzero(starts)
    results = [wrap(gathered(ascending, places), scalar=False)]
    if return_index:
        results.append(wrap(gathered(order, places), scalar=False))
    if return_inverse:
        number = scan(ops.add, cast(starts, I64), 0) - 1
        inverse = gathered(number, row_of(both, 1)) if size else cast(starts, I64)
        results.append(wrap(reshape(inverse, whole.shape), scalar=False))
    if return_counts:
        following = cut(places, 0, min(1, places.shape[0]), max(places.shape[0] - 1, 0))
        ends = join([following, ops.broadcast(const(size, I64), shape=(min(size, 1),))], 0)
        results.append(wrap(ends - places, scalar=False))
    return results[0] if len(results) == 1 else tuple(results)


@implements(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(concatenate((ar1, ar2), axis=None))


@implements(np.isin)
def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: Any = None,
) -> Any:
    x, tests = as_array(element), as_array(test_elements)
    common = np.promote_types(x.dtype, tests.dtype)
    wanted = reshape(cast(tests.value, common), (tests.size,))
    if not tests.size:
        return wrap(spread(const(bool(invert), BOOL), x.shape), scalar=False)
    ascending = sorted_value(wanted, 0)
    numbers = cast(x.value, common)
    place = ops.minimum(places_in(ascending, numbers, "left"), tests.size - 1)
    found = ops.eq(gathered(ascending, place), numbers)
    return wrap(ops.logical_not(found) if invert else found, scalar=False)
