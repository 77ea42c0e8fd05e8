"""Rosenbrock's function of ten variables: a script from the import to the first gradient."""

import numpy as np
from numba import njit


@njit(cache=True)
def rosenbrock(x):
    gradient = np.empty_like(x)
    total, carried = 0.0, 0.0
    for k in range(x.size - 1):
        apart, rest = x[k + 1] - x[k] * x[k], 1.0 - x[k]
        total += 100.0 * apart * apart + rest * rest
        gradient[k] = carried - 400.0 * apart * x[k] - 2.0 * rest
        carried = 200.0 * apart
    gradient[-1] = carried
    return total, gradient


value, gradient = rosenbrock(np.linspace(-1.0, 1.0, 10))
print(value, *gradient)
