"""Before/after tests of `split`: a Graph computes the same on pairs of real numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import build, check_first, check_second
from samples import SAMPLES, Sample

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph
from adjit.ir.interpret import interpret
from adjit.ir.op import OPS
from adjit.ir.ops.control import cond, loop
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.split import part_of, split
from adjit.ir.passes.tangent import tangent
from adjit.ir.text import parse_graph, print_graph
from adjit.ir.types import C64, C128, F64, I64, ArrayType, Symbol
from adjit.ir.verify import verify

ELEMENTARY = [
    "sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
]  # fmt: skip


def packed(x: Any) -> np.ndarray:
    x = np.asarray(x)
    return np.stack([x.real, x.imag], -1) if x.dtype.kind == "c" else x


def compare(graph: Graph, args: list[Any], ulps: float = 8.0) -> Graph:
    """Asserts that a Graph computes the same before and after; the Graph afterwards."""
    verify(graph)
    assert print_graph(parse_graph(print_graph(graph))) == print_graph(graph)
    after = verify(split(graph))
    assert not any(v.type.is_complex for v in (*after.inputs, *after.values))
    wanted = interpret(graph, args)
    for one in (after, verify(simplify(after))):
        found = interpret(one, [packed(x) for x in args])
        for x, y in zip(wanted, found, strict=True):
            assert y.dtype == x.real.dtype
            complex_ = np.ascontiguousarray(y).view(x.dtype)[..., 0] if x.dtype.kind == "c" else y
            if x.dtype.kind in "fc":
                limit = ulps * np.finfo(x.dtype).eps
                np.testing.assert_allclose(complex_, x, rtol=limit, atol=limit)
            else:
                np.testing.assert_array_equal(complex_, x)
    return after


def numbers(shape: tuple[int, ...], seed: int, dtype: np.dtype = C128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)


def test_a_product():
    z = np.array([1 + 2j, 3 - 1j])
    after = simplify(split(build([z], lambda x: ops.mul(x, x))))
    assert [line.strip().split(" :")[0] for line in str(after).splitlines()[1:-2]] == [
        "%1 = slice(%0; size=(2, 1), start=(0, 0), step=(1, 1))",
        "%2 = reshape(%1; shape=(2,))",
        "%3 = slice(%0; size=(2, 1), start=(0, 1), step=(1, 1))",
        "%4 = reshape(%3; shape=(2,))",
        "%5 = mul(%2, %2)",
        "%6 = mul(%4, %4)",
        "%7 = sub(%5, %6)",
        "%8 = mul(%2, %4)",
        "%9 = mul(%4, %2)",
        "%10 = add(%8, %9)",
        "%11 = const(value=f64:0.0)",
        "%12 = broadcast(%11; shape=(2, 2))",
        "%13 = reshape(%7; shape=(2, 1))",
        "%14 = update(%12, %13; start=(0, 0), step=(1, 1))",
        "%15 = reshape(%10; shape=(2, 1))",
        "%16 = update(%14, %15; start=(0, 1), step=(1, 1))",
    ]


def test_what_is_real_stays():
    graph = build([np.ones(2)], ops.sin)
    assert split(graph) is graph


def _of_complex(sample: Sample, dtype: np.dtype) -> tuple[Graph, list[Any]] | None:
    """The sample with complex numbers for its floats; None where its op takes none."""
    if not any(a.dtype == F64 for a in sample.args):
        return None
    args = [numbers(a.shape, n, dtype) if a.dtype == F64 else a for n, a in enumerate(sample.args)]
    value = sample.graph.values[-1]
    if any(isinstance(item, np.dtype) for _, item in value.attrs):
        return None
    try:
        return build(args, lambda *xs: value.op(*xs, **dict(value.attrs))), args
    except IRError:
        return None


CASES = [
    pytest.param(*found, id=f"{sample}-{dtype}")
    for dtype in (C128, C64)
    for sample in SAMPLES
    if (found := _of_complex(sample, dtype)) is not None
]


@pytest.mark.parametrize(("graph", "args"), CASES)
def test_every_op_that_takes_complex_numbers(graph: Graph, args: list[Any]) -> None:
    compare(graph, args, ulps=32.0)


def test_the_cases_are_many():
    names = {case.values[0].values[-1].op.name for case in CASES}  # type: ignore[attr-defined]
    assert names >= {*ELEMENTARY, "mul", "div", "pow", "sum", "prod", "contract", "slice"}


@pytest.mark.parametrize(
    "exponent", [0, 1, 2, -1, 5, -3, 0.5, 101, 1 + 2j, [0, 1, 2, -2], [0, 0.5]]
)
def test_powers(exponent: Any) -> None:
    z = np.array(exponent, C128)
    x = numbers((3, 1), 0)
    compare(build([x], lambda v: ops.pow_(v, ops.const(z))), [x], ulps=200.0)
    compare(build([x, z], ops.pow_), [x, z], ulps=200.0)


def test_powers_of_zero():
    x, z = np.zeros(4, C128), np.array([0, 2, 1 + 1j, -1], C128)
    with np.errstate(all="ignore"):
        compare(build([x, z], ops.pow_), [x, z])


@pytest.mark.parametrize(
    "function",
    [
        lambda x, z: ops.where(ops.gt(ops.real(x), 0.0), x, z),
        lambda x, z: ops.cast(x, dtype=C64),
        lambda x, z: ops.cast(ops.real(x), dtype=C128),
        lambda x, z: ops.cast(x, dtype=np.dtype(bool)),
        lambda x, z: ops.complex_(ops.imag(x), ops.real(z)),
        lambda x, z: ops.const(np.array([[1 - 0j, complex(-0.0, np.inf)]])),
        lambda x, z: ops.zeros(ArrayType(C128, (0, 2))),
        lambda x, z: ops.prod(ops.broadcast(x, shape=(5, 3)), axes=(0, 1)),
    ],
)
def test_more(function: Callable[..., Any]) -> None:
    args = [numbers((3,), 1), numbers((3,), 2)]
    compare(build(args, function), args)


def test_a_cast_loses_no_imaginary_parts():
    with pytest.raises(IRError, match="would lose imaginary parts"):
        build([numbers((3,), 1)], lambda x: ops.cast(x, dtype=F64))


def test_what_has_no_rule_is_an_error():
    with pytest.raises(IRError, match="have no order"):
        build([numbers((3,), 1)], lambda x: ops.max_(x, axes=(0,)))
    with pytest.raises(IRError, match="not defined for complex128"):
        build([numbers((3,), 1)], lambda x: ops.lt(x, x))


def test_derivatives_are_taken_of_parts_only():
    graph = build([numbers((3,), 1)], ops.sin)
    for derivative in (lambda: tangent(graph, [0]), lambda: adjoint(graph, [0], [0])):
        with pytest.raises(IRError, match="split"):
            derivative()


# --- control flow -----------------------------------------------------------------------------


def _region(function: Callable[..., Any], *types: ArrayType) -> Graph:
    block = Block()
    with block:
        outputs = function(*[block.input(f"r{n}", type) for n, type in enumerate(types)])
    return block.graph(outputs)


def test_a_loop_carries_parts():
    z, number = ArrayType(C128, ()), ArrayType(F64, ())
    body = _region(lambda x, n, c: [x * x + c, n + ops.real(x)], z, number, z)

    def function(c: Any) -> Any:
        trip, symbol = ops.const(4, I64), Symbol("i0", 0, 3)
        return loop(trip, None, [c, ops.real(c)], [c], body, symbol)

    args = [np.array(0.3 - 0.4j)]
    compare(build(args, function), args)


def test_a_branch_returns_parts():
    z = ArrayType(C128, ())
    then, other = _region(lambda x: [ops.exp(x)], z), _region(lambda x: [x * x], z)

    def function(x: Any) -> Any:
        return cond(ops.gt(ops.real(x), 0.0), [x], then, other)

    for x in (0.5 + 1j, -0.5 + 1j):
        compare(build([np.array(x)], function), [np.array(x)])


# --- random programs ---------------------------------------------------------------------------

_UNARY = [
    ops.sin,
    ops.exp,
    ops.tanh,
    ops.sqrt,
    ops.neg,
    lambda x: ops.cast(ops.imag(x), dtype=C128),
]
_BINARY = [ops.add, ops.sub, ops.mul, ops.div]


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    args = [numbers((2, 3), 2 * seed), numbers((3,), 2 * seed + 1)]

    def program(*inputs: Any) -> Any:
        values = list(inputs)
        for _ in range(8):
            picked = [values[rng.integers(len(values))] for _ in range(2)]
            if rng.random() < 0.4:
                values.append(_UNARY[rng.integers(len(_UNARY))](picked[0]))
            else:
                values.append(_BINARY[rng.integers(len(_BINARY))](*picked))
        return [values[-1], ops.sum_(values[-2], axes=(0,))]

    with np.errstate(all="ignore"):
        after = compare(build(args, program), args, ulps=1e6)
        check_first(simplify(after), [packed(x) for x in args], tolerance=1e-5)


# --- values and derivatives at awkward places -----------------------------------------------------


def awkward(dtype: np.dtype) -> np.ndarray:
    """Zeros of both signs, the axes, diagonals, branch points and cuts, small and large numbers."""
    parts = np.array([0.0, -0.0, 1, -1, 0.5, -0.5, 2, -3, 1e-8, 30])
    z = np.empty((len(parts), len(parts)), dtype)
    z.real, z.imag = parts[:, None], parts[None, :]
    return z.ravel()


@pytest.mark.parametrize("dtype", [C128, C64], ids=str)
@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions_agree_with_numpy(name: str, dtype: np.dtype) -> None:
    x = awkward(dtype)
    graph = build([x], OPS[name])
    with np.errstate(all="ignore"):
        (wanted,) = interpret(graph, [x])
        (found,) = interpret(split(graph), [packed(x)])
        y = found[:, 0] + 1j * found[:, 1]
        near = np.abs(y - wanted) <= 8 * np.finfo(dtype).eps * np.abs(wanted)
    same = (found[:, 0] == wanted.real) & (found[:, 1] == wanted.imag)
    for part, number in ((0, wanted.real), (1, wanted.imag)):  # the side of a cut
        zero = number == 0
        assert np.all(np.signbit(found[zero, part]) == np.signbit(number[zero]))
    assert np.all(near | same | np.isnan(wanted)), x[~(near | same | np.isnan(wanted))]


DERIVATIVES: dict[str, Callable[[Any], Any]] = {
    "sqrt": lambda z: 0.5 / np.sqrt(z),
    "exp": np.exp,
    "exp2": lambda z: np.log(2) * np.exp2(z),
    "expm1": np.exp,
    "log": lambda z: 1 / z,
    "log2": lambda z: 1 / z / np.log(2),
    "log10": lambda z: 1 / z / np.log(10),
    "log1p": lambda z: 1 / (1 + z),
    "sin": np.cos,
    "cos": lambda z: -np.sin(z),
    "tan": lambda z: 1 / np.cos(z) ** 2,
    "sinh": np.cosh,
    "cosh": np.sinh,
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "asin": lambda z: 1 / (np.sqrt(1 - z) * np.sqrt(1 + z)),
    "acos": lambda z: -1 / (np.sqrt(1 - z) * np.sqrt(1 + z)),
    "atan": lambda z: 1 / ((1 + 1j * z) * (1 - 1j * z)),
    "asinh": lambda z: 1 / (np.sqrt(1 - 1j * z) * np.sqrt(1 + 1j * z)),
    "acosh": lambda z: 1 / (np.sqrt(z - 1) * np.sqrt(z + 1)),
    "atanh": lambda z: 1 / ((1 - z) * (1 + z)),
}


def _real_part(graph: Graph) -> Graph:
    block = Block(graph.inputs, graph.values)
    with block:
        part = part_of(graph.outputs[-1], 0)
    return block.graph([part])


@pytest.mark.parametrize("name", ELEMENTARY)
def test_derivatives_of_elementary_functions(name: str) -> None:
    """Also where formulas have choices; a derivative that does not exist is no number."""
    x = awkward(C128)
    graph = simplify(split(build([x], OPS[name])))
    with np.errstate(all="ignore"):
        found = interpret(adjoint(_real_part(graph), [0], [0], unit=True), [packed(x)])[1]
        y = found[:, 0] - 1j * found[:, 1]
        wanted = DERIVATIVES[name](x)
        near = np.abs(y - wanted) <= 1e-12 * (np.abs(wanted) + 1e-3)
        # On a cut the sign of zero says from which side; NumPy's 1 - z forgets it.
        near |= np.abs(y + wanted) <= 1e-12 * np.abs(wanted) * (x.real * x.imag == 0)
    exists = np.isfinite(wanted)
    assert np.all(near[exists]), x[exists & ~near]
    assert not np.any(np.isfinite(y[~exists])), x[~exists]


@pytest.mark.parametrize("name", ["sqrt", "log", "asin", "acosh", "atan", "tanh", "div", "pow"])
def test_second_derivatives(name: str) -> None:
    op = OPS[name]
    args = [numbers((4,), 3 + n) for n in range(len(op.partials))]
    graph = simplify(split(build(args, op)))
    check_second(graph, [packed(x) for x in args], tolerance=1e-6)


@pytest.mark.parametrize("name", [*ELEMENTARY, "reciprocal", "pow", "abs"])
def test_what_is_not_chosen_has_no_derivative(name: str) -> None:
    """Wherever it is: poles, branch points, infinities."""
    x = np.concatenate([awkward(C128), np.array([np.inf, np.nan, complex(0, np.inf), 1e200])])

    def function(z: Any) -> Any:
        if name == "reciprocal":
            y = 1.0 / z
        elif name == "pow":
            y = ops.pow_(z, z)
        elif name == "abs":
            y = ops.cast(ops.hypot(ops.real(z), ops.imag(z)), dtype=C128)
        else:
            y = OPS[name](z)
        never = ops.ne(ops.real(z), ops.real(z))
        return ops.where(ops.logical_and(never, ops.eq(z, z)), y, z)

    graph = simplify(split(build([x], function)))
    with np.errstate(all="ignore"):
        found = interpret(adjoint(_real_part(graph), [0], [0], unit=True), [packed(x)])[1]
    np.testing.assert_array_equal(found, np.broadcast_to([1.0, 0.0], found.shape))
