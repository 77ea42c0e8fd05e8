"""What ``adjit compile`` cannot do."""

from __future__ import annotations

from ..tracer.errors import AdjitError


class LibraryError(AdjitError):
    """A function, or a request, of which no library can be made."""
