"""Gaussian-process regression on the diabetes data, its parameters fitted by marginal likelihood.

The likelihood is plain NumPy and SciPy: a covariance matrix, its Cholesky factor, a triangular
system. ``@compile_grad`` makes a call return value and gradient for ``scipy.optimize``. The same
likelihood is then asked of scikit-learn, which has its gradient written by hand, and fitted with
finite differences.

Run: ``python examples/gaussian_process.py``
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import load_diabetes
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from adjit import check_grads, compile_grad

TRAINING = 200
"""Patients that the process is fitted to; the others are predicted."""


def covariance(theta, X, Z):
    """A squared exponential; ``theta`` are logarithms of variance, length and noise variance."""
    X, Z = X * np.exp(-theta[1]), Z * np.exp(-theta[1])
    squares = np.sum(X * X, axis=1)[:, None] + np.sum(Z * Z, axis=1) - 2 * X @ Z.T
    return np.exp(theta[0]) * np.exp(-0.5 * squares)


def factor(theta, X):
    """The Cholesky factor of the covariance of noisy observations at the rows of ``X``."""
    return np.linalg.cholesky(covariance(theta, X, X) + np.exp(theta[2]) * np.eye(len(X)))


@compile_grad
def loss(theta, X, y):
    """The negative logarithm of the marginal likelihood (Rasmussen and Williams, 2006, (2.30))."""
    L = factor(theta, X)
    z = solve_triangular(L, y, lower=True)
    return 0.5 * z @ z + np.sum(np.log(np.diagonal(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def predict(theta, X, y, Z) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of new observations at the rows of ``Z``."""
    L, K = factor(theta, X), covariance(theta, X, Z)
    half = solve_triangular(L, K, lower=True)
    mean = half.T @ solve_triangular(L, y, lower=True)
    variance = np.exp(theta[0]) + np.exp(theta[2]) - np.sum(half * half, axis=0)
    return mean, np.sqrt(variance)


def load() -> tuple[np.ndarray, ...]:
    """Standardised features and progressions of patients to fit to, and of those to predict."""
    X, y = load_diabetes(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = (y - y[:TRAINING].mean()) / y[:TRAINING].std()
    return X[:TRAINING], y[:TRAINING], X[TRAINING:], y[TRAINING:]


def fit(fun, jac: bool | None, X: np.ndarray, y: np.ndarray) -> OptimizeResult:
    start = np.log([1.0, 3.0, 0.5])
    return minimize(fun, start, args=(X, y), jac=jac, method="L-BFGS-B")


def by_scikit_learn(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    kernel = ConstantKernel(1.0) * RBF(1.0) + WhiteKernel(1.0)
    process = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None).fit(X, y)
    value, gradient = process.log_marginal_likelihood(theta, eval_gradient=True)
    return -value, -gradient


def main() -> None:
    X, y, Z, wanted = load()
    print(f"data: {len(y)} patients to fit to, {len(wanted)} to predict, {X.shape[1]} features")

    point = np.log([0.7, 4.0, 0.6])
    check_grads(loss.value, (point, X[:20], y[:20]))
    print("gradient check against central differences, orders 1 and 2: passed")

    value, gradient = loss(point, X, y)
    other, by_hand = by_scikit_learn(point, X, y)
    print(f"likelihood at a point, less scikit-learn's: {abs(value - other):.1e}")
    print(f"its gradient, less scikit-learn's: {np.abs(gradient - by_hand).max():.1e}")

    found, slow = fit(loss, True, X, y), fit(loss.value, None, X, y)
    print(f"compiled gradient:  {found.fun:.5f} in {found.nfev} calls")
    print(f"finite differences: {slow.fun:.5f} in {slow.nfev} calls")
    print(f"largest component of the gradient at the minimum: {np.abs(found.jac).max():.1e}")
    variance, length, noise = np.exp(found.x)
    print(f"variance, length, noise variance: {variance:.3f}, {length:.3f}, {noise:.3f}")

    mean, deviation = predict(found.x, X, y, Z)
    error = np.sqrt(np.mean((mean - wanted) ** 2))
    print(f"error of the predictions, in standard deviations of the data: {error:.3f}")
    covered = np.mean(np.abs(mean - wanted) < 1.96 * deviation)
    print(f"observations within the interval of 95 %: {100 * covered:.1f}")


if __name__ == "__main__":
    main()
