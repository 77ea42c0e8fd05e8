"""``np.linalg.eig`` and ``eigvals``.

As in NumPy results are real where no eigenvalue of the batch is complex, so that a dtype depends on
numbers: another path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.linalg._linalg import EigResult

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.complex_matrices import Pair
from ...ir.ops.complex_matrices import parts as unembedded
from ...ir.ops.general_spectra import value_parts
from ..array import Array
from ..current import current_trace
from ..regions import innermost
from ..regions import refuse as refuse_region
from ..table import implements
from .complex_matrices import is_complex, joined, parts
from .matrices import (
    ANY,
    NOT_CONVERGED,
    common_dtype,
    lin_alg_error,
    located,
    result,
    stacked,
    wide,
)
from .python_math import decide


class _Spectrum(NamedTuple):
    x: Array
    """The operand."""

    args: Sequence[Value]
    """Its value, or both parts."""

    values: Pair
    is_real: bool


def _spectrum(a: Any) -> _Spectrum:
    x = stacked(a, square=True, kinds=ANY)
    trace = current_trace()
    if trace is not None and innermost(trace) is not None:
        refuse_region(trace, "eigenvalues that are real or complex")
    args: Sequence[Value] = parts(x) if is_complex(x) else [wide(x)]
    proper = ops.isfinite(args[0])
    for part in args[1:]:
        proper = ops.logical_and(proper, ops.isfinite(part))
    proper = ops.all_(proper, axes=tuple(range(len(proper.shape))))
    if not decide(proper, "all elements of the matrix of np.linalg.eig are finite"):
        raise lin_alg_error("Array must not contain infs or NaNs")
    # LAPACK may be called before that is decided.
    args = [ops.where(proper, part, 0.0) for part in args]
    w = value_parts(ops.general_eigenvalues(*args, where=located(NOT_CONVERGED)))
    if is_complex(x):
        return _Spectrum(x, args, w, False)
    real = ops.eq(w[1], 0.0)
    real = ops.all_(real, axes=tuple(range(len(real.shape))))
    return _Spectrum(x, args, w, decide(real, "all eigenvalues are real"))


def _delivered(found: _Spectrum, pair: Pair) -> Array:
    return result(pair[0], common_dtype(found.x)) if found.is_real else joined(pair, found.x)


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Array:
    found = _spectrum(a)
    return _delivered(found, found.values)


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    found = _spectrum(a)
    vectors = unembedded(ops.general_eigenvectors(*found.args, where=located(NOT_CONVERGED)))
    results: list[Any] = [_delivered(found, pair) for pair in (found.values, vectors)]
    return EigResult(*results)
