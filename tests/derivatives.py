"""Checks of derivative Graphs against central differences and against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjit.ir.graph import Block, Graph, Value
from adjit.ir.interpret import evaluate, interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.tangent import tangent
from adjit.ir.types import ArrayType, TupleType
from adjit.ir.verify import verify

Arrays = list[Any]
FIRST = 1e-7
"""Relative tolerance of a derivative against differences."""
CONSISTENT = 1e-12
"""Relative tolerance of the tangent against the adjoint."""
STEP = 2e-3


def build(inputs: Sequence[np.ndarray], function: Callable[..., Any]) -> Graph:
    """The Graph of ``function(*values)``, which returns a Value or several."""
    block = Block()
    with block:
        values = [
            block.input(f"x{i}", ArrayType(np.asarray(a).dtype, np.shape(a)))
            for i, a in enumerate(inputs)
        ]
        outputs = function(*values)
    return block.graph([outputs] if isinstance(outputs, Value) else outputs)


def run(graph: Graph, args: Sequence[Any]) -> Arrays:
    """Interprets a Graph; every value must have the dtype and shape that its type tells."""
    env: dict[Value, Any] = dict(zip(graph.inputs, args, strict=True))
    for value in graph.values:
        y = env[value] = evaluate(value, [env[arg] for arg in value.args])
        results = y if isinstance(y, tuple) else (y,)
        types = value.type.items if isinstance(value.type, TupleType) else (value.type,)
        assert [item.shape for item in results] == [type.shape for type in types], value
    return [env[value] for value in graph.outputs]


def floats(values: Sequence[Value], fixed: Sequence[int] = ()) -> list[int]:
    return [i for i, v in enumerate(values) if v.type.differentiable and i not in fixed]


def gradient(graph: Graph, args: Sequence[Any], wrt: Sequence[int] = (0,)) -> Arrays:
    """The gradients of the sum of the first output."""
    derived = verify(adjoint(graph, wrt, [0], unit=True))
    return interpret(derived, args)[len(graph.outputs) :]


def inner(left: Sequence[Any], right: Sequence[Any]) -> float:
    return float(sum(np.sum(np.float64(a) * b) for a, b in zip(left, right, strict=True)))


def magnitude(left: Sequence[Any], right: Sequence[Any]) -> float:
    terms = [np.sum(np.abs(np.float64(a) * b)) for a, b in zip(left, right, strict=True)]
    return float(sum(terms)) + 1e-300


def differences(graph: Graph, args: Arrays, wrt: Sequence[int], v: Arrays) -> tuple[Arrays, bool]:
    """Derivative of the outputs along ``v``, Richardson extrapolated from three steps.

    Also whether the function is smooth there: two estimates agree, and the slopes to the left
    and to the right approach each other.
    """
    wanted = floats(graph.outputs)

    def at(step: float) -> Arrays:
        moved = list(args)
        for position, direction in zip(wrt, v, strict=True):
            moved[position] = args[position] + step * direction
        outputs = interpret(graph, moved)
        return [outputs[i] for i in wanted]

    def central(step: float) -> Arrays:
        return [(p - m) / (2 * step) for p, m in zip(at(step), at(-step), strict=True)]

    def extrapolated(step: float) -> Arrays:
        coarse, middle, fine = central(step), central(step / 2), central(step / 4)
        first = [(4 * b - a) / 3 for a, b in zip(coarse, middle, strict=True)]
        second = [(4 * b - a) / 3 for a, b in zip(middle, fine, strict=True)]
        return [(16 * b - a) / 15 for a, b in zip(first, second, strict=True)]

    def kink(step: float) -> Arrays:
        triples = zip(at(step), at(0.0), at(-step), strict=True)
        return [np.abs(p - 2 * m + n) / step for p, m, n in triples]

    with np.errstate(all="ignore"):
        best, other = extrapolated(STEP), extrapolated(STEP * 0.7)
        smooth = all(
            np.allclose(a, b, rtol=1e-6, atol=1e-6 * (1 + np.max(np.abs(b), initial=0.0)))
            for a, b in zip(best, other, strict=True)
        )
        smooth = smooth and all(
            np.all(near <= 0.5 * far + 1e-9)
            for far, near in zip(kink(STEP), kink(STEP / 4), strict=True)
        )
    return best, smooth


def check_first(
    graph: Graph,
    args: Arrays,
    seed: int = 0,
    tolerance: float = FIRST,
    fixed: Sequence[int] = (),
) -> bool:
    """Tangent and adjoint against differences and each other; False where it is not smooth.

    All floating-point inputs but the ``fixed`` ones move, all floating-point outputs count.
    """
    rng = np.random.default_rng(seed)
    wrt, of = floats(graph.inputs, fixed), floats(graph.outputs)
    if not wrt or not of:
        return True
    v = [rng.uniform(-1, 1, np.shape(args[i])) for i in wrt]
    w = [rng.uniform(-1, 1, graph.outputs[i].shape) for i in of]
    count = len(graph.outputs)
    t = run(verify(tangent(graph, wrt)), [*args, *v])[count:]
    g = run(verify(adjoint(graph, wrt, of)), [*args, *w])[count:]
    for x, cotangent in zip(wrt, g, strict=True):
        assert cotangent.shape == np.shape(args[x])
    scale = max(magnitude(w, t), magnitude(g, v))
    assert abs(inner(w, t) - inner(g, v)) <= CONSISTENT * scale, (inner(w, t), inner(g, v))
    numeric, smooth = differences(graph, args, wrt, v)
    if not smooth:
        return False
    for found, expected in zip(t, numeric, strict=True):
        bound = tolerance * (np.max(np.abs(expected), initial=0.0) + 1e-2)
        assert np.all(np.abs(found - expected) <= bound), (found, expected)
    return True


def check_second(
    graph: Graph,
    args: Arrays,
    seed: int = 0,
    tolerance: float = FIRST,
    fixed: Sequence[int] = (),
) -> None:
    """The derivatives of the derivatives, in all four compositions."""
    rng = np.random.default_rng(seed + 1)
    wrt, of = floats(graph.inputs, fixed), floats(graph.outputs)
    if not wrt or not of:
        return
    w = [rng.uniform(-1, 1, graph.outputs[i].shape) for i in of]
    v = [rng.uniform(-1, 1, np.shape(args[i])) for i in wrt]
    check_first(adjoint(graph, wrt, of), [*args, *w], seed, tolerance, fixed)
    check_first(tangent(graph, wrt), [*args, *v], seed, tolerance, fixed)
