"""NumPy's functions, and compiled ones, called with our arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..tracer.containers import flatten, rebuild
from ..tracer.current import current_trace
from ..tracer.errors import error
from . import views, writes
from .apply import apply, plain, recorded, wrapped
from .arrays import Array, array
from .operators import elementwise


class UfuncMethod:
    """A method of a ufunc, such as ``np.add.reduce``, as a function."""

    def __init__(self, ufunc: np.ufunc, how: str) -> None:
        self.ufunc = ufunc
        self.how = how
        self.__name__ = f"{ufunc.__name__}.{how}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.ufunc, self.how)(*args, **kwargs)


_methods: dict[tuple[np.ufunc, str], UfuncMethod] = {}


def ufunc_called(ufunc: np.ufunc, how: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """A ufunc, or a method of one, as an array is asked for it by NumPy."""
    if how == "__call__" and not kwargs:
        return elementwise(ufunc, inputs)
    fun = ufunc if how == "__call__" else _method(ufunc, how)
    if how == "at":
        if not isinstance(inputs[0], Array):
            fun(inputs[0], *_known(inputs[1:], "it is written to"))
        else:
            writes.mutate(inputs[0], fun, inputs[1:], kwargs)
        return None
    return _with_out(fun, inputs, kwargs)


def _method(ufunc: np.ufunc, how: str) -> UfuncMethod:
    return _methods.setdefault((ufunc, how), UfuncMethod(ufunc, how))


class WithOut:
    """A function that writes its result to ``out=``, as one that writes to its first argument."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun = fun

    def __call__(self, out: Any, *args: Any, **kwargs: Any) -> None:
        self.fun(*args, out=out, **kwargs)


