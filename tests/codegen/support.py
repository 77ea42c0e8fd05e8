"""Small helpers for the tests of code generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from adjit.codegen.compile import compile_schedule
from adjit.codegen.expand import expand
from adjit.codegen.native import Native
from adjit.codegen.plan import plan
from adjit.codegen.schedule import Schedule
from adjit.codegen.tree import merge
from adjit.ir import ops
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.interpret import interpret
from adjit.ir.passes.simplify import simplify
from adjit.ir.types import F64, Affine, ArrayType, Dim, Symbol


def graph(arrays: Sequence[np.ndarray], build: Callable[..., Sequence[Value]]) -> Graph:
    """The Graph of ``build`` applied to inputs of the types of ``arrays``."""
    with Block() as block:
        inputs = [block.input(f"x{n}", ArrayType(x.dtype, x.shape)) for n, x in enumerate(arrays)]
        return block.graph(build(*inputs))


def _keys(path: Graph) -> list[str]:
    return [value.attr("name") for value in path.inputs]


def schedule(*paths: Graph) -> Schedule:
    graphs = [simplify(expand(path)) for path in paths]
    return plan(merge(graphs, [_keys(path) for path in paths]))


def native(*paths: Graph) -> Native:
    return _loaded(schedule(*paths))


def _loaded(planned: Schedule) -> Native:
    return Native(compile_schedule(planned), len(planned.program.inputs))


def agree(program: Graph, arrays: Sequence[np.ndarray], prepare: bool = True) -> Schedule:
    """Compares native code with the interpreter; ``prepare``: simplified first, as users get it."""
    before = [np.array(x) for x in arrays]
    with np.errstate(all="ignore"):
        expected = interpret(program, before)
    planned = schedule(program) if prepare else plan(merge([expand(program)], [_keys(program)]))
    machine = _loaded(planned)
    _, found = machine([np.ascontiguousarray(x).reshape(np.shape(x)) for x in arrays])
    for y, wanted in zip(found, expected, strict=True):
        assert y.dtype == wanted.dtype
        assert y.shape == wanted.shape
        tolerance = 1e-9 if y.dtype != np.float32 else 1e-4
        np.testing.assert_allclose(y, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)
    for x, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, old)
    return planned


# --- building loops -------------------------------------------------------------------------

Step = Callable[..., Sequence[Value]]


def repeat(
    trip: Value | Dim,
    carried: Sequence[Value],
    invariant: Sequence[Value],
    step: Step,
    name: str = "i",
    high: Dim | None = None,
    go: Value | None = None,
    reverse: bool = False,
) -> list[Value]:
    """A loop over ``step(index, *inputs)``, which returns the outputs of the body."""
    if not isinstance(trip, Value):
        trip, high = ops.dim(value=trip), trip - 1
    symbol = Symbol(name, 0, high)
    with Block() as block:
        inputs = [block.input(f"v{n}", v.type) for n, v in enumerate([*carried, *invariant])]
        body = block.graph(step(Affine(0, ((symbol, 1),)), *inputs))
    return ops.loop(trip, go, carried, invariant, body, symbol, reverse)


def either(c: Value, args: Sequence[Value], then: Step, other: Step) -> list[Value]:
    arms = []
    for step in (then, other):
        with Block() as block:
            inputs = [block.input(f"v{n}", v.type) for n, v in enumerate(args)]
            arms.append(block.graph(step(*inputs)))
    return ops.cond(c, args, *arms)


def at(x: Value, *index: Dim) -> Value:
    one = (1,) * len(index)
    return ops.reshape(ops.slice_(x, start=index, step=one, size=one), shape=())


def put(x: Value, v: Value, *index: Dim) -> Value:
    one = (1,) * len(index)
    return ops.update(x, ops.reshape(v, shape=one), start=index, step=one)


def part(x: Value, start: Dim, size: Dim) -> Value:
    return ops.slice_(x, start=(start,), step=(1,), size=(size,))


def zeros(*shape: int) -> Value:
    return ops.zeros(ArrayType(F64, shape))
