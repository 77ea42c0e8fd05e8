"""Compiled functions inside numba's own: `@njit` code calls them, without the GIL.

numba calls ``init`` through its entry point for extensions, when it first compiles something; so
adjit does not need numba, and importing adjit does not import it.
"""

from __future__ import annotations


def init() -> None:
    """Makes compiled functions known to numba's types and its CPU target."""
    from . import types

    types.register()
