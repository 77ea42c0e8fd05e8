"""Ahead of time: a function and its derivatives as a native library without Python.

:func:`compile_library` is the whole of it; ``adjit compile`` calls it.
"""

from .errors import LibraryError
from .library import Library, compile_library

__all__ = ["Library", "LibraryError", "compile_library"]
