"""Functions of matrices: the exponential and the square root."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import Block, Value
from ..op import Op, const, general
from ..types import I64, Symbol
from .bits import ldexp
from .control import loop
from .factorizations import triangular_solve
from .lapack import per_matrix
from .logic import gt, le, lt, maximum, where
from .matrices import check_matrix, identity, product, reach, turned
from .pointwise import abs_, cast, ceil, exp, log2
from .reduce import any_, max_, sum_
from .structure import reshape, slice_, update, zeros
from .systems import as_factor, inverse, logdet, solve

Tangents = Sequence[Value | None]


def _derivative(y: Value, x: Value, t: Value) -> Value:
    """The derivative of ``y.op`` at ``x`` along ``t``: a block of that of [[x, t], [0, x]].

    N. J. Higham, "Functions of Matrices", 2008, (3.16).
    """
    *batch, n, _ = x.shape
    zero, step = (0,) * len(batch), (1,) * len(x.shape)
    blocks = zeros(x.type.with_shape((*batch, 2 * n, 2 * n)))
    for at, part in (((0, 0), x), ((n, n), x), ((0, n), t)):
        blocks = update(blocks, part, start=(*zero, *at), step=step)
    found = y.op(blocks, **{name: "" for name, _ in y.attrs})
    return slice_(found, start=(*zero, 0, n), step=step, size=x.shape)


def _vjp(y: Value, g: Value) -> tuple[Value]:
    return (_derivative(y, turned(y.args[0]), g),)


def _jvp(y: Value, tangents: Tangents) -> Value | None:
    (t,) = tangents
    return None if t is None else _derivative(y, y.args[0], t)


# --- the exponential ------------------------------------------------------------------------

PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
    10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
"""Coefficients of the Padé approximant of degree 13 (Higham, 2005)."""

PADE_NORM = 5.371920351148152
"""The 1-norm up to which it is exact to double precision."""


def _expm_reference(x: Any) -> Any:
    from scipy.linalg import expm

    return expm(x) if x.size else np.zeros(x.shape, x.dtype)


def _expand_expm(args: Sequence[Value], attrs: Any, present: Any) -> Value:
    """Scaling and squaring (Higham, 2005), each matrix of the batch by its own power of two."""
    (x,) = args
    rank = len(x.shape)
    if 0 in x.shape:
        return zeros(x.type)
    norms = max_(sum_(abs_(x), axes=(rank - 2,)), axes=(rank - 2,))
    wanted = ceil(log2(where(gt(norms, PADE_NORM), norms / PADE_NORM, 1.0)))
    finite = lt(norms, math.inf)
    times = maximum(where(finite, wanted, 0.0), 0.0)
    y = _pade(x * as_factor(ldexp(const(1.0, x.dtype), cast(-times, dtype=I64))))
    most = times if not times.shape else max_(times, axes=tuple(range(len(times.shape))))
    trip = cast(most, dtype=I64)
    symbol = Symbol("squaring", 0, None)
    with Block() as body:
        power = body.input("power", y.type)
        left = body.input("left", times.type)
        again = where(as_factor(gt(left, 0.0)), product(power, power), power)
        region = body.graph([again, left - 1.0])
    return loop(trip, None, [y, times], [], region, symbol)[0]


def _pade(x: Value) -> Value:
    b = [float(c) for c in PADE]
    one = identity(x)
    x2 = product(x, x)
    x4 = product(x2, x2)
    x6 = product(x4, x2)
    u = product(x6, b[13] * x6 + b[11] * x4 + b[9] * x2)
    u = product(x, u + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one)
    v = product(x6, b[12] * x6 + b[10] * x4 + b[8] * x2)
    v = v + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    return solve(v - u, v + u, trans=False, where="")


expm: Op = general(
    "expm",
    _expm_reference,
    lambda x: check_matrix("expm", x, square=True),
    _vjp,
    _jvp,
    reach,
    expand=_expand_expm,
    doc="The exponential of a matrix.",
)

# --- the square root ------------------------------------------------------------------------

NEAR = 1e-2
"""How near to the identity the iteration is no longer scaled."""


def _half_precise(dtype: np.dtype) -> float:
    """Half of the digits.

    So near is the iteration ended, one step later, as each step squares the distance; and the
    square of a square root may be so far from the matrix, in relation to it.
    """
    return float(np.sqrt(np.finfo(dtype).eps))


def _sqrtm_reference(x: Any, where: str) -> Any:
    from scipy.linalg import sqrtm

    def one(a: Any) -> list[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = sqrtm(a)
        size = np.abs(a).max(initial=0.0)
        if (
            np.iscomplexobj(y)
            or not np.abs(y @ y - a).max(initial=0.0) <= _half_precise(a.dtype) * size
        ):
            raise np.linalg.LinAlgError
        return [y]

    return per_matrix(one, [x.shape[-2:]], where, x)[0]


def _largest(x: Value) -> Value:
    rank = len(x.shape)
    return max_(abs_(x), axes=(rank - 2, rank - 1))


def _expand_sqrtm(args: Sequence[Value], attrs: dict[str, Any], present: Any) -> Value:
    """The scaled product form of the iteration of Denman and Beavers (Higham, 2008, (6.29))."""
    (x,) = args
    n = x.shape[-1]
    if 0 in x.shape:
        return zeros(x.type)
    every = tuple(range(len(x.shape) - 2))

    def far(m: Value) -> Value:
        distance = gt(_largest(m - identity(m)), _half_precise(x.dtype))
        return any_(distance, axes=every) if every else distance

    symbol = Symbol("newton", 0, None)
    with Block() as body:
        m, y = (body.input(name, x.type) for name in ("m", "y"))
        one, inverted = identity(m), inverse(m)
        near = lt(_largest(m - one), NEAR)
        scale = where(near, 1.0, exp(logdet(m) * (-0.5 / n)))
        square = as_factor(scale * scale)
        following = 0.5 * (one + 0.5 * (square * m + inverted / square))
        root = 0.5 * as_factor(scale) * product(y, one + inverted / square)
        region = body.graph([following, root, far(m)])
    trip = const(100, I64)
    y = loop(trip, const(True), [x, x], [], region, symbol)[1]
    residual = _largest(product(y, y) - x)
    # A system of one equation, which has no solution where there is no square root.
    proper = cast(le(residual, _half_precise(x.dtype) * _largest(x)), dtype=x.dtype)
    flat = reshape(y, shape=(*x.shape[:-2], 1, n * n))
    attrs = {"lower": True, "trans": False, "unit": False, "where": attrs["where"]}
    return reshape(triangular_solve(as_factor(proper), flat, **attrs), shape=x.shape)


sqrtm: Op = general(
    "sqrtm",
    _sqrtm_reference,
    lambda x, where: check_matrix("sqrtm", x, square=True),
    _vjp,
    _jvp,
    reach,
    expand=_expand_sqrtm,
    doc="The principal square root of a regular matrix that has a real one.",
)
