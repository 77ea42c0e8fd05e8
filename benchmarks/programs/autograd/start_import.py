"""The import alone."""

import autograd.numpy  # noqa: F401