def _with_out(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out", None)
    if isinstance(out, tuple) and all(target is None for target in out):
        out = None
    if out is None:
        return apply(fun, args, kwargs)
    targets = out if isinstance(out, tuple) else (out,)
    ours = [target for target in targets if isinstance(target, Array)]
    if not recorded(args, kwargs, *targets):
        if len(targets) == 1 and ours:  # in place, with NumPy's own checks
            writes.mutate(ours[0], WithOut(fun), args, kwargs)
            return ours[0]
        if not ours:
            return fun(*plain(args), out=out, **plain(kwargs))
    if isinstance(fun, np.ufunc) and "where" in kwargs:
        where = kwargs.pop("where")
        return writes.written(out, apply(fun, args, kwargs), where)
    return writes.written(out, apply(fun, args, kwargs))


WRITING = {np.copyto, np.put, np.fill_diagonal, np.place, np.putmask, np.put_along_axis}
"""Functions that write to their first argument and return nothing."""

VIEWING: set[Callable[..., Any]] = {
    np.reshape, np.ravel, np.transpose, np.swapaxes, np.squeeze, np.moveaxis, np.rollaxis,
    np.expand_dims, np.flip, np.flipud, np.fliplr, np.rot90, np.diagonal, np.broadcast_to,
    np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.lib.stride_tricks.as_strided,
    np.lib.stride_tricks.sliding_window_view,
}  # fmt: skip
"""Functions that return views of their first argument."""
VIEWING |= {
    getattr(np, name)
    for name in ("matrix_transpose", "permute_dims", "unstack")
    if hasattr(np, name)
}
VIEWING |= {
    getattr(np.linalg, name)
    for name in ("diagonal", "matrix_transpose")
    if hasattr(np.linalg, name)
}


def function_called(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """A function of NumPy, as an array is asked for it by NumPy."""
    own = OWN.get(fun)
    if own is not None:
        return own(*args, **kwargs)
    if fun in VIEWING:
        first, args, kwargs = _first(fun, args, kwargs)
        if isinstance(first, Array):
            return views.view(first, fun, args, kwargs)
        args = (first, *args)
    elif fun in WRITING:
        first, args, kwargs = _first(fun, args, kwargs)
        if isinstance(first, Array):
            writes.mutate(first, fun, args, kwargs)
        else:
            fun(first, *_known(args, "it is written to"), **plain(kwargs))
        return None
    elif fun in TYPES:
        return fun(*map(_typed, args), **kwargs)
    elif fun in LOOKING:
        return fun(*plain(args), **plain(kwargs))
    return _with_out(fun, args, kwargs)


def _first(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> tuple[Any, tuple, dict]:
    """The first argument, however it is given, and the others."""
    if args:
        return args[0], args[1:], kwargs
    name = next(iter(inspect.signature(fun).parameters))
    rest = dict(kwargs)
    return rest.pop(name), (), rest


def _known(items: Any, why: str) -> Any:
    if recorded(*items) and any(_family(item) for item in _arrays(items)):
        text = f"an array of NumPy cannot take recorded values: {why}; make it an adjit.Array"
        raise error("type", text=text)
    return plain(items)


def _family(x: Array) -> bool:
    return x.node.family is not None


def _arrays(item: Any) -> Iterator[Array]:
    if isinstance(item, Array):
        yield item
    elif isinstance(item, list | tuple | dict):
        for part in item.values() if isinstance(item, dict) else item:
            yield from _arrays(part)


def _typed(item: Any) -> Any:
    """What is known of an array without its value, for functions of shapes and dtypes."""
    if isinstance(item, Array):
        return np.broadcast_to(np.empty((), item.dtype), item.shape)
    return item


# --- functions that return their argument, or parts of it -------------------------------------


def _real(val: Any) -> Any:
    return val.real


def _imag(val: Any) -> Any:
    return val.imag


def _at_least(ndim: int) -> Callable[..., Any]:
    def of(x: Any) -> Any:
        x = x if isinstance(x, Array) else array(x)
        if ndim == 3 and x.ndim == 2:
            return x[:, :, None]
        if ndim == 3 and x.ndim == 1:
            return x[None, :, None]
        return x if x.ndim >= ndim else x.reshape((1,) * (ndim - x.ndim) + x.shape)

    def call(*arys: Any) -> Any:
        return of(arys[0]) if len(arys) == 1 else tuple(map(of, arys))

    return call


def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple:
    items = [x if isinstance(x, Array) else array(x) for x in args]
    shape = np.broadcast_shapes(*[x.shape for x in items])
    return tuple([x if x.shape == shape else np.broadcast_to(x, shape) for x in items])


def _diag(v: Any, k: int = 0) -> Any:
    return np.diagonal(v, k) if v.ndim == 2 else apply(np.diag, (v, k), {})


def _nan_to_num(x: Any, copy: bool = True, **kwargs: Any) -> Any:
    found = apply(np.nan_to_num, (x,), kwargs)
    if copy:
        return found
    x[...] = found
    return x


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return x.astype(dtype, copy=copy)


OWN: dict[Callable[..., Any], Callable[..., Any]] = {
    np.real: _real,
    np.imag: _imag,
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
    np.broadcast_arrays: _broadcast_arrays,
    np.diag: _diag,
    np.nan_to_num: _nan_to_num,
}
if hasattr(np, "astype"):
    OWN[np.astype] = _astype

TYPES = {np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj,
         np.common_type, np.min_scalar_type}  # fmt: skip
"""Functions that look at types only."""

LOOKING = {np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savetxt,
           np.savez_compressed}  # fmt: skip
"""Functions that look at values."""


def _shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """By the strides that the arrays have in NumPy."""
    if not (isinstance(a, Array) and isinstance(b, Array)):
        return False
    if (a if a.base is None else a.base) is not (b if b.base is None else b.base):
        return False
    root = a if a.base is None else a.base
    memory = np.empty(root.shape, root.dtype)
    return np.shares_memory(_through(a, memory), _through(b, memory))


def _through(x: Array, memory: np.ndarray) -> np.ndarray:
    for op, given in x._steps:
        memory = op.fun(memory, *[node.value for node in given])
    return memory


OWN[np.shares_memory] = OWN[np.may_share_memory] = _shares_memory


# --- compiled functions -----------------------------------------------------------------------


_FLOATS = frozenset((float, complex))
"""Numbers that stay numbers; by an int a function may choose how long it runs."""


def compiled_called(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """A compiled function, or a transform of one, called with arrays: recorded where they are."""
    if current_trace() is not None:
        raise error("autograd_captured")
    leaves, structure = flatten((args, kwargs))
    if recorded(*leaves):
        return apply(fun, args, kwargs, eager=False, moving=_FLOATS)
    args, kwargs = rebuild(structure, [plain(leaf) for leaf in leaves])
    return wrapped(fun(*args, **kwargs))


def scale_gradient(x: Array, scale: float) -> Array:
    """The array, with a gradient that is ``scale`` times as large."""
    return x.scale_gradient(scale)
