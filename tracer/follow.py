"""How a recording follows a call or an attribute read of the user's code.

NumPy functions are replaced by their recording versions and helpers are rewritten. What cannot
be followed is called as it is, and what it may have read is noted by content.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..ir.sizes import Size, are_asked
from ..ir.types import NAME_OF_DTYPE
from . import families
from .array import Array, wrap
from .capture import (
    guard_contents,
    guard_state,
    is_created,
    mark_created,
    memory_of,
    note,
    observe,
    observe_defaults,
    original_of,
)
from .drawing import adopt
from .errors import error, is_ours, unsupported
from .functions import distributions, scipy_functions
from .functions.scalars import CALLS
from .generators import is_generator
from .iteration import STAGED
from .lift import lift
from .numba_functions import call_numba, is_numba
from .places import MISSING, Attribute, IdentityOf
from .randomness import draws, make, makes_generator, read_state
from .source import is_user_class, is_user_function, is_user_module
from .table import FUNCTIONS, twin_of
from .trace import Trace


def call(trace: Trace, f: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Calls ``f`` in the way that a recording can follow."""
    from .rewrite import is_rewritten

    reader = _READERS.get(f) if isinstance(f, BuiltinFunctionType) else None
    if reader is not None and not kwargs:
        return reader(trace, *args)
    replacement = _replacement(f)
    if replacement is not None:
        args = tuple(_visible_items(trace, arg) for arg in args)
        kwargs = {name: _visible_items(trace, arg) for name, arg in kwargs.items()}
        return replacement(*args, **kwargs)
    if _carries(f, "__adjit_transform__"):
        return f(*args, **kwargs)
    drawn = draws(f)
    if drawn is not None:
        return families.draw(trace, *drawn, args, kwargs)
    if makes_generator(f):
        return make(trace, f, args, kwargs)
    if isinstance(f, FunctionType):
        if is_rewritten(f):
            return f(*args, **kwargs)
        if hasattr(f, "registry") and hasattr(f, "dispatch"):
            return call(trace, f.dispatch(_dispatch_type(args)), args, kwargs)
        known = memory_of(trace).rewritten.get(IdentityOf(f)) or _follow(trace, f)
        if known is None:
            return _call_unseen(trace, f, args, kwargs)
        return known(*args, **kwargs)
    _refuse_time(f)
    if is_numba(f) or (isinstance(f, MethodType) and is_numba(f.__self__)):
        return call_numba(trace, f, args, kwargs)
    if isinstance(f, np.ufunc):  # which takes None for some of its defaults, but not given
        kwargs = {name: item for name, item in kwargs.items() if item is not None}
    if isinstance(f, MethodType):
        return call(trace, f.__func__, (f.__self__, *args), kwargs)
    if type(f) is functools.partial:
        before = read_attribute(trace, f, "args")
        named = read_attribute(trace, f, "keywords")
        inner = draws(f.func)
        if inner is not None:
            adopt(trace, memory_of(trace).places, inner[0])
        return call(trace, f.func, (*before, *args), {**named, **kwargs})
    if isinstance(f, type):
        return _construct(trace, f, args, kwargs)
    method = getattr(type(f), "__call__", None)  # noqa: B004  (the method itself is wanted)
    if isinstance(method, FunctionType) and is_user_function(method):
        return call(trace, method, (f, *args), kwargs)
    return _call_unseen(trace, f, args, kwargs)


def _follow(trace: Trace, f: FunctionType) -> FunctionType | None:
    """A helper of the user, rewritten for this recording; None for library code or no source."""
    from .rewrite import rewrite

    rewritten = rewrite(f) if is_user_function(f) else None
    if rewritten is not None:
        observe_defaults(trace, f, rewritten)
        memory_of(trace).rewritten[IdentityOf(f)] = rewritten
    return rewritten


def _replacement(f: Any) -> Callable[..., Any] | None:
    try:
        known = FUNCTIONS.get(f) or CALLS.get(f) or STAGED.get(f)
    except TypeError:  # not hashable
        return None
    return known or scipy_functions.recording_version(f) or distributions.recording_version(f)


