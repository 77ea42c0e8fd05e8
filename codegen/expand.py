"""``expand``: contractions and linear algebra become what the scheduler knows.

Ops that say themselves what they are made of (`Op.expand`) become that; parts of one
decomposition become parts of the result of one call, as equal Values are one.

Large products stay ``contract``, in the canonical form of a (batched) matrix product, for BLAS;
the others, and those of symbolic sizes, become a broadcast product and a sum, which fuse with
their neighbours.
"""

from __future__ import annotations

from functools import partial

from ..ir.graph import Graph, Rebuild, Value, rebuilt
from ..ir.ops import broadcast, contract, mul, reshape, sum_, transpose, zeros
from ..ir.ops.contract import split_spec
from ..ir.ops.families import LIBRARY
from ..ir.sizes import sample
from ..ir.types import Affine

MATRIX_WORK = 4096
"""Matrix products of at least this many multiplications go to BLAS.

Products with vectors never do: they are bound by memory, and loops fuse with their neighbours, so
that ``X @ w`` and ``X.T @ r`` read X once.
"""


def expand(graph: Graph, alone: bool = False) -> Graph:
    """``alone``: no products are left to a library."""
    while _has_parts(graph):
        graph = rebuilt(graph, _unfolding)
    return rebuilt(graph, lambda graph: partial(_settled, alone))


def _has_parts(graph: Graph) -> bool:
    return any(
        value.op.expand is not None or any(map(_has_parts, value.regions)) for value in graph.values
    )


def _unfolding(graph: Graph) -> Rebuild:
    """Ops that are made of others, put together where they are parts of one decomposition."""
    known = {(value.op.name, value.args) for value in graph.values}

    def rebuild(value: Value, args: tuple[Value, ...]) -> Value | None:
        if value.op.expand is None:
            return None
        attrs = dict(value.attrs)
        return value.op.expand(args, attrs, lambda name: (name, value.args) in known)

    return rebuild


def _settled(alone: bool, value: Value, args: tuple[Value, ...]) -> Value | None:
    if value.op is contract:
        return _product(alone, value, *args)
    if value.op.name == "stop_gradient":
        return args[0]
    if value.op.name in LIBRARY and not value.type.size:
        return zeros(value.type)
    return None


def _product(alone: bool, value: Value, x: Value, z: Value) -> Value:
    left, right, result = split_spec(value.attr("spec"))
    kept = [i for i in result if not (i in left and i in right)]
    if kept and kept[0] in right:  # the rows of the result are those of the first factor
        (x, left), (z, right) = (z, right), (x, left)
    sizes = dict(zip(left + right, x.shape + z.shape, strict=True))
    if alone or any(isinstance(size, Affine) for size in sizes.values()):
        return _inline(x, z, left, right, result, sizes)
    groups = {
        "b": [i for i in result if i in left and i in right],
        "m": [i for i in result if i in left and i not in right],
        "n": [i for i in result if i in right and i not in left],
        "k": [i for i in left if i in right and i not in result],
    }
    count = {name: _product_of(sizes[i] for i in group) for name, group in groups.items()}
    work = count["b"] * count["m"] * count["n"] * count["k"]
    if work == 0:
        return zeros(value.type)
    vector = count["m"] == 1 or count["n"] == 1
    large = sample(work // count["b"]) >= MATRIX_WORK
    countable = large and all(count[name] < 1 << 31 for name in "mnk")  # by BLAS
    if vector or not countable or value.dtype.kind != "f" or not groups["k"]:
        return _inline(x, z, left, right, result, sizes)
    a, a_order = _matrix(x, left, groups, ("m", "k"), count)
    b, b_order = _matrix(z, right, groups, ("k", "n"), count)
    batch = "b" if groups["b"] else ""
    y = contract(a, b, spec=f"{batch}{a_order},{batch}{b_order}->{batch}mn")
    order = groups["b"] + groups["m"] + groups["n"]
    split = _reshaped(y, tuple(sizes[i] for i in order))
    perm = tuple(order.index(i) for i in result)
    return split if list(perm) == sorted(perm) else transpose(split, perm=perm)


def _product_of(dims: object) -> int:
    total = 1
    for dim in dims:  # type: ignore[attr-defined]
        total *= dim
    return total


def _matrix(
    x: Value, indices: str, groups: dict[str, list[str]], parts: tuple[str, str], count: dict
) -> tuple[Value, str]:
    """``x`` as a batch of matrices; moves data only where its axes are interleaved."""
    for first, second in (parts, parts[::-1]):
        order = groups["b"] + groups[first] + groups[second]
        if order == list(indices):
            break
    else:
        first, second = parts
        order = groups["b"] + groups[first] + groups[second]
        x = transpose(x, perm=tuple(indices.index(i) for i in order))
    batch = (count["b"],) if groups["b"] else ()
    return _reshaped(x, (*batch, count[first], count[second])), first + second


def _reshaped(x: Value, shape: tuple[int, ...]) -> Value:
    return x if x.shape == shape else reshape(x, shape=shape)


def _inline(x: Value, z: Value, left: str, right: str, result: str, sizes: dict) -> Value:
    """A broadcast product summed over the shared indices.

    The loop order follows the larger array, so that its elements are read as they lie.
    """
    larger = left if len(left) >= len(right) else right
    summed = [i for i in left if i not in result]
    order = list(larger) if set(left + right) == set(larger) else [*result, *summed]
    product = mul(_spread(x, left, order), _spread(z, right, order))
    shape = tuple(sizes[i] for i in order)
    if product.shape != shape:
        product = broadcast(product, shape=shape)
    axes = tuple(axis for axis, i in enumerate(order) if i in summed)
    y = sum_(product, axes=axes) if axes else product
    kept = [i for i in order if i not in summed]
    return y if kept == list(result) else transpose(y, perm=tuple(kept.index(i) for i in result))


def _spread(x: Value, indices: str, order: list[str]) -> Value:
    """``x`` with its axes in ``order`` and an axis of size one for each index it lacks."""
    present = [i for i in order if i in indices]
    if present != list(indices):
        x = transpose(x, perm=tuple(indices.index(i) for i in present))
    dims = dict(zip(present, x.shape, strict=True))
    shape = tuple(dims.get(i, 1) for i in order)
    return x if x.shape == shape else reshape(x, shape=shape)
