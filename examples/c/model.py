"""The loss that the programs of this folder minimise."""

import numpy as np


def loss(w: "f64[n]", X: "f64[m, n]", y: "f64[m]"):  # noqa: F821
    """Logistic regression with labels -1 and 1, and a penalty."""
    return np.mean(np.logaddexp(0.0, -y * (X @ w))) + 0.05 * np.sum(w * w)
