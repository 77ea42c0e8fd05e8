"""``np.linalg.eig`` and ``eigvals``.

As in NumPy results are real where no eigenvalue of the batch is complex, so that a dtype depends on
numbers: another path.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg._linalg import EigResult

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.complex_matrices import Pair
from ...ir.ops.complex_matrices import parts as unembedded
from ...ir.ops.general_spectra import value_parts
from ..array import Array
from ..current import current_trace
from ..errors import unsupported
from ..regions import innermost
from ..regions import refuse as refuse_region
from ..table import implements
from .complex_matrices import is_complex, joined
from .matrices import ANY, NOT_CONVERGED, common_dtype, lin_alg_error, located, result, stacked, wide
from .python_math import decide


def _spectrum(a: Any) -> tuple[Array, Value, Pair, bool]:
    """The operand, its value, its eigenvalues, and whether all are real."""
    x = stacked(a, square=True, kinds=ANY)
    if is_complex(x):
        hint = "of Hermitian matrices eigh and eigvalsh are"
        raise unsupported("np.linalg.eig of complex matrices", hint=hint)
    trace = current_trace()
    if trace is not None and innermost(trace) is not None:
        refuse_region(trace, "eigenvalues that are real or complex")
    value = wide(x)
    proper = ops.isfinite(value)
    proper = ops.all_(proper, axes=tuple(range(len(proper.shape))))
    if not decide(proper, "all elements of the matrix of np.linalg.eig are finite"):
        raise lin_alg_error("Array must not contain infs or NaNs")
    value = ops.where(proper, value, 0.0)  # LAPACK may be called before that is decided.
    w = value_parts(ops.general_eigenvalues(value, where=located(NOT_CONVERGED)))
    flat = ops.eq(w[1], 0.0)
    all_real = ops.all_(flat, axes=tuple(range(len(flat.shape))))
    return x, value, w, decide(all_real, "all eigenvalues are real")


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Array:
    x, _, w, is_real = _spectrum(a)
    return result(w[0], common_dtype(x)) if is_real else joined(w, x)


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    x, value, w, is_real = _spectrum(a)
    v = unembedded(ops.general_eigenvectors(value, where=located(NOT_CONVERGED)))
    found: list[Any] = [
        result(pair[0], common_dtype(x)) if is_real else joined(pair, x) for pair in (w, v)
    ]
    return EigResult(*found)
