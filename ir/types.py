"""Types of the IR: dtypes, symbolic dimensions, array types.

A dimension is an ``int`` or an :class:`Affine` expression over size symbols (an input's
size, a loop index), so that ``A[i, :i]`` has a type from the first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import IRError

DTYPE_NAMES: dict[str, np.dtype] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "c128": np.dtype(np.complex128),
    "c64": np.dtype(np.complex64),
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
C128 = DTYPE_NAMES["c128"]
C64 = DTYPE_NAMES["c64"]
I64 = DTYPE_NAMES["i64"]
BOOL = DTYPE_NAMES["bool"]


def part_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype of the real and imaginary parts of complex numbers; any other is its own."""
    return {C128: F64, C64: F32}.get(dtype, dtype)


def complex_dtype(dtype: np.dtype) -> np.dtype:
    """The complex dtype whose parts have a dtype of floats."""
    return {F64: C128, F32: C64}.get(dtype, dtype)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A number known at run time only: the index of a loop, a length read from data.

    It lies between ``low`` and ``high``, both included; ``high`` may mention the symbols of
    enclosing loops (None: no bound is known).
    """

    name: str
    low: int = 0
    high: Dim | None = None

    @property
    def dim(self) -> Affine:
        """The symbol as a dimension."""
        return Affine(0, ((self, 1),))


@dataclass(frozen=True, slots=True)
class Affine:
    """``const + sum(coefficient * symbol)``; sorted by name, coefficients non-zero.

    Built by arithmetic on :func:`symbol`; anything that folds to a constant is an ``int``.
    """

    const: int
    terms: tuple[tuple[Symbol, int], ...]

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
        parts = [s.name if c == 1 else f"{c}*{s.name}" for s, c in self.terms]
        if self.const:
            parts.append(str(self.const))
        return " + ".join(parts)


Dim = int | Affine
Shape = tuple[Dim, ...]


def symbol(name: str, low: int = 0, high: Dim | None = None) -> Affine:
    """The symbol ``name`` as a dimension."""
    return Symbol(name, low, high).dim


def _split(dim: Dim) -> tuple[int, tuple[tuple[Symbol, int], ...]]:
    return (dim.const, dim.terms) if isinstance(dim, Affine) else (dim, ())


def _affine(const: int, terms: Iterable[tuple[Symbol, int]]) -> Dim:
    kept = tuple(sorted(((s, c) for s, c in terms if c), key=lambda term: term[0].name))
    return Affine(const, kept) if kept else const


# --- bounds ---------------------------------------------------------------------------------


def symbols_in(dim: Dim | None) -> set[Symbol]:
    """The symbols of a dimension, without those that only bound them."""
    return {s for s, _ in dim.terms} if isinstance(dim, Affine) else set()


def _bounding(dim: Dim | None) -> set[Symbol]:
    """The symbols of a dimension and of the bounds of these."""
    found = symbols_in(dim)
    for s in list(found):
        found |= _bounding(s.high)
    return found


def _extreme(dim: Dim, sign: int) -> int | None:
    """Replaces symbols by their bounds, innermost first, so that ``i - j`` with j <= i is >= 0."""
    while isinstance(dim, Affine):
        outer = {o for s, _ in dim.terms for o in _bounding(s.high)}
        s, c = next((term for term in dim.terms if term[0] not in outer), dim.terms[0])
        bound = s.low if c * sign < 0 else s.high
        if bound is None:
            return None
        dim = dim - c * s.dim + c * bound
    return dim


def lower_bound(dim: Dim) -> int | None:
    """The least number that a dimension can be, as far as its symbols tell."""
    return _extreme(dim, -1)


def upper_bound(dim: Dim) -> int | None:
    """The greatest number that a dimension can be; None where nothing bounds it."""
    return _extreme(dim, 1)


def evaluate_dim(dim: Dim, numbers: Mapping[str, int]) -> int:
    """The number that a dimension is where its symbols have these numbers."""
    if isinstance(dim, Affine):
        return dim.const + sum(c * numbers[s.name] for s, c in dim.terms)
    return dim


def substitute(dim: Dim, numbers: Mapping[Symbol, Dim]) -> Dim:
    """The dimension with some symbols replaced."""
    if not isinstance(dim, Affine):
        return dim
    result: Dim = dim.const
    for s, c in dim.terms:
        result = numbers.get(s, s.dim) * c + result
    return result


def capacity(shape: Shape) -> tuple[int, ...]:
    """The sizes of a buffer that holds any array of this shape."""
    sizes = []
    for dim in shape:
        bound = upper_bound(dim)
        if bound is None:
            raise IRError(f"nothing bounds the size {dim} of {format_shape(shape)}")
        sizes.append(max(bound, 0))
    return tuple(sizes)


@dataclass(frozen=True, slots=True)
class ArrayType:
    """dtype and shape of a Value; a scalar has shape ``()``."""

    dtype: np.dtype
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def bytes(self) -> int:
        """What an array of known sizes takes."""
        return self.size * self.dtype.itemsize

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
        return self.dtype.kind in "fc"

    @property
    def is_complex(self) -> bool:
        return self.dtype.kind == "c"

    def with_dtype(self, dtype: np.dtype) -> ArrayType:
        return ArrayType(dtype, self.shape)

    def with_shape(self, shape: Shape) -> ArrayType:
        return ArrayType(self.dtype, shape)

    def __str__(self) -> str:
        return f"{NAME_OF_DTYPE[self.dtype]}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class TupleType:
    """The results of a loop or branch, taken apart by ``get``."""

    items: tuple[ArrayType, ...]

    shape = ()
    differentiable = False

    @property
    def is_complex(self) -> bool:
        return any(item.is_complex for item in self.items)

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


def broadcast_shapes(*shapes: Shape) -> Shape:
    """NumPy's broadcasting rule, with symbolic dimensions equal only to themselves."""
    if shapes.count(shapes[0]) == len(shapes):
        return shapes[0]
    rank = max(len(shape) for shape in shapes)
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
