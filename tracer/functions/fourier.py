"""``numpy.fft``: transforms in packed form, complex numbers as pairs in a last axis."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.ops.structure import zeros
from ...ir.passes.split import packed_pair, unpacked
from ...ir.sizes import integer
from ..array import Array, wrap
from ..errors import error
from ..layout import Ints
from ..table import implements
from .common import as_array, as_inexact, conjugate, cut, deliver, one_axis, transpose
from .joins import roll

_OPPOSITE = {"backward": "forward", None: "forward", "ortho": "ortho", "forward": "backward"}


# --- one axis -------------------------------------------------------------------------------


def _length(n: Any, default: int) -> int:
    size = default if n is None else integer(n)
    if size < 1:
        raise error("value", text=f"Invalid number of FFT data points ({size}) specified.")
    return size


def _scale(norm: Any, size: int, inverse: bool) -> float:
    if norm not in _OPPOSITE:
        text = f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".'
        raise error("value", text=text)
    if norm == "ortho":
        return float(1 / np.sqrt(size))
    divided = inverse if norm in (None, "backward") else not inverse
    return 1.0 / size if divided else 1.0


def _resized(x: Value, axis: int, size: int) -> Value:
    """The first ``size`` elements along an axis, zeros behind the last one."""
    if x.shape[axis] >= size:
        return x if x.shape[axis] == size else cut(x, axis, 0, size)
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    y = zeros(x.type.with_shape(shape))
    if not x.type.size:
        return y
    return ops.update(y, x, start=(0,) * len(shape), step=(1,) * len(shape))


def _order(rank: int, axis: int) -> tuple[Ints, Ints]:
    """The permutation that puts an axis last, and its inverse."""
    perm = (*[at for at in range(rank) if at != axis], axis)
    return perm, tuple(perm.index(at) for at in range(rank))


def _scaled(x: Value, factor: float) -> Value:
    return x if factor == 1.0 else x * factor


def _complex(x: Value, n: Any, axis: Any, norm: Any, inverse: bool) -> Value:
    """fft or ifft of a complex or real value."""
    x = as_inexact(x)
    at = one_axis(axis, len(x.shape))
    size = _length(n, x.shape[at])
    factor = _scale(norm, size, inverse)
    x = _resized(x, at, size)
    perm, back = _order(len(x.shape), at)
    parts = (ops.real(x), ops.imag(x)) if x.type.is_complex else (x, ops.zeros(x.type))
    packed = transpose(packed_pair(parts), (*perm, len(perm)))
    y = ops.fft(packed, inverse=inverse)
    y = transpose(_scaled(y, factor), (*back, len(back)))
    return ops.complex_(*unpacked(y))


def _from_real(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    """rfft."""
    if x.type.is_complex:
        text = f"np.fft.rfft takes real numbers, not {x.dtype}: use np.fft.fft"
        raise error("type", text=text)
    x = as_inexact(x)
    at = one_axis(axis, len(x.shape))
    size = _length(n, x.shape[at])
    factor = _scale(norm, size, False)
    perm, back = _order(len(x.shape), at)
    y = ops.rfft(transpose(_resized(x, at, size), perm))
    return ops.complex_(*unpacked(transpose(_scaled(y, factor), (*back, len(back)))))


def _to_real(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    """irfft."""
    x = as_inexact(x)
    at = one_axis(axis, len(x.shape))
    size = _length(n, 2 * (x.shape[at] - 1))
    factor = _scale(norm, size, True)
    x = _resized(x, at, size // 2 + 1)
    perm, back = _order(len(x.shape), at)
    parts = (ops.real(x), ops.imag(x)) if x.type.is_complex else (x, ops.zeros(x.type))
    y = ops.irfft(transpose(packed_pair(parts), (*perm, len(perm))), size=size)
    return transpose(_scaled(y, factor), back)


def _forward(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    return _complex(x, n, axis, norm, False)


def _inverse(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    return _complex(x, n, axis, norm, True)


def _hfft(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    return _to_real(conjugate(x), n, axis, _opposite(norm))


def _ihfft(x: Value, n: Any, axis: Any, norm: Any) -> Value:
    return conjugate(_from_real(x, n, axis, _opposite(norm)))


def _opposite(norm: Any) -> Any:
    return _OPPOSITE.get(norm, norm)


Transform = Callable[[Value, Any, Any, Any], Value]


def _one(function: Any, transform: Transform) -> None:
    name = f"fft.{function.__name__}"

    @implements(function)
    def record(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
        x = as_array(a)
        y = transform(x.value, n, one_axis(axis, x.ndim), norm)
        return _delivered(y, out, name)


def _delivered(y: Value, out: Any, name: str) -> Array:
    return wrap(y, scalar=False) if out is None else deliver(y, out, name)


for _function, _transform in (
    (np.fft.fft, _forward),
    (np.fft.ifft, _inverse),
    (np.fft.rfft, _from_real),
    (np.fft.irfft, _to_real),
    (np.fft.hfft, _hfft),
    (np.fft.ihfft, _ihfft),
):
    _one(_function, _transform)

# --- several axes ---------------------------------------------------------------------------


def _sizes(x: Array, s: Any, axes: Any, halved: bool) -> tuple[list[Any], list[int]]:
    """Sizes and axes as NumPy completes them; ``halved``: the last axis holds half of it."""
    wanted: Any = None if s is None else [None if n is None else integer(n) for n in s]
    if axes is None:
        places = list(range(-(x.ndim if wanted is None else len(wanted)), 0))
        if wanted is not None:
            text = (
                "`axes` should not be `None` if `s` is not `None` (Deprecated in NumPy 2.0):"
                " give the transformed axes"
            )
            warnings.warn(text, DeprecationWarning, stacklevel=4)
    else:
        places = [integer(axis) for axis in axes]
    places = [one_axis(axis, x.ndim) for axis in places]
    if wanted is None:
        wanted = [x.shape[axis] for axis in places]
        if halved and places:
            wanted[-1] = 2 * (wanted[-1] - 1)
    if len(wanted) != len(places):
        raise error("value", text="Shape and axes have different lengths.")
    if None in wanted:
        text = "Passing an array containing `None` values to `s` is deprecated in NumPy 2.0"
        warnings.warn(text, DeprecationWarning, stacklevel=4)
    found = [x.shape[at] if n == -1 else n for n, at in zip(wanted, places, strict=True)]
    return found, places


def _several(
    function: Any, default: Any, steps: Callable[[int], Sequence[Transform]], halved: bool
) -> None:
    """``steps(count)``: the transforms along the axes, from the first to the last of ``axes``."""
    name = f"fft.{function.__name__}"

    @implements(function)
    def record(
        a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None
    ) -> Any:
        x = as_array(a)
        sizes, places = _sizes(x, s, axes, halved)
        work = list(zip(steps(len(places)), sizes, places, strict=True))
        if not work:
            if function not in _OF_NOTHING:
                raise error("index", text="list index out of range")
            return x
        y = x.value
        for transform, size, axis in work if halved else reversed(work):
            y = transform(y, size, axis, norm)
        return _delivered(y, out, name)


_OF_NOTHING = frozenset({np.fft.fftn, np.fft.ifftn, np.fft.fft2, np.fft.ifft2})
_PLANE = (-2, -1)


def _all(transform: Transform) -> Callable[[int], Sequence[Transform]]:
    return lambda count: [transform] * count


def _but_last(rest: Transform, last: Transform) -> Callable[[int], Sequence[Transform]]:
    return lambda count: [*[rest] * (count - 1), *[last][:count]]


_several(np.fft.fftn, None, _all(_forward), False)
_several(np.fft.ifftn, None, _all(_inverse), False)
_several(np.fft.fft2, _PLANE, _all(_forward), False)
_several(np.fft.ifft2, _PLANE, _all(_inverse), False)
_several(np.fft.rfftn, None, _but_last(_forward, _from_real), False)
_several(np.fft.rfft2, _PLANE, _but_last(_forward, _from_real), False)
_several(np.fft.irfftn, None, _but_last(_inverse, _to_real), True)
_several(np.fft.irfft2, _PLANE, _but_last(_inverse, _to_real), True)

# --- order of frequencies -------------------------------------------------------------------


def _shift(function: Any, sign: int) -> None:
    @implements(function)
    def record(x: Any, axes: Any = None) -> Any:
        array = as_array(x)
        if axes is None:
            places: Any = tuple(range(array.ndim))
        elif isinstance(axes, tuple | list):
            places = tuple(one_axis(axis, array.ndim) for axis in axes)
        else:
            places = (one_axis(axes, array.ndim),)
        steps = [sign * (array.shape[at] // 2) for at in places]
        return roll(array, tuple(steps), places)


_shift(np.fft.fftshift, 1)
_shift(np.fft.ifftshift, -1)
