"""Native code, called from Python."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir.graph import Outcome
from ..ir.types import ArrayType
from .call import DEFAULT, FAILURES, Departure, Options
from .kernel import NAME, Kernel
from .load import Library
from .threads import default_threads, pool

KEPT_BYTES = 1 << 28
"""Memory that tapes may keep between calls, for each thread."""


class _Scratch(threading.local):
    """A thread's memory between calls: the arena, and the tapes that native code has grown."""

    def __init__(self) -> None:
        self._block = np.empty(4096, np.uint8)
        self._tapes = (ctypes.c_int64 * 1)()
        self._free = ctypes.CDLL(None).free
        self._free.argtypes = [ctypes.c_void_p]

    def arena(self, size: int) -> int:
        """The address of at least ``size`` bytes, 64-aligned."""
        if self._block.nbytes < size + 64:
            self._block = np.empty(size + 64, np.uint8)
        return int(-(-self._block.ctypes.data // 64) * 64)

    def tapes(self, count: int) -> Any:
        """One number, then pointer and bytes of ``count`` tapes."""
        if len(self._tapes) < 1 + 2 * count:
            old = self._tapes
            self._tapes = (ctypes.c_int64 * (1 + 2 * count))(*old)
        return self._tapes

    def trim(self) -> None:
        """Frees the tapes where they are large."""
        if sum(self._tapes[2::2]) > KEPT_BYTES:
            self.clear()

    def clear(self) -> None:
        for at in range(1, len(self._tapes), 2):
            self._free(self._tapes[at])
            self._tapes[at] = self._tapes[at + 1] = 0

    def __del__(self) -> None:
        self.clear()


_scratch = _Scratch()


class Native:
    """A Kernel, loaded.

    ``inputs`` of a call are C-contiguous aligned arrays of the dtypes and shapes of the inputs
    of its program; nothing is checked here.
    """

    def __init__(self, kernel: Kernel, inputs: int, options: Options = DEFAULT) -> None:
        self.kernel = kernel
        self.options = options
        self.library = Library(kernel.code)
        self.address = self.library.address(NAME)
        pointers = ctypes.POINTER(ctypes.c_void_p)
        signature = ctypes.CFUNCTYPE(ctypes.c_int32, pointers, pointers, *[ctypes.c_void_p] * 3)
        self._function = signature(self.address)
        self._in = ctypes.c_void_p * max(1, inputs)
        self._types = types = kernel.outputs
        self.common_types = types[0] if all(t == types[0] for t in types) else None
        width = max(len(t) for t in types)
        self._out = ctypes.c_void_p * max(1, width)
        self._bytes = [
            max((t[n].size * t[n].dtype.itemsize for t in types if n < len(t)), default=0)
            for n in range(width)
        ]

    def __call__(
        self, inputs: Sequence[np.ndarray], out: dict[int, np.ndarray] | None = None
    ) -> tuple[int, list[np.ndarray]] | Departure:
        """The path taken and its outputs (fresh, or the arrays in ``out`` by position)."""
        if self.common_types is not None:
            results = [np.empty(t.ints, t.dtype) for t in self.common_types]
        else:
            results = [np.empty(max(1, size), np.uint8) for size in self._bytes]
        for number, array in (out or {}).items():
            results[number] = array
        tapes = _scratch.tapes(self.kernel.tapes)
        path = self._function(
            self._in(*[x.ctypes.data for x in inputs]),
            self._out(*[y.ctypes.data for y in results]),
            _scratch.arena(self.kernel.arena),
            ctypes.addressof(tapes),
            self._pool(),
        )
        left = tapes[0]
        _scratch.trim()
        if path < 0:
            return self._departure(-1 - path, left)
        if self.common_types is None:
            types = self._types[path]
            results = [
                y if y.dtype == t.dtype and y.shape == t.shape else _typed(y, t)
                for y, t in zip(results, types, strict=False)
            ]
        return path, results

    def _pool(self) -> int | None:
        if not self.kernel.divides:
            return None
        return pool(self.options.threads or default_threads()).address

    def _departure(self, number: int, bits: int) -> Departure:
        """Where the call left the tree; raises where it ended with an error."""
        kernel = self.kernel
        failure = number - len(kernel.exits)
        if failure == len(kernel.checks):
            raise MemoryError("no memory for what the derivative of a loop must keep")
        if failure >= 0:
            kind, message = kernel.checks[failure]
            raise FAILURES[kind](message.replace("{}", str(bits)))
        left = kernel.exits[number]
        outcome: Outcome
        if left.kind == "f":
            outcome = ctypes.c_double.from_buffer(ctypes.c_int64(bits)).value
        elif left.kind == "b":
            outcome = bool(bits)
        else:
            outcome = bits if left.kind == "i" else bits & 0xFFFFFFFFFFFFFFFF
        return Departure((*left.trail, outcome), left.where, left.reason)


def _typed(raw: np.ndarray, type: ArrayType) -> np.ndarray:
    count = type.size * type.dtype.itemsize
    return raw[:count].view(type.dtype).reshape(type.ints).copy()
