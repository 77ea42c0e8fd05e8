"""Rosenbrock's function of ten variables: a script from the import to the first gradient."""

import autograd.numpy as np
from autograd import value_and_grad


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


value, gradient = value_and_grad(rosenbrock)(np.linspace(-1.0, 1.0, 10))
print(value, *gradient)
