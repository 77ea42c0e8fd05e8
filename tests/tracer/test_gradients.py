"""Every differentiable ufunc and function, compiled: value, dtype, shape and two derivatives.

One table of small programs; a test at the end holds the table to what adjit records.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from adjit import check_grads, jit
from adjit.tracer.table import FUNCTIONS
from adjit.tracer.ufuncs import UFUNCS

from .agreement import agree, arr, same_result, signed, spaced
from .test_linear_algebra import NUMPY as LINEAR_ALGEBRA

# --- ufuncs -------------------------------------------------------------------------------------

UNARY = {
    np.negative: (-2, 2), np.positive: (-2, 2), np.conjugate: (-2, 2), np.absolute: (0.2, 2),
    np.fabs: (-2, -0.2), np.sign: (0.2, 2), np.square: (-2, 2), np.reciprocal: (0.5, 2),
    np.sqrt: (0.5, 2), np.cbrt: (0.5, 2), np.exp: (-1, 1), np.exp2: (-1, 1), np.expm1: (-1, 1),
    np.log: (0.5, 2), np.log2: (0.5, 2), np.log10: (0.5, 2), np.log1p: (-0.3, 2),
    np.sin: (-3, 3), np.cos: (-3, 3), np.tan: (-1, 1), np.arcsin: (-0.7, 0.7),
    np.arccos: (-0.7, 0.7), np.arctan: (-2, 2), np.sinh: (-1, 1), np.cosh: (-1, 1),
    np.tanh: (-1, 1), np.arcsinh: (-2, 2), np.arccosh: (1.5, 3), np.arctanh: (-0.7, 0.7),
    np.deg2rad: (-90, 90), np.radians: (-90, 90), np.rad2deg: (-2, 2), np.degrees: (-2, 2),
    np.floor: (0.2, 0.8), np.ceil: (0.2, 0.8), np.trunc: (0.2, 0.8), np.rint: (0.6, 0.9),
    np.spacing: (0.6, 0.9),
}  # fmt: skip
"""Ufunc -> range of its argument."""

BINARY = {
    np.add: ((-1, 1), (-1, 1)), np.subtract: ((-1, 1), (-1, 1)), np.multiply: ((-1, 1), (-1, 1)),
    np.true_divide: ((-1, 1), (0.5, 1)), np.floor_divide: ((2.1, 2.4), (0.9, 1.0)),
    np.remainder: ((2.1, 2.4), (0.9, 1.0)), np.fmod: ((-2.4, -2.1), (0.9, 1.0)),
    np.power: ((0.5, 2), (-2, 2)), np.float_power: ((0.5, 2), (-2, 2)),
    np.hypot: ((0.5, 2), (-2, -0.5)), np.logaddexp: ((-1, 1), (-1, 1)),
    np.logaddexp2: ((-1, 1), (-1, 1)), np.arctan2: ((0.5, 1), (-1, -0.5)),
    np.copysign: ((0.5, 1), (-1, -0.5)), np.heaviside: ((0.5, 1), (-1, 1)),
    np.maximum: ((0.2, 0.5), (0.6, 0.9)), np.minimum: ((0.2, 0.5), (0.6, 0.9)),
    np.fmax: ((0.6, 0.9), (0.2, 0.5)), np.fmin: ((0.6, 0.9), (0.2, 0.5)),
    np.nextafter: ((0.6, 0.9), (2, 3)),
}  # fmt: skip
"""Ufunc -> ranges of its two arguments."""

NO_DERIVATIVE = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and,
    np.logical_or, np.logical_xor, np.logical_not, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
    np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm, np.isnan, np.isinf, np.isfinite,
    np.signbit,
}  # fmt: skip
SEVERAL = {np.divmod, np.frexp, np.modf, np.ldexp}
"""Ufuncs with two results, or arguments of two dtypes."""


def test_every_ufunc_is_in_a_table():
    assert set(UFUNCS) == {*UNARY, *BINARY, *NO_DERIVATIVE, *SEVERAL}


def by_name(table):
    return [pytest.param(*pair, id=pair[0].__name__) for pair in table.items()]


@pytest.mark.parametrize(("ufunc", "limits"), by_name(UNARY))
def test_unary_ufunc(ufunc, limits):
    x = arr(2, 3, low=limits[0], high=limits[1])
    agree(lambda x: ufunc(x) * 1.5, (x,))
    f32 = x[:, :1].astype(np.float32)
    same_result(jit(lambda x: ufunc(x))(f32), ufunc(f32))
    scalar = np.float64(x[0, 0])
    same_result(jit(lambda x: ufunc(x))(scalar), ufunc(scalar))


@pytest.mark.parametrize(("ufunc", "limits"), by_name(BINARY))
def test_binary_ufunc(ufunc, limits):
    x = arr(2, 1, low=limits[0][0], high=limits[0][1])
    z = arr(3, low=limits[1][0], high=limits[1][1])
    agree(lambda x, z: ufunc(x, z) * 1.5, (x, z))
    fx, fz = x.astype(np.float32), np.float32(z[0])
    same_result(jit(lambda x, z: ufunc(x, z))(fx, fz), ufunc(fx, fz))
    same_result(jit(lambda x, z: ufunc(x, z))(fx, z), ufunc(fx, z))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(), (1,), (0,), (1, 1), (2, 0, 3)], ids=str)
@pytest.mark.parametrize(("ufunc", "limits"), by_name(UNARY))
def test_unary_ufunc_of_awkward_shapes(ufunc, limits, shape):
    x = arr(*shape, low=limits[0], high=limits[1])
    agree(lambda x: ufunc(x) * 1.5, (x,))
    x = x.astype(np.float32)
    agree(lambda x: ufunc(x), (x,), order=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "shapes", [((), (3,)), ((1,), (2, 1)), ((0,), (1,)), ((3, 1), (1, 2)), ((), ())], ids=str
)
@pytest.mark.parametrize(("ufunc", "limits"), by_name(BINARY))
def test_binary_ufunc_of_awkward_shapes(ufunc, limits, shapes):
    x = arr(*shapes[0], low=limits[0][0], high=limits[0][1])
    z = arr(*shapes[1], low=limits[1][0], high=limits[1][1])
    agree(lambda x, z: ufunc(x, z) * 1.5, (x, z))
    agree(lambda x, z: ufunc(x, z), (x.astype(np.float32), z), order=0)
    agree(lambda x, z: ufunc(z, 0.7) * ufunc(x, 0.7), (x, z), order=0)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 2.0, 3.0], ids=str)
def test_constant_exponents(exponent):
    agree(lambda x: x**exponent * 2.0, (arr(3, low=0.5, high=2),))
    agree(lambda x: x**exponent, (arr(2, dtype=np.float32),), order=1)


# --- functions ----------------------------------------------------------------------------------

A, B, V, W3 = signed(2, 3), signed(2, 3), signed(3), signed(4)
P = arr(2, 3, low=0.5, high=1.5)
CUBE = signed(2, 3, 2)
ROW = signed(1, 3)
S = np.array(0.7)
E = np.zeros((0, 3))
DISTINCT = spaced(3, 4)
SQUARE = signed(3, 3)
MASK = np.array([[True, False, True], [False, True, True]])


def filled(x):
    y = x * 2.0
    np.fill_diagonal(y, x[0, 0])
    return y


def copied(x, z):
    y = x * 2.0
    np.copyto(y, z, where=x > 0)
    return y


def buffered(x):
    y = np.empty_like(x)
    z = np.zeros(x.shape[1:])
    np.sin(x, out=y)
    np.sum(y, axis=0, out=z)
    return y * z


def put_along(x):
    y = x * x
    np.put_along_axis(y, np.array([[2], [0]]), x[:, :1] ** 3, axis=1)
    return y


def put(x):
    y = x * x
    np.put(y, [0, -1, 2], x[0] ** 3)
    return y


def place(x):
    y = x * x
    np.place(y, A > 0, x[0] ** 3)
    return y


def putmask(x):
    y = x * x
    np.putmask(y, A > 0, x[0] ** 3)
    return y


def holed(x):
    return np.where(HOLES == 1, x, np.nan)


HOLES = np.where(np.arange(DISTINCT.size).reshape(DISTINCT.shape) % 5 == 1, np.nan, 1.0)

PROGRAMS = {
    "sum": (lambda x: np.sum(x) * x, A),
    "sum 0": (lambda x: np.sum(x * x, axis=0), A),
    "sum -1 keepdims": (lambda x: x / np.sum(x * x, axis=-1, keepdims=True), A),
    "sum axes": (lambda x: np.sum(x * x, axis=(0, 2)), CUBE),
    "sum no axes": (lambda x: np.sum(x * x, axis=()), A),
    "sum 0-d": (lambda x: np.sum(x * x), S),
    "sum empty": (lambda x: np.sum(x * x, axis=0), E),
    "sum initial where": (lambda x: np.sum(x * x, axis=1, initial=2.0, where=MASK), A),
    "sum f32": (lambda x: np.sum(x * x, axis=0), A.astype(np.float32)),
    "sum f32 dtype": (lambda x: np.sum(x * x, dtype=np.float64), A.astype(np.float32)),
    "add.reduce": (lambda x: np.add.reduce(x * x, axis=1), A),
    "nansum": (lambda x: np.nansum(x * x, axis=0), A),
    "nanprod": (lambda x: np.nanprod(x * x, axis=0), A),
    "nanmean": (lambda x: np.nanmean(x * x, axis=0), A),
    "mean": (lambda x: np.mean(x * x), A),
    "mean axis": (lambda x: np.mean(x * x, axis=1, keepdims=True), A),
    "mean axes": (lambda x: np.mean(x * x, axis=(0, -1)), CUBE),
    "mean where": (lambda x: np.mean(x * x, axis=1, where=MASK), A),
    "mean size-1": (lambda x: np.mean(x * x, axis=0), ROW),
    "mean f32": (lambda x: np.mean(x * x), A.astype(np.float32)),
    "mean method": (lambda x: (x * x).mean(0), A),
    "prod": (lambda x: np.prod(x) * x, A),
    "prod axis": (lambda x: np.prod(x, axis=1, keepdims=True), A),
    "prod axes": (lambda x: np.prod(x, axis=(0, 1)), CUBE),
    "prod zero": (lambda x: np.prod(x - x[0, 0] + 0.0 * x, axis=0), A),
    "prod zeros": (lambda x: np.prod(x), np.array([0.0, 2.0, 0.0, 3.0])),
    "prod one zero": (lambda x: np.prod(x), np.array([1.5, 0.0, 3.0])),
    "prod empty": (lambda x: np.prod(x, axis=0), E),
    "max": (lambda x: np.max(x * x * x), DISTINCT),
    "max axis": (lambda x: np.max(np.exp(x), axis=1, keepdims=True), DISTINCT),
    "amax": (lambda x: np.amax(np.exp(x), axis=0), DISTINCT),
    "max initial": (lambda x: np.max(np.exp(x), axis=0, initial=2.4), DISTINCT),
    "min": (lambda x: np.min(np.exp(x)), DISTINCT),
    "amin": (lambda x: np.amin(np.exp(x), axis=-1), DISTINCT),
    "min axes": (lambda x: np.min(np.exp(x), axis=(0, 1)), DISTINCT),
    "maximum.reduce": (lambda x: np.maximum.reduce(np.exp(x), axis=1), DISTINCT),
    "ptp": (lambda x: np.ptp(np.exp(x), axis=1), DISTINCT),
    "var": (lambda x: np.var(x * x), A),
    "var ddof": (lambda x: np.var(x * x, axis=1, ddof=1, keepdims=True), A),
    "var axes": (lambda x: np.var(x, axis=(0, 2)), CUBE),
    "var correction": (lambda x: np.var(x * x, axis=0, correction=1), A),
    "var f32": (lambda x: np.var(x, axis=0), A.astype(np.float32)),
    "std": (lambda x: np.std(x), A),
    "std ddof": (lambda x: np.std(x, axis=0, ddof=1), DISTINCT),
    "std method": (lambda x: x.std(axis=1, keepdims=True) * x, A),
    "std where": (lambda x: np.std(x, where=MASK), A),
    "average": (lambda x: np.average(x * x, axis=0), A),
    "average weights": (lambda x, w: np.average(x, weights=w, axis=1), A, arr(3)),
    "average returned": (lambda x, w: np.average(x, weights=w, returned=True), A, P),
    # layout
    "reshape": (lambda x: np.reshape(x, (3, 2)) * V[:, None], A),
    "reshape -1": (lambda x: x.T.reshape(-1) ** 2, A),
    "reshape order F": (lambda x: np.reshape(x, (3, 2), order="F") ** 2, A),
    "ravel": (lambda x: np.ravel(x.T) ** 2, A),
    "transpose": (lambda x: np.transpose(x, (1, 2, 0)) ** 2, CUBE),
    "permute_dims": (lambda x: np.permute_dims(x, (2, 0, 1)) ** 2, CUBE),
    "matrix_transpose": (lambda x: np.matrix_transpose(x) * V, signed(2, 3, 2)),
    "linalg.matrix_transpose": (lambda x: np.linalg.matrix_transpose(x) ** 2, CUBE),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 1) ** 2, CUBE),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1) ** 2, CUBE),
    "rollaxis": (lambda x: np.rollaxis(x, 2) ** 2, CUBE),
    "expand_dims": (lambda x: np.expand_dims(x, (0, 2)) ** 2, A),
    "squeeze": (lambda x: np.squeeze(x) ** 2, ROW),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 4, 3)) ** 2, ROW),
    "broadcast_arrays": (
        lambda x, z: np.broadcast_arrays(x, z)[0] * np.broadcast_arrays(x, z)[1],
        A[:, :1],
        V,
    ),
    "atleast_1d": (lambda x: np.atleast_1d(x) ** 2, S),
    "atleast_2d": (lambda x: np.atleast_2d(x) ** 2, V),
    "atleast_3d": (lambda x: np.atleast_3d(x) ** 2, A),
    "flip": (lambda x: np.flip(x) * x, A),
    "flip axis": (lambda x: np.flip(x, axis=(1,)) * x, A),
    "fliplr": (lambda x: np.fliplr(x) * x, A),
    "flipud": (lambda x: np.flipud(x) * x, A),
    "rot90": (lambda x: np.rot90(x) ** 2, A),
    "rot90 3": (lambda x: np.rot90(x, 3, (1, 2)) ** 2, CUBE),
    "split": (lambda x: np.split(x, 3, axis=1)[1] * np.split(x, 3, axis=1)[2], A),
    "array_split": (lambda x: [part**2 for part in np.array_split(x, 2)], V),
    "hsplit": (lambda x: np.hsplit(x, [1])[1] * np.hsplit(x, [1])[0], A),
    "vsplit": (lambda x: np.vsplit(x, 2)[1] * np.vsplit(x, 2)[0], A),
    "dsplit": (lambda x: np.dsplit(x, 2)[1] * np.dsplit(x, 2)[0], CUBE),
    "diagonal": (lambda x: np.diagonal(x, 1) ** 2, DISTINCT),
    "diagonal axes": (lambda x: np.diagonal(x, 0, 0, 2) ** 2, CUBE),
    "linalg.diagonal": (lambda x: np.linalg.diagonal(x, offset=-1) ** 2, CUBE),
    "trace": (lambda x: np.trace(x * x, -1), DISTINCT),
    "linalg.trace": (lambda x: np.linalg.trace(x * x), CUBE),
    "diag": (lambda x: np.diag(x * x, 1), V),
    "diag of matrix": (lambda x: np.diag(x * x, -1), DISTINCT),
    "diagflat": (lambda x: np.diagflat(x * x, -1), A),
    "fill_diagonal": (filled, SQUARE),
    "tril": (lambda x: np.tril(x, 1) ** 2, DISTINCT),
    "triu": (lambda x: np.triu(x, -1) * x, CUBE),
    # joins
    "concatenate": (lambda x, z: np.concatenate([x, z, x * x]), A, ROW),
    "concatenate axis": (lambda x, z: np.concatenate([x * z, z], axis=-1), A, B),
    "concatenate flat": (lambda x, z: np.concatenate([x, z * z], axis=None), A, V),
    "concatenate empty": (lambda x, z: np.concatenate([x, z * z]), E, A),
    "concatenate f32": (lambda x, z: np.concatenate([x, z * z]), A.astype(np.float32), B),
    "stack": (lambda x, z: np.stack([x, z * x], axis=1), A, B),
    "stack -1": (lambda x, z: np.stack([x, z * x], axis=-1), V, V + 1),
    "vstack": (lambda x, z: np.vstack([x, z * z]), A, V),
    "hstack": (lambda x, z: np.hstack([x, z * z]), V, W3),
    "dstack": (lambda x, z: np.dstack([x, z * x]), A, B),
    "column_stack": (lambda x, z: np.column_stack([x, z * x]), V, V + 1),
    "append": (lambda x, z: np.append(x, z * z), A, V),
    "tile": (lambda x: np.tile(x * x, (2, 1, 2)), A),
    "tile 0-d": (lambda x: np.tile(x * x, 3), S),
    "repeat": (lambda x: np.repeat(x * x, 2, axis=1), A),
    "repeat flat": (lambda x: np.repeat(x * x, 2), A),
    "repeat counts": (lambda x: np.repeat(x * x, [1, 0, 2], axis=1), A),
    "roll": (lambda x: np.roll(x, 2) * x, A),
    "roll axis": (lambda x: np.roll(x, -1, axis=1) * x, A),
    "roll axes": (lambda x: np.roll(x, (1, 5), axis=(0, 1)) * x, A),
    "diff": (lambda x: np.diff(x * x, axis=1), DISTINCT),
    "diff 2": (lambda x: np.diff(x * x, n=2, axis=-1, prepend=0.0), DISTINCT),
    "ediff1d": (lambda x: np.ediff1d(x * x), A),
    "pad": (lambda x: np.pad(x * x, ((1, 0), (2, 1))), A),
    "pad edge": (lambda x: np.pad(x * x, 1, mode="edge"), A),
    "pad reflect": (lambda x: np.pad(x * x, (0, 1), mode="reflect"), A),
    "pad wrap": (lambda x: np.pad(x * x, (2, 1), mode="wrap"), V),
    "pad constant": (lambda x: np.pad(x * x, 1, constant_values=3.0), V),
    # products
    "matmul": (lambda x, z: x @ z, A, signed(3, 2)),
    "matmul vector": (lambda x, z: x @ z, A, V),
    "matmul vectors": (lambda x, z: np.matmul(x, z), V, V + 1.0),
    "vector matmul": (lambda x, z: x @ z, V, signed(3, 4)),
    "matmul batch": (lambda x, z: x @ z, CUBE, signed(2, 4)),
    "matmul broadcast": (lambda x, z: x @ z, signed(2, 1, 2, 3), signed(3, 3, 1)),
    "matmul transposed": (lambda x: x @ x.T, A),
    "matmul empty": (lambda x, z: x @ z, np.zeros((2, 0)), np.zeros((0, 3))),
    "matmul 1x1": (lambda x, z: x @ z, signed(1, 1), signed(1, 1)),
    "matmul f32": (lambda x, z: x @ z, A.astype(np.float32), V.astype(np.float32)),
    "matmul mixed": (lambda x, z: x @ z, A.astype(np.float32), V),
    "linalg.matmul": (lambda x, z: np.linalg.matmul(x, z), A, signed(3, 2)),
    "dot": (lambda x, z: np.dot(x, z), A, signed(3, 2)),
    "dot scalar": (lambda x, z: np.dot(x, z), A, S),
    "dot 3-d": (lambda x, z: np.dot(x, z), CUBE, signed(3, 2, 2)),
    "dot method": (lambda x, z: x.dot(z), V, V + 1.0),
    "inner": (lambda x, z: np.inner(x, z), A, signed(4, 3)),
    "vdot": (lambda x, z: np.vdot(x, z), A, B),
    "vecdot": (lambda x, z: np.vecdot(x, z), A, V),
    "linalg.vecdot": (lambda x, z: np.linalg.vecdot(x, z, axis=0), A, B),
    "outer": (lambda x, z: np.outer(x, z), A, V),
    "linalg.outer": (lambda x, z: np.linalg.outer(x, z), V, W3),
    "multiply.outer": (lambda x, z: np.multiply.outer(x, z), A, V),
    "tensordot": (lambda x, z: np.tensordot(x, z), A, B),
    "tensordot axes": (lambda x, z: np.tensordot(x, z, axes=([1, 0], [0, 1])), CUBE, signed(3, 2)),
    "tensordot 0": (lambda x, z: np.tensordot(x, z, axes=0), V, A),
    "linalg.tensordot": (lambda x, z: np.linalg.tensordot(x, z, axes=1), A, signed(3, 2)),
    "kron": (lambda x, z: np.kron(x, z), A, ROW),
    "cross": (lambda x, z: np.cross(x, z), A, V),
    "linalg.cross": (lambda x, z: np.linalg.cross(x, z), V, V + 1.0),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), SQUARE),
    "matrix_power 0": (lambda x: np.linalg.matrix_power(x, 0) * x, SQUARE),
    "multi_dot": (lambda x, z, w: np.linalg.multi_dot([x, z, w]), A, signed(3, 2), signed(2)),
    "einsum ij,jk": (lambda x, z: np.einsum("ij,jk->ik", x, z), A, signed(3, 2)),
    "einsum trace": (lambda x: np.einsum("ii", x * x), SQUARE),
    "einsum diagonal": (lambda x: np.einsum("ii->i", x) ** 2, SQUARE),
    "einsum sum": (lambda x: np.einsum("ijk->j", x * x), CUBE),
    "einsum transpose": (lambda x: np.einsum("ijk->kji", x) ** 2, CUBE),
    "einsum implicit": (lambda x, z: np.einsum("ba,bc", x, z), A, B),
    "einsum ellipsis": (lambda x, z: np.einsum("...ij,...j->...i", x, z), CUBE, signed(2, 2)),
    "einsum three": (
        lambda x, z, w: np.einsum("ij,kj,i->k", x, z, w), A, signed(4, 3), signed(2),
    ),
    "einsum same": (lambda x: np.einsum("ij,ij,ij->j", x, x, x), A),
    "einsum size-1": (lambda x, z: np.einsum("ij,ij->i", x, z), A, ROW),
    "einsum repeated": (lambda x, z: np.einsum("iij,jk->ik", x, z), signed(2, 2, 3), signed(3, 2)),
    # choices and limits
    "where": (lambda x, z: np.where(x > 0, x * x, z), A, V),
    "where 0-d": (lambda x: np.where(x > 0, x * x, 1.0), S),
    "where safe": (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), x * x), A),
    "select": (lambda x: np.select([x > 0.8, x > 0], [x * x, np.sin(x)], x), A),
    "copyto": (copied, A, B),
    "clip": (lambda x: np.clip(x * x * x, -0.4123, 0.4321), A),
    "clip arrays": (lambda x, z: np.clip(x, z - 2, z + 0.05) * x, A, V),
    "clip one side": (lambda x: np.clip(x, None, 0.1) ** 2, A),
    "nan_to_num": (lambda x: np.nan_to_num(x * x), A),
    "round": (lambda x: np.round(x, 1) * x, np.array([0.12, -0.73, 1.28])),
    "around": (lambda x: np.around(x) * x, DISTINCT),
    "fix": (lambda x: np.fix(x) * x, A * 1.01),
    "sinc": (lambda x: np.sinc(x), np.array([0.0, 0.1, -0.4, 1.5, 2.0])),
    "piecewise": (lambda x: np.piecewise(x, [x < -0.3, x > 0.4], [np.sin, 2.5, np.exp]), A),
    "real": (lambda x: np.real(x) ** 2, A),
    "imag": (lambda x: np.imag(x) + x, A),
    "real_if_close": (lambda x: np.real_if_close(x) ** 2, A),
    "angle": (lambda x: np.angle(x) * x, A),
    "i0": (lambda x: np.i0(x), A),
    "frexp": (lambda x: np.frexp(x * 3)[0] * x, A),
    "ldexp": (lambda x: np.ldexp(x * x, [1, -2, 3]), A),
    "modf": (lambda x: np.modf(x * 3)[0] * x, A),
    "polyval": (lambda p, x: np.polyval(p, x), V, A),
    "trapezoid": (lambda y: np.trapezoid(y * y, dx=0.3), A),
    "trapezoid x": (lambda y, x: np.trapezoid(y, x, axis=1), A, V),
    "norm": (lambda x: np.linalg.norm(x), A),
    "norm axis": (lambda x: np.linalg.norm(x, axis=1, keepdims=True), A),
    "norm 1": (lambda x: np.linalg.norm(x, 1), V),
    "norm 3": (lambda x: np.linalg.norm(x, 3), V),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), np.array([1.0, -2.0, 0.4])),
    "norm -inf": (lambda x: np.linalg.norm(x, -np.inf, axis=1), DISTINCT + 0.05),
    "norm fro": (lambda x: np.linalg.norm(x, "fro", axis=(0, 2)), CUBE),
    "norm 1 of matrix": (lambda x: np.linalg.norm(x, 1), DISTINCT + 0.05),
    "norm inf of matrix": (lambda x: np.linalg.norm(x, np.inf), DISTINCT + 0.05),
    # positions and masks
    "take": (lambda x: np.take(x * x, [2, 0, 2], axis=1), A),
    "take_along_axis": (lambda x: np.take_along_axis(x * x, np.array([[2, 0], [1, 1]]), 1), A),
    "put_along_axis": (put_along, A),
    "choose": (lambda x: np.choose([0, 1, 0], [x * x, np.sin(x)]), A),
    "compress": (lambda x: np.compress([True, False, True], x * x, axis=1), A),
    "extract": (lambda x: np.extract(A > 0, x * x), A),
    "put": (put, A),
    "place": (place, A),
    "putmask": (putmask, A),
    "delete": (lambda x: np.delete(x * x, [0, 2], axis=1), A),
    "insert": (lambda x: np.insert(x * x, [1, 2], x[:, :2], axis=1), A),
    "ix_": (lambda x: (x * x)[np.ix_([1, 0], [2, 2])], A),
    "apply_along_axis": (lambda x: np.apply_along_axis(np.prod, 0, x), A),
    "fromiter": (lambda x: np.fromiter((v * v for v in x), float), V),
    "ndenumerate": (lambda x: np.array([v * v * i[0] for i, v in np.ndenumerate(x)]), A),
    # with holes
    "nanmax": (lambda x: np.nanmax(HOLES * x * x, axis=1), DISTINCT),
    "nanmin": (lambda x: np.nanmin(HOLES * x * x, axis=1), DISTINCT),
    "nanvar": (lambda x: np.nanvar(HOLES * x, axis=1, ddof=1), DISTINCT),
    "nanstd": (lambda x: np.nanstd(HOLES * x, axis=1), DISTINCT),
    "nanpercentile": (lambda x: np.nanpercentile(holed(x), 30, axis=1), DISTINCT),
    "cumulative_sum": (lambda x: np.cumulative_sum(x * x, axis=1, include_initial=True), A),
    "cumulative_prod": (lambda x: np.cumulative_prod(x, axis=1), A),
    "partition": (lambda x: np.sort(np.partition(x * x, 1, axis=1)[:, :2], axis=1), DISTINCT),
    "union1d": (lambda x: np.union1d(x * x, [0.5]), np.array([1.5, 0.9, 2.0])),
    # creation
    "full": (lambda x: np.full((2, 2), x) * x, S),
    "full_like": (lambda x: np.full_like(x, x[0, 0]) * x, A),
    "array": (lambda x: np.array([[x[0, 0], 1.0], [x[1, 1] ** 2, x[0, 2]]]), A),
    "asarray": (lambda x: np.asarray([x[0], x[1] * x[0]]), A),
    "asanyarray": (lambda x: np.asanyarray(x) ** 2, A),
    "ascontiguousarray": (lambda x: np.ascontiguousarray((x * x).copy().T), A),
    "asarray_chkfinite": (lambda x: np.asarray_chkfinite(x) ** 2, A),
    "copy": (lambda x: np.copy(x) ** 2, A),
    "meshgrid": (lambda x, z: np.meshgrid(x, z)[0] * np.meshgrid(x, z)[1], V, W3),
    "zeros ones": (lambda x: (np.zeros(3) + np.ones((2, 3)) * x) * np.ones_like(x), A),
    "eye": (lambda x: (np.eye(3) + np.identity(3) + np.tri(3)) * x * x, SQUARE),
    "arange": (lambda x: np.arange(3) * x * x, A),
    "indices": (lambda x: np.indices((2, 3))[1] * x * x, A),
    "linspace": (lambda x: np.linspace(x[0], x[1] * x[0], 4), V),
    "linspace arrays": (lambda x, z: np.linspace(x, z * z, 3, axis=-1, endpoint=False), V, V + 1),
    "float64": (lambda x: np.float64(x) ** 2, S),
    "astype": (lambda x: np.astype(x, np.float64) ** 2, A),
    "astype f32": (lambda x: x.astype(np.float32) ** 2, A.astype(np.float32)),
    "out": (buffered, A),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_function(name):
    """Forms of a function that is in the table by its name alone: the first derivative."""
    fn, *args = PROGRAMS[name]
    agree(fn, args, order=1 if " " in name else 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PROGRAMS if " " in name])
def test_second_derivatives_of_forms(name):
    fn, *args = PROGRAMS[name]
    check_grads(fn, args, order=2)


NO_FLOATS = {
    "isclose", "allclose", "array_equal", "array_equiv", "iscomplexobj", "isrealobj",
    "iscomplex", "isreal", "isposinf", "isneginf", "nonzero", "flatnonzero", "argwhere",
    "unravel_index", "argmax", "argmin", "nanargmax", "nanargmin", "argsort", "argpartition",
    "lexsort", "searchsorted", "digitize", "isin",
    "result_type", "any", "all", "count_nonzero", "shape", "ndim", "isscalar", "size", "int64",
    "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool",
}  # fmt: skip
FLOAT_CREATION = {
    "zeros", "ones", "empty", "zeros_like", "ones_like", "empty_like", "identity", "tri",
    "float32",
}  # fmt: skip
"""Functions that appear inside of other programs."""


def test_every_function_is_in_the_table():
    covered = {name.removeprefix("linalg.").split()[0] for name in PROGRAMS}
    covered |= {name.split()[0] for name in LINEAR_ALGEBRA}
    # Those of complex numbers: test_complex.py, test_fourier.py.
    covered |= {"complex64", "complex128"} | set(np.fft.__all__)
    for name in ("order_derivatives", "numerics_derivatives", "convolutions"):
        source = Path(__file__).with_name(f"test_functions_{name}.py").read_text()
        covered |= set(re.findall(r"np\.(\w+)", source))
    recorded = {function.__name__ for function in FUNCTIONS}
    assert recorded - covered - NO_FLOATS - FLOAT_CREATION == set()
