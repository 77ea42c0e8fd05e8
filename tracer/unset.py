"""The sentinel for a variable that is not bound."""

from __future__ import annotations


class Unset:
    """What stands for the value of a variable that is not bound."""

    def __repr__(self) -> str:
        return "unset"


UNSET = Unset()