def _carries(f: Any, name: str) -> bool:
    """Whether an attribute is set, asking neither ``__getattr__`` nor properties."""
    return hasattr(type(f), name) or name in getattr(f, "__dict__", ())


def _construct(trace: Trace, cls: type, args: tuple, kwargs: dict[str, Any]) -> Any:
    """An instance; a Python ``__init__`` is followed like any other function."""
    init = cls.__init__  # type: ignore[misc]
    plain = type(cls).__call__ is type.__call__ and cls.__new__ is object.__new__
    if plain and isinstance(init, FunctionType) and is_user_class(cls):
        instance: Any = object.__new__(cls)
        mark_created(trace, instance)
        call(trace, init, (instance, *args), kwargs)
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
    if _reads_state(f):
        for arg in (*args, *kwargs.values()):
            guard_state(trace, arg)
    if are_asked():
        args = _with_sizes(f, args)
        _with_sizes(f, tuple(kwargs.values()))
    kwargs = {name: _visible(trace, arg) for name, arg in kwargs.items()}
    # A container must get the very function that it may hold already.
    if type(getattr(f, "__self__", None)) not in _BUILTIN:
        args = tuple(_visible(trace, arg) for arg in args)
    return _constant(f(*args, **kwargs))


_TAKE_SIZES = frozenset(
    {abs, divmod, bool, callable, isinstance, iter, list, next, print, slice, tuple, type}
)
"""Builtins that ask a size by its methods, or only hand it on."""


def _with_sizes(f: Any, args: tuple) -> tuple:
    """The arguments of a call that is not seen, where sizes are not known yet.

    Ufuncs take them as recorded numbers. Other functions might see the number of a sample.
    """
    if not any(_is_size(arg) for arg in args):
        return args
    if isinstance(f, np.ufunc):
        return tuple(arg.as_number() if isinstance(arg, Size) else arg for arg in args)
    owner = type(getattr(f, "__self__", None))
    ours = isinstance(f, FunctionType | MethodType) and is_ours(f.__code__.co_filename)
    known = owner in (list, tuple, str, Size) or (isinstance(f, type) and is_user_class(f))
    if known or (ours and f.__module__.startswith(__package__.partition(".")[0])):
        return args
    if isinstance(f, BuiltinFunctionType | type) and f in _TAKE_SIZES:
        return args
    name = getattr(f, "__qualname__", type(f).__name__)
    raise unsupported(f"{name}() of a size that is not known", hint="use + - * // and np functions")


def _is_size(item: Any) -> bool:
    return isinstance(item, Size) or (
        isinstance(item, list | tuple | dict | set) and any(map(_is_size, item))
    )


def _reads_state(f: Any) -> bool:
    """Whether a call may look into the objects that it is given: ``copy.copy(o)``.

    Builtins use special methods only, which are noted already; user code is noted by name.
    """
    if isinstance(f, FunctionType):
        return not is_user_function(f)
    if isinstance(f, type):
        return not is_user_class(f) and f is not functools.partial
    if isinstance(f, BuiltinFunctionType):
        return f.__module__ != "builtins" and type(f.__self__) not in _BUILTIN
    return True


def _visible(trace: Trace, argument: Any) -> Any:
    """A function that is handed to code which we do not see, in a form that still records."""
    from .rewrite import is_rewritten

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
    rewritten = _follow(trace, argument)
    if rewritten is None:
        guard_contents(trace, argument)
        return argument
    return rewritten


def _visible_items(trace: Trace, argument: Any) -> Any:
    if type(argument) in (list, tuple) and any(isinstance(f, FunctionType) for f in argument):
        return type(argument)(_visible(trace, item) for item in argument)
    return _visible(trace, argument)


def _dispatch_type(args: tuple) -> type:
    """The type by which a ``functools.singledispatch`` function picks its version."""
    first = args[0] if args else None
    if not isinstance(first, Array):
        return type(first)
    return first.weak or (first.dtype.type if first.scalar else np.ndarray)


