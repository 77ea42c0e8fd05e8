"""``factor``: what does not vary along the axes of a sum leaves the sum.

``sum(c * x)`` becomes ``c * sum(x)``, so sums that differ by a factor are one, and the pass over
memory need not wait for ``c``. Rounding changes, as it does with the order of a sum.
"""

from __future__ import annotations

from ..graph import Graph, Value, rebuilt
from ..ops import mul, neg, reshape, sum_


def factor(graph: Graph) -> Graph:
    if not any(value.op is sum_ or value.regions for value in graph.values):
        return graph
    return rebuilt(graph, lambda _: _factored)


def _factored(value: Value, args: tuple[Value, ...]) -> Value | None:
    if value.op is sum_ and value.dtype.kind == "f":
        return _sum(args[0], value.attr("axes"))
    return None


def _sum(x: Value, axes: tuple[int, ...]) -> Value:
    """The sum of ``x``, with its factors outside."""
    factors: list[Value] = []
    negative = False
    while True:
        if x.op is neg:
            negative = not negative
            x = x.args[0]
            continue
        taken = _split(x, axes) if x.op is mul else None
        if taken is None:
            break
        c, x = taken
        factors.append(c)
    y = sum_(x, axes=axes)
    for c in factors:
        y = mul(y, c)
    return neg(y) if negative else y


def _split(product: Value, axes: tuple[int, ...]) -> tuple[Value, Value] | None:
    """A factor that is the same along ``axes``, without these, and the other factor."""
    for c, x in (product.args, product.args[::-1]):
        shape = (1,) * (len(product.shape) - len(c.shape)) + c.shape
        if x.shape == product.shape and all(shape[axis] == 1 for axis in axes):
            kept = tuple(dim for axis, dim in enumerate(shape) if axis not in axes)
            return (c if c.shape == kept else reshape(c, shape=kept)), x
    return None
