"""The table of SciPy's functions that are no ufuncs, by their names: SciPy's modules are imported
by their users only."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from ...ir.errors import IRError
from ..errors import error, unsupported
from ..lift import has_proxy

_BY_NAME: dict[str, dict[str, Callable[..., Any]]] = {}
"""Name of a function -> module that has it -> its recording version."""


WHOLE = ("scipy.linalg",)
"""Modules of which every function is recorded or refused by its name."""


def records(module: str, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the recording version of a function of a module of SciPy."""

    def register(record: Callable[..., Any]) -> Callable[..., Any]:
        _BY_NAME.setdefault(name or record.__name__, {})[module] = record
        return record

    return register


def names_in(module: str) -> set[str]:
    """The functions of a module that have recording versions."""
    return {name for name, found in _BY_NAME.items() if module in found}


def _record_of(function: Any) -> Callable[..., Any] | None:
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        return None
    for module, record in _BY_NAME.get(name, {}).items():
        if _is_in(module, name, function):
            return record
    for module in WHOLE:
        if callable(function) and _is_in(module, name, function):
            return functools.partial(_refuse, module, name)
    return None


def _is_in(module: str, name: str, function: Any) -> bool:
    return getattr(sys.modules.get(module), name, None) is function


def _refuse(module: str, name: str, *args: Any, **keywords: Any) -> Any:
    raise unsupported(f"{module}.{name}", [f"{module}.{other}" for other in names_in(module)])


def recording_version(function: Any) -> Callable[..., Any] | None:
    """For a call with recorded arguments; without any, SciPy's own is called."""
    record = _record_of(function)
    if record is None:
        return None

    def call(*args: Any, **keywords: Any) -> Any:
        if not has_proxy(args) and not has_proxy(list(keywords.values())):
            return function(*args, **keywords)
        try:
            return record(*args, **keywords)
        except IRError as problem:
            raise error("rule", operation=function.__name__, text=problem) from problem

    return call
