"""Distributions of vectors in `scipy.stats`: formulas in NumPy's own functions, which record.

What SciPy checks of numbers is decided when a function is recorded, and checked again by each
call as an outcome of the path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..api import stop_gradient
from ..errors import error, unsupported
from ..lift import has_proxy
from .common import as_array

Laws = dict[str, dict[str, Callable[..., Any]]]


def _one(y: Any) -> Any:
    """A result without its axes of size one, a scalar if none is left: as SciPy gives it."""
    return np.squeeze(y)[()]


def _any(condition: Any) -> bool:
    return bool(np.any(condition))


# --- Dirichlet ------------------------------------------------------------------------------


def _log_beta(alpha: Any) -> Any:
    """The logarithm of the multivariate beta function."""
    from scipy.special import gammaln

    return np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))


def _concentrations(alpha: Any) -> Any:
    alpha = as_array(alpha)
    if np.min(alpha) <= 0:
        raise error("value", text="All parameters must be greater than 0")
    if alpha.ndim != 1:
        text = f"Parameter vector 'a' must be one dimensional, but a.shape = {alpha.shape}."
        raise error("value", text=text)
    return alpha


def _shares(x: Any, alpha: Any) -> Any:
    """Points of the simplex, components first; the last component may be left out."""
    x = as_array(x)
    count = alpha.shape[0]
    if x.ndim == 0 or x.shape[0] not in (count - 1, count):
        text = (
            "Vector 'x' must have either the same number of entries as, or one entry fewer than,"
            f" parameter vector 'a', but alpha.shape = {alpha.shape} and x.shape = {x.shape}."
        )
        raise error("value", text=text)
    if x.shape[0] != count:
        if x.ndim > 2:
            text = "The input must be one dimensional or a two dimensional matrix"
            raise error("value", text=f"{text} containing the entries.")
        x = np.concatenate([x, (1 - np.sum(x, 0))[None]])
    if np.min(x) < 0:
        raise error("value", text="Each entry in 'x' must be greater than or equal to zero.")
    if np.max(x) > 1:
        raise error("value", text="Each entry in 'x' must be smaller or equal one.")
    small = np.reshape(alpha < 1, (count,) + (1,) * (x.ndim - 1))
    if _any(np.logical_and(x == 0, small)):
        text = "Each entry in 'x' must be greater than zero if its alpha is less than one."
        raise error("value", text=text)
    if _any(np.abs(np.sum(x, 0) - 1.0) > 10e-10):
        raise error("value", text="The input vector 'x' must lie within the normal simplex.")
    return x


def _dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    from scipy.special import xlogy

    alpha = _concentrations(alpha)
    shares = _shares(x, alpha)
    return _one(np.sum(xlogy(alpha - 1, shares.T).T, 0) - _log_beta(alpha))


def _dirichlet_entropy(alpha: Any) -> Any:
    from scipy.special import psi

    alpha = _concentrations(alpha)
    total = np.sum(alpha)
    rest = (total - alpha.shape[0]) * psi(total) - np.sum((alpha - 1) * psi(alpha))
    return _one(_log_beta(alpha) + rest)


# --- normal ---------------------------------------------------------------------------------


def _float(x: Any) -> Any:
    return as_array(x).astype(np.float64)


def _moments(mean: Any, cov: Any) -> tuple[int, Any, Any]:
    """The dimension, the mean as a vector, the covariance as a matrix."""
    given = None if mean is None else _float(mean)
    matrix = _float(1.0 if cov is None else cov)
    if given is None:
        dim = matrix.shape[0] if matrix.ndim == 2 else 1
        given = np.zeros(dim)
    else:
        dim = given.size
    if dim == 1:
        given, matrix = np.reshape(given, 1), np.reshape(matrix, (1, 1))
    if given.ndim != 1:
        raise error("value", text=f"Array 'mean' must be a vector of length {dim}.")
    if matrix.ndim == 0:
        matrix = matrix * np.eye(dim)
    elif matrix.ndim == 1:
        matrix = np.diag(matrix)
    if matrix.shape != (dim, dim):
        text = f"Array 'cov' is of shape {matrix.shape}, but 'mean' is a vector of length {dim}."
        raise error("value", text=text)
    return dim, given, matrix


def _checked_spectrum(spectrum: Any, allow_singular: bool) -> Any:
    """The size up to which an eigenvalue counts as zero."""
    spectrum = stop_gradient(spectrum)
    small = 1e6 * np.finfo(np.float64).eps * np.max(np.abs(spectrum))
    if _any(spectrum < -small):
        text = "The input matrix must be symmetric positive semidefinite."
        raise error("value", text=text)
    if not allow_singular and _any(spectrum <= small):
        text = (
            "When `allow_singular is False`, the input matrix must be symmetric positive definite."
        )
        raise np.linalg.LinAlgError(text)
    return small


def _normal_parts(dim: int, cov: Any, allow_singular: bool) -> tuple[Any, Any, Any, Any]:
    """What whitens a row, the logarithm of the determinant, the rank, and what leaves the support.

    Only the lower triangle of the covariance is read. The regular case goes by its Cholesky
    factor, whose derivative asks nothing of the eigenvalues; where it may be singular, they are
    needed.
    """
    if not allow_singular:
        _checked_spectrum(np.linalg.eigvalsh(stop_gradient(cov)), False)
        factor = np.linalg.cholesky(cov)

        def whiten(rows: Any) -> Any:
            return np.linalg.solve(factor, rows.T).T

        return whiten, 2.0 * np.sum(np.log(np.diagonal(factor))), dim, None
    spectrum, vectors = np.linalg.eigh(cov)
    small = _checked_spectrum(spectrum, True)
    kept = spectrum > small
    proper = np.where(kept, spectrum, 1.0)
    scale = np.where(kept, 1.0 / np.sqrt(proper), 0.0)

    def outside(rows: Any) -> Any:
        left = np.where(kept, 0.0, rows @ vectors)
        return np.logical_and(np.sum(left * left, -1) >= (1e3 * small) ** 2, _any(~kept))

    rank = np.sum(kept)
    return lambda rows: (rows @ vectors) * scale, np.sum(np.log(proper)), rank, outside


def _normal_logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    dim, mean, cov = _moments(mean, cov)
    x = _float(x)
    if x.ndim == 0:
        x = x[None]
    elif x.ndim == 1:
        x = x[:, None] if dim == 1 else x[None, :]
    whiten, log_det, rank, outside = _normal_parts(dim, cov, allow_singular)
    rows = x - mean
    if rows.shape[-1] != dim:
        text = f"points of {rows.shape[-1]} components, where the distribution has {dim}"
        raise error("value", text=text)
    lead = rows.shape[:-1]
    flat = np.reshape(rows, (-1, dim))
    distance = np.sum(np.square(whiten(flat)), axis=-1)
    y = -0.5 * (rank * math.log(2.0 * math.pi) + log_det + distance)
    if outside is not None:
        y = np.where(outside(flat), -np.inf, y)
    return _one(np.reshape(y, lead))


def _normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    dim, _, cov = _moments(mean, cov)
    _, log_det, rank, _ = _normal_parts(dim, cov, True)
    return 0.5 * (rank * (math.log(2.0 * math.pi) + 1.0) + log_det)


def _density(logarithm: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **keywords: np.exp(logarithm(*args, **keywords))


LAWS: Laws = {
    "dirichlet": {
        "logpdf": _dirichlet_logpdf,
        "pdf": _density(_dirichlet_logpdf),
        "entropy": _dirichlet_entropy,
    },
    "multivariate_normal": {
        "logpdf": _normal_logpdf,
        "pdf": _density(_normal_logpdf),
        "entropy": _normal_entropy,
    },
}
"""Name in `scipy.stats` -> method -> recording version."""


def recording_version(name: str, method: str, f: Callable[..., Any]) -> Callable[..., Any]:
    """For a call with recorded arguments; without any, SciPy's own is called."""

    def call(*args: Any, **keywords: Any) -> Any:
        if not has_proxy(args) and not has_proxy(list(keywords.values())):
            return f(*args, **keywords)
        if method == "__call__":
            hint = f"give the parameters to each method: {name}.{next(iter(LAWS[name]))}(x, ...)"
            raise unsupported("a frozen distribution of scipy.stats", hint=hint)
        record = LAWS[name].get(method)
        if record is None:
            known = [f"scipy.stats.{law}.{other}" for law in LAWS for other in LAWS[law]]
            raise unsupported(f"scipy.stats.{name}.{method}", known)
        return record(*args, **keywords)

    return call
