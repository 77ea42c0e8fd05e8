"""The part of a loader that is the same for all libraries: NumPy arrays in and out, by ctypes.

It is copied behind a library's own table (`loader`), so it imports nothing of adjit.
"""

from __future__ import annotations

import ctypes
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

FULL = 9
MOST_BYTES = 1 << 34
"""Of workspace that a loop of unknown length is given before the call fails."""


class LibraryError(RuntimeError):
    """A function has returned a ``status`` other than 0."""

    def __init__(self, name: str, status: int, message: str) -> None:
        super().__init__(f"{name}: {message} (status {status})")
        self.status = status


def make_function(
    library: ctypes.CDLL, row: Mapping[str, Any], message: Callable[[int], str]
) -> Callable[..., Any]:
    """The Python function of a row of the table."""
    sizes, inputs, outputs = row["sizes"], row["inputs"], row["outputs"]
    native, room = library[row["name"]], library[row["workspace"]]
    room.restype = ctypes.c_int64
    native.argtypes = [
        *[ctypes.c_int64] * len(sizes),
        *[_number_type(kind) if shape is None else ctypes.c_void_p for _, kind, shape in inputs],
        *[ctypes.c_void_p] * (len(outputs) + 1),
        ctypes.c_int64,
    ]
    room.argtypes = [ctypes.c_int64] * len(sizes)
    names = ", ".join(sizes)
    shapes: list[Any] = [
        None if shape is None else eval(f"lambda {names}: ({''.join(f'{d}, ' for d in shape)})")
        for _, _, shape in (*inputs, *outputs)
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    known = {dim for _, _, shape in inputs for dim in shape or ()}
    signature = inspect.Signature(
        [
            *(inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n, _, _ in inputs),
            *(
                inspect.Parameter(
                    n, keyword, default=None if n in known else inspect.Parameter.empty
                )
                for n in sizes
            ),
        ]
    )
    kept = threading.local()

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs).arguments
        arrays: list[Any] = []
        found: dict[str, int] = {n: int(bound[n]) for n in sizes if bound.get(n) is not None}
        for name, kind, shape in inputs:
            arrays.append(_input(name, kind, shape, bound[name], found))
        given = [found[name] for name in sizes]
        for (name, _, _), array, shape_at in zip(inputs, arrays, shapes, strict=False):
            if shape_at is not None and array.shape != shape_at(*given):
                text = f"{name} has the shape {array.shape}, not {shape_at(*given)}"
                raise ValueError(f"{row['title']}: {text}")
        results = [
            np.empty(shape_at(*given), kind)
            for (_, kind, _), shape_at in zip(outputs, shapes[len(inputs) :], strict=True)
        ]
        bytes_needed = room(*given)
        if bytes_needed < 0:
            raise LibraryError(row["title"], 1, message(1))
        passed = [
            x if shape is None else x.ctypes.data
            for x, (_, _, shape) in zip(arrays, inputs, strict=True)
        ]
        pointers = [y.ctypes.data for y in results]
        while True:
            if getattr(kept, "memory", None) is None or kept.memory.nbytes < bytes_needed:
                kept.memory = np.empty(bytes_needed or 1, np.uint8)
            memory = kept.memory
            status = native(*given, *passed, *pointers, memory.ctypes.data, memory.nbytes)
            if status != FULL or memory.nbytes > MOST_BYTES:
                break
            bytes_needed = 4 * memory.nbytes
        if status:
            raise LibraryError(row["title"], status, message(status))
        found_results = tuple(y[()] for y in results)
        return found_results[0] if len(found_results) == 1 else found_results

    call.__name__ = call.__qualname__ = row["title"]
    call.__doc__ = row["about"]
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _number_type(kind: str) -> Any:
    return {
        "float64": ctypes.c_double,
        "float32": ctypes.c_float,
        "int64": ctypes.c_int64,
        "int32": ctypes.c_int32,
    }[kind]


def _input(name: str, kind: str, shape: Any, item: Any, found: dict[str, int]) -> Any:
    if shape is None:
        return item
    array = np.asarray(item)
    if not np.can_cast(array.dtype, kind, "safe"):
        raise TypeError(f"{name} holds {array.dtype}, not {kind}")
    array = np.require(array, kind, ["C", "A"]).reshape(array.shape)
    if array.ndim != len(shape):
        raise ValueError(f"{name} has {array.ndim} axes, not {len(shape)}")
    sizes: tuple[int, ...] = array.shape
    for dim, count in zip(shape, sizes, strict=True):
        if dim.isidentifier():
            found.setdefault(dim, count)
    return array
