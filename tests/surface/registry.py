"""Where a name is known to the recorder: in its tables of functions, ufuncs, methods."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.special
import scipy.stats

from adjit.ir.types import NAME_OF_DTYPE
from adjit.tracer import special as ufuncs_of_scipy
from adjit.tracer.array import Array
from adjit.tracer.functions import distributions, scipy_functions
from adjit.tracer.table import FUNCTIONS

METHODS = {"astype", "flatten", "T", "__getitem__", "__setitem__", "fill", "copy"}


def found(name: str) -> Any:
    """The object that a row is about; None for syntax."""
    for start in (np, {"scipy": scipy}):
        item: Any = start
        for part in name.split("."):
            item = item.get(part) if isinstance(item, dict) else getattr(item, part, None)
            if item is None:
                break
        else:
            return item
    return None


def where(name: str) -> str:
    """The table that has a name, in a word; a dash where none has."""
    item = found(name)
    if name in METHODS:
        return "method" if hasattr(Array, name) else "–"
    if item is None:
        return "syntax"
    if isinstance(item, type):
        return "dtype" if np.dtype(item) in NAME_OF_DTYPE else "–"
    owner = getattr(item, "__self__", None)
    if isinstance(owner, np.ufunc):
        # A method of a ufunc is recorded for what the recorder knows of the ufunc.
        return "ufunc" if ufuncs_of_scipy.rule_of(owner) is not None else "–"
    if isinstance(item, np.ufunc) and ufuncs_of_scipy.rule_of(item) is not None:
        return "ufunc"
    if _hashable(item) and item in FUNCTIONS:
        return "function"
    for recorders in (scipy_functions, distributions):
        if recorders.recording_version(item) is not None:
            return "function"
    return "–"


def _hashable(item: Any) -> bool:
    try:
        hash(item)
    except TypeError:
        return False
    return True


@functools.cache
def others() -> tuple[str, ...]:
    """What the recorder knows beyond the rows, as a user writes it."""
    from .names import rows

    listed = {id(found(name)) for _, name in rows()}
    names = []
    for function in (*FUNCTIONS, *_ufuncs()):
        if id(function) not in listed:
            names.append(ufuncs_of_scipy.ufunc_name(function) if isinstance(function, np.ufunc)
                         else _name(function))  # fmt: skip
    return tuple(sorted({name.removeprefix("np.") for name in names}))


def _ufuncs() -> list[np.ufunc]:
    named = [getattr(scipy.special, name) for name in ufuncs_of_scipy.SPECIAL]
    return [*ufuncs_of_scipy.UFUNCS, *named]


def _name(function: Any) -> str:
    from adjit.tracer.table import numpy_name

    return numpy_name(function)
