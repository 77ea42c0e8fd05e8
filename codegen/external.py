"""Where functions are that native code calls and LLVM cannot find by name in this process."""

from __future__ import annotations

import ctypes
import functools
import re

BLAS = "adjit_blas_"
"""What the names of BLAS functions begin with in LLVM: SciPy's, whose integers have 32 bits."""

LAPACK = "adjit_lapack_"
"""What the names of LAPACK functions begin with: SciPy's, too."""

SPECIAL = "adjit_special_"
"""What the names of SciPy's special functions begin with."""

UFUNC = "adjit_ufunc_"
"""What the names of the loops of NumPy's Fourier transforms begin with: then the ufunc's name and
the character of the real dtype; with ``_data`` behind it, what the loop is given."""

NUMPY = {"PyArray_New": 93, "PyArray_Scalar": 60}
"""Positions in NumPy's table of functions (numpy/__multiarray_api.h)."""


def address(name: str) -> int | None:
    """None where the process has a function of that name itself."""
    if name.startswith((BLAS, LAPACK)):
        return _linear_algebra(name)
    if name.startswith(SPECIAL):
        return _special(name.removeprefix(SPECIAL))
    if name.startswith(UFUNC):
        return _loop(*name.removeprefix(UFUNC).removesuffix("_data").rsplit("_", 1), name)
    return _numpy(NUMPY[name]) if name in NUMPY else None


def _linear_algebra(name: str) -> int:
    from scipy.linalg import cython_blas, cython_lapack

    module, start = (cython_blas, BLAS) if name.startswith(BLAS) else (cython_lapack, LAPACK)
    capsule = module.__pyx_capi__[name.removeprefix(start)]
    return _pointer(capsule, _signature(capsule))


# Of the variants by type, which Cython names ``__pyx_fuse_<number>name``, the one of doubles.
_DOUBLES = re.compile(rb"double \((double, )+int __pyx_skip_dispatch\)")


@functools.cache
def _special(name: str) -> int:
    from scipy.special import cython_special

    wanted = re.compile(rf"(__pyx_fuse_\d+(_\d+)*)?{re.escape(name)}")
    for found, capsule in cython_special.__pyx_capi__.items():
        signature = _signature(capsule)
        if wanted.fullmatch(found) and _DOUBLES.fullmatch(signature):
            return _pointer(capsule, signature)
    raise LookupError(f"SciPy has no function of doubles named {name}")


_LOOPS, _DATA, _COUNT = 32, 40, 48
"""Of PyUFuncObject (numpy/ufuncobject.h): its loops, what they are given, and how many."""


@functools.cache
def _loop(ufunc: str, char: str, name: str) -> int:
    from numpy.fft import _pocketfft_umath as module  # type: ignore[attr-defined]

    found = getattr(module, ufunc)
    number = next(n for n, types in enumerate(found.types) if types[1] == char)
    if ctypes.c_int.from_address(id(found) + _COUNT).value != len(found.types):
        raise LookupError(f"{found} of NumPy is not laid out as its headers say")
    field = _DATA if name.endswith("_data") else _LOOPS
    table = ctypes.c_void_p.from_address(id(found) + field).value
    place = table and ctypes.c_void_p.from_address(table + 8 * number).value
    if not place:
        raise LookupError(f"{found} of NumPy has no {name}")
    return place


@functools.cache
def _numpy(position: int) -> int | None:
    from numpy._core import _multiarray_umath as module  # type: ignore[attr-defined]

    return ctypes.c_void_p.from_address(_pointer(module._ARRAY_API, None) + 8 * position).value


def _signature(capsule: object) -> bytes:
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return bytes(get_name(capsule))


def _pointer(capsule: object, name: bytes | None) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get(capsule, name))
