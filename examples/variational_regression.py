"""Bayesian logistic regression on the breast-cancer data, by variational inference.

The posterior of the coefficients is approximated by independent normals. Their means and scales
maximise the evidence lower bound (ELBO), an expectation that is estimated with noise: the
function draws it by ``np.random``, anew at each call, and the derivative goes through what the
noise is multiplied by (Kingma and Welling, Auto-Encoding Variational Bayes, 2014).

Since a margin is normal under the approximation, the same bound can also be had without noise,
by Gauss-Hermite quadrature. It judges what the noisy ascent has found.

Run: ``python examples/variational_regression.py``
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer

from adjit import compile_grad

PRIOR = 1.0
"""Standard deviation of the prior of each coefficient."""

DRAWS = 8
"""Samples of the coefficients in each estimate of the bound."""


def divergence(mean, log_scale):
    """Of the approximation from the prior, in nats (Kullback and Leibler)."""
    variance = np.exp(2.0 * log_scale)
    return 0.5 * np.sum(
        (variance + mean**2) / PRIOR**2 - 1.0 - 2.0 * log_scale + 2.0 * np.log(PRIOR)
    )


@compile_grad
def loss(mean, log_scale, X, s):
    """An estimate of the negative bound, from new noise at each call."""
    noise = np.random.normal(size=(DRAWS, len(mean)))
    w = mean + np.exp(log_scale) * noise
    misfit = np.sum(np.logaddexp(0.0, -s * (w @ X.T))) / DRAWS
    return misfit + divergence(mean, log_scale)


loss_and_gradients = compile_grad(loss.fun, argnums=(0, 1))

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(32)


@compile_grad
def exact_loss(parameters, X, s):
    """The negative bound without noise; means, then logarithms of scales."""
    mean, log_scale = parameters[: X.shape[1]], parameters[X.shape[1] :]
    center = s * (X @ mean)
    spread = np.sqrt(X**2 @ np.exp(2.0 * log_scale))
    margins = center[:, None] + spread[:, None] * NODES
    misfit = np.sum(np.logaddexp(0.0, -margins) @ WEIGHTS) / np.sqrt(2.0 * np.pi)
    return misfit + divergence(mean, log_scale)


def load() -> tuple[np.ndarray, np.ndarray]:
    """Standardised features and a constant, one row for each patient, and labels -1 or 1."""
    data = load_breast_cancer()
    X = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    return np.column_stack([X, np.ones(len(X))]), np.where(data.target == 1, 1.0, -1.0)


def adam(X: np.ndarray, s: np.ndarray, steps: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Means and logarithms of scales by Adam (Kingma and Ba, 2015), with falling steps."""
    parameters = [np.zeros(X.shape[1]), np.full(X.shape[1], -1.0)]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    for step in range(1, steps + 1):
        _, gradients = loss_and_gradients(*parameters, X, s)
        rate = 0.03 * (1.0 - step / (steps + 1)) ** 0.5
        for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.01 * (g * g - v)
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.99**step)) + 1e-8)
    return parameters[0], parameters[1]


def main() -> None:
    X, s = load()
    np.random.seed(0)
    mean, log_scale = adam(X, s)
    print(f"data: {X.shape[0]} patients, {X.shape[1]} coefficients")

    start = np.concatenate([np.zeros(X.shape[1]), np.full(X.shape[1], -1.0)])
    best = minimize(exact_loss, start, args=(X, s), jac=True, method="L-BFGS-B")
    reached, _ = exact_loss(np.concatenate([mean, log_scale]), X, s)
    print(f"negative bound after the noisy ascent: {reached:.3f}")
    print(f"negative bound at its optimum:         {best.fun:.3f}")
    wanted, scales = best.x[: X.shape[1]], np.exp(best.x[X.shape[1] :])
    print(f"largest error of a mean, in scales:    {np.max(np.abs(mean - wanted) / scales):.3f}")
    print(f"largest ratio of a scale to the best:  {np.max(np.exp(log_scale) / scales):.3f}")
    print(f"accuracy of the mean: {np.mean(np.sign(X @ mean) == s):.4f}")
    print(f"recordings: {loss_and_gradients.recordings}")


if __name__ == "__main__":
    main()
