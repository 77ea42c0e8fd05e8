"""A sample call or several for each row: expressions, whose names are arguments.

Differences are taken along random directions, so the arguments are such that a small step meets
no kink: elements of one array are apart from each other, and from the places where a function
bends. In a sample of statements, ``return`` gives the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from .names import rows

_rng = np.random.default_rng(11)


def _apart(*shape: int, low: float, high: float) -> np.ndarray:
    """Numbers in a range, in random order, no two of which are near each other."""
    size = int(np.prod(shape))
    return _rng.permutation(np.linspace(low, high, size) + 0.01).reshape(shape)


def _signed(*shape: int) -> np.ndarray:
    return _apart(*shape, low=0.3, high=1.4) * np.where(_rng.random(shape) < 0.5, -1.0, 1.0)


def _complex(*shape: int) -> np.ndarray:
    return _apart(*shape, low=0.3, high=1.1) + 1j * _signed(*shape)


_positive_definite = np.array([[2.0, 0.3, -0.2], [0.3, 1.5, 0.4], [-0.2, 0.4, 1.1]])

ARGUMENTS: dict[str, object] = {
    "a": 0.7,
    "c": 1.3,
    "x": _apart(5, low=0.2, high=0.8),
    "y": _apart(5, low=1.1, high=1.9),
    "s": _signed(5),
    "r": np.sort(_apart(5, low=0.15, high=1.9)),
    "v": np.array([0.95, -0.47, 1.27, -0.73]),
    "b": _signed(3),
    "X": _signed(3, 4),
    "Y": _apart(3, 4, low=0.3, high=1.5),
    "B": _signed(3, 2),
    "W": _signed(4, 2),
    "T": _signed(2, 3, 4),
    "A": np.array([[1.2, 0.3, -0.4], [0.5, -0.9, 0.2], [0.1, 0.6, 1.5]]),
    "P": _positive_definite,
    "Q": np.stack([_positive_definite, 1.5 * _positive_definite + np.diag([0.1, 0.5, 0.3])]),
    "K": np.array([1.3, 0.8, 2.1]),
    "z": _complex(5),
    "w": _complex(5),
    "Z": _complex(3, 3),
    "C": _complex(3, 4),
    "g": _apart(5, low=0.2, high=0.85).astype(np.float32),
    "h": _complex(5).astype(np.complex64),
    "e": _apart(5, low=0.2, high=0.85).astype(np.float16),
    "l": _apart(5, low=0.2, high=0.85).astype(np.longdouble),
    "i": np.array([3, 0, 2, 2]),
    "j": np.array([[0, 2, 1, 0], [1, 1, 2, 0], [2, 0, 0, 1]]),
    "n": np.array([5, -3, 12, 7, 2]),
    "k": np.array([1, 2, 0, 3, 1]),
    "m": np.array([[True, False, True, True], [False] * 4, [True, True, False, False]]),
    "o": np.array([True, False, True, False, True]),
}
"""The names of the samples."""

_INTS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_OPTIONS = ("np.{0}(X)", "np.{0}(T, axis=1)", "np.{0}(T, axis=(0, -1))",
            "np.{0}(X, axis=0, keepdims=True)")  # fmt: skip
_FULL = (*_OPTIONS, "np.{0}(X, axis=1, where=m, initial={1})")
_OF_NAN = ("np.{0}(X)", "np.{0}(np.where(m, X, np.nan), axis=1 - 1)",
           "np.{0}(T, axis=(0, -1), keepdims=True)")  # fmt: skip


def _each(names: str, *texts: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(text.format(name) for text in texts) for name in names.split()}


SAMPLES: dict[str, tuple[str, ...]] = {
    # unary; what is not here is called with x, and with complex numbers where NumPy takes them
    **_each("sign negative positive square exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh"
            " sinc abs absolute cbrt deg2rad rad2deg degrees radians signbit", "np.{0}(s)",
            "np.{0}(a)"),
    **_each("floor ceil trunc rint fix", "np.{0}(s)"),
    "round": ("np.round(s)", "np.round(s, 1)", "X.round(2)"),
    "arccosh": ("np.arccosh(y)",),
    "fabs": ("np.fabs(s)",),
    "real": ("np.real(z)", "z.real", "np.real(s)"),
    "imag": ("np.imag(z)", "z.imag", "np.imag(s)"),
    "angle": ("np.angle(z)", "np.angle(s)", "np.angle(z, deg=True)"),
    "real_if_close": ("np.real_if_close(z)", "np.real_if_close(s)"),
    "nan_to_num": ("np.nan_to_num(s)", "np.nan_to_num(s / (n > 5), nan=1.0, posinf=2.0)"),
    "astype": ("s.astype(np.float32)", "s.astype(int)", "n.astype(float) * a"),
    "clip": ("np.clip(s, -0.5, a)", "np.clip(s, None, 0.5)", "s.clip(-0.5, 0.5)"),
    "heaviside": ("np.heaviside(s, a)",),
    "logical_not": ("np.logical_not(o)", "np.logical_not(s)"),
    **_each("logical_and logical_or logical_xor", "np.{0}(o, s > 0)", "np.{0}(s, x)"),
    **_each("bitwise_and bitwise_or bitwise_xor", "np.{0}(n, k)", "np.{0}(o, s > 0)"),
    **_each("left_shift right_shift", "np.{0}(n, k)"),
    "invert": ("np.invert(n)", "~o"),
    # binary
    **_each("add subtract multiply divide true_divide", "np.{0}(s, y)", "np.{0}(X, v)",
            "np.{0}(z, w)", "np.{0}(a, z)"),
    "power": ("np.power(x, y)", "s ** 3", "np.power(z, w)", "x ** 0.5"),
    "float_power": ("np.float_power(x, y)", "np.float_power(z, w)"),
    **_each("floor_divide mod remainder fmod divmod", "np.{0}(s * 5.03, y)"),
    **_each("arctan2 hypot logaddexp logaddexp2 fmax fmin copysign nextafter", "np.{0}(s, y)",
            "np.{0}(X, 0.8)"),
    **_each("maximum minimum", "np.{0}(s, x + 0.03)", "np.{0}(X, v)"),
    "where": ("np.where(s > 0, x, y)", "np.where(m, X, 0.0)", "np.where(m)", "np.where(o, z, x)"),
    "select": ("np.select([s > 0.5, s < 0], [x, y], default=2.0)",),
    "piecewise": ("np.piecewise(s, [s < 0, s >= 0], [lambda u: u * u, lambda u: np.sin(u)])",),
    **_each("equal not_equal", "np.{0}(s, x)", "np.{0}(z, w)"),
    **_each("less less_equal greater greater_equal", "np.{0}(s, x)"),
    "allclose": ("np.allclose(s, s + 1e-9)",),
    "isclose": ("np.isclose(s, s + 1e-9)", "np.isclose(z, z)"),
    "array_equal": ("np.array_equal(s, x)", "np.array_equal(z, z)"),
    # reductions and scans
    **{name: tuple(t.format(name, first) for t in _FULL)
       for name, first in {"sum": 1.0, "prod": 2.0, "max": -9.0, "min": 9.0}.items()},
    "mean": (*_each("mean", *_OPTIONS)["mean"], "np.mean(X, axis=0, where=m | (v > -9))",
             "np.mean(g, dtype=np.float64)", "np.mean(C, axis=1)"),
    **{name: (*_each(name, *_OPTIONS)[name], f"np.{name}(X, axis=1, ddof=1)",
              f"np.{name}(X, 0, ddof=1, where=m | (v > -9))", f"np.{name}(C, axis=1)")
       for name in ("var", "std")},
    "average": ("np.average(X)", "np.average(X, axis=1, weights=Y)", "np.average(x, weights=y)"),
    "ptp": ("np.ptp(X)", "np.ptp(X, axis=1, keepdims=True)"),
    **_each("nansum nanmean nanmax nanmin", *_OF_NAN),
    "median": ("np.median(x)", "np.median(X, axis=0)", "np.median(T, axis=(0, 2), keepdims=True)"),
    "quantile": ("np.quantile(x, 0.3)", "np.quantile(X, [0.2, 0.7], axis=1)",
                 "np.quantile(x, a, method='nearest')", "np.quantile(x, a)"),
    "percentile": ("np.percentile(x, 30)", "np.percentile(X, [20, 70], axis=0, keepdims=True)"),
    **_each("argmax argmin", "np.{0}(X)", "np.{0}(X, axis=1)", "X.{0}(axis=0, keepdims=True)"),
    **_each("any all", "np.{0}(X > 0)", "np.{0}(m, axis=1)", "np.{0}(X > 0, axis=0, where=m)"),
    "count_nonzero": ("np.count_nonzero(m)", "np.count_nonzero(X > 0, axis=1)"),
    **_each("cumsum cumprod", "np.{0}(x)", "np.{0}(X)", "np.{0}(X, axis=1)", "np.{0}(C, axis=0)"),
    **_each("maximum.accumulate minimum.accumulate add.accumulate multiply.accumulate",
            "np.{0}(x)", "np.{0}(X, axis=1)"),
    **_each("add.reduce multiply.reduce maximum.reduce minimum.reduce logaddexp.reduce",
            "np.{0}(X)", "np.{0}(X, axis=1, keepdims=True)"),
    **_each("add.outer subtract.outer multiply.outer maximum.outer", "np.{0}(x, b)"),
    "power.outer": ("np.power.outer(x, b)",),
    **_each("add.at subtract.at multiply.at maximum.at",
            "A = s.copy(); np.{0}(A, i, y[:4]); return A"),
    "trace": ("np.trace(A)", "np.trace(X, offset=1)", "np.trace(T, axis1=1, axis2=2)",
              "np.trace(Z)"),
    "linalg.norm": ("np.linalg.norm(s)", "np.linalg.norm(X)", "np.linalg.norm(X, axis=1)",
                    "np.linalg.norm(s, 1)", "np.linalg.norm(s, np.inf)", "np.linalg.norm(s, 3)",
                    "np.linalg.norm(X, 1)", "np.linalg.norm(X, np.inf, keepdims=True)",
                    "np.linalg.norm(X, 'nuc')", "np.linalg.norm(X, 2)", "np.linalg.norm(X, -2)",
                    "np.linalg.norm(T, 'fro', axis=(0, 2))", "np.linalg.norm(z)"),
    # shape and index
    "reshape": ("np.reshape(X, (2, -1))", "X.reshape(4, 3)", "np.reshape(X, 12, order='F')"),
    **_each("ravel", "np.{0}(X)", "X.{0}()", "np.{0}(X, order='F')"),
    "flatten": ("X.flatten()",),
    "squeeze": ("np.squeeze(X[None, :, None])", "np.squeeze(X[None], axis=0)"),
    "expand_dims": ("np.expand_dims(X, (0, 2))",),
    "transpose": ("np.transpose(T)", "np.transpose(T, (1, 2, 0))", "T.transpose(2, 0, 1)"),
    "T": ("X.T", "s.T"),
    "swapaxes": ("np.swapaxes(T, 0, 2)",),
    "moveaxis": ("np.moveaxis(T, [0, 1], [2, 0])",),
    "rollaxis": ("np.rollaxis(T, 2, 1)",),
    "roll": ("np.roll(X, 3)", "np.roll(X, (1, -1), axis=(0, 1))"),
    **_each("flip", "np.{0}(X)", "np.{0}(X, axis=(0, 1))"),
    **_each("flipud fliplr", "np.{0}(X)"),
    "rot90": ("np.rot90(X)", "np.rot90(X, 3)"),
    "repeat": ("np.repeat(X, 2)", "np.repeat(X, [1, 0, 2], axis=0)"),
    "tile": ("np.tile(X, 2)", "np.tile(s, (2, 1))"),
    "pad": ("np.pad(X, 1)", "np.pad(X, ((1, 2), (0, 1)), constant_values=a)",
            *[f"np.pad(X, ((2, 1), (0, 3)), mode='{mode}')" for mode in
              ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean",
               "minimum")], "np.pad(X, 1, mode='median')",
            "np.pad(X, 5, mode='reflect', reflect_type='odd')"),
    "diff": ("np.diff(s)", "np.diff(X, n=2, axis=1)", "np.diff(X, axis=0, prepend=a)"),
    "ediff1d": ("np.ediff1d(X)", "np.ediff1d(s, to_begin=a, to_end=c)"),
    "gradient": ("np.gradient(s)", "np.gradient(X, axis=1)", "np.gradient(X)",
                 "np.gradient(s, r, edge_order=2)"),
    "trapezoid": ("np.trapezoid(s)", "np.trapezoid(X, axis=0, dx=a)", "np.trapezoid(s, r)"),
    "interp": ("np.interp(x, r, s)", "np.interp(x, r, s, left=a, right=c)"),
    "sort": ("np.sort(s)", "np.sort(X, axis=0)", "np.sort(X, axis=None)", "np.sort(z)"),
    "argsort": ("np.argsort(s)", "np.argsort(X, axis=0)"),
    "partition": ("np.partition(s, 2)", "np.partition(X, (0, 2), axis=1)"),
    "searchsorted": ("np.searchsorted(r, x)", "np.searchsorted(r, X, side='right')"),
    "take": ("np.take(s, i)", "np.take(X, i % 3, axis=0)", "np.take(X, i, mode='wrap')"),
    "take_along_axis": ("np.take_along_axis(X, j, axis=0)",
                        "np.take_along_axis(X, np.argsort(X, axis=1), axis=1)"),
    "put_along_axis": ("A = X.copy(); np.put_along_axis(A, j[:1], a, axis=0); return A",),
    "choose": ("np.choose(i % 3, [v, v * v, 1.0])",),
    "compress": ("np.compress([True, False, True], X, axis=0)", "np.compress(o, s)"),
    "delete": ("np.delete(s, 2)", "np.delete(X, [0, 2], axis=1)", "np.delete(X, slice(0, 2), 0)"),
    "insert": ("np.insert(s, 2, a)", "np.insert(X, [0, 2], B[:, :2], axis=1)"),
    "append": ("np.append(s, x)", "np.append(X, X, axis=0)"),
    "concatenate": ("np.concatenate([s, x, z])", "np.concatenate((X, B), axis=1)"),
    "stack": ("np.stack([s, x], axis=1)",),
    "vstack": ("np.vstack([s, x])", "np.vstack([X, v])"),
    "hstack": ("np.hstack([s, x])", "np.hstack([X, B])"),
    "dstack": ("np.dstack([s, x])",),
    "column_stack": ("np.column_stack([s, x])",),
    "block": ("np.block([[A, B], [B.T, np.eye(2) * a]])",),
    "split": ("np.split(X, 2, axis=1)", "np.split(s, [1, 3])"),
    "array_split": ("np.array_split(s, 3)",),
    "vsplit": ("np.vsplit(W, 2)",),
    "hsplit": ("np.hsplit(X, 2)",),
    "dsplit": ("np.dsplit(T, [1, 2])",),
    **_each("atleast_1d atleast_2d atleast_3d", "np.{0}(a)", "np.{0}(s)", "np.{0}(X, s)"),
    "broadcast_to": ("np.broadcast_to(v, (3, 4))",),
    "broadcast_arrays": ("np.broadcast_arrays(X, v)",),
    "meshgrid": ("np.meshgrid(s, b)", "np.meshgrid(s, b, indexing='ij', sparse=True)"),
    "r_": ("np.r_[s, a, x]", "np.r_[1:4, s]", "np.r_['0,2', s, x]"),
    "c_": ("np.c_[s, x]", "np.c_[X, B]"),
    "ix_": ("X[np.ix_([0, 2], [1, 3, 1])]",),
    "diag": ("np.diag(s)", "np.diag(X, 1)"),
    "diagonal": ("np.diagonal(T, 1, axis1=2, axis2=1)", "A.diagonal()"),
    "diagflat": ("np.diagflat(X, -1)",),
    **_each("tril triu", "np.{0}(X)", "np.{0}(T, -1)"),
    "tri": ("np.tri(3, 4, 1) * X",),
    "eye": ("np.eye(4, k=1) * v",),
    "identity": ("np.identity(3) * b",),
    **_each("ones zeros", "np.{0}((3, 1)) + v"),
    "full": ("np.full((3, 2), a)", "np.full(4, v)"),
    "empty": ("A = np.empty(5); A[:] = s; return A",),
    **_each("ones_like zeros_like", "np.{0}(X) + v"),
    "full_like": ("np.full_like(X, a)",),
    "empty_like": ("A = np.empty_like(s); A[...] = x; return A",),
    "arange": ("np.arange(5) * s", "np.arange(a, 3.0, 0.5)"),
    "linspace": ("np.linspace(a, c, 7)", "np.linspace(b, 2.0, 3, endpoint=False)"),
    **_each("logspace geomspace", "np.{0}(a, c, 5)"),
    "array": ("np.array([a, c, 1.0])", "np.array([s, x])", "np.array(X, dtype=np.float32)"),
    "asarray": ("np.asarray(X)", "np.asarray([a, c])"),
    "copy": ("np.copy(X)", "X.copy()"),
    "__getitem__": ("X[1]", "X[1:, ::-2]", "T[..., None, 1]", "X[-1, 2]", "s[i]", "X[m]",
                    "T[:, i % 3]", "T[i % 2, :, i]", "X[[0, 2], 1:3]", "T[0, m]", "X[o[:3]]"),
    "__setitem__": ("A = X.copy(); A[1] = v; return A", "A = X.copy(); A[:, ::-2] = a; return A",
                    "A = X.copy(); A[m] = a; return A", "A = T.copy(); A[:, [2, 0]] = v; return A",
                    "A = X * 1.0; A[1:, i % 4] = b[1:, None]; return A"),
    # products
    "dot": ("np.dot(X, v)", "np.dot(X, W)", "np.dot(s, x)", "np.dot(T, W)", "np.dot(C, v)",
            "np.dot(z, w)"),
    "vdot": ("np.vdot(X, Y)", "np.vdot(z, w)"),
    "matmul": ("np.matmul(X, W)", "np.matmul(T, W)", "np.matmul(v, X.T)", "np.matmul(Z, A)"),
    "@": ("X @ W", "X @ v", "s @ x", "T @ v", "Z @ Z"),
    "inner": ("np.inner(X, Y)", "np.inner(s, x)", "np.inner(z, w)"),
    "outer": ("np.outer(s, b)", "np.outer(z, s)"),
    "kron": ("np.kron(A, B)", "np.kron(s, X)", "np.kron(Z, B)"),
    "cross": ("np.cross(A, b)", "np.cross(A, P, axis=0)"),
    "tensordot": ("np.tensordot(T, X, axes=2)", "np.tensordot(T, X, axes=([2, 1], [1, 0]))",
                  "np.tensordot(C, X, axes=2)"),
    "einsum": ("np.einsum('ij,kj->ik', X, Y)", "np.einsum('...ij,j', T, v)", "np.einsum('ii', A)",
               "np.einsum('ij,j,ik->k', X, v, B, optimize=True)", "np.einsum(X, [0, 1], v, [1])",
               "np.einsum('ij,ij->i', C, X)"),
    **_each("convolve correlate", *[f"np.{{0}}(s, b, mode='{mode}')" for mode in
                                    ("full", "same", "valid")], "np.{0}(z, b)"),
    "linalg.multi_dot": ("np.linalg.multi_dot([X.T, A, B])",),
    "linalg.matrix_power": ("np.linalg.matrix_power(A, 3)", "np.linalg.matrix_power(A, -2)"),
    # linear algebra; factorisations of symmetric matrices read half of them, so S is made symmetric
    "linalg.cholesky": ("np.linalg.cholesky(P + P.T)",
                        "np.linalg.cholesky(Q + np.swapaxes(Q, 1, 2))"),
    **_each("linalg.det linalg.inv linalg.pinv", "np.{0}(A)", "np.{0}(Q)", "np.{0}(Z)"),
    "linalg.slogdet": ("np.linalg.slogdet(A)", "np.linalg.slogdet(Q)[1]"),
    "linalg.solve": ("np.linalg.solve(A, b)", "np.linalg.solve(A, B)", "np.linalg.solve(Q, B)",
                     "np.linalg.solve(Z, b)"),
    "linalg.lstsq": ("np.linalg.lstsq(W, v, rcond=None)[0]",),
    "linalg.eig": ("np.sum(np.linalg.eig(P)[0] ** 3)", "np.linalg.eig(A)[0].real.sum()"),
    "linalg.eigh": ("np.linalg.eigh(P + P.T)[0]", "np.linalg.eigh(P + P.T)[1] ** 2"),
    "linalg.eigvalsh": ("np.linalg.eigvalsh(P + P.T)", "np.linalg.eigvalsh(Q, UPLO='U')[..., 0]"),
    "linalg.svd": ("np.linalg.svd(B, compute_uv=False)", "np.linalg.svd(X)[1]",
                   "U, S, V = np.linalg.svd(B, full_matrices=False); return (U * S ** 2) @ V"),
    "linalg.qr": ("np.linalg.qr(W)", "np.linalg.qr(A)[1]"),
    "linalg.cond": ("np.linalg.cond(A)", "np.linalg.cond(A, 1)"),
    "linalg.matrix_rank": ("np.linalg.matrix_rank(X)",),
    "scipy.linalg.solve_triangular": (
        "scipy.linalg.solve_triangular(np.tril(A), b, lower=True)",
        "scipy.linalg.solve_triangular(P, B, trans='T', unit_diagonal=True)"),
    "scipy.linalg.cho_factor": ("np.tril(scipy.linalg.cho_factor(P + P.T, lower=True)[0])",),
    "scipy.linalg.cho_solve": (
        "scipy.linalg.cho_solve(scipy.linalg.cho_factor(P + P.T), b)",),
    "scipy.linalg.lu_factor": ("scipy.linalg.lu_factor(A)[0]",),
    "scipy.linalg.lu_solve": ("scipy.linalg.lu_solve(scipy.linalg.lu_factor(A), b)",),
    "scipy.linalg.solve_banded": ("scipy.linalg.solve_banded((1, 1), X[:3], v)",),
    "scipy.linalg.expm": ("scipy.linalg.expm(A)", "scipy.linalg.expm(Q)"),
    "scipy.linalg.sqrtm": ("scipy.linalg.sqrtm(P)",),
    "scipy.linalg.block_diag": ("scipy.linalg.block_diag(A, B, a)",),
    "scipy.linalg.toeplitz": ("scipy.linalg.toeplitz(b)", "scipy.linalg.toeplitz(b, s)"),
    # Fourier transforms
    **_each("fft.fft fft.ifft", "np.{0}(s)", "np.{0}(z)", "np.{0}(X, n=3, axis=0, norm='ortho')"),
    **_each("fft.fft2 fft.ifft2 fft.fftn fft.ifftn", "np.{0}(X)", "np.{0}(C, s=(2, 5), axes=(0, 1))"),
    **_each("fft.rfft", "np.{0}(s)", "np.{0}(X, n=6, axis=1)"),
    **_each("fft.rfft2 fft.rfftn", "np.{0}(X)", "np.{0}(X, s=(2, 6), axes=(0, 1))"),
    **_each("fft.irfft fft.hfft", "np.{0}(z)", "np.{0}(C, n=5)"),
    **_each("fft.irfft2 fft.irfftn", "np.{0}(C)", "np.{0}(C, s=(2, 5), axes=(0, 1))"),
    **_each("fft.fftshift fft.ifftshift", "np.{0}(X)", "np.{0}(X, axes=1)"),
    # scipy.special; what is not here is called with x
    **_each("scipy.special.gamma scipy.special.gammaln scipy.special.psi scipy.special.digamma"
            " scipy.special.loggamma", "{0}(y)"),
    "scipy.special.polygamma": ("scipy.special.polygamma(2, y)",),
    "scipy.special.multigammaln": ("scipy.special.multigammaln(y + 1.0, 3)",),
    **_each("scipy.special.beta scipy.special.betaln", "{0}(x, y)"),
    "scipy.special.betainc": ("scipy.special.betainc(1.5, 2.0, x)", "scipy.special.betainc(y, 2.0, x)"),
    **_each("scipy.special.gammainc scipy.special.gammaincc", "{0}(1.5, x)", "{0}(y, x)"),
    **_each("scipy.special.xlogy scipy.special.xlog1py scipy.special.rel_entr scipy.special.kl_div",
            "{0}(x, y)"),
    **_each("scipy.special.iv scipy.special.ive scipy.special.jv", "{0}(1.5, y)", "{0}(x, y)"),
    **_each("scipy.special.jn scipy.special.yn", "{0}(2, y)"),
    **_each("scipy.special.logsumexp", "{0}(X)", "{0}(X, axis=1, keepdims=True)", "{0}(X, b=Y)"),
    **_each("scipy.special.softmax scipy.special.log_softmax", "{0}(X)", "{0}(X, axis=1)"),
    # scipy.stats
    **{f"scipy.stats.{name}.{method}": (f"scipy.stats.{name}.{method}({call})", *more)
       for name, call, more in (
           ("norm", "s, a, c", ()), ("t", "s, 2.5, a, c", ()), ("beta", "x, 1.5, 2.5", ()),
           ("gamma", "x, 1.5, scale=c", ()), ("chi2", "x, 3.0", ()), ("expon", "x, 0.1, c", ()))
       for method in ("pdf", "logpdf", "cdf", "logcdf")},
    **{f"scipy.stats.poisson.{method}": (f"scipy.stats.poisson.{method}(k, y)",)
       for method in ("pmf", "logpmf", "cdf", "logcdf")},
    "scipy.stats.multivariate_normal.logpdf": (
        "scipy.stats.multivariate_normal.logpdf(b, K, P + P.T)",
        "scipy.stats.multivariate_normal.logpdf(A, cov=P + P.T)"),
    "scipy.stats.dirichlet.logpdf": (
        "scipy.stats.dirichlet.logpdf(np.array([0.2, 0.5, 0.3]), K)",
        "scipy.stats.dirichlet.logpdf(K / np.sum(K), K)"),
    "scipy.signal.convolve": tuple(
        f"scipy.signal.convolve(X, A[:2, :2], mode='{mode}')" for mode in ("full", "same", "valid")),
    "scipy.ndimage.convolve1d": (
        "scipy.ndimage.convolve1d(s, b)", "scipy.ndimage.convolve1d(X, b, axis=0, mode='wrap')"),
    # dtypes
    "float64": ("np.sin(x) * 2.0", "np.float64(a) * x"),
    "float32": ("np.sin(g) * 2.0", "np.float32(a) * g", "np.sum(g * g)"),
    "complex128": ("np.sin(z) * 2.0", "np.abs(z)", "a * 1j + z"),
    "complex64": ("np.sin(h) * 2.0", "np.abs(h)"),
    **{name: (f"n.astype(np.{name}) + np.{name}(3)", f"n.astype(np.{name}) * s") for name in _INTS},
    "bool": ("(s > 0) & o", "o * s"),
    "float16": ("np.sin(e) * 2.0",),
    "longdouble": ("np.sin(l) * 2.0",),
    # mutation
    "A[i]=v": ("A = s.copy(); A[2] = a; A[-1] = x[0]; return A",),
    "A[1:]+=v": ("A = X * 1.0; A[1:] += v; A[:, 0] *= a; return A",),
    "A[mask]=v": ("A = X * 1.0; A[m] = v[0]; A[A > 0.5] = a; return A",),
    "A[positions]=v": ("A = s * 1.0; A[i] = v; return A",),
    "A[positions]+=v": ("A = s * 1.0; A[i] += v; return A",),
    "add.at(A)": ("A = np.zeros(5); np.add.at(A, i, v); return A",),
    "out=": ("A = np.empty(5); np.multiply(s, x, out=A); np.sum(X, axis=0, out=A[:4]); return A",),
    "copyto": ("A = X * 1.0; np.copyto(A, v); return A",
               "A = X * 1.0; np.copyto(A, a, where=m); return A"),
    "fill": ("A = np.empty((2, 3)); A.fill(a); return A",),
    "sort-method": ("A = s * 1.0; A.sort(); return A", "A = X * 1.0; A.sort(axis=0); return A"),
    "in-place-operators": ("A = x * 1.0; A += s; A *= y; A -= a; A /= y; A **= 2; return A",),
    "views-of-views": ("A = X * 1.0; D = A[1:].T[::-1]; D[0] = a; D[1:, 0] += s[:3]; return A",),
    "overlap": ("A = s * 1.0; A[1:] = A[:-1]; A[:3] += A[2:]; return A",),
    "argument": ("X[0] = v; X *= 2.0; return X.sum(axis=0)",),
}  # fmt: skip
"""Row -> expressions."""

_TAKES_COMPLEX = re.compile("D.*->")


def _default(name: str) -> Iterator[str]:
    """For a function of one array."""
    called = name if name.startswith("scipy.") else f"np.{name}"
    yield f"{called}(x)"


def _with_complex(name: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    ufunc = getattr(np, name, None)
    unary = isinstance(ufunc, np.ufunc) and ufunc.nin == 1
    if unary and any(_TAKES_COMPLEX.match(types) for types in ufunc.types):  # type: ignore[union-attr]
        return (*texts, f"np.{name}(z)")
    return texts


def samples_of(family: str, name: str) -> tuple[str, ...]:
    texts = SAMPLES.get(name) or tuple(_default(name))
    return _with_complex(name, texts) if family == "Unary" else texts


def unused() -> set[str]:
    """Samples of names that are no rows."""
    return set(SAMPLES) - {name for _, name in rows()}
