"""Special functions by the C functions that SciPy exports for Cython, which need no GIL.

A function of SciPy has one symbol, which says where it is: object code that names the symbol can
be linked in any process.
"""

from __future__ import annotations

import ctypes
import functools
import re

import llvmlite.binding
import llvmlite.ir as ll

from .elementary.library import mark_pure

PREFIX = "adjit_special_"
"""What the symbols of special functions begin with."""

# Of the variants by type, which Cython names ``__pyx_fuse_<number>name``, the one of doubles.
_DOUBLES = re.compile(r"double \((double, )+int __pyx_skip_dispatch\)")


def function(module: ll.Module, symbol: str, type: ll.FunctionType) -> ll.Function:
    """The declaration of ``symbol`` in ``module``; SciPy's code is loaded if it is not yet.

    ``type`` takes doubles and an i32, which is 0, and returns a double.
    """
    if symbol in module.globals:
        return module.globals[symbol]
    llvmlite.binding.add_symbol(symbol, address(symbol))
    declared = ll.Function(module, type, symbol)
    mark_pure(declared)
    return declared


@functools.cache
def address(symbol: str) -> int:
    """Where the function of a symbol is: ``adjit_special_gamma`` is `scipy.special.gamma`."""
    from scipy.special import cython_special

    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    wanted = re.compile(rf"(__pyx_fuse_\d+(_\d+)*)?{re.escape(symbol.removeprefix(PREFIX))}")
    for name, capsule in cython_special.__pyx_capi__.items():
        signature = api.PyCapsule_GetName(capsule)
        if wanted.fullmatch(name) and _DOUBLES.fullmatch(signature.decode()):
            return int(api.PyCapsule_GetPointer(capsule, signature))
    raise LookupError(f"SciPy has no function of doubles for {symbol}")
