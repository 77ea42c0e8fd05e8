"""Reading what a recorded function captures: globals, closures, attributes, defaults.

A captured array becomes an input that is read again at each call. A captured scalar, container
or object is noted as it was, and a call that finds another one records again. Nothing that a
recording has read may go stale unseen.
"""

from __future__ import annotations

import copy
import inspect
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import CellType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import numpy as np

from .array import Array
from .drawing import fix, seen_at
from .errors import error
from .generators import is_generator, is_shared
from .places import (
    BUFFERS,
    EXACT,
    METHODS,
    SCALARS,
    Attribute,
    Default,
    Free,
    Global,
    IdentityOf,
    Item,
    SameAs,
    is_plain_array,
    items_of,
    keyed_items,
    matches,
    outline_of,
)
from .places import Source as Source
from .places import read_array as read_array
from .places import still_holds as still_holds
from .source import is_user_class, is_user_function, is_user_module, nested_codes
from .trace import Trace

LEAF_LIMIT = 10_000
"""Items that a captured container may have: each is looked at again at each call."""

DEPTH_LIMIT = 50


# --- reading while recording --------------------------------------------------------------------


@dataclass(slots=True)
class Memory:
    """What one recording has read so far.

    ``places``: by identity, the source an array or container was first read from and what
    stands for it. ``copies``: the copies of containers and what was in them. ``originals``:
    what they are copies of. ``created``: objects that the recorded function made itself.
    ``frozen``: arrays that code without source may read, whose content is noted. ``visited``:
    what ``guard_contents`` has been through. ``rewritten``: the user's helpers as they run.
    """

    places: dict[IdentityOf, tuple[Any, Any]] = field(default_factory=dict)
    arrays: dict[Source, np.ndarray] = field(default_factory=dict)
    copies: list[tuple[Source, Any, Any]] = field(default_factory=list)
    originals: dict[IdentityOf, Any] = field(default_factory=dict)
    created: set[IdentityOf] = field(default_factory=set)
    frozen: list[tuple[Source, np.ndarray]] = field(default_factory=list)
    visited: set[tuple[IdentityOf, object]] = field(default_factory=set)
    rewritten: dict[IdentityOf, FunctionType] = field(default_factory=dict)


def memory_of(trace: Trace) -> Memory:
    if trace.memory is None:
        trace.memory = Memory()
    return trace.memory


def mark_created(trace: Trace, obj: object) -> None:
    """Notes that an object was made while recording: its attributes are not captured."""
    memory_of(trace).created.add(IdentityOf(obj))


def is_created(trace: Trace, obj: object) -> bool:
    return IdentityOf(obj) in memory_of(trace).created


def original_of(trace: Trace, obj: Any) -> Any:
    """The captured container that ``obj`` is the recording's copy of, else ``obj`` itself."""
    return memory_of(trace).originals.get(IdentityOf(obj), obj)


def observe(trace: Trace, source: Source, value: Any) -> Any:
    """What the recorded function sees in place of a captured value; notes what it depends on."""
    return _observe(trace, memory_of(trace), source, value, [0], 0)


def _observe(
    trace: Trace, memory: Memory, source: Source, value: Any, count: list[int], depth: int
) -> Any:
    kind = type(value)
    if isinstance(value, Array | ModuleType):
        return value
    if kind in SCALARS or isinstance(value, np.generic):
        note(trace, source, value)
        return value
    if isinstance(value, np.ndarray):
        return _observe_array(trace, memory, source, value)
    if kind in BUFFERS or kind is set or kind is frozenset:
        note(trace, source, copy.copy(value))
        result = copy.copy(value)
        if kind is not frozenset:
            memory.copies.append((source, result, copy.copy(value)))
        return result
    if _is_container(value):
        return _observe_container(trace, memory, source, value, count, depth)
    if is_generator(value) and not is_shared(value):
        note(trace, source, seen_at(trace, memory.places, source, value))
        return value
    owner = getattr(value, "__self__", None) if isinstance(value, METHODS) else None
    if is_generator(owner):
        fix(trace, memory.places, owner)
    note(trace, source, IdentityOf(value))
    _guard_protocols(trace, value)
    return value


def note(trace: Trace, source: Source, value: object) -> None:
    """Notes what a source was when it was first read: what the function itself may have put
    there later follows from that."""
    if source not in trace.statics:
        trace.static(source, value)


def _observe_array(trace: Trace, memory: Memory, source: Source, value: np.ndarray) -> Any:
    if value.dtype.kind in "SUMm":  # not numbers: nothing to record, but it may change
        note(trace, source, value.copy())
        return value
    if not is_plain_array(value):
        hint = "; capture np.asarray(...) of it"
        raise error("unsupported", name=f"an array of class {type(value).__name__}", hint=hint)
    first = memory.arrays.get(source)
    if first is not None and first is not value and not matches(value, first):
        raise error(
            "mutated_container",
            name=str(source),
            hint="it held another array when the function first read it; return the new array",
        )
    place = IdentityOf(value)
    if place in memory.places:
        same, array = memory.places[place]
        if same != source:
            note(trace, source, SameAs(same))
        return array
    array = trace.capture(source, value)
    memory.arrays.setdefault(source, value)
    memory.places[place] = (source, array)
    return array


