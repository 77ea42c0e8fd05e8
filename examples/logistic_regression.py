"""Logistic regression on the breast-cancer data, fitted by SciPy with a compiled gradient.

The loss is plain NumPy. ``@compile_grad`` makes a call return ``(value, gradient)``, which is
what ``scipy.optimize.minimize(..., jac=True)`` wants. The same fit is then run with finite
differences, to show what the gradient saves and that both find the same minimum.

Run: ``python examples/logistic_regression.py``
"""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import load_breast_cancer

from adjit import check_grads, compile_grad

RIDGE = 1e-3
"""Weight of the squared coefficients in the loss; it makes the minimum unique."""


@compile_grad
def loss(parameters, X, s):
    """Mean logistic loss of the labels ``s`` (-1 or 1), plus a ridge; the last one is the bias."""
    w, b = parameters[:-1], parameters[-1]
    margins = s * (X @ w + b)
    return np.mean(np.logaddexp(0, -margins)) + RIDGE * np.sum(w * w)


def load() -> tuple[np.ndarray, np.ndarray]:
    """Standardised features, one row for each of 569 patients, and labels -1 or 1."""
    data = load_breast_cancer()
    X = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    return X, np.where(data.target == 1, 1.0, -1.0)


def accuracy(parameters: np.ndarray, X: np.ndarray, s: np.ndarray) -> float:
    """The share of patients whose label has the sign of the prediction."""
    return float(np.mean(np.sign(X @ parameters[:-1] + parameters[-1]) == s))


def fit(fun, jac: bool | None, X: np.ndarray, s: np.ndarray) -> tuple[OptimizeResult, float]:
    """The minimum that L-BFGS-B finds from zero, and the seconds of the fastest of three runs.

    The first run compiles what is not compiled yet, so it is never the fastest.
    """
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = minimize(
            fun,
            np.zeros(X.shape[1] + 1),
            args=(X, s),
            jac=jac,
            method="L-BFGS-B",
            options={"maxiter": 1000, "maxfun": 100_000},
        )
        seconds.append(time.perf_counter() - start)
    return found, min(seconds)


def main() -> None:
    X, s = load()
    print(f"data: {X.shape[0]} patients, {X.shape[1]} features, {np.mean(s > 0):.1%} benign")

    point = np.random.default_rng(0).normal(size=X.shape[1] + 1)
    start = time.perf_counter()
    loss(point, X, s)
    print(f"first call, with compilation: {time.perf_counter() - start:.3f} s")

    check_grads(loss.value, (point, X, s))
    print("gradient check against central differences, orders 1 and 2: passed")

    found, seconds = fit(loss, True, X, s)
    print(f"compiled gradient:  loss {found.fun:.6f} in {found.nfev} calls, {seconds:.4f} s")
    slow, slow_seconds = fit(loss.value, None, X, s)
    print(f"finite differences: loss {slow.fun:.6f} in {slow.nfev} calls, {slow_seconds:.4f} s")
    print(f"the compiled gradient is {slow_seconds / seconds:.1f} times as fast")
    print(f"largest component of the gradient at the minimum: {np.abs(found.jac).max():.1e}")
    print(f"accuracy: {accuracy(found.x, X, s):.4f}")


if __name__ == "__main__":
    main()
