"""Factorizations as LAPACK and BLAS compute them: ops of code generation, without derivatives.

Results of one call that are several arrays lie behind each other in one flat array for each
matrix (`pack`, `unpack`). ``where`` is the message of the error where there is no result; it is
empty where nothing is checked. LAPACK takes matrices by columns, so most ops take transposed ones:
transposing a copy is what NumPy does, too, and signs of vectors depend on it. Derivatives belong
to the ops that `codegen.expand` makes these of: `factorizations`, `spectra`, `systems`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from ..errors import IRError, NoDerivative
from ..graph import Value
from ..op import Op, Unknown, register
from ..types import I64, ArrayType, Shape
from .matrices import check_matrix, reach
from .structure import reshape, slice_

Ints = tuple[int, ...]


def unknown(
    name: str,
    reference: Callable[..., Any],
    infer: Callable[..., ArrayType],
    what: str,
    expand: Any = None,
) -> Op:
    """An op of one argument whose derivative is an error."""

    def refuse(y: Value, g: Any) -> Any:
        raise NoDerivative(f"{what} is not known")

    rules: dict[str, Any] = {"vjp": refuse, "jvp": refuse, "reach": reach, "expand": expand}
    return register(Op(name, "general", infer, reference, partials=(Unknown(what),), **rules))


def _library(name: str, reference: Callable[..., Any], infer: Callable[..., ArrayType]) -> Op:
    return unknown(name, reference, infer, f"the derivative of {name}")


def per_matrix(
    function: Callable[..., Sequence[Any]], sizes: Sequence[Shape], where: str, *args: Any
) -> list[np.ndarray]:
    """``function`` of each matrix of a batch; NaN, or a LinAlgError, where it has no result."""
    batch = args[0].shape[:-2]
    found = [np.empty((*batch, *size), args[0].dtype) for size in sizes]
    for index in np.ndindex(batch):
        try:
            with np.errstate(all="ignore"):
                results = function(*[x[index] for x in args])
        except np.linalg.LinAlgError:
            if where:
                raise np.linalg.LinAlgError(where) from None
            results = [np.full(size, np.nan) for size in sizes]
        for target, result in zip(found, results, strict=True):
            target[index] = result
    return found


def pack(batch: Shape, arrays: Sequence[Any]) -> Any:
    count = len(batch)
    return np.concatenate([x.reshape(*batch, prod(x.shape[count:])) for x in arrays], axis=-1)


def unpack(packed: Value, *shapes: Ints) -> list[Value]:
    """The arrays that lie behind each other in each row of ``packed``."""
    batch = packed.shape[:-1]
    found, at = [], 0
    for shape in shapes:
        count = prod(shape)
        start, step = (*[0] * len(batch), at), (1,) * (len(batch) + 1)
        at += count
        part = slice_(packed, start=start, step=step, size=(*batch, count))
        found.append(part if len(shape) == 1 else reshape(part, shape=(*batch, *shape)))
    return found


def _lapack(name: str) -> Callable[..., Any]:
    from scipy.linalg import lapack

    found: Callable[..., Any] = getattr(lapack, name)
    return found


def _letter(x: Any) -> str:
    return "s" if x.dtype.itemsize == 4 else "d"


def _failed(info: int) -> None:
    if info:
        raise np.linalg.LinAlgError


# --- Cholesky -------------------------------------------------------------------------------


def _potrf_reference(x: Any, where: str) -> Any:
    def one(a: Any) -> list[Any]:
        return [np.linalg.cholesky(a) + np.triu(a, 1)]

    return per_matrix(one, [x.shape[-2:]], where, x)[0]


potrf = _library(
    "potrf",
    _potrf_reference,
    lambda x, where: check_matrix("potrf", x, square=True),
)
"""The Cholesky factors of the lower triangles, in these; above them stands what stood there."""

# --- LU -------------------------------------------------------------------------------------


def _getrf_type(x: ArrayType, where: str) -> ArrayType:
    *batch, n, m = check_matrix("getrf", x).ints
    return x.with_shape((*batch, n * m + min(n, m)))


def _getrf_reference(x: Any, where: str) -> Any:
    *batch, n, m = x.shape

    def one(a: Any) -> list[Any]:
        lu, pivots, info = _lapack(f"{_letter(a)}getrf")(a.T)
        if where:
            _failed(info)
        return [lu.T, pivots]

    if not prod(x.shape):
        return np.zeros((*batch, n * m + min(n, m)), x.dtype)
    return pack(tuple(batch), per_matrix(one, [(n, m), (min(n, m),)], where, x))


getrf = _library("getrf", _getrf_reference, _getrf_type)
"""L and U of *transposed* matrices ``x``, transposed too; then the rows that were exchanged."""


def swap_type(x: ArrayType, pivots: ArrayType, reverse: bool) -> ArrayType:
    check_matrix("swap_rows", x)
    fits = pivots.rank == x.rank - 1 and pivots.shape[:-1] == x.shape[:-2]
    if pivots.dtype != I64 or not fits or pivots.ints[-1] > x.ints[-2]:
        raise IRError(f"swap_rows: the pivots {pivots} do not fit {x}")
    return x


def swap_reference(x: Any, pivots: Any, reverse: bool) -> Any:
    y = np.array(x)
    for index in np.ndindex(y.shape[:-2]):
        order = list(enumerate(pivots[index]))
        for one, other in reversed(order) if reverse else order:
            other = min(max(other, 0), y.shape[-2] - 1)
            y[index][[one, other]] = y[index][[other, one]]
    return y


# --- LQ, as which the QR factorization of a row-major matrix is computed -----------------------


def _gelqf_type(x: ArrayType, complete: bool) -> ArrayType:
    *batch, m, n = check_matrix("gelqf", x).ints
    if m < n:
        raise IRError(f"gelqf takes matrices with no more columns than rows, not {x}")
    return x.with_shape((*batch, m * (m if complete else n) + n * n))


def _gelqf_reference(x: Any, complete: bool) -> Any:
    *batch, _, n = x.shape
    q, r = np.linalg.qr(x, mode="complete" if complete else "reduced")
    r = r[..., :n, :]
    return pack(tuple(batch), [q, np.where(np.tri(n, dtype=bool).T, r, 0.0)])


gelqf = _library("gelqf", _gelqf_reference, _gelqf_type)
"""Q and R of QR, of which only the upper triangle is given; Q square where it is complete."""

# --- spectra --------------------------------------------------------------------------------


def _syevd_type(x: ArrayType, lower: bool, vectors: bool, where: str) -> ArrayType:
    *batch, n, _ = check_matrix("syevd", x, square=True).ints
    return x.with_shape((*batch, n + n * n if vectors else n))


def _syevd_reference(x: Any, lower: bool, vectors: bool, where: str) -> Any:
    *batch, n, _ = x.shape
    uplo: Any = "L" if lower else "U"

    def one(a: Any) -> list[Any]:
        if not vectors:
            return [np.linalg.eigvalsh(a.T, uplo)]
        w, v = np.linalg.eigh(a.T, uplo)
        return [w, v.T]

    sizes = [(n,), (n, n)] if vectors else [(n,)]
    return pack(tuple(batch), per_matrix(one, sizes, where, x))


syevd = _library("syevd", _syevd_reference, _syevd_type)
"""Eigenvalues, ascending, and eigenvectors as rows, of *transposed* matrices."""


def svd_sizes(m: int, n: int, job: str) -> list[Ints]:
    """Of U transposed, singular values, and V: none but the second (N), thin (S), square (A)."""
    k = min(m, n)
    if job == "N":
        return [(k,)]
    return [(k, m), (k,), (n, k)] if job == "S" else [(m, m), (k,), (n, n)]


def _gesdd_type(x: ArrayType, job: str, where: str) -> ArrayType:
    *batch, n, m = check_matrix("gesdd", x).ints
    return x.with_shape((*batch, sum(map(prod, svd_sizes(m, n, job)))))


def _gesdd_reference(x: Any, job: str, where: str) -> Any:
    *batch, n, m = x.shape

    def one(a: Any) -> list[Any]:
        if job == "N":
            return [np.linalg.svd(a.T, compute_uv=False)]
        u, s, vh = np.linalg.svd(a.T, full_matrices=job == "A")
        return [u.T, s, vh.T]

    return pack(tuple(batch), per_matrix(one, svd_sizes(m, n, job), where, x))


gesdd = _library("gesdd", _gesdd_reference, _gesdd_type)
"""U transposed, the singular values, descending, and V, of *transposed* matrices."""

# --- complex matrices -----------------------------------------------------------------------
# They lie by columns, as LAPACK has them, the parts of each number side by side.


def _joined(x: Any) -> Any:
    """The complex matrix whose columns are the rows of ``x``."""
    return (x[..., ::2] + 1j * x[..., 1::2]).T


def _sides(z: Any) -> Any:
    z = z.T
    return np.stack([z.real, z.imag], -1).reshape(z.shape[0], 2 * z.shape[1])


def _check_columns(name: str, x: ArrayType) -> tuple[Ints, int]:
    *batch, n, twice = check_matrix(name, x).ints
    if twice != 2 * n:
        raise IRError(f"{name} takes both parts of square matrices, not {x}")
    return tuple(batch), n


def _complex_getrf_type(x: ArrayType, where: str) -> ArrayType:
    batch, n = _check_columns("complex_getrf", x)
    return x.with_shape((*batch, 2 * n * n + n))


def _complex_getrf_reference(x: Any, where: str) -> Any:
    *batch, n, _ = x.shape

    def one(a: Any) -> list[Any]:
        lu, pivots, info = _lapack("cgetrf" if a.dtype.itemsize == 4 else "zgetrf")(_joined(a))
        if where:
            _failed(info)
        return [_sides(lu), pivots]

    if not prod(x.shape):
        return np.zeros((*batch, 2 * n * n + n), x.dtype)
    return pack(tuple(batch), per_matrix(one, [(n, 2 * n), (n,)], where, x))


complex_getrf = _library("complex_getrf", _complex_getrf_reference, _complex_getrf_type)
"""L and U, and the rows that were exchanged."""


def _heevd_type(x: ArrayType, lower: bool, vectors: bool, where: str) -> ArrayType:
    batch, n = _check_columns("heevd", x)
    return x.with_shape((*batch, n + 2 * n * n if vectors else n))


def _heevd_reference(x: Any, lower: bool, vectors: bool, where: str) -> Any:
    *batch, n, _ = x.shape
    uplo: Any = "L" if lower else "U"

    def one(a: Any) -> list[Any]:
        if not vectors:
            return [np.linalg.eigvalsh(_joined(a), uplo)]
        w, v = np.linalg.eigh(_joined(a), uplo)
        return [w, _sides(v)]

    sizes = [(n,), (n, 2 * n)] if vectors else [(n,)]
    return pack(tuple(batch), per_matrix(one, sizes, where, x))


heevd = _library("heevd", _heevd_reference, _heevd_type)
"""Eigenvalues, ascending, and eigenvectors of Hermitian matrices."""

# --- matrices without symmetry --------------------------------------------------------------


def _geev_type(x: ArrayType, vectors: bool, where: str) -> ArrayType:
    *batch, n, _ = check_matrix("geev", x, square=True).ints
    return x.with_shape((*batch, 2 * n + (n * n if vectors else 0)))


def _geev_reference(x: Any, vectors: bool, where: str) -> Any:
    *batch, n, _ = x.shape

    def one(a: Any) -> list[Any]:
        if not vectors:
            w = np.linalg.eigvals(a.T)
            return [w.real, w.imag]
        w, v = np.linalg.eig(a.T)
        after = np.roll(w.imag, 1) > 0
        return [w.real, w.imag, np.where(after & (w.imag < 0), -v.imag, v.real).T]

    sizes = [(n,), (n,), (n, n)] if vectors else [(n,), (n,)]
    return pack(tuple(batch), per_matrix(one, sizes, where, x))


geev = _library("geev", _geev_reference, _geev_type)
"""Of *transposed* matrices, the real and imaginary parts of eigenvalues, and eigenvectors as rows:
of two that are conjugate, the first with a positive imaginary part, the real and imaginary part."""


def _complex_geev_type(x: ArrayType, vectors: bool, where: str) -> ArrayType:
    batch, n = _check_columns("complex_geev", x)
    return x.with_shape((*batch, 2 * n + (2 * n * n if vectors else 0)))


def _complex_geev_reference(x: Any, vectors: bool, where: str) -> Any:
    *batch, n, _ = x.shape

    def one(a: Any) -> list[Any]:
        if not vectors:
            return [_sides(np.linalg.eigvals(_joined(a))[None])]
        w, v = np.linalg.eig(_joined(a))
        return [_sides(w[None]), _sides(v)]

    sizes = [(n, 2), (n, 2 * n)] if vectors else [(n, 2)]
    return pack(tuple(batch), per_matrix(one, sizes, where, x))


complex_geev = _library("complex_geev", _complex_geev_reference, _complex_geev_type)
"""Eigenvalues, the parts of each side by side, and eigenvectors of complex matrices."""
