"""Functions that ask what kind of numbers an array has, and take complex ones apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import const
from ...ir.types import BOOL, F64
from ..array import Array, wrap
from ..errors import error
from ..lift import lift
from ..promote import dtype_of, promote, weak_of
from ..table import implements
from .common import as_array, cast, deliver


@implements(np.real)
def real(val: Any) -> Any:
    return as_array(val).real if weak_of(val) is None else val.real


@implements(np.imag)
def imag(val: Any) -> Any:
    return as_array(val).imag if weak_of(val) is None else val.imag


@implements(np.real_if_close)
def real_if_close(a: Any, tol: Any = 100) -> Any:
    """Whether the imaginary parts are close to 0 is decided by their values."""
    x = as_array(a)
    if x.dtype.kind != "c":
        return x
    limits = np.finfo(x.dtype)
    limit = float(tol * limits.eps) if tol > 1 else float(tol)
    near = ops.all_(ops.lt(ops.abs_(ops.imag(x.value)), limit), axes=tuple(range(x.ndim)))
    return x.real if x.storage.trace.decide(near, "np.real_if_close") else x


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """``arctan2(imag, real)``. That of a real number is 0, or pi where its sign is negative, with
    a derivative of 0, also at 0."""
    x = lift(z)
    if x.dtype.kind == "c":
        y = ops.atan2(ops.imag(x), ops.real(x))
        return wrap(y * (180.0 / math.pi) if deg else y)
    x = x if x.dtype.kind == "f" else cast(x, F64)
    half_turn = 180.0 if deg else math.pi
    negative = ops.lt(ops.copysign(const(1.0, x.dtype), x), 0.0)
    y = ops.where(negative, const(half_turn, x.dtype), 0.0)
    return wrap(ops.where(ops.isnan(x), ops.stop_gradient(x), y))


def _everywhere(x: Any, answer: bool) -> Array:
    return wrap(ops.broadcast(const(answer, BOOL), shape=lift(x).shape))


@implements(np.iscomplex)
def iscomplex(x: Any) -> Any:
    value = lift(x)
    if value.dtype.kind == "c":
        return wrap(ops.ne(ops.imag(value), 0.0))
    return _everywhere(x, False)


@implements(np.isreal)
def isreal(x: Any) -> Any:
    value = lift(x)
    if value.dtype.kind == "c":
        return wrap(ops.eq(ops.imag(value), 0.0))
    return _everywhere(x, True)


@implements(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    return dtype_of(x).kind == "c"


@implements(np.isrealobj)
def isrealobj(x: Any) -> bool:
    return not iscomplexobj(x)


def _infinite(x: Any, out: Any, name: str, side: Callable[..., Value]) -> Any:
    value: Value = as_array(x).value
    if value.dtype.kind == "c":
        text = f"This operation is not supported for {value.dtype} values because it would be"
        raise error("type", text=f"{text} ambiguous.")
    if value.dtype.kind != "f":
        return deliver(_everywhere(x, False).value, out, name)
    return deliver(ops.logical_and(ops.isinf(value), side(value, 0.0)), out, name)


@implements(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    return _infinite(x, out, "isposinf", ops.gt)


@implements(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    return _infinite(x, out, "isneginf", ops.lt)


@implements(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return as_array(x).astype(dtype, copy=copy)


@implements(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> Any:
    return promote(*[np.dtype(x) if isinstance(x, str | type) else x for x in arrays_and_dtypes])


@implements(np.i0)
def i0(x: Any) -> Any:
    value = lift(x)
    if value.dtype.kind == "c":
        raise error("type", text="i0 not supported for complex values")
    value = value if value.dtype.kind == "f" else cast(value, F64)
    return wrap(ops.i0(ops.abs_(value)), scalar=False)
