"""Special functions by the C functions that SciPy exports for Cython, which need no GIL.

A function of SciPy has one symbol, which says where it is: object code that names the symbol can
be linked in any process.
"""

from __future__ import annotations

import llvmlite.ir as ll

from .elementary.library import mark_pure
from .external import SPECIAL


def function(module: ll.Module, name: str, type: ll.FunctionType) -> ll.Function:
    """The declaration in ``module`` of SciPy's function of that name.

    ``type`` takes doubles and an i32, which is 0, and returns a double.
    """
    symbol = SPECIAL + name
    if symbol in module.globals:
        return module.globals[symbol]
    declared = ll.Function(module, type, symbol)
    mark_pure(declared)
    return declared
