"""CasADi: value and gradient as one function, called on buffers without copies."""

from __future__ import annotations

import casadi
import numpy as np

from ..case import Arguments, Case
from . import Answer, NoProgramError, Prepared, program


def start(threads: int) -> None:
    x = casadi.MX.sym("x")
    casadi.Function("f", [x], [x * x])(1.0)


def transposed_shape(x: np.ndarray) -> tuple[int, int]:
    """CasADi's matrices are in column order: the memory of an array is its transpose there."""
    return (x.shape[1], x.shape[0]) if x.ndim == 2 else (x.size, 1)


def prepare(case: Case, args: Arguments) -> Prepared:
    found = program("casadi", case)
    if found is None or case.dtype != "float64":
        raise NoProgramError
    inputs = [np.ascontiguousarray(arg) for arg in args]
    symbols = [casadi.MX.sym(f"x{i}", *transposed_shape(x)) for i, x in enumerate(inputs)]
    value = found(*symbols)
    wrt = [symbols[position] for position in case.argnums]
    gradients = [casadi.densify(part) for part in casadi.reverse([value], wrt, [[1.0]])[0]]
    function = casadi.Function("both", symbols, [value, *gradients])
    results = [np.zeros(()), *(np.zeros(inputs[position].shape) for position in case.argnums)]
    buffer, trigger = function.buffer()
    for position, x in enumerate(inputs):
        buffer.set_arg(position, x.data)
    for position, x in enumerate(results):
        buffer.set_res(position, x.data)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(results[0]), [part.copy() for part in results[1:]])

    # The buffer has addresses of the inputs only: both must live as long as the trigger.
    return Prepared(lambda kept=(buffer, inputs): trigger(), answer)  # type: ignore[misc]
