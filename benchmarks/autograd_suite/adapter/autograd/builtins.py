"""autograd's stand-ins for builtins. adjit records the builtins themselves."""

from __future__ import annotations

from builtins import dict, isinstance, list, tuple

__all__ = ["dict", "isinstance", "list", "tuple"]
