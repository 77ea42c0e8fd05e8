"""What was not taken by a `where`, or not read, never makes a derivative NaN.

Every case is differentiated twice, in all compositions, at points where the part that does not
count is infinite or NaN, and compared with the same function written without that part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from derivatives import build, gradient

from adjit.ir import ops
from adjit.ir.graph import Graph, Value
from adjit.ir.interpret import interpret
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent
from adjit.ir.verify import verify

X = np.array([0.0, 4.0, -1.0, 9.0])
POSITIVE = np.array([0.0, 1.0, 0.0, 1.0])
W = np.array([1.0, -2.0, 0.5, 3.0])


def positive(x: Value) -> Value:
    return ops.gt(x, 0.0)


def total(x: Value) -> Value:
    return ops.sum_(x, axes=tuple(range(len(x.shape))))


def rest(x: Value, start: int = 1) -> Value:
    return ops.slice_(x, start=(start,), step=(1,), size=(x.shape[0] - start,))


def outer(x: Value, z: Value) -> Value:
    return ops.contract(x, z, spec="a,b->ab")


def spread(x: Value) -> Value:
    return ops.broadcast(ops.reshape(x, shape=(4, 1)), shape=(4, 3))


def settle(x: Value) -> Value:
    """Linear ops, behind which a mask is told apart from a plain zero only by care."""
    return ops.transpose(ops.reshape(x, shape=(2, 2)), perm=(1, 0))


def through_a_product(x: Value) -> Value:
    inverse = 1.0 / x
    product = inverse * (inverse * 2.0)
    return ops.where(positive(x), product, 0.0)


def region_and_branch(x: Value) -> Value:
    """One value read by a slice and taken by a where: neither covers its first element."""
    y = ops.sin(1.0 / x) * (1.0 / x)
    return total(rest(y, 3)) + total(ops.where(positive(x), y, 0.0))


def branch_then_region(x: Value) -> Value:
    y = (1.0 / x) * ops.log(x)
    tail = rest(y)
    return total(ops.where(positive(rest(x)), tail, 0.0))


def updated_branch(x: Value) -> Value:
    y = (1.0 / x) * ops.sqrt(x)
    z = ops.update(y, ops.const(np.ones(1)), start=(1,), step=(1,))
    return total(ops.where(positive(x), z, 0.0))


def dot_not_taken(x: Value) -> Value:
    dot = ops.contract(1.0 / x, ops.sqrt(x), spec="a,a->")
    return ops.where(ops.gt(total(x), 1e3), dot, 0.0) + total(x * x)


def rows_not_taken(x: Value) -> Value:
    matrix = outer(1.0 / x, ops.const(np.arange(1.0, 4.0)))
    small = ops.contract(matrix, ops.const(np.eye(3)[:, :2]), spec="ab,bc->ac")
    wide = ops.broadcast(ops.reshape(positive(x), shape=(4, 1)), shape=(4, 2))
    return total(ops.where(wide, small, 0.0))


def other_argument_of_rows_not_taken(x: Value) -> Value:
    weights = ops.slice_(x * x, start=(0,), step=(1,), size=(3,))
    matrix = outer(1.0 / x, ops.const(np.arange(1.0, 4.0)))
    y = ops.contract(matrix, weights, spec="ab,b->a")
    return total(ops.where(positive(x), y, 0.0))


def product_not_taken(x: Value) -> Value:
    rows = ops.prod(spread(1.0 / x), axes=(1,))
    return total(ops.where(positive(x), rows, 0.0))


def maximum_not_taken(x: Value) -> Value:
    rows = ops.max_(spread(ops.log(x)) * ops.const(np.arange(1.0, 4.0)), axes=(1,))
    return total(ops.where(positive(x), rows, 0.0))


def settled_product(x: Value) -> Value:
    y = settle((1.0 / x) * ops.log(x))
    return total(ops.where(settle(positive(x)), y, 0.0))


def scalar_branch(x: Value) -> Value:
    first = ops.reshape(ops.slice_(x, start=(0,), step=(1,), size=(1,)), shape=())
    y = ops.where(ops.gt(first, 0.0), ops.sqrt(first) / first, first)
    return y * total(x)


def nested_branches(x: Value) -> Value:
    inner = ops.where(ops.gt(x, 5.0), ops.log(x), ops.sqrt(x) * (1.0 / x))
    return total(ops.where(positive(x), inner, x * x))


def both_ways(x: Value) -> Value:
    return total(ops.where(positive(x), ops.log(x), ops.sqrt(-x) * x * ops.sqrt(-x)))


def fallback_through_maximum(x: Value) -> Value:
    y = ops.maximum(ops.sqrt(x) * (1.0 / x), 0.01)
    return total(ops.where(positive(x), y, 0.0))


def overflow(x: Value) -> Value:
    y = ops.exp(x * -1000.0) * 1e300 * x
    return total(ops.where(positive(x), y, x))


WHERE: dict[str, tuple[Callable[[Value], Value], Callable[[np.ndarray], np.ndarray]]] = {
    "sqrt": (
        lambda x: total(ops.where(positive(x), ops.sqrt(x), 0.0)),
        lambda x: 0.5 / np.sqrt(x),
    ),
    "log of sqrt": (
        lambda x: total(ops.where(positive(x), ops.log(ops.sqrt(x)), 1.0)),
        lambda x: 0.5 / x,
    ),
    "x log x": (
        lambda x: total(ops.where(positive(x), x * ops.log(x), 0.0)),
        lambda x: np.log(x) + 1,
    ),
    "product": (lambda x: total(through_a_product(x)), lambda x: -4.0 / x**3),
    "rows": (rows_not_taken, lambda x: -3.0 / x**2),
    "prod": (product_not_taken, lambda x: -3.0 / x**4),
    "max": (maximum_not_taken, lambda x: 3.0 / x),
    "settled": (settled_product, lambda x: (1 - np.log(x)) / x**2),
    "maximum": (fallback_through_maximum, lambda x: -0.5 * x**-1.5),
}


@pytest.mark.parametrize("name", WHERE)
def test_the_branch_not_taken_gives_zero(name: str) -> None:
    function, expected = WHERE[name]
    (g,) = gradient(build([X], function), [X])
    taken = X > 0
    np.testing.assert_array_equal(g[~taken], 0.0)
    np.testing.assert_allclose(g[taken], expected(X[taken]), rtol=1e-13)


EVERYWHERE_FINITE: dict[str, Callable[[Value], Value]] = {
    **{name: function for name, (function, _) in WHERE.items()},
    "region and branch": region_and_branch,
    "branch then region": branch_then_region,
    "updated": updated_branch,
    "dot": dot_not_taken,
    "other argument": other_argument_of_rows_not_taken,
    "scalar": scalar_branch,
    "nested": nested_branches,
    "overflow": overflow,
    "sqrt[1:]": lambda x: total(rest(ops.sqrt(x * x * x * x), 1)),
    "(x log x)[3:]": lambda x: total(rest(x * ops.log(x), 3)),
    "(1/x * 1/x)[3:]": lambda x: total(rest((1.0 / x) * (1.0 / x), 3)),
    "rows[3:]": lambda x: total(
        ops.slice_(outer(1.0 / x, x), start=(3, 3), step=(1, 1), size=(1, 1))
    ),
    "overwritten": lambda x: total(
        ops.update(ops.log(x) * x, ops.const(np.ones(3)), start=(0,), step=(1,))
    ),
    "sum of slices": lambda x: total(rest(ops.sqrt(x) * x, 3)) * total(rest(1.0 / x, 3)),
}


def compositions(graph: Graph, v: np.ndarray) -> dict[str, np.ndarray]:
    """The Hessian of the first output times ``v``, four times."""
    first = adjoint(graph, [0], [0], unit=True)
    along = tangent(graph, [0])
    second = {
        "tangent of adjoint": (tangent(first, [0]), [X, v], -1),
        "adjoint of adjoint": (adjoint(first, [0], [1]), [X, v], -1),
        "adjoint of tangent": (adjoint(along, [0], [1], unit=True), [X, v], -1),
    }
    found = {}
    for name, (derived, args, position) in second.items():
        found[name] = interpret(verify(derived), args)[position]
        simplified = interpret(verify(simplify(derived)), args)[position]
        np.testing.assert_allclose(simplified, found[name], rtol=1e-13, atol=1e-300)
    twice = tangent(along, [0])
    found["tangent of tangent"] = interpret(verify(twice), [X, v, W])[-1]
    return found


@pytest.mark.parametrize("name", EVERYWHERE_FINITE)
def test_first_and_second_derivatives_are_finite_and_agree(name: str) -> None:
    graph = build([X], EVERYWHERE_FINITE[name])
    (g,) = gradient(graph, [X])
    assert np.all(np.isfinite(g)), g
    t = interpret(tangent(graph, [0]), [X, W])[1]
    np.testing.assert_allclose(t, g @ W, rtol=1e-12)
    found = compositions(graph, W)
    expected = found["tangent of adjoint"]
    assert np.all(np.isfinite(expected)), found
    for other in ("adjoint of adjoint", "adjoint of tangent"):
        np.testing.assert_allclose(found[other], expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found["tangent of tangent"], expected @ W, rtol=1e-11, atol=1e-13)


def test_masked_data() -> None:
    """NaN marks missing data: the gradient by the model is that of the data there is."""
    data = np.array([1.0, np.nan, 3.0, np.nan])

    def loss(w: Value, d: Value) -> Value:
        error = (w * d) - d
        return total(ops.where(ops.isnan(d), 0.0, error * error))

    (g,) = gradient(build([W, data], loss), [W, data])
    np.testing.assert_array_equal(g, [2 * (W[0] - 1), 0.0, 2 * (W[2] * 3 - 3) * 3, 0.0])


def test_a_broadcast_branch() -> None:
    """A scalar's derivative behind a select by rows counts the rows taken."""
    scalar = np.float64(2.0)
    flags = np.array([True, False, True])
    graph = build(
        [scalar, flags], lambda x, c: total(ops.where(c, ops.log(x) * ops.const(np.ones(3)), x))
    )
    (g,) = gradient(graph, [scalar, flags])
    assert g == 2 / scalar + 1


def test_a_branch_that_nothing_takes_leaves_no_trace() -> None:
    """Scalar read by an array of branches: infinite, and taken nowhere."""
    scalar = np.float64(0.0)
    flags = np.zeros(3, bool)
    graph = build([scalar, flags], lambda x, c: total(ops.where(c, 1.0 / (x * x), x)))
    (g,) = gradient(graph, [scalar, flags])
    assert g == 3.0