def _constant(result: Any) -> Any:
    """Plain arrays that a call has made, as constant arrays of the recording."""
    if type(result) is np.ndarray and result.dtype in NAME_OF_DTYPE:
        return wrap(lift(result), scalar=False)
    if type(result) is tuple or type(result) is list:
        return type(result)(_constant(item) for item in result)
    return result


def _refuse_time(f: Any) -> None:
    if isinstance(f, BuiltinFunctionType) and f.__module__ == "time":
        hint = "every call would see the time of the recording; pass its result as an argument"
        raise error("random", name=f"time.{f.__name__}", hint=hint)


# --- attributes ---------------------------------------------------------------------------------


def read_attribute(trace: Trace, owner: Any, name: str) -> Any:
    """``owner.name``; where there is none, the path holds while there is none."""
    try:
        return _read_attribute(trace, owner, name)
    except AttributeError:
        if not hasattr(owner, name) and not is_created(trace, owner) and not _is_plain(owner):
            note(trace, Attribute(IdentityOf(original_of(trace, owner)), name), MISSING)
        raise


def _read_attribute(trace: Trace, owner: Any, name: str) -> Any:
    if isinstance(owner, Array):
        return getattr(owner, name)
    if isinstance(owner, ModuleType):
        value = getattr(owner, name)
        known = is_user_module(owner)
        if known:
            value = observe(trace, Attribute(IdentityOf(owner), name), value)
        return twin_of(value)
    if is_generator(owner):
        if name == "state":
            read_state(owner, name)
        return getattr(owner, name)
    found = _class_attribute(owner, name)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        self = _super_part(owner, "__self__") if isinstance(owner, super) else owner
        return call(trace, found.fget, (self,), {})
    value = getattr(owner, name)
    if isinstance(found, functools.partialmethod) or is_created(trace, owner):
        return value
    # Methods are made anew by each access.
    if found is not None and isinstance(value, MethodType):
        if not isinstance(owner, super) and not _is_plain(owner):
            owner = original_of(trace, owner)
            note(trace, Attribute(IdentityOf(owner), name), IdentityOf(value))
        return value
    if _is_plain(owner):
        return _constant(value)
    owner = original_of(trace, owner)
    return observe(trace, Attribute(IdentityOf(owner), name), value)


def _class_attribute(owner: Any, name: str) -> Any:
    """What the class of an object has under a name, descriptors unresolved."""
    order: tuple[type, ...] = type(owner).__mro__
    instance: dict[str, Any] = {}
    if isinstance(owner, super):
        order = _super_part(owner, "__self_class__").__mro__
        order = order[order.index(_super_part(owner, "__thisclass__")) + 1 :]
    else:
        instance = getattr(owner, "__dict__", instance)
    for cls in order:
        if name in vars(cls):
            found = vars(cls)[name]
            # A plain class attribute is hidden by one of the instance.
            return None if name in instance and not isinstance(found, property) else found
    return None


def _super_part(owner: super, name: str) -> Any:
    """An attribute of the super object itself, not of what it stands for."""
    return object.__getattribute__(owner, name)


_BUILTIN = frozenset(
    {bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice}
)


def _is_plain(owner: Any) -> bool:
    """Builtin and NumPy values: their attributes follow from what they are."""
    return type(owner) in _BUILTIN or type(owner).__module__.partition(".")[0] == "numpy"


def _getattr(trace: Trace, owner: Any, name: str, *default: Any) -> Any:
    try:
        return read_attribute(trace, owner, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def _hasattr(trace: Trace, owner: Any, name: str) -> bool:
    try:
        read_attribute(trace, owner, name)
    except AttributeError:
        return False
    return True


def _vars(trace: Trace, owner: Any) -> Any:
    return read_attribute(trace, owner, "__dict__")


_READERS: dict[Any, Callable[..., Any]] = {getattr: _getattr, hasattr: _hasattr, vars: _vars}
"""Builtins that read attributes by name."""
