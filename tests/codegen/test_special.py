"""SciPy's C functions in native code: without Python, whatever SciPy is told about errors."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import scipy.special as sc
from support import graph, native

from adjit.codegen.external import address
from adjit.ir import ops

GUARDED = ["betainc", "betaincc", "erfinv", "stdtr"]
"""What SciPy would raise for outside of the domain."""


@pytest.mark.parametrize("name", GUARDED)
def test_no_function_asks_python_about_errors(name: str) -> None:
    numbers = [0.0, 1.0, -1.0, 0.5, 3.0, -np.inf, np.inf, np.nan]
    op = ops.OPS[name]
    rows = itertools.product(numbers, repeat=len(op.partials))
    xs = [np.array(column) for column in zip(*rows, strict=True)]
    wanted = getattr(sc, name)(*xs)
    run = native(graph(xs, lambda *values: [op(*values)]))
    with sc.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        _, (y,) = run(xs)
    np.testing.assert_allclose(y, wanted, rtol=1e-15)


def test_a_symbol_says_where_its_function_is() -> None:
    assert address("adjit_special_gamma") == address("adjit_special_gamma")
    assert address("adjit_special_gamma") != address("adjit_special_gammaln")
    with pytest.raises(LookupError, match=r"named gam$"):
        address("adjit_special_gam")
