"""Words of memory that change when something changes which a kernel captures.

In Python a call reads captured globals and closure variables again. Inside numba it compares words
that CPython and NumPy keep for them, which needs no GIL: the version of a dictionary, the
object that a cell or a list holds, the memory and the sizes of an array. Every place is of an
object that its record keeps alive, and every layout is tried out before it is relied on.
"""

from __future__ import annotations

import ctypes
import functools
import gc
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ..codegen.entry.form import Captured, Expected, Read
from ..tracer.errors import unsupported

Word = tuple[int, int]
"""An address, and what is there."""

# Offsets in CPython's objects, on machines with 64-bit pointers.
DICT_VERSION = 24
CELL_CONTENTS = 16
LIST_SIZE, LIST_ITEMS = 16, 24
FUNCTION_DEFAULTS, FUNCTION_KEYWORD_DEFAULTS = 56, 64
# And in NumPy's arrays.
ARRAY_DATA, ARRAY_RANK, ARRAY_SIZES, ARRAY_DTYPE = 16, 24, 32, 56


def watches(captured: tuple[Captured, ...]) -> list[Word]:
    """The words for all captured things; refuses what has none."""
    found: dict[Word, None] = {}
    for each in captured:
        found |= dict.fromkeys([*_read(each.read), *_expected(each)])
    return list(found)


def objects(captured: tuple[Captured, ...]) -> list[Any]:
    """What is found now, whose memory the words are in."""
    return [_value(each.read) for each in captured]


def _read(read: Read) -> Iterator[Word]:
    """Words that change when reading finds another object."""
    if read.kind == "cell":
        yield _holding(read.owner, CELL_CONTENTS, read.owner.cell_contents)
    elif read.kind == "namespace":
        yield _version(read.owner)
        if read.fallback is not None:
            yield _version(read.fallback)
    elif read.kind == "attribute" and isinstance(read.owner, ModuleType):
        yield _version(vars(read.owner))
    elif read.kind == "attribute" and isinstance(read.owner, type):
        owner: Any = read.owner
        for kind in (*owner.__mro__, *type(owner).__mro__):
            # A mapping proxy refers to the dictionary that it shows, and to nothing else.
            yield from (_version(d) for d in gc.get_referents(vars(kind)) if type(d) is dict)
    elif read.kind == "container":
        yield from _read(read.owner)
        yield from _container(_value(read.owner))
    elif read.kind == "default":
        function = read.owner
        yield _holding(function, FUNCTION_DEFAULTS, function.__defaults__)
        yield _holding(function, FUNCTION_KEYWORD_DEFAULTS, function.__kwdefaults__)
        if function.__kwdefaults__ is not None:
            yield _version(function.__kwdefaults__)
    else:
        name = f"{type(read.owner).__name__}.{read.name}"
        raise unsupported(f"the captured attribute {name} inside numba", hint=_PASS)


def _expected(captured: Captured) -> Iterator[Word]:
    """Words that change when an object that was found changes in place."""
    expected: Expected = captured.expected
    if expected.kind == "array":
        array = _value(captured.read)
        if not (array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative):
            raise unsupported("a captured array that is not contiguous inside numba", hint=_PASS)
        sizes = _word(array, ARRAY_SIZES)
        yield _holding_number(array, ARRAY_DATA, array.ctypes.data)
        yield _holding(array, ARRAY_DTYPE, array.dtype)
        yield _word(array, ARRAY_RANK)
        yield sizes
        for n, size in enumerate(array.shape):
            yield _checked((sizes[1] + 8 * n, size))
    elif expected.kind in ("sequence", "dict", "outline"):
        yield from _container(_value(captured.read))
    elif expected.kind == "same":
        yield from _read(expected.item)
    elif expected.kind not in ("object", "method"):
        raise unsupported("what this function captures, inside numba,", hint=_PASS)


def _container(container: Any) -> Iterator[Word]:
    if isinstance(container, dict):
        yield _version(container)
    elif isinstance(container, list):
        yield _holding_number(container, LIST_SIZE, len(container))
        items = _word(container, LIST_ITEMS)
        yield items
        for n, item in enumerate(container):
            yield _checked((items[1] + 8 * n, id(item)))


def _value(read: Read) -> Any:
    """What a Read finds now."""
    if read.kind == "cell":
        return read.owner.cell_contents
    if read.kind == "namespace":
        return read.owner[read.name] if read.name in read.owner else read.fallback[read.name]
    if read.kind == "attribute":
        return getattr(read.owner, read.name)
    if read.kind == "container":
        return _value(read.owner)[read.name]
    named = isinstance(read.name, str)
    return (read.owner.__kwdefaults__ if named else read.owner.__defaults__)[read.name]


# --- places ---------------------------------------------------------------------------------------


def _word(item: Any, offset: int) -> Word:
    at = id(item) + offset
    return at, ctypes.c_int64.from_address(at).value


def _holding(item: Any, offset: int, expected: Any) -> Word:
    """The place of a pointer to an object; a null pointer stands for None."""
    word = _word(item, offset)
    return word if word[1] == 0 and expected is None else _checked((word[0], id(expected)))


def _holding_number(item: Any, offset: int, expected: int) -> Word:
    return _checked((id(item) + offset, expected))


def _checked(word: Word) -> Word:
    if ctypes.c_int64.from_address(word[0]).value != word[1]:
        raise unsupported("what this function captures, inside numba,", hint=_PASS)
    return word


def _version(namespace: dict) -> Word:
    if not _dictionaries_have_versions():
        raise unsupported("a captured global inside numba on this Python", hint=_PASS)
    return _word(namespace, DICT_VERSION)


@functools.cache
def _dictionaries_have_versions() -> bool:
    """Whether each change of a dictionary is seen in its version."""
    tried = {"x": 1}
    seen = [_word(tried, DICT_VERSION)[1]]
    for change in ({"x": 2}, {"y": 3}, {"x": 4}):
        tried.update(change)
        seen.append(_word(tried, DICT_VERSION)[1])
    del tried["y"]
    seen.append(_word(tried, DICT_VERSION)[1])
    return len(set(seen)) == len(seen)


_PASS = "pass it as an argument"
