"""``adjit.Array``: an array as in NumPy, whose value is computed when someone looks."""

from __future__ import annotations

import functools
import math
import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np
import scipy

from ..tracer.current import current_trace
from ..tracer.custom import custom_vjp
from ..tracer.errors import error
from . import marks, views, writes
from .apply import apply
from .evaluate import evaluate, wait_for
from .flat import Flat
from .methods import Methods
from .modes import records
from .node import Node, known
from .operators import elementwise
from .types import Type

Number = int | float | complex


def _identity(x: Any, scale: Any) -> Any:
    return x


_scaled = custom_vjp(_identity)
_scaled.defvjp(lambda x, scale: (x, scale), lambda scale, g: (g * scale, None))


class Array(Methods):
    """An array that may be recorded, with NumPy's rules for dtypes, shapes and views.

    Made by the functions of ``adjit.numpy``. ``node`` is what it holds now. A view has the array
    that it looks into as its ``base``, and ``steps``, the functions that lead from there to it;
    ``constant``: it was made where nothing was recorded, so derivatives do not reach it.
    """

    __array_priority__ = 1000.0

    _node: Node = None  # type: ignore[assignment]
    base: Array | None = None
    _steps: tuple[views.Way, ...] = ()
    _of: Node | None = None
    _constant = False
    _readonly = False
    _mark: marks.Mark | None = None
    _kept: Array | None = None
    _is_gradient = False
    _exposed: np.ndarray | None = None

    def __init__(self, node: Node) -> None:
        if type(node) is not Node:
            raise error("type", text="an Array is made by adjit.numpy.array() and its like")
        self._node = node

    @property
    def node(self) -> Node:
        return self._node if self.base is None else views.current(self)

    # --- what is known without looking --------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.node.type.shape

    @property
    def dtype(self) -> np.dtype:
        return self.node.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.node.type.shape)

    @property
    def size(self) -> int:
        return self.node.type.size

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """The strides in memory; that of arrays with a ``base`` of None is in C order."""
        return views.layout_of(self).strides

    @property
    def flags(self) -> Any:
        """What NumPy says of an array of these strides."""
        found = views.layout_of(self)
        if self._readonly:
            found.flags.writeable = False
        return found.flags

    @property
    def device(self) -> str:
        return "cpu"

    def to_device(self, device: str, /, *, stream: Any = None) -> Array:
        """The array itself: the only device is ``"cpu"``."""
        if device != "cpu":
            raise ValueError(f"Unsupported device: {device!r}.")
        return self

    def __len__(self) -> int:
        shape = self.node.type.shape
        if not shape:
            raise TypeError("len() of unsized object")
        return shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[n] for n in range(self.shape[0]))

    # --- looking ------------------------------------------------------------------------------

    def _value(self) -> np.ndarray:
        if current_trace() is not None:
            raise error("autograd_captured")
        return np.asarray(evaluate(self.node))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        family = self.node.family
        if family is not None and records(family) and _computes(sys._getframe(1)):
            raise error("autograd_cut")
        found = marks.exposed(self) if self._is_gradient else self._value()
        if dtype is not None and np.dtype(dtype) != found.dtype:
            if copy is False:
                raise ValueError("a copy is needed for another dtype")
            return found.astype(dtype)
        if copy:
            return found.copy()
        found = found.view()
        found.flags.writeable = False
        return found

    def numpy(self) -> np.ndarray:
        """A copy as an array of NumPy."""
        return np.array(self._value())

    asnumpy = numpy

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __round__(self, ndigits: int | None = None) -> Any:
        if self.shape:
            raise TypeError("type Array doesn't define __round__ method for more than a number")
        return round(self.item()) if ndigits is None else self.round(ndigits)

    def _number(self) -> Any:
        return float(self) if self.shape else self.item()

    def __trunc__(self) -> int:
        if self.shape:
            raise TypeError("type Array doesn't define __trunc__ method for more than a number")
        return math.trunc(self.item())

    def __floor__(self) -> int:
        return math.floor(self._number())

    def __ceil__(self) -> int:
        return math.ceil(self._number())

    def __repr__(self) -> str:
        return repr(self._value()).replace("array(", "Array(", 1)

    def __str__(self) -> str:
        return str(self._value())

    def __format__(self, spec: str) -> str:
        return format(self._value(), spec)

    def __copy__(self) -> Array:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Array:
        return marks.copy_of(self)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
        *,
        out_grad: Any = None,
        train_mode: bool = True,
    ) -> None:
        """As :func:`adjit.autograd.backward`; ``gradient`` (``out_grad``): the head gradient."""
        backward = _backward()
        if out_grad is None:
            backward(self, gradient, retain_graph, create_graph, inputs)
        else:
            backward(self, gradient, retain_graph, create_graph, inputs, grad_tensors=out_grad)

    def scale_gradient(self, scale: float) -> Array:
        """The array, with a gradient that is ``scale`` times as large."""
        return apply(_scaled, (self, scale), {}, eager=False, moving=True)

    def __reduce__(self) -> tuple:
        return _from_numpy, (self.numpy(),)

    # --- NumPy --------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any:
        return protocol.ufunc_called(ufunc, how, inputs, kwargs)

    def __array_function__(self, fun: Any, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        return protocol.function_called(fun, args, kwargs)

    @staticmethod
    def __adjit_apply__(fun: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A transform of adjit, called with our arrays."""
        return protocol.compiled_called(fun, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return views.read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        writes.write(self, index, value)

    def __delitem__(self, index: Any) -> None:
        raise ValueError("cannot delete array elements")

    # --- views --------------------------------------------------------------------------------

    @property
    def T(self) -> Array:  # noqa: N802
        return self.transpose()

    @property
    def mT(self) -> Array:  # noqa: N802
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return self.swapaxes(-1, -2)

    def view(self, *args: Any, **kwargs: Any) -> Array:
        """A view of the same dtype; of another dtype there is none."""
        wanted = [*args, *kwargs.values()]
        if any(item is not Array and np.dtype(item) != self.dtype for item in wanted):
            raise error("unsupported", name="a view of another dtype", hint="; use astype()")
        return self[...]

    @property
    def real(self) -> Array:
        if self.dtype.kind != "c":
            return self
        return views.view(self, views.REAL, (), {})

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Array:
        if self.dtype.kind == "c":
            return views.view(self, views.IMAG, (), {})
        found = zeros_of(self.node.type)
        found._readonly = True
        return found

    @imag.setter
    def imag(self, value: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        self.imag[...] = value

    @property
    def flat(self) -> Flat:
        return Flat(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        Flat(self)[...] = value

    # --- writing ------------------------------------------------------------------------------

    def setflags(self, write: bool | None = None, align: Any = None, uic: Any = None) -> None:
        """Allows or forbids writes through this array."""
        if write is not None:
            self._readonly = not write

    # --- methods with shortcuts -----------------------------------------------------------------

    def astype(self, dtype: Any, *args: Any, copy: bool = True, **kwargs: Any) -> Array:
        """As ``numpy.ndarray.astype``."""
        if not copy and np.dtype(dtype) == self.dtype:
            return self
        found: Array = self._astype(dtype, *args, **kwargs)
        return found

    def conj(self) -> Array:
        """The complex conjugate; of a real array, the array itself."""
        found: Array = elementwise(np.conjugate, (self,)) if self.dtype.kind == "c" else self
        return found

    conjugate = conj

    __hash__ = object.__hash__

    # --- derivatives, see `marks` ---------------------------------------------------------------

    attach_grad = marks.attach_grad
    requires_grad_ = marks.requires_grad_
    detach = marks.detach
    detach_ = marks.detach_
    drop_grad = marks.drop_grad
    stop_gradient = marks.detach
    zero_ = marks.zero_
    register_hook = marks.register_hook
    retain_grad = marks.retain_grad
    grad = marks.gradient
    requires_grad = marks.requires_grad
    is_leaf = marks.is_leaf


_LIBRARIES = tuple(os.path.dirname(str(module.__file__)) + os.sep for module in (np, scipy))
_OURS = os.path.dirname(__file__) + os.sep
_LOOKING = _LIBRARIES[0] + "testing"


def _computes(frame: FrameType) -> bool:
    """Whether the code of a library wants the value, not to show it: derivatives would be lost."""
    name = frame.f_code.co_filename
    return name.startswith((_OURS, *_LIBRARIES)) and not name.startswith(_LOOKING)


@functools.cache
def _backward() -> Callable[..., None]:
    """Imported once: an import in a function takes as long as a small operation."""
    from .differentiate import backward

    return backward


def wrap(node: Node) -> Array:
    array = Array.__new__(Array)
    array._node = node
    if node.value is None:
        wait_for(array)
    return array


def zeros_of(type: Type) -> Array:
    return Array(known(np.zeros(type.shape, type.dtype)))


def _from_numpy(value: np.ndarray) -> Array:
    return Array(known(value))


def array(
    item: Any, dtype: Any = None, *, copy: bool | None = True, order: Any = "K", ndmin: int = 0
) -> Array:
    """An Array of its own with what ``item`` holds: an array, numbers, Arrays in lists."""
    if isinstance(item, Array):
        kept = dtype is None or np.dtype(dtype) == item.dtype
        if kept:
            found = item.copy() if copy else item
        elif copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        else:
            found = item.astype(dtype)
    elif isinstance(item, list | tuple) and _holds_arrays(item):
        found = _stacked(item)
        found = found if dtype is None else found.astype(dtype)
    else:
        found = Array(known(np.array(item, dtype=dtype, order="C")))
    if found.ndim < ndmin:
        found = found.reshape((1,) * (ndmin - found.ndim) + found.shape)
    return found


def _holds_arrays(item: Any) -> bool:
    if isinstance(item, list | tuple):
        return any(_holds_arrays(part) for part in item)
    return isinstance(item, Array)


def _stacked(item: Any) -> Any:
    if isinstance(item, list | tuple):
        parts = [_stacked(part) for part in item]
        if len({np.shape(part) for part in parts}) > 1:
            text = "setting an array element with a sequence: the parts are of several shapes"
            raise error("value", text=text)
        return apply(np.stack, (parts,), {})
    return item if isinstance(item, Array) else np.asarray(item)


from . import protocol  # noqa: E402  (which is about Arrays)
