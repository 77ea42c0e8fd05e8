"""The functions of a library, as C sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..ir.polynomials import Polynomial
from ..ir.sizes import Question
from ..ir.types import NAME_OF_DTYPE

C_TYPES = {
    "f64": "double",
    "f32": "float",
    "c128": "double",
    "c64": "float",
    "bool": "uint8_t",
    **{f"i{bits}": f"int{bits}_t" for bits in (8, 16, 32, 64)},
    **{f"u{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
}
"""Of elements; a complex number is two."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument in C: an array by pointer, or a number by value (``dims`` is None)."""

    name: str
    dtype: np.dtype
    dims: tuple[Polynomial, ...] | None
    about: str

    @property
    def c_type(self) -> str:
        return C_TYPES[NAME_OF_DTYPE[self.dtype]]

    @property
    def type_name(self) -> str:
        return NAME_OF_DTYPE[self.dtype]


@dataclass(frozen=True, slots=True)
class Function:
    """One entry point.

    ``sizes`` come first among its arguments, then ``inputs``, ``outputs``, the workspace and its
    size. ``questions``: what must hold of the sizes. ``workspace``: bytes that are needed;
    ``tapes``: how many arrays beside that grow with the iterations of loops of unknown length.
    ``omitted``: branches that are not compiled.
    """

    name: str
    kind: str
    about: str
    sizes: tuple[str, ...]
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    questions: tuple[Question, ...]
    workspace: Polynomial
    tapes: int
    paths: int
    omitted: tuple[str, ...]

    @property
    def workspace_name(self) -> str:
        return f"{self.name}_workspace"


def identifier(text: str) -> str:
    """A name for C of what may be written ``P['w'][0]``."""
    found = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    while "__" in found:
        found = found.replace("__", "_")
    found = found.strip("_") or "x"
    return f"{found}_" if found in _RESERVED else found


_RESERVED = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
        "bool",
        "class",
        "new",
        "delete",
        "this",
        "template",
        "typename",
        "namespace",
        "private",
        "public",
        "protected",
        "operator",
        "virtual",
        "friend",
        "try",
        "catch",
        "throw",
        "using",
        "true",
        "false",
        "and",
        "or",
        "not",
        "xor",
        "workspace",
        "workspace_size",
        "value",
        "lambda",
        "def",
        "in",
        "is",
        "pass",
    ]
)


def distinct(names: Sequence[str]) -> list[str]:
    """Names with a number behind those that were there already."""
    found: list[str] = []
    for name in names:
        candidate, number = name, 2
        while candidate in found:
            candidate, number = f"{name}_{number}", number + 1
        found.append(candidate)
    return found
