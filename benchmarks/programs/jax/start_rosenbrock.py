"""Rosenbrock's function of ten variables: a script from the import to the first gradient."""

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


@jax.jit
@jax.value_and_grad
def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


value, gradient = rosenbrock(np.linspace(-1.0, 1.0, 10))
print(float(value), *gradient.tolist())
