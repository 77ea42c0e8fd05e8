"""numba's types of arguments, leaf by leaf: what they are in Python, and their words in a key."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import errors, types
from numba.np import numpy_support

from ..ir.types import NAME_OF_DTYPE
from ..tracer.containers import Structure, flatten, rebuild
from ..tracer.errors import unsupported
from ..tracer.signature import DYNAMIC_INT, classify

SAMPLES = (3, 2, 4, 5, 1)
"""The sizes of arrays with which a function is recorded to learn the types of its results."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """An argument, or a part of one.

    ``kind``: ``array``, ``number`` (a NumPy scalar of ``dtype``), ``float``, ``complex`` or ``int``
    (Python's), ``bool``, or ``fixed``: the object ``item`` itself, whose ``memory`` native code
    reads if it is a number. numba does not tell Python's numbers from NumPy's of 64 bits, which
    are Python's here.
    """

    kind: str
    type: Any = None
    dtype: np.dtype | None = None
    item: Any = None
    memory: np.ndarray | None = None

    @property
    def words(self) -> int:
        """How many words of a key say what is compiled for."""
        if self.kind == "array":
            return int(self.type.ndim)
        return 1 if self.kind in ("int", "bool") else 0

    @property
    def is_dynamic(self) -> bool:
        """Whether native code has a pointer to it; a bool is a part of the key alone."""
        return self.memory is not None if self.kind == "fixed" else self.kind != "bool"

    def sample(self, size: int) -> Any:
        """Something of this type."""
        if self.kind == "array":
            return np.ones((size,) * self.type.ndim, self.dtype)
        return self.item if self.kind == "fixed" else self._python(np.ones((), self.dtype))

    def read(self, words: Sequence[int], pointer: int | None) -> Any:
        """The argument of a call."""
        if self.kind == "fixed":
            return self.item
        if self.kind == "bool":
            return bool(words[0])
        assert self.dtype is not None
        shape = tuple(words) if self.kind == "array" else ()
        size = math.prod(shape) * self.dtype.itemsize
        memory: Any = (ctypes.c_char * size).from_address(pointer) if pointer and size else b""
        found = np.frombuffer(memory, self.dtype).reshape(shape)
        # A copy: the memory is numba's, and Python may keep what it is given.
        item = found.copy() if self.kind == "array" else self._python(found)
        if self.kind == "int" and abs(item) >= DYNAMIC_INT:
            raise unsupported(f"the int {item} as an argument inside numba")
        return item

    def _python(self, found: np.ndarray) -> Any:
        return found[()] if self.kind == "number" else found.item()

    def matches(self, key: tuple) -> bool:
        """Whether an argument with this key, in a call from Python, is one of this type."""
        if self.kind == "fixed":
            return classify("", self.item).key == key
        if self.kind == "bool":
            return key[:2] == ("static", bool)
        if self.dtype is None or self.kind not in ("array", "number"):
            return key == (self.kind,)
        if self.kind == "number":
            return key == ("number", self.dtype.char)
        return key[:2] == ("array", self.dtype.char) and len(key[2]) == self.type.ndim


@dataclass(frozen=True)
class Part:
    """A parameter: its leaves in the containers that they are in."""

    structure: Structure
    leaves: tuple[Leaf, ...]

    def build(self, leaf: Callable[[Leaf], Any]) -> Any:
        return rebuild(self.structure, [leaf(each) for each in self.leaves])


def part(type: Any, name: str) -> Part:
    """A parameter of numba's ``type``; TypingError where a recording could not take it."""
    if isinstance(type, types.Omitted):
        items, structure = flatten(type.value)
        return Part(structure, tuple(_fixed(name, item) for item in items))
    if isinstance(type, types.BaseTuple):
        inner: Any = type
        below = [part(each, f"{name}[{n}]") for n, each in enumerate(inner)]
        kind = getattr(type, "instance_class", tuple)
        structure = Structure(kind, tuple(range(len(below))), tuple(p.structure for p in below))
        return Part(structure, tuple(leaf for p in below for leaf in p.leaves))
    return Part(Structure(None), (_leaf(type, name),))


def _leaf(type: Any, name: str) -> Leaf:
    if isinstance(type, types.StringLiteral):
        return _fixed(name, type.literal_value)
    if isinstance(type, types.NoneType):
        return _fixed(name, None)
    type = types.unliteral(type)
    if isinstance(type, types.Boolean):
        return Leaf("bool", type, np.dtype(bool))
    if isinstance(type, types.Array | types.Number):
        is_array = isinstance(type, types.Array)
        dtype = numpy_support.as_dtype(getattr(type, "dtype", type))
        if dtype in NAME_OF_DTYPE:
            kind = "array" if is_array else _PYTHON.get(dtype.name, "number")
            return Leaf(kind, type, dtype)
    text = f"argument {name}: adjit does not take numba's type {type}"
    raise errors.TypingError(f"{text}; numbers, arrays, tuples, None and literal strings it takes")


def _fixed(name: str, item: Any) -> Leaf:
    return Leaf("fixed", item=item, memory=classify(name, item).array)


_PYTHON = {"float64": "float", "complex128": "complex", "int64": "int"}


def words_of(leaves: Sequence[Leaf]) -> Iterator[tuple[Leaf, slice]]:
    """Each leaf with its place in a key."""
    at = 0
    for leaf in leaves:
        yield leaf, slice(at, at + leaf.words)
        at += leaf.words
