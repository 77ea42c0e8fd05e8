"""What rewritten code calls instead of calling, loading and reading attributes directly.

While nothing is recorded every hook does what Python would have done. While recording, NumPy
functions are replaced by their recording versions, the user's helpers are rewritten in turn,
and what comes from outside of the function is observed (see ``capture``).
"""

from __future__ import annotations

import functools
import operator
import random
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..ir.types import NAME_OF_DTYPE
from .array import Array, wrap
from .capture import (
    guard_contents,
    is_created,
    mark_created,
    observe,
    observe_defaults,
    original_of,
    variable,
)
from .errors import error
from .functions.scalars import CALLS
from .lift import lift
from .places import Attribute, IdentityOf
from .source import is_user_class, is_user_function, is_user_module
from .table import FUNCTIONS
from .trace import Trace, current_trace


class Hooks:
    """The hooks of one function: captured names are looked up in its globals and closure."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function

    def load(self, name: str, value: Any, /) -> Any:
        """A global or closure variable."""
        trace = current_trace()
        if trace is None or isinstance(value, Array | ModuleType):
            return value
        place = variable(self.function, name)
        # Builtins are not captured, and neither is a type parameter that hides a global.
        if place is None or place[1] is not value:
            return value
        return observe(trace, place[0], value)

    def attribute(self, owner: Any, name: str, /) -> Any:
        trace = current_trace()
        if trace is None or isinstance(owner, Array):
            return getattr(owner, name)
        return _read_attribute(trace, owner, name)

    def call(self, f: Any, /, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        return f(*args, **kwargs) if trace is None else _call(trace, f, args, kwargs)

    def call_method(self, owner: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        if trace is None or isinstance(owner, Array):
            return getattr(owner, name)(*args, **kwargs)
        return _call(trace, _read_attribute(trace, owner, name), args, kwargs)

    def augment(self, symbol: str, current: Any, operand: Any, /) -> Any:
        """The new value of a captured variable in ``x += y``."""
        return _IN_PLACE[symbol](current, operand)

    def augment_attribute(self, symbol: str, owner: Any, name: str, operand: Any, /) -> None:
        setattr(owner, name, _IN_PLACE[symbol](self.attribute(owner, name), operand))


_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.iadd,
    "Sub": operator.isub,
    "Mult": operator.imul,
    "MatMult": operator.imatmul,
    "Div": operator.itruediv,
    "FloorDiv": operator.ifloordiv,
    "Mod": operator.imod,
    "Pow": operator.ipow,
    "LShift": operator.ilshift,
    "RShift": operator.irshift,
    "BitAnd": operator.iand,
    "BitOr": operator.ior,
    "BitXor": operator.ixor,
}
"""Operator class of the syntax tree -> what its ``x op= y`` does."""


def recordable(fun: Callable[..., Any]) -> Callable[..., Any] | None:
    """What a recording calls in place of ``fun``; None for a function without source."""
    from .rewrite import rewrite

    if isinstance(fun, FunctionType) and is_user_function(fun):
        return rewrite(fun)

    def call(*args: Any, **kwargs: Any) -> Any:
        return _NOWHERE.call(fun, *args, **kwargs)

    return call


# --- calls --------------------------------------------------------------------------------------


def _call(trace: Trace, f: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Calls ``f`` in the way that a recording can follow."""
    from .rewrite import is_rewritten, rewrite

    replacement = _replacement(f)
    if replacement is not None:
        return replacement(*args, **kwargs)
    if _carries(f, "__adjit_transform__"):
        return f(*args, **kwargs)
    if isinstance(f, FunctionType):
        if is_rewritten(f):
            return f(*args, **kwargs)
        if is_user_function(f):
            rewritten = rewrite(f)
            if rewritten is not None:
                observe_defaults(trace, f, rewritten)
                return rewritten(*args, **kwargs)
        return _call_unseen(trace, f, args, kwargs)
    _refuse_random(f)
    if isinstance(f, MethodType):
        return _call(trace, f.__func__, (f.__self__, *args), kwargs)
    if type(f) is functools.partial:
        before = _read_attribute(trace, f, "args")
        named = _read_attribute(trace, f, "keywords")
        return _call(trace, f.func, (*before, *args), {**named, **kwargs})
    if type(f).__module__.partition(".")[0] == "numba" and hasattr(f, "py_func"):
        return _call(trace, f.py_func, args, kwargs)
    if isinstance(f, type):
        return _construct(trace, f, args, kwargs)
    method = getattr(type(f), "__call__", None)  # noqa: B004  (the method itself is wanted)
    if isinstance(method, FunctionType) and is_user_function(method):
        return _call(trace, method, (f, *args), kwargs)
    return _call_unseen(trace, f, args, kwargs)


def _replacement(f: Any) -> Callable[..., Any] | None:
    try:
        return FUNCTIONS.get(f) or CALLS.get(f)
    except TypeError:  # not hashable
        return None


