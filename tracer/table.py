"""The table of NumPy functions: which recording version stands for which function."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..ir.errors import IRError
from .core import ArrayCore
from .errors import error

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy function -> its recording version, called with the same arguments."""

_OBJECTS: dict[int, Any] = {}  # by identity: objects may have no hash


def stands_for(original: Any) -> Callable[[Any], Any]:
    """Registers an object as what recorded code sees in place of one of NumPy's."""

    def register(twin: Any) -> Any:
        _OBJECTS[id(original)] = twin
        return twin

    return register


def twin_of(value: Any) -> Any:
    """The recording version of an object of NumPy, or the object itself."""
    return _OBJECTS.get(id(value), value)


def numpy_name(function: Callable[..., Any]) -> str:
    """How a user writes a NumPy function: ``np.sum``, ``np.linalg.inv``."""
    module = str(getattr(function, "__module__", None) or "numpy").split(".")
    path = [part for part in module[1:] if not part.startswith("_")]
    return ".".join(["np", *path, getattr(function, "__name__", str(function))])


def implements(
    *functions: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the decorated function as the recording version of NumPy ``functions``."""

    def register(record: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(record)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                result = record(*args, **kwargs)
            except IRError as problem:
                name = getattr(functions[0], "__name__", str(functions[0]))
                raise error("rule", operation=name, text=problem) from problem
            _settle_layouts(result, (args, kwargs.values()))
            return result

        for function in functions:
            FUNCTIONS[function] = run
        return run

    return register


def _arrays(items: Iterable[Any]) -> Iterator[ArrayCore]:
    for item in items:
        if isinstance(item, ArrayCore):
            yield item
        elif isinstance(item, tuple | list):
            yield from _arrays(item)


def _settle_layouts(result: Any, arguments: tuple[Iterable[Any], ...]) -> None:
    """Forgets the C order that ``wrap`` assumed where NumPy might keep another one.

    Most NumPy functions keep the memory order of what they are given. A result of unknown
    layout is right for every use but a write after a reshape, which is then an error.
    """
    fresh = [y for y in _arrays([result]) if y.assumed and len(y.shape) > 1]
    if fresh and any(not x.is_contiguous for group in arguments for x in _arrays(group)):
        for y in fresh:
            y.layout = None