def _is_container(value: Any) -> bool:
    if isinstance(value, dict | list | deque | MappingProxyType):
        return True
    return type(value) is tuple or (isinstance(value, tuple) and hasattr(value, "_make"))


def _observe_container(
    trace: Trace, memory: Memory, source: Source, value: Any, count: list[int], depth: int
) -> Any:
    place = IdentityOf(value)
    if place in memory.places:
        same, known = memory.places[place]
        if same != source:
            note(trace, source, SameAs(same))
        return known
    count[0] += len(value) + 1
    if count[0] > LEAF_LIMIT or depth > DEPTH_LIMIT:
        hint = f" (more than {LEAF_LIMIT} items, or nested too deep): make it a NumPy array"
        raise error("unsupported", name=f"{source}, a large {type(value).__name__},", hint=hint)
    if _is_scalars(value):
        note(trace, source, copy.copy(value))
        result = value if type(value) is tuple else copy.copy(value)
    else:
        note(trace, source, outline_of(value))
        items = {
            key: _observe(trace, memory, Item(source, key), item, count, depth + 1)
            for key, item in keyed_items(value)
        }
        result = _with_items(value, items)
    memory.places[place] = (source, result)
    memory.originals[IdentityOf(result)] = value
    if not isinstance(value, tuple | MappingProxyType):
        memory.copies.append((source, result, copy.copy(result)))
    return result


def _is_scalars(value: Any) -> bool:
    """A plain container of plain scalars, which one comparison covers."""
    return type(value) in EXACT and all(type(item) in SCALARS for item in items_of(value))


def _with_items(value: Any, items: dict[Any, Any]) -> Any:
    """A container like ``value`` with other items under the same keys."""
    if type(value) is tuple:
        return tuple(items.values())
    if isinstance(value, tuple):
        return value._make(items.values())  # type: ignore[attr-defined]
    if isinstance(value, MappingProxyType):
        return MappingProxyType(items)
    result = copy.copy(value)
    for key, item in items.items():
        result[key] = item
    return result


def check_mutated(trace: Trace) -> None:
    """Raises if the recorded function changed what was captured and the change would be lost."""
    memory = memory_of(trace)
    for source, result, before in memory.copies:
        if isinstance(result, set) or type(result) in BUFFERS:
            same = result == before
        else:
            same = outline_of(result) == outline_of(before) and all(
                x is y for x, y in zip(items_of(result), items_of(before), strict=True)
            )
        if not same:
            hint = "return what changed instead, or make the container inside the function"
            raise error("mutated_container", name=str(source), hint=hint)
    written = [s for s, array in trace.captures.items() if array.storage.version]
    for source in written:
        array = memory.arrays[source]
        for other, second in (*memory.arrays.items(), *memory.frozen):
            if (other, second) != (source, array) and np.may_share_memory(array, second):
                hint = f"{other} shares its memory and does not see the change; copy it first"
                raise error("mutated_container", name=str(source), hint=hint)


# --- places of a function -----------------------------------------------------------------------


def variable(function: FunctionType, name: str) -> tuple[Source, Any] | None:
    """The closure variable or global of a function, and its value; None for builtins."""
    if name in function.__code__.co_freevars:
        cell: CellType = function.__closure__[function.__code__.co_freevars.index(name)]  # type: ignore[index]
        try:
            return Free(IdentityOf(cell), name), cell.cell_contents
        except ValueError:  # not assigned yet
            return None
    if name in function.__globals__:
        return Global(IdentityOf(function.__globals__), name), function.__globals__[name]
    return None


def default_places(function: FunctionType) -> Iterator[tuple[Source, Any]]:
    """The default values of a function, those of keyword-only parameters last."""
    code, given = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
    owner = IdentityOf(function)
    for position, (name, value) in enumerate(zip(names, given, strict=True)):
        yield Default(owner, position, name), value
    for name, value in (function.__kwdefaults__ or {}).items():
        yield Default(owner, name, name), value


def observe_defaults(trace: Trace, original: FunctionType, rewritten: FunctionType) -> None:
    """Gives a rewritten function captured defaults: arrays that are read at each call."""
    values = [observe(trace, source, value) for source, value in default_places(original)]
    count = len(original.__defaults__ or ())
    rewritten.__defaults__ = tuple(values[:count])
    rewritten.__kwdefaults__ = dict(zip(original.__kwdefaults__ or (), values[count:], strict=True))


# --- code that cannot be rewritten --------------------------------------------------------------

_Names = frozenset[str] | None  # None: every name

