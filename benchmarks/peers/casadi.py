"""CasADi: value and gradient as one function, called on buffers without copies."""

from __future__ import annotations

from typing import Any

import casadi
import numpy as np

from ..case import Arguments, Case, differentiated, mapped, parts
from . import Answer, NoProgramError, Prepared, Program, program

SCALAR = {"calls"}
"""Suites of few numbers, where expressions of scalars (SX) are CasADi's own advice; so are they
for programs that are generated. Others are expressions of matrices (MX)."""


def start(threads: int) -> None:
    x = casadi.MX.sym("x")
    casadi.Function("f", [x], [x * x])(1.0)


def transposed_shape(x: np.ndarray) -> tuple[int, int]:
    """CasADi's matrices are in column order: the memory of an array is its transpose there."""
    return (x.shape[1], x.shape[0]) if x.ndim == 2 else (x.size, 1)


def find(case: Case) -> Program:
    if case.dtype != "float64":
        raise NoProgramError
    return program("casadi", case)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    kind = casadi.SX if case.generated or case.suite in SCALAR else casadi.MX
    symbols: list[Any] = []
    inputs: list[np.ndarray] = []

    def symbol(leaf):  # type: ignore[no-untyped-def]
        if isinstance(leaf, int):
            return leaf
        inputs.append(np.ascontiguousarray(leaf, dtype=np.float64))
        symbols.append(kind.sym(f"x{len(symbols)}", *transposed_shape(inputs[-1])))
        return symbols[-1]

    given = [mapped(symbol, arg) for arg in args]
    value = program(*given)
    wrt = [leaf for position in case.argnums for leaf in parts(given[position])]
    gradients = [casadi.densify(part) for part in casadi.reverse([value], wrt, [[1.0]])[0]]
    function = casadi.Function("both", symbols, [value, *gradients])
    results = [np.zeros(()), *(np.zeros(leaf.shape) for leaf in differentiated(case, args))]
    buffer, trigger = function.buffer()
    for position, x in enumerate(inputs):
        buffer.set_arg(position, x.data)
    for position, x in enumerate(results):
        buffer.set_res(position, x.data)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(results[0]), [part.copy() for part in results[1:]])

    # The buffer has addresses of the inputs only: both must live as long as the trigger.
    return Prepared(lambda kept=(buffer, inputs): trigger(), answer)  # type: ignore[misc]
