"""Types of the IR: dtypes, symbolic dimensions, array types.

A dimension is an ``int`` or an :class:`Affine` expression over size symbols (an input's
size, a loop index), so that ``A[i, :i]`` has a type from the first day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .errors import IRError

DTYPE_NAMES: dict[str, np.dtype] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "i32": np.dtype(np.int32),
    "i16": np.dtype(np.int16),
    "i8": np.dtype(np.int8),
    "u64": np.dtype(np.uint64),
    "u32": np.dtype(np.uint32),
    "u16": np.dtype(np.uint16),
    "u8": np.dtype(np.uint8),
    "bool": np.dtype(np.bool_),
}
"""Text name of every dtype that a Value may have, and its NumPy dtype."""

NAME_OF_DTYPE = {dtype: name for name, dtype in DTYPE_NAMES.items()}

F64 = DTYPE_NAMES["f64"]
F32 = DTYPE_NAMES["f32"]
I64 = DTYPE_NAMES["i64"]
BOOL = DTYPE_NAMES["bool"]


@dataclass(frozen=True, slots=True)
class Affine:
    """``const + sum(coefficient * symbol)``; symbols are names, sorted, coefficients non-zero.

    Built by arithmetic on :func:`symbol`; anything that folds to a constant is an ``int``.
    """

    const: int
    terms: tuple[tuple[str, int], ...]

    def __add__(self, other: Dim) -> Dim:
        const, terms = _split(other)
        merged = dict(self.terms)
        for name, coefficient in terms:
            merged[name] = merged.get(name, 0) + coefficient
        return _affine(self.const + const, merged.items())

    __radd__ = __add__

    def __mul__(self, factor: Dim) -> Dim:
        if isinstance(factor, Affine):
            raise IRError(f"the product ({self}) * ({factor}) is no affine dimension")
        return _affine(self.const * factor, ((n, c * factor) for n, c in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + (-other)

    def __rsub__(self, other: Dim) -> Dim:
        return (-self) + other

    def __str__(self) -> str:
        parts = [name if c == 1 else f"{c}*{name}" for name, c in self.terms]
        if self.const:
            parts.append(str(self.const))
        return " + ".join(parts)


Dim = int | Affine
Shape = tuple[Dim, ...]


def symbol(name: str) -> Affine:
    """The size symbol ``name`` as a dimension."""
    return Affine(0, ((name, 1),))


def _split(dim: Dim) -> tuple[int, tuple[tuple[str, int], ...]]:
    return (dim.const, dim.terms) if isinstance(dim, Affine) else (dim, ())


def _affine(const: int, terms: Iterable[tuple[str, int]]) -> Dim:
    kept = tuple(sorted((name, c) for name, c in terms if c))
    return Affine(const, kept) if kept else const


@dataclass(frozen=True, slots=True)
class ArrayType:
    """dtype and shape of a Value; a scalar has shape ``()``."""

    dtype: np.dtype
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements; every dimension must be an int."""
        size = 1
        for dim in self.ints:
            size *= dim
        return size

    @property
    def ints(self) -> tuple[int, ...]:
        """The shape, where every dimension is known."""
        if any(isinstance(dim, Affine) for dim in self.shape):
            raise IRError(f"the shape of {self} is symbolic where sizes must be known")
        return self.shape  # type: ignore[return-value]

    @property
    def differentiable(self) -> bool:
        return self.dtype.kind == "f"

    def with_dtype(self, dtype: np.dtype) -> ArrayType:
        return ArrayType(dtype, self.shape)

    def with_shape(self, shape: Shape) -> ArrayType:
        return ArrayType(self.dtype, shape)

    def __str__(self) -> str:
        return f"{NAME_OF_DTYPE[self.dtype]}[{', '.join(map(str, self.shape))}]"


def broadcast_shapes(*shapes: Shape) -> Shape:
    """NumPy's broadcasting rule, with symbolic dimensions equal only to themselves."""
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dim] = [1] * rank
    for shape in shapes:
        for axis, dim in enumerate(shape, rank - len(shape)):
            if dim == 1 or dim == result[axis]:
                continue
            if result[axis] != 1:
                listed = ", ".join(format_shape(s) for s in shapes)
                raise IRError(f"shapes {listed} do not broadcast")
            result[axis] = dim
    return tuple(result)


def format_shape(shape: Shape) -> str:
    """The shape as NumPy writes it: ``(3,)``, ``(3, n)``."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
