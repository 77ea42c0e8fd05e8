"""Jacobians and Hessians: all products with unit vectors in one compiled call.

Inside a recording the derivative of the function is taken once; what of it depends on the unit
vector becomes the body of a recorded loop over them. So the work that they share is done once,
and a Jacobian nests in other transforms as any recorded loop does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..ir import ops
from ..ir.graph import Graph, Value, copy_values
from ..ir.passes.tangent import tangent
from ..ir.types import I64, Dim
from .array import wrap
from .containers import rebuild
from .counted import put_at, repeat
from .current import current_trace
from .derivatives import pullback
from .errors import error
from .nest import Inner, as_type, dependents, nested_arguments, packed, per_parameter, wanted_leaves
from .products import jvp
from .recording import Identity
from .regions import number_of
from .signature import Arguments
from .transforms import Argnums, Compiled, checked_argnums, kept

if TYPE_CHECKING:
    from .sparse import SparseJacobian


class Jacobian:
    """The derivative of every element of a result by every element of its arguments.

    ``forward``: by tangents, one for each element of the arguments; else by cotangents, one for
    each element of the result.
    """

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any], argnums: Argnums, forward: bool) -> None:
        self.fun = fun
        self.forward = forward
        functools.update_wrapper(self, fun, updated=())
        self.inner = Compiled(fun, argnums, "value")
        self.compiled = Compiled(self, argnums, "value")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The Jacobian: of the structure of the result, each leaf of that of the arguments.

        Each array has the axes of the result and then those of the argument.
        """
        if current_trace() is None:
            return self.compiled(*args, **kwargs)
        arguments = nested_arguments(self.inner.dispatcher.signature, args, kwargs)
        return _recorded(self.inner, arguments, self.forward)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("fun", "compiled"):
            raise AttributeError(name)
        return getattr(self.compiled, name)


def jacrev(
    fun: Callable[..., Any], argnums: Argnums = 0, sparse: bool = False
) -> Jacobian | SparseJacobian:
    """A function that returns the Jacobian of ``fun``, by one pass backwards for each element of
    the result: for results that are smaller than the arguments.

    ``fun`` returns floating-point arrays or numbers, also in containers. For an argument of
    shape ``s`` and a result of shape ``r`` the Jacobian has shape ``r + s``. Containers of
    results hold containers of arguments; with a tuple of ``argnums`` these are tuples.

    With ``sparse`` each of these arrays is a ``scipy.sparse.csr_array`` of shape
    ``(result.size, argument.size)`` instead, and rows without a common column are computed by one
    pass, see :class:`~adjit.tracer.sparse.SparseJacobian`.
    """
    return _sparse(fun, argnums, "reverse") if sparse else _kept(Jacobian, fun, argnums, False)


def jacfwd(
    fun: Callable[..., Any], argnums: Argnums = 0, sparse: bool = False
) -> Jacobian | SparseJacobian:
    """As :func:`jacrev`, by one pass forwards for each element of the arguments: for arguments
    that are smaller than the result. With ``sparse``, by one for columns without a common row."""
    return _sparse(fun, argnums, "forward") if sparse else _kept(Jacobian, fun, argnums, True)


def jacobian(
    fun: Callable[..., Any], argnums: Argnums = 0, sparse: bool = False
) -> Jacobian | SparseJacobian:
    """The Jacobian of ``fun`` as a function, see :func:`jacrev`, which it is; with ``sparse``, that
    or :func:`jacfwd`, whichever needs fewer passes."""
    return _sparse(fun, argnums, "either") if sparse else jacrev(fun, argnums)


def hessian(
    fun: Callable[..., Any], argnums: Argnums = 0, sparse: bool = False
) -> Jacobian | SparseJacobian:
    """A function that returns the Hessian of a real scalar function, forward over reverse.

    For an argument of shape ``s`` it has shape ``s + s``. With a tuple of ``argnums``, or
    containers, it is the structure of the arguments in that of the arguments. With ``sparse``
    there are sparse arrays as in :func:`jacrev`; that they are symmetric saves passes.
    """
    from .api import grad

    gradient = grad(fun, argnums)
    return _sparse(gradient, argnums, "symmetric") if sparse else jacfwd(gradient, argnums)


def hvp(fun: Callable[..., Any], x: Any, v: Any, *args: Any) -> Any:
    """The Hessian of ``fun(x, *args)`` by ``x``, times ``v``: forward over reverse.

    ``fun`` returns a real scalar; ``v`` and the result have the structure and shapes of ``x``.
    """
    from .api import grad

    return jvp(grad(fun), (x, *args), (v, *[None for _ in args]))[1]


def _sparse(fun: Callable[..., Any], argnums: Argnums, way: str) -> SparseJacobian:
    from .sparse import SparseJacobian

    return _kept(SparseJacobian, fun, argnums, way)


def _kept(kind: Callable[..., Any], fun: Callable[..., Any], argnums: Argnums, way: Any) -> Any:
    if not callable(fun):
        raise error("not_callable", type=type(fun).__name__)
    wanted = checked_argnums(argnums)
    return kept(fun, (kind, wanted, way), lambda: kind(fun, wanted, way))


# --- recording ------------------------------------------------------------------------------