def _carries(f: Any, name: str) -> bool:
    """Whether an attribute is set, asking neither ``__getattr__`` nor properties."""
    return hasattr(type(f), name) or name in getattr(f, "__dict__", ())


def _construct(trace: Trace, cls: type, args: tuple, kwargs: dict[str, Any]) -> Any:
    """An instance; a Python ``__init__`` is followed like any other function."""
    init = cls.__init__  # type: ignore[misc]
    plain = type(cls).__call__ is type.__call__ and cls.__new__ is object.__new__
    if plain and isinstance(init, FunctionType) and is_user_class(cls):
        instance = cls.__new__(cls)
        mark_created(trace, instance)
        _call(trace, init, (instance, *args), kwargs)
        return instance
    result = _call_unseen(trace, cls, args, kwargs)
    if type(result) is cls:
        mark_created(trace, result)
    return result


def _call_unseen(trace: Trace, f: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Calls what cannot be rewritten, noting what it may read, and takes its arrays over."""
    wrapped = getattr(f, "__wrapped__", None)
    for inner in (f, wrapped):
        if isinstance(inner, FunctionType) and is_user_function(inner):
            guard_contents(trace, inner, args)
    args = tuple(_visible(trace, arg) for arg in args)
    kwargs = {name: _visible(trace, arg) for name, arg in kwargs.items()}
    return _constant(f(*args, **kwargs))


def _visible(trace: Trace, argument: Any) -> Any:
    """A function that is handed to code which we do not see, in a form that still records."""
    from .rewrite import is_rewritten, rewrite

    if isinstance(argument, MethodType) and isinstance(argument.__func__, FunctionType):
        function = _visible(trace, argument.__func__)
        return MethodType(function, argument.__self__)
    if not isinstance(argument, FunctionType):
        method = getattr(type(argument), "__call__", None)  # noqa: B004
        if isinstance(method, FunctionType) and is_user_function(method):
            guard_contents(trace, method, (argument,))
        return argument
    if is_rewritten(argument) or not is_user_function(argument):
        return argument
    rewritten = rewrite(argument)
    if rewritten is None:
        guard_contents(trace, argument)
        return argument
    observe_defaults(trace, argument, rewritten)
    return rewritten


def _constant(result: Any) -> Any:
    """Plain arrays that a call has made, as constant arrays of the recording."""
    if type(result) is np.ndarray and result.dtype in NAME_OF_DTYPE:
        return wrap(lift(result), scalar=False)
    if type(result) is tuple or type(result) is list:
        return type(result)(_constant(item) for item in result)
    return result


def _refuse_random(f: Any) -> None:
    owner = getattr(f, "__self__", None)
    draws = isinstance(owner, np.random.Generator | np.random.RandomState | random.Random)
    clock = isinstance(f, BuiltinFunctionType) and f.__module__ == "time"
    if draws or clock:
        kind = "time" if clock else f"{type(owner).__module__}.{type(owner).__name__}"
        what = "its result" if clock else "the noise"
        hint = f"every call would see the numbers of the recording; pass {what} as an argument"
        raise error("random", name=f"{kind}.{f.__name__}", hint=hint)


# --- attributes ---------------------------------------------------------------------------------


def _read_attribute(trace: Trace, owner: Any, name: str) -> Any:
    if isinstance(owner, ModuleType):
        value = getattr(owner, name)
        known = is_user_module(owner)
        return observe(trace, Attribute(IdentityOf(owner), name), value) if known else value
    found = _class_attribute(owner, name)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        self = owner.__self__ if isinstance(owner, super) else owner
        return _call(trace, found.fget, (self,), {})
    value = getattr(owner, name)
    if isinstance(value, MethodType) and found is not None:
        return value
    if is_created(trace, owner):
        return value
    if _is_plain(owner):
        return _constant(value)
    owner = original_of(trace, owner)
    return observe(trace, Attribute(IdentityOf(owner), name), value)


def _class_attribute(owner: Any, name: str) -> Any:
    """What the class of an object has under a name, descriptors unresolved."""
    order = type(owner).__mro__
    if isinstance(owner, super):
        order = owner.__self_class__.__mro__
        order = order[order.index(owner.__thisclass__) + 1 :]
    instance = getattr(owner, "__dict__", {}) if not isinstance(owner, super) else {}
    for cls in order:
        if name in vars(cls):
            found = vars(cls)[name]
            # A plain class attribute is hidden by one of the instance.
            return None if name in instance and not isinstance(found, property) else found
    return None


_BUILTIN = frozenset(
    {bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice}
)


def _is_plain(owner: Any) -> bool:
    """Builtin and NumPy values: their attributes follow from what they are."""
    return type(owner) in _BUILTIN or type(owner).__module__.partition(".")[0] == "numpy"


def _nowhere() -> None:
    """Has no captured names."""


_NOWHERE = Hooks(_nowhere)
