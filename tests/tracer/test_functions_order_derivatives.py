"""Derivatives of scans and of what is sorted: by the interpreter at two orders, and natively."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from derivatives import check_first, check_second

from adjit import compile_grad, jit

from .agreement import same_result
from .following import follow

rng = np.random.default_rng(11)
A = rng.permutation(np.linspace(-1.3, 1.7, 12)).reshape(3, 4)
HOLES = np.where(A > 1.0, np.nan, A)
ZEROS = np.where(A < -0.9, 0.0, np.where(A > 1.4, 0.0, A))
TIED = np.round(A)

PROGRAMS: dict[str, tuple[Any, list[np.ndarray]]] = {
    "cumsum": (lambda x: np.cumsum(x) * np.sin(x.ravel()), [A]),
    "cumsum_rows": (lambda x: np.cumsum(np.exp(x), axis=1), [A]),
    "cumsum_columns": (lambda x: np.cumsum(x.T**2, axis=0), [A]),
    "cumsum_middle": (lambda x: np.cumsum(x.reshape(2, 3, 2) ** 3, axis=1), [A]),
    "cumprod": (lambda x: np.cumprod(x), [ZEROS]),
    "cumprod_rows": (lambda x: np.cumprod(x, axis=1), [ZEROS]),
    "cumprod_columns": (lambda x: np.cumprod(x, axis=0), [ZEROS]),
    "nancumprod": (lambda x: np.nancumprod(x, axis=0) + np.nancumsum(x), [A[0]]),
    "maximum": (lambda x: np.maximum.accumulate(x, axis=1) ** 2, [A]),
    "fmin": (lambda x: np.fmin.accumulate(x * 2), [A]),
    "divide": (lambda x: np.divide.accumulate(x + 3), [A]),
    "hypot": (lambda x: np.hypot.reduce(x + 2, axis=None), [A]),
    "logaddexp": (lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True), [A]),
    "where": (lambda x: np.logaddexp.reduce(x, axis=0, where=x > 0.1, initial=0.3), [A]),
    "reduceat": (lambda x: np.multiply.reduceat(x, [0, 2, 1], axis=1), [A]),
    "sort": (lambda x: np.sort(x * x, axis=0) * x, [A]),
    "sort_flat": (lambda x: np.sort(x, axis=None) ** 2 * np.sort(x.T).ravel(), [A]),
    "median": (lambda x: np.median(x**2, axis=1), [A]),
    "median_odd": (lambda x: np.median(x**2, axis=0, keepdims=True), [A]),
    "nanmedian": (lambda x: np.nanmedian(np.where(x > 1, np.nan, x), axis=1), [A]),
    "quantile": (lambda x: np.quantile(np.sin(x), [0.1, 0.77], axis=0), [A]),
    "quantile_by_q": (lambda x, q: np.quantile(x, q), [A, np.array([0.13, 0.4, 0.83])]),
    "nanquantile": (lambda x: np.nanquantile(np.where(x > 1, np.nan, x), 0.3, axis=1), [A]),
    "hazen_by_q": (lambda x, q: np.percentile(x, q, axis=1, method="hazen"), [A, np.array([37.0])]),
    "unique": (lambda x: np.unique(x) ** 2, [A]),
    "best": (lambda x: np.argmax(x, axis=0) * x[0] ** 2, [A]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name: str) -> None:
    program, arrays = PROGRAMS[name]
    graph = follow(program, *arrays, exact=False)
    assert check_first(graph, arrays)
    check_second(graph, arrays)


def test_natively() -> None:
    """All programs in one function: the native gradient is that of the interpreter."""
    from adjit.ir.graph import Graph
    from adjit.ir.interpret import interpret
    from adjit.ir.passes.adjoint import adjoint

    for name, (program, arrays) in PROGRAMS.items():
        graph = follow(program, *arrays, exact=False)
        first = Graph(graph.inputs, graph.values, graph.outputs[:1], graph.guards)
        expected = interpret(adjoint(first, range(len(arrays)), [0], unit=True), arrays)
        wrt = tuple(range(len(arrays)))
        _, found = compile_grad(lambda *xs, f=program: np.sum(f(*xs)), argnums=wrt)(*arrays)
        for one, other in zip(found, expected[1:], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=name)
        same_result(jit(program)(*arrays), program(*arrays))
