"""Every op of the table: type rule, reference, derivatives to second order, text."""

from __future__ import annotations

import numpy as np
import pytest
from derivatives import check_first, check_second, floats, run
from samples import SAMPLES, STRUCTURAL, Sample

from adjit.ir.errors import IRError
from adjit.ir.graph import Block
from adjit.ir.interpret import interpret
from adjit.ir.op import OPS, Op
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.types import DTYPE_NAMES, F32, ArrayType
from adjit.ir.verify import verify

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=repr)
# Its derivative is not that of its reference: see test_adjoint.py.
each_true_sample = pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.op.name != "stop_gradient"], ids=repr
)
POINTWISE = [op for op in OPS.values() if op.kind == "pointwise"]


def test_no_op_of_the_table_is_left_out() -> None:
    # What has regions has tests of its own: test_control.py, test_custom.py.
    control = {"loop", "cond", "get", "dim", "index", "empty", "custom_vjp", "custom_jvp"}
    # Complex numbers are split before derivatives are taken: test_split.py.
    control |= {"real", "imag", "complex"}
    covered = {sample.op.name for sample in SAMPLES} | {"input"} | control
    # Tests of other modules may enter ops of their own, named so.
    assert {name for name in OPS if not name.startswith("test_")} == covered
    assert set(STRUCTURAL) <= set(OPS)


@each_sample
def test_the_type_rule_agrees_with_numpy(sample: Sample) -> None:
    value = sample.graph.values[-1]
    raw = np.asarray(sample.op.reference(*sample.args, **dict(value.attrs)))
    assert (raw.dtype, raw.shape) == (value.dtype, value.shape)
    verify(sample.graph)


@pytest.mark.parametrize("op", POINTWISE, ids=repr)
def test_the_type_rule_agrees_with_numpy_for_every_dtype(op: Op) -> None:
    accepted = 0
    for dtype in DTYPE_NAMES.values():
        args = [np.ones(2, dtype) for _ in op.partials]
        if op.name == "where":
            args[0] = np.array([True, False])
        if op.name == "ldexp":
            args[1] = np.array([1, -1])
        block = Block()
        with block:
            inputs = [block.input("x", ArrayType(a.dtype, a.shape)) for a in args]
            try:
                y = op(*inputs)
            except IRError:
                continue
        accepted += 1
        raw = np.asarray(op.reference(*args))
        assert (raw.dtype, raw.shape) == (y.dtype, y.shape)
    assert accepted


@each_true_sample
def test_first_derivatives(sample: Sample) -> None:
    assert check_first(sample.graph, sample.args, fixed=sample.fixed)


@each_true_sample
def test_second_derivatives(sample: Sample) -> None:
    check_second(sample.graph, sample.args, fixed=sample.fixed)


@each_sample
def test_simplified_derivatives_are_the_same(sample: Sample) -> None:
    wrt, of = sample.wrt, floats(sample.graph.outputs)
    if not wrt or not of:
        return
    graph = adjoint(sample.graph, wrt, of, unit=True)
    plain, simple = run(graph, sample.args), run(verify(simplify(graph)), sample.args)
    for expected, found in zip(plain, simple, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-300)


@each_sample
def test_single_precision_stays_single(sample: Sample) -> None:
    if not floats(sample.graph.inputs) or "dtype" in dict(sample.graph.values[-1].attrs):
        return
    single = sample.single()
    wrt, of = single.wrt, floats(single.graph.outputs)
    seeds = [np.ones(single.graph.outputs[i].shape, F32) for i in of]
    graphs = [(single.graph, single.args)]
    graphs.append((tangent(single.graph, wrt), [*single.args, *[single.args[i] for i in wrt]]))
    graphs.append((adjoint(single.graph, wrt, of), [*single.args, *seeds]))
    for graph, args in graphs:
        verify(graph)
        assert all(v.dtype == F32 or v.dtype.kind != "f" for v in graph.values)
        raw = [
            np.asarray(v.op.reference(*args, **dict(v.attrs)))
            for v in graph.values
            if v.args == graph.inputs
        ]
        assert all(r.dtype.itemsize <= 4 or r.dtype.kind != "f" for r in raw)
        found = interpret(graph, args)
        assert all(
            np.asarray(y).dtype == v.dtype for y, v in zip(found, graph.outputs, strict=True)
        )


@each_sample
def test_text_round_trip(sample: Sample) -> None:
    wrt, of = sample.wrt, floats(sample.graph.outputs)
    graphs = [sample.graph, adjoint(sample.graph, wrt, of), tangent(sample.graph, wrt)]
    for graph in graphs:
        text = print_graph(graph)
        assert print_graph(verify(parse_graph(text))) == text
