"""Discrete Fourier transforms along an axis, not normalised, of pairs of real numbers.

Complex numbers lie in a last axis of two, real and imaginary part, as they do in memory
(`passes.split`). Each transform is linear over the reals, and the transpose of another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, const, general
from ..types import ArrayType, complex_dtype, part_dtype
from .logic import eq, logical_or, where
from .reduce import any_
from .structure import broadcast, iota, reshape


def _as_complex(x: Any) -> Any:
    x = np.ascontiguousarray(x)
    return x.view(complex_dtype(x.dtype))[..., 0]


def _as_pairs(z: Any) -> Any:
    z = np.ascontiguousarray(z)
    return z.view(part_dtype(z.dtype)).reshape(*z.shape, 2)


def _check(name: str, x: ArrayType, pairs: bool) -> None:
    sizes = all(isinstance(dim, int) for dim in x.shape)
    rank = 2 if pairs else 1
    if x.dtype.kind != "f" or not sizes or x.rank < rank or (pairs and x.shape[-1] != 2):
        raise IRError(f"{name} is not defined for {x}")


def _jvp(y: Value, tangents: Sequence[Value | None]) -> Value | None:
    (t,) = tangents
    return None if t is None else y.op(t, **dict(y.attrs))


def _reach(kept: int) -> Any:
    """What matters of the argument: all of a transform of which any number matters."""

    def reach(y: Value, mask: Value) -> tuple[Value]:
        (x,) = y.args
        batch = len(x.shape) - (1 if kept else 2)
        found = any_(mask, axes=tuple(range(batch, len(y.shape))))
        ones = (1,) * (len(x.shape) - batch)
        return (broadcast(reshape(found, shape=(*found.shape, *ones)), shape=x.shape),)

    return reach


# --- complex transforms ---------------------------------------------------------------------


def _fft_type(x: ArrayType, inverse: bool) -> ArrayType:
    _check("fft", x, True)
    if not x.shape[-2]:
        raise IRError("fft of no numbers")
    return x


def _fft_reference(x: Any, inverse: bool) -> Any:
    z = _as_complex(x)
    y = np.fft.ifft(z, norm="forward") if inverse else np.fft.fft(z)
    return _as_pairs(y)


fft: Op = general(
    "fft",
    _fft_reference,
    _fft_type,
    lambda y, g: (fft(g, inverse=not y.attr("inverse")),),
    _jvp,
    _reach(0),
    doc="sum_k x[k] exp(-+ 2 pi i j k / n) of n complex numbers; + where it is ``inverse``.",
)

# --- transforms between real numbers and halves of symmetric ones -----------------------------


def _rfft_type(x: ArrayType) -> ArrayType:
    _check("rfft", x, False)
    *batch, n = x.ints
    if not n:
        raise IRError("rfft of no numbers")
    return x.with_shape((*batch, n // 2 + 1, 2))


def _twice(x: Value, n: int, factor: float) -> Value:
    """The numbers that stand for two, ``x[k]`` and ``x[n - k]``, times a factor."""
    k = iota(size=n // 2 + 1, dtype=x.dtype)
    alone = logical_or(eq(k, 0.0), eq(k, n / 2))
    weights = where(alone, const(1.0, x.dtype), factor)
    return x * reshape(weights, shape=(n // 2 + 1, 1))


rfft: Op = general(
    "rfft",
    lambda x: _as_pairs(np.fft.rfft(x)),
    _rfft_type,
    lambda y, g: (irfft(_twice(g, y.args[0].shape[-1], 0.5), size=y.args[0].shape[-1]),),
    _jvp,
    _reach(1),
    doc="The first n // 2 + 1 numbers of the transform of n real ones.",
)


def _irfft_type(x: ArrayType, size: int) -> ArrayType:
    _check("irfft", x, True)
    *batch, m, _ = x.ints
    if not size or m != size // 2 + 1:
        raise IRError(f"irfft of {x} to {size} numbers")
    return x.with_shape((*batch, size))


def _irfft_reference(x: Any, size: int) -> Any:
    return np.fft.irfft(_as_complex(x), size, norm="forward")


irfft: Op = general(
    "irfft",
    _irfft_reference,
    _irfft_type,
    lambda y, g: (_twice(rfft(g), y.attr("size"), 2.0),),
    _jvp,
    _reach(0),
    doc="The inverse of rfft, to ``size`` real numbers, not normalised.",
)
