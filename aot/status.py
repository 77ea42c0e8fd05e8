"""What a function of a library returns: 0, or why it has computed nothing that can be used."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    OK = 0
    SIZE = 1
    WORKSPACE = 2
    POINTER = 3
    OVERLAP = 4
    ARGUMENT = 5
    PATH = 6
    INDEX = 7
    NUMERICAL = 8
    FULL = 9

    @property
    def message(self) -> str:
        return MESSAGES[self]


MESSAGES: dict[Status, str] = {
    Status.OK: "done",
    Status.SIZE: "a size that the library was not compiled for",
    Status.WORKSPACE: "the workspace is smaller than the workspace function says",
    Status.POINTER: "a pointer is null or not aligned for its type",
    Status.OVERLAP: "an output overlaps an input, another output or the workspace",
    Status.ARGUMENT: "an integer argument is 2147483648 or more, or less than its negative",
    Status.PATH: "the data takes a branch that was not compiled",
    Status.INDEX: "an index is out of bounds",
    Status.NUMERICAL: "a matrix is singular, or an iteration has not converged",
    Status.FULL: "a loop of unknown length needs a larger workspace",
}
CHECKED_FIRST = (
    Status.SIZE,
    Status.WORKSPACE,
    Status.POINTER,
    Status.OVERLAP,
    Status.ARGUMENT,
)
"""With these no memory was written, or read."""
