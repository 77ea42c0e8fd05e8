"""Distributions of vectors: values and errors are SciPy's, derivatives agree with differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from adjit import check_grads, jit
from adjit.tracer.functions import FUNCTIONS

from .agreement import agree, same_result

SHARES = np.array([0.2, 0.5, 0.3])
ALPHA = np.array([1.3, 0.8, 2.1])
MANY = np.array([[0.2, 0.1, 0.6], [0.5, 0.3, 0.2], [0.3, 0.6, 0.2]])

normal = pytest.mark.skipif(
    np.linalg.cholesky not in FUNCTIONS, reason="the normal distribution needs factorisations"
)


@pytest.mark.parametrize("method", ["logpdf", "pdf"])
def test_dirichlet(method: str) -> None:
    density = getattr(stats.dirichlet, method)
    agree(lambda x, alpha: density(x / np.sum(x, 0), alpha), (SHARES, ALPHA))
    agree(lambda x, alpha: density(x, alpha), (SHARES[:2], ALPHA))
    for x in (MANY, MANY[:2], MANY[:, :1], SHARES):
        same_result(jit(lambda x, a: density(x, a))(x, ALPHA), density(x, ALPHA))
    agree(lambda alpha: stats.dirichlet.entropy(alpha), (ALPHA,))


@pytest.mark.parametrize(
    ("x", "alpha"),
    [
        (2 * SHARES, ALPHA),
        (SHARES, -ALPHA),
        (-SHARES, ALPHA),
        (SHARES[:1], ALPHA),
        (np.array([0.5, 0.0, 0.5]), ALPHA),
        (SHARES, ALPHA[None]),
        (np.float64(0.5), ALPHA),
        (MANY[:, :0], ALPHA),
    ],
)
def test_dirichlet_refuses_what_scipy_does(x: np.ndarray, alpha: np.ndarray) -> None:
    for f in (stats.dirichlet.logpdf, jit(lambda x, a: stats.dirichlet.logpdf(x, a))):
        with pytest.raises((ValueError, IndexError)):
            f(x, alpha)


def test_other_methods_are_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"stats\.dirichlet\.var is not supported"):
        jit(lambda a: stats.dirichlet.var(a))(ALPHA)
    with pytest.raises(NotImplementedError, match="a frozen distribution"):
        jit(lambda a: stats.dirichlet(a).logpdf(SHARES))(ALPHA)


MEAN = np.array([0.3, -0.2, 0.5])
FACTOR = np.array([[1.2, 0.0, 0.0], [0.4, 0.9, 0.0], [-0.3, 0.2, 1.1]])
COV = FACTOR @ FACTOR.T
POINTS = np.array([[0.1, 0.4, -0.6], [1.2, 0.3, 0.2], [0.3, -1.6, 0.9], [0.0, 0.0, 0.0]])


def logpdf(*args, **keywords):
    return stats.multivariate_normal.logpdf(*args, **keywords)


@normal
@pytest.mark.parametrize("allow_singular", [False, True])
def test_normal(allow_singular: bool) -> None:
    def of_all(x, mean, cov):
        return logpdf(x, mean, 0.5 * (cov + cov.T), allow_singular=allow_singular)

    agree(of_all, (POINTS[0], MEAN, COV), rtol=1e-10)
    same_result(jit(of_all)(POINTS, MEAN, COV), of_all(POINTS, MEAN, COV), 1e-10)
    wide = POINTS.reshape(2, 2, 3)
    same_result(jit(of_all)(wide, MEAN, COV), of_all(wide, MEAN, COV), 1e-10)


@normal
@pytest.mark.parametrize(
    "call",
    [
        lambda x: logpdf(x[0]),
        lambda x: logpdf(x[:, :1], cov=2.0),
        lambda x: logpdf(x[0, 0], 0.5, 1.3),
        lambda x: logpdf(x[:, 0], 0.5, 1.3),
        lambda x: logpdf(x, MEAN, 2.0),
        lambda x: logpdf(x, MEAN, [0.5, 1.5, 2.0]),
        lambda x: logpdf(x, x[0], np.eye(3)),
        lambda x: stats.multivariate_normal.pdf(x, MEAN, COV),
        lambda x: stats.multivariate_normal.entropy(x[0], COV * x[1, 0]),
    ],
)
def test_normal_parameters(call) -> None:
    agree(call, (POINTS,), order=1, rtol=1e-10)


@normal
@pytest.mark.parametrize(
    ("mean", "cov"), [(None, 2.0), (None, COV[:2, :2]), (MEAN, COV[:2]), (MEAN[:2], COV),
                      (MEAN[None], COV), (MEAN, COV[None]), (MEAN[:2], 1.0)]
)  # fmt: skip
def test_normal_refuses_what_scipy_does(mean, cov) -> None:
    for f in (logpdf, jit(lambda x: logpdf(x, mean, cov))):
        with pytest.raises(ValueError, match=r"mean|cov|components|broadcast|mismatch"):
            f(POINTS)


@normal
def test_normal_at_equal_eigenvalues() -> None:
    check_grads(lambda x, s: logpdf(x, MEAN, s * np.eye(3)), (POINTS[0], 1.7))


@normal
def test_normal_of_singular_covariance() -> None:
    cov = np.zeros((3, 3))
    cov[:2, :2] = COV[:2, :2]
    inside = POINTS.copy()
    inside[:, 2] = MEAN[2]

    def singular(x, mean):
        return logpdf(x, mean, cov, allow_singular=True)

    same_result(jit(singular)(inside, MEAN), singular(inside, MEAN), 1e-10)
    same_result(jit(singular)(POINTS, MEAN), singular(POINTS, MEAN), 1e-10)  # -inf
    check_grads(lambda x: singular(np.concatenate([x[:2], MEAN[2:]]), MEAN), (inside[0],))
    for f in (logpdf, jit(lambda x, c: logpdf(x, MEAN, c))):
        with pytest.raises(np.linalg.LinAlgError):
            f(*((inside, MEAN, cov) if f is logpdf else (inside, cov)))
        with pytest.raises(ValueError, match="semidefinite"):
            f(*((inside, MEAN, -COV) if f is logpdf else (inside, -COV)))
