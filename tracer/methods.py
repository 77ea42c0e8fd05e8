"""Methods and attributes of ndarray: each is its NumPy function, so there is one mechanism."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ops
from . import indexing
from . import layout as layouts
from .apply import call_ufunc
from .core import ArrayCore
from .errors import error, unsupported
from .lift import cast_array
from .promote import check_dtype
from .table import FUNCTIONS, numpy_name

if TYPE_CHECKING:
    from .array import Array


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    record = FUNCTIONS.get(function)
    if record is None:
        raise unsupported(numpy_name(function), map(numpy_name, FUNCTIONS))
    return record(*args, **kwargs)


def _twin(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that is a NumPy function with self as its first argument."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _call(function, self, *args, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"``np.{function.__name__}(self, ...)``."
    return method


class Methods(ArrayCore):
    """ndarray's methods and attributes."""

    __slots__ = ()

    sum, prod, mean = _twin(np.sum), _twin(np.prod), _twin(np.mean)
    var, std = _twin(np.var), _twin(np.std)
    max, min = _twin(np.max), _twin(np.min)
    any, all = _twin(np.any), _twin(np.all)
    argmax, argmin = _twin(np.argmax), _twin(np.argmin)
    argsort, nonzero = _twin(np.argsort), _twin(np.nonzero)
    searchsorted = _twin(np.searchsorted)
    cumsum, cumprod = _twin(np.cumsum), _twin(np.cumprod)
    ptp, trace, diagonal = _twin(np.ptp), _twin(np.trace), _twin(np.diagonal)
    dot, clip, round = _twin(np.dot), _twin(np.clip), _twin(np.round)
    ravel, squeeze, swapaxes = _twin(np.ravel), _twin(np.squeeze), _twin(np.swapaxes)
    repeat, take = _twin(np.repeat), _twin(np.take)
    choose, put = _twin(np.choose), _twin(np.put)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """``np.compress(condition, self, axis, out)``, which has the condition first."""
        return _call(np.compress, condition, self, axis, out)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """``np.reshape(self, shape)``, the shape as a tuple or as arguments."""
        return _call(np.reshape, self, shape[0] if len(shape) == 1 else shape, **kwargs)

    def transpose(self, *axes: Any) -> Any:
        """``np.transpose(self, axes)``, the axes as a tuple or as arguments."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
            return _call(np.transpose, self, axes[0])
        return _call(np.transpose, self, axes or None)

    def flatten(self, order: str = "C") -> Any:
        """A copy in one dimension."""
        return _call(np.ravel, self.copy(), order)

    def copy(self, order: str = "C") -> Array:
        """A copy in C order."""
        if order != "C":
            raise unsupported(f"copy(order={order!r})", hint="copies are in C order")
        from .array import wrap

        layout = layouts.contiguous(self.shape)
        return wrap(self.value, self.weak, bound=self.bound, scalar=self.scalar, layout=layout)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Array:
        return self.copy()

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: str = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Any:
        """The array in another dtype; always a copy unless ``copy=False`` and nothing changes."""
        wanted = check_dtype(dtype, "astype")
        if not np.can_cast(self.dtype, wanted, casting):  # type: ignore[arg-type]
            text = (
                f"Cannot cast array data from {self.dtype!r} to {wanted!r} according to the rule"
                f" {casting!r}"
            )
            raise error("type", text=text)
        if wanted == self.dtype and not copy:
            return self
        from .array import wrap

        kept = layouts.elementwise(self.shape, [(self.shape, self.layout)])
        layout = layouts.contiguous(self.shape) if order == "C" else kept
        return wrap(cast_array(self, wanted), scalar=self.scalar, layout=layout)

    def fill(self, value: Any) -> None:
        """Sets every element."""
        if np.ndim(value) != 0:
            raise error("value", text="fill() needs a scalar")
        indexing.write(self, Ellipsis, value)

    def view(self, *args: Any) -> Any:
        if args:
            raise unsupported("ndarray.view of another dtype", hint="use .astype(dtype)")
        return self._same_view()

    def itemset(self, *args: Any) -> None:
        raise error("type", text="itemset was removed from NumPy 2: use a[index] = value")

    def conjugate(self) -> Any:
        """The same numbers: complex ones are not supported."""
        return call_ufunc(np.conjugate, self)

    conj = conjugate

    @property
    def T(self) -> Any:  # noqa: N802
        return self._view_transpose(tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Any:  # noqa: N802
        if self.ndim < 2:
            raise error("value", text="matrix transpose with ndim < 2 is undefined")
        axes = tuple(range(self.ndim))
        return self._view_transpose((*axes[:-2], axes[-1], axes[-2]))

    @property
    def real(self) -> Any:
        return self

    @property
    def imag(self) -> Any:
        """Zero: complex numbers are not supported."""
        from .array import wrap

        return wrap(ops.zeros(self.storage.value.type.with_shape(self.shape)))

    @property
    def flat(self) -> Any:
        from .flat import Flat

        return Flat(self)

    @property
    def base(self) -> Any:
        raise unsupported("ndarray.base", hint="views and copies are tracked by adjit itself")

    @property
    def strides(self) -> Any:
        raise unsupported("ndarray.strides", hint="the strides differ between calls")

    @property
    def flags(self) -> Any:
        raise unsupported("ndarray.flags", hint="the memory order differs between calls")

    def is_integer(self) -> Any:
        """float.is_integer of a recorded scalar."""
        return call_ufunc(np.equal, self, call_ufunc(np.floor, self))