def _recorded(compiled: Compiled, arguments: Arguments, forward: bool) -> Any:
    wrt = wanted_leaves(compiled, arguments)
    inner = Inner(compiled, arguments, wrt)
    of = differentiable_results(inner)
    if not forward and any(inner.graph.outputs[slot].type.is_complex for slot in of):
        raise error("complex_jacobian", what="jacrev", side="results", other="jacfwd")
    if forward and any(x.type.is_complex for x in inner.outer):
        raise error("complex_jacobian", what="jacfwd", side="arguments", other="jacrev")
    blocks = _forward(inner, of) if forward else _reverse(inner, of)
    rows = [
        None
        if isinstance(leaf, Identity)
        else per_parameter(
            compiled,
            arguments,
            {n: wrap(blocks[leaf, k], scalar=False) for k, n in enumerate(wrt)},
        )
        for leaf in inner.result.leaves
    ]
    return rebuild(inner.result.structure, rows)


def differentiable_results(inner: Inner) -> list[int]:
    """The outputs that the leaves of the result are."""
    of = [leaf for leaf in inner.result.leaves if not isinstance(leaf, Identity)]
    for slot in of:
        if not inner.graph.outputs[slot].type.differentiable:
            raise error("jacobian", dtype=inner.graph.outputs[slot].dtype)
    return of


Blocks = dict[tuple[int, int], Value]


def _reverse(inner: Inner, of: Sequence[int]) -> Blocks:
    """Blocks by output and argument: a row for each element of an output."""
    blocks: Blocks = {}
    count = len(inner.graph.outputs)
    for slot in dict.fromkeys(of):
        graph = pullback(inner.graph, inner.split, range(len(inner.outer)), [slot])
        derivatives = graph.outputs[count:]
        y = inner.graph.outputs[slot]
        rows = mapped(inner, graph, derivatives)
        for k, (x, block) in enumerate(zip(inner.outer, rows, strict=True)):
            rows_of_x = as_type(block, x.type)
            blocks[slot, k] = ops.reshape(rows_of_x, shape=(*y.shape, *x.shape))
    return blocks


def _forward(inner: Inner, of: Sequence[int]) -> Blocks:
    """The same; a column for each element of an argument."""
    blocks: Blocks = {}
    wanted = list(dict.fromkeys(of))
    count = len(inner.graph.outputs)
    moving = [n for n, value in enumerate(inner.graph.outputs) if value.type.differentiable]
    for k, x in enumerate(inner.outer):
        graph = tangent(inner.split, [k])
        found = dict(zip(moving, graph.outputs[count:], strict=True))
        columns = mapped(inner, graph, [found[slot] for slot in wanted])
        for slot, block in zip(wanted, columns, strict=True):
            y = inner.graph.outputs[slot]
            block = as_type(block, y.type)
            perm = (*range(1, 1 + len(y.shape)), 0)
            turned = ops.transpose(block, perm=perm)
            blocks[slot, k] = ops.reshape(turned, shape=(*y.shape, *x.shape))
    return blocks


def mapped(
    inner: Inner,
    graph: Graph,
    outputs: Sequence[Value],
    colours: Sequence[Value] = (),
    count: int = 0,
) -> list[Value]:
    """``outputs`` for each unit vector as the seed of ``graph``, along a first axis.

    With ``colours``, numbers of the shapes of the seeds: for each number below ``count`` with ones
    for seeds where their colour is that number. The seeds are the inputs behind those of ``inner``.
    What does not depend on them is computed once, before the loop.
    """
    seeds = graph.inputs[len(inner.outer) :]
    moving = dependents(graph, seeds)
    still = [value for value in graph.values if value not in moving]
    fixed = [value for value in outputs if value not in moving]
    known = dict(zip(inner.graph.inputs, inner.outer, strict=True))
    known |= zip(graph.inputs, map(packed, inner.outer), strict=False)
    new = inner.spliced((*inner.graph.values, *inner.split.values, *still), known)
    count = count if colours else seeds[0].type.size
    carried = [ops.zeros(value.type.with_shape((count, *value.shape))) for value in outputs]
    order = [value for value in graph.values if value in moving]
    used = dict.fromkeys(arg for value in order for arg in value.args if arg not in moving)
    outside = [*colours, *(new.get(value, value) for value in (*used, *fixed))]

    def step(i: Dim, *given: Value) -> list[Value]:
        buffers, outer = given[: len(outputs)], given[len(outputs) :]
        body = dict(zip((*used, *fixed), outer[len(colours) :], strict=True))
        inside = outer[: len(colours)] or [_places(seed) for seed in seeds]
        for seed, places in zip(seeds, inside, strict=True):
            body[seed] = ops.cast(ops.eq(places, number_of(i)), dtype=seed.dtype)
        copy_values(order, body)
        return [
            put_at(buffer, ops.reshape(body[value], shape=(1, *value.shape)), 0, i)
            for buffer, value in zip(buffers, outputs, strict=True)
        ]

    return repeat(count, carried, outside, step)


def _places(like: Value) -> Value:
    """The number of each element, in order."""
    return ops.reshape(ops.iota(size=like.type.size, dtype=I64), shape=like.shape)
