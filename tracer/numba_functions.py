"""numba's functions in a recording: through their Python source, where they have one.

They are known by the name of their type's module, so numba is never imported here. A vectorized
function becomes a recorded loop over elements, a generalised one a loop over what is not in its
signature, both in the dtypes that NumPy chooses among those that numba has compiled.
"""

from __future__ import annotations

import ctypes
import re
from types import MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from .array import Array
from .errors import unsupported
from .lift import has_proxy
from .special import RULE

_C_FUNCTION: Any = ctypes.CFUNCTYPE(None).__base__

if TYPE_CHECKING:
    from .trace import Trace


def is_numba(f: Any) -> bool:
    """Whether something is of one of numba's own types, or a C function."""
    return type(f).__module__.partition(".")[0] == "numba" or isinstance(f, _C_FUNCTION)


def call_numba(trace: Trace, f: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """A call of something of numba's: of a function, or of a method of a jitclass."""
    from .follow import call

    if hasattr(f, "py_func"):
        return call(trace, f.py_func, args, kwargs)
    kind = type(f).__name__
    if kind == "DUFunc" and not kwargs:
        return _vectorized(f, f._dispatcher.py_func, args)
    if kind == "GUFunc" and not kwargs:
        return _generalised(f, f.gufunc_builder.py_func, args)
    if isinstance(f, MethodType):
        name = f"{type(f.__self__).__name__}.{f.__name__}, a method of a jitclass,"
    else:
        shown = getattr(f, "__name__", type(f).__name__)
        name = f"{shown}, which is compiled ({kind}),"
    if kwargs or any(map(has_proxy, args)):
        raise unsupported(f"{name} in a recording", hint=RULE)
    return f(*args, **kwargs)


# --- vectorized -----------------------------------------------------------------------------------


def _vectorized(f: Any, source: Any, args: tuple) -> Any:
    from .functions.common import as_array

    f(*map(_empty, args))  # which compiles it for these dtypes, if numba has not yet
    parts, dtype = _in_loop_dtypes(f, args)
    shape = np.broadcast_shapes(*(x.shape for x in parts))
    flat = [x._view_broadcast(shape)._view_reshape((-1,)) for x in parts]
    y = _looped(_each)(source, as_array(np.zeros(flat[0].shape, dtype)), flat)
    y = y._view_reshape(shape)
    return y if shape else y[()]


def _each(f, y, parts):  # type: ignore[no-untyped-def]
    for i in range(y.shape[0]):
        y[i] = f(*[x[i] for x in parts])
    return y


def _empty(arg: Any) -> Any:
    """What has the dtype of an argument, and no elements."""
    if isinstance(arg, Array):
        return np.zeros(0, arg.dtype) if arg.weak is None else arg.weak(1)
    return np.zeros(0, arg.dtype) if isinstance(arg, np.ndarray) else arg


def _in_loop_dtypes(f: Any, args: tuple, outputs: int = 1) -> tuple[list[Array], Any]:
    """The arguments in the dtypes that NumPy picks, and the dtype of the (first) result."""
    from .functions.common import as_array

    weak = [arg.weak if isinstance(arg, Array) else type(arg) for arg in args]
    arrays = [as_array(arg) for arg in args]
    wanted = [
        kind if kind in (int, float, complex) else x.dtype
        for kind, x in zip(weak, arrays, strict=True)
    ]
    dtypes = f.ufunc.resolve_dtypes((*wanted, *[None] * outputs))
    cast = [x.astype(dtype) for x, dtype in zip(arrays, dtypes, strict=False)]
    return cast, dtypes[len(arrays)]


def _looped(function: Any) -> Any:
    """A function of this module, rewritten as if it were the user's."""
    from .rewrite import rewrite

    return rewrite(function) or function


# --- generalised ----------------------------------------------------------------------------------


def _generalised(f: Any, source: Any, args: tuple) -> Any:
    from .functions.common import as_array

    text, _, result = f.signature.partition("->")
    cores = [tuple(re.findall(r"\w+", core)) for core in re.findall(r"\((.*?)\)", text)]
    target = re.findall(r"\((.*?)\)", result)
    if len(target) != 1 or len(args) != len(cores) or not f.ufunc.types:
        hint = f"give it signatures, one result and no out; or {RULE}"
        raise unsupported(f"this call of the guvectorized {f.__name__}", hint=hint)
    parts, dtype = _in_loop_dtypes(f, args)
    sizes: dict[str, Any] = {}
    for x, core in zip(parts, cores, strict=True):
        for name, size in zip(core, x.shape[x.ndim - len(core) :], strict=True):
            if sizes.setdefault(name, size) != size:
                raise unsupported(f"{f.__name__}: sizes that differ for {name}")
    inner = tuple(sizes[name] for name in re.findall(r"\w+", target[0]))
    outer = np.broadcast_shapes(
        *(x.shape[: x.ndim - len(core)] for x, core in zip(parts, cores, strict=True))
    )
    kinds = _argument_ranks(f, dtypes=[x.dtype for x in parts])
    rows = []
    for x, core, rank in zip(parts, cores, kinds, strict=True):
        shape = x.shape[x.ndim - len(core) :]
        flat = x._view_broadcast((*outer, *shape))._view_reshape((-1, *shape))
        # () is an array of one element where the source was compiled for an array.
        rows.append(flat if rank == len(core) else flat._view_reshape((-1, 1)))
    count = int(np.prod(outer, dtype=np.int64))
    y = as_array(np.zeros((count, *(inner or (1,))), dtype))
    y = _looped(_each_row)(source, y, rows)
    return y._view_reshape((*outer, *inner))[()]


def _each_row(f, y, parts):  # type: ignore[no-untyped-def]
    for i in range(y.shape[0]):
        f(*[x[i] for x in parts], y[i])
    return y


def _argument_ranks(f: Any, dtypes: list[np.dtype]) -> list[int]:
    """How many axes each argument of the source has, as it was compiled for these dtypes."""
    for signature in f.gufunc_builder._sigs:
        types = signature.args[: len(dtypes)]
        if all(str(getattr(t, "dtype", t)) == d.name for t, d in zip(types, dtypes, strict=True)):
            return [getattr(t, "ndim", 0) for t in types]
    raise unsupported(f"the guvectorized {f.__name__} for these dtypes", hint=RULE)
