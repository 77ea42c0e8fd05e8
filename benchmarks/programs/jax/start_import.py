"""The import alone."""

import jax  # noqa: F401
