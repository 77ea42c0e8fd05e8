"""Logistic regression of a small table: a script from the import to the first gradient."""

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


@jax.jit
@jax.value_and_grad
def logistic_regression(w, X, y):
    return jnp.mean(jnp.logaddexp(0.0, -y * (X @ w))) + 0.005 * jnp.sum(w * w)


X = np.sin(np.arange(600.0)).reshape(100, 6)
y = np.where(X[:, 0] > 0.0, 1.0, -1.0)
value, gradient = logistic_regression(np.linspace(-1.0, 1.0, 6), X, y)
print(float(value), *gradient.tolist())