_HOOKED = frozenset({"__init__", "__new__", "__call__", "__post_init__", "__getattr__"})
"""Special methods that run through the hooks, or whose results are looked at."""


def guard_contents(trace: Trace, fn: Any, arguments: Sequence[Any] = ()) -> None:
    """Notes the content of everything that a function without source may read.

    Its code sees plain arrays, which become constants of the recording: a later call with
    another content records again. ``arguments`` are objects whose attributes it may read.
    """
    if isinstance(fn, MethodType):
        fn, arguments = fn.__func__, (fn.__self__, *arguments)
    if not isinstance(fn, FunctionType):
        return
    names = frozenset(_names(fn.__code__))
    visited = memory_of(trace).visited
    if (IdentityOf(fn), None) not in visited:
        visited.add((IdentityOf(fn), None))
        for name in (*names, *fn.__code__.co_freevars):
            found = variable(fn, name)
            if found is not None:
                _guard_content(trace, *found, names)
        for source, value in default_places(fn):
            _guard_content(trace, source, value, names)
    for owner in arguments:
        _guard_members(trace, owner, names)


def guard_state(trace: Trace, argument: Any) -> None:
    """Notes the content of objects of the user that code which we do not see is given."""
    items = items_of(argument) if type(argument) in EXACT else [argument]
    for item in items:
        if not isinstance(item, type | FunctionType | ModuleType):
            _guard_members(trace, item, None)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in nested_codes(code):
        yield from _names(inner)


def _guard_content(trace: Trace, source: Source, value: Any, names: _Names) -> None:
    if isinstance(value, Array):
        return
    if isinstance(value, np.ndarray):
        note(trace, source, value.copy())
        memory_of(trace).frozen.append((source, value))
    elif type(value) in SCALARS or isinstance(value, np.generic):
        note(trace, source, value)
    elif type(value) in (*BUFFERS, set, frozenset) or _is_scalars(value):
        note(trace, source, copy.copy(value))
    elif _is_container(value):
        if len(value) > LEAF_LIMIT or (IdentityOf(value), None) in memory_of(trace).visited:
            note(trace, source, IdentityOf(value))
            return
        memory_of(trace).visited.add((IdentityOf(value), None))
        note(trace, source, outline_of(value))
        for key, item in keyed_items(value):
            _guard_content(trace, Item(source, key), item, names)
    elif isinstance(value, FunctionType | MethodType):
        note(trace, source, IdentityOf(value))
        function = value.__func__ if isinstance(value, MethodType) else value
        if isinstance(function, FunctionType) and is_user_function(function):
            guard_contents(trace, value)
    else:
        note(trace, source, IdentityOf(value))
        _guard_members(trace, value, names)
        _guard_protocols(trace, value)


def _guard_members(trace: Trace, owner: Any, names: _Names) -> None:
    """The attributes of an object that code may read, judged by the names it mentions."""
    if is_created(trace, owner):
        return
    if isinstance(owner, ModuleType):
        known = is_user_module(owner)
    else:
        known = is_user_class(owner if isinstance(owner, type) else type(owner))
    if not known:
        return
    visited = memory_of(trace).visited
    for name in _own_names(owner) if names is None else names:
        if (IdentityOf(owner), name) in visited:
            continue
        visited.add((IdentityOf(owner), name))
        found = inspect.getattr_static(owner, name, None)
        if isinstance(found, property):
            guard_contents(trace, found.fget, (owner,))
        elif isinstance(found, staticmethod | classmethod):
            guard_contents(trace, found.__func__, (owner,))
        elif isinstance(found, FunctionType) and not isinstance(owner, ModuleType):
            guard_contents(trace, found, (owner,))
        elif hasattr(owner, name):
            source = Attribute(IdentityOf(owner), name)
            _guard_content(trace, source, getattr(owner, name), names)


def _own_names(owner: Any) -> list[str]:
    """The names of what an object itself holds."""
    if isinstance(owner, type | ModuleType):
        return []
    slots = [vars(cls).get("__slots__", ()) for cls in type(owner).__mro__]
    named = [name for names in slots for name in ([names] if isinstance(names, str) else names)]
    return [*getattr(owner, "__dict__", ()), *(n for n in named if not n.startswith("__"))]


def _guard_protocols(trace: Trace, value: Any) -> None:
    """Special methods of a captured object run unseen, where Python calls them: ``o[i]``."""
    if isinstance(value, type | FunctionType):
        return
    for cls in type(value).__mro__:
        if not is_user_class(cls):
            continue
        for name, method in vars(cls).items():
            special = name.startswith("__") and name.endswith("__") and name not in _HOOKED
            # What a dataclass generates compares and prints; it computes nothing.
            if special and isinstance(method, FunctionType) and not _is_generated(cls, method):
                guard_contents(trace, method, (value,))


def _is_generated(cls: type, method: FunctionType) -> bool:
    return "__dataclass_fields__" in vars(cls) and method.__code__.co_filename == "<string>"
