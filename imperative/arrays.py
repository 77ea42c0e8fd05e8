"""``adjit.Array``: an array as in NumPy, whose value is computed when someone looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..tracer.custom import custom_vjp
from . import marks, views
from .apply import apply, made, node_of, op_of
from .evaluate import evaluate, wait_for
from .node import Node, Op, known
from .types import Type

Number = int | float | complex
_FLOATS = frozenset((float, complex))


def _identity(x: Any, scale: Any) -> Any:
    return x


_scaled = custom_vjp(_identity)
_scaled.defvjp(lambda x, scale: (x, scale), lambda scale, g: (g * scale, None))


class Method:
    """A method of arrays, as a function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x, self.__name__)(*args, **kwargs)


_methods: dict[str, Method] = {}


def method(name: str) -> Callable[..., Any]:
    fun = _methods.setdefault(name, Method(name))

    def call(self: Array, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        found = apply(fun, (self, *args), kwargs)
        return found if out is None else views.assign_to(out, found)

    call.__name__ = name
    call.__doc__ = f"As ``numpy.ndarray.{name}``."
    return call


def elementwise(ufunc: np.ufunc, items: tuple[Any, ...]) -> Any:
    """A ufunc of arrays and numbers, which are no part of what is compiled."""
    nodes = []
    for item in items:
        if isinstance(item, Array):
            nodes.append(item.node)
        else:
            node = node_of(item, True)
            if node is None:
                node = known(np.asarray(item))
            nodes.append(node)
    op = _elementwise.get((ufunc, len(nodes)))
    if op is None:
        op = _elementwise[ufunc, len(nodes)] = op_of(ufunc, lambda: Op(ufunc, ufunc.__name__, True))
    return made(op, nodes)


_elementwise: dict[tuple[np.ufunc, int], Op] = {}


def binary(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """The operator, the reflected one and the one in place."""

    def operator(self: Array, other: Any) -> Any:
        if not isinstance(other, Array | int | float | complex | np.ndarray | np.generic | list):
            return NotImplemented
        return elementwise(ufunc, (self, other))

    def reflected(self: Array, other: Any) -> Any:
        if not isinstance(other, int | float | complex | np.ndarray | np.generic | list):
            return NotImplemented
        return elementwise(ufunc, (other, self))

    def in_place(self: Array, other: Any) -> Any:
        return views.update(self, ufunc, other)

    return operator, reflected, in_place


def unary(ufunc: np.ufunc) -> Callable[..., Any]:
    return lambda self: elementwise(ufunc, (self,))


class Array:
    """An array that may be recorded, with NumPy's rules for dtypes, shapes and views.

    ``node`` is what it holds now. A view has the array that it looks into as its ``base``, and
    ``steps``, the functions that lead from there to it; ``constant``: it was made where nothing
    was recorded of a base that derivatives reach, so they do not reach the view.
    """

    __array_priority__ = 1000.0

    _node: Node
    base: Array | None = None
    _steps: tuple[views.Way, ...] = ()
    _of: Node | None = None
    _constant = False
    _mark: marks.Mark | None = None
    _kept: Array | None = None
    _is_gradient = False
    _exposed: np.ndarray | None = None

    def __init__(self, node: Node) -> None:
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
        return len(self.shape)

    @property
    def size(self) -> int:
        return self.node.type.size

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[n] for n in range(self.shape[0]))

    # --- looking ------------------------------------------------------------------------------

    def _value(self) -> np.ndarray:
        return np.asarray(evaluate(self.node))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
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
        return np.array(self.__array__())

    asnumpy = numpy

    def item(self, *args: Any) -> Any:
        return self._value().item(*args)

    def tolist(self) -> Any:
        return self._value().tolist()

    def __bool__(self) -> bool:
        return bool(self._value())

    def __float__(self) -> float:
        return float(self._value())

    def __int__(self) -> int:
        return int(self._value())

    def __index__(self) -> int:
        return self._value().__index__()

    def __complex__(self) -> complex:
        return complex(self._value())

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __repr__(self) -> str:
        return repr(self._value()).replace("array(", "Array(", 1)

    def __str__(self) -> str:
        return str(self._value())

    def __format__(self, spec: str) -> str:
        return format(self._value().item() if not self.shape else self._value(), spec)

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
        from .differentiate import backward, either

        given = either("gradient", gradient, "out_grad", out_grad)
        backward(self, given, retain_graph, create_graph, inputs, train_mode=train_mode)

    def scale_gradient(self, scale: float) -> Array:
        """The array, with a gradient that is ``scale`` times as large."""
        return apply(_scaled, (self, scale), {}, eager=False, moving=True)

    def __reduce__(self) -> tuple:
        return _from_numpy, (self.numpy(),)

    # --- NumPy --------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any:
        from .protocol import ufunc_called

        return ufunc_called(ufunc, how, inputs, kwargs)

    def __array_function__(
        self, fun: Callable[..., Any], types: Any, args: tuple, kwargs: dict[str, Any]
    ) -> Any:
        from .protocol import function_called

        return function_called(fun, args, kwargs)

    @staticmethod
    def __adjit_apply__(fun: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        """A transform of adjit, called with our arrays: one operation."""
        return apply(fun, args, kwargs, eager=False, moving=_FLOATS)

    def __getitem__(self, index: Any) -> Any:
        return views.read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        views.write(self, index, value)

    @property
    def T(self) -> Array:  # noqa: N802
        return views.view(self, "transpose", ())

    def transpose(self, *axes: Any) -> Array:
        """As ``numpy.ndarray.transpose``: a view."""
        return views.view(self, "transpose", axes)

    def reshape(self, *shape: Any, **kwargs: Any) -> Array:
        """As ``numpy.ndarray.reshape``: a view where NumPy makes one."""
        return views.view(self, "reshape", shape, kwargs)

    def ravel(self, *args: Any) -> Array:
        """As ``numpy.ndarray.ravel``: a view where NumPy makes one."""
        return views.view(self, "ravel", args)

    def swapaxes(self, axis1: int, axis2: int) -> Array:
        """As ``numpy.ndarray.swapaxes``: a view."""
        return views.view(self, "swapaxes", (axis1, axis2))

    def squeeze(self, *args: Any, **kwargs: Any) -> Array:
        """As ``numpy.ndarray.squeeze``: a view."""
        return views.view(self, "squeeze", args, kwargs)

    def fill(self, value: Any) -> None:
        """As ``numpy.ndarray.fill``."""
        self[...] = value

    # --- operators and methods ------------------------------------------------------------------

    __add__, __radd__, __iadd__ = binary(np.add)
    __sub__, __rsub__, __isub__ = binary(np.subtract)
    __mul__, __rmul__, __imul__ = binary(np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = binary(np.true_divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = binary(np.floor_divide)
    __mod__, __rmod__, __imod__ = binary(np.remainder)
    __pow__, __rpow__, __ipow__ = binary(np.power)
    __matmul__, __rmatmul__, __imatmul__ = binary(np.matmul)
    __and__, __rand__, __iand__ = binary(np.bitwise_and)
    __or__, __ror__, __ior__ = binary(np.bitwise_or)
    __xor__, __rxor__, __ixor__ = binary(np.bitwise_xor)
    __lshift__, __rlshift__, __ilshift__ = binary(np.left_shift)
    __rshift__, __rrshift__, __irshift__ = binary(np.right_shift)
    __lt__ = binary(np.less)[0]
    __le__ = binary(np.less_equal)[0]
    __gt__ = binary(np.greater)[0]
    __ge__ = binary(np.greater_equal)[0]
    __eq__ = binary(np.equal)[0]
    __ne__ = binary(np.not_equal)[0]
    __neg__ = unary(np.negative)
    __pos__ = unary(np.positive)
    __abs__ = unary(np.absolute)
    __invert__ = unary(np.invert)

    all = method("all")
    any = method("any")
    argmax = method("argmax")
    argmin = method("argmin")
    argsort = method("argsort")
    astype = method("astype")
    clip = method("clip")
    conj = method("conj")
    conjugate = method("conjugate")
    copy = method("copy")
    cumprod = method("cumprod")
    cumsum = method("cumsum")
    diagonal = method("diagonal")
    dot = method("dot")
    flatten = method("flatten")
    max = method("max")
    mean = method("mean")
    min = method("min")
    nonzero = method("nonzero")
    prod = method("prod")
    repeat = method("repeat")
    round = method("round")
    searchsorted = method("searchsorted")
    std = method("std")
    sum = method("sum")
    take = method("take")
    trace = method("trace")
    var = method("var")

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


def wrap(node: Node) -> Array:
    array = Array(node)
    if node.value is None:
        wait_for(array)
    return array


def zeros_of(type: Type) -> Array:
    return Array(known(np.zeros(type.shape, type.dtype)))


def _from_numpy(value: np.ndarray) -> Array:
    return Array(known(value))


def array(item: Any, dtype: Any = None, copy: bool = True) -> Array:
    """An Array of its own with what ``item`` holds: an array, numbers, Arrays in lists."""
    if isinstance(item, Array):
        return item.copy() if dtype is None else item.astype(dtype)
    if isinstance(item, list | tuple) and _holds_arrays(item):
        found = _stacked(item)
        return found if dtype is None else found.astype(dtype)
    return Array(known(np.array(item, dtype=dtype)))


def _holds_arrays(item: Any) -> bool:
    if isinstance(item, list | tuple):
        return any(_holds_arrays(part) for part in item)
    return isinstance(item, Array)


def _stacked(item: Any) -> Any:
    if isinstance(item, list | tuple):
        return apply(np.stack, ([_stacked(part) for part in item],), {})
    return item if isinstance(item, Array) else np.asarray(item)
