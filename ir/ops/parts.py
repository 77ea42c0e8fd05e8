"""Complex numbers and their real and imaginary parts.

They stand in recordings only: `passes.split` replaces each complex Value by two real ones, so
derivatives and code generation never see one, and these ops have neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import IRError
from ..op import Op, register
from ..types import ArrayType, broadcast_shapes, complex_dtype, part_dtype


def _part_type(x: ArrayType) -> ArrayType:
    if not x.is_complex:
        raise IRError(f"{x} is not complex")
    return x.with_dtype(part_dtype(x.dtype))


real = register(Op("real", "parts", _part_type, lambda x: np.real(x)))
imag = register(Op("imag", "parts", _part_type, lambda x: np.imag(x)))


def _complex_type(x: ArrayType, z: ArrayType) -> ArrayType:
    if x.dtype != z.dtype or x.dtype.kind != "f":
        raise IRError(f"the parts of complex numbers are of one dtype of floats, not {x}, {z}")
    return ArrayType(complex_dtype(x.dtype), broadcast_shapes(x.shape, z.shape))


def _complex_reference(x: Any, z: Any) -> Any:
    x, z = np.broadcast_arrays(x, z)
    y = np.empty(x.shape, complex_dtype(x.dtype))
    y.real, y.imag = x, z
    return y


complex_ = register(
    Op("complex", "parts", _complex_type, _complex_reference, doc="``x + 1j * z``, exactly.")
)
