"""Before/after tests of `adjoint`, and the conventions: ties, zeros, stop_gradient.

Branches not taken and elements not read: `test_masks.py`. Numbers: `test_ops.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from derivatives import build, check_first, check_second, gradient

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Graph, Value
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.types import F64
from adjit.ir.verify import verify

V = np.array([0.5, 1.5, 2.5])
INF, NAN = np.inf, np.nan


def lines(graph: Graph) -> list[str]:
    return [line.strip() for line in str(verify(simplify(verify(graph)))).splitlines()[:-1]]


def test_a_sum_of_squares() -> None:
    graph = adjoint(build([V], lambda x: ops.sum_(x * x, axes=(0,))), [0], [0], unit=True)
    assert lines(graph) == [
        "graph(%0 x0: f64[3]) {",
        "%1 = mul(%0, %0) : f64[3]",
        "%2 = sum(%1; axes=(0,)) : f64[]",
        "%3 = add(%0, %0) : f64[3]",
        "return %2, %3",
    ]


def test_seeds_are_inputs() -> None:
    graph = adjoint(build([V, V], lambda x, z: [ops.sin(x), x * z]), [1], [1])
    assert lines(graph) == [
        "graph(%0 x0: f64[3], %1 x1: f64[3], %2 g1: f64[3]) {",
        "%3 = sin(%0) : f64[3]",
        "%4 = mul(%0, %1) : f64[3]",
        "%5 = mul(%2, %0) : f64[3]",
        "return %3, %4, %5",
    ]


def test_plain_slices_cost_no_selects() -> None:
    def function(x: Value) -> Value:
        y = ops.sin(x) * 3.0
        left = ops.slice_(y, start=(0,), step=(1,), size=(2,))
        right = ops.slice_(y, start=(1,), step=(1,), size=(2,))
        return ops.sum_(left * right, axes=(0,))

    text = "\n".join(lines(adjoint(build([V], function), [0], [0], unit=True)))
    assert "where" not in text
    assert "bool" not in text
    assert text.count("accumulate") == 2


def test_what_does_not_depend_has_zero_gradient() -> None:
    graph = build([V, V], lambda x, z: ops.exp(x))
    np.testing.assert_array_equal(gradient(graph, [V, V], [1])[0], np.zeros(3))


def test_an_input_listed_twice_has_its_gradient_twice() -> None:
    graph = build([V], lambda x: ops.sum_(x * x, axes=(0,)))
    first, second = gradient(graph, [V], (0, 0))
    np.testing.assert_array_equal(first, second)


def test_an_output_may_be_an_input() -> None:
    graph = build([V], lambda x: [x, x * 2.0])
    derived = adjoint(graph, [0], [0, 1])
    np.testing.assert_array_equal(interpret(derived, [V, V, V])[2], V * 3)


def test_stop_gradient() -> None:
    graph = build([V], lambda x: ops.stop_gradient(x) * x)
    np.testing.assert_array_equal(gradient(graph, [V])[0], V)
    np.testing.assert_array_equal(interpret(tangent(graph, [0]), [V, np.ones(3)])[1], V)
    second = adjoint(adjoint(graph, [0], [0], unit=True), [0], [1], unit=True)
    np.testing.assert_array_equal(interpret(second, [V])[-1], np.zeros(3))


def test_other_dtypes_are_errors() -> None:
    graph = build([np.arange(3), V], lambda n, x: [ops.cast(n, dtype=F64) * x, n])
    with pytest.raises(IRError, match="input x0 has dtype int64"):
        adjoint(graph, [0], [0])
    with pytest.raises(IRError, match="output 1 has dtype int64"):
        adjoint(graph, [1], [1])


# --- awkward points -------------------------------------------------------------------------


def derivatives(function: Callable[..., Any], *at: float) -> list[float]:
    args = [np.float64(x) for x in at]
    graph = build(args, function)
    found = gradient(graph, args, range(len(at)))
    for i in range(len(at)):
        seeds = [np.float64(i == j) for j in range(len(at))]
        forward = interpret(tangent(graph, range(len(at))), [*args, *seeds])[1]
        if np.all(np.isfinite(found)):  # a tangent of zero along an infinite slope is NaN
            np.testing.assert_allclose(forward, found[i], rtol=1e-15)
    return [float(g) for g in found]


def hessian(function: Callable[..., Any], *at: float) -> np.ndarray:
    """Second derivatives, which all compositions of adjoint and tangent must agree on."""
    args = [np.float64(x) for x in at]
    count = range(len(at))
    graph = build(args, function)
    first = adjoint(graph, count, [0], unit=True)
    reverse = np.array(
        [interpret(adjoint(first, count, [1 + i], unit=True), args)[-len(at) :] for i in count]
    )
    forward = np.array(
        [
            interpret(tangent(first, count), [*args, *[np.float64(i == j) for j in count]])[
                -len(at) :
            ]
            for i in count
        ]
    )
    np.testing.assert_allclose(forward, reverse.T, rtol=1e-13, atol=1e-300)
    return reverse


@pytest.mark.parametrize(
    ("op", "at", "expected"),
    [
        (ops.abs_, (0.0,), [0.0]),
        (ops.abs_, (-0.0,), [0.0]),
        (ops.abs_, (-INF,), [-1.0]),
        (ops.hypot, (0.0, 0.0), [0.0, 0.0]),
        (ops.hypot, (0.0, -2.0), [0.0, -1.0]),
        (ops.maximum, (1.0, 1.0), [0.5, 0.5]),
        (ops.maximum, (0.0, -0.0), [0.5, 0.5]),
        (ops.maximum, (NAN, 1.0), [1.0, 0.0]),
        (ops.minimum, (1.0, NAN), [0.0, 1.0]),
        (ops.minimum, (1.0, 1.0), [0.5, 0.5]),
        (ops.fmax, (NAN, 1.0), [0.0, 1.0]),
        (ops.fmin, (1.0, NAN), [1.0, 0.0]),
        (ops.fmax, (INF, INF), [0.5, 0.5]),
        (ops.logaddexp, (INF, INF), [0.5, 0.5]),
        (ops.logaddexp, (-INF, -INF), [0.5, 0.5]),
        (ops.logaddexp, (-INF, 3.0), [0.0, 1.0]),
        (ops.logaddexp, (INF, 3.0), [1.0, 0.0]),
        (ops.logaddexp, (0.0, 800.0), [0.0, 1.0]),
        (ops.mod, (-5.5, 2.0), [1.0, 3.0]),
        (ops.mod, (5.5, -2.0), [1.0, 3.0]),
        (ops.fmod, (-5.5, 2.0), [1.0, 2.0]),
        (ops.fmod, (5.5, -2.0), [1.0, 2.0]),
        (ops.pow_, (0.0, 0.0), [0.0, 0.0]),
        (ops.pow_, (0.0, 1.0), [1.0, 0.0]),
        (ops.pow_, (0.0, 2.0), [0.0, 0.0]),
        (ops.pow_, (0.0, 0.5), [INF, 0.0]),
        (ops.pow_, (3.0, 0.0), [0.0, np.log(3.0)]),
        (ops.sqrt, (0.0,), [INF]),
        (ops.copysign, (-3.0, 2.0), [-1.0, 0.0]),
        (ops.copysign, (3.0, -0.0), [-1.0, 0.0]),
    ],
)
def test_conventions(op: Any, at: tuple[float, ...], expected: list[float]) -> None:
    np.testing.assert_allclose(derivatives(op, *at), expected, rtol=1e-15)


def test_the_remainder_counts_exactly_where_the_quotient_rounds_up() -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(0.1, 1.0, 2000)
    n = rng.integers(3, 1000, 2000)
    x = np.nextafter(n * z, 0.0)
    graph = build([x, z], ops.fmod)
    rows = np.round((x - np.fmod(x, z)) / z)
    assert np.any(np.trunc(x / z) != rows), "no case where the quotient rounds up"
    np.testing.assert_array_equal(gradient(graph, [x, z], [1])[0], -rows)


@pytest.mark.parametrize(
    ("op", "at", "expected"),
    [
        (ops.pow_, (0.0, 2.0), [[2.0, 0.0], [0.0, 0.0]]),
        (ops.pow_, (0.0, 3.0), [[0.0, 0.0], [0.0, 0.0]]),
        (ops.pow_, (3.0, 0.0), [[0.0, 1 / 3], [1 / 3, np.log(3.0) ** 2]]),
        (ops.pow_, (3.0, 1.0), [[0.0, 1 + np.log(3)], [1 + np.log(3), 3 * np.log(3) ** 2]]),
        (
            ops.pow_,
            (3.0, 2.0),
            [[2.0, 3 + 6 * np.log(3)], [3 + 6 * np.log(3), 9 * np.log(3) ** 2]],
        ),
        (ops.abs_, (0.0,), [[0.0]]),
        (ops.maximum, (1.0, 1.0), [[0.0, 0.0], [0.0, 0.0]]),
        (ops.logaddexp, (0.0, 800.0), [[0.0, 0.0], [0.0, 0.0]]),
        (ops.logaddexp, (800.0, 0.0), [[0.0, 0.0], [0.0, 0.0]]),
        (ops.logaddexp, (1.0, 1.0), [[0.25, -0.25], [-0.25, 0.25]]),
        (ops.hypot, (3.0, 4.0), [[16 / 125, -12 / 125], [-12 / 125, 9 / 125]]),
        (lambda x: x * x * x, (0.0,), [[0.0]]),
        (lambda x: ops.pow_(x, 1.0), (0.0,), [[0.0]]),
        (lambda x: ops.pow_(x, 2.0), (0.0,), [[2.0]]),
        (lambda x: ops.pow_(x, 0.0), (0.0,), [[0.0]]),
    ],
)
def test_second_derivatives_at_awkward_points(
    op: Any, at: tuple[float, ...], expected: list[list[float]]
) -> None:
    np.testing.assert_allclose(hessian(op, *at), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 4)])
@pytest.mark.parametrize("size", [5, 6])
def test_products_with_zeros(zeros: tuple[int, ...], size: int) -> None:
    x = np.linspace(-1.5, 1.7, size)
    x[list(zeros)] = 0.0
    graph = build([x], lambda x: ops.prod(x, axes=(0,)))
    assert check_first(graph, [x])
    check_second(graph, [x])
    third = adjoint(adjoint(graph, [0], [0]), [0], [1])
    check_second(third, [x, np.float64(1.3), np.cos(x)])


@pytest.mark.parametrize("op", [ops.max_, ops.min_])
def test_extrema(op: Any) -> None:
    x = np.array([[1.0, 1.0, 1.0], [1.0, NAN, 1.0], [INF, INF, 0.0], [-INF, 2.0, -INF]])
    with np.errstate(all="ignore"):
        (g,) = gradient(build([x], lambda x: op(x, axes=(1,))), [x])
    half, third = [0.5, 0.5, 0.0], [1 / 3] * 3
    high = [half, [0.0, 1.0, 0.0]] if op is ops.max_ else [[0, 0, 1.0], [0.5, 0.0, 0.5]]
    np.testing.assert_array_equal(g, [third, [0.0, 1.0, 0.0], *high])
