"""Logistic regression of a small table: a script from the import to the first gradient."""

import autograd.numpy as np
from autograd import value_and_grad


def logistic_regression(w, X, y):
    return np.mean(np.logaddexp(0.0, -y * (X @ w))) + 0.005 * np.sum(w * w)


X = np.sin(np.arange(600.0)).reshape(100, 6)
y = np.where(X[:, 0] > 0.0, 1.0, -1.0)
value, gradient = value_and_grad(logistic_regression)(np.linspace(-1.0, 1.0, 6), X, y)
print(value, *gradient)
