"""Logistic regression of a small table: a script from the import to the first gradient."""

import casadi
import numpy as np

X = np.sin(np.arange(600.0)).reshape(100, 6)
y = np.where(X[:, 0] > 0.0, 1.0, -1.0)
w = casadi.MX.sym("w", 6)
margins = -y * casadi.mtimes(X, w)
losses = casadi.fmax(margins, 0.0) + casadi.log1p(casadi.exp(-casadi.fabs(margins)))
value = casadi.sum1(losses) / y.shape[0] + 0.005 * casadi.dot(w, w)
regression = casadi.Function("regression", [w], [value, casadi.gradient(value, w)])

value, gradient = regression(casadi.linspace(-1.0, 1.0, 6))
print(float(value), *gradient.nonzeros())
