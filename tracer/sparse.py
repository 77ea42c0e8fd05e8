"""Sparse Jacobians: the pattern of a recording, as few products as it takes, a scipy.sparse array.

While the Jacobian is recorded, the Graph of the function says where it can have elements
(`patterns`), and a colouring says which columns or rows one product is enough for (`colour`). The
products are a recorded loop, as for a dense Jacobian. What puts their numbers in place is a static
part of the recording's result; so each path of a function, and each size, has its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir.graph import Value
from ..ir.passes.tangent import tangent
from .array import wrap
from .colour import Pattern
from .containers import flatten, rebuild
from .current import current_trace
from .derivatives import pullback
from .errors import error
from .jacobians import differentiable_results, mapped
from .nest import Inner, nested_arguments, per_parameter, wanted_leaves
from .patterns import Compression, Patterns
from .places import Attribute, IdentityOf
from .recording import Identity
from .transforms import Argnums, Compiled


class SparseJacobian:
    """A Jacobian as ``scipy.sparse`` arrays.

    Each has the shape ``(result.size, argument.size)``, for a result and an argument of any shape,
    and the elements that the pattern has, zeros among them included, in the order of rows.
    ``way`` says how products are made: ``forward``, ``reverse``, ``either``, or ``symmetric``:
    forward, of a symmetric matrix.
    """

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any], argnums: Argnums, way: str) -> None:
        self.fun = fun
        functools.update_wrapper(self, fun, updated=())
        self.compiled = Compiled(_Products(fun, argnums, way), argnums, "value")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The Jacobian: of the structure of the result, each leaf of that of the arguments."""
        if current_trace() is not None:
            raise error("sparse_nested")
        filling, products = self.compiled(*args, **kwargs)
        return filling.matrices(products)

    def sparsity(self, *args: Any, **kwargs: Any) -> Any:
        """Where the Jacobian at these arguments can have elements: sparse arrays of bools."""
        if current_trace() is not None:
            raise error("sparse_nested")
        filling, _ = self.compiled(*args, **kwargs)
        return filling.patterns()

    def explain(self) -> str:
        """As ``explain`` of other functions, with the number of products of each path."""
        text = self.compiled.explain()
        for programs in self.compiled.dispatcher.programs.values():
            for program in programs:
                for number, path in enumerate(program.paths):
                    leaf = path.recording.result.leaves[0]
                    assert isinstance(leaf, Identity)
                    text += f"  path {number}: {leaf.item.compression}\n"
        return text

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("fun", "compiled"):
            raise AttributeError(name)
        return getattr(self.compiled, name)


class _Products:
    """What is recorded: a function that returns its Filling and the products."""

    __adjit_transform__ = True

    def __init__(self, fun: Callable[..., Any], argnums: Argnums, way: str) -> None:
        functools.update_wrapper(self, fun, updated=())
        self.inner = Compiled(fun, argnums, "value")
        self.patterns = Patterns(way)
        self.way = way

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Filling, tuple]:
        arguments = nested_arguments(self.inner.dispatcher.signature, args, kwargs)
        wrt = wanted_leaves(self.inner, arguments)
        inner = Inner(self.inner, arguments, wrt)
        of = list(dict.fromkeys(differentiable_results(inner)))
        results = [inner.graph.outputs[slot] for slot in of]
        for value in (*inner.outer, *results):
            if value.type.is_complex:
                raise error("sparse_complex", dtype=value.dtype)
        found = self.patterns.of(inner, of)
        numbers = {slot: len(wrt) * place for place, slot in enumerate(of)}
        rows = [
            None
            if isinstance(leaf, Identity)
            else per_parameter(
                self.inner, arguments, {n: numbers[leaf] + k for k, n in enumerate(wrt)}
            )
            for leaf in inner.result.leaves
        ]
        like = results if self.way in ("forward", "symmetric") else inner.outer
        by_row = like is results
        dtypes = [(y if by_row else x).dtype for y in results for x in inner.outer]
        filling = Filling(
            found, results, inner.outer, dtypes, rebuild(inner.result.structure, rows)
        )
        return filling, tuple(wrap(y, scalar=False) for y in _products(inner, of, found))


