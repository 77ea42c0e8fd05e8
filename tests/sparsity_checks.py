"""Compares what `sparsity` says of a Graph with the derivative's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from adjit.ir.graph import Graph
from adjit.ir.interpret import interpret
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.sparsity import Fact, Sparsity, sparsity
from adjit.ir.passes.tangent import tangent


def dense(found: Sparsity, number: int) -> np.ndarray:
    """The pattern of an output, a row for each of its elements."""
    ids = found.outputs[number].ravel()
    pattern = np.zeros((len(ids), found.sets.size), bool)
    for row, which in zip(pattern, ids.tolist(), strict=True):
        row[found.sets[which]] = True
    return pattern


def jacobians(graph: Graph, wrt: Sequence[int], args: Sequence[Any]) -> list[np.ndarray]:
    """The Jacobian of each differentiable output, one column after the other."""
    pushed = tangent(graph, wrt)
    shapes = [np.shape(args[n]) for n in wrt]
    columns = []
    for place, shape in enumerate(shapes):
        for n in range(int(np.prod(shape))):
            seeds = [np.zeros(s, graph.inputs[w].dtype) for w, s in zip(wrt, shapes, strict=True)]
            seeds[place].reshape(-1)[n] = 1
            with np.errstate(all="ignore"):
                found = interpret(pushed, [*args, *seeds])[len(graph.outputs) :]
            columns.append([y.ravel() for y in found])
    outputs = [value for value in graph.outputs if value.type.differentiable]
    return [
        np.stack([column[n] for column in columns], axis=1)
        if columns
        else np.zeros((value.type.size, 0))
        for n, value in enumerate(outputs)
    ]


def facts_of(graph: Graph, args: Sequence[Any], among: Iterable[int]) -> dict[int, Fact]:
    """What may be assumed of inputs that have these numbers."""
    return {
        n: Fact(zero=np.asarray(args[n]) == 0)
        if graph.inputs[n].type.differentiable
        else Fact(number=np.asarray(args[n]))
        for n in among
    }


def check_contains(
    graph: Graph, wrt: Sequence[int], args: Sequence[Any], assume: bool = False
) -> list[np.ndarray]:
    """Every element of a Jacobian that is not zero is in the pattern, which is returned.

    ``assume``: facts of the other inputs are known.
    """
    others = [n for n in range(len(graph.inputs)) if n not in wrt]
    facts = facts_of(graph, args, others if assume else ())
    found = sparsity(simplify(graph), wrt, facts)
    numbers = [n for n, value in enumerate(graph.outputs) if value.type.differentiable]
    patterns = [dense(found, n) for n in numbers]
    for pattern, jacobian in zip(patterns, jacobians(graph, wrt, args), strict=True):
        outside = ~pattern & (jacobian != 0) & np.isfinite(jacobian)
        assert not outside.any(), f"{graph}\n{pattern.astype(int)}\n{jacobian}"
    return patterns
