"""``np.linalg``: systems of equations, inverses, determinants, least squares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.linalg._linalg import SlogdetResult

from ...ir import ops
from ...ir.graph import Value
from ...ir.op import constant_of
from ...ir.ops.complex_matrices import embedded, of_rows
from ...ir.ops.complex_matrices import parts as unembedded
from ...ir.ops.hermitian import completed
from ...ir.ops.matrices import identity, product, symmetric
from ...ir.sizes import integer
from ...ir.types import C128, F64, I64
from ..array import Array, wrap
from ..errors import error
from ..layout import Ints
from ..table import implements
from .common import UNSET, as_array, as_value, broadcast_shapes, reshape, spread, transpose
from .complex_matrices import (
    determinant,
    determinant_parts,
    embedding,
    is_complex,
    joined,
    parts,
    repeated_singular_values,
    right_sides,
    solutions,
    unit_sides,
)
from .factorizations import singular_values
from .matrices import (
    ANY,
    SINGULAR,
    SVD_FAILED,
    common_dtype,
    known_sizes,
    lin_alg_error,
    located,
    result,
    spread_batch,
    stacked,
    wide,
    without_failure,
)
from .norms import norm
from .python_math import decide

I32 = np.dtype(np.int32)


def solved(a: Value, b: Value, message: str = SINGULAR, trans: bool = False) -> Value:
    """``b`` is a vector, or a batch of matrices."""
    if len(b.shape) == 1:
        b = reshape(b, (*b.shape, 1))
        y = solved(a, b, message, trans)
        return reshape(y, y.shape[:-1])
    batch = broadcast_shapes("solve", a.shape[:-2], b.shape[:-2])
    a, b = spread_batch(a, batch), spread_batch(b, batch)
    return without_failure(ops.solve, a, b, message=message, trans=trans)


def check_fits(a: Array, b: Array) -> None:
    n, vector = a.shape[-1], b.ndim == 1
    name = "solve1" if vector else "solve"
    core = "(m,m),(m)->(m)" if vector else "(m,m),(m,n)->(m,n)"
    if b.ndim == 0:
        text = (
            f"{name}: Input operand 1 does not have enough dimensions (has 0, gufunc core with"
            f" signature {core} requires 2)"
        )
        raise error("value", text=text)
    if b.shape[0 if vector else -2] != n:
        text = (
            f"{name}: Input operand 1 has a mismatch in its core dimension 0, with gufunc"
            f" signature {core} (size {b.shape[0 if vector else -2]} is different from {n})"
        )
        raise error("value", text=text)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Array:
    x, z = stacked(a, square=True, kinds=ANY), known_sizes(as_array(b), ANY)
    check_fits(x, z)
    if is_complex(x, z):
        y = solved(embedding(x), right_sides(z))
        return joined(solutions(y, z.ndim == 1), x, z)
    return result(solved(wide(x), wide(z)), common_dtype(x, z))


@implements(np.linalg.inv)
def inv(a: Any) -> Array:
    x = stacked(a, square=True, kinds=ANY)
    if is_complex(x):
        return joined(of_rows(solved(embedding(x), unit_sides(x))), x)
    value = wide(x)
    return result(solved(value, identity(value)), common_dtype(x))


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Array:
    x, z = known_sizes(as_array(a), ANY), known_sizes(as_array(b), ANY)
    value = x.value
    if axes is not None:
        order = list(range(x.ndim))
        for axis in axes:
            order.remove(axis)
            order.insert(x.ndim, axis)
        value = transpose(value, tuple(order))
    shape = value.shape[-(x.ndim - z.ndim) :]
    count = math.prod(shape)
    if x.size != count**2:
        text = "Input arrays must satisfy the requirement"
        raise lin_alg_error(f"{text} prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])")
    y = solve(wrap(reshape(value, (count, count))), wrap(reshape(z.value, (z.size,))))
    return wrap(reshape(y.value, shape))


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: Any = 2) -> Array:
    x = known_sizes(as_array(a), ANY)
    if ind <= 0:
        raise error("value", text="Invalid ind argument.")
    count = math.prod(x.shape[ind:])
    rows = x.size // count if count else 0
    y = inv(wrap(reshape(x.value, (count, rows))))
    return wrap(reshape(y.value, (*x.shape[ind:], *x.shape[:ind])))


# --- determinants ---------------------------------------------------------------------------


@implements(np.linalg.det)
def det(a: Any) -> Array:
    """Its derivative is the matrix of cofactors, which a singular matrix has, too."""
    x = stacked(a, square=True, kinds=ANY)
    if is_complex(x):
        return joined(determinant(x), x)
    return result(ops.det(wide(x)), common_dtype(x))


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    x = stacked(a, square=True, kinds=ANY)
    if is_complex(x):
        phase, log_size = determinant_parts(x)
        return SlogdetResult(joined(phase, x), result(log_size, common_dtype(x)))
    value, dtype = wide(x), common_dtype(x)
    return SlogdetResult(result(ops.det_sign(value), dtype), result(ops.logdet(value), dtype))


# --- least squares --------------------------------------------------------------------------


NEGLIGIBLE = 1e-8
"""Singular values that are cut off below this part of the largest one are taken for zeros."""


def pseudoinverse(x: Value, rcond: Value) -> Value:
    """The derivative is that at constant rank."""
    known = constant_of(rcond)
    cut = known is None or bool((known > NEGLIGIBLE).any())
    limit = spread(rcond, x.shape[:-2])
    return ops.pinv(x, limit, cut=cut, where=located(SVD_FAILED))


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = UNSET) -> Array:
    x = stacked(a, square=bool(hermitian), kinds=ANY)
    if rcond is not None and rtol is not UNSET:
        raise error("value", text="`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if rtol is UNSET else rtol
        if rcond is None:
            if x.dtype.kind not in "fc":
                raise error("value", text=f"data type {x.dtype} not inexact")
            rcond = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)
    if is_complex(x):
        given = completed(*parts(x), True) if hermitian else parts(x)
        return joined(unembedded(pseudoinverse(embedded(*given), as_value(rcond, F64))), x)
    value = symmetric(wide(x), True) if hermitian else wide(x)
    return result(pseudoinverse(value, as_value(rcond, F64)), common_dtype(x))


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """By the pseudoinverse; a path of its own for matrices that lack full rank."""
    x, z = stacked(a, kinds=ANY), known_sizes(as_array(b), ANY)
    if x.ndim != 2 or z.ndim not in (1, 2):
        given = x.ndim if x.ndim != 2 else z.ndim
        raise lin_alg_error(f"{given}-dimensional array given. Array must be two-dimensional")
    m, n = x.shape
    if z.shape[0] != m:
        raise lin_alg_error("Incompatible dimensions")
    dtype = common_dtype(x, z)
    if rcond is None:
        rcond = float(np.finfo(F64).eps) * max(n, m)
    elif isinstance(rcond, int | float) and rcond < 0:
        rcond = float(np.finfo(F64).eps)
    limit = as_value(rcond, F64)
    both = is_complex(x, z)
    left = embedding(x) if both else wide(x)
    right = right_sides(z) if both else reshape(wide(z), (m, 1 if z.ndim == 1 else z.shape[1]))
    y = product(pseudoinverse(left, limit), right)
    s = singular_values(x, False)
    if min(m, n):
        exact = repeated_singular_values(x) if is_complex(x) else s
        kept = ops.gt(exact, limit * ops.max_(exact, axes=(0,)))
        rank = ops.sum_(ops.cast(kept, dtype=I64), axes=(0,))
    else:
        rank = ops.const(0, I64)
    rest = ops.zeros(right.type.with_shape((0,)))
    if m > n and decide(ops.eq(rank, n), "the rank of the matrix of np.linalg.lstsq"):
        residual = right - product(left, y)
        rest = ops.sum_(residual * residual, axes=(0,))
    if both:
        first = joined(solutions(y, z.ndim == 1), x, z)
    else:
        first = result(reshape(y, (n,)) if z.ndim == 1 else y, dtype)
    return first, result(rest, dtype), result(rank, I32), result(s, dtype)


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Array:
    array = stacked(x, kinds=ANY)
    if 0 in array.shape[-2:]:
        raise lin_alg_error("cond is not defined on empty arrays")
    value = array.value if is_complex(array) else wide(array)
    batch = value.shape[:-2]
    if p is None or p in (2, -2):
        s = singular_values(array, False)
        first, last = (_column(s, at, batch) for at in (0, s.shape[-1] - 1))
        y = last / first if p == -2 else first / last
    else:
        array = stacked(x, square=True, kinds=ANY)
        if is_complex(array):
            value = ops.cast(value, dtype=C128)
            sides = ops.solve(embedding(array), unit_sides(array), trans=False, where="")
            inverted = ops.complex_(*of_rows(sides))
        else:
            inverted = ops.solve(value, identity(value), trans=False, where="")
        norms = [norm(wrap(part), p, axis=(-2, -1)).value for part in (value, inverted)]
        y = norms[0] * norms[1]
    rank = len(value.shape)
    given = ops.any_(ops.ne(value, value), axes=(rank - 2, rank - 1))
    y = ops.where(ops.logical_and(ops.ne(y, y), ops.logical_not(given)), math.inf, y)
    return result(y, common_dtype(array))


def _column(s: Value, at: int, batch: Ints) -> Value:
    rank = len(s.shape)
    start, size = (0,) * (rank - 1) + (at,), (*batch, 1)
    return reshape(ops.slice_(s, start=start, step=(1,) * rank, size=size), batch)


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Array:
    from .creation import eye
    from .products import matmul

    x = stacked(a, square=True, kinds=ANY)
    try:
        exponent = integer(n)
    except TypeError:
        raise error("type", text="exponent must be an integer") from None
    if exponent == 0:
        return wrap(ops.broadcast(eye(x.shape[-1], dtype=x.dtype).value, shape=x.shape))
    if exponent < 0:
        x, exponent = inv(x), -exponent
    found, power = None, x
    while exponent:
        if exponent % 2:
            found = power if found is None else matmul(found, power)
        exponent //= 2
        power = matmul(power, power) if exponent else power
    return x if found is None else wrap(found.value)