def _products(inner: Inner, of: Sequence[int], compression: Compression) -> list[Value]:
    """For each colour the sum of its columns (or rows), part by part."""
    trace, wrt = inner.trace, range(len(inner.outer))
    count = len(inner.graph.outputs)
    if compression.forward:
        graph = tangent(inner.split, wrt)
        moving = [n for n, value in enumerate(inner.graph.outputs) if value.type.differentiable]
        found = dict(zip(moving, graph.outputs[count:], strict=True))
        outputs = [found[slot] for slot in of]
        seeds = inner.outer
    else:
        graph = pullback(inner.graph, inner.split, wrt, of)
        outputs = list(graph.outputs[count:])
        seeds = [inner.graph.outputs[slot] for slot in of]
    colours, at = [], 0
    for number, seed in enumerate(seeds):
        part = compression.part(number, at, seed)
        colours.append(trace.capture(Attribute(IdentityOf(part), "colours"), part.colours).value)
        at += seed.type.size
    return mapped(inner, graph, outputs, colours, compression.count) if seeds else []


class Filling:
    """Puts the numbers of products in their places.

    ``template``: the structure of the result, with numbers of blocks, which stand row by row.
    """

    def __init__(
        self,
        compression: Compression,
        results: Sequence[Value],
        arguments: Sequence[Value],
        dtypes: Sequence[np.dtype],
        template: Any,
    ) -> None:
        self.compression = compression
        self.dtypes = dtypes
        self.leaves, self.structure = flatten(template)
        heights = [y.type.size for y in results]
        widths = [x.type.size for x in arguments]
        self.blocks = _blocks(compression.pattern, heights, widths)

    def matrices(self, products: Sequence[np.ndarray]) -> Any:
        compression = self.compression
        rows = [y.reshape(compression.count, -1) for y in products if y.size]
        if not rows:
            data = np.zeros(len(compression.take))
        elif len(rows) == 1:
            data = rows[0].ravel()[compression.take]
        else:
            data = np.concatenate(rows, axis=1).ravel()[compression.take]
        return self._rebuilt(
            [
                (data if places is None else data[places]).astype(dtype, copy=False)
                for (places, _), dtype in zip(self.blocks, self.dtypes, strict=True)
            ]
        )

    def patterns(self) -> Any:
        return self._rebuilt([np.ones(len(block.indices), bool) for _, block in self.blocks])

    def _rebuilt(self, data: Sequence[np.ndarray]) -> Any:
        from scipy.sparse import csr_array

        def matrix(number: Any) -> Any:
            if number is None:
                return None
            block = self.blocks[number][1]
            # Copies: methods of sparse arrays change their indices in place.
            given = (data[number], block.indices.copy(), block.starts.copy())
            return csr_array(given, shape=block.shape)

        return rebuild(self.structure, [matrix(number) for number in self.leaves])


def _blocks(
    pattern: Pattern, heights: Sequence[int], widths: Sequence[int]
) -> list[tuple[np.ndarray | None, Pattern]]:
    """The parts of a pattern, row by row, each with the places of its elements (None: all)."""
    if len(heights) == len(widths) == 1:
        return [(None, _with_small_indices(pattern))]
    found: list[tuple[np.ndarray | None, Pattern]] = []
    rows, columns = pattern.rows, pattern.indices
    top = 0
    for height in heights:
        left = 0
        for width in widths:
            inside = (top <= rows) & (rows < top + height)
            places = np.flatnonzero(inside & (left <= columns) & (columns < left + width))
            counts = np.bincount(rows[places] - top, minlength=height)
            starts = np.concatenate([[0], np.cumsum(counts)])
            block = Pattern((height, width), starts, columns[places] - left)
            found.append((places, _with_small_indices(block)))
            left += width
        top += height
    return found


def _with_small_indices(pattern: Pattern) -> Pattern:
    """Indices of 32 bits where they suffice, which is what SciPy takes as it is."""
    largest = max(*pattern.shape, len(pattern.indices))
    kind = np.int32 if largest <= np.iinfo(np.int32).max else np.int64
    return Pattern(pattern.shape, pattern.starts.astype(kind), pattern.indices.astype(kind))
