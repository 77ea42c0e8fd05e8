"""CPython and NumPy as native code sees them: functions, layouts of objects, builtin functions.

The layouts are those of CPython 3.11 and later and of NumPy 2 (``PyArrayObject_fields`` in
numpy/ndarraytypes.h); both are part of their binary interfaces.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import llvmlite.ir as ll
import numpy as np

from ...ir.types import part_dtype
from ..scalar import I8, I32, I64, memory_type

POINTER = I8.as_pointer()
DOUBLE = ll.DoubleType()

TYPE, SIZE, TUPLE_ITEMS, BYTES_VALUE = 8, 16, 24, 32
FLOAT_VALUE = COMPLEX_VALUE = SCALAR_VALUE = 16
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64
METHOD_FUNCTION, METHOD_SELF = 16, 24
CONTIGUOUS_AND_ALIGNED = 0x0001 | 0x0100
WRITEABLE = 0x0400

_PYTHON = {
    "PyObject_Vectorcall": (POINTER, POINTER, I64, POINTER),
    "PyFloat_FromDouble": (DOUBLE,),
    "PyComplex_FromDoubles": (DOUBLE, DOUBLE),
    "PyLong_FromLongLong": (I64,),
    "PyBool_FromLong": (I64,),
    "PyTuple_New": (I64,),
    "PyList_New": (I64,),
    "PyDict_New": (),
    "PyDict_GetItemWithError": (POINTER, POINTER),
    "PyDict_Next": (POINTER, POINTER, POINTER, POINTER),
    "PyDict_Size": (POINTER,),
    "PyDict_SetItem": (POINTER, POINTER, POINTER),
    "PyCell_Get": (POINTER,),
    "PyLong_AsLongLongAndOverflow": (POINTER, POINTER),
    "PyObject_GetAttr": (POINTER, POINTER),
    "PyFunction_GetDefaults": (POINTER,),
    "PyFunction_GetKwDefaults": (POINTER,),
    "PyErr_Clear": (),
    "free": (POINTER,),
    "Py_IncRef": (POINTER,),
    "Py_DecRef": (POINTER,),
    "PyEval_SaveThread": (),
    "PyEval_RestoreThread": (POINTER,),
}
_RETURNS = {
    "PyDict_Next": I32,
    "PyDict_Size": I64,
    "PyDict_SetItem": I32,
    "PyLong_AsLongLongAndOverflow": I64,
}
_NUMPY = {  # found by `codegen/external.py`
    "PyArray_New": (POINTER, I32, POINTER, I32, POINTER, POINTER, I32, I32, POINTER),
    "PyArray_Scalar": (POINTER, POINTER, POINTER),
}
_NOTHING = ("free", "PyErr_Clear", "Py_IncRef", "Py_DecRef", "PyEval_RestoreThread")


def supported() -> bool:
    """Whether objects are laid out here as this module expects."""
    return (
        sys.implementation.name == "cpython"
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and sys.byteorder == "little"
        and not hasattr(sys, "gettotalrefcount")
        and getattr(sys, "_is_gil_enabled", lambda: True)()
        and int(np.__version__.split(".")[0]) == 2
    )


def call(b: ll.IRBuilder, name: str, *arguments: ll.Value) -> ll.Value:
    """Calls a function of the C interface."""
    function = b.module.globals.get(name)
    if function is None:
        types = _PYTHON[name] if name in _PYTHON else _NUMPY[name]
        result = ll.VoidType() if name in _NOTHING else _RETURNS.get(name, POINTER)
        function = ll.Function(b.module, ll.FunctionType(result, types), name)
    return b.call(function, arguments)


def number_type(dtype: np.dtype) -> ll.Type:
    """A number in memory; a complex one is its parts."""
    if dtype.kind == "c":
        return ll.ArrayType(memory_type(part_dtype(dtype)), 2)
    return memory_type(dtype)


def canonical(dtype: np.dtype) -> np.dtype:
    """NumPy's own object for a dtype, which lives as long as the process."""
    return np.dtype(dtype.type)


METH_FASTCALL_WITH_KEYWORDS = 0x0080 | 0x0002


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_definitions: list[_MethodDef] = []
"""For as long as the process lives: builtin functions point to them."""


def builtin(address: int, general: Any) -> Any:
    """The Python function of an entry, which hands calls on to ``general``."""
    definition = _MethodDef(b"__call__", address, METH_FASTCALL_WITH_KEYWORDS, None)
    _definitions.append(definition)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return make(ctypes.addressof(definition), general, None)
